"""Two rows that may be one: what a job suspects, and what a curator decided."""

from typing import Self, TypeVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from catalog.models.base import one_of, tracked_by_hand
from catalog.models.papers import Paper
from catalog.models.people import Author


class SuspectStatus(models.TextChoices):
    OPEN = "open", "to decide"
    MERGED = "merged", "merged"
    DISTINCT = "distinct", "not the same"
    GONE = "gone", "no longer met"


_Row = TypeVar("_Row", bound=models.Model, covariant=True)


class SuspectQuerySet(models.QuerySet[_Row]):
    def open(self) -> Self:
        return self.filter(status=SuspectStatus.OPEN)


class SuspectManager(models.Manager[_Row]):
    """Written out like StatedManager, and for the same reason."""

    def get_queryset(self) -> SuspectQuerySet[_Row]:
        return SuspectQuerySet(self.model, using=self._db)

    def open(self) -> SuspectQuerySet[_Row]:
        return self.get_queryset().open()


class Suspect(models.Model):
    """A pair that may be one. `first` is the one with the lower number."""

    Status = SuspectStatus

    score = models.FloatField(help_text="From 0 to 1; the higher, the likelier.")
    reasons = ArrayField(models.CharField(max_length=300), default=list, blank=True)
    status = models.CharField(max_length=10, choices=SuspectStatus, default=SuspectStatus.OPEN)
    found_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = SuspectManager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{getattr(self, 'first', '')} / {getattr(self, 'second', '')}"


@tracked_by_hand
class PaperSuspect(Suspect):
    """Two papers that may be one work."""

    first = models.ForeignKey(Paper, models.CASCADE, related_name="suspected_with_later")
    second = models.ForeignKey(Paper, models.CASCADE, related_name="suspected_with_earlier")

    class Meta:
        verbose_name = "duplicate suspect"
        ordering = ["-score", "pk"]
        indexes = [models.Index(fields=["status", "-score", "id"], name="paper_suspect_queue")]
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="paper_suspect_once"),
            models.CheckConstraint(
                condition=Q(first__lt=F("second")), name="paper_suspect_lower_first"
            ),
            one_of("status", SuspectStatus, "paper_suspect_status_known"),
        ]


@tracked_by_hand
class AuthorSuspect(Suspect):
    """Two authors who may be one person."""

    first = models.ForeignKey(Author, models.CASCADE, related_name="suspected_with_later")
    second = models.ForeignKey(Author, models.CASCADE, related_name="suspected_with_earlier")

    class Meta:
        verbose_name = "author suspect"
        ordering = ["-score", "pk"]
        indexes = [models.Index(fields=["status", "-score", "id"], name="author_suspect_queue")]
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="author_suspect_once"),
            models.CheckConstraint(
                condition=Q(first__lt=F("second")), name="author_suspect_lower_first"
            ),
            one_of("status", SuspectStatus, "author_suspect_status_known"),
        ]
