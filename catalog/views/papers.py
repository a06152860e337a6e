"""A paper's page, its BibTeX entry, and the addresses that arXiv uses."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from catalog.bibtex import bibtex, citation_key
from catalog.identifiers import parse_arxiv
from catalog.models import Identifier, Paper
from catalog.paper_pages import PaperPage, load_paper


@require_safe
def paper_detail(request: HttpRequest, pk: int, slug: str = "") -> HttpResponse:
    paper = load_paper(Paper.objects.all(), pk)
    if paper is None:
        return _gone(request)
    survivor = paper.merged_into or paper
    if request.path != survivor.get_absolute_url():
        return redirect(survivor, permanent=True)
    return render(request, "catalog/paper.html", {"paper": paper, "show": PaperPage(paper)})


@require_safe
def paper_bibtex(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    paper = load_paper(Paper.objects.all(), pk)
    if paper is None:
        return _gone(request)
    if paper.merged_into:
        return redirect(paper.merged_into.bibtex_url, permanent=True)
    response = HttpResponse(bibtex(paper), content_type="application/x-bibtex; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{citation_key(paper)}.bib"'
    return response


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


def _gone(request: HttpRequest) -> HttpResponse:
    return render(request, "404.html", status=404)
