"""The catalogue as one graph: papers, authors, topics, venues, repositories and systems, and the typed edges between them.

Nothing is copied: each kind of edge is read from the table that states it, by its index, with who says so and since when.
What touches very many (a survey of surveys, a big topic) is read no further than a bound, the most cited papers first.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from django.db import connection

from catalog.dumps.streaming import stream
from catalog.keys import read_key
from catalog.models.graph import RelationKind


class NodeKind(StrEnum):
    PAPER = "paper"
    AUTHOR = "author"
    TOPIC = "topic"
    VENUE = "venue"
    REPOSITORY = "repository"
    SYSTEM = "system"


class Node(NamedTuple):
    """A row of one of the tables of nodes. Written `paper:12`."""

    kind: NodeKind
    key: int

    def __str__(self) -> str:
        return f"{self.kind}:{self.key}"

    @classmethod
    def read(cls, text: str) -> "Node | None":
        """Read what `str` wrote; None of anything else."""
        kind, _, number = text.partition(":")
        key = read_key(number)
        return cls(NodeKind(kind), key) if kind in _NODE_KINDS and key is not None else None


_NODE_KINDS = frozenset(NodeKind)


@dataclass(frozen=True, slots=True)
class Edge:
    """One thing that is said of two nodes, as it reads: tail cites head, tail is written by head."""

    tail: Node
    kind: str
    head: Node
    source: str = ""  # "" where nobody noted who says so
    stated_at: datetime | None = None

    def other(self, node: Node) -> Node:
        return self.head if node == self.tail else self.tail


@dataclass(frozen=True, slots=True)
class _Table:
    """A table whose rows `e` are edges: what its ends are, which kinds it holds, who says each and since when."""

    tail: NodeKind
    head: NodeKind
    name: str
    columns: tuple[str, str]
    kinds: tuple[str, ...]
    kind: str = ""  # SQL, where it holds several
    where: str = "true"
    said: str = "e.source, e.stated_at"


# How an edge reads from its tail and from its head.
LABELS: dict[str, tuple[str, str]] = {
    "cites": ("cites", "cited by"),
    RelationKind.EXTENDS: ("extends", "extended by"),
    RelationKind.COMPARES: ("compares with", "compared with by"),
    RelationKind.EVALUATES: ("evaluates", "evaluated by"),
    RelationKind.SURVEYS: ("surveys", "surveyed by"),
    RelationKind.USES: ("uses", "used by"),
    RelationKind.SAME_WORK: ("same work as", "same work as"),
    RelationKind.CONTRADICTS: ("contradicts", "contradicted by"),
    RelationKind.MENTIONS: ("mentions", "mentioned by"),
    "similar": ("similar to", "similar to"),
    "written_by": ("written by", "wrote"),
    "placed_in": ("placed in", "holds"),
    "published_at": ("published at", "published"),
    "has_code": ("has code", "code of"),
    "introduces": ("introduces", "introduced by"),
}
# What says that one paper has to do with another, as followed from paper to paper.
BETWEEN_PAPERS = ("cites", *map(str, RelationKind), "similar")

_PROVENANCE = """(SELECT f.source FROM catalog_provenance f WHERE f.paper_id = e.{paper} AND f.field = '{field}'),
        (SELECT f.stated_at FROM catalog_provenance f WHERE f.paper_id = e.{paper} AND f.field = '{field}')"""
_TABLES = (
    _Table(NodeKind.PAPER, NodeKind.PAPER, "catalog_citation", ("citing_id", "cited_id"), ("cites",)),
    _Table(
        NodeKind.PAPER, NodeKind.PAPER, "catalog_relation", ("subject_id", "object_id"), tuple(map(str, RelationKind)),
        kind="e.kind", where="e.retired_at IS NULL",
    ),
    _Table(
        NodeKind.PAPER, NodeKind.PAPER, "catalog_similarpaper", ("paper_id", "other_id"), ("similar",),
        said="'derived', NULL::timestamptz",
    ),
    _Table(
        NodeKind.PAPER, NodeKind.AUTHOR, "catalog_authorship", ("paper_id", "author_id"), ("written_by",),
        said=_PROVENANCE.format(paper="paper_id", field="authors"),
    ),
    _Table(
        NodeKind.PAPER, NodeKind.TOPIC, "catalog_placement", ("paper_id", "topic_id"), ("placed_in",),
        where="e.retired_at IS NULL",
    ),
    _Table(
        NodeKind.PAPER, NodeKind.VENUE, "catalog_paper", ("id", "venue_id"), ("published_at",),
        where="e.venue_id IS NOT NULL AND e.merged_into_id IS NULL", said=_PROVENANCE.format(paper="id", field="venue"),
    ),
    _Table(
        NodeKind.PAPER, NodeKind.REPOSITORY, "catalog_paperrepository", ("paper_id", "repository_id"), ("has_code",),
        where="e.retired_at IS NULL",
    ),
    _Table(
        NodeKind.PAPER, NodeKind.SYSTEM, "catalog_system", ("introduced_by_id", "id"), ("introduces",),
        where="e.retired_at IS NULL",
    ),
)  # fmt: skip

MOST_OF_ONE = 200  # edges of one kind and direction that are read of one node

# The edges of one table at the nodes `f`, seen from one end. What two sources say is one edge, by the first of them.
_AT = """
SELECT f.place, {tail} AS tail, {head} AS head, {kind} AS kind, x.source, x.stated_at, {number} AS number, {is_out} AS is_out
FROM f CROSS JOIN LATERAL (
    SELECT DISTINCT ON (e.{far}{also}) e.{far} AS far, {said_kind} AS kind, s.source, s.stated_at
    FROM {table} e CROSS JOIN LATERAL (SELECT {said}) s (source, stated_at)
    WHERE e.{near} = f.id AND {where}{only}
    ORDER BY e.{far} DESC{also}, s.stated_at LIMIT %(most)s
) x WHERE f.kind = '{from_kind}'
"""


def edges_at(
    nodes: Sequence[Node], kinds: Collection[str] = LABELS, most: int = MOST_OF_ONE
) -> list[Edge]:
    """Return the edges of these kinds at these nodes, each once, `most` of each kind and direction at one node.

    One query. Between nodes of one kind the newest far ends come first.
    """
    if not nodes:
        return []
    parts = [
        _at(number, table, is_out=is_out)
        for number, table in enumerate(_TABLES)
        if not set(table.kinds).isdisjoint(kinds)
        for is_out in (True, False)
        if any(node.kind == (table.tail if is_out else table.head) for node in nodes)
    ]
    if not parts:
        return []
    query = (  # of our own text
        "WITH f AS MATERIALIZED (SELECT * FROM unnest(%(kinds)s::text[], %(keys)s::bigint[]) WITH ORDINALITY AS f (kind, id, place))"  # noqa: S608
        f"{' UNION ALL '.join(parts)} ORDER BY place, number, is_out DESC"
    )
    names: dict[str, Any] = {
        "kinds": [str(node.kind) for node in nodes],
        "keys": [node.key for node in nodes],
        "wanted": list(map(str, kinds)),
        "most": most,
    }
    with connection.cursor() as cursor:
        cursor.execute(query, names)
        return _read(row[1:7] for row in cursor.fetchall())


def _at(number: int, table: _Table, *, is_out: bool) -> str:
    near, far = table.columns if is_out else table.columns[::-1]
    return _AT.format(
        number=number,
        is_out=is_out,
        from_kind=table.tail if is_out else table.head,
        tail="f.id" if is_out else "x.far",
        head="x.far" if is_out else "f.id",
        kind="x.kind",
        said_kind=table.kind or f"'{table.kinds[0]}'",
        also=f", {table.kind}" if table.kind else "",
        only=f" AND {table.kind} = ANY(%(wanted)s)" if table.kind else "",
        near=near,
        far=far,
        table=table.name,
        where=table.where,
        said=table.said,
    )


def around(
    start: Sequence[Node],
    hops: int,
    kinds: Collection[str] = LABELS,
    *,
    most: int = 50,
    most_nodes: int = 2000,
) -> tuple[list[Node], list[Edge]]:
    """Return the nodes within so many steps, nearest first, and the edges that led to them: one query a step.

    `most` bounds what is followed of one node, kind and direction, `most_nodes` all of it.
    """
    seen = dict.fromkeys(start)
    edges: dict[tuple[Node, str, Node], Edge] = {}
    frontier = list(seen)
    for _ in range(hops):
        reached: dict[Node, None] = {}
        for edge in edges_at(frontier, kinds, most):
            far = [node for node in (edge.tail, edge.head) if node not in seen]
            if len(seen) + len(reached) + len(far) > most_nodes and any(
                node not in reached for node in far
            ):
                continue
            reached.update(dict.fromkeys(far))
            edges[edge.tail, edge.kind, edge.head] = edge
        frontier = list(reached)
        seen.update(reached)
    return list(seen), list(edges.values())


def common(
    one: Node, other: Node, kinds: Collection[str] = LABELS
) -> dict[Node, tuple[Edge, Edge]]:
    """Return the nodes that both have an edge to, each with an edge of either."""
    sides = [
        {edge.other(node): edge for edge in reversed(edges_at([node], kinds))}
        for node in (one, other)
    ]
    return {node: (edge, sides[1][node]) for node, edge in sides[0].items() if node in sides[1]}


_WITHIN = """
SELECT e.{tail} AS tail, e.{head} AS head, {kind} AS kind, s.source, s.stated_at, {number} AS number
FROM {table} e CROSS JOIN LATERAL (SELECT {said}) s (source, stated_at)
WHERE e.{tail} = ANY(%({tail_kind})s) AND e.{head} = ANY(%({head_kind})s) AND {where}{only}
"""


def edges_within(
    nodes: Collection[Node], kinds: Collection[str] = LABELS, most: int = 50_000
) -> list[Edge]:
    """Return the edges of these kinds that have both ends among the nodes, each once. One query."""
    keys = {kind: [node.key for node in nodes if node.kind == kind] for kind in NodeKind}
    parts = [
        _WITHIN.format(
            number=number,
            table=table.name,
            tail=table.columns[0],
            head=table.columns[1],
            kind=table.kind or f"'{table.kinds[0]}'",
            said=table.said,
            where=table.where,
            only=f" AND {table.kind} = ANY(%(wanted)s)" if table.kind else "",
            tail_kind=table.tail,
            head_kind=table.head,
        )
        for number, table in enumerate(_TABLES)
        if not set(table.kinds).isdisjoint(kinds) and keys[table.tail] and keys[table.head]
    ]
    if not parts:
        return []
    query = f"{' UNION ALL '.join(parts)} ORDER BY number, stated_at, tail, head LIMIT %(most)s"
    with connection.cursor() as cursor:
        names: dict[str, Any] = {kind.value: some for kind, some in keys.items()}
        cursor.execute(query, {**names, "wanted": list(map(str, kinds)), "most": most})
        return _read(cursor.fetchall())


_EVERY = """
SELECT row_to_json(r)::text FROM (
    SELECT '{tail_kind}:' || e.{tail} AS "from", {kind} AS kind, '{head_kind}:' || e.{head} AS "to", s.source, s.stated_at AS date
    FROM {table} e CROSS JOIN LATERAL (SELECT {said}) s (source, stated_at)
    WHERE {where} ORDER BY e.{tail}, e.{head}, ({kind}) COLLATE "C", s.source COLLATE "C", s.stated_at
) r
"""


def all_edges() -> Iterator[str]:
    """Every edge that somebody states, as a line of JSON: `{"from":"paper:1","kind":"cites","to":"paper:2",…}`.

    Two sources that say the same are two lines. Similarity is no statement, and not among them. Streams, within a transaction.
    """
    for table in _TABLES:
        if table.kinds == ("similar",):
            continue
        query = _EVERY.format(
            table=table.name,
            tail=table.columns[0],
            head=table.columns[1],
            tail_kind=table.tail,
            head_kind=table.head,
            kind=table.kind or f"'{table.kinds[0]}'",
            said=table.said,
            where=table.where,
        )
        yield from (line for (line,) in stream(query))


_STRONGEST = """
SELECT e.{tail} AS tail, e.{head} AS head, {kind} AS kind FROM {table} e
WHERE e.{tail} = ANY(%(papers)s) AND e.{head} = ANY(%(papers)s) AND {where}{only}
"""


def strongest_links(
    papers: Sequence[int], kinds: Collection[str], most: int
) -> list[tuple[int, int, str]]:
    """Return links among papers, as the places of both ends in their order, and the kind; those of the first papers first.

    Without who says so, and many: for pictures of thousands.
    """
    parts = [
        _STRONGEST.format(
            table=table.name,
            tail=table.columns[0],
            head=table.columns[1],
            kind=table.kind or f"'{table.kinds[0]}'",
            where=table.where,
            only=f" AND {table.kind} = ANY(%(wanted)s)" if table.kind else "",
        )
        for table in _TABLES
        if table.tail == table.head == NodeKind.PAPER and not set(table.kinds).isdisjoint(kinds)
    ]
    if not parts or not papers:
        return []
    query = (  # of our own text
        "WITH asked AS MATERIALIZED (SELECT * FROM unnest(%(papers)s::bigint[]) WITH ORDINALITY AS a (id, place)) "  # noqa: S608
        f"SELECT t.place - 1, h.place - 1, l.kind FROM ({' UNION '.join(parts)}) l "
        "JOIN asked t ON t.id = l.tail JOIN asked h ON h.id = l.head "
        "ORDER BY greatest(t.place, h.place), least(t.place, h.place), 3 LIMIT %(most)s"
    )
    names: dict[str, Any] = {"papers": list(papers), "wanted": list(map(str, kinds)), "most": most}
    with connection.cursor() as cursor:
        cursor.execute(query, names)
        return list(cursor.fetchall())


def _read(rows: Iterable[tuple[Any, ...]]) -> list[Edge]:
    """Make edges of rows of tail, head, kind, source, date and number of the table, each once."""
    found: dict[tuple[Node, str, Node], Edge] = {}
    for tail, head, kind, source, stated_at, number in rows:
        table = _TABLES[number]
        edge = Edge(Node(table.tail, tail), kind, Node(table.head, head), source or "", stated_at)
        found.setdefault((edge.tail, edge.kind, edge.head), edge)
    return list(found.values())
