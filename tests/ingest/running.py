"""Running a job in a test, as the command does."""

from typing import Any

from catalog.models import Run
from catalog.models.upkeep import RunJob
from ingest import runs
from ingest.jobs import parts_of


def run_job(job: str, **options: Any) -> Run:
    """Run a job to its end and return its run."""
    run = runs.start(RunJob(job), "test", **options)
    assert runs.work(run, parts_of(RunJob(job)), runs.Manner(patience=2, insistent=True))
    run.refresh_from_db()
    return run


def counts(run: Run) -> dict[str, int]:
    """The counts of a run that are not 0."""
    names = ("new", "changed", "same", "skipped", "failed")
    return {name: getattr(run, name) for name in names if getattr(run, name)}
