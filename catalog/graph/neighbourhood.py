"""What stands right around a paper, as a small picture: what it builds on to the left, what builds on it to the right.

Drawn on the server, so that it is there without scripts; the same is said as a table.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from catalog.graph.edges import LABELS, Edge, Node, NodeKind, edges_at, edges_within
from catalog.graph.pictures import Shown, load_nodes
from catalog.models import Paper, Source
from catalog.models.graph import RelationKind

WIDTH = 720
_STEP = 24  # between two rows
_LEFT, _MIDDLE, _RIGHT = 262, 360, 458
_TOP = 30
MOST = 9  # on each side
_BESIDE, _BASELINE = 10, 4  # of a label, from the middle of its dot
_LONGEST = 34  # characters that a label has room for
_DIRECTED = ("cites", *(str(kind) for kind in RelationKind if kind != RelationKind.SAME_WORK))
_SOURCES = dict(Source.choices)


@dataclass(frozen=True, slots=True)
class Spot:
    """A paper of the picture with how it is linked to the one in the middle, as that one reads: "cites", "extended by"."""

    shown: Shown
    links: Sequence[str]
    sources: Sequence[str]
    x: float
    y: float
    is_before: bool

    @property
    def text(self) -> tuple[float, float]:
        """Where its label stands: ends, to the left of the dot, or begins, to the right."""
        return self.x + (-_BESIDE if self.is_before else _BESIDE), self.y + _BASELINE

    @property
    def label(self) -> str:
        """What stands before a colon is how a paper is spoken of."""
        name, colon, _ = self.shown.label.partition(": ")
        text = name if colon else self.shown.label
        return text if len(text) <= _LONGEST else text[: _LONGEST - 1].rstrip() + "…"


@dataclass(frozen=True, slots=True)
class Line:
    """A curve from one paper to another; the plain ones are citations, `is_near` leads to the paper in the middle."""

    path: str
    is_near: bool
    is_relation: bool


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """What is drawn, and how many more there are on either side."""

    before: Sequence[Spot]
    after: Sequence[Spot]
    lines: Sequence[Line]
    more_before: int
    more_after: int
    height: int
    middle: float
    width: int = WIDTH
    x: int = _MIDDLE
    left: int = _LEFT  # where the heads of the two sides stand
    right: int = _RIGHT

    @property
    def spots(self) -> list[Spot]:
        return [*self.before, *self.after]


def neighbourhood(paper: Paper, most: int = MOST) -> Neighbourhood | None:
    """Return what is around a paper; None where no citation and no relation is known. A handful of queries."""
    centre = Node(NodeKind.PAPER, paper.pk)
    sides: dict[bool, dict[Node, list[Edge]]] = {True: defaultdict(list), False: defaultdict(list)}
    for edge in edges_at([centre], _DIRECTED):
        sides[edge.tail == centre][edge.other(centre)].append(edge)
    # What is on both sides stays where it was built on.
    after = {node: edges for node, edges in sides[False].items() if node not in sides[True]}
    both = {
        True: {node: [*edges, *sides[False].get(node, [])] for node, edges in sides[True].items()},
        False: after,
    }
    shown = load_nodes([*both[True], *both[False]])
    if not shown:
        return None
    chosen = {is_before: _first(edges, shown, most) for is_before, edges in both.items()}
    rows = max(map(len, chosen.values()))
    height = _TOP + _STEP * rows
    middle = _TOP + _STEP * rows / 2 - _STEP / 2
    spots = {
        is_before: _placed(nodes, both[is_before], shown, centre, rows, is_before=is_before)
        for is_before, nodes in chosen.items()
    }
    return Neighbourhood(
        spots[True],
        spots[False],
        list(_lines([*spots[True], *spots[False]], both, middle)),
        sum(node in shown for node in both[True]) - len(spots[True]),
        sum(node in shown for node in both[False]) - len(spots[False]),
        height,
        middle,
    )


def _first(
    edges: Mapping[Node, Sequence[Edge]], shown: Mapping[Node, Shown], most: int
) -> list[Node]:
    """The nodes that are drawn: those of typed relations before mere citations, then the most cited; by year in the end."""
    there = [node for node in edges if node in shown]
    there.sort(key=lambda node: (not _is_relation(edges[node]), -shown[node].weight, node.key))
    return sorted(there[:most], key=lambda node: (shown[node].year or 0, node.key))


def _is_relation(edges: Iterable[Edge]) -> bool:
    return any(edge.kind != "cites" for edge in edges)


def _placed(
    nodes: Sequence[Node],
    edges: Mapping[Node, Sequence[Edge]],
    shown: Mapping[Node, Shown],
    centre: Node,
    rows: int,
    *,
    is_before: bool,
) -> list[Spot]:
    start = _TOP + _STEP * (rows - len(nodes)) / 2
    return [
        Spot(
            shown[node],
            list(dict.fromkeys(LABELS[edge.kind][edge.tail != centre] for edge in edges[node])),
            list(
                dict.fromkeys(
                    _SOURCES.get(edge.source, edge.source) for edge in edges[node] if edge.source
                )
            ),
            _LEFT if is_before else _RIGHT,
            start + _STEP * row,
            is_before,
        )
        for row, node in enumerate(nodes)
    ]


def _lines(
    spots: Sequence[Spot], edges: Mapping[bool, Mapping[Node, Sequence[Edge]]], middle: float
) -> Iterable[Line]:
    places = {spot.shown.node: spot for spot in spots}
    for edge in edges_within(list(places), _DIRECTED):
        tail, head = places[edge.tail], places[edge.head]
        if tail.x != head.x:
            yield Line(_curve(head.x, head.y, tail.x, tail.y), False, edge.kind != "cites")
    for spot in spots:
        is_relation = _is_relation(edges[spot.is_before][spot.shown.node])
        yield Line(_curve(spot.x, spot.y, _MIDDLE, middle), True, is_relation)


def _curve(x: float, y: float, to_x: float, to_y: float) -> str:
    """A curve that leaves and arrives level."""
    half = (x + to_x) / 2
    return f"M{x:g} {y:g}C{half:g} {y:g} {half:g} {to_y:g} {to_x:g} {to_y:g}"
