"""What only the whole graph tells of a paper: its PageRank, its community, its place in the picture of all.

PageRank (Brin and Page 1998) follows citations with a damping of 0.85; communities are Leiden's (Traag, Waltman and van Eck
2019) by modularity, and the picture is a force-directed layout (Fruchterman and Reingold 1991) that starts from where papers were, so
that it stays as it was when a few arrive. These two look at citations, relations and similarity, in either direction. Computed by
igraph, with a fixed seed.
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from math import tanh
from typing import Any

import igraph
from django.db import connection, transaction
from django.utils import timezone

from catalog.locks import GRAPH, alone
from catalog.models import Run
from catalog.running import running

DAMPING = 0.85
# What an edge counts in communities and in the picture: what authors say more than what texts have in common.
WEIGHTS = {"cites": 1.0, "relation": 2.0, "mentions": 1.0, "similar": 0.5}
ENOUGH = 0.01  # of the edges changed since, for it to be computed again at once
SOON = 24 * 3600  # seconds after which any change is enough
_MOST, _INNER = (
    0.95,
    0.85,
)  # papers that fill the inner part of the picture, and how much of it that is
_LARGE = 20_000  # papers, of which the layout takes fewer rounds

_EDGES = """
WITH listed AS MATERIALIZED (
    SELECT p.id FROM catalog_paper p
    WHERE p.merged_into_id IS NULL AND EXISTS (
        SELECT FROM catalog_placement l WHERE l.paper_id = p.id AND l.retired_at IS NULL
    )
), edge AS (
    SELECT citing_id AS tail, cited_id AS head, 'cites' AS kind, stated_at FROM catalog_citation
    UNION ALL SELECT subject_id, object_id, CASE kind WHEN 'mentions' THEN 'mentions' ELSE 'relation' END, stated_at FROM catalog_relation WHERE retired_at IS NULL
    UNION ALL SELECT paper_id, other_id, 'similar', NULL FROM catalog_similarpaper WHERE rank <= 5
)
"""
_READ_PAPERS = f"{_EDGES} SELECT id, m.x, m.y FROM listed LEFT JOIN catalog_papermeasure m ON m.paper_id = id ORDER BY id"  # noqa: S608
_READ_EDGES = f"""{_EDGES}
SELECT tail, head, kind FROM edge WHERE tail IN (SELECT id FROM listed) AND head IN (SELECT id FROM listed)
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""  # noqa: S608
_COUNT = f"""{_EDGES}
SELECT (SELECT count(*) FROM listed), count(*), count(*) FILTER (WHERE stated_at > %s),
    coalesce(sum(hashtextextended(tail || ' ' || head || ' ' || kind, 0)), 0)::text || ' ' || (SELECT coalesce(sum(hashint8(id)), 0) FROM listed)
FROM edge
"""  # noqa: S608
_WRITE = """
WITH new AS MATERIALIZED (
    SELECT * FROM unnest(%(papers)s::bigint[], %(ranks)s::float8[], %(communities)s::int[], %(xs)s::float8[], %(ys)s::float8[])
        AS new (paper_id, pagerank, community, x, y)
), gone AS (
    DELETE FROM catalog_papermeasure m WHERE NOT EXISTS (SELECT FROM new n WHERE n.paper_id = m.paper_id)
)
INSERT INTO catalog_papermeasure (paper_id, pagerank, community, x, y, computed_at)
SELECT n.*, %(now)s FROM new n JOIN catalog_paper p ON p.id = n.paper_id
ON CONFLICT (paper_id) DO UPDATE SET (pagerank, community, x, y, computed_at) =
    (excluded.pagerank, excluded.community, excluded.x, excluded.y, excluded.computed_at)
"""


@dataclass(frozen=True, slots=True)
class _State:
    """How large the graph is, how many edges were stated since a moment, and a sum over what it holds."""

    papers: int
    edges: int
    recent: int
    content: str


def measure_changed(reason: str, *, always: bool = False) -> Run | None:
    """Compute the measures anew if enough has changed since they were; return the run, or None where there was no need.

    Enough is a hundredth of the edges or of the papers; after a day, anything.
    """
    with alone(GRAPH, "The graph is being measured already."):
        last = Run.objects.filter(job=Run.Job.GRAPH, status=Run.Status.DONE).first()
        state = _state(last.started_at if last else None)
        if not always and not _has_changed_enough(last, state):
            return None
        with running(Run.Job.GRAPH, reason) as run:
            communities = measure()
            run.changed = state.papers
            run.details = {"papers": state.papers, "edges": state.edges, "content": state.content}
            run.message = f"{state.edges:,} edges between {state.papers:,} papers, {communities:,} communities."
        return run


def measure() -> int:
    """Compute and store all measures; return how many communities there are."""
    with connection.cursor() as cursor:
        cursor.execute(_READ_PAPERS)
        rows = cursor.fetchall()
        cursor.execute(_READ_EDGES)
        edges = cursor.fetchall()
    papers = [row[0] for row in rows]
    place = {paper: number for number, paper in enumerate(papers)}
    cites = [(place[tail], place[head]) for tail, head, kind in edges if kind == "cites"]
    directed = igraph.Graph(n=len(papers), edges=cites, directed=True)
    whole = igraph.Graph(
        n=len(papers), edges=[(place[tail], place[head]) for tail, head, _ in edges]
    )
    whole.es["weight"] = [WEIGHTS[kind] for _, _, kind in edges]
    whole.simplify(combine_edges={"weight": "sum"})
    with _seeded():
        ranks = directed.pagerank(damping=DAMPING) if papers else []
        communities = _communities(whole)
        spots = _layout(whole, [row[1:] for row in rows])
    names = {
        "papers": papers, "ranks": ranks, "communities": communities, "now": timezone.now(),
        "xs": [x for x, _ in spots], "ys": [y for _, y in spots],
    }  # fmt: skip
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_WRITE, names)
    return len(set(communities))


def _communities(graph: Any) -> list[int]:
    """Number the communities by size, the largest 0."""
    if not graph.vcount():
        return []
    found = graph.community_leiden(
        objective_function="modularity", weights="weight", n_iterations=10
    )
    order = sorted(range(len(found)), key=lambda one: (-len(found[one]), found[one][0]))
    number = {community: place for place, community in enumerate(order)}
    return [number[community] for community in found.membership]


def _layout(
    graph: Any, before: list[tuple[float | None, float | None]]
) -> list[tuple[float, float]]:
    """Place every paper: known ones hardly move, new ones begin beside those that they have an edge to."""
    if not graph.vcount():
        return []
    scale = graph.vcount() ** 0.5
    known = {
        paper: (x * scale, y * scale)
        for paper, (x, y) in enumerate(before)
        if x is not None and y is not None
    }
    chance = random.Random(0)  # noqa: S311  # no secret
    seed = [
        known.get(paper)
        or _beside([known[one] for one in graph.neighbors(paper) if one in known], scale, chance)
        for paper in range(graph.vcount())
    ]
    is_settled = len(known) > 0.9 * graph.vcount()
    rounds = 500 if graph.vcount() <= _LARGE else 100
    layout = graph.layout_fruchterman_reingold(
        weights="weight",
        seed=seed,
        niter=rounds // 10 if is_settled else rounds,
        start_temp=scale / (500 if is_settled else 10),
        grid="auto",
    )
    return _within(_turned(layout.coords, known))


def _turned(
    spots: list[list[float]], known: dict[int, tuple[float, float]]
) -> list[tuple[float, float]]:
    """Turn and mirror a picture so that what was known lies as near to where it was as it can: igraph turns it at will.

    In the plane of complex numbers the best turn is the one by Σ was · conj(is), brought to length 1 (Procrustes).
    """
    placed = [complex(*spot) for spot in spots]
    mirrored = [spot.conjugate() for spot in placed]
    turns = [
        (sum(complex(*known[paper]) * picture[paper].conjugate() for paper in known), picture)
        for picture in (placed, mirrored)
    ]
    turn, picture = max(turns, key=lambda one: abs(one[0]))
    if abs(turn):
        picture = [spot * turn / abs(turn) for spot in picture]
    return [(spot.real, spot.imag) for spot in picture]


def _beside(
    spots: list[tuple[float, float]], scale: float, chance: random.Random
) -> tuple[float, float]:
    """A spot among others, or anywhere when there are none."""
    if not spots:
        return chance.uniform(-scale, scale), chance.uniform(-scale, scale)
    xs, ys = zip(*spots, strict=True)
    near = 0.05 * scale
    return (
        sum(xs) / len(xs) + chance.uniform(-near, near),
        sum(ys) / len(ys) + chance.uniform(-near, near),
    )


def _within(spots: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Move and shrink a picture so that it lies between -1 and 1; what lies farthest, with few links or none, is drawn in."""
    middle = [sum(spot[axis] for spot in spots) / len(spots) for axis in (0, 1)]
    moved = [(x - middle[0], y - middle[1]) for x, y in spots]
    away = sorted(max(abs(x), abs(y)) for x, y in moved)
    radius = away[int(_MOST * (len(away) - 1))] / _INNER or 1.0
    return [_drawn_in(x / radius, y / radius) for x, y in moved]


def _drawn_in(x: float, y: float) -> tuple[float, float]:
    """Leave what lies in the inner part where it is, and bend the rest, however far, into the rim around it."""
    away = max(abs(x), abs(y))
    if away <= _INNER:
        return x, y
    rim = 1 - _INNER
    share = (_INNER + rim * tanh((away - _INNER) / rim)) / away
    return x * share, y * share


def _has_changed_enough(last: Run | None, state: _State) -> bool:
    if last is None:
        return state.papers > 0
    before: dict[str, Any] = last.details
    if before.get("content") == state.content:
        return False
    if (timezone.now() - last.started_at).total_seconds() > SOON:
        return True
    edges, papers = int(before.get("edges", 0)), int(before.get("papers", 0))
    lost = max(0, edges + state.recent - state.edges)
    return state.recent + lost >= ENOUGH * max(edges, 1) or abs(
        state.papers - papers
    ) >= ENOUGH * max(papers, 1)


def _state(since: datetime | None) -> _State:
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [since or datetime.min])
        return _State(*cursor.fetchone())


@contextmanager
def _seeded() -> Iterator[None]:
    """Let igraph draw the same numbers each time."""
    igraph.set_random_number_generator(random.Random(0))  # noqa: S311
    try:
        yield
    finally:
        igraph.set_random_number_generator(random)
