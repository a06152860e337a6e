"""What the explorer lists of one paper, or of two: which others go with it by citations, and what both have in common."""

from collections.abc import Sequence
from dataclasses import dataclass

from catalog.graph.edges import LABELS, Edge, Node, NodeKind, common
from catalog.graph.pictures import Shown, load_nodes
from catalog.graph.shared import Coupled, cocited, coupled

_MOST = 10
_MOST_COMMON = 50


@dataclass(frozen=True, slots=True)
class Kin:
    """Another paper with how many works it shares."""

    shown: Shown
    shared: int


@dataclass(frozen=True, slots=True)
class Common:
    """A node that both of two papers are linked to: how the first is, and how the second."""

    shown: Shown
    one: str
    other: str


@dataclass(frozen=True, slots=True)
class Kinship:
    coupled: Sequence[Kin] = ()  # papers that cite what it cites
    cocited: Sequence[Kin] = ()  # papers that are cited together with it
    common: Sequence[Common] = ()


def kinship(start: Sequence[Node], ends: Sequence[Node]) -> Kinship:
    """Of a single paper to start from the papers that go with it; of two ends of a path what both have in common."""
    if len(ends) == 2:
        return Kinship(common=_common(*ends))
    if len(start) == 1 and start[0].kind == NodeKind.PAPER:
        return Kinship(_kin(coupled(start[0].key, _MOST)), _kin(cocited(start[0].key, _MOST)))
    return Kinship()


def _kin(rows: Sequence[Coupled]) -> list[Kin]:
    shown = load_nodes([Node(NodeKind.PAPER, row.paper) for row in rows])
    return [
        Kin(shown[node], row.shared)
        for row in rows
        if (node := Node(NodeKind.PAPER, row.paper)) in shown
    ]


def _common(one: Node, other: Node) -> list[Common]:
    found = dict(list(common(one, other).items())[:_MOST_COMMON])
    shown = load_nodes(list(found))
    return [
        Common(shown[node], _label(edges[0], one), _label(edges[1], other))
        for node, edges in found.items()
        if node in shown
    ]


def _label(edge: Edge, near: Node) -> str:
    return LABELS[edge.kind][edge.tail != near]
