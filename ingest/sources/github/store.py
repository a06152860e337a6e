"""Storing what GitHub said: facts, the day's stars, names, and what is gone."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC
from typing import Any

from django.db.models import Q
from django.utils import timezone

from catalog.models import PaperRepository, Problem, Repository, StarCount
from catalog.models.upkeep import RunJob
from catalog.signals import announce_changed_papers
from ingest.models import VisitOutcome
from ingest.parts import Stored, Tally
from ingest.problems import Doubt, report_doubts
from ingest.sources.github.record import (
    Failed,
    Found,
    Gone,
    Outcome,
    RepositoryRecord,
    Unchanged,
)
from ingest.sources.github.renames import Settled, settle
from ingest.visits import Seen

REPLACED = "repository-replaced"
_FACTS = [
    "host_id", "forks", "licence", "is_archived", "description", "topics", "pushed_at", "default_branch",
    "stars", "stars_on", "gone_at", "gone_reason",
]  # fmt: skip


def store_outcomes(outcomes: Mapping[int, Outcome]) -> Stored:
    """Write what came of asking about repositories, by their keys; runs in a transaction."""
    return _Storing(outcomes).store()


class _Storing:
    def __init__(self, outcomes: Mapping[int, Outcome]) -> None:
        self.now = timezone.now()
        self.today = self.now.astimezone(UTC).date()
        self.rows = Repository.objects.in_bulk(list(outcomes))
        self.outcomes = {pk: one for pk, one in outcomes.items() if pk in self.rows}
        self.seen: dict[int, Seen] = {}
        self.counts: Counter[str] = Counter()
        self.changed: dict[int, Repository] = {}  # rows to write
        self.stars: dict[int, int] = {}  # today's, by repository
        self.replaced: dict[int, RepositoryRecord] = {}

    def store(self) -> Stored:
        found = self._believable()
        settled = settle(self.rows, {pk: one.record for pk, one in found.items()})
        for pk, outcome in found.items():
            self._found(pk, outcome, settled)
        for pk, other in self.outcomes.items():
            if pk in found or pk in self.replaced:
                continue
            if pk in settled.joined:
                self._joined(pk, settled)
            else:
                self._not_found(self.rows[pk], other)
        Repository.objects.bulk_update(self.changed.values(), _FACTS)
        self._count_stars()
        problems = self._doubts(found, settled)
        announce_changed_papers(_papers(settled.renamed))
        return Stored(Tally(**self.counts, problems=problems), self.seen)

    def _believable(self) -> dict[int, Found]:
        """Leave out the repositories whose name is another's by now: its facts are not theirs."""
        found = {}
        for pk, outcome in self.outcomes.items():
            if not isinstance(outcome, Found):
                continue
            number, told = self.rows[pk].host_id, outcome.record.host_id
            if number and told and number != told:
                self.replaced[pk] = outcome.record
                self.seen[pk] = Seen(reason=_replaced(self.rows[pk], outcome.record))
                self.counts["skipped"] += 1
            else:
                found[pk] = outcome
        return found

    def _found(self, pk: int, outcome: Found, settled: Settled) -> None:
        row, record = settled.rows[pk], outcome.record
        is_first = row.stars_on is None
        changed = self._take(row, record) or row.pk in settled.renamed
        self.counts["new" if is_first else "changed" if changed else "same"] += 1
        if pk not in settled.merged:
            # Who waits for a name must hear it again: "nothing has changed" would not say it.
            etag = "" if pk in settled.held_back else outcome.etag
            self.seen[pk] = Seen(VisitOutcome.FOUND, etag=etag)

    def _take(self, row: Repository, record: RepositoryRecord) -> bool:
        """Give a row its facts of today; return whether any is another than before."""
        facts: dict[str, Any] = {
            "host_id": record.host_id or row.host_id,
            "forks": record.forks,
            "licence": record.licence,
            "is_archived": record.is_archived,
            "description": record.description,
            "topics": list(record.topics),
            "pushed_at": record.pushed_at,
            "default_branch": record.default_branch,
            "stars": record.stars,
            "gone_at": None,
            "gone_reason": "",
        }
        changed = self._set(row, facts)
        self._starred(row)
        return changed

    def _set(self, row: Repository, values: Mapping[str, Any]) -> bool:
        new = {name: value for name, value in values.items() if getattr(row, name) != value}
        for name, value in new.items():
            setattr(row, name, value)
        if new:
            self.changed[row.pk] = row
        return bool(new)

    def _starred(self, row: Repository) -> None:
        if row.stars is not None:
            self._set(row, {"stars_on": self.today})
            self.stars[row.pk] = row.stars

    def _joined(self, pk: int, settled: Settled) -> None:
        """It got no good answer of its own, but proved to be the same as one that did."""
        self.counts["changed"] += 1
        if pk not in settled.merged:
            self.seen[pk] = Seen(VisitOutcome.FOUND)

    def _not_found(self, row: Repository, outcome: Outcome) -> None:
        match outcome:
            case Unchanged():
                self._starred(row)
                self.counts["same"] += 1
                self.seen[row.pk] = Seen(VisitOutcome.FOUND, etag=outcome.etag)
            case Gone():
                since = {"gone_at": row.gone_at or self.now, "gone_reason": str(outcome.reason)}
                self.counts["changed" if self._set(row, since) else "skipped"] += 1
                self.seen[row.pk] = Seen(VisitOutcome.MISSING, str(outcome.reason.label))
            case Failed():
                self.counts["failed"] += 1
                self.seen[row.pk] = Seen(VisitOutcome.FAILED, outcome.reason)

    def _count_stars(self) -> None:
        """One count a day: a later one of the same day takes the place of the earlier."""
        known = {
            count.repository_id: count
            for count in StarCount.objects.filter(date=self.today, repository__in=self.stars)
        }
        StarCount.objects.bulk_create(
            StarCount(repository_id=pk, date=self.today, stars=stars)
            for pk, stars in self.stars.items()
            if pk not in known
        )
        others = [count for pk, count in known.items() if count.stars != self.stars[pk]]
        for count in others:
            count.stars = self.stars[count.repository_id]
        StarCount.objects.bulk_update(others, ["stars"])

    # Doubts

    def _doubts(self, found: Collection[int], settled: Settled) -> int:
        """Tell a curator which names are another repository's by now; those that are not any more are over."""
        if self.replaced:
            papers = _papers_by_repository(self.replaced)
            doubts = [
                _doubt(next(iter(papers.get(pk, [])), None), pk, _replaced(self.rows[pk], record))
                for pk, record in self.replaced.items()
            ]
            fresh = report_doubts(RunJob.GITHUB, doubts, [])
        else:
            fresh = 0
        reported = Problem.objects.open().filter(job=RunJob.GITHUB, kind=REPLACED)
        if found and reported.exists():
            now = {pk: settled.rows[pk].pk for pk in found}
            papers = _papers_by_repository(now.values())
            over = [
                _doubt(paper, pk, "").fingerprint
                for pk, present in now.items()
                for paper in papers.get(present, [])
            ]
            reported.filter(fingerprint__in=over).update(status=Problem.Status.GONE)
        return fresh


def _doubt(paper: int | None, pk: int, message: str) -> Doubt:
    return Doubt(paper, REPLACED, message, key=f"repository {pk}")


def _replaced(row: Repository, record: RepositoryRecord) -> str:
    return (
        f"{row.full_name} is another repository than before on GitHub (number {record.host_id}, before {row.host_id}): "
        "its stars were not taken. If it is the paper's, clear the numeric id of the repository here."
    )


def _papers(repositories: Iterable[int]) -> set[int]:
    return {paper for papers in _papers_by_repository(repositories).values() for paper in papers}


def _papers_by_repository(repositories: Iterable[int]) -> dict[int, list[int]]:
    """Return the papers that use each repository now, for its code or for its stars."""
    wanted = set(repositories)
    if not wanted:
        return {}
    found: dict[int, list[int]] = {}
    uses = Q(repository__in=wanted) | Q(badge_repository__in=wanted)
    links = PaperRepository.objects.current().filter(uses).order_by("pk")
    for paper, *used in links.values_list("paper", "repository", "badge_repository"):
        for pk in wanted.intersection(used):
            found.setdefault(pk, []).append(paper)
    return found
