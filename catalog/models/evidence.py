"""Why a repository is linked to a paper: who says so, in which words; and repositories that texts name and nobody has linked."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from catalog.models.base import one_of, tracked_by_hand
from catalog.models.code import Repository
from catalog.models.papers import Paper
from catalog.models.upkeep import SuggestionStatus


class EvidenceKind(models.TextChoices):
    """Where it is said that a repository is a paper's, as in "named in …"; those that prove most first."""

    CURATOR = "curator", "a curator says so"
    ABSTRACT = "abstract", "named in the abstract"
    COMMENT = "comment", "named in the comment on arXiv"
    README = "readme", "its README names the paper"
    DESCRIPTION = "description", "its description names the paper"
    LIST = "list", "a list links it"


@tracked_by_hand
class Evidence(models.Model):
    """One reason to believe that a repository is a paper's. Worked out of the texts by catalog.evidence, never edited."""

    Kind = EvidenceKind

    paper = models.ForeignKey(Paper, models.CASCADE, related_name="evidence")
    repository = models.ForeignKey(Repository, models.CASCADE, related_name="evidence")
    kind = models.CharField(max_length=12, choices=EvidenceKind)
    quote = models.CharField(max_length=300, blank=True, help_text="The words that say so.")
    found_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "evidence"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["paper", "repository", "kind"], name="evidence_once_of_a_kind"
            ),
            one_of("kind", EvidenceKind, "evidence_kind_known"),
        ]

    def __str__(self) -> str:
        return str(self.get_kind_display())


class Readme(models.Model):
    """Which papers a repository's README names. Its text is not kept."""

    repository = models.OneToOneField(Repository, models.CASCADE, related_name="readme")
    digest = models.CharField(
        max_length=64, help_text="Of its text, to see whether it has changed."
    )
    identifiers = models.JSONField(
        default=dict, blank=True, help_text="Identifiers of papers, each with its line."
    )
    titles = models.JSONField(
        default=dict, blank=True, help_text="Folded titles of papers, each with its line."
    )
    changed_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"README of {self.repository}"


@tracked_by_hand
class CodeSuggestion(models.Model):
    """A repository that a paper's own text names and that nobody has linked; a curator decides, and that is remembered."""

    Status = SuggestionStatus

    paper = models.ForeignKey(Paper, models.CASCADE, related_name="code_suggestions")
    host = models.CharField(max_length=100)
    owner = models.CharField(max_length=100)
    name = models.CharField(max_length=200)
    url = models.CharField("address", max_length=1000, blank=True)
    kind = models.CharField("named in", max_length=12, choices=EvidenceKind)
    quote = models.CharField(max_length=300, blank=True)
    status = models.CharField(
        max_length=10, choices=SuggestionStatus, default=SuggestionStatus.OPEN
    )
    found_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = "repository named in a text"
        verbose_name_plural = "repositories named in texts"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                "paper", Lower("host"), Lower("owner"), Lower("name"), name="code_suggestion_once"
            ),
            one_of("kind", EvidenceKind, "code_suggestion_kind_known"),
            one_of("status", SuggestionStatus, "code_suggestion_status_known"),
        ]

    def __str__(self) -> str:
        return f"{self.owner}/{self.name}"

    @property
    def key(self) -> tuple[str, str, str]:
        """What names a repository: hosts ignore case."""
        return self.host.lower(), self.owner.lower(), self.name.lower()

    @property
    def repository_url(self) -> str:
        return f"https://{self.host}/{self.owner}/{self.name}"
