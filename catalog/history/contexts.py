"""Who is at it while a job writes: all that one run changes is one group of changes."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pghistory
from pghistory import runtime

from catalog.models import Run

_RUNS = uuid.UUID("4f0c4b1e-6d0b-4b36-9a55-1f6a5a3f7f5e")


@contextmanager
def by_run(run: Run) -> Iterator[None]:
    """Say of all changes within that this run made them.

    A run that is worked on in turns, by several processes, stays one group: its name follows from the
    run's number. In a request of a person it is the request's group, which then tells of the run too.
    """
    said = _said(run)
    with pghistory.context(**said) as outer:
        if "url" in outer.metadata:
            yield
            return
        runtime._tracker.value = runtime.Context(id=name_of(run), metadata={**outer.metadata})
        try:
            yield
        finally:
            runtime._tracker.value = outer


def name_of(run: Run) -> uuid.UUID:
    """The name of the group that holds what a run changes outside of a person's request."""
    return uuid.uuid5(_RUNS, str(run.pk))


def _said(run: Run) -> dict[str, object]:
    said: dict[str, object] = {"run": run.pk, "job": run.job}
    if run.reason:
        said["reason"] = run.reason
    if run.catalogue_id:
        said["catalogue"] = run.catalogue_id
    if run.user_id:
        said["user"] = run.user_id
    return said
