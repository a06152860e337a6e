"""The map at /map: every paper at its place, drawn and listed. All of what is chosen is in the address."""

import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, F, FloatField
from django.db.models.expressions import CombinedExpression
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from catalog.keys import read_keys
from catalog.models import Paper, Topic
from catalog.readable import readable
from search.map.atlas import Atlas, drawn_at, points, version
from search.map.choice import FIRST_YEAR, Choice
from search.models import MapPlace, MapRegion

_PAGE = 50  # papers of the table
_NEAR = 10  # papers listed around the one looked at
_MOST_ASKED = 200  # papers whose names are asked for at once
_MOST_WAITING = 100  # papers without a place that are named
_KEPT_SECONDS = 600  # that what is drawn may be kept, should a change of it have been missed
_COMPACT: dict[str, Any] = {"ensure_ascii": False, "separators": (",", ":")}


@dataclass(frozen=True, slots=True)
class RegionRow:
    """A region in the table: how many papers lie in it, how many of them are marked, what most of them are about."""

    region: MapRegion
    papers: int
    marked: int
    topic: Topic
    share: int  # of 100
    url: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class PaperRow:
    paper: Paper
    region: MapRegion | None
    url: str  # of the map with this paper in its middle


@require_safe
def field_map(request: HttpRequest) -> HttpResponse:
    choice = Choice.read(request.GET)
    atlas = Atlas.load()
    region = choice.region_row(atlas)
    marked = choice.papers(atlas)
    by_region = _marked(marked, atlas)
    page = _page(marked, choice, request.GET.get("page"))
    looked_at = _looked_at(choice)
    waiting = Paper.objects.listed().filter(map_place=None)
    context = {
        "choice": choice,
        "address": choice.address(),
        "atlas": atlas,
        "region": region,
        "whole": choice.address(region=None),
        "trail": [(one, choice.address(region=one.pk)) for one in atlas.trail(region)]
        if region
        else [],
        "regions": _region_rows(atlas, region, by_region, choice),
        "page": page,
        "papers": _paper_rows(list(page.object_list), atlas, choice),
        "looked_at": looked_at,
        "near": _paper_rows(_near(looked_at), atlas, choice) if looked_at else [],
        "topics": _legend(atlas, choice),
        "notes": choice.notes,
        "waiting": waiting.count(),
        "waiting_papers": waiting.order_by("-pk")[:_MOST_WAITING],
        "undated": _undated(choice, atlas),
        "drawn_at": drawn_at(),
        "first_year": FIRST_YEAR,
        "this_year": max(timezone.now().year, FIRST_YEAR),
    }
    return render(request, "search/map.html", context)


@gzip_page
@require_safe
def map_in_json(request: HttpRequest) -> HttpResponseBase:
    """What is drawn, computed when it has changed; whoever has it is told so."""
    data, tag = _drawn(version(), time.time() // _KEPT_SECONDS)
    response = HttpResponse(data, content_type="application/json", headers={"ETag": tag})
    return get_conditional_response(request, etag=tag, response=response) or response


@lru_cache(maxsize=1)
def _drawn(version: tuple[Any, ...], period: float) -> tuple[bytes, str]:
    """Points as columns, to be short; topics by their places in a list; regions by their keys. With its ETag."""
    atlas = Atlas.load()
    rows = points()
    topics = {topic.pk: place for place, (topic, _) in enumerate(atlas.topic_counts())}
    columns = list(zip(*rows, strict=True)) or [()] * 6
    names = ("id", "x", "y", "year", "topic", "cited")
    found = {
        "points": dict(zip(names, columns, strict=True))
        | {"topic": [topics.get(topic) for topic in columns[4]]},
        "topics": [[topic.name, topic.hue] for topic, _ in atlas.topic_counts()],
        "regions": [
            [one.pk, one.parent_id, one.name, round(one.x, 2), round(one.y, 2), round(one.reach, 2), atlas.papers_in(one.pk)]
            for one in atlas.in_order()
        ],
    }  # fmt: skip
    data = json.dumps(found, **_COMPACT).encode()
    return data, f'"{hashlib.sha256(data).hexdigest()}"'


@gzip_page
@require_safe
def marked_in_json(request: HttpRequest) -> HttpResponse:
    """The keys of the papers that belong to what was chosen, of any year; of a search the best first."""
    choice = Choice.read(request.GET)
    papers = choice.papers(Atlas.uncounted(), of_any_year=True)
    keys = list(papers.order_by("pk").values_list("pk", flat=True))
    if choice.found is not None:
        there = set(keys)
        keys = [key for key in choice.found if key in there]
    return JsonResponse({"papers": keys, "notes": choice.notes}, json_dumps_params=_COMPACT)


@gzip_page
@require_safe
def names_in_json(request: HttpRequest) -> HttpResponse:
    """What is said of papers beside their points: title, address, year, topic, region."""
    keys = read_keys(request.GET.get("papers", "").split("-"))[:_MOST_ASKED]
    papers = _loaded(Paper.objects.listed().filter(map_place__isnull=False, pk__in=keys))
    rows = _paper_rows(papers, Atlas.uncounted(), Choice())
    found = {
        row.paper.pk: [
            readable(row.paper.title), row.paper.get_absolute_url(), row.paper.year,
            row.paper.primary_topic.name if row.paper.primary_topic else "", row.region.name if row.region else "",
        ]
        for row in rows
    }  # fmt: skip
    return JsonResponse(found, json_dumps_params=_COMPACT)


def _marked(papers: Any, atlas: Atlas) -> dict[int, int]:
    """How many of these papers lie in each region, those below it included."""
    marked: dict[int, int] = {}
    counted = papers.order_by().values_list("map_place__region").annotate(Count("pk"))
    for key, number in counted:
        while key in atlas.regions:
            marked[key] = marked.get(key, 0) + number
            key = atlas.regions[key].parent_id
    return marked


def _region_rows(
    atlas: Atlas, root: MapRegion | None, marked: dict[int, int], choice: Choice
) -> list[RegionRow]:
    """The region chosen and two levels below it; of the whole map the two largest levels."""
    rows = []
    for one in atlas.in_order(root):
        total = atlas.papers_in(one.pk)
        if not total or one.level > (root.level if root else -1) + 2:
            continue
        topic, number = max(atlas.counts[one.pk].items(), key=lambda pair: (pair[1], -pair[0]))
        url = choice.address(region=one.pk, paper=None)
        rows.append(
            RegionRow(
                one, total, marked.get(one.pk, 0), atlas.topics[topic], round(100 * number / total),
                url, one == root,
            )
        )  # fmt: skip
    return rows


def _page(papers: Any, choice: Choice, number: str | None) -> "Page[Any]":
    """A page of the papers: as a search ranks them, else by their PageRank."""
    if choice.found is not None:
        there = set(papers.values_list("pk", flat=True))
        page: Page[Any] = Paginator([key for key in choice.found if key in there], _PAGE).get_page(
            number
        )
        rows = _loaded(Paper.objects.filter(pk__in=list(page.object_list))).in_bulk()
        page.object_list = [rows[key] for key in page.object_list if key in rows]
        return page
    ordered = _loaded(papers).order_by(F("measure__pagerank").desc(nulls_last=True), "-pk")
    return Paginator(ordered, _PAGE).get_page(number)


def _loaded(papers: Any) -> Any:
    return papers.for_list().select_related("map_place")


def _paper_rows(papers: Sequence[Paper], atlas: Atlas, choice: Choice) -> list[PaperRow]:
    rows = []
    for paper in papers:
        region = atlas.regions.get(paper.map_place.region_id or 0)
        rows.append(PaperRow(paper, region, choice.address(paper=paper.pk)))
    return rows


def _looked_at(choice: Choice) -> MapPlace | None:
    if not choice.paper:
        return None
    place = (
        MapPlace.objects.select_related("paper")
        .filter(paper=choice.paper, paper__in=Paper.objects.listed())
        .first()
    )
    if place is None:
        is_listed = Paper.objects.listed().filter(pk=choice.paper).exists()
        choice.notes.append(
            "That paper has no place on the map yet: its text has not been embedded, or the map not been drawn since."
            if is_listed
            else "That paper is not listed, so that it has no place on the map."
        )
    return place


def _near(place: MapPlace) -> list[Paper]:
    """The papers that lie nearest on the map, itself left out."""
    away = CombinedExpression(
        _square(F("map_place__x") - place.x), "+", _square(F("map_place__y") - place.y)
    )
    papers = Paper.objects.listed().filter(map_place__isnull=False).exclude(pk=place.paper_id)
    return list(_loaded(papers).alias(away=away).order_by("away", "pk")[:_NEAR])


def _square(side: Any) -> CombinedExpression:
    return CombinedExpression(side, "*", side, output_field=FloatField())


def _legend(atlas: Atlas, choice: Choice) -> list[dict[str, Any]]:
    """The topics with their colours and counts; each links to the map with its papers marked."""
    rows = []
    for topic, number in atlas.topic_counts():
        value = f"{topic.catalogue.slug}/{topic.path}"
        rows.append(
            {
                "topic": topic,
                "number": number,
                "value": value,
                "is_chosen": value == choice.topic,
                "url": choice.address(topic="" if value == choice.topic else value, paper=None),
            }
        )
    return rows


def _undated(choice: Choice, atlas: Atlas) -> int:
    """How many papers a range of years leaves out because their year is not known."""
    if not any(choice.years):
        return 0
    return choice.papers(atlas, of_any_year=True).filter(year=None).count()
