"""How fresh the catalogue is: for each job its last good run and its next, for each source how it last behaved."""

import json
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from catalog.models import Run, Source, SourceState
from catalog.models.upkeep import RunJob

# Which sources a job asks.
SOURCES = {
    RunJob.ARXIV: [Source.ARXIV],
    RunJob.CANDIDATES: [Source.ARXIV],
    RunJob.GITHUB: [Source.GITHUB],
    RunJob.READMES: [Source.GITHUB],
    RunJob.CITATIONS: [Source.SEMANTIC_SCHOLAR, Source.OPENALEX],
}
_TASKS = {
    RunJob.EMBED: "search.tasks.embed_changed",
    RunJob.IMPORT_LIST: "ingest.tasks.refresh_lists",
    RunJob.GRAPH: "catalog.tasks.measure_graph",
    RunJob.SYSTEMS: "catalog.tasks.find_systems",
    RunJob.DUMP: "catalog.tasks.publish_dump",
    RunJob.MAP: "search.tasks.map_papers",
    RunJob.LINKS: "ingest.tasks.check_links",
    RunJob.DUPLICATES: "catalog.tasks.find_duplicates",
    RunJob.VENUES: "ingest.tasks.suggest_stored_venues",
}
_INGEST = "ingest.tasks.ingest"


@dataclass(frozen=True, slots=True)
class JobState:
    """`good` is the last run that ended well, `last` the last of all; None where there was none.

    `next_at` is when the schedule begins the next run; None when it is not scheduled.
    """

    job: RunJob
    good: Run | None
    last: Run | None
    next_at: datetime | None = None

    @property
    def label(self) -> str:
        return str(self.job.label)

    @property
    def is_failing(self) -> bool:
        """The last run that ended did not end well."""
        return self.last is not None and self.last.status in {
            Run.Status.FAILED,
            Run.Status.REFUSED,
        }

    @property
    def is_running(self) -> bool:
        return self.last is not None and self.last.status == Run.Status.RUNNING

    @property
    def is_interrupted(self) -> bool:
        return self.last is not None and self.last.status == Run.Status.INTERRUPTED

    @property
    def waits_until(self) -> datetime | None:
        """Until when an open run waits because its source asked for it."""
        return self.last.resume_at if self.last and self.is_running else None

    @property
    def is_overdue(self) -> bool:
        return self.next_at is not None and self.next_at <= timezone.now()


@dataclass(frozen=True, slots=True)
class SourceView:
    """A source as readers see it; `state` is None while it was never asked."""

    source: Source
    state: SourceState | None

    @property
    def label(self) -> str:
        return str(self.source.label)

    @property
    def busy_until(self) -> datetime | None:
        return self._coming(self.state.busy_until if self.state else None)

    @property
    def open_until(self) -> datetime | None:
        return self._coming(self.state.open_until if self.state else None)

    @property
    def is_failing(self) -> bool:
        return bool(self.state and self.state.failures)

    @property
    def allowance_resets_at(self) -> datetime | None:
        return self._coming(self.state.allowance_resets_at if self.state else None)

    def _coming(self, moment: datetime | None) -> datetime | None:
        return moment if moment and moment > timezone.now() else None


def freshness() -> list[JobState]:
    """The state of every job that there is, whether or not it ever ran."""
    latest = Run.objects.order_by("job", "-started_at", "-pk").distinct("job")
    last = {run.job: run for run in latest.defer("details")}
    good = {run.job: run for run in latest.filter(status=Run.Status.DONE).defer("details")}
    coming = _next_times()
    return [
        JobState(job, good.get(job.value), last.get(job.value), coming.get(job))
        for job in RunJob
        if job != RunJob.TAKE_BACK  # curators have it done; it brings no data
    ]


def sources() -> list[SourceView]:
    """How every source that a job asks last behaved."""
    states = {state.source: state for state in SourceState.objects.all()}
    asked = dict.fromkeys(source for some in SOURCES.values() for source in some)
    return [SourceView(source, states.get(source.value)) for source in asked]


def _next_times() -> dict[RunJob, datetime]:
    """When the schedule begins each job next; what is due already is due now."""
    now = timezone.now()
    times: dict[RunJob, datetime] = {}
    tasks = PeriodicTask.objects.filter(enabled=True, task__in=[_INGEST, *_TASKS.values()])
    for task in tasks.select_related("interval", "crontab", "solar", "clocked"):
        job = _job(task)
        if job is None:
            continue
        since = task.last_run_at or task.start_time or task.date_changed
        wait = task.schedule.remaining_estimate(since)
        at = max(now, now + wait) if task.last_run_at or not task.start_time else now
        times[job] = min(at, times.get(job, at))
    return times


def _job(task: PeriodicTask) -> RunJob | None:
    if task.task != _INGEST:
        return next((job for job, name in _TASKS.items() if name == task.task), None)
    try:
        return RunJob(json.loads(task.args)[0])
    except (ValueError, IndexError, TypeError, KeyError):
        return None  # a curator's own schedule of something else
