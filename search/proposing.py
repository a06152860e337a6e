"""Proposing what is not listed with one click: a reader's word that waits for a curator like any other."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from catalog.identifiers import parse_identifier
from catalog.models import Proposal
from catalog.models.proposals import new_token
from search.proposals.guard import NotTaken, count_try
from search.proposals.sending import known_before, place, shown_as, suggestion, take


@require_POST
def propose(request: HttpRequest) -> HttpResponse:
    """Take one identifier or address; whoever proposes what is here, or was proposed before, is told so."""
    ident = parse_identifier(request.POST.get("ident", "")[:1000])
    if ident is None:
        message = "That is no identifier of a paper that can be proposed: give an arXiv id, a DOI or a page’s address."
        return _answer(request, message, status=400)
    catalogue, topic = place(request.POST.get("catalogue", ""), request.POST.get("topic", ""))
    if before := known_before(ident, "", catalogue):
        return _answer(request, before.message, status=200, paper=before.paper)
    try:
        count_try(request)
        proposal = take(request, suggestion(ident.url, ident, catalogue, topic), new_token())
    except NotTaken as refusal:
        return _answer(request, str(refusal), status=refusal.status)
    message = f"Thank you. {shown_as(ident, '')} waits for a curator now."
    return _answer(request, message, status=201, proposal=proposal)


def _answer(
    request: HttpRequest,
    message: str,
    *,
    status: int,
    paper: object = None,
    proposal: Proposal | None = None,
) -> HttpResponse:
    context = {"message": message, "paper": paper, "proposal": proposal}
    return render(request, "search/proposed.html", context, status=status)
