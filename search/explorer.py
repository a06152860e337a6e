"""The explorer at /graph: a part of the graph that readers choose, drawn and listed. All of what is chosen is in the address."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from math import isfinite
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from catalog.graph.edges import LABELS, Edge, Node, NodeKind, around, edges_within
from catalog.graph.files import graphml
from catalog.graph.overview import (
    TITLED,
    Box,
    Narrowed,
    is_measured,
    overview,
    unplaced,
)
from catalog.graph.paths import shortest_paths
from catalog.graph.pictures import Picture, Shown, draw
from catalog.models import Paper, Placement, Source, Topic
from catalog.models.catalogues import TopicQuerySet
from search.kinship import kinship
from search.lookup import look_up
from search.queries import search
from search.reading_lists import read_list

USUAL = (
    "cites",
    "extends",
    "compares",
    "evaluates",
    "surveys",
    "uses",
    "same_work",
    "contradicts",
    "mentions",
)
LONGEST = 20_000  # characters of a pasted list
MOST_START = 60  # nodes that a picture starts from
MOST_NODES = 400  # but for the whole catalogue
MOST_FOUND = 20  # papers of a search
FOLLOWED = 40  # edges of one kind and direction at one node
WHOLE = 100_000
MOST_EDGES = 50_000
MOST_NODES_OF_FILE = 10_000
_SOURCES = dict(Source.choices)
_ALL: Box = (-1, -1, 1, 1)
_LISTED_OF_WHOLE = 50
_LISTED_ROWS = 200  # of the tables under the picture


@dataclass(frozen=True, slots=True)
class Choice:
    """What is shown. `paths` are two papers whose shortest connections are added."""

    start: tuple[Node, ...] = ()
    hidden: tuple[Node, ...] = ()
    kinds: tuple[str, ...] = USUAL
    hops: int = 1
    years: tuple[int | None, int | None] = (None, None)
    topic: str = ""  # catalogue/path
    query: str = ""
    paths: tuple[Node, ...] = ()
    whole: bool = False
    notes: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def read(cls, given: QueryDict) -> "Choice":
        """Read an address; what makes no sense is left out, and a note says so."""
        start = _nodes(given.getlist("node"))
        hidden = _nodes(given.getlist("hide"))
        kinds = tuple(kind for kind in given.getlist("kind") if kind in LABELS)
        hops = given.get("hops", "1")
        years = _year(given.get("from", "")), _year(given.get("to", ""))
        read = [text for text in given.getlist("node") if text.strip()]
        notes: tuple[str, ...] = (
            (f"{len(read) - len(start)} of what was to be shown is not known.",)
            if len(start) < len(set(read))
            else ()
        )
        if len(start) > MOST_START:
            notes += (f"Only the first {MOST_START} nodes were taken.",)
        return cls(
            start[:MOST_START],
            hidden,
            kinds or USUAL,
            int(hops) if hops in {"0", "1", "2"} else 1,
            years,
            given.get("topic", "")[:500].replace("\x00", ""),
            given.get("q", "")[:500].replace("\x00", "").strip(),
            tuple(node for node in _nodes(given.getlist("path")) if node.kind == NodeKind.PAPER)[
                :2
            ],
            given.get("all") == "1",
            notes,
        )

    def address(self, **changes: Any) -> str:
        """The query string of this choice with changes."""
        one = replace(self, **changes)
        pairs = [("node", str(node)) for node in one.start]
        pairs += [("path", str(node)) for node in one.paths]
        pairs += [("q", one.query)] if one.query else []
        pairs += [("all", "1")] if one.whole else []
        pairs += [("hide", str(node)) for node in one.hidden]
        pairs += [("kind", kind) for kind in one.kinds] if one.kinds != USUAL else []
        pairs += [("hops", str(one.hops))] if one.hops != 1 else []
        pairs += [
            (name, str(year)) for name, year in zip(("from", "to"), one.years, strict=True) if year
        ]
        pairs += [("topic", one.topic)] if one.topic else []
        return urlencode(pairs)

    def __bool__(self) -> bool:
        return bool(self.start or self.query or self.paths or self.whole)


@require_http_methods(["GET", "HEAD", "POST"])
def explorer(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        choice, lost = _pasted(request.POST)
        told = f"&lost={lost}" if lost else ""
        return redirect(f"{reverse('graph')}?{choice.address()}{told}")
    choice = Choice.read(request.GET)
    picture, notes = _head_of_whole(choice) if is_whole(choice) else explore(choice)
    most = _LISTED_OF_WHOLE if picture.total else _LISTED_ROWS
    context = {
        "choice": choice,
        "address": choice.address(),
        "picture": picture,
        "notes": [*choice.notes, *notes, *_lost(request.GET.get("lost", ""))],
        "rows": list(islice(_rows(picture, choice), most)),
        "listed": picture.total or len(picture.nodes),
        "wider": choice.address(kinds=(*choice.kinds, "similar", "written_by"))
        if choice.start and not picture.edges and "similar" not in choice.kinds
        else "",
        "is_large": picture.total > MOST_NODES_OF_FILE,
        "kinship": kinship(choice.start, choice.paths) if not choice.query else None,
        "links": _links(picture.edges[:most], picture),
        "most": most,
        "kinds": [(kind, out, kind in choice.kinds) for kind, (out, _) in LABELS.items()],
        "topics": Topic.objects.select_related("catalogue")
        .filter(parent=None)
        .order_by("catalogue", "position", "pk"),
        "hops": [(number, number == choice.hops) for number in (0, 1, 2)],
    }
    return render(request, "search/explorer.html", context)


@require_safe
def explorer_in_json(request: HttpRequest) -> HttpResponse:
    """What is drawn: nodes as lists, to be short, and edges by the places of their ends among them."""
    choice = Choice.read(request.GET)
    if is_whole(choice) and "complete" in request.GET and _is_large():
        return redirect("data-index")
    if is_whole(choice) and "complete" not in request.GET:
        return _in_json(_whole_in_json(choice, read_box(request.GET.get("box", ""))))
    picture, notes = explore(choice)
    place = {one.node: number for number, one in enumerate(picture.nodes)}
    found = {
        "nodes": [
            [
                str(one.node), one.label, one.url, round(one.x, 4), round(one.y, 4), one.weight, one.hue, one.year,
                int(one.node in picture.start),
            ]
            for one in picture.nodes
        ],
        "edges": [[place[edge.tail], place[edge.head], edge.kind] for edge in picture.edges],
        "kinds": {kind: out for kind, (out, _) in LABELS.items()},
        "in_words": picture.in_words,
        "notes": [*choice.notes, *notes],
    }  # fmt: skip
    return _in_json(found)


def _in_json(found: dict[str, Any]) -> JsonResponse:
    return JsonResponse(found, json_dumps_params={"ensure_ascii": False, "separators": (",", ":")})


def is_whole(choice: Choice) -> bool:
    """Whether all there is was chosen, and has a place: then what is drawn depends on how near one looks."""
    beside = choice.start or choice.query or choice.paths
    return choice.whole and not beside and is_measured()


def _is_large() -> bool:
    """Whether the whole is more than one file made for a reader should hold: `/data/` has it in streams."""
    return Paper.objects.listed().count() > MOST_NODES_OF_FILE


def _head_of_whole(choice: Choice) -> tuple[Picture, list[str]]:
    """What the page lists of the whole: its most central papers and how they are linked."""
    found = overview(_narrowed(choice), choice.kinds, most=_LISTED_OF_WHOLE, most_links=0)
    edges = edges_within([one.node for one in found.nodes], choice.kinds)
    notes = []
    if waiting := unplaced():
        what = "paper has" if waiting == 1 else "papers have"
        notes.append(f"{waiting:,} {what} no place in it yet: they came since the graph was last measured.")  # fmt: skip
    return Picture(found.nodes, edges, total=found.total), notes


def _whole_in_json(choice: Choice, box: Box) -> dict[str, Any]:
    """A part of the whole as it is drawn: like other pictures, with fewer titles and with whether nearer there is more."""
    found = overview(_narrowed(choice), choice.kinds, box)
    return {
        "nodes": [
            [
                str(one.node), one.label if place < TITLED else "", "", round(one.x, 4), round(one.y, 4), one.weight,
                one.hue, one.year, 0,
            ]
            for place, one in enumerate(found.nodes)
        ],
        "edges": found.links,
        "kinds": {kind: out for kind, (out, _) in LABELS.items()},
        "in_words": (
            f"{found.total:,} papers; the {len(found.nodes):,} most central here and {len(found.links):,} links are drawn"
            if found.is_part
            else f"{found.total:,} papers, {len(found.links):,} link{'' if len(found.links) == 1 else 's'}"
        ),
        "is_part": found.is_part,
        "notes": list(choice.notes),
    }  # fmt: skip


def read_box(text: str) -> Box:
    """Read a part of the picture, "-0.5,-0.5,0.5,0.5"; all of it where that makes no sense."""
    try:
        x0, y0, x1, y1 = (float(number) for number in text.split(","))
    except ValueError:
        return _ALL
    return (x0, y0, x1, y1) if all(map(isfinite, (x0, y0, x1, y1))) else _ALL


def _narrowed(choice: Choice) -> Narrowed:
    topics = None
    if choice.topic:
        topics = list(_topics_within(choice.topic).values_list("pk", flat=True))
    hidden = [node.key for node in choice.hidden if node.kind == NodeKind.PAPER]
    return Narrowed(hidden, topics, choice.years)


def _topics_within(text: str) -> TopicQuerySet:
    """The topic of a catalogue that is named so, "catalogue/path", with all below it."""
    catalogue, _, path = text.partition("/")
    topics = Topic.objects.current().filter(catalogue__slug=catalogue)
    return topics.filter(Q(path=path) | Q(path__startswith=f"{path}/"))


@require_safe
def explorer_in_graphml(request: HttpRequest) -> HttpResponse:
    """The same as GraphML (graphml.graphdrawing.org), which Gephi, yEd, Cytoscape and networkx read."""
    choice = Choice.read(request.GET)
    if is_whole(choice) and _is_large():
        return redirect("data-index")
    picture, _ = explore(choice)
    response = HttpResponse(graphml(picture), content_type="application/graphml+xml; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="stemma-graph.graphml"'
    return response


def explore(choice: Choice) -> tuple[Picture, list[str]]:
    """Return the part of the graph that was chosen, and what readers should know of it."""
    if not choice:
        return Picture(), []
    notes: list[str] = []
    start = [*choice.start, *_found(choice, notes)]
    if choice.whole:
        listed = Paper.objects.listed().order_by("pk").values_list("pk", flat=True)[:WHOLE]
        nodes: Sequence[Node] = [Node(NodeKind.PAPER, key) for key in listed]
        edges: Sequence[Edge] = []
    else:
        nodes, edges = around(
            start, choice.hops, choice.kinds, most=FOLLOWED, most_nodes=MOST_NODES
        )
    ways = _ways(choice, notes)
    nodes = list(
        dict.fromkeys([*start, *nodes, *(end for edge in ways for end in (edge.tail, edge.head))])
    )
    nodes = _kept(nodes, choice, {*start, *choice.paths})
    inner = edges_within(nodes, choice.kinds, MOST_EDGES)
    if len(inner) >= MOST_EDGES:
        notes.append(
            f"Only {MOST_EDGES:,} links are in it; the files at {reverse('data-index')} have all."
        )
    every = {(edge.tail, edge.kind, edge.head): edge for edge in [*edges, *ways, *inner]}
    picture = draw(nodes, list(every.values()), {*start, *choice.paths}, placed=choice.whole)
    if not choice.whole and len(nodes) >= MOST_NODES:
        notes.append(
            f"Only the nearest {MOST_NODES} nodes are shown; choose fewer kinds of link or steps."
        )
    return picture, notes


def _found(choice: Choice, notes: list[str]) -> list[Node]:
    if not choice.query:
        return []
    results = search(choice.query, limit=MOST_FOUND, reasons=False)
    keys = [results.target.pk] if results.target else [hit.paper_id for hit in results.hits]
    if not keys:
        notes.append(f"No paper was found for “{choice.query}”.")
    elif results.total > MOST_FOUND:
        notes.append(f"The best {MOST_FOUND} of {results.total:,} papers found are shown.")
    return [Node(NodeKind.PAPER, key) for key in keys]


def _ways(choice: Choice, notes: list[str]) -> list[Edge]:
    """The edges of the shortest paths between the two papers that were chosen."""
    if len(choice.paths) < 2:
        return []
    one, other = choice.paths
    found = shortest_paths(one, other)
    if not found:
        notes.append("No short path leads from one of these papers to the other.")
    return list(dict.fromkeys(edge for path in found for edge in path))


def _kept(nodes: Sequence[Node], choice: Choice, start: set[Node]) -> list[Node]:
    """Leave out what is hidden, and papers of other years or topics; where it starts from stays."""
    kept = [node for node in nodes if node not in choice.hidden]
    low, high = choice.years
    if not (low or high or choice.topic):
        return kept
    papers = Paper.objects.filter(pk__in=[node.key for node in kept if node.kind == NodeKind.PAPER])
    if low:
        papers = papers.filter(year__gte=low)
    if high:
        papers = papers.filter(year__lte=high)
    if choice.topic:
        within = Placement.objects.current().filter(topic__in=_topics_within(choice.topic))
        papers = papers.filter(pk__in=within.values("paper"))
    keys = set(papers.values_list("pk", flat=True))
    return [
        node for node in kept if node.kind != NodeKind.PAPER or node.key in keys or node in start
    ]


def _lost(number: str) -> list[str]:
    """What is said of entries of a pasted list that no paper here matches."""
    if not (number.isascii() and number.isdigit() and 0 < len(number) < 6):
        return []
    what = "entry of the pasted list is" if int(number) == 1 else "entries of the pasted list are"
    return [f"{int(number):,} {what} not listed here; “Look up a list” says which."]


def _pasted(given: QueryDict) -> tuple[Choice, int]:
    """What was chosen with the papers of a pasted list added, and how many entries no paper here matches.

    A text that names none here is searched for.
    """
    choice = Choice.read(given)
    text = given.get("text", "")[:LONGEST]
    found = look_up(read_list(text).entries)
    keys = found.keys
    nodes = [Node(NodeKind.PAPER, key) for key in keys[:MOST_START]]
    words = "" if keys else " ".join(text.split())[:500]
    chosen = replace(
        choice,
        start=tuple(dict.fromkeys([*choice.start, *nodes])),
        query=choice.query or words,
    )
    return chosen, len(found.missing) if keys else 0


@dataclass(frozen=True, slots=True)
class Row:
    """A node in the table, with addresses that show more of it or leave it out."""

    shown: Shown
    kind: str
    links: int
    expand: str
    hide: str
    is_start: bool


def _rows(picture: Picture, choice: Choice) -> Iterator[Row]:
    """The nodes, those first that it starts from, then those with most links."""
    degree: dict[Node, int] = {}
    for edge in picture.edges:
        for node in (edge.tail, edge.head):
            degree[node] = degree.get(node, 0) + 1
    order = sorted(
        picture.nodes,
        key=lambda one: (one.node not in picture.start, -degree.get(one.node, 0), one.label),
    )
    for one in order:
        start = tuple(node for node in choice.start if node != one.node)
        yield Row(
            one,
            one.node.kind.value,
            degree.get(one.node, 0),
            choice.address(start=(*start, one.node), whole=False),
            choice.address(start=start, hidden=tuple(dict.fromkeys([*choice.hidden, one.node]))),
            one.node in picture.start,
        )


def _links(edges: Sequence[Edge], picture: Picture) -> list[dict[str, Any]]:
    shown = {one.node: one for one in picture.nodes}
    return [
        {
            "tail": shown[edge.tail],
            "label": LABELS[edge.kind][0],
            "head": shown[edge.head],
            "edge": edge,
            "source": _SOURCES.get(edge.source, edge.source),
        }
        for edge in edges
    ]


def _nodes(texts: Sequence[str]) -> tuple[Node, ...]:
    found = (Node.read(text.strip()) for text in texts[:1000])
    return tuple(dict.fromkeys(node for node in found if node))


def _year(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) == 4 else None
