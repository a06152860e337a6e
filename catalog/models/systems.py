"""The named things that papers introduce."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.text import slugify

from catalog.models.base import KeyField, Source, Stated, one_of, tracked
from catalog.models.papers import Paper


@tracked
class System(Stated):
    """What a paper introduces under a name: a method, model, benchmark, tool. Two of one name stay two."""

    name = models.CharField(max_length=60)
    key = KeyField(of="name", db_index=True)
    introduced_by = models.ForeignKey(
        Paper, models.CASCADE, related_name="systems", verbose_name="introduced by"
    )
    aliases = ArrayField(
        models.CharField(max_length=60),
        default=list,
        blank=True,
        help_text="Other names that papers call it by, exactly as they write them, separated by commas.",
    )
    note = models.TextField(blank=True, help_text="The title or sentence that introduces it.")

    class Meta:
        ordering = ["key", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["introduced_by", "key"], name="system_once_per_paper"),
            models.CheckConstraint(condition=~Q(name=""), name="system_has_name"),
            one_of("source", Source, "system_source_known"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def names(self) -> list[str]:
        return [self.name, *self.aliases]

    def get_absolute_url(self) -> str:
        return reverse("system-detail", args=[self.pk, slugify(self.name) or "system"])
