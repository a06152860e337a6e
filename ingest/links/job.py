"""The job that asks the pages that papers link to whether they are still there.

One process at a time, one request after the other, the hosts by turns. What an address answers is stored at once, so a kill
loses the one that was asked just then; the next run goes on with what is due. That an address does not answer is believed
only once another one does: else it is our own network that is off, and nothing is noted against anybody.
"""

import logging
import random
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from catalog.models import LinkCheck, LinkCheckChange, LinkOutcome, Run, SourceState
from catalog.models.links import host_of
from catalog.models.upkeep import RunJob, RunStatus
from catalog.running import end_orphans
from ingest import runs
from ingest.http import SourceBusy
from ingest.links.addresses import catch_up
from ingest.links.client import LinkClient
from ingest.links.probe import Answer, Probe, Verdict

logger = logging.getLogger(__name__)

SLICE = 50.0  # seconds of a scheduled run
_AT_ONCE = 500  # addresses that a round takes up
_OF_ONE_HOST = 20
_HOSTS_IN_VAIN = 5  # after which it is asked whether the network is there
_FEW_HOSTS = 3
_OFFLINE = (
    "Nothing could be reached: our own network seems to be off. Nothing was noted against any link."
)
_GOES_ON = "Interrupted; the next run goes on from there."
_REST = timedelta(hours=1)  # of the schedule, after that
_LATELY = timedelta(minutes=10)

_GOOD_FOR = timedelta(days=30)
_REFUSED_FOR = timedelta(days=60)
_NOT_ASKED_FOR = timedelta(days=90)
# After how many failures in a row it is asked again when.
_SOFT_RESTS = [timedelta(hours=6), timedelta(days=1), timedelta(days=2), timedelta(days=4)]
_SURE_AFTER = timedelta(days=1)
_WEEKLY, _MONTHLY = timedelta(days=7), timedelta(days=30)
_WEEKLY_FOR = timedelta(weeks=8)


class SwitchedOff(Exception):
    """A setting says that no link is to be checked."""


def check_scheduled(wish: str = "") -> Run | None:
    """Check for a slice of time what is due; nothing right after the network was off, unless somebody wishes it."""
    last = Run.objects.filter(job=RunJob.LINKS).first()
    is_fresh = last and last.started_at > timezone.now() - _REST
    if last and is_fresh and last.details.get("offline") and not wish:
        return None
    return check_links(wish or "schedule", until=time.monotonic() + SLICE)


def check_links(
    reason: str,
    *,
    limit: int | None = None,
    until: float = float("inf"),
    progress: Callable[[int], None] = lambda done: None,
) -> Run | None:
    """Ask the addresses that are due; return the run, or None when none was. Raises runs.Busy and SwitchedOff.

    `until` is a moment of time.monotonic.
    """
    if not settings.LINK_CHECKS:
        raise SwitchedOff("Links are not checked here: the setting LINK_CHECKS is off.")
    with runs.hold(RunJob.LINKS):
        end_orphans(RunJob.LINKS, _GOES_ON)
        catch_up()
        if not LinkCheck.objects.filter(next_at__lte=timezone.now()).exists():
            return None
        run = Run.objects.create(job=RunJob.LINKS, reason=reason[:200], holder=runs.whoami())
        checking = _Checking(run, until, limit, progress)
        try:
            with LinkClient() as client:
                checking.work(client)
        except SourceBusy as error:
            _finish(run, Run.Status.FAILED, str(error))
        except KeyboardInterrupt:
            _finish(run, Run.Status.INTERRUPTED, _GOES_ON)
            raise
        except Exception as error:
            run.details["error"] = f"{type(error).__name__}: {error}"[:2000]
            _finish(run, Run.Status.FAILED, runs.OUR_OWN_ERROR)
            raise
        else:
            checking.conclude()
        return run


def _finish(run: Run, status: RunStatus, message: str) -> None:
    run.left = LinkCheck.objects.filter(next_at__lte=timezone.now()).count()
    run.finish(status, message)
    logger.info("links status=%s requests=%d left=%d %s", status, run.requests, run.left, message)


@dataclass(slots=True)
class _Task:
    """An address that is being asked."""

    pk: int
    probe: Probe

    @property
    def host(self) -> str:
        return host_of(self.probe.url)


class _Checking:
    """One run: what waits, which host was asked when, and what is not believed yet."""

    def __init__(
        self, run: Run, until: float, limit: int | None, progress: Callable[[int], None]
    ) -> None:
        self.run = run
        self.until = until
        self.limit = limit
        self.progress = progress
        self.waiting: dict[str, deque[_Task]] = {}
        self.free_at: dict[str, float] = {}  # on the clock of time.monotonic
        self.taken: set[int] = set()
        self.doubtful: list[tuple[int, Verdict, datetime]] = []
        self.hosts_in_vain: set[str] = set()
        self.answering: set[str] = set()  # hosts that did in this run
        self.offline = False
        self.outcomes: Counter[str] = Counter()

    def work(self, client: LinkClient) -> None:
        while not self.offline and self._take_up():
            self._round(client)
            if time.monotonic() >= self.until:
                break
        if self.doubtful and not self.offline:
            self._settle_doubts(client)

    def _take_up(self) -> bool:
        """Take up what is due, the longest due first, and not too much of one host."""
        most = _AT_ONCE if self.limit is None else min(_AT_ONCE, self.limit - len(self.taken))
        if most <= 0 or time.monotonic() >= self.until:
            return False
        place = Window(
            RowNumber(), partition_by="host", order_by=[F("next_at").asc(), F("pk").asc()]
        )
        due = LinkCheck.objects.filter(next_at__lte=timezone.now()).exclude(pk__in=self.taken)
        rows = due.annotate(place=place).filter(place__lte=_OF_ONE_HOST).order_by("next_at", "pk")
        for pk, url in rows.values_list("pk", "url")[:most]:
            self.taken.add(pk)
            self._queue(_Task(pk, Probe(url)))
        return bool(self.waiting)

    def _queue(self, task: _Task, *, first: bool = False) -> None:
        queue = self.waiting.setdefault(task.host, deque())
        queue.appendleft(task) if first else queue.append(task)

    def _round(self, client: LinkClient) -> None:
        while self.waiting and not self.offline:
            now = time.monotonic()
            host = min(self.waiting, key=lambda one: self.free_at.get(one, 0.0))
            free_at = self.free_at.get(host, 0.0)
            if max(now, free_at) >= self.until:
                return
            time.sleep(max(0.0, free_at - now))
            task = self.waiting[host].popleft()
            if not self.waiting[host]:
                del self.waiting[host]
            self._ask(client, host, task)

    def _ask(self, client: LinkClient, host: str, task: _Task) -> None:
        probe = task.probe
        if probe.verdict is None:
            answer = client.ask(probe.method, probe.url)
            self.free_at[host] = time.monotonic() + settings.LINK_CHECK_PAUSE
            probe.hear(answer)
            self._count_requests(client)
            if isinstance(answer, Answer):
                self.answering.add(host)
                self._believe()
        if probe.verdict is None:
            self._queue(task, first=True)
        elif probe.verdict.is_doubtful and host not in self.answering:
            self._doubt(client, host, task.pk, probe.verdict)
        else:
            self._store(task.pk, probe.verdict, timezone.now())
            if probe.verdict.wait:
                self._leave_alone(host, probe.verdict.wait)

    def _count_requests(self, client: LinkClient) -> None:
        self.run.requests += client.requests
        client.requests = 0

    # Our own network

    def _doubt(self, client: LinkClient, host: str, pk: int, verdict: Verdict) -> None:
        self.doubtful.append((pk, verdict, timezone.now()))
        self.hosts_in_vain.add(host)
        if len(self.hosts_in_vain) >= _HOSTS_IN_VAIN:
            self._settle_doubts(client)

    def _settle_doubts(self, client: LinkClient) -> None:
        """Believe what could not be reached when something else can be, else nothing of it."""
        if self._is_online(client):
            self._believe()
        else:
            self.offline = True
            self.doubtful = []

    def _believe(self) -> None:
        doubtful, self.doubtful, self.hosts_in_vain = self.doubtful, [], set()
        for pk, verdict, at in doubtful:
            self._store(pk, verdict, at)

    def _is_online(self, client: LinkClient) -> bool:
        """Whether something that answered before answers now, or a source has just done so."""
        lately = SourceState.objects.filter(answered_at__gt=timezone.now() - _LATELY)
        if lately.filter(failures=0).exists():
            return True
        others = LinkCheck.objects.exclude(host__in=self.hosts_in_vain).exclude(host="")
        one_each = others.filter(dead_at=None).order_by("host", "-ok_at").distinct("host")
        known = sorted(
            one_each.filter(ok_at__isnull=False),
            key=lambda row: row.ok_at or row.next_at,
            reverse=True,
        )
        unknown = LinkCheck.objects.filter(pk__in=one_each.values("pk"), ok_at=None).order_by("?")
        for row in [*known[:_FEW_HOSTS], *unknown[:_FEW_HOSTS]]:
            if Probe(row.url).verdict is not None:
                continue
            answer = client.ask("HEAD", row.url)
            self._count_requests(client)
            if isinstance(answer, Answer):
                return True
        return False

    # Keeping what came of it

    def _store(self, pk: int, verdict: Verdict, now: datetime) -> None:
        with transaction.atomic():
            row = LinkCheck.objects.select_for_update().filter(pk=pk).first()
            if row is None:  # nobody uses it any more
                return
            is_new, was_dead = row.checked_at is None, row.dead_at is not None
            changed = row.take(
                verdict.outcome,
                now,
                status=verdict.status,
                reason=verdict.reason,
                moved_to=verdict.moved_to,
            )
            row.next_at = next_time(row, now, verdict.wait)
            row.save()
            if changed or was_dead != (row.dead_at is not None):
                _note(row, now)
            run = self.run
            run.new += is_new
            run.changed += changed and not is_new
            run.same += not changed
            run.save(update_fields=["new", "changed", "same", "requests"])
        self.outcomes["dead" if row.dead_at else row.outcome] += 1
        self.progress(self.run.new + self.run.changed + self.run.same)

    def _leave_alone(self, host: str, seconds: float) -> None:
        """Do what a host asks for: none of its addresses is asked before that time, by whomever."""
        until = timezone.now() + timedelta(seconds=seconds)
        self.waiting.pop(host, None)
        LinkCheck.objects.filter(host=host, next_at__lt=until).update(next_at=until)

    def conclude(self) -> None:
        told = [
            f"{self.outcomes[key]} {words}" for key, words in _WORDS.items() if self.outcomes[key]
        ]
        text = f"{', '.join(told)}." if told else ""
        if self.offline:
            self.run.details["offline"] = True
            _finish(
                self.run, Run.Status.FAILED, f"{_OFFLINE} Before that: {text}" if text else _OFFLINE
            )
        elif not told:
            self.run.delete()  # the time was over before anything was known
        else:
            _finish(self.run, Run.Status.DONE, text)


_WORDS = {
    LinkOutcome.OK: "answer",
    LinkOutcome.MOVED: "have moved",
    LinkOutcome.SOFT: "fail for now",
    LinkOutcome.HARD: "are not there",
    "dead": "are dead",
    LinkOutcome.REFUSED: "refuse robots",
    LinkOutcome.UNCHECKED: "are not asked",
}


def _note(row: LinkCheck, now: datetime) -> None:
    LinkCheckChange.objects.create(
        check_of=row,
        at=now,
        outcome=row.outcome,
        status=row.status,
        reason=row.reason,
        moved_to=row.moved_to,
    )


def next_time(row: LinkCheck, now: datetime, wait: float | None = None) -> datetime:
    """When to ask again: what is well after a month, what fails sooner, and what stays away ever more seldom."""
    rest = _rest(row, now)
    rest *= random.uniform(0.95, 1.05)  # noqa: S311  # no secret; so that they spread over the days
    if row.outcome == LinkOutcome.HARD and not row.dead_at:
        rest = max(rest, _SURE_AFTER)
    return now + max(rest, timedelta(seconds=wait or 0))


def _rest(row: LinkCheck, now: datetime) -> timedelta:
    match row.outcome:
        case LinkOutcome.OK | LinkOutcome.MOVED:
            return _GOOD_FOR
        case LinkOutcome.REFUSED:
            return _REFUSED_FOR
        case LinkOutcome.UNCHECKED:
            return _NOT_ASKED_FOR
    if row.dead_at:
        return _WEEKLY if now - row.dead_at < _WEEKLY_FOR else _MONTHLY
    if row.outcome == LinkOutcome.HARD:
        return _SURE_AFTER
    return _SOFT_RESTS[row.failures - 1] if row.failures <= len(_SOFT_RESTS) else _WEEKLY
