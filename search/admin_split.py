"""Splitting a topic in the admin: its papers are chosen by hand, by a search, or by groups that are suggested."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path

from catalog import curation
from catalog.admin.catalogues import TopicAdmin
from catalog.admin.frame import framed
from catalog.admin.topic_trees import number_of, tree_url
from catalog.admin.words import in_words
from catalog.curation import Part, Refused
from catalog.keys import read_keys
from catalog.models import Paper, Placement, Topic
from search.clusters import MOST_GROUPS, suggest_clusters
from search.facets import Choice
from search.queries import search
from search.question import clean

MOST_SHOWN = 1000
_LONGEST_QUERY = 500
_BOXES = {str(number) for number in range(MOST_GROUPS)}


@dataclass(slots=True)
class Pick:
    """A paper of the page; `is_chosen` when its box is ticked at first."""

    paper: Paper
    is_chosen: bool


@dataclass(slots=True)
class Box:
    """Papers that may become a topic, with the name it would get."""

    number: int
    name: str
    picks: list[Pick]
    is_used: bool = True

    @property
    def shown(self) -> str:
        """The papers it offers, so that a form that comes back can be shown as it was."""
        return ",".join(str(pick.paper.pk) for pick in self.picks)


@dataclass(slots=True)
class Offer:
    """What the page of a split shows to choose from."""

    by: str
    query: str = ""
    groups: int = 0
    boxes: list[Box] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    beside: bool = False


class SplitTopicAdmin(TopicAdmin):
    """The pages of topics, and the one that splits one."""

    def get_urls(self) -> list[URLPattern]:
        def answer(request: HttpRequest, **kwargs: Any) -> HttpResponse:
            return in_words(request, partial(self.split_view, request, **kwargs))

        split: URLPattern = path(
            "<int:pk>/split/", self.admin_site.admin_view(answer), name="catalog_topic_split"
        )
        return [split, *super().get_urls()]

    def split_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Choose papers and names; look at what would become of them; split."""
        topic = get_object_or_404(Topic.objects.select_related("catalogue", "parent"), pk=pk)
        if not (self.may_arrange(request, topic.catalogue) and self.has_add_permission(request)):
            raise PermissionDenied
        if topic.retired_at:
            self.message_user(request, f"“{topic.name}” was retired or merged.", messages.ERROR)
            return HttpResponseRedirect(tree_url(topic.catalogue))
        if request.method == "POST":
            return self._split(request, topic)
        offer = _offer(topic, request.GET)
        return self._form(request, topic, offer)

    def _form(self, request: HttpRequest, topic: Topic, offer: Offer) -> HttpResponse:
        context = {
            "topic": topic,
            "offer": offer,
            "most_groups": MOST_GROUPS,
            "title": f"Split “{topic.name}”",
        }
        return framed(self, request, "admin/search/split.html", context)

    def _split(self, request: HttpRequest, topic: Topic) -> HttpResponse:
        parts, beside = _read_parts(request.POST), request.POST.get("where") == "beside"
        step = request.POST.get("step")
        if step == "again":
            return self._form(request, topic, _offer_again(topic, request.POST))
        try:
            if step == "apply":
                user: Any = request.user
                change = curation.split_topic(topic, parts, user, beside=beside)
                return self.changed(request, topic.catalogue, change, topic.pk)
            curation.check_parts(topic, parts, topic.parent if beside else topic)
        except Refused as error:
            self.message_user(request, str(error), messages.ERROR)
            return self._form(request, topic, _offer_again(topic, request.POST))
        return self._preview(request, topic, parts, beside)

    def _preview(
        self, request: HttpRequest, topic: Topic, parts: Sequence[Part], beside: bool
    ) -> HttpResponse:
        papers = Paper.objects.in_bulk([key for part in parts for key in part.papers])
        held = len(_papers_of(topic))
        moved = len(papers)
        context = {
            "topic": topic,
            "parts": [
                {
                    "name": " ".join(part.name.split()),
                    "papers": [papers[key] for key in part.papers],
                }
                for part in parts
            ],
            "beside": beside,
            "offer": _offer_again(topic, request.POST),
            "moved": moved,
            "left": held - moved,
            "title": f"Split “{topic.name}”",
        }
        return framed(self, request, "admin/search/split_preview.html", context)


def _papers_of(topic: Topic) -> list[int]:
    """The papers directly under a topic, in its order."""
    rows = Placement.objects.current().filter(topic=topic, paper__merged_into=None)
    return list(rows.order_by("position", "pk").values_list("paper", flat=True))


def _offer(topic: Topic, asked: QueryDict) -> Offer:
    by = asked.get("by", "")
    if by == "search":
        return _by_search(topic, clean(asked.get("q", "")[:_LONGEST_QUERY]))
    if by == "clusters":
        return _by_clusters(topic, min(number_of(asked, "groups") or 0, MOST_GROUPS))
    keys = _papers_of(topic)
    offer = Offer("choose", boxes=[Box(0, "", _picks(keys[:MOST_SHOWN], set()))])
    if len(keys) > MOST_SHOWN:
        offer.notes.append(
            f"The first {MOST_SHOWN:,} of its {len(keys):,} papers are shown: search among them for others."
        )
    return offer


def _by_search(topic: Topic, query: str) -> Offer:
    """Papers of the topic that a query finds: ticked where words or conditions say so, not where only the meaning is near."""
    offer = Offer("search", query=query)
    if not query:
        offer.notes.append("Type what to look for among its papers.")
        return offer
    within = Choice(wanted={"topic": frozenset([topic.path])})
    found = search(query, limit=MOST_SHOWN, choice=within, reasons=False)
    own = set(_papers_of(topic))
    hits = [hit for hit in found.hits if hit.paper_id in own]
    said = {hit.paper_id for hit in hits if hit.lexical > 0 or not found.by_words}
    offer.notes += found.notes
    if hits:
        offer.boxes = [Box(0, query[:1].upper() + query[1:200], _picks([hit.paper_id for hit in hits], said))]  # fmt: skip
        if len(said) < len(hits):
            offer.notes.append("Papers without a tick are only near in meaning.")
    else:
        offer.notes.append("No paper of this topic answers that.")
    return offer


def _by_clusters(topic: Topic, wanted: int) -> Offer:
    keys = _papers_of(topic)
    titles = dict(Paper.objects.filter(pk__in=keys).values_list("pk", "title"))
    found = suggest_clusters(titles, wanted)
    offer = Offer("clusters", groups=wanted or len(found.clusters))
    if found.refusal:
        offer.notes.append(found.refusal)
    elif found.without:
        number = len(found.without)
        offer.notes.append(
            f"{number} {'paper has' if number == 1 else 'papers have'} no vector yet and stay where they are."
        )
    offer.boxes = [
        Box(number, one.name, _picks(one.papers, set(one.papers)), is_used=False)
        for number, one in enumerate(found.clusters)
    ]
    return offer


def _picks(keys: Iterable[int], chosen: set[int]) -> list[Pick]:
    wanted = list(keys)
    papers = Paper.objects.defer("abstract").select_related("venue").in_bulk(wanted)
    return [Pick(papers[key], key in chosen) for key in wanted if key in papers]


def _numbers(asked: QueryDict) -> list[int]:
    """The boxes of the form that are to become topics."""
    return [int(text) for text in asked.getlist("use")[:MOST_GROUPS] if text in _BOXES]


def _read_parts(asked: QueryDict) -> list[Part]:
    return [
        Part(asked.get(f"name-{number}", ""), tuple(read_keys(asked.getlist(f"papers-{number}"))))
        for number in dict.fromkeys(_numbers(asked))
    ]


def _offer_again(topic: Topic, asked: QueryDict) -> Offer:
    """What was offered and chosen, to be mended or carried along: nothing typed is lost."""
    by = asked.get("by", "")
    return Offer(
        by if by in ("search", "clusters") else "choose",
        query=clean(asked.get("q", "")[:_LONGEST_QUERY]),
        groups=min(number_of(asked, "groups") or 0, MOST_GROUPS),
        boxes=_boxes_again(topic, asked),
        beside=asked.get("where") == "beside",
    )


def _boxes_again(topic: Topic, asked: QueryDict) -> list[Box]:
    own = _papers_of(topic)
    held, used = set(own), set(_numbers(asked))
    boxes = []
    for number in sorted(
        used | {number for number in map(int, _BOXES) if f"name-{number}" in asked}
    ):
        ticked = set(read_keys(asked.getlist(f"papers-{number}")))
        shown = read_keys(asked.get(f"shown-{number}", "").split(","))
        picks = [key for key in dict.fromkeys([*shown, *sorted(ticked)]) if key in held] if shown else own  # fmt: skip
        name = asked.get(f"name-{number}", "")[:300]
        boxes.append(Box(number, name, _picks(picks[:MOST_SHOWN], ticked), number in used))
    return boxes or [Box(0, "", _picks(own[:MOST_SHOWN], set()))]
