"""A part of the graph as it is drawn and listed: nodes with their names, colours, sizes and places, and the edges between them."""

import random
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import igraph
from django.db.models import Count

from catalog.graph.edges import Edge, Node, NodeKind
from catalog.models import (
    Author,
    Authorship,
    Citation,
    Paper,
    PaperMeasure,
    Placement,
    Repository,
    System,
    Topic,
    Venue,
)
from catalog.models.papers import paper_path
from catalog.readable import readable

NAMES = {
    NodeKind.PAPER: ("paper", "papers"),
    NodeKind.AUTHOR: ("author", "authors"),
    NodeKind.TOPIC: ("topic", "topics"),
    NodeKind.VENUE: ("venue", "venues"),
    NodeKind.REPOSITORY: ("repository", "repositories"),
    NodeKind.SYSTEM: ("system", "systems"),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A node as readers see it. `weight` tells how important it is among its kind; x and y lie between -1 and 1."""

    node: Node
    label: str
    hue: int | None = None
    year: int | None = None
    weight: int = 0
    x: float = 0.0
    y: float = 0.0
    page: str = ""  # of what is no paper

    @property
    def url(self) -> str:
        """Its page; worked out when it is asked for, as pictures have thousands."""
        return self.page or paper_path(self.node.key, self.label)


@dataclass(frozen=True, slots=True)
class Picture:
    nodes: Sequence[Shown] = ()
    edges: Sequence[Edge] = ()
    start: frozenset[Node] = field(default_factory=frozenset)
    total: int = 0  # papers of the whole graph, of which these are the most central

    @property
    def in_words(self) -> str:
        """What is shown: “142 papers, 3 authors, 310 citations”."""
        if self.total:
            return _counted(self.total, *NAMES[NodeKind.PAPER])
        nodes = Counter(one.node.kind for one in self.nodes)
        edges = Counter(edge.kind for edge in self.edges)
        parts = [_counted(nodes[kind], *NAMES[kind]) for kind in NodeKind if nodes[kind]]
        if edges["cites"]:
            parts.append(_counted(edges["cites"], "citation", "citations"))
        if others := sum(edges.values()) - edges["cites"]:
            parts.append(_counted(others, "other link", "other links"))
        return ", ".join(parts)


def draw(
    nodes: Iterable[Node],
    edges: Sequence[Edge],
    start: Collection[Node] = (),
    *,
    placed: bool = False,
) -> Picture:
    """Return the picture of nodes, those that readers may not see left out, and of the edges between them.

    `placed` takes the places of the whole graph (catalog.graph.measures), where papers have one; else the nodes
    are laid out by themselves.
    """
    shown = load_nodes(list(nodes))
    kept = [edge for edge in edges if edge.tail in shown and edge.head in shown]
    spots = _known_places(shown) if placed else {}
    if len(spots) < len(shown) / 2:
        spots = _laid_out(list(shown), kept)
    placed_nodes = [
        replace(one, x=x, y=y)
        for one in shown.values()
        for x, y in [spots.get(one.node, (0.0, 0.0))]
    ]
    return Picture(placed_nodes, kept, frozenset(start))


def load_nodes(nodes: Sequence[Node]) -> dict[Node, Shown]:
    """Load what is shown of each node, in the order given; three queries for papers, one or two for each other kind."""
    keys = {kind: [node.key for node in nodes if node.kind == kind] for kind in NodeKind}
    loaders = {
        NodeKind.PAPER: _papers, NodeKind.AUTHOR: _authors, NodeKind.TOPIC: _topics, NodeKind.VENUE: _venues,
        NodeKind.REPOSITORY: _repositories, NodeKind.SYSTEM: _systems,
    }  # fmt: skip
    found = {
        one.node: one for kind, load in loaders.items() if keys[kind] for one in load(keys[kind])
    }
    return {node: found[node] for node in nodes if node in found}


def _papers(keys: list[int]) -> Iterable[Shown]:
    cited = dict(
        Citation.objects.filter(cited__in=keys)
        .values_list("cited")
        .annotate(Count("citing", distinct=True))
        .order_by()
    )
    placements = Placement.objects.current().filter(paper__in=keys)
    # The primary one comes last, and stays.
    hues = dict(placements.order_by("is_primary", "-pk").values_list("paper", "topic__hue"))
    for paper in Paper.objects.public().filter(pk__in=keys).only("title", "year"):
        node = Node(NodeKind.PAPER, paper.pk)
        yield Shown(
            node,
            readable(paper.title),
            hues.get(paper.pk),
            paper.year,
            cited.get(paper.pk, 0),
        )


def _authors(keys: list[int]) -> Iterable[Shown]:
    wrote = dict(
        Authorship.objects.filter(author__in=keys)
        .values_list("author")
        .annotate(Count("paper"))
        .order_by()
    )
    for author in Author.objects.public().filter(pk__in=keys):
        node = Node(NodeKind.AUTHOR, author.pk)
        yield Shown(
            node, author.name, weight=wrote.get(author.pk, 0), page=author.get_absolute_url()
        )


def _topics(keys: list[int]) -> Iterable[Shown]:
    for topic in Topic.objects.filter(pk__in=keys).select_related("catalogue", "parent"):
        node = Node(NodeKind.TOPIC, topic.pk)
        yield Shown(node, topic.name, topic.hue, page=topic.get_absolute_url())


def _venues(keys: list[int]) -> Iterable[Shown]:
    for venue in Venue.objects.filter(pk__in=keys):
        node = Node(NodeKind.VENUE, venue.pk)
        yield Shown(node, venue.name, page=venue.get_absolute_url())


def _repositories(keys: list[int]) -> Iterable[Shown]:
    for one in Repository.objects.filter(pk__in=keys):
        yield Shown(
            Node(NodeKind.REPOSITORY, one.pk),
            one.full_name,
            weight=one.stars or 0,
            page=one.get_absolute_url(),
        )


def _systems(keys: list[int]) -> Iterable[Shown]:
    for one in System.objects.current().filter(pk__in=keys):
        yield Shown(Node(NodeKind.SYSTEM, one.pk), one.name, page=one.get_absolute_url())


def _known_places(shown: Mapping[Node, Shown]) -> dict[Node, tuple[float, float]]:
    keys = [node.key for node in shown if node.kind == NodeKind.PAPER]
    rows = PaperMeasure.objects.filter(paper__in=keys).values_list("paper", "x", "y")
    return {Node(NodeKind.PAPER, paper): (x, y) for paper, x, y in rows}


def _laid_out(nodes: Sequence[Node], edges: Sequence[Edge]) -> dict[Node, tuple[float, float]]:
    """Place nodes by the forces of their edges (Fruchterman and Reingold 1991); the same picture each time."""
    if len(nodes) < 2:
        return dict.fromkeys(nodes, (0.0, 0.0))
    number = {node: place for place, node in enumerate(nodes)}
    graph: Any = igraph.Graph(
        n=len(nodes), edges=[(number[edge.tail], number[edge.head]) for edge in edges]
    )
    graph.simplify()
    chance = random.Random(len(nodes))  # noqa: S311  # no secret
    seed = [(chance.uniform(-1, 1), chance.uniform(-1, 1)) for _ in nodes]
    layout = graph.layout_fruchterman_reingold(seed=seed, niter=300 if len(nodes) < 1000 else 100)
    reach = max(max(abs(x), abs(y)) for x, y in layout.coords) or 1.0
    return {node: (x / reach, y / reach) for node, (x, y) in zip(nodes, layout.coords, strict=True)}


def _counted(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
