from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
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
from catalog.readable import readable
from search import twins
from search.address import LAST_PAGE, Asked, facet_links
from search.conditions import met_conditions
from search.forms import LONGEST_QUERY, SearchForm
from search.glossary import entry_called
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
    asked, found = Asked.read(form.text(), request.GET), None
    if form.is_valid() and (asked.query or asked.choice):
        asked, found = _search_page(asked)
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
        "page": _pages(found).get_page(asked.page) if found else None,
        "facets": facet_links(found.facets, asked) if found else [],
        "sorts": _sorts(asked, found) if found else [],
        "entry": entry_called(asked.query) if found and asked.query else None,
        "same": asked.parameters(),
        "exports": _exports(asked),
        "coins": {} if live or not found else _coins(request, found),
        "without_choice": asked.parameters(choice=None),
        "meant": asked.parameters(query=found.did_you_mean) if found else "",
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


def _search_page(asked: Asked) -> tuple[Asked, Results]:
    """The page that is asked for, or the last one where there are fewer."""
    found = _search(asked, PER_PAGE, facets=True)
    last = _pages(found).num_pages
    if asked.page <= last:
        return asked, found
    asked = replace(asked, page=last)
    return asked, _search(asked, PER_PAGE, facets=True) if found.total else found


@require_safe
def results_in_json(request: HttpRequest) -> HttpResponse:
    """A page of the results with all that can be said of them."""
    form = SearchForm(request.GET)
    if not form.is_valid():
        return _refusal(form, in_json=True)
    asked, found = _search_page(Asked.read(form.text(), request.GET))
    return twins.as_json(request, asked, found, PER_PAGE, _pages(found).num_pages)


@require_safe
def results_in_file(request: HttpRequest, ending: str) -> HttpResponseBase:
    """All results in one file; of a feed, those that were added last."""
    form = SearchForm(request.GET)
    if not form.is_valid():
        return _refusal(form, in_json=ending.endswith("json"))
    asked = replace(Asked.read(form.text(), request.GET), page=1)
    if ending == "atom":
        asked = replace(asked, sort="added")
    most = MOST_IN_FEED if ending == "atom" else twins.MOST_EXPORTED
    return twins.as_file(request, ending, asked, _search(asked, most, reasons=False))


def _refusal(form: SearchForm, *, in_json: bool) -> HttpResponse:
    """Say in one line why a query cannot be asked, to programs that read no page."""
    if in_json:
        return JsonResponse({"error": form.refusal()}, status=400)
    return HttpResponse(f"{form.refusal()}\n", "text/plain; charset=utf-8", status=400)


@require_safe
def suggestions(request: HttpRequest) -> HttpResponse:
    """What a reader may mean who has typed this much."""
    form = SearchForm(request.GET)
    if not form.is_valid():
        return _refusal(form, in_json=True)
    found = [asdict(one) for one in suggest(form.text())]
    response = JsonResponse({"query": form.text(), "suggestions": found})
    patch_cache_control(response, private=True, max_age=60)
    return response


@require_safe
def why(request: HttpRequest, pk: int) -> HttpResponse:
    """Say all that is known of why a paper answers a query."""
    form = SearchForm(request.GET)
    if not form.is_valid():
        return _refusal(form, in_json=False)
    paper = get_object_or_404(Paper.objects.public(), pk=pk)
    question = read(form.text())
    texts = next(iter(texts_of([pk])), None)
    if texts is None or not (question.text or question.conditions):
        raise Http404
    found = search(form.text(), limit=1000, reasons=False)
    context = {
        "query": form.text(),
        "paper": paper,
        "by_words": bool(question.text),
        "matches": matches(texts, question)
        if question.text
        else met_conditions([texts], question.conditions)[pk],
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
    if hit.reason != TITLE + readable(paper.title):
        return FoundPaper(paper, (), hit.why, hit.cosine, explain)
    (text, is_match), *rest = hit.why
    return FoundPaper(paper, ((text.removeprefix(TITLE), is_match), *rest), (), hit.cosine, explain)


def _pages(found: Results) -> "Paginator[int]":
    """The pager's view of the results: pages are counted, their papers are fetched elsewhere."""
    return Paginator(range(min(found.total, PER_PAGE * LAST_PAGE)), PER_PAGE)


def _sorts(asked: Asked, found: Results) -> list[Mapping[str, Any]]:
    """The orders there are, each with its address; without words there is no relevance."""
    by_words = bool(read(asked.query).text)
    return [
        {"label": label, "url": asked.parameters(sort=sort), "is_current": found.sort == sort}
        for sort, label in LABELS.items()
        if by_words or sort != "relevance"
    ]
