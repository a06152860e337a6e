"""A catalogue as it was at the end of a day: its tree, and the papers under each topic."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property, lru_cache
from typing import Any

from django.core.paginator import Page, Paginator
from django.db import connection
from django.utils import timezone

from catalog.models import Catalogue, Paper, Topic
from catalog.numbering import Numbered
from catalog.tree_history import PastTopic, end_of, tree_at, versions

PER_PAGE = 100

# Where papers lay: a row that was changed since as its first event since has it, any other as it is.
_PLACES = """
SELECT e.paper_id, e.topic_id, e.position, e.pgh_obj_id AS id FROM catalog_placementevent e
WHERE e.topic_id = ANY(%(topics)s) AND e.pgh_created_at > %(moment)s AND e.pgh_label IN ('update', 'delete')
    AND e.stated_at <= %(moment)s AND (e.retired_at IS NULL OR e.retired_at > %(moment)s)
    AND NOT e.paper_id = ANY(%(merged)s)
    AND NOT EXISTS (
        SELECT FROM catalog_placementevent f WHERE f.pgh_obj_id = e.pgh_obj_id
        AND f.pgh_created_at > %(moment)s AND f.pgh_label IN ('update', 'delete') AND f.pgh_id < e.pgh_id
    )
UNION ALL
SELECT p.paper_id, p.topic_id, p.position, p.id FROM catalog_placement p
WHERE p.topic_id = ANY(%(topics)s)
    AND p.stated_at <= %(moment)s AND (p.retired_at IS NULL OR p.retired_at > %(moment)s)
    AND NOT p.paper_id = ANY(%(merged)s)
    AND NOT EXISTS (
        SELECT FROM catalog_placementevent f WHERE f.pgh_obj_id = p.id
        AND f.pgh_created_at > %(moment)s AND f.pgh_label IN ('update', 'delete')
    )
"""
_COUNTS = f"""
SELECT a.above, count(DISTINCT places.paper_id)
FROM ({_PLACES}) places JOIN unnest(%(above)s::bigint[], %(below)s::bigint[]) a (above, below) ON a.below = places.topic_id
GROUP BY a.above
"""  # noqa: S608  # our own text
_LISTED = f"""
SELECT paper_id FROM (
    SELECT DISTINCT ON (places.paper_id) places.*, o.place FROM ({_PLACES}) places
    JOIN unnest(%(topics)s::bigint[]) WITH ORDINALITY o (topic, place) ON o.topic = places.topic_id
    ORDER BY places.paper_id, o.place, places.position = 0, places.position, places.id
) first ORDER BY place, position = 0, position, id
"""  # noqa: S608
# Papers that are merged into others, or were at some time since.
_MERGED = """
SELECT p.id, p.merged_into_id, e.id IS NOT NULL, e.merged_into_id
FROM catalog_paper p
LEFT JOIN LATERAL (
    SELECT f.pgh_obj_id AS id, f.merged_into_id FROM catalog_paperevent f
    WHERE f.pgh_obj_id = p.id AND f.pgh_created_at > %(moment)s AND f.pgh_label IN ('update', 'delete')
    ORDER BY f.pgh_id LIMIT 1
) e ON true
WHERE p.merged_into_id IS NOT NULL
    OR p.id IN (SELECT g.pgh_obj_id FROM catalog_paperevent g WHERE g.merged_into_id IS NOT NULL)
"""


@dataclass(slots=True)
class PastBranch:
    """A topic of a snapshot with the number of papers it held, and those below it."""

    one: Numbered[PastTopic]
    total: int
    url_path: str
    branches: "list[PastBranch]" = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class PastPaper:
    """A paper of a snapshot by its title of then; without a page when it is there no more."""

    title: str
    paper: Paper | None

    @property
    def is_renamed(self) -> bool:
        return self.paper is not None and self.paper.title != self.title


class Snapshot:
    """One catalogue at the end of one day."""

    def __init__(self, catalogue: Catalogue, day: date) -> None:
        self.catalogue = catalogue
        self.day = day
        self.moment = end_of(day)

    @cached_property
    def tree(self) -> list[Numbered[PastTopic]]:
        return tree_at(versions(self.catalogue), self.moment)

    @cached_property
    def _rows(self) -> dict[int, Numbered[PastTopic]]:
        return {one.topic.pk: one for one in self.tree}

    def at(self, path: str) -> Numbered[PastTopic] | None:
        """The topic that had an address then."""
        return next((one for one in self.tree if one.topic.path == path), None)

    def path_of(self, topic: int, heir: Topic | None) -> str | None:
        """The address that a topic had then, or what it was merged into, or what was merged into it."""
        absorbed = Topic.objects.filter(merged_into=heir.pk if heir else topic)
        keys = [topic, *([heir.pk] if heir else []), *absorbed.values_list("pk", flat=True)]
        return next((self._rows[key].topic.path for key in keys if key in self._rows), None)

    def above(self, one: Numbered[PastTopic]) -> list[Numbered[PastTopic]]:
        """The topics above, from the top."""
        found: list[Numbered[PastTopic]] = []
        parent = self._rows.get(one.topic.parent_id or 0)
        while parent is not None and len(found) < len(self.tree):
            found.insert(0, parent)
            parent = self._rows.get(parent.topic.parent_id or 0)
        return found

    @cached_property
    def counts(self) -> Mapping[int, int]:
        """The papers under each topic and below it, each counted once; the whole catalogue's under 0."""
        above, below = [], []
        for one in self.tree:
            for over in [one, *self.above(one)]:
                above.append(over.topic.pk)
                below.append(one.topic.pk)
            above.append(0)
            below.append(one.topic.pk)
        if self.day < timezone.now().date():
            key = (self.catalogue.pk, self.moment, tuple(above), tuple(below))
            return _counts(*key)
        return _counted(self.moment, above, below)

    def branches(self, under: int | None = None) -> list[PastBranch]:
        """The topics right below one of then (None: at the top), each with what lay below it."""
        made = {
            one.topic.pk: PastBranch(one, self.counts.get(one.topic.pk, 0), one.topic.path)
            for one in self.tree
        }
        roots: list[PastBranch] = []
        for branch in made.values():
            parent = made.get(branch.one.topic.parent_id or 0)
            (parent.branches if parent else roots).append(branch)
        return made[under].branches if under else roots

    def papers(self, one: Numbered[PastTopic], page: str | None) -> "Page[int]":
        """The papers under a topic and below it, in the order of the list of then."""
        path = f"{one.topic.path}/"
        topics = [
            other.topic.pk
            for other in self.tree
            if other.topic.pk == one.topic.pk or other.topic.path.startswith(path)
        ]
        with connection.cursor() as cursor:
            cursor.execute(_LISTED, _asked(self.moment, topics))
            found = [paper for (paper,) in cursor.fetchall()]
        return Paginator(found, PER_PAGE).get_page(page)

    def shown(self, keys: Iterable[int]) -> list[PastPaper]:
        """Papers as they were called then, with their pages of today."""
        wanted = list(keys)
        today = {paper.pk: paper for paper in Paper.objects.filter(pk__in=wanted).for_list()}
        model = Paper.pgh_event_model  # type: ignore[attr-defined]  # set by pghistory
        since = model.objects.filter(
            pgh_obj_id__in=wanted,
            pgh_created_at__gt=self.moment,
            pgh_label__in=["update", "delete"],
        )
        rows = since.order_by("pgh_obj_id", "pgh_id").distinct("pgh_obj_id")
        titles = dict(rows.values_list("pgh_obj_id", "title"))
        return [
            PastPaper(titles.get(key) or today[key].title, today.get(key))
            for key in wanted
            if key in titles or key in today
        ]


@lru_cache(maxsize=64)
def _counts(
    catalogue: int, moment: datetime, above: tuple[int, ...], below: tuple[int, ...]
) -> Mapping[int, int]:
    """What was counted for a day that is over stays so."""
    return _counted(moment, above, below)


def _counted(moment: datetime, above: Iterable[int], below: Iterable[int]) -> Mapping[int, int]:
    pairs = {"above": list(above), "below": list(below)}
    if not pairs["below"]:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, _asked(moment, sorted(set(pairs["below"]))) | pairs)
        return dict(cursor.fetchall())


def _asked(moment: datetime, topics: list[int]) -> dict[str, Any]:
    return {"moment": moment, "topics": topics, "merged": _merged_at(moment)}


def _merged_at(moment: datetime) -> list[int]:
    """Papers that were merged into others then."""
    with connection.cursor() as cursor:
        cursor.execute(_MERGED, {"moment": moment})
        rows = cursor.fetchall()
    return [paper for paper, now, changed, then in rows if (then if changed else now) is not None]
