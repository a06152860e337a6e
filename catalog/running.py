"""The life of a run: what a job that runs alone leaves behind, however it ends."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.utils import timezone

from catalog.folding import one_line
from catalog.models import Run
from catalog.models.upkeep import RunJob

BEGINS_ANEW = "Interrupted; the next run begins anew."


@contextmanager
def running(job: RunJob, reason: str) -> Iterator[Run]:
    """Open a run of a job for the block, which counts in it and writes its message; end it as done, or as failed with the error.

    For whoever holds the lock of the job: a run that is still open belongs to a process that was killed.
    """
    end_orphans(job, BEGINS_ANEW)
    run = Run.objects.create(job=job, reason=reason)
    try:
        yield run
    except Exception as error:
        run.finish(Run.Status.FAILED, one_line(f"{type(error).__name__}: {error}"))
        raise
    run.finish(Run.Status.DONE, run.message)


def end_orphans(job: RunJob, message: str) -> None:
    """End what killed processes have left open. Only whoever holds the lock of the job knows that they were killed."""
    Run.objects.filter(job=job, status=Run.Status.RUNNING).update(
        status=Run.Status.INTERRUPTED, finished_at=timezone.now(), message=message, holder=""
    )
