"""Authors and venues."""

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.text import slugify

from catalog.models.base import KeyField, one_of, tracked


class AuthorQuerySet(models.QuerySet["Author"]):
    def public(self) -> Self:
        return self.filter(merged_into=None)


@tracked
class Author(models.Model):
    """A person (or a team that signs as one). Two people of one name are two authors once a curator says so."""

    name = models.CharField(max_length=200)
    name_key = KeyField(of="name", db_index=True)
    orcid = models.CharField("ORCID", max_length=19, blank=True)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged_from"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = AuthorQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        indexes = [GinIndex(OpClass("name_key", "gin_trgm_ops"), name="author_name_letters")]
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="author_has_name"),
            models.CheckConstraint(
                condition=Q(merged_into=None) | ~Q(merged_into=models.F("id")),
                name="author_not_merged_into_itself",
            ),
            models.UniqueConstraint(
                fields=["orcid"], condition=~Q(orcid=""), name="author_orcid_unique"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("author-detail", args=[self.pk, slugify(self.name) or "author"])


class VenueKind(models.TextChoices):
    CONFERENCE = "conference", "conference"
    JOURNAL = "journal", "journal"
    PREPRINT = "preprint", "preprint server"
    OTHER = "other", "other"


@tracked
class Venue(models.Model):
    """Where papers appear. A preprint server and a company's own site are venues of their kind."""

    Kind = VenueKind

    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=120, unique=True)
    full_name = models.CharField(max_length=300, blank=True)
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.OTHER)
    aliases = ArrayField(models.CharField(max_length=120), default=list, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            one_of("kind", VenueKind, "venue_kind_known"),
            models.CheckConstraint(condition=~Q(name=""), name="venue_has_name"),
            models.UniqueConstraint(models.functions.Lower("name"), name="venue_name_unique"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("venue-detail", args=[self.slug])
