"""What waits for a curator, each with the way to its queue; editors of some catalogues are told of these alone."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Count

from catalog.link_desk import DeskLine, line
from catalog.models import (
    AuthorSuspect,
    Candidate,
    Paper,
    PaperSuspect,
    Problem,
    Proposal,
    Relation,
    Source,
    VenueSuggestion,
)
from catalog.roles import is_narrowed, reachable

_KINDS = 6  # of problems that are named


def waiting(user: Any) -> Iterator[DeskLine]:
    """The queues that hold something and that the user may look at, what people wait for first."""
    open_ones, own = "status__exact=open", is_narrowed(user)
    if user.has_perm("catalog.view_proposal"):
        number = reachable(user, Proposal.objects.open()).count()
        words = "proposal from readers|proposals from readers"
        yield from line(number, words, "proposal", open_ones, own=own)
    if user.has_perm("catalog.view_candidate"):
        rows = Candidate.objects.filter(status=Candidate.Status.OPEN)
        words = "candidate to accept or reject|candidates to accept or reject"
        yield from line(reachable(user, rows).count(), words, "candidate", open_ones, own=own)
    if user.has_perm("catalog.view_papersuspect"):
        number = reachable(user, PaperSuspect.objects.open()).count()
        words = "pair of papers that may be one|pairs of papers that may be one"
        yield from line(number, words, "papersuspect", page="queue")
    if user.has_perm("catalog.view_authorsuspect"):
        number = reachable(user, AuthorSuspect.objects.open()).count()
        words = "pair of authors who may be one person|pairs of authors who may be one person"
        yield from line(number, words, "authorsuspect", page="queue")
    if user.has_perm("catalog.view_venuesuggestion"):
        merged = Paper.objects.exclude(merged_into=None)
        venues = VenueSuggestion.objects.filter(status=VenueSuggestion.Status.OPEN)
        venues = venues.exclude(paper__in=merged)
        words = "venue suggested by sources|venues suggested by sources"
        yield from line(reachable(user, venues).count(), words, "venuesuggestion", page="queue")
    if user.has_perm("catalog.view_relation"):
        derived = Relation.objects.current().filter(source=Source.DERIVED)
        words = (
            "relation derived from titles and abstracts|relations derived from titles and abstracts"
        )
        number = reachable(user, derived).count()
        yield from line(number, words, "relation", "decision=undecided", own=own)


def problems(user: Any) -> tuple[DeskLine | None, list[DeskLine]]:
    """All open problems in one line, and the most frequent kinds of them."""
    if not user.has_perm("catalog.view_problem"):
        return None, []
    rows = reachable(user, Problem.objects.open()).order_by().values("kind")
    counted = rows.annotate(number=Count("pk")).order_by("-number", "kind")
    numbers = list(counted.values_list("kind", "number"))
    total = sum(number for _, number in numbers)
    own, open_ones = is_narrowed(user), "status__exact=open"
    whole = line(total, "open problem|open problems", "problem", open_ones, own=own)
    kinds = [
        each
        for kind, number in numbers[:_KINDS]
        for words in [kind.replace("-", " ")]
        for each in line(number, f"{words}|{words}", "problem", f"{open_ones}&kind={kind}", own=own)
    ]
    return next(iter(whole), None), kinds
