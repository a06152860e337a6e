"""What the data is: counts, how fresh, how complete, what is open."""

from django.db.models import Count, Exists, F, OuterRef, Q, Sum, Window
from django.db.models.functions import RowNumber
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from catalog.freshness import freshness, sources
from catalog.models import (
    Announcement,
    Author,
    Authorship,
    Candidate,
    Catalogue,
    Citation,
    Identifier,
    Paper,
    PaperRepository,
    Problem,
    Reference,
    Repository,
    SimilarPaper,
    Topic,
    Venue,
)
from catalog.signals import state_asked


@require_safe
def status(request: HttpRequest) -> HttpResponse:
    problems = Problem.objects.open().order_by().values("kind").annotate(number=Count("pk"))
    context = {
        "failing": [line for _, line in state_asked.send(sender=None) if line],
        "counts": _counts(),
        "coverage": _coverage(),
        "jobs": freshness(),
        "sources": sources(),
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
        ("citations", Citation.objects.values("citing", "cited").distinct().count()),
        ("references to works not listed", _references_elsewhere()),
        ("candidates to decide on", Candidate.objects.filter(status="open").count()),
    ]


def _references_elsewhere() -> int:
    """Of each paper as many as the source with the most of them names: several sources name the same works."""
    place = Window(RowNumber(), partition_by="citing", order_by=F("number").desc())
    rows = Reference.objects.order_by().values("citing", "source").annotate(number=Count("pk"))
    most = rows.annotate(place=place).filter(place=1).aggregate(total=Sum("number"))
    return most["total"] or 0


def _coverage() -> dict[str, object]:
    """How many papers have what a reader may look for, of all that are listed."""
    this = OuterRef("pk")
    references = Reference.objects.filter(citing=this)
    exact = Q(published_precision__in=[Paper.Precision.DAY, Paper.Precision.MONTH])
    wanted = [
        ("authors", Exists(Authorship.objects.filter(paper=this))),
        ("a date known at least to the month", exact),
        ("an arXiv identifier", Exists(Identifier.objects.filter(paper=this, scheme="arxiv"))),
        ("code", Exists(PaperRepository.objects.current().filter(paper=this))),
        ("an abstract", ~Q(abstract="")),
        ("references", Exists(Citation.objects.filter(citing=this)) | Exists(references)),
        ("similar papers worked out", Exists(SimilarPaper.objects.filter(paper=this))),
    ]
    listed = Paper.objects.listed()
    rows = [(label, listed.filter(condition).count()) for label, condition in wanted]
    code = Repository.objects.filter(paper_links__retired_at=None, paper_links__isnull=False)
    code = code.distinct()
    return {
        "total": listed.count(),
        "rows": rows,
        "repositories": code.count(),
        "starred": code.filter(stars__isnull=False).count(),
        "gone": code.filter(gone_at__isnull=False).count(),
    }
