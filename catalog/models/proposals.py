"""What readers without an account propose: a paper that is missing, or a fact that is wrong."""

import secrets
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.urls import reverse

from catalog.models.base import one_of, tracked
from catalog.models.catalogues import Catalogue, Topic
from catalog.models.papers import Paper

TOKEN_BYTES = 24
LONGEST_CREDIT = 80


def new_token() -> str:
    """What nobody guesses: it leads the sender to their proposal."""
    return secrets.token_urlsafe(TOKEN_BYTES)


class ProposalKind(models.TextChoices):
    PAPER = "paper", "a paper to add"
    FIX = "fix", "a correction of a paper"
    TOPIC = "topic", "a correction of a topic"


class ProposalStatus(models.TextChoices):
    OPEN = "open", "to decide"
    ACCEPTED = "accepted", "accepted"
    PARTLY = "partly", "accepted in part"
    REJECTED = "rejected", "not taken"
    WITHDRAWN = "withdrawn", "withdrawn by the sender"


class ProposalQuerySet(models.QuerySet["Proposal"]):
    def open(self) -> Self:
        return self.filter(status=ProposalStatus.OPEN)

    def credited(self) -> Self:
        """Those that were taken, whose senders gave a name to be thanked by."""
        taken = (ProposalStatus.ACCEPTED, ProposalStatus.PARTLY)
        return self.filter(status__in=taken).exclude(credit="")


@tracked
class Proposal(models.Model):
    """A reader's word, shown to nobody but curators and its sender until a curator has taken it.

    `before` holds what stood in the fields that the reader changed when it was sent, `after` what the reader wrote, and
    `taken` the fields that a curator took. Nothing here tells who the sender is, but for the name they want to be
    thanked by.
    """

    Kind = ProposalKind
    Status = ProposalStatus

    kind = models.CharField(max_length=10, choices=ProposalKind)
    status = models.CharField(max_length=10, choices=ProposalStatus, default=ProposalStatus.OPEN)
    token = models.CharField(max_length=64, unique=True, default=new_token, editable=False)
    form = models.CharField(
        max_length=64,
        unique=True,
        default=new_token,
        editable=False,
        help_text="The form it came with: sent twice it is still one proposal.",
    )
    catalogue = models.ForeignKey(
        Catalogue, models.SET_NULL, null=True, blank=True, related_name="proposals"
    )
    paper = models.ForeignKey(
        Paper,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="proposals",
        help_text="What it is about; of a paper to add, what it became.",
    )
    topic = models.ForeignKey(
        Topic, models.SET_NULL, null=True, blank=True, related_name="proposals"
    )
    before = models.JSONField(default=dict, blank=True)
    after = models.JSONField(default=dict, blank=True)
    taken = models.JSONField(default=list, blank=True)
    note = models.TextField(blank=True)
    seen_at = models.CharField(
        "to be seen at", max_length=1000, blank=True, help_text="Where the sender says it is shown."
    )
    credit = models.CharField(
        max_length=LONGEST_CREDIT, blank=True, help_text="The name to thank the sender by."
    )
    answer = models.TextField(
        blank=True, max_length=1000, help_text="What the sender reads beside the decision."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = ProposalQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["status", "created_at"], name="proposal_waiting")]
        constraints = [
            one_of("kind", ProposalKind, "proposal_kind_known"),
            one_of("status", ProposalStatus, "proposal_status_known"),
        ]

    def __str__(self) -> str:
        return self.about

    def get_absolute_url(self) -> str:
        """The page of the sender; whoever has its address is the sender."""
        return reverse("proposal", args=[self.token])

    @property
    def is_open(self) -> bool:
        return self.status == ProposalStatus.OPEN

    @property
    def is_taken(self) -> bool:
        return self.status in {ProposalStatus.ACCEPTED, ProposalStatus.PARTLY}

    @property
    def about(self) -> str:
        """What it is about, in a few words."""
        if self.kind == ProposalKind.PAPER:
            return str(self.after.get("title") or self.after.get("what") or "a paper")
        subject: Any = self.topic if self.kind == ProposalKind.TOPIC else self.paper
        return str(subject or "what is here no more")


class ProposalSending(models.Model):
    """That something was sent, by a hash of the address and the day, for a day: too much from one place is refused."""

    sender = models.CharField(max_length=64)
    sent_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["sender", "sent_at"], name="proposal_sending_of")]

    def __str__(self) -> str:
        return f"{self.sent_at:%Y-%m-%d %H:%M}"
