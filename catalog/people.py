"""From names as papers and sources print them to the people and venues that are known."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from itertools import count

from django.utils.text import slugify

from catalog.folding import fold
from catalog.models import Author, Authorship, NamedAuthor, Venue

_BATCH = 1000


def authors_named(printed: Iterable[str], display: Callable[[str], str] = str) -> dict[str, Author]:
    """Return the author of each printed name; those not met before are made.

    Who folds alike is taken as one person until a curator says otherwise. `display` turns a printed name into the one
    a new author gets. Call it alone among imports: two at once would make two authors.
    """
    # A spelling with accents tells more than one without: it names a new author.
    ordered = sorted(set(printed), key=lambda name: (name.isascii(), name))
    names = {name: display(name)[:200] for name in ordered}
    keys = {name: fold(shown) for name, shown in names.items()}
    by_key: dict[str, Author] = {}
    known = Author.objects.filter(name_key__in=set(keys.values()))
    for author in known.select_related("merged_into").order_by("-pk"):
        by_key[author.name_key] = author.merged_into or author
    by_key |= _by_printed({name: key for name, key in keys.items() if key not in by_key})
    fresh: dict[str, Author] = {}
    for name, shown in names.items():
        if keys[name] not in by_key:
            fresh.setdefault(keys[name], Author(name=shown))
    Author.objects.bulk_create(fresh.values(), batch_size=_BATCH)
    by_key |= fresh
    return {name: by_key[key] for name, key in keys.items()}


def _by_printed(keys: Mapping[str, str]) -> dict[str, Author]:
    """Authors who were given another name than papers print, by the key of that: a name that means one person only."""
    if not keys:
        return {}
    rows = Authorship.objects.filter(printed_name__in=keys, author__merged_into=None)
    found: dict[str, set[int]] = defaultdict(set)
    for name, author in rows.values_list("printed_name", "author"):
        found[keys[name]].add(author)
    one = {key: next(iter(authors)) for key, authors in found.items() if len(authors) == 1}
    people = Author.objects.in_bulk(one.values())
    return {key: people[pk] for key, pk in one.items()}


def authors_of(
    printed: Mapping[int, Collection[str]], display: Callable[[str], str] = str
) -> dict[tuple[int, str], Author]:
    """Return whom each name that papers (by key) print means; those not met before are made.

    A curator's word on a paper holds. Of several people of one name, the paper is whose co-authors it has.
    """
    named = authors_named({name for names in printed.values() for name in names}, display)
    found = {(paper, name): named[name] for paper, names in printed.items() for name in names}
    found |= _by_co_authors(printed, named)
    decided = NamedAuthor.objects.filter(paper__in=list(printed)).select_related(
        "author__merged_into"
    )
    said = {(row.paper_id, row.name_key): row.author.merged_into or row.author for row in decided}
    for paper, name in found if said else ():
        for key in (fold(display(name)), fold(name)):
            if (paper, key) in said:
                found[paper, name] = said[paper, key]
    return found


def _by_co_authors(
    printed: Mapping[int, Collection[str]], named: Mapping[str, Author]
) -> dict[tuple[int, str], Author]:
    """Choose among people of one name by whom they have written with; without a sign the first one stays."""
    keys = {author.name_key for author in named.values()}
    alike: dict[str, list[Author]] = defaultdict(list)
    for author in Author.objects.filter(name_key__in=keys, merged_into=None).order_by("pk"):
        alike[author.name_key].append(author)
    alike = {key: people for key, people in alike.items() if len(people) > 1}
    if not alike:
        return {}
    people = [author.pk for some in alike.values() for author in some]
    wrote: dict[int, set[int]] = defaultdict(set)
    of_paper: dict[int, set[int]] = defaultdict(set)
    papers = Authorship.objects.filter(author__in=people).values("paper")
    for paper, person in Authorship.objects.filter(paper__in=papers).values_list("paper", "author"):
        of_paper[paper].add(person)
        wrote[person].add(paper)
    found = {}
    for paper, names in printed.items():
        here = {named[name].pk for name in names}.difference(people)
        for name in names:
            some = alike.get(named[name].name_key, ())
            beside: dict[Author, set[int]] = {
                one: set().union(*(of_paper[other] for other in wrote[one.pk] - {paper}))
                for one in some
            }
            shared = {one: len(here & others) for one, others in beside.items()}
            if shared and max(shared.values()):
                found[paper, name] = max(shared, key=lambda one: (shared[one], -one.pk))
    return found


def venue_named(name: str) -> Venue:
    """Return the venue of a name or of one of its other names; one not met before is made."""
    key = fold(name)
    for venue in Venue.objects.all():
        if key in {fold(one) for one in (venue.name, *venue.aliases)}:
            return venue
    base = slugify(name)[:100] or "venue"
    taken = set(Venue.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    numbered = (base if number == 1 else f"{base}-{number}" for number in count(1))
    slug = next(slug for slug in numbered if slug not in taken)
    return Venue.objects.create(name=name[:120], slug=slug)
