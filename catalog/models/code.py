"""Code repositories, their stars over time, and the papers they belong to."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone

from catalog.models.base import Source, Stated, one_of, tracked, tracked_but
from catalog.models.papers import Paper


class GoneReason(models.TextChoices):
    DELETED = "deleted", "deleted or private"
    BLOCKED = "blocked", "blocked for legal reasons"


@tracked_but("stars", "stars_on", "forks", "pushed_at")
class Repository(models.Model):
    """A code repository on a host. Hosts ignore case in owner and name, and so does the constraint."""

    host = models.CharField(max_length=100, default="github.com")
    owner = models.CharField(max_length=100)
    name = models.CharField(max_length=200)
    host_id = models.BigIntegerField(
        "numeric id", null=True, blank=True, help_text="The host's own id; survives renames."
    )
    description = models.TextField(blank=True)
    topics = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    licence = models.CharField(max_length=60, blank=True, help_text="Its SPDX name.")
    default_branch = models.CharField(max_length=250, blank=True)
    pushed_at = models.DateTimeField("last push", null=True, blank=True)
    is_archived = models.BooleanField("archived", default=False)
    forks = models.PositiveIntegerField(null=True, blank=True)
    stars = models.PositiveIntegerField(null=True, blank=True, editable=False)
    stars_on = models.DateField(null=True, blank=True, editable=False)
    gone_at = models.DateTimeField(
        null=True, blank=True, help_text="Since when the host has it no more."
    )
    gone_reason = models.CharField(max_length=20, blank=True, choices=GoneReason)
    created_at = models.DateTimeField(auto_now_add=True)

    papers: "models.ManyToManyField[Paper, PaperRepository]" = models.ManyToManyField(
        Paper,
        through="PaperRepository",
        through_fields=("repository", "paper"),
        related_name="repositories",
    )

    class Meta:
        verbose_name_plural = "repositories"
        ordering = ["owner", "name"]
        constraints = [
            models.UniqueConstraint(
                Lower("host"), Lower("owner"), Lower("name"), name="repository_unique"
            ),
            models.UniqueConstraint(
                fields=["host", "host_id"],
                condition=Q(host_id__isnull=False),
                name="repository_host_id_unique",
            ),
            models.CheckConstraint(
                condition=Q(stars=None, stars_on=None)
                | Q(stars__isnull=False, stars_on__isnull=False),
                name="repository_stars_dated",
            ),
        ]

    def __str__(self) -> str:
        return self.full_name

    def get_absolute_url(self) -> str:
        return reverse("repository-detail", args=[self.host, self.owner, self.name])

    @property
    def full_name(self) -> str:
        return f"{self.owner}/{self.name}"

    @property
    def key(self) -> tuple[str, str, str]:
        """What names a repository: hosts ignore case."""
        return self.host.lower(), self.owner.lower(), self.name.lower()

    @property
    def url(self) -> str:
        """The repository's page on its host."""
        return f"https://{self.host}/{self.owner}/{self.name}"


@tracked
class RepositoryAlias(models.Model):
    """A name that a repository had on its host before it was renamed: lists that print it mean that one."""

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="aliases")
    host = models.CharField(max_length=100)
    owner = models.CharField(max_length=100)
    name = models.CharField(max_length=200)
    stated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "repository aliases"
        constraints = [
            models.UniqueConstraint(
                Lower("host"), Lower("owner"), Lower("name"), name="repository_alias_unique"
            )
        ]

    def __str__(self) -> str:
        return f"{self.owner}/{self.name}"

    @property
    def key(self) -> tuple[str, str, str]:
        """What names a repository: hosts ignore case."""
        return self.host.lower(), self.owner.lower(), self.name.lower()


class StarCount(models.Model):
    """A repository's stars on one day."""

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="star_counts")
    date = models.DateField()
    stars = models.PositiveIntegerField()

    class Meta:
        ordering = ["date"]
        constraints = [
            models.UniqueConstraint(fields=["repository", "date"], name="stars_once_a_day")
        ]


@tracked
class PaperRepository(Stated):
    """Code that goes with a paper: the repository a badge leads to, and the one its stars are of."""

    paper = models.ForeignKey(Paper, models.CASCADE, related_name="repository_links")
    repository = models.ForeignKey(Repository, models.CASCADE, related_name="paper_links")
    badge_repository = models.ForeignKey(
        Repository,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="badge_links",
        help_text="When the list's badge counts the stars of another repository than it leads to.",
    )
    url = models.URLField(
        max_length=1000, blank=True, help_text="The folder or file within it, when one is meant."
    )
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name_plural = "paper repositories"
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["paper", "repository"], name="repository_once_per_paper"
            ),
            one_of("source", Source, "paper_repository_source_known"),
        ]

    def __str__(self) -> str:
        return str(self.repository)

    @property
    def badge_key(self) -> tuple[str, str, str] | None:
        """What names the repository of the badge, when it is another."""
        return self.badge_repository.key if self.badge_repository else None

    @property
    def target(self) -> str:
        """Where a reader who wants the code is sent."""
        return self.url or self.repository.url
