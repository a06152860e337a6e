"""A curator's word on where papers appeared, of what sources suggest."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from catalog.curation.locks import hold_off_imports
from catalog.curation.recording import recorded
from catalog.curation.refusal import Refused
from catalog.curation.saying import say
from catalog.folding import fold
from catalog.models import (
    Act,
    FieldStatement,
    Paper,
    Provenance,
    TitleAlias,
    Venue,
    VenueSuggestion,
)
from catalog.people import venue_named
from catalog.signals import announce_changed_papers


def rows_of_facts(papers: Collection[int]) -> Mapping[type[models.Model], Q]:
    """Every row that holds a fact of these papers' fields, or says whose it is."""
    own = Q(paper__in=list(papers))
    return {
        Paper: Q(pk__in=list(papers)),
        Provenance: own,
        FieldStatement: own,
        TitleAlias: own,
        VenueSuggestion: own,
    }


@transaction.atomic
def accept_venues(suggestions: Iterable[VenueSuggestion], user: AbstractBaseUser) -> Act:
    """Take suggested venues as the curator's word, in one act; venues not met before are made."""
    hold_off_imports()
    keys = [one.pk for one in suggestions]
    rows = list(VenueSuggestion.objects.select_for_update().filter(pk__in=keys).order_by("pk"))
    waiting = [row for row in rows if row.status != VenueSuggestion.Status.ACCEPTED]
    if not waiting:
        raise Refused("This was decided meanwhile.")
    said: dict[int, str] = {}
    for row in waiting:
        if fold(said.setdefault(row.paper_id, row.venue_name)) != fold(row.venue_name):
            raise Refused(
                f"Of one paper both “{said[row.paper_id]}” and “{row.venue_name}” are chosen: accept one of them."
            )
    papers = (
        Paper.objects.select_for_update().order_by("pk").in_bulk({row.paper_id for row in waiting})
    )
    venues = {name: venue_named(name) for name in {row.venue_name for row in waiting}}
    title = _title(waiting, papers)
    subjects = sorted(papers)

    def reached() -> Mapping[type[models.Model], Q]:
        return rows_of_facts(subjects)

    with recorded(Act.Kind.ACCEPT_VENUES, title, subjects, reached, user) as act:
        _appeared(waiting, venues, user)
        decide_venues(_with_those_that_agree(waiting), VenueSuggestion.Status.ACCEPTED, user)
    announce_changed_papers(subjects)
    return act


def _appeared(
    rows: Sequence[VenueSuggestion], venues: Mapping[str, Venue], user: AbstractBaseUser
) -> None:
    """Write where papers appeared, those of one venue, year and distinction together."""
    now = timezone.now()
    columns: dict[int, dict[str, Any]] = {}
    for row in rows:
        own = columns.setdefault(row.paper_id, {})
        own["venue"] = venues[row.venue_name]
        own |= {name: value for name in ("year", "distinction") if (value := getattr(row, name))}
    alike: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for paper, values in columns.items():
        alike[tuple(values.items())].append(paper)
    for pairs, papers in alike.items():
        Paper.objects.filter(pk__in=papers).update(**dict(pairs), updated_at=now)
    for name in ("venue", "year", "distinction"):
        said = {paper: values[name] for paper, values in columns.items() if name in values}
        say(name, {pk: str(one) if name == "venue" else one for pk, one in said.items()}, user)


def _title(rows: list[VenueSuggestion], papers: Mapping[int, Paper]) -> str:
    if len(rows) == 1:
        return f"“{papers[rows[0].paper_id].title}” appeared at {rows[0]}"
    return f"venues of {len(rows):,} papers accepted"


def _with_those_that_agree(accepted: list[VenueSuggestion]) -> list[VenueSuggestion]:
    """What other sources suggest of the same papers is settled with it, where they name the same venue."""
    said = {(row.paper_id, fold(row.venue_name)): row.year for row in accepted}
    others = VenueSuggestion.objects.filter(
        paper__in=[row.paper_id for row in accepted], status=VenueSuggestion.Status.OPEN
    ).exclude(pk__in=[row.pk for row in accepted])
    agreeing = [
        row
        for row in others
        if (key := (row.paper_id, fold(row.venue_name))) in said and row.year in {None, said[key]}
    ]
    return [*accepted, *agreeing]


@transaction.atomic
def reject_venues(suggestions: "models.QuerySet[VenueSuggestion]", user: AbstractBaseUser) -> int:
    """Remember that these are wrong, so that they are not suggested again."""
    waiting = list(suggestions.filter(status=VenueSuggestion.Status.OPEN))
    decide_venues(waiting, VenueSuggestion.Status.REJECTED, user)
    return len(waiting)


@transaction.atomic
def reopen_venues(suggestions: "models.QuerySet[VenueSuggestion]") -> int:
    """Let rejected ones wait again."""
    return suggestions.filter(status=VenueSuggestion.Status.REJECTED).update(
        status=VenueSuggestion.Status.OPEN, decided_at=None, decided_by=None
    )


def decide_venues(
    suggestions: Iterable[VenueSuggestion], status: str, user: AbstractBaseUser
) -> None:
    keys = [one.pk for one in suggestions]
    VenueSuggestion.objects.filter(pk__in=keys).update(
        status=status, decided_at=timezone.now(), decided_by=user.pk
    )
