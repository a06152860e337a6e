from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe
from django_htmx.middleware import HtmxDetails

from catalog.models import Paper
from search.forms import LONGEST_QUERY, SearchForm
from search.queries import Results, search
from search.why import Fragments

PER_PAGE = 20
TITLE = "title: "  # how a reason begins that is the title
LAST_PAGE = 50  # nobody reads on past the thousandth hit


class HtmxRequest(HttpRequest):
    htmx: HtmxDetails


@dataclass(frozen=True, slots=True)
class FoundPaper:
    """A paper with why it was found: marked in its title, or in another text of it."""

    paper: Paper
    title: Fragments = ()
    why: Fragments = ()


@require_safe
def results(request: HtmxRequest) -> HttpResponse:
    form = SearchForm(request.GET)
    status = 200 if form.is_valid() else 400
    number = _page_number(request.GET.get("page"))
    found = (
        search(form.text(), limit=PER_PAGE, offset=(number - 1) * PER_PAGE) if form.text() else None
    )
    live = bool(request.htmx and not request.htmx.history_restore_request)
    if found and found.target and not live:
        return redirect(found.target)
    context = {
        "form": form,
        "query": form.text(),
        "longest": LONGEST_QUERY,
        "found": found,
        "papers": _papers(found) if found else [],
        "page": _page(found, number) if found else None,
    }
    template = "search/_results.html" if live else "search/results.html"
    response = render(request, template, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _page_number(text: str | None) -> int:
    """Return a page that exists; anything that names none is the first."""
    try:
        number = int(text or 1)
    except ValueError:
        return 1
    return number if 1 <= number <= LAST_PAGE else 1


def _papers(found: Results) -> list[FoundPaper]:
    """The papers of the hits, or the one that is named: whoever is still typing is not led away."""
    why: dict[int, Fragments] = {hit.paper_id: hit.why for hit in found.hits}
    if found.target:
        why = {found.target.pk: ()}
    rows = Paper.objects.for_list().in_bulk(list(why))
    return [_found(rows[key], pieces) for key, pieces in why.items() if key in rows]


def _found(paper: Paper, why: Fragments) -> FoundPaper:
    """Mark the title where it stands when the reason is the whole of it; no line repeats it then."""
    if "".join(text for text, _ in why) != TITLE + paper.title:
        return FoundPaper(paper, why=why)
    (text, is_match), *rest = why
    return FoundPaper(paper, title=((text.removeprefix(TITLE), is_match), *rest))


def _page(found: Results, number: int) -> Page[int]:
    """The pager's view of the results: pages are counted, their papers were fetched already."""
    pages = Paginator(range(min(found.total, PER_PAGE * LAST_PAGE)), PER_PAGE)
    return pages.get_page(number)
