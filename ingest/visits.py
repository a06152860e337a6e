"""What is due: which things a source has not been asked about yet, or not for the longest time."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from catalog.models import Source
from ingest.models import Visit, VisitOutcome


@dataclass(frozen=True, slots=True)
class Scope:
    """What a run that began at `began` is to ask about: all that was not visited since `before`, of one paper or of all.

    A visit that failed is no visit for the next run, unless `rests` has not passed since.
    """

    before: datetime
    began: datetime
    paper: int | None = None
    rests: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Seen:
    """What came of asking about one thing."""

    outcome: VisitOutcome = VisitOutcome.FOUND
    reason: str = ""
    etag: str = ""


def due(
    things: QuerySet[Any], source: Source, kind: str, scope: Scope, limit: int | None = None
) -> list[int]:
    """Return keys of the things to ask about next: those never asked about first, then the longest ago."""
    waiting = _waiting(things, source, kind, scope)
    ordered = waiting.order_by(F("visited").asc(nulls_first=True), "pk")
    return list(ordered.values_list("pk", flat=True)[:limit])


def count_due(things: QuerySet[Any], source: Source, kind: str, scope: Scope) -> int:
    return _waiting(things, source, kind, scope).count()


def _waiting(things: QuerySet[Any], source: Source, kind: str, scope: Scope) -> QuerySet[Any]:
    visits = Visit.objects.filter(source=source, kind=kind)
    visited = visits.filter(subject=OuterRef("pk")).values("visited_at")[:1]
    failed = visits.filter(
        outcome=VisitOutcome.FAILED, visited_at__lt=scope.began - scope.rests
    ).values("subject")
    set_aside = visits.filter(outcome=VisitOutcome.SET_ASIDE).values("subject")
    waiting: QuerySet[Any] = (
        things.order_by()
        .annotate(visited=Subquery(visited))
        .filter(Q(visited=None) | Q(visited__lt=scope.before) | Q(pk__in=failed))
        .exclude(pk__in=set_aside)
    )
    return waiting


def set_aside(source: Source, kind: str, subjects: Iterable[int], reason: str) -> None:
    """Ask about these no more until somebody takes the visits away."""
    record(
        source,
        kind,
        {subject: Seen(VisitOutcome.SET_ASIDE, reason) for subject in subjects},
    )


def record(source: Source, kind: str, seen: Mapping[int, Seen]) -> None:
    now = timezone.now()
    Visit.objects.bulk_create(
        [
            Visit(
                source=source,
                kind=kind,
                subject=subject,
                visited_at=now,
                outcome=one.outcome,
                etag=one.etag[:200],
                reason=one.reason[:500],
            )
            for subject, one in sorted(seen.items())
        ],
        update_conflicts=True,
        unique_fields=["source", "kind", "subject"],
        update_fields=["visited_at", "outcome", "etag", "reason"],
    )
