"""Whether the pages that papers link to are still there: one row an address, and what changed about it when."""

from datetime import datetime, timedelta
from typing import Self
from urllib.parse import urlsplit

from django.db import models
from django.db.models import Q
from django.utils import timezone

from catalog.models.base import one_of

DEAD_AFTER_HARD = timedelta(hours=23)  # "a day", less what a schedule is early
DEAD_AFTER_SOFT = timedelta(weeks=4)


class LinkOutcome(models.TextChoices):
    UNCHECKED = "unchecked", "not known"
    OK = "ok", "answers"
    MOVED = "moved", "moved for good"
    SOFT = "soft", "fails, which may pass"
    HARD = "hard", "is not there"
    REFUSED = "refused", "refuses robots"


FAILURES = (LinkOutcome.SOFT, LinkOutcome.HARD)


class LinkCheckQuerySet(models.QuerySet["LinkCheck"]):
    def dead(self) -> Self:
        return self.filter(dead_at__isnull=False)

    def failing(self) -> Self:
        """Those that fail but are not called dead yet."""
        return self.filter(dead_at=None, outcome__in=FAILURES)

    def worth_a_look(self) -> Self:
        """What a curator may want to do something about."""
        others = [*FAILURES, LinkOutcome.MOVED, LinkOutcome.REFUSED]
        return self.filter(Q(dead_at__isnull=False) | Q(outcome__in=others))


class LinkCheck(models.Model):
    """An address that papers link to, and what came of asking it.

    One answer proves little. An address is dead when it was not there twice, a day apart, or when nothing was to be had
    from it for four weeks; it lives again with the first good answer.
    """

    Outcome = LinkOutcome

    url = models.CharField("address", max_length=1000, unique=True)
    host = models.CharField(max_length=255, blank=True)
    outcome = models.CharField(
        max_length=10, choices=LinkOutcome, default=LinkOutcome.UNCHECKED, db_index=True
    )
    status = models.PositiveSmallIntegerField(
        "HTTP status", null=True, blank=True, help_text="None when nothing answered."
    )
    reason = models.CharField(max_length=300, blank=True)
    moved_to = models.CharField(max_length=1000, blank=True)
    checked_at = models.DateTimeField("last asked", null=True, blank=True)
    ok_at = models.DateTimeField("last answered well", null=True, blank=True)
    failing_since = models.DateTimeField(null=True, blank=True)
    missing_since = models.DateTimeField(
        "not there since", null=True, blank=True, help_text="The first time that it said so itself."
    )
    dead_at = models.DateTimeField("called dead", null=True, blank=True, db_index=True)
    failures = models.PositiveIntegerField("failures in a row", default=0)
    next_at = models.DateTimeField("to be asked again", default=timezone.now, db_index=True)

    objects = LinkCheckQuerySet.as_manager()

    class Meta:
        verbose_name = "link to look at"
        verbose_name_plural = "links to look at"
        ordering = ["pk"]
        constraints = [
            one_of("outcome", LinkOutcome, "link_check_outcome_known"),
            models.CheckConstraint(
                condition=Q(failures=0, failing_since=None)
                | Q(failures__gt=0, failing_since__isnull=False),
                name="link_check_failing_since_when",
            ),
            models.CheckConstraint(
                condition=Q(dead_at=None) | Q(failing_since__isnull=False),
                name="link_check_dead_is_failing",
            ),
        ]

    def __str__(self) -> str:
        return self.url

    @property
    def archived_url(self) -> str:
        """Where the Internet Archive has copies of it, if it has any."""
        return f"https://web.archive.org/web/{self.url}"

    @property
    def state(self) -> str:
        """How it is, in words."""
        if self.dead_at:
            return "dead"
        return "failing" if self.outcome in FAILURES else str(self.get_outcome_display())

    def take(
        self, outcome: str, now: datetime, *, status: int | None, reason: str, moved_to: str
    ) -> bool:
        """Note what came of asking; return whether that is another thing than the last time."""
        changed = (outcome, status) != (self.outcome, self.status) or self.checked_at is None
        self.outcome, self.status, self.reason = outcome, status, reason[:300]
        self.moved_to, self.checked_at = moved_to, now
        if outcome in FAILURES:
            self._failed(now)
        else:
            self.failing_since = self.missing_since = self.dead_at = None
            self.failures = 0
            if outcome in {LinkOutcome.OK, LinkOutcome.MOVED}:
                self.ok_at = now
        return changed

    def _failed(self, now: datetime) -> None:
        self.failures += 1
        is_missing = self.outcome == LinkOutcome.HARD
        # Who asks us to come more slowly is there: what fails after that has failed only since.
        is_slowed = self.status == 429
        if self.failing_since is None or (is_slowed and not self.dead_at):
            self.failing_since = now
        if is_missing:
            self.missing_since = self.missing_since or now
        twice = is_missing and self.missing_since and now - self.missing_since >= DEAD_AFTER_HARD
        long = not is_slowed and now - self.failing_since >= DEAD_AFTER_SOFT
        if twice or long:
            self.dead_at = self.dead_at or now


class LinkCheckChange(models.Model):
    """What an address said when it said another thing than the time before."""

    check_of = models.ForeignKey(LinkCheck, models.CASCADE, related_name="changes")
    at = models.DateTimeField()
    outcome = models.CharField(max_length=10, choices=LinkOutcome)
    status = models.PositiveSmallIntegerField("HTTP status", null=True, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    moved_to = models.CharField(max_length=1000, blank=True)

    class Meta:
        verbose_name = "change of a link"
        verbose_name_plural = "changes of links"
        ordering = ["-at", "-pk"]
        constraints = [one_of("outcome", LinkOutcome, "link_check_change_outcome_known")]

    def __str__(self) -> str:
        return f"{self.get_outcome_display()}{f' ({self.status})' if self.status else ''}"


def host_of(url: str) -> str:
    """The host and port of an address, in lower case; empty for what is none."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  # checked when it is read
    except ValueError:
        return ""
    return parts.netloc.rpartition("@")[2].lower()[:255]
