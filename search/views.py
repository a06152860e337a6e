from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.views.decorators.http import require_safe
from django_htmx.middleware import HtmxDetails

from catalog.exports.answers import ExportLink, base_of, coins_of, export_links
from catalog.exports.feeds import MOST as MOST_IN_FEED
from catalog.identifiers import URL
from catalog.models import Identifier, Paper
from search import twins
from search.address import LAST_PAGE, Asked, facet_links
from search.forms import LONGEST_QUERY, SearchForm
from search.queries import Hit, Results, search
from search.question import read
from search.sentences import nearest_sentences
from search.sorting import LABELS
from search.suggestions import suggest
from search.texts import texts_of
from search.why import Fragments, matches

PER_PAGE = 20
TITLE = "title: "  # how a reason begins that is the title


class HtmxRequest(HttpRequest):
    htmx: HtmxDetails


@dataclass(frozen=True, slots=True)
class FoundPaper:
    """A paper with why it was found: marked in its title, or in another text of it."""

    paper: Paper
    title: Fragments = ()
    why: Fragments = ()
    similarity: float | None = None
    explain: str = ""  # where all that speaks for it is said


@require_safe
def results(request: HtmxRequest) -> HttpResponse:
    form = SearchForm(request.GET)
    status = 200 if form.is_valid() else 400
    asked = Asked.read(form.text(), request.GET)
    found = _search(asked, PER_PAGE, facets=True) if asked.query or asked.choice else None
    live = bool(request.htmx and not request.htmx.history_restore_request)
    if found and found.target and not live:
        return redirect(found.target)
    context = {
        "form": form,
        "query": form.text(),
        "longest": LONGEST_QUERY,
        "asked": asked,
        "found": found,
        "papers": _papers(found) if found else [],
        "page": _page(found, asked.page) if found else None,
        "facets": facet_links(found.facets, asked) if found else [],
        "sorts": _sorts(asked, found) if found else [],
        "same": asked.parameters(),
        "exports": _exports(asked),
        "coins": {} if live or not found else _coins(request, found),
        "without_choice": asked.parameters(choice=None),
        "scheme": _SCHEMES[found.not_listed.scheme] if found and found.not_listed else "",
    }
    template = "search/_results.html" if live else "search/results.html"
    response = render(request, template, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


_SCHEMES = {**dict(Identifier.Scheme.choices), URL: "the address"}


def _exports(asked: Asked) -> list[ExportLink]:
    same = asked.parameters()
    in_json = ExportLink("JSON", f"{reverse('search-json')}?{same}", "application/json")
    return [*export_links(f"{reverse('search')}?{same}"), in_json]


def _coins(request: HttpRequest, found: Results) -> dict[int, str]:
    return coins_of([hit.paper_id for hit in found.hits], base_of(request))


def _search(asked: Asked, size: int, *, facets: bool = False, reasons: bool = True) -> Results:
    return search(
        asked.query,
        limit=size,
        offset=(asked.page - 1) * size,
        sort=asked.sort,
        choice=asked.choice,
        facets=facets,
        reasons=reasons,
    )


@require_safe
def results_in_json(request: HttpRequest) -> HttpResponse:
    """A page of the results with all that can be said of them."""
    asked = _asked_of_twin(request)
    return twins.as_json(request, asked, _search(asked, PER_PAGE, facets=True), PER_PAGE)


@require_safe
def results_in_file(request: HttpRequest, ending: str) -> HttpResponseBase:
    """All results in one file; of a feed, those that were added last."""
    asked = replace(_asked_of_twin(request), page=1)
    if ending == "atom":
        asked = replace(asked, sort="added")
    most = MOST_IN_FEED if ending == "atom" else twins.MOST_EXPORTED
    return twins.as_file(request, ending, asked, _search(asked, most, reasons=False))


def _asked_of_twin(request: HttpRequest) -> Asked:
    form = SearchForm(request.GET)
    form.is_valid()
    return Asked.read(form.text(), request.GET)


@require_safe
def suggestions(request: HttpRequest) -> HttpResponse:
    """What a reader may mean who has typed this much."""
    form = SearchForm(request.GET)
    form.is_valid()
    found = [asdict(one) for one in suggest(form.text())]
    response = JsonResponse({"query": form.text(), "suggestions": found})
    patch_cache_control(response, private=True, max_age=60)
    return response


@require_safe
def why(request: HttpRequest, pk: int) -> HttpResponse:
    """Say all that is known of why a paper answers a query."""
    form = SearchForm(request.GET)
    form.is_valid()
    paper = get_object_or_404(Paper.objects.public(), pk=pk)
    question = read(form.text())
    texts = next(iter(texts_of([pk])), None)
    if texts is None or not question.text:
        raise Http404
    found = search(form.text(), limit=1000, reasons=False)
    context = {
        "query": form.text(),
        "paper": paper,
        "matches": matches(texts, question),
        "sentence": nearest_sentences(question.text, [texts]).get(pk),
        "hit": next((hit for hit in found.hits if hit.paper_id == pk), None),
    }
    template = "search/_why.html" if getattr(request, "htmx", False) else "search/why.html"
    response = render(request, template, context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _papers(found: Results) -> list[FoundPaper]:
    """The papers of the hits, or the one that is named: whoever is still typing is not led away."""
    hits = [Hit(found.target.pk, 0)] if found.target else found.hits
    rows = Paper.objects.for_list().in_bulk([hit.paper_id for hit in hits])
    return [_found(rows[hit.paper_id], hit, found) for hit in hits if hit.paper_id in rows]


def _found(paper: Paper, hit: Hit, found: Results) -> FoundPaper:
    """Mark the title where it stands when the reason is the whole of it; no line repeats it then."""
    where = urlencode({"q": found.query})
    explain = (
        f"{reverse('search-why', args=[paper.pk])}?{where}" if hit.why and not found.target else ""
    )
    if hit.reason != TITLE + paper.title:
        return FoundPaper(paper, (), hit.why, hit.cosine, explain)
    (text, is_match), *rest = hit.why
    return FoundPaper(paper, ((text.removeprefix(TITLE), is_match), *rest), (), hit.cosine, explain)


def _page(found: Results, number: int) -> Page[int]:
    """The pager's view of the results: pages are counted, their papers were fetched already."""
    pages = Paginator(range(min(found.total, PER_PAGE * LAST_PAGE)), PER_PAGE)
    return pages.get_page(number)


def _sorts(asked: Asked, found: Results) -> list[Mapping[str, Any]]:
    """The orders there are, each with its address; without words there is no relevance."""
    by_words = bool(read(asked.query).text)
    return [
        {"label": label, "url": asked.parameters(sort=sort), "is_current": found.sort == sort}
        for sort, label in LABELS.items()
        if by_words or sort != "relevance"
    ]
