"""Runs: a job is done in batches, each fetched, then stored in one transaction together with how far the run is.

Who works on a job holds a lock of its database session. The lock ends with the process, so a killed one is followed at
once, and every batch is stored over the session that holds it, so nobody who has lost it can write. What a run has done
is what has been visited since it began: there is no other cursor that could be wrong.
"""

import logging
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from catalog.curation.locks import hold_off_curators
from catalog.history.contexts import by_run
from catalog.models import Run, Source, SourceState
from catalog.models.upkeep import RunJob
from ingest import visits
from ingest.http import SourceBusy, SourceClient, SourceError, SourceRefused, circuit
from ingest.models import Visit, VisitOutcome
from ingest.parts import Part, Stored, Tally, UsedUp
from ingest.problems import Doubt, report_doubts
from ingest.processes import has_ended, is_alive, this_process
from ingest.visits import Scope, Seen

logger = logging.getLogger(__name__)

SET_ASIDE_AFTER = 3  # deaths of a worker at one thing
OUR_OWN_ERROR = "An error of Stemma's own; its log says more."  # readers see this
_SUSPICIOUS = 2  # deaths at the same batch
_DATABASE_PATIENCE = 120  # seconds to wait for a database that restarts
# Refusals that can be the fault of one thing in the question; the others mean all that we ask.
_OF_ONE_THING = frozenset({400, 413, 414, 422})
_MOST_REFUSALS = 5
_FORGOTTEN = timedelta(days=1)
_RESTS = timedelta(
    hours=6
)  # what a source refused, while the rest went well, is not asked about each hour
_LOST = (OperationalError, InterfaceError)


class Busy(Exception):
    """Another process is at this job."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How a run is worked on. `until` is a moment of time.monotonic at which to leave the rest to the next turn."""

    patience: float = 10
    insistent: bool = False
    until: float = float("inf")
    progress: Callable[[int, int], None] | None = None  # told how many of how many are done

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self.until


def start(
    job: RunJob,
    reason: str,
    *,
    limit: int | None = None,
    paper: int | None = None,
    older_than: timedelta = timedelta(0),
    scheduled: bool = False,
    holder: str = "",
) -> Run:
    """Open a run that asks about everything last visited longer ago than `older_than`."""
    before = timezone.now() - older_than
    details = {"limit": limit, "paper": paper, "before": before.isoformat(), "scheduled": scheduled}
    return Run.objects.create(job=job, reason=reason[:200], details=details, holder=holder)


def scope_of(run: Run) -> Scope:
    before = datetime.fromisoformat(run.details["before"])
    rests = _RESTS if run.details["scheduled"] else timedelta(0)
    return Scope(before, run.started_at, run.details["paper"], rests)


@contextmanager
def hold(job: str) -> Iterator[None]:
    """Be the only one at a job, as long as this database session lives; raise Busy when another is."""
    if not _try_lock(job):
        raise Busy(f"another process is at the job “{RunJob(job).label}”")
    try:
        yield
    finally:
        with suppress(*_LOST), connection.cursor() as cursor:
            cursor.execute(f"SELECT pg_advisory_unlock({_KEY})", [f"stemma:job:{job}"])


_KEY = "hashtextextended(%s, 0)"


def _try_lock(job: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_try_advisory_lock({_KEY})", [f"stemma:job:{job}"])
        return bool(cursor.fetchone()[0])


def work(run: Run, parts: list[Part], manner: Manner) -> bool:
    """Work on a run until it is finished (True) or the manner says that it is enough for now.

    Raises Busy when another process is at the job. A database that restarts is waited for, and the batch done again.
    """
    waited = 0.0
    while True:
        try:
            with hold(run.job), by_run(run):
                return _Worker(run, parts, manner).work()
        except _LOST as error:
            if waited > _DATABASE_PATIENCE:
                raise
            logger.warning("job=%s lost the database, waits for it: %s", run.job, error)
            connection.close()
            time.sleep(1)
            waited += 1
        except Busy:
            if not waited:
                raise
            time.sleep(1)  # the server has not noticed yet that our old session is gone
            waited += 1
            if waited > _DATABASE_PATIENCE:
                raise


def whoami(kind: str = "worker") -> str:
    """Name this process: a command's end is a person's wish, a worker's may be the batch's fault."""
    return f"{kind} {this_process()}"


def is_dead(run: Run) -> bool:
    """Whether the process that was at a run has ended, as far as it can be told from this machine."""
    return has_ended(_process_of(run))


def _process_of(run: Run) -> str:
    return run.holder.partition(" ")[2]


def interrupt(run: Run) -> None:
    """End a run that a person broke off, or whose command was killed: the same command goes on from there."""
    changed = Run.objects.filter(pk=run.pk, status=Run.Status.RUNNING)
    changed.update(
        status=Run.Status.INTERRUPTED,
        finished_at=timezone.now(),
        message="Interrupted; the same command goes on from there.",
        holder="",
    )


def take_up(run: Run) -> bool:
    """Make an interrupted run one that runs again, by this process; False when it is too old or another took it up."""
    ended = Run.objects.filter(
        pk=run.pk,
        status=Run.Status.INTERRUPTED,
        started_at__gt=timezone.now() - _FORGOTTEN,
    )
    taken = ended.update(
        status=Run.Status.RUNNING, finished_at=None, message="", holder=whoami("command")
    )
    return bool(taken)


def close_orphans() -> None:
    """End the runs of killed commands: no page shall call them running."""
    running = Run.objects.filter(status=Run.Status.RUNNING, details__has_key="scheduled")
    for run in running.exclude(details__scheduled=True):
        if is_dead(run) or run.started_at < timezone.now() - _FORGOTTEN:
            interrupt(run)


class _Worker:
    """Works on one run while it holds the job's lock."""

    def __init__(self, run: Run, parts: list[Part], manner: Manner) -> None:
        self.run = run
        self.parts = parts
        self.manner = manner
        run.refresh_from_db()
        self.scope = scope_of(run)
        self.session = _session()
        self.refusals = 0  # in a row, each of a single thing
        self.stored: set[int] = set()  # things of the batch under way that are stored

    def work(self) -> bool:
        """Work on each part in turn; what one source lets wait holds up none of the others."""
        run = self.run
        if run.status != Run.Status.RUNNING:
            return True
        self._bury()
        run.holder = whoami("command" if self.manner.insistent else "worker")
        run.resume_at = None
        run.save(update_fields=["holder", "resume_at"])
        try:
            self._begin()
            wishes = []
            for part in self.parts:
                try:
                    if not self._work_on(part):
                        return False
                except SourceBusy as wish:
                    wishes.append(wish)
            return self._park(wishes) if wishes else self._finish()
        except _LOST:
            raise
        except Exception as error:
            self._break_off(error)
            raise
        finally:
            with suppress(*_LOST):
                Run.objects.filter(pk=run.pk).update(holder="", batch={})

    def _begin(self) -> None:
        """Let each part put its own house in order, once in a run."""
        if self.run.details.get("begun"):
            return
        with transaction.atomic():
            self._check_session()
            hold_off_curators()
            for part in self.parts:
                part.begin()
            self.run.details = {**self.run.details, "begun": True}
            self.run.save(update_fields=["details"])

    def _bury(self) -> None:
        """Note that the last one died at its batch: it is tried again, then one thing at a time, and the thing that ends
        its worker a third time is set aside. Who only lost the database is alive, and nothing is held against the batch.
        """
        run, batch = self.run, self.run.batch
        run.batch = {}
        if batch and run.holder.startswith("worker") and not is_alive(_process_of(run)):
            before = run.details.get("suspects") or {}
            again = batch["source"] == before.get("source") and set(batch["subjects"]) <= set(
                before["subjects"]
            )
            run.deaths = run.deaths + 1 if again else 1
            run.details["suspects"] = batch
            logger.warning("job=%s a worker died at %s; deaths=%d", run.job, batch, run.deaths)
            if run.deaths >= SET_ASIDE_AFTER and len(batch["subjects"]) == 1:
                self._set_aside(batch["source"], batch["subjects"][0])
        run.save(update_fields=["deaths", "details", "batch", "failed"])

    def _set_aside(self, source: str, subject: int) -> None:
        run = self.run
        part = next(part for part in self.parts if str(part.source) == source)
        reason = f"It has ended its worker {run.deaths} times."
        text = (
            f"{part.source.label}: {part.kind} {subject} ended the worker {run.deaths} times; it was set aside. "
            "“Ask again” on its visit lets it in again."
        )
        with transaction.atomic():
            visits.set_aside(part.source, part.kind, [subject], reason)
            report_doubts(RunJob(run.job), [Doubt(None, "set-aside", text)], [], run)
        run.failed += 1
        self._clear({subject})

    def _clear(self, subjects: Collection[int]) -> None:
        """These are suspects no more; the deaths are forgotten with the last of them."""
        suspects = self.run.details.get("suspects") or {}
        left = [one for one in suspects.get("subjects", []) if one not in subjects]
        self.run.details["suspects"] = {**suspects, "subjects": left} if left else {}
        if not left:
            self.run.deaths = 0

    def _work_on(self, part: Part) -> bool:
        """Work on one source's part; return whether it is done with, well or not."""
        if str(part.source) in self.run.details.get("failures", {}):
            return True
        with SourceClient(
            part.source, patience=self.manner.patience, insistent=self.manner.insistent
        ) as client:
            total = self.run_done + part.count(self.scope)
            while subjects := self._next(part):
                if self.manner.is_over:
                    self._count_requests(client)
                    return False
                try:
                    self._batch(part, client, subjects)
                except UsedUp as error:
                    self._note("used_up", part.source, str(error))
                    break
                except SourceBusy as error:
                    if not self.manner.insistent:
                        raise
                    self._fail(part, subjects, error)
                    break
                except SourceError as error:
                    self._fail(part, subjects, error)
                    break
                finally:
                    self._count_requests(client)
                if self.manner.progress:
                    self.manner.progress(self.run_done, max(total, self.run_done))
        return True

    @property
    def run_done(self) -> int:
        return _tally(self.run).done

    def _next(self, part: Part) -> list[int]:
        """The next things to ask about: first, one by one, those among which one ended a worker."""
        size = part.batch
        if (limit := self.run.details["limit"]) is not None:
            done = self.run.details.get("done", {}).get(str(part.source), 0)
            size = min(size, limit - done)
            if size <= 0:
                return []
        suspects = self.run.details.get("suspects") or {}
        if suspects.get("source") == str(part.source):
            waiting = set(part.due(self.scope, None))
            if doubtful := [one for one in suspects["subjects"] if one in waiting]:
                # A machine can stop at any batch; one that ends its worker again is looked at thing by thing.
                return doubtful[: min(size, part.batch if self.run.deaths < _SUSPICIOUS else 1)]
            self._clear(suspects["subjects"])
        return part.due(self.scope, size)

    def _batch(self, part: Part, client: SourceClient, subjects: list[int]) -> None:
        """Fetch and store one batch; of one that is refused, find the thing that is at fault by halving it."""
        self.stored.difference_update(subjects)
        self._announce(part, subjects)
        try:
            fetched = part.fetch(client, subjects)
        except SourceRefused as error:
            if error.status not in _OF_ONE_THING or self.refusals >= _MOST_REFUSALS:
                raise
            if len(subjects) == 1:
                self.refusals += 1
                self._store_refusal(part, subjects[0], error)
                return
            half = len(subjects) // 2
            self._batch(part, client, subjects[:half])
            self._batch(part, client, subjects[half:])
            return
        self.refusals = 0
        with transaction.atomic():
            self._check_session()
            hold_off_curators()
            stored = part.store(subjects, fetched)
            self._book(part, stored)

    def _store_refusal(self, part: Part, subject: int, error: SourceRefused) -> None:
        with transaction.atomic():
            self._check_session()
            seen = {subject: Seen(VisitOutcome.FAILED, str(error))}
            self._book(part, Stored(Tally(failed=1), seen))

    def _announce(self, part: Part, subjects: list[int]) -> None:
        """Say what is asked about now, so that whoever follows knows where this process died."""
        self.run.batch = {"source": str(part.source), "subjects": list(subjects)}
        self.run.save(update_fields=["batch"])

    def _book(self, part: Part, stored: Stored) -> None:
        """Count a batch, in the transaction that stores it."""
        run = self.run
        visits.record(part.source, part.kind, stored.seen)
        for one in fields(stored.tally):
            if one.name != "problems":
                setattr(run, one.name, getattr(run, one.name) + getattr(stored.tally, one.name))
        details = dict(run.details)
        details["problems"] = details.get("problems", 0) + stored.tally.problems
        done = dict(details.get("done", {}))
        done[str(part.source)] = done.get(str(part.source), 0) + len(stored.seen)
        details["done"] = done
        run.details, run.batch = details, {}
        if (details.get("suspects") or {}).get("source") == str(part.source):
            self._clear(stored.seen)
        run.save()
        self.stored.update(stored.seen)

    def _check_session(self) -> None:
        if _session() != self.session:
            raise OperationalError("the session that held the job's lock is gone")

    def _count_requests(self, client: SourceClient) -> None:
        self.run.requests += client.requests
        client.requests = 0
        with suppress(*_LOST):
            self.run.save(update_fields=["requests"])

    def _note(self, key: str, source: Source, text: str) -> None:
        self.run.details = {
            **self.run.details,
            key: {**self.run.details.get(key, {}), str(source): text},
        }
        self.run.save(update_fields=["details"])

    def _fail(self, part: Part, subjects: list[int], error: SourceError) -> None:
        logger.warning("job=%s source=%s failed: %s", self.run.job, part.source, error)
        if isinstance(error, SourceRefused) and error.status not in {401, 403}:  # counted already
            circuit.failed(part.source, str(error))
        self.run.failed += len(set(subjects) - self.stored)
        self.run.save(update_fields=["failed"])
        self._note("failures", part.source, str(error))

    def _park(self, wishes: Sequence[SourceBusy]) -> bool:
        """Leave the run open until the first of its sources wants to be asked again."""
        first = min(wishes, key=lambda wish: wish.until)
        text = " ".join(map(str, wishes))
        Run.objects.filter(pk=self.run.pk).update(resume_at=first.until, message=text)
        return False

    def _break_off(self, error: Exception) -> None:
        """End a run that met an error of ours; what is stored stays, and the next run goes on behind it."""
        run = self.run
        run.refresh_from_db()
        run.failed += len(run.batch.get("subjects", []))
        run.details["error"] = f"{type(error).__name__}: {error}"[:2000]
        run.batch = {}
        run.finish(Run.Status.FAILED, OUR_OWN_ERROR)

    def _finish(self) -> bool:
        run = self.run
        failures = run.details.get("failures", {})
        notes = [*failures.values(), *run.details.get("used_up", {}).values()]
        status = Run.Status.FAILED if failures or run.failed else Run.Status.DONE
        run.left = sum(part.count(self.scope) for part in self.parts)
        run.batch = {}
        run.finish(status, " ".join(notes) or (self._why_failed() if run.failed else ""))
        logger.info(
            "job=%s status=%s new=%d changed=%d same=%d skipped=%d failed=%d left=%d requests=%d",
            run.job, run.status, run.new, run.changed, run.same, run.skipped, run.failed, run.left, run.requests,
        )  # fmt: skip
        return True

    def _why_failed(self) -> str:
        sources = [part.source for part in self.parts]
        visited = Visit.objects.filter(source__in=sources, visited_at__gte=self.run.started_at)
        bad = visited.filter(outcome__in=[VisitOutcome.FAILED, VisitOutcome.SET_ASIDE])
        reasons = bad.exclude(reason="").values_list("reason", flat=True).distinct()[:3]
        return " ".join([f"{self.run.failed} failed; the visits say why.", *reasons])


def _tally(run: Run) -> Tally:
    return Tally(run.new, run.changed, run.same, run.skipped, run.failed)


def _session() -> Any:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid(), pg_postmaster_start_time()")
        return cursor.fetchone()


def may_try_again(source: Source) -> bool:
    """Whether nothing speaks against asking a source now."""
    state = SourceState.objects.filter(source=source).first()
    now = timezone.now()
    return state is None or all(
        moment is None or moment <= now for moment in (state.open_until, state.busy_until)
    )


__all__ = [
    "Busy",
    "Manner",
    "close_orphans",
    "interrupt",
    "is_dead",
    "may_try_again",
    "scope_of",
    "start",
    "take_up",
    "whoami",
    "work",
]
