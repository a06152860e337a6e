"""From names as papers and sources print them to the people and venues that are known."""

from collections.abc import Callable, Iterable
from itertools import count

from django.utils.text import slugify

from catalog.folding import fold
from catalog.models import Author, Venue

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
    fresh: dict[str, Author] = {}
    for name, shown in names.items():
        if keys[name] not in by_key:
            fresh.setdefault(keys[name], Author(name=shown))
    Author.objects.bulk_create(fresh.values(), batch_size=_BATCH)
    by_key |= fresh
    return {name: by_key[key] for name, key in keys.items()}


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
