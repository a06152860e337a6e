"""Authors, venues and years: indexes and pages."""

from django.core.paginator import Paginator
from django.db.models import Count, Exists, OuterRef, Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from catalog.exports.answers import twin
from catalog.folding import fold
from catalog.models import Author, Authorship, Paper, Venue
from catalog.months import months_chart
from catalog.paper_lists import PaperList
from catalog.tallies import (
    code_share,
    top_authors,
    top_topics,
    top_venues,
    topics_over_time,
    years_chart,
)
from catalog.views.letters import LETTERS, IndexForm
from catalog.views.papers import moved

NAMES_PER_PAGE = 150


@require_safe
def author_index(request: HttpRequest) -> HttpResponse:
    form = IndexForm(request.GET)
    status = 200 if form.is_valid() else 400
    name, letter = form.cleaned_data.get("name"), form.cleaned_data.get("letter")
    current = Q(authorships__paper__merged_into=None)
    authors = Author.objects.public().annotate(
        paper_count=Count("authorships__paper", filter=current, distinct=True)
    )
    authors = authors.filter(paper_count__gt=0).order_by("-paper_count", "name_key", "pk")
    if name:
        authors = authors.filter(name_key__contains=fold(name))
    elif letter:
        authors = authors.filter(name_key__startswith=letter).order_by("name_key", "pk")
    page = Paginator(authors, NAMES_PER_PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "page": page, "letters": LETTERS, "letter": letter, "name": name}
    return render(request, "catalog/authors.html", context, status=status)


@require_safe
def author_detail(
    request: HttpRequest, pk: int, slug: str = "", ending: str = ""
) -> HttpResponseBase:
    author = get_object_or_404(Author.objects.select_related("merged_into"), pk=pk)
    address = (author.merged_into or author).get_absolute_url()
    if request.path != twin(address, ending):
        return moved(twin(address, ending), may_come_back=author.merged_into_id is not None)
    wrote = Authorship.objects.filter(author=author, paper=OuterRef("pk"))
    papers = Paper.objects.public().filter(Exists(wrote))
    block = PaperList(request, papers, title=author.name, name=slug)
    if ending:
        return block.export(ending, address)
    context = {
        "author": author,
        "printed": _other_names(author),
        "coauthors": _coauthors(author),
        "chart": years_chart(papers),
        "over_time": topics_over_time(papers),
        "list": block,
    }
    return render(request, "catalog/author.html", context, status=block.status)


def _other_names(author: Author) -> list[str]:
    names = author.authorships.exclude(printed_name=author.name).order_by("printed_name")
    return list(names.values_list("printed_name", flat=True).distinct())


def _coauthors(author: Author, limit: int = 12) -> list[Author]:
    shared = Q(authorships__paper__authorships__author=author, authorships__paper__merged_into=None)
    others = Author.objects.public().filter(shared).exclude(pk=author.pk)
    counted = others.annotate(paper_count=Count("authorships__paper", distinct=True))
    return list(counted.order_by("-paper_count", "name")[:limit])


@require_safe
def venue_index(request: HttpRequest) -> HttpResponse:
    current = Q(papers__merged_into=None)
    venues = Venue.objects.annotate(paper_count=Count("papers", filter=current))
    return render(
        request, "catalog/venues.html", {"venues": venues.order_by("-paper_count", "name")}
    )


@require_safe
def venue_detail(request: HttpRequest, slug: str, ending: str = "") -> HttpResponseBase:
    venue = get_object_or_404(Venue, slug=slug)
    papers = Paper.objects.public().filter(venue=venue)
    block = PaperList(request, papers, title=venue.name, name=slug, exclude_filters=["venue"])
    if ending:
        return block.export(ending, venue.get_absolute_url())
    context = {
        "venue": venue,
        "chart": years_chart(papers),
        "topics": top_topics(papers),
        "authors": top_authors(papers),
        "list": block,
    }
    return render(request, "catalog/venue.html", context, status=block.status)


@require_safe
def year_index(request: HttpRequest) -> HttpResponse:
    counted = Paper.objects.public().exclude(year=None).order_by("-year").values("year")
    years = list(counted.annotate(number=Count("pk")))
    undated = Paper.objects.public().filter(year=None).count()
    most = max((row["number"] for row in years), default=0)
    return render(request, "catalog/years.html", {"years": years, "undated": undated, "most": most})


@require_safe
def year_detail(request: HttpRequest, year: int, ending: str = "") -> HttpResponseBase:
    papers = Paper.objects.public().filter(year=year)
    years = Paper.objects.public().exclude(year=None)
    if not papers.exists():
        raise Http404
    block = PaperList(
        request, papers, title=f"{year}", name=f"papers-{year}", exclude_filters=["year"]
    )
    if ending:
        return block.export(ending, reverse("year-detail", args=[year]))
    context = {
        "year": year,
        "previous": years.filter(year__lt=year)
        .order_by("-year")
        .values_list("year", flat=True)
        .first(),
        "next": years.filter(year__gt=year).order_by("year").values_list("year", flat=True).first(),
        "chart": months_chart(papers),
        "code": code_share(papers),
        "topics": top_topics(papers),
        "venues": top_venues(papers),
        "authors": top_authors(papers),
        "list": block,
    }
    return render(request, "catalog/year.html", context, status=block.status)
