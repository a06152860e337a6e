"""The ingestion jobs: which sources each asks, how old its knowledge may grow, and how a run of it is begun and done."""

import time
from datetime import timedelta

from django.utils import timezone

from catalog.models import Run
from catalog.models.upkeep import RunJob
from ingest import runs
from ingest.parts import Part

JOBS = (RunJob.ARXIV, RunJob.CANDIDATES, RunJob.GITHUB, RunJob.CITATIONS, RunJob.READMES)
# How long what a source said is good for a scheduled run. What was never asked about is always due.
GOOD_FOR = {
    RunJob.ARXIV: timedelta(days=7),
    RunJob.CANDIDATES: timedelta(hours=12),
    RunJob.GITHUB: timedelta(hours=20),
    RunJob.CITATIONS: timedelta(days=7),
    RunJob.READMES: timedelta(days=30),
}
_TRY_AGAIN = timedelta(minutes=10)  # after a scheduled run that failed
_SLICE = 10.0  # seconds that one job has while others wait
_TURN = 60.0  # seconds after which the worker is left to other tasks


def parts_of(job: RunJob) -> list[Part]:
    """Return a job's parts. Their modules are loaded when a run wants them, not by every process that serves pages."""
    match job:
        case RunJob.ARXIV:
            from ingest.sources.arxiv import Metadata

            return [Metadata()]
        case RunJob.CANDIDATES:
            from ingest.sources.arxiv_search import Harvest

            return [Harvest()]
        case RunJob.GITHUB:
            from ingest.sources.github import Repositories

            return [Repositories()]
        case RunJob.CITATIONS:
            from ingest.sources import openalex, semantic_scholar

            return [semantic_scholar.Citations(), openalex.Citations()]
        case RunJob.READMES:
            from ingest.sources.github.readmes import Readmes

            return [Readmes()]
    raise ValueError(f"{job} asks no source")


def start_scheduled(job: RunJob, reason: str = "schedule") -> Run | None:
    """Open a run of a job unless one is open or nothing is due."""
    open_runs = Run.objects.filter(job=job, status=Run.Status.RUNNING, details__scheduled=True)
    if open_runs.exists():
        return None
    run = runs.start(job, reason, older_than=GOOD_FOR[job], scheduled=True)
    scope = runs.scope_of(run)
    if not any(part.count(scope) for part in parts_of(job)):
        run.delete()
        return None
    return run


def work_in_turn(turn: float = _TURN) -> None:
    """Work on all open runs, each for a slice at a time, until none has anything left or the turn is over.

    Called every few seconds: it is what begins, goes on after a kill or a restart, and tries again what failed.
    """
    end = time.monotonic() + turn
    runs.close_orphans()
    _try_again()
    waiting = _open_runs()
    while waiting and time.monotonic() < end:
        run = waiting.pop(0)
        manner = runs.Manner(until=min(end, time.monotonic() + _SLICE))
        try:
            finished = runs.work(run, parts_of(RunJob(run.job)), manner)
        except runs.Busy:
            continue
        run.refresh_from_db()
        if not finished and run.resume_at is None:
            waiting.append(run)


def _open_runs() -> list[Run]:
    now = timezone.now()
    return [
        run
        for run in Run.objects.filter(
            status=Run.Status.RUNNING, job__in=JOBS, details__scheduled=True
        ).order_by("started_at")
        if run.resume_at is None or run.resume_at <= now
    ]


def _try_again() -> None:
    """Open a new run for each job whose last scheduled one failed, once its source may be asked again."""
    for job in JOBS:
        last = Run.objects.filter(job=job, details__scheduled=True).first()
        if last is None or last.status != Run.Status.FAILED or last.finished_at is None:
            continue
        failed = set(last.details.get("failures", {}))
        sources = [part.source for part in parts_of(job) if str(part.source) in failed]
        rested = timezone.now() - last.finished_at > _TRY_AGAIN
        if sources and rested and all(runs.may_try_again(source) for source in sources):
            start_scheduled(job, "tried again after a failure")
