"""The front page."""

from django.db.models import Count, F, Max, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from catalog.exports.answers import base_of
from catalog.exports.embedded import json_ld
from catalog.freshness import freshness
from catalog.models import Paper, Repository
from catalog.news import latest_weeks
from catalog.topic_trees import catalogue_trees
from catalog.trends.code import rising_code
from catalog.trends.scope import Scope

NEWEST = 10
REPOSITORIES = 12


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    context = {
        "catalogues": catalogue_trees(),
        "weeks": latest_weeks(NEWEST),
        "code": _code(),
        "paper_count": Paper.objects.listed().count(),
        "freshness": freshness(),
        "json_ld": json_ld(_site(base_of(request))),
    }
    return render(request, "catalog/home.html", context)


def _site(base: str) -> dict[str, object]:
    """The site and its search, for those who show a search box of it."""
    return {
        "@type": "WebSite",
        "@id": base + reverse("home"),
        "url": base + reverse("home"),
        "name": "Stemma",
        "potentialAction": {
            "@type": "SearchAction",
            "target": f"{base}{reverse('search')}?q={{words}}",
            "query-input": "required name=words",
        },
    }


def _code() -> dict[str, object]:
    """Repositories that rise, else those with the most stars, or with the most papers while no stars are known."""
    if gains := rising_code(Scope(), REPOSITORIES):
        return {"gains": gains}
    current = Q(paper_links__retired_at=None, paper_links__paper__merged_into=None)
    repositories = Repository.objects.filter(gone_at=None).annotate(
        paper_count=Count("paper_links", filter=current),
        newest=Max("paper_links__paper__published_on", filter=current),
    )
    repositories = repositories.filter(paper_count__gt=0)
    by_stars = repositories.filter(stars__isnull=False).order_by("-stars", "pk")[:REPOSITORIES]
    if starred := list(by_stars):
        return {"repositories": starred, "by_stars": True}
    newest = repositories.order_by(
        "-paper_count", F("newest").desc(nulls_last=True), "owner", "name"
    )
    return {"repositories": list(newest[:REPOSITORIES]), "by_stars": False}
