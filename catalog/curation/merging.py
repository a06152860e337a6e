"""Two rows for one paper or one person become one; the other stays and leads to it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models, transaction

from catalog.curation.locks import hold_off_imports
from catalog.curation.refusal import Refused
from catalog.curation.rows import choose_primary
from catalog.folding import fold
from catalog.models import (
    Announcement,
    Author,
    Authorship,
    Candidate,
    Citation,
    CitationCount,
    CitingWork,
    Identifier,
    Link,
    Paper,
    PaperRepository,
    Placement,
    Problem,
    Provenance,
    Reference,
    Relation,
    Source,
    System,
    TitleAlias,
    VenueSuggestion,
)
from catalog.signals import announce_changed_papers


@dataclass(frozen=True, slots=True)
class _Table:
    """A table that points to papers, and what besides the paper makes a row the same as another."""

    model: type[models.Model]
    paper: str = "paper"
    same: tuple[str, ...] = ()


# Tables with a history: an undone merge finds in it what was moved.
_TRACKED = (
    _Table(Identifier),
    _Table(Placement, same=("topic",)),
    _Table(Link, same=("url",)),
    _Table(PaperRepository, same=("repository",)),
    _Table(System, "introduced_by", ("key",)),
    _Table(Relation, "subject", ("object", "kind", "source")),
    _Table(Relation, "object", ("subject", "kind", "source")),
)
_UNTRACKED = (
    _Table(Citation, "citing", ("cited", "source")),
    _Table(Citation, "cited", ("citing", "source")),
    _Table(Reference, "citing", ("source", "key")),
    _Table(CitingWork, "cited", ("source", "key")),
    _Table(CitationCount, same=("source",)),
    _Table(Announcement),
    _Table(Candidate),
    _Table(Problem),
    _Table(VenueSuggestion, same=("source", "text")),
)
# Of these the survivor has one already when the duplicate's cannot move.
_ONE_IS_ENOUGH = (Citation, Reference, CitingWork, CitationCount, Relation)
_FACTS = ("abstract", "year", "venue", "distinction", "published_on")


@transaction.atomic
def merge_papers(survivor: Paper, duplicates: Iterable[Paper]) -> None:
    """Move all that is known of the duplicates to the survivor; their addresses lead to it from now on."""
    hold_off_imports()
    others = list(duplicates)
    _refuse_odd_merge(survivor, others)
    for duplicate in others:
        _drop_edges_between(survivor, duplicate)
        for table in (*_TRACKED, *_UNTRACKED):
            _move(table, duplicate, survivor)
        _copy_titles(duplicate, survivor)
        _copy_rejections(duplicate, survivor)
        _fill_gaps(survivor, duplicate)
        Paper.objects.filter(merged_into=duplicate).update(merged_into=survivor)
        Paper.objects.filter(pk=duplicate.pk).update(merged_into=survivor)
    choose_primary(survivor)
    announce_changed_papers([survivor.pk, *(paper.pk for paper in others)])


def _refuse_odd_merge(survivor: Paper | Author, others: list[Any]) -> None:
    if survivor.merged_into_id:
        raise Refused(f"“{survivor}” was itself merged into another.")
    if not others or any(other.pk == survivor.pk for other in others):
        raise Refused("Choose at least two, and one of them to keep.")
    if merged := next((other for other in others if other.merged_into_id), None):
        raise Refused(f"“{merged}” was already merged into another.")


def _drop_edges_between(one: Paper, other: Paper) -> None:
    """A work neither cites nor relates to itself."""
    pair = [one.pk, other.pk]
    Citation.objects.filter(citing__in=pair, cited__in=pair).delete()
    Relation.objects.filter(subject__in=pair, object__in=pair).delete()


def _move(table: _Table, old: Paper, new: Paper) -> None:
    """Point rows to the survivor; where it has the same row already, the duplicate's is left behind.

    A row that its source dropped gives way to one that still stands; a curator's removal never does.
    """
    rows = table.model._default_manager.filter(**{table.paper: old})
    if table.same:
        own = table.model._default_manager.filter(**{table.paper: new})
        twin = own.filter(**{name: models.OuterRef(name) for name in table.same})
        if table.model in (Placement, Link, PaperRepository):
            _drop_stale(own, rows.filter(retired_at=None), table.same)
        rows = rows.exclude(models.Exists(twin))
    values: dict[str, Any] = {table.paper: new}
    if table.model is Placement:
        old.placements.update(is_primary=False)
    # An update by key: the condition above must not be asked again while rows move.
    table.model._default_manager.filter(pk__in=list(rows.values_list("pk", flat=True))).update(
        **values
    )
    if table.model in _ONE_IS_ENOUGH:
        table.model._default_manager.filter(**{table.paper: old}).delete()


def _drop_stale(
    own: "models.QuerySet[Any]", standing: "models.QuerySet[Any]", same: tuple[str, ...]
) -> None:
    twin = standing.filter(**{name: models.OuterRef(name) for name in same})
    stale = own.filter(retired_at__isnull=False).exclude(source=Source.CURATOR)
    stale.filter(models.Exists(twin)).delete()


def _copy_titles(old: Paper, new: Paper) -> None:
    """Lists that print the duplicate's titles mean the survivor."""
    titles = {old.title: str(Source.DERIVED)} | dict(old.aliases.values_list("title", "source"))
    titles.pop(new.title, None)
    for title, source in titles.items():
        TitleAlias.objects.get_or_create(paper=new, title=title, defaults={"source": source})


def _copy_rejections(old: Paper, new: Paper) -> None:
    """What a curator took from the duplicate does not come back, unless the survivor bears it."""
    for row in old.rejected_identifiers.all():
        if not new.identifiers.filter(scheme=row.scheme, value=row.value).exists():
            new.rejected_identifiers.get_or_create(scheme=row.scheme, value=row.value)


def _fill_gaps(survivor: Paper, duplicate: Paper) -> None:
    """Facts that the survivor lacks are taken from the duplicate, with who said them."""
    taken = [name for name in _FACTS if not getattr(survivor, name) and getattr(duplicate, name)]
    for name in taken:
        setattr(survivor, name, getattr(duplicate, name))
    if "published_on" in taken:
        survivor.published_precision = duplicate.published_precision
    if taken:
        survivor.save(update_fields=[*taken, "published_precision", "updated_at"])
    if not survivor.authorships.exists() and duplicate.authorships.exists():
        taken.append("authors")
        for row in duplicate.authorships.all():
            Authorship.objects.create(
                paper=survivor,
                author=row.author,
                position=row.position,
                printed_name=row.printed_name,
            )
    for said in duplicate.provenance.filter(field__in=taken):
        Provenance.objects.update_or_create(
            paper=survivor,
            field=said.field,
            defaults={
                "source": said.source,
                "detail": said.detail,
                "stated_at": said.stated_at,
                "locked": said.locked,
            },
        )


@transaction.atomic
def unmerge_paper(duplicate: Paper) -> Paper:
    """Let a merged paper stand for itself again; return the paper it was merged into.

    Its identifiers, places, links, repositories and relations come back, and its titles leave the
    survivor. Citations, references, counts, announcements, candidates and problems stay where they are until
    their source states them again; facts that filled a gap of the survivor stay there too.
    """
    hold_off_imports()
    survivor = duplicate.merged_into
    if survivor is None:
        raise Refused(f"“{duplicate}” is not merged into another.")
    moved = [(table, _moved(table, duplicate)) for table in _TRACKED]
    Paper.objects.filter(pk=duplicate.pk).update(merged_into=None)
    duplicate.merged_into = None
    for table, keys in moved:
        back = table.model._default_manager.filter(**{table.paper: survivor}, pk__in=keys)
        values: dict[str, Any] = {table.paper: duplicate}
        if table.model is Placement:
            values["is_primary"] = False
        back.update(**values)
    titles = [duplicate.title, *duplicate.aliases.values_list("title", flat=True)]
    survivor.aliases.filter(title__in=titles).delete()
    choose_primary(survivor)
    choose_primary(duplicate)
    announce_changed_papers([survivor.pk, duplicate.pk])
    return survivor


def _moved(table: _Table, duplicate: Paper) -> list[int]:
    """Keys of the rows that the latest merge took from the duplicate, from their history."""
    events = table.model.pgh_event_model.objects  # type: ignore[attr-defined]
    was_its = events.filter(
        **{table.paper: duplicate}, pgh_label="update", pgh_created_at__gte=_merged_at(duplicate)
    )
    return list(was_its.values_list("pgh_obj_id", flat=True))


def _merged_at(duplicate: Paper) -> datetime:
    """When it was merged: the last change before which it stood for itself. A transaction has one time."""
    events = Paper.pgh_event_model.objects  # type: ignore[attr-defined]
    on_its_own = events.filter(pgh_obj_id=duplicate.pk, pgh_label="update", merged_into=None)
    merged_at: datetime = on_its_own.latest("pgh_id").pgh_created_at
    return merged_at


@transaction.atomic
def merge_authors(survivor: Author, duplicates: Iterable[Author]) -> None:
    """Give the survivor the papers of the duplicates; printed names stay as the papers print them."""
    hold_off_imports()
    others = list(duplicates)
    _refuse_odd_merge(survivor, others)
    for duplicate in others:
        _take_orcid(survivor, duplicate)
        Authorship.objects.filter(author=duplicate).update(author=survivor)
        Author.objects.filter(merged_into=duplicate).update(merged_into=survivor)
        Author.objects.filter(pk=duplicate.pk).update(merged_into=survivor)
    announce_changed_papers(survivor.authorships.values_list("paper", flat=True))


def _take_orcid(survivor: Author, duplicate: Author) -> None:
    if duplicate.orcid and not survivor.orcid:
        survivor.orcid = duplicate.orcid
        Author.objects.filter(pk=duplicate.pk).update(orcid="")
        survivor.save(update_fields=["orcid"])


@transaction.atomic
def unmerge_author(duplicate: Author) -> Author:
    """Let a merged author stand alone again, with the papers that print that name; return the survivor."""
    hold_off_imports()
    survivor = duplicate.merged_into
    if survivor is None:
        raise Refused(f"“{duplicate}” is not merged into another.")
    Author.objects.filter(pk=duplicate.pk).update(merged_into=None)
    duplicate.merged_into = None
    rows = survivor.authorships.all()
    own = [row.pk for row in rows if fold(row.printed_name) == duplicate.name_key]
    Authorship.objects.filter(pk__in=own).update(author=duplicate)
    announce_changed_papers(
        Authorship.objects.filter(author__in=[survivor, duplicate]).values_list("paper", flat=True)
    )
    return survivor
