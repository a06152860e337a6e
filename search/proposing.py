"""Proposing what is not listed: a reader's word becomes a candidate for the curators."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST

from catalog.identifiers import URL, Ident, parse_identifier
from catalog.models import Candidate, Catalogue, Identifier, Reference, Topic

MOST_A_DAY = 100  # of all readers together: curators read them all
REASON = "Proposed by a reader."


@require_POST
def propose(request: HttpRequest) -> HttpResponse:
    """Take one identifier or address; whoever proposes what is here, or was proposed before, is told so."""
    ident = parse_identifier(request.POST.get("ident", "")[:1000])
    if ident is None:
        message = "That is no identifier of a paper that can be proposed: give an arXiv id, a DOI or a page’s address."
        return _answer(request, message, status=400)
    name = ident.value if ident.scheme == URL else str(ident)
    if Identifier.objects.filter(scheme=ident.scheme, value=ident.value).exists():
        return _answer(request, f"{name} is listed here already.", status=200)
    catalogue, topic = _place(request.POST.get("catalogue", ""), request.POST.get("topic", ""))
    known = Candidate.objects.filter(
        catalogue=catalogue, scheme=ident.scheme, value=ident.value
    ).exists()
    if known or catalogue is None:
        message = f"{name} was proposed before; the curators decide on it."
        return _answer(request, message, status=200)
    since = timezone.now() - timedelta(days=1)
    if (
        Candidate.objects.filter(reasons__contains=[REASON], found_at__gte=since).count()
        >= MOST_A_DAY
    ):
        return _answer(request, "Too much was proposed today. Try again tomorrow.", status=429)
    Candidate.objects.get_or_create(
        catalogue=catalogue,
        scheme=ident.scheme,
        value=ident.value,
        defaults={
            "title": _known_title(ident) or name,
            "reasons": [REASON],
            "suggested_topic": topic,
        },
    )
    return _answer(request, f"Thank you. {name} waits for a curator now.", status=201)


def _place(slug: str, path: str) -> tuple[Catalogue | None, Topic | None]:
    """Where the reader was who proposes: a catalogue, the first one else, and perhaps a topic of it."""
    catalogues = Catalogue.objects.order_by("pk")
    catalogue = catalogues.filter(slug=slug[:60].replace("\x00", "")).first() or catalogues.first()
    topics = Topic.objects.current().filter(
        catalogue=catalogue, path=path[:1000].replace("\x00", "")
    )
    return catalogue, topics.first()


def _known_title(ident: Ident) -> str:
    """What papers here that cite it call it."""
    cited = Reference.objects.filter(identifiers__contains=[str(ident)]).exclude(title="")
    return cited.values_list("title", flat=True).first() or ""


def _answer(request: HttpRequest, message: str, *, status: int) -> HttpResponse:
    return render(request, "search/proposed.html", {"message": message}, status=status)
