"""A paper's page, its references, and the addresses that arXiv uses."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from catalog.exports.answers import base_of, export, twin
from catalog.identifiers import parse_arxiv
from catalog.models import Identifier, Paper
from catalog.paper_pages import PaperPage, load_paper


@require_safe
def paper_detail(
    request: HttpRequest, pk: int, slug: str = "", ending: str = ""
) -> HttpResponseBase:
    paper = load_paper(Paper.objects.all(), pk)
    if paper is None:
        return _gone(request)
    address = (paper.merged_into or paper).get_absolute_url()
    if request.path != twin(address, ending):
        return moved(twin(address, ending), may_come_back=paper.merged_into_id is not None)
    show = PaperPage(paper, base_of(request))
    if ending:
        name = show.reference.key
        return export(request, ending, [pk], title=show.reference.title, name=name, page=address)
    return render(request, "catalog/paper.html", {"paper": paper, "show": show})


@require_safe
def by_arxiv_id(request: HttpRequest, text: str) -> HttpResponse:
    """Lead from an address as arXiv writes it to the paper here."""
    ident = parse_arxiv(text)
    if ident is not None:
        listed = Identifier.objects.filter(scheme=ident.scheme, value=ident.value)
        if found := listed.select_related("paper").first():
            return redirect(found.paper)
    context = {"text": text, "ident": ident, "search_url": reverse("search")}
    return render(request, "catalog/not_listed.html", context, status=404)


def moved(address: str, *, may_come_back: bool) -> HttpResponse:
    """Lead to where a page is now. A merge can be undone: then no browser may remember the way."""
    response = redirect(address, permanent=True)
    if may_come_back:
        response["Cache-Control"] = "no-cache"
    return response


def _gone(request: HttpRequest) -> HttpResponse:
    return render(request, "404.html", status=404)
