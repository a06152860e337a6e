"""How fresh the catalogue is: for each job its last good run, and what it last met."""

from dataclasses import dataclass

from catalog.models import Run
from catalog.models.upkeep import RunJob


@dataclass(frozen=True, slots=True)
class JobState:
    """`good` is the last run that ended well, `last` the last of all; None where there was none."""

    job: RunJob
    good: Run | None
    last: Run | None

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


def freshness() -> list[JobState]:
    """The state of every job that there is, whether or not it ever ran."""
    latest = Run.objects.order_by("job", "-started_at", "-pk").distinct("job")
    last = {run.job: run for run in latest.defer("details", "message")}
    good = {run.job: run for run in latest.filter(status=Run.Status.DONE).defer("details")}
    return [JobState(job, good.get(job.value), last.get(job.value)) for job in RunJob]
