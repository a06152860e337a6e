"""Taking back what is large: a job tries it out and carries it out, while the page shows how far it is.

It is one transaction: a job that is killed leaves everything as it was, and can be sent again.
"""

import logging
import uuid
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from celery import current_app
from django.core.cache import cache
from django.db import connection
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from catalog import curation
from catalog.history import undo
from catalog.history.contexts import by_run
from catalog.history.plan import Obstacle
from catalog.history.rights import why_not
from catalog.models import Run
from catalog.models.upkeep import RunStatus

logger = logging.getLogger(__name__)

TASK = "catalog.tasks.take_back"
_KEPT = 3600  # seconds that the cache knows how far a job is
_MOST_NAMED = 500
_CHANGED = "Something was changed since the page was shown: nothing was taken back."


def ask(
    group: uuid.UUID,
    user: Any,
    *,
    for_good: bool,
    digest: str,
    why: str,
    agreed: Collection[tuple[str, int]] = (),
) -> Run:
    """Note that a group is to be taken back by a job; `send` it after the commit."""
    details = {
        "group": str(group),
        "for_good": for_good,
        "digest": digest,
        "why": why,
        "agreed": [list(one) for one in agreed],
    }
    return Run.objects.create(
        job=Run.Job.TAKE_BACK, reason=why[:200], user_id=user.pk, details=details
    )


def send(run: Run) -> bool:
    """Have a worker do it; False when the broker cannot be reached. Sent twice, it is done once."""
    try:
        current_app.send_task(TASK, [run.pk])
    except OperationalError as error:
        logger.warning("taking back run=%s not sent: %s", run.pk, error)
        return False
    return True


def carry_out(pk: int) -> None:
    """Do what a run asks for, unless it is done or another worker is at it."""
    with _held(pk) as is_mine:
        run = Run.objects.filter(pk=pk, status=Run.Status.RUNNING, job=Run.Job.TAKE_BACK).first()
        if run is None or not is_mine:
            return
        try:
            with by_run(run):
                done = _take_back(run)
        except undo.Outdated:
            _finish(run, Run.Status.REFUSED, _CHANGED)
        except undo.Unforeseen as error:
            _finish(run, Run.Status.REFUSED, _unforeseen_words(error.done), error.done)
        except curation.Refused as error:
            _finish(run, Run.Status.REFUSED, f"Nothing was taken back. {error}")
        except Exception as error:
            text = f"Nothing was taken back. {type(error).__name__}: {error}"
            _finish(run, Run.Status.FAILED, text[:2000])
            raise
        else:
            _finish(run, Run.Status.DONE, words(done), done)
        finally:
            with suppress(RedisError):
                cache.delete(_key(pk))


def _take_back(run: Run) -> undo.Undone:
    asked = run.details
    return undo.take_back(
        uuid.UUID(asked["group"]),
        run.user,
        for_good=asked["for_good"],
        digest=asked["digest"],
        why=asked["why"],
        why_not=lambda plan: why_not(run.user, plan) if run.user else "Whoever asked is gone.",
        agreed={(label, key) for label, key in asked["agreed"]},
        progress=lambda done, total: _note_progress(run, done, total),
    )


def words(done: undo.Undone) -> str:
    """What became of it, in a line or two."""
    size, left = done.plan.size(), len(done.obstacles)
    text = f"Taken back: {size:,} row{'' if size == 1 else 's'}."
    if left:
        text += f" {left:,} stayed as {'it is' if left == 1 else 'they are'}."
    return text


def _unforeseen_words(done: undo.Undone) -> str:
    number = len(done.refused)
    rows = "a row finds its place" if number == 1 else f"{number:,} rows find their places"
    return f"Tried out, and nothing was taken back: {rows} taken by now."


def _finish(run: Run, status: RunStatus, message: str, done: undo.Undone | None = None) -> None:
    if done:
        run.left = len(done.obstacles)
        run.details |= {"left": [_packed(one) for one in done.obstacles[:_MOST_NAMED]]}
        run.details |= {"refused": [[one.label, one.key] for one in done.refused]}
        if status == Run.Status.DONE:
            run.changed = done.plan.size()
    run.finish(status, message)


def _packed(one: Obstacle) -> dict[str, str]:
    return {"noun": one.noun, "about": one.about, "why": one.why, "who": one.who}


# How far it is


def progress_of(run: Run) -> tuple[int, int]:
    """How many rows of how many are done; nothing is known before the first, nor while the cache is away."""
    done, total = 0, 0
    with suppress(RedisError):
        done, total = cache.get(_key(run.pk)) or (0, 0)
    return done, total


def _note_progress(run: Run, done: int, total: int) -> None:
    with suppress(RedisError):  # nobody sees how far it is; it goes on
        cache.set(_key(run.pk), (done, total), _KEPT)


def is_at_work(run: Run) -> bool:
    """Whether a worker is at it at this moment."""
    with connection.cursor() as cursor:
        cursor.execute(_IS_HELD, [_lock(run.pk)])
        row = cursor.fetchone()
        return bool(row and row[0])


# A look that takes no lock: a worker that comes at the same moment must find it free.
_IS_HELD = """
SELECT EXISTS (
    SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND ((classid::bigint << 32) | objid::bigint) = hashtextextended(%s, 0)
)
"""


def _lock(pk: int) -> str:
    return f"stemma:take-back:{pk}"


def _key(pk: int) -> str:
    return f"take-back:{pk}"


@contextmanager
def _held(pk: int) -> Iterator[bool]:
    """Hold the lock of a run, if nobody else does."""
    name = [_lock(pk)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", name)
        row = cursor.fetchone()
        got = bool(row and row[0])
        try:
            yield got
        finally:
            if got:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", name)
