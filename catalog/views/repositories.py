"""Code repositories."""

from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.db.models import Count, Exists, F, OuterRef, Q
from django.db.models.functions import Lower
from django.db.models.lookups import Exact
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from catalog.charts import line_chart
from catalog.evidence import with_reasons
from catalog.exports.answers import twin
from catalog.models import Paper, PaperRepository, Repository, RepositoryAlias
from catalog.paper_lists import PaperList
from catalog.tallies import top_authors, top_topics
from catalog.templatetags.stemma import why_linked

PER_PAGE = 100
REASONS = 30
ORDERS = {
    "papers": (F("paper_count").desc(), F("stars").desc(nulls_last=True)),
    "stars": (F("stars").desc(nulls_last=True), F("paper_count").desc()),
    "name": (),
}


class RepositoryIndexForm(forms.Form):
    sort = forms.ChoiceField(
        choices=[("papers", "most papers"), ("stars", "most stars"), ("name", "name")],
        required=False,
    )


@require_safe
def repository_index(request: HttpRequest) -> HttpResponse:
    form = RepositoryIndexForm(request.GET)
    status = 200 if form.is_valid() else 400
    sort = form.cleaned_data.get("sort") or "papers"
    current = Q(paper_links__retired_at=None, paper_links__paper__merged_into=None)
    repositories = Repository.objects.annotate(paper_count=Count("paper_links", filter=current))
    ordered = repositories.filter(paper_count__gt=0).order_by(*ORDERS[sort], "owner", "name", "pk")
    page = Paginator(ordered, PER_PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "sort": sort, "page": page}
    return render(request, "catalog/repositories.html", context, status=status)


@require_safe
def repository_detail(
    request: HttpRequest, host: str, owner: str, name: str, ending: str = ""
) -> HttpResponseBase:
    named: list[Any] = [
        Exact(Lower(field), text.lower())
        for field, text in [("host", host), ("owner", owner), ("name", name)]
    ]
    repository = Repository.objects.filter(*named).first()
    if repository is None:
        alias = get_object_or_404(RepositoryAlias, *named)
        return _present_page(request, alias.repository, ending)
    links = PaperRepository.objects.current().filter(paper=OuterRef("pk"), repository=repository)
    papers = Paper.objects.public().filter(Exists(links))
    block = PaperList(
        request,
        papers,
        title=repository.full_name,
        name=f"{repository.owner}-{repository.name}",
        exclude_filters=["code"],
    )
    if ending:
        return block.export(ending, repository.get_absolute_url())
    counts = repository.star_counts.order_by("date").values_list("date", "stars")
    context = {
        "repository": repository,
        "reasons": _reasons(repository),
        "stars": line_chart("Stars", list(counts)),
        "authors": top_authors(papers),
        "topics": top_topics(papers),
        "list": block,
    }
    return render(request, "catalog/repository.html", context, status=block.status)


def _reasons(repository: Repository) -> list[PaperRepository]:
    """Links of papers for which more speaks than a list, or something against."""
    links = PaperRepository.objects.current().filter(repository=repository, paper__merged_into=None)
    known = with_reasons(links).select_related("paper").order_by("-paper__published_on", "pk")
    return [link for link in known[:REASONS] if why_linked(link)]


def _present_page(request: HttpRequest, repository: Repository, ending: str) -> HttpResponse:
    """Lead from a name that the repository had once to the one it has now."""
    query = request.META.get("QUERY_STRING", "")
    address = twin(repository.get_absolute_url(), ending)
    return redirect(f"{address}?{query}" if query else address, permanent=True)
