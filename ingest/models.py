"""What imports, exports and jobs that ask sources keep between their steps, and what curators are about to add."""

import zlib
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from catalog.identifiers import Ident, RepositoryName
from catalog.models import Announcement, Catalogue, Paper, Proposal, Run, Source, Topic

_KEPT = timedelta(days=1)
_PASTES_KEPT = timedelta(days=90)


class UploadedListManager(models.Manager["UploadedList"]):
    def keep(self, user_id: int, slug: str, title: str, name: str, data: bytes) -> "UploadedList":
        """Keep a list until its plan is applied, for a day at most; forget what is older."""
        old = self.filter(created_at__lt=timezone.now() - _KEPT, user__isnull=False)
        old.delete()
        return self.create(
            user_id=user_id,
            slug=slug,
            title=title[:200],
            name=name[:200],
            packed=zlib.compress(data),
        )

    def leave(self, slug: str, name: str, data: bytes) -> "UploadedList":
        """Leave a list for the curators of a catalogue, in the place of what was left before: who has that plan open keeps its page."""
        waiting = self.filter(slug=slug, user=None)
        row = waiting.order_by("-pk").first() or UploadedList(slug=slug)
        waiting.exclude(pk=row.pk).delete()
        row.name, row.packed, row.created_at = name[:200], zlib.compress(data), timezone.now()
        row.save()
        return row

    def settle(self, slug: str) -> None:
        """Forget what was left for the curators of a catalogue."""
        self.filter(slug=slug, user=None).delete()


class UploadedList(models.Model):
    """A list that a curator uploaded and has not applied yet; or, of nobody, one that a job left for the curators."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="+"
    )
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


class ListStatement(models.Model):
    """What a catalogue's list said of a paper, a topic or a line of news when that was last settled."""

    catalogue = models.ForeignKey(Catalogue, models.CASCADE, related_name="+")
    paper = models.ForeignKey(Paper, models.CASCADE, null=True, blank=True, related_name="+")
    topic = models.ForeignKey(Topic, models.CASCADE, null=True, blank=True, related_name="+")
    announcement = models.ForeignKey(
        Announcement, models.CASCADE, null=True, blank=True, related_name="+"
    )
    says = models.JSONField()
    said_before = models.JSONField(
        null=True, blank=True, help_text="Until the run that changed it."
    )
    run = models.ForeignKey(
        Run, models.SET_NULL, null=True, blank=True, related_name="+", help_text="What changed it."
    )
    stated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["catalogue", "paper", "topic", "announcement"],
                name="list_statement_once",
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return str(self.says)


class DeclinedChange(models.Model):
    """A change that a list proposed and a curator never wants to be asked about again."""

    catalogue = models.ForeignKey(Catalogue, models.CASCADE, related_name="declined_changes")
    fingerprint = models.CharField(max_length=64, help_text="Of what would change, and to what.")
    text = models.TextField(help_text="What was declined, in words.")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    declined_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-declined_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["catalogue", "fingerprint"], name="declined_change_once"
            ),
        ]

    def __str__(self) -> str:
        return self.text


class ExportOptions(models.Model):
    """How a catalogue is written as a list, by its page and by `export_list` alike."""

    catalogue = models.OneToOneField(Catalogue, models.CASCADE, related_name="export_options")
    options = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"{self.catalogue}: {self.options}"


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


class PasteManager(models.Manager["Paste"]):
    def forget_old(self) -> None:
        """Let go of what nobody has come back to for a season."""
        self.filter(created_at__lt=timezone.now() - _PASTES_KEPT).delete()


class Paste(models.Model):
    """What a curator pasted to add: one entry or hundreds. It waits for its curator, so that nothing is lost with a page."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    catalogue = models.ForeignKey(
        Catalogue, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    form = models.CharField(max_length=20, help_text="How it was written: BibTeX, lines …")
    faults = models.JSONField(default=list, blank=True, help_text="What could not be read.")
    is_stopped = models.BooleanField(default=False, help_text="Nothing more is looked up.")
    looked_at = models.DateTimeField(
        null=True, blank=True, help_text="When a job last worked on it."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = PasteManager()

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"pasted {self.created_at:%Y-%m-%d %H:%M}"


class DraftState(models.TextChoices):
    WAITING = "waiting", "to be looked up"
    READY = "ready", "looked up"
    SAVED = "saved", "added"


class Draft(models.Model):
    """One entry of a paste: what was asked for, and what sources say of it. What the catalogue knows is asked anew each time."""

    State = DraftState

    paste = models.ForeignKey(Paste, models.CASCADE, related_name="drafts")
    position = models.PositiveIntegerField(help_text="The line it stands on.")
    shown = models.CharField(max_length=200)
    asked = models.JSONField(default=dict, help_text="Names, title and year as they were pasted.")
    state = models.CharField(max_length=10, choices=DraftState, default=DraftState.WAITING)
    facts = models.JSONField(default=dict, blank=True, help_text="By field: value, source, detail.")
    record = models.JSONField(default=dict, blank=True, help_text="arXiv's record, as it came.")
    choices = models.JSONField(
        default=list, blank=True, help_text="Records that may be meant, when none surely is."
    )
    notes = models.JSONField(default=list, blank=True, help_text="What happened, in plain words.")
    suggested = models.JSONField(
        default=list, blank=True, help_text="Topics with how likely they are, and why."
    )
    near = models.JSONField(default=list, blank=True, help_text="Papers of nearly its title.")
    paper = models.ForeignKey(
        Paper, models.SET_NULL, null=True, blank=True, related_name="+", help_text="What it became."
    )
    proposal = models.ForeignKey(
        Proposal,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="drafts",
        help_text="The reader's word that it answers.",
    )

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.shown

    @property
    def names(self) -> "list[int | Ident | RepositoryName]":
        """What it was asked for by: our own numbers, identifiers, repositories."""
        return [_name(one) for one in self.asked.get("names", [])]

    @property
    def title(self) -> str:
        """The title that a source gives, else the one that was pasted."""
        said = self.facts.get("title", {}).get("value", "")
        return str(said or self.asked.get("title", ""))


def _name(stored: list[Any]) -> "int | Ident | RepositoryName":
    kind, *rest = stored
    if kind == "paper":
        return int(rest[0])
    return RepositoryName(*rest) if kind == "code" else Ident(kind, rest[0])
