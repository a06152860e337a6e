"""Taking a group of changes back, in one transaction; the changes that this makes are a group like any other."""

import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

import pghistory
from django.db import OperationalError, connection, transaction
from pghistory.models import Context
from psycopg import errors

from catalog import curation
from catalog.history.carrying_out import Progress, Undoing
from catalog.history.contexts import as_a_trial
from catalog.history.plan import Obstacle, UndoPlan, plan_undo
from catalog.history.tables import Model
from catalog.models import Run

# More rows than this are not tried out while somebody waits for a page: a job does, and carries it out.
LARGE = 5_000
_PATIENCE_MS = 5_000  # that a page waits for those who write the same rows
_GAVE_WAY = (errors.QueryCanceled, errors.LockNotAvailable, errors.DeadlockDetected)


class _TriedOut(Exception):
    """Ends a trial: everything goes back."""


class Outdated(Exception):
    """The plan is no longer the one that was looked at."""


class Unforeseen(Exception):
    """Some rows find their places taken, and nobody has agreed to leave those as they are: nothing was done."""

    def __init__(self, done: "Undone") -> None:
        self.done = done
        super().__init__()


@dataclass(slots=True)
class Undone:
    """What taking back did, or would do. `refused`: rows whose places turned out to be taken."""

    plan: UndoPlan
    digest: str
    refused: list[Obstacle] = field(default_factory=list)
    unlisted: set[int] = field(default_factory=set)
    refusal: str = ""  # why nothing of it can be done
    was_tried: bool = True

    @property
    def obstacles(self) -> list[Obstacle]:
        """All that stays as it is."""
        return [*self.plan.obstacles, *self.refused]

    @property
    def is_large(self) -> bool:
        return self.plan.size() > LARGE


def preview(
    group: uuid.UUID, only: tuple[Model, int] | None = None, *, for_good: bool = False
) -> Undone:
    """What taking a group back would do: it is tried out, and nothing of it stays. What is large is left to a job."""
    plan = plan_undo(group, only, for_good=for_good)
    if refusal := _still_at_work(group):
        return Undone(plan, plan.digest(), refusal=refusal)
    shown = Undone(plan, plan.digest(), was_tried=False)
    if shown.is_large or not plan:
        return shown
    undoing = Undoing(plan, only, None, for_good)
    try:
        with transaction.atomic(), as_a_trial():
            _wait_a_little()
            undoing.carry_out()
            raise _TriedOut
    except _TriedOut:
        pass
    except curation.Refused as error:
        shown.refusal = str(error)
        return shown
    except OperationalError as error:
        if not isinstance(error.__cause__, _GAVE_WAY):
            raise
        return shown  # others are writing: what cannot go back is told when it is tried in earnest
    return Undone(plan, shown.digest, undoing.refused, undoing.unlisted)


@transaction.atomic
def take_back(
    group: uuid.UUID,
    user: Any = None,
    *,
    only: tuple[Model, int] | None = None,
    for_good: bool = False,
    digest: str | None = None,
    why: str = "",
    why_not: Callable[[UndoPlan], str] | None = None,
    agreed: Collection[tuple[str, int]] | None = None,
    progress: Progress | None = None,
) -> Undone:
    """Take a group of changes back, as far as nobody has changed the same since.

    With `for_good`, what it brought is remembered as taken away by a curator, so that no import brings it again. `digest`
    names the plan that was looked at: Outdated is raised when there is another by now. `why_not` says of the plan why it
    must not be. `agreed` names rows that may be left where they are: Unforeseen is raised when there are more.
    Raises Refused where a merge cannot be taken back.
    """
    curation.hold_off_imports()
    _one_at_a_time()
    plan = plan_undo(group, only)
    if digest is not None and plan.digest() != digest:
        raise Outdated
    if for_good:
        plan = plan_undo(group, only, for_good=True)
    if refusal := _still_at_work(group):
        raise curation.Refused(refusal)
    if why_not and (reason := why_not(plan)):
        raise curation.Refused(reason)
    curation.note_act("took changes back", why)
    if only is None:
        pghistory.context(undoes=str(group))
    undoing = Undoing(plan, only, user, for_good, progress)
    undoing.carry_out()
    done = Undone(plan, plan.digest(), undoing.refused, undoing.unlisted)
    if agreed is not None and {(one.label, one.key) for one in undoing.refused} - set(agreed):
        raise Unforeseen(done)
    return done


def _still_at_work(group: uuid.UUID) -> str:
    """Why a run cannot be taken back yet: what it does next would be done to nothing."""
    context = Context.objects.filter(pk=group).first()
    run = context.metadata.get("run") if context else None
    if run and Run.objects.filter(pk=run, status=Run.Status.RUNNING).exists():
        return "The run that did this is still at work: let it end first, or end it on the page of runs."
    return ""


def _one_at_a_time() -> None:
    """Two people who take the same back do so one after the other: the second finds nothing left to do."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('stemma:undo', 0))")


def _wait_a_little() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = {_PATIENCE_MS}")
