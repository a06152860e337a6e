"""What the data is: counts, how fresh, how complete, what is open. And what robots may read."""

from django.db.models import Count, Exists, OuterRef, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from catalog.freshness import freshness
from catalog.models import (
    Announcement,
    Author,
    Authorship,
    Catalogue,
    Citation,
    Identifier,
    Paper,
    PaperRepository,
    Problem,
    Repository,
    SimilarPaper,
    Topic,
    Venue,
)


@require_safe
def status(request: HttpRequest) -> HttpResponse:
    problems = Problem.objects.open().order_by().values("kind").annotate(number=Count("pk"))
    context = {
        "counts": _counts(),
        "coverage": _coverage(),
        "jobs": freshness(),
        "problems": [
            {"kind": row["kind"].replace("-", " ").replace("_", " "), "number": row["number"]}
            for row in problems.order_by("-number", "kind")
        ],
        "catalogues": Catalogue.objects.all(),
    }
    return render(request, "catalog/status.html", context)


def _counts() -> list[tuple[str, int]]:
    return [
        ("papers", Paper.objects.listed().count()),
        (
            "papers no longer listed",
            Paper.objects.public().count() - Paper.objects.listed().count(),
        ),
        ("authors", Author.objects.public().count()),
        ("venues", Venue.objects.count()),
        ("topics", Topic.objects.current().count()),
        ("code repositories", Repository.objects.count()),
        ("announcements", Announcement.objects.count()),
        ("citations", Citation.objects.count()),
    ]


def _coverage() -> dict[str, object]:
    """How many papers have what a reader may look for, of all that are listed."""
    this = OuterRef("pk")
    exact = Q(published_precision__in=[Paper.Precision.DAY, Paper.Precision.MONTH])
    wanted = [
        ("authors", Exists(Authorship.objects.filter(paper=this))),
        ("a date known at least to the month", exact),
        ("an arXiv identifier", Exists(Identifier.objects.filter(paper=this, scheme="arxiv"))),
        ("code", Exists(PaperRepository.objects.current().filter(paper=this))),
        ("an abstract", ~Q(abstract="")),
        ("similar papers worked out", Exists(SimilarPaper.objects.filter(paper=this))),
    ]
    listed = Paper.objects.listed()
    rows = [(label, listed.filter(condition).count()) for label, condition in wanted]
    return {"total": listed.count(), "rows": rows}


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    lines = ["User-agent: *", "Disallow: /admin/", f"Disallow: {reverse('search')}?", ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")
