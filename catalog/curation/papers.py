"""A curator's word on a paper's own facts: its fields, identifiers and authors."""

from collections.abc import Callable, Collection, Iterable, Sequence

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from catalog.curation.locks import hold_off_imports
from catalog.models import (
    Authorship,
    FieldStatement,
    Identifier,
    Paper,
    Provenance,
    RejectedIdentifier,
    Source,
    TitleAlias,
)
from catalog.people import authors_of
from catalog.readable import readable
from catalog.signals import announce_changed_papers
from catalog.statements import FIELDS, value_of

# Columns a curator can set, with the name under which provenance knows them.
_STATED = {
    "title": "title",
    "abstract": "abstract",
    "year": "year",
    "venue": "venue",
    "distinction": "distinction",
    "published_on": "published_on",
    "published_precision": "published_on",
    "withdrawn_at": "withdrawn_at",
}
_OUT_OF_THE_WAY = 10_000  # more authors than any paper has


@transaction.atomic
def save_paper(paper: Paper, changed: Collection[str], user: AbstractBaseUser) -> None:
    """Save the columns a curator changed and lock them; the old title stays as an alias."""
    hold_off_imports()
    fields = {_STATED[name] for name in changed if name in _STATED}
    columns = [name for name, field in _STATED.items() if field in fields]
    if paper.pk is None:
        paper.save()
    elif columns:
        old_title = Paper.objects.select_for_update().values_list("title", flat=True)
        old = old_title.get(pk=paper.pk)
        paper.save(update_fields=[*columns, "title_key", "updated_at"])
        if paper.title != old:
            keep_title(paper, old)
    state_fields(paper, fields, user)


def keep_title(paper: Paper, old: str) -> None:
    """Let the next import of the list that prints the old title still know the paper."""
    said = paper.provenance.filter(field="title").first()
    source = said.source if said else Source.DERIVED
    paper.aliases.filter(title=paper.title).delete()
    TitleAlias.objects.get_or_create(paper=paper, title=old, defaults={"source": source})


@transaction.atomic
def save_aliases(
    paper: Paper, rows: Iterable[TitleAlias], removed: Iterable[TitleAlias] = ()
) -> None:
    """Store a paper's other titles; one that a list prints comes back with its next import."""
    hold_off_imports()
    edited = list(rows)
    TitleAlias.objects.filter(pk__in=[row.pk for row in removed]).delete()
    before = TitleAlias.objects.filter(pk__in=[row.pk for row in edited if row.pk])
    announce_changed_papers([paper.pk, *before.values_list("paper", flat=True)])
    for row in edited:
        row.paper, row.source, row.stated_at = paper, Source.CURATOR, timezone.now()
        row.save()


def state_fields(
    paper: Paper, fields: Iterable[str], user: AbstractBaseUser, whose: str = ""
) -> None:
    """Record that these fields are a curator's word from now on; `whose` it was before the curator chose it."""
    names = list(fields)
    said_by_curator(paper, names)
    who = f"{user.get_username()[:150]}: {whose}’s word" if whose else user.get_username()
    for field in names:
        Provenance.objects.update_or_create(
            paper=paper,
            field=field,
            defaults={
                "source": Source.CURATOR,
                "detail": who[:200],
                "stated_at": timezone.now(),
                "locked": True,
            },
        )
    announce_changed_papers([paper.pk])


def lock_fields(paper: Paper, columns: Iterable[str], user: AbstractBaseUser) -> None:
    """Record that the facts in these columns are a curator's word as they stand."""
    state_fields(paper, {_STATED[name] for name in columns if name in _STATED}, user)


def said_by_curator(paper: Paper, fields: Iterable[str]) -> None:
    """Keep a curator's word beside those of the sources."""
    values = {name: value_of(paper, name) for name in fields if name in FIELDS}
    paper.statements.filter(source=Source.CURATOR, field__in=values).delete()
    FieldStatement.objects.bulk_create(
        FieldStatement(paper=paper, field=name, source=Source.CURATOR, value=value)
        for name, value in values.items()
        if value is not None
    )


@transaction.atomic
def set_lock(said: Provenance, locked: bool) -> None:
    """Lock a field as it stands, or let the next import have its say again."""
    hold_off_imports()
    Provenance.objects.filter(pk=said.pk).update(locked=locked)


@transaction.atomic
def save_identifiers(
    paper: Paper, rows: Iterable[Identifier], removed: Iterable[Identifier] = ()
) -> None:
    """Store identifiers that a curator added or corrected; what was taken away is not added again."""
    hold_off_imports()
    for row in removed:
        _reject(paper, row)
        Identifier.objects.filter(pk=row.pk).delete()
    for row in rows:
        stored = Identifier.objects.filter(pk=row.pk).first()
        if stored and (stored.scheme, stored.value) != (row.scheme, row.value):
            _reject(paper, stored)
        row.paper, row.source, row.stated_at = paper, Source.CURATOR, timezone.now()
        row.save()
        paper.rejected_identifiers.filter(scheme=row.scheme, value=row.value).delete()
    announce_changed_papers([paper.pk])


def _reject(paper: Paper, row: Identifier) -> None:
    RejectedIdentifier.objects.get_or_create(paper=paper, scheme=row.scheme, value=row.value)


@transaction.atomic
def save_authorships(
    paper: Paper,
    rows: Iterable[Authorship],
    removed: Iterable[Authorship],
    user: AbstractBaseUser,
) -> None:
    """Store a paper's authors as a curator put them, numbered from 1 in the order of their positions."""
    hold_off_imports()
    edited = list(rows)
    Authorship.objects.filter(pk__in=[row.pk for row in removed]).delete()
    stored = dict(paper.authorships.values_list("pk", "position"))
    people = [*paper.authorships.exclude(pk__in=[row.pk for row in edited if row.pk]), *edited]
    people.sort(key=lambda row: _order(row, stored.get(row.pk)))
    _place(paper, people)
    state_fields(paper, ["authors"], user)


@transaction.atomic
def set_authors(paper: Paper, names: Sequence[str], user: AbstractBaseUser) -> None:
    """Give a paper these authors in a curator's name; the names are as readers see them."""
    hold_off_imports()
    printed = {readable(row.printed_name): row.printed_name for row in paper.authorships.all()}
    write_authors(paper, [printed.get(readable(name), name) for name in names])
    state_fields(paper, ["authors"], user)


def write_authors(
    paper: Paper, names: Sequence[str], display: Callable[[str], str] = readable
) -> None:
    """Give a paper these authors in this order, whoever says so; who is printed as before stays the same person.

    `display` turns a printed name into the one that a person not met before gets.
    """
    standing = list(paper.authorships.select_related("author").order_by("position"))
    if [row.printed_name for row in standing] == [name[:200] for name in names]:
        return
    people = authors_of({paper.pk: names}, display)
    before: dict[str, list[Authorship]] = {}
    for row in standing:
        before.setdefault(row.printed_name, []).append(row)
    rows = []
    for name in names:
        same = before.get(name[:200])
        new = Authorship(author=people[paper.pk, name], printed_name=name[:200])
        rows.append(same.pop(0) if same else new)
    gone = [row.pk for some in before.values() for row in some]
    Authorship.objects.filter(pk__in=gone).delete()
    _place(paper, rows)


def _place(paper: Paper, rows: Iterable[Authorship]) -> None:
    """Store the authors of a paper in this order."""
    if paper.authorships.exists():
        paper.authorships.update(position=F("position") + _OUT_OF_THE_WAY)
    fresh = []
    for position, row in enumerate(rows, 1):
        row.paper, row.position = paper, position
        row.printed_name = row.printed_name or row.author.name
        if row.pk:
            row.save()
        else:
            fresh.append(row)
    Authorship.objects.bulk_create(fresh)


def _order(row: Authorship, stored: int | None) -> tuple[int, int]:
    """Who is given the place of another pushes that one on, away from where they came from."""
    position = row.position or _OUT_OF_THE_WAY
    moved = 0 if position == stored else 1 if stored and position > stored else -1
    return position, moved
