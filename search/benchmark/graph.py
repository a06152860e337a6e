"""The graph's questions on a million citations whose degrees are spread like real ones."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from django.db import connection

from catalog.graph.edges import BETWEEN_PAPERS, Node, NodeKind, around, edges_at
from catalog.graph.paths import shortest_paths
from catalog.models import Paper
from search.benchmark.figures import Figure, timed
from search.scratch import finish, scratch_database

if TYPE_CHECKING:
    from numpy import intp
    from numpy.typing import NDArray

EDGES = 1_000_000
_ASKED = 300
_FEWEST = (
    2  # citations from which a paper's rank says something: of those cited once most is not known
)

_CITATIONS = "COPY catalog_citation (citing_id, cited_id, source, stated_at, in_references, in_citing) FROM STDIN"


class CitationsMissing(Exception):
    """There are no real citations here to take degrees from."""


def measured(folder: Path, count: int = EDGES, *, keep: bool = False) -> Iterator[Figure]:
    """Ask for neighbours, two steps and paths, half of the papers drawn evenly, half as often as they have edges."""
    try:
        pairs = like_real_ones(folder, count)
    except CitationsMissing as error:
        yield Figure.missing("graph", error)
        return
    with scratch_database(f"graph_{count}", keep=keep):
        yield from _filling(pairs)
        yield from _asking(_nodes(pairs))


def like_real_ones(folder: Path, count: int, seed: int = 0) -> "NDArray[intp]":
    """Draw citations as rows of two numbers of papers: so many references each as real papers have, and cited by rank.

    How often a paper is cited falls with a power of its rank, which is fitted to the real citations (least squares of the
    logarithms).
    """
    import numpy

    references, cited = _degrees(folder)
    ranks = numpy.log(numpy.arange(1, len(cited) + 1))
    slope = numpy.polyfit(ranks, numpy.log(cited), 1)[0]
    papers = round(count / float(numpy.mean(references)))
    chance = numpy.random.default_rng(seed)
    weights = numpy.arange(1, papers + 1, dtype=float) ** slope
    weights /= weights.sum()
    order = chance.permutation(papers)  # what is cited most is not what has the lowest keys
    pairs = numpy.empty((0, 2), dtype=numpy.intp)
    while len(pairs) < count:
        wanted = (count - len(pairs)) * 5 // 4 + 1000
        degrees = chance.choice(references, papers)
        citing = chance.choice(papers, wanted, p=degrees / degrees.sum())
        drawn = numpy.stack([citing, order[chance.choice(papers, wanted, p=weights)]], axis=1)
        pairs = numpy.unique(numpy.concatenate([pairs, drawn[drawn[:, 0] != drawn[:, 1]]]), axis=0)
    return chance.permutation(pairs)[:count]


def _degrees(folder: Path) -> tuple[list[int], list[int]]:
    """How many references real papers have, and how often works are cited, the most cited first."""
    try:
        lines = (folder / "citations.jsonl").read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise CitationsMissing("no citations.jsonl in the folder of the data") from error
    rows = [json.loads(line) for line in lines]
    cited = sorted(Counter(row["cited"] for row in rows).values(), reverse=True)
    return (
        list(Counter(row["citing"] for row in rows).values()),
        [number for number in cited if number >= _FEWEST],
    )


def _filling(pairs: "NDArray[intp]") -> Iterator[Figure]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM catalog_citation")
        if cursor.fetchone() == (len(pairs),):
            return
    papers = int(pairs.max()) + 1
    note = f"{papers:,} papers, {len(pairs):,} citations"
    yield Figure.of("graph", "loading", [timed(_load, pairs, papers)], note=note)
    finish()


def _load(pairs: "NDArray[intp]", papers: int) -> None:
    rows = Paper.objects.bulk_create(
        (Paper(title=f"Paper {number}") for number in range(papers)), batch_size=5000
    )
    keys = [row.pk for row in rows]
    with connection.cursor() as cursor:
        with cursor.copy(_CITATIONS) as copy:
            for citing, cited in pairs.tolist():
                copy.write_row((keys[citing], keys[cited], "openalex", "2026-01-01", True, True))
        cursor.execute("VACUUM ANALYZE catalog_citation, catalog_paper")


def _nodes(pairs: "NDArray[intp]") -> list[Node]:
    import numpy

    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM catalog_paper ORDER BY id")
        keys = [key for (key,) in cursor.fetchall()]
    chance = numpy.random.default_rng(1)
    half = min(_ASKED, len(keys)) // 2
    evenly = chance.choice(len(keys), half, replace=False)
    by_edges = chance.choice(pairs.ravel(), half)
    drawn = chance.permutation(numpy.concatenate([evenly, by_edges]))
    return [Node(NodeKind.PAPER, keys[number]) for number in drawn.tolist()]


def _asking(nodes: list[Node]) -> Iterator[Figure]:
    for node in nodes:
        edges_at([node])
    yield Figure.of("graph", "neighbours", [timed(edges_at, [node]) for node in nodes])
    reached = [len(around([node], 2)[0]) for node in nodes]
    yield Figure.of(
        "graph",
        "two hops",
        [timed(around, [node], 2) for node in nodes],
        note=f"up to {max(reached):,} nodes",
    )
    ends = list(zip(nodes, nodes[1:] + nodes[:1], strict=True))
    found = [len(paths[0]) if (paths := shortest_paths(*pair)) else None for pair in ends]
    steps = sorted({step for step in found if step is not None})
    note = f"{sum(step is not None for step in found)} of {len(ends)} found, {steps[0]} to {steps[-1]} steps"
    yield Figure.of(
        "graph",
        "shortest paths",
        [timed(shortest_paths, *pair, BETWEEN_PAPERS) for pair in ends],
        note=note,
    )
