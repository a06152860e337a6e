"""Which group changes belong to: a request, a task, or a run, whose changes are one group however many processes work on it."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pghistory
from pghistory import runtime

from catalog.models import Run

_RUNS = uuid.UUID("4f0c4b1e-6d0b-4b36-9a55-1f6a5a3f7f5e")


def current_group() -> uuid.UUID | None:
    """The group that changes belong to now; None where nobody has opened one."""
    probe = pghistory.context()
    with probe as value:
        opened_here = value.metadata is probe.metadata
        return None if opened_here else value.id


@contextmanager
def as_a_trial() -> Iterator[None]:
    """Leave what the history says of the request as it is, whatever is said within."""
    with pghistory.context() as value:
        said = dict(value.metadata)
        try:
            yield
        finally:
            value.metadata.clear()
            value.metadata.update(said)


@contextmanager
def by_run(run: Run) -> Iterator[None]:
    """Say of all changes within that this run made them.

    A run that is worked on in turns, by several processes, stays one group: its name follows from the
    run's number. In a request of a person it is the request's group, which then tells of the run too.
    """
    with pghistory.context() as outer:
        if "url" in outer.metadata:
            outer.metadata.update(_said(run))
            yield
            return
        with _named(name_of(run), {**outer.metadata, **_said(run)}):
            yield


@contextmanager
def _named(name: uuid.UUID, said: dict[str, object]) -> Iterator[None]:
    """Give the group of changes within a name of our choice: the package draws one, and has no other way to set it."""
    outer = runtime._tracker.value
    runtime._tracker.value = runtime.Context(id=name, metadata=said)
    try:
        yield
    finally:
        runtime._tracker.value = outer


def name_of(run: Run) -> uuid.UUID:
    """The name of the group that holds what a run changes outside of a person's request."""
    return uuid.uuid5(_RUNS, str(run.pk))


def _said(run: Run) -> dict[str, object]:
    said: dict[str, object] = {"run": run.pk}
    if run.job != Run.Job.TAKE_BACK:  # that is a person's own doing, whoever carries it out
        said["job"] = run.job
    if run.reason:
        said["reason"] = run.reason
    if run.catalogue_id:
        said["catalogue"] = run.catalogue_id
    if run.user_id:
        said["user"] = run.user_id
    return said
