"""What an import keeps between its steps."""

import zlib
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone

from catalog.models import Source

_KEPT = timedelta(days=1)


class UploadedListManager(models.Manager["UploadedList"]):
    def keep(self, user_id: int, slug: str, title: str, name: str, data: bytes) -> "UploadedList":
        """Keep a list until its plan is applied, for a day at most; forget what is older."""
        self.filter(created_at__lt=timezone.now() - _KEPT).delete()
        return self.create(
            user_id=user_id,
            slug=slug,
            title=title[:200],
            name=name[:200],
            packed=zlib.compress(data),
        )


class UploadedList(models.Model):
    """A list that a curator uploaded and has not applied yet."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    slug = models.CharField(max_length=60, help_text="The catalogue it is meant for.")
    title = models.CharField(max_length=200, blank=True, help_text="Of a catalogue yet to be made.")
    name = models.CharField(max_length=200, help_text="Of the file, or the address it came from.")
    packed = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)

    objects = UploadedListManager()

    def __str__(self) -> str:
        return self.name

    @property
    def data(self) -> bytes:
        return zlib.decompress(self.packed)


class VisitOutcome(models.TextChoices):
    FOUND = "found", "found"
    MISSING = "missing", "the source knows nothing of it"
    FAILED = "failed", "failed"
    SET_ASIDE = "set_aside", "set aside"


class Visit(models.Model):
    """When a source was last asked about a thing, and what came of it: runs go on from here.

    Kept apart from the things themselves, so that asking again changes nothing that readers or curators see.
    """

    Outcome = VisitOutcome

    source = models.CharField(max_length=20, choices=Source)
    kind = models.CharField(max_length=12, help_text="What the subject is a key of: see the job.")
    subject = models.BigIntegerField()
    visited_at = models.DateTimeField()
    outcome = models.CharField(max_length=10, choices=VisitOutcome)
    etag = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        indexes = [models.Index(fields=["source", "kind", "visited_at"], name="visit_oldest")]
        constraints = [
            models.UniqueConstraint(fields=["source", "kind", "subject"], name="visit_once"),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.kind} {self.subject}: {self.get_outcome_display()}"
