"""What the map holds: its regions with how many papers lie in each, and the points that are drawn."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from catalog.models import Topic
from search.models import MapPlace, MapRegion

# A paper is coloured by the topic at the top of its primary placement, as its row in lists is.
_PLACED = """
WITH placed AS MATERIALIZED (
    SELECT DISTINCT ON (p.id) p.id, p.year, m.x, m.y, m.region_id, top.id AS topic
    FROM search_mapplace m
    JOIN catalog_paper p ON p.id = m.paper_id AND p.merged_into_id IS NULL
    JOIN catalog_placement l ON l.paper_id = p.id AND l.retired_at IS NULL
    JOIN catalog_topic t ON t.id = l.topic_id
    JOIN catalog_topic top ON top.catalogue_id = t.catalogue_id AND top.path = split_part(t.path, '/', 1)
    ORDER BY p.id, l.is_primary DESC, l.id
)
"""
_COUNTS = f"{_PLACED} SELECT region_id, topic, count(*) FROM placed GROUP BY 1, 2"  # noqa: S608
_POINTS = f"""{_PLACED}, cited AS (
    SELECT cited_id, count(DISTINCT citing_id) AS number FROM catalog_citation GROUP BY 1
)
SELECT placed.id, round(x::numeric, 2)::float8, round(y::numeric, 2)::float8, year, topic, coalesce(number, 0)
FROM placed LEFT JOIN cited ON cited_id = placed.id ORDER BY 1
"""  # noqa: S608
# Changes of rows leave events behind; new rows have numbers of their own; citations go in runs only.
_VERSION = """
SELECT (SELECT max(finished_at) FROM catalog_run WHERE job = 'map' AND status = 'done'),
    (SELECT max(finished_at) FROM catalog_run WHERE job = 'citations' AND status = 'done'),
    (SELECT max(pgh_id) FROM catalog_paperevent), (SELECT max(pgh_id) FROM catalog_placementevent),
    (SELECT max(pgh_id) FROM catalog_topicevent), (SELECT max(id) FROM catalog_placement), (SELECT max(id) FROM catalog_citation)
"""


@dataclass(slots=True)
class Atlas:
    """The regions, larger before smaller, and how many papers of which topic lie in each; topics are those at the top."""

    regions: dict[int, MapRegion] = field(default_factory=dict)
    counts: Mapping[int, Counter[int]] = field(default_factory=dict)
    topics: dict[int, Topic] = field(default_factory=dict)
    every: Counter[int] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        return sum(self.every.values())

    @classmethod
    def uncounted(cls) -> "Atlas":
        """The regions alone: one query, and no paper is looked at."""
        regions = MapRegion.objects.select_related("topic__parent").order_by("level", "pk")
        return cls({row.pk: row for row in regions})

    @classmethod
    def load(cls) -> "Atlas":
        """Three queries."""
        with connection.cursor() as cursor:
            cursor.execute(_COUNTS)
            rows = cursor.fetchall()
        regions = cls.uncounted().regions
        counts: dict[int, Counter[int]] = defaultdict(Counter)
        every: Counter[int] = Counter()
        for region, topic, number in rows:
            every[topic] += number
            for one in _up(region, regions):
                counts[one.pk][topic] += number
        topics = Topic.objects.select_related("catalogue").in_bulk({topic for _, topic, _ in rows})
        return cls(regions, counts, topics, every)

    def within(self, region: MapRegion) -> list[int]:
        """The region and all below it."""
        keys = {region.pk}
        for key, one in self.regions.items():  # larger ones come first
            if one.parent_id in keys:
                keys.add(key)
        return sorted(keys)

    def papers_in(self, key: int) -> int:
        return sum(self.counts[key].values()) if key in self.counts else 0

    def trail(self, region: MapRegion) -> list[MapRegion]:
        """The regions around it, from the largest, and itself."""
        return list(reversed(_up(region.pk, self.regions)))

    def in_order(self, root: MapRegion | None = None) -> Iterator[MapRegion]:
        """The regions that hold papers, each before those below it, the fullest first."""
        below: dict[int | None, list[MapRegion]] = defaultdict(list)
        for key, one in self.regions.items():
            if self.papers_in(key):
                below[one.parent_id].append(one)

        def walk(parent: int | None) -> Iterator[MapRegion]:
            for one in sorted(below[parent], key=lambda one: (-self.papers_in(one.pk), one.pk)):
                yield one
                yield from walk(one.pk)

        if root:
            yield root
        yield from walk(root.pk if root else None)

    def topic_counts(self) -> list[tuple[Topic, int]]:
        """Papers of each topic, catalogue by catalogue, in the order of the catalogue."""
        order = sorted(
            self.topics.values(), key=lambda one: (one.catalogue_id, one.position, one.pk)
        )
        return [(one, self.every[one.pk]) for one in order]


def points() -> list[tuple[Any, ...]]:
    """Every paper on the map: its key, x, y, year, topic, and how many papers here cite it."""
    with connection.cursor() as cursor:
        cursor.execute(_POINTS)
        return list(cursor.fetchall())


def version() -> tuple[Any, ...]:
    """What is another when what is drawn has changed, quickly told. Of two writers at once the slower may be missed."""
    with connection.cursor() as cursor:
        cursor.execute(_VERSION)
        found: tuple[Any, ...] = cursor.fetchone()
    return found


def drawn_at() -> datetime | None:
    """When a paper was last placed."""
    latest = MapPlace.objects.order_by("-placed_at").values_list("placed_at", flat=True)
    return latest.first()


def _up(key: int | None, regions: Mapping[int, MapRegion]) -> list[MapRegion]:
    """The region and those around it, the largest last."""
    found: list[MapRegion] = []
    while key is not None and key in regions:
        found.append(regions[key])
        key = regions[key].parent_id
    return found
