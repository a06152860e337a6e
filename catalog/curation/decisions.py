"""What curators decide on: candidates that jobs propose, and problems that jobs report."""

from collections.abc import Iterable

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from catalog.curation.locks import hold_off_imports
from catalog.curation.papers import write_authors
from catalog.curation.refusal import Refused
from catalog.curation.rows import save_placements
from catalog.known import known_paper
from catalog.models import (
    Candidate,
    Identifier,
    Paper,
    Placement,
    Problem,
    Provenance,
    Source,
    Topic,
)
from catalog.statements import dated, keep_statements


@transaction.atomic
def accept_candidate(
    candidate: Candidate, user: AbstractBaseUser, topic: Topic | None = None
) -> Paper:
    """List a candidate under a topic, the suggested one if none is given; a paper that is known is reused."""
    hold_off_imports()
    status = Candidate.objects.select_for_update().values_list("status", flat=True)
    if status.get(pk=candidate.pk) == Candidate.Status.ACCEPTED:
        raise Refused(f"“{candidate.title}” is accepted already.")
    topic = topic or candidate.suggested_topic
    if topic is None:
        raise Refused(f"“{candidate.title}” has no suggested topic: choose one on its page.")
    if topic.catalogue_id != candidate.catalogue_id:
        raise Refused(f"The topic “{topic.name}” belongs to another catalogue.")
    paper = known_paper(candidate.scheme, candidate.value, candidate.title)
    if paper is None:
        paper = _new_paper(candidate, user)
    else:
        Identifier.objects.get_or_create(
            scheme=candidate.scheme, value=candidate.value, defaults={"paper": paper}
        )
    save_placements(paper, [Placement(topic=topic)])
    candidate.paper = paper
    _decide(candidate, Candidate.Status.ACCEPTED, user)
    return paper


def _new_paper(candidate: Candidate, user: AbstractBaseUser) -> Paper:
    day = candidate.published_on
    paper = Paper.objects.create(
        title=candidate.title,
        abstract=candidate.abstract,
        year=day.year if day else None,
        published_on=day,
        published_precision=Paper.Precision.DAY if day else "",
    )
    Identifier.objects.create(paper=paper, scheme=candidate.scheme, value=candidate.value)
    write_authors(paper, candidate.authors)
    _note_source(paper, candidate, user)
    return paper


def _note_source(paper: Paper, candidate: Candidate, user: AbstractBaseUser) -> None:
    """The curator accepted the paper, not its facts: they stay open to what better sources say."""
    source = candidate.scheme if candidate.scheme in Source.values else Source.DERIVED
    facts = {
        "title": candidate.title,
        "abstract": candidate.abstract,
        "authors": candidate.authors,
        "year": candidate.published_on,
        "published_on": candidate.published_on,
    }
    said = {name: value for name, value in facts.items() if name != "year"}
    said |= {"year": day.year if (day := candidate.published_on) else None}
    said["published_on"] = dated(candidate.published_on, Paper.Precision.DAY)
    keep_statements(source, {paper.pk: said})
    detail = f"candidate accepted by {user.get_username()}"[:200]
    Provenance.objects.bulk_create(
        Provenance(paper=paper, field=name, source=source, detail=detail)
        for name, value in facts.items()
        if value
    )


@transaction.atomic
def reject_candidates(candidates: Iterable[Candidate], user: AbstractBaseUser) -> int:
    """Remember that these are not wanted, so that no job proposes them again; return how many waited still."""
    keys = [candidate.pk for candidate in candidates]
    waiting = Candidate.objects.select_for_update().filter(pk__in=keys)
    rows = list(waiting.filter(status=Candidate.Status.OPEN).order_by("pk"))
    for row in rows:
        _decide(row, Candidate.Status.REJECTED, user)
    return len(rows)


def _decide(candidate: Candidate, status: str, user: AbstractBaseUser) -> None:
    candidate.status, candidate.decided_at = status, timezone.now()
    candidate.decided_by_id = user.pk
    candidate.save()


@transaction.atomic
def decide_problems(problems: QuerySet[Problem], status: str, user: AbstractBaseUser) -> int:
    """Resolve, ignore or reopen problems; return how many were changed."""
    hold_off_imports()
    reopened = status == Problem.Status.OPEN
    return problems.exclude(status=status).update(
        status=status,
        decided_at=None if reopened else timezone.now(),
        decided_by=None if reopened else user.pk,
    )
