"""What a curator did to many rows at once, with the rows as they were: enough to take it back exactly."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils import timezone

from catalog.models.base import one_of


class ActKind(models.TextChoices):
    MERGE_PAPERS = "merge_papers", "papers merged"
    MERGE_AUTHORS = "merge_authors", "authors merged"
    SPLIT_AUTHOR = "split_author", "author split"
    EDIT_PAPERS = "edit_papers", "papers edited"
    ACCEPT_VENUES = "accept_venues", "venues accepted"


class ActQuerySet(models.QuerySet["Act"]):
    def standing(self) -> "ActQuerySet":
        return self.filter(undone_at=None)


class Act(models.Model):
    """One act. `rows` has, for each table, what was changed, added and deleted (catalog.curation.recording)."""

    Kind = ActKind

    kind = models.CharField(max_length=20, choices=ActKind)
    title = models.TextField(help_text="In words, as the history shows it.")
    subjects = ArrayField(
        models.BigIntegerField(),
        default=list,
        help_text="The papers or authors it was done to; of a merge, the one that was kept comes first.",
    )
    rows = models.JSONField(default=dict, editable=False)
    together = models.UUIDField(
        null=True, blank=True, editable=False, help_text="Names the acts that one click did."
    )
    group = models.UUIDField(
        null=True, blank=True, editable=False, help_text="The group of changes that it is part of."
    )
    done_at = models.DateTimeField(default=timezone.now)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    left = models.JSONField(
        default=list, blank=True, help_text="What undoing it left, because it was changed since."
    )

    objects = ActQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            GinIndex(fields=["subjects"], name="act_subjects"),
            models.Index(fields=["together"], name="act_together", condition=~Q(together=None)),
            models.Index(fields=["group"], name="act_group", condition=~Q(group=None)),
        ]
        constraints = [one_of("kind", ActKind, "act_kind_known")]

    def __str__(self) -> str:
        return self.title
