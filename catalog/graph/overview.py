"""The whole graph by levels of detail: of a part of its picture the papers that matter most, and the links among them that do.

Places and weights are those of the last measurement (catalog.graph.measures). What is sent does not grow with the catalogue:
farther off only the most central papers are drawn, nearer the others between them.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from catalog.graph.edges import Node, NodeKind, strongest_links
from catalog.graph.pictures import Shown
from catalog.models import Paper, PaperMeasure
from catalog.readable import readable

MOST_NODES = 6_000
MOST_LINKS = 10_000
TITLED = 1_000  # papers whose titles are sent; of others a title is asked for when it is wanted

Box = tuple[float, float, float, float]  # least x and y, greatest x and y

_PLACED = """
FROM catalog_papermeasure m JOIN catalog_paper p ON p.id = m.paper_id
WHERE p.merged_into_id IS NULL AND m.paper_id <> ALL(%(hidden)s) AND EXISTS (
    SELECT FROM catalog_placement l WHERE l.paper_id = m.paper_id AND l.retired_at IS NULL
        AND (%(topics)s::bigint[] IS NULL OR l.topic_id = ANY(%(topics)s))
) AND (%(low)s::int IS NULL OR p.year >= %(low)s) AND (%(high)s::int IS NULL OR p.year <= %(high)s)
"""
_NODES = f"""
SELECT m.paper_id, p.title, p.year, m.x, m.y,
    (
        SELECT t.hue FROM catalog_placement l JOIN catalog_topic t ON t.id = l.topic_id
        WHERE l.paper_id = m.paper_id AND l.retired_at IS NULL ORDER BY l.is_primary DESC, l.id LIMIT 1
    ),
    (SELECT count(DISTINCT c.citing_id) FROM catalog_citation c WHERE c.cited_id = m.paper_id)
FROM (
    SELECT m.paper_id, m.x, m.y, m.pagerank {_PLACED}
    AND m.x BETWEEN %(x0)s AND %(x1)s AND m.y BETWEEN %(y0)s AND %(y1)s
    ORDER BY m.pagerank DESC, m.paper_id LIMIT %(most)s
) m JOIN catalog_paper p ON p.id = m.paper_id ORDER BY m.pagerank DESC, m.paper_id
"""  # noqa: S608  # our own text
_COUNT = f"SELECT count(*) {_PLACED}"


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What of the whole is asked for."""

    hidden: Collection[int] = ()
    topics: Collection[int] | None = None
    years: tuple[int | None, int | None] = (None, None)

    @property
    def values(self) -> dict[str, Any]:
        low, high = self.years
        topics = None if self.topics is None else list(self.topics)
        return {"hidden": list(self.hidden), "topics": topics, "low": low, "high": high}


@dataclass(frozen=True, slots=True)
class Overview:
    """Papers, the most central first, and links as the places of their ends among them with their kind.

    `total` are all papers that lie anywhere in the picture.
    """

    nodes: Sequence[Shown]
    links: Sequence[tuple[int, int, str]]
    total: int

    @property
    def is_part(self) -> bool:
        """Whether looking nearer shows more."""
        return self.total > len(self.nodes) or len(self.links) >= MOST_LINKS


def is_measured() -> bool:
    return PaperMeasure.objects.exists()


def unplaced() -> int:
    """How many listed papers came since the graph was last measured."""
    return Paper.objects.listed().filter(measure=None).count()


def overview(
    narrowed: Narrowed,
    kinds: Collection[str],
    box: Box = (-1, -1, 1, 1),
    most: int = MOST_NODES,
    most_links: int = MOST_LINKS,
) -> Overview:
    """Return what is drawn of a part of the picture. Three queries."""
    x0, y0, x1, y1 = box
    asked = {**narrowed.values, "x0": x0, "y0": y0, "x1": x1, "y1": y1, "most": most}
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, asked)
        total = cursor.fetchone()[0]
        cursor.execute(_NODES, asked)
        rows = cursor.fetchall()
    nodes = [
        Shown(Node(NodeKind.PAPER, pk), readable(title), hue, year, weight, x, y)
        for pk, title, year, x, y, hue, weight in rows
    ]
    links = strongest_links([node.node.key for node in nodes], kinds, most_links)
    return Overview(nodes, links, total)
