"""A curator's word on the rows around a paper: its places, links and repositories.

A row is known by what it points to. One that a curator removes, or points elsewhere, is retired
in the curator's name instead of deleted: so the next import does not bring it back.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from catalog.curation.locks import hold_off_imports
from catalog.models import Catalogue, Link, Paper, PaperRepository, Placement, Source
from catalog.signals import announce_changed_papers

AnyRow = Placement | Link | PaperRepository
Row = TypeVar("Row", bound=AnyRow)
_POINTS_TO: dict[type[Any], str] = {
    Placement: "topic_id",
    Link: "url",
    PaperRepository: "repository_id",
}


@transaction.atomic
def save_rows(paper: Paper, rows: Iterable[Row], removed: Iterable[Row] = ()) -> None:
    """Store what a curator added or changed in one of a paper's tables, and retire what was removed."""
    hold_off_imports()
    edited = list(rows)
    for row in removed:
        _retire(row)
    for row in edited:
        stored: Any = type(row)._default_manager.filter(pk=row.pk).first()
        if stored and _target(stored) != _target(row):
            _retire(stored)
    for row in edited:
        _put(paper, row)
    announce_changed_papers([paper.pk])


def _target(row: AnyRow) -> object:
    return getattr(row, _POINTS_TO[type(row)])


def _put(paper: Paper, row: AnyRow) -> None:
    """Save a row in the place of the one that points to the same, current or retired, if there is one."""
    same = {"paper": paper, _POINTS_TO[type(row)]: _target(row)}
    twin = type(row)._default_manager.filter(**same).first()
    row.pk = twin.pk if twin else None
    row._state.adding = twin is None
    row.paper, row.source, row.stated_at, row.retired_at = (
        paper,
        Source.CURATOR,
        timezone.now(),
        None,
    )
    if isinstance(row, Placement):
        row.is_primary = isinstance(twin, Placement) and twin.is_primary
    row.save()


def _retire(row: AnyRow) -> None:
    values = {"source": Source.CURATOR, "retired_at": timezone.now(), "stated_at": timezone.now()}
    if isinstance(row, Placement):
        values["is_primary"] = False
    type(row)._default_manager.filter(pk=row.pk).update(**values)


@transaction.atomic
def save_placements(
    paper: Paper,
    rows: Iterable[Placement],
    removed: Iterable[Placement] = (),
    primary: Placement | None = None,
) -> None:
    """Like `save_rows`, and exactly one current placement is primary afterwards: `primary` if given."""
    save_rows(paper, rows, removed)
    choose_primary(paper, primary.topic_id if primary else None)


def choose_primary(paper: Paper, topic_id: int | None = None) -> None:
    """Make one current placement the primary one: the topic's, else the one that is, else the first."""
    choose_primaries([paper.pk], topic_id)


def choose_primaries(papers: Collection[int], topic_id: int | None = None) -> None:
    """The same for many papers, in as many statements however many they are."""
    rows = Placement.objects.current().filter(paper__in=papers).select_related("topic")
    places: dict[int, list[Placement]] = defaultdict(list)
    for row in rows:
        places[row.paper_id].append(row)
    chosen = [
        min(own, key=lambda row: (row.topic_id != topic_id, not row.is_primary, row.topic.position, row.pk))
        for own in places.values()
    ]  # fmt: skip
    keys = {row.pk for row in chosen}
    was = [
        row.pk for own in places.values() for row in own if row.is_primary and row.pk not in keys
    ]
    Placement.objects.filter(pk__in=was).update(is_primary=False)
    fresh = [row.pk for row in chosen if not row.is_primary]
    Placement.objects.filter(pk__in=fresh).update(is_primary=True)


@transaction.atomic
def restore(row: AnyRow) -> None:
    """Bring a retired row back, as the curator's."""
    hold_off_imports()
    values = {"source": Source.CURATOR, "retired_at": None, "stated_at": timezone.now()}
    type(row)._default_manager.filter(pk=row.pk).update(**values)
    if isinstance(row, Placement):
        choose_primary(row.paper)
    announce_changed_papers([row.paper_id])


@transaction.atomic
def unlist(papers: Iterable[Paper], within: "QuerySet[Catalogue] | None" = None) -> int:
    """Take papers out of every topic for good, or out of those of certain catalogues; they and all that is known of them stay."""
    hold_off_imports()
    places = Placement.objects.current().filter(paper__in=[paper.pk for paper in papers])
    if within is not None:
        places = places.filter(topic__catalogue__in=within)
    rows = dict(places.order_by().values_list("pk", "paper"))
    now = timezone.now()
    Placement.objects.filter(pk__in=rows).update(
        source=Source.CURATOR, stated_at=now, retired_at=now, is_primary=False
    )
    unlisted = set(rows.values())
    choose_primaries(unlisted)
    announce_changed_papers(unlisted)
    return len(unlisted)
