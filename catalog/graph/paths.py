"""The shortest ways from one paper to another."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence

from catalog.graph.edges import BETWEEN_PAPERS, Edge, Node, edges_at

MAX_STEPS = 6
_MOST_READ = 20_000  # nodes, on both sides together

_Steps = dict[Node, dict[Node, Edge]]  # from a node, one step nearer to where the search began


def shortest_paths(
    one: Node,
    other: Node,
    kinds: Collection[str] = BETWEEN_PAPERS,
    *,
    most: int = 5,
    max_steps: int = MAX_STEPS,
) -> list[list[Edge]]:
    """Return up to `most` of the shortest paths, each as its edges in order; none where there is no short one.

    Breadth first from both ends, the smaller side first (Pohl 1971). Edges are followed both ways.
    """
    if one == other:
        return [[]]
    sides: list[_Steps] = [{one: {}}, {other: {}}]
    frontiers: list[list[Node]] = [[one], [other]]
    for _ in range(max_steps):
        turn = 0 if len(frontiers[0]) <= len(frontiers[1]) else 1
        if not frontiers[turn] or len(sides[0]) + len(sides[1]) > _MOST_READ:
            return []
        frontiers[turn] = _step(sides[turn], frontiers[turn], kinds)
        met = [node for node in frontiers[turn] if node in sides[1 - turn]]
        if met:
            return list(_joined(sides, met, most))
    return []


def _step(steps: _Steps, frontier: Sequence[Node], kinds: Collection[str]) -> list[Node]:
    """Go one step on; remember every edge that leads back from each new node."""
    reached: dict[Node, dict[Node, Edge]] = defaultdict(dict)
    last = set(frontier)
    for edge in edges_at(frontier, kinds):
        for near, far in ((edge.tail, edge.head), (edge.head, edge.tail)):
            if near in last and far not in steps:
                reached[far].setdefault(near, edge)
    steps.update(reached)
    return list(reached)


def _joined(sides: Sequence[_Steps], met: Sequence[Node], most: int) -> Iterator[list[Edge]]:
    found = 0
    for node in met:
        for start in _back(sides[0], node):
            for end in _back(sides[1], node):
                yield [*reversed(start), *end]
                found += 1
                if found == most:
                    return


def _back(steps: _Steps, node: Node) -> Iterator[list[Edge]]:
    """Yield the ways from a node back to where its side began."""
    if not steps[node]:
        yield []
    for nearer, edge in steps[node].items():
        for rest in _back(steps, nearer):
            yield [edge, *rest]
