"""What names and terms of the field mean, in a sentence each, and which papers have one in their title."""

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.urls import reverse

from catalog.models.base import KeyField, tracked_by_hand
from catalog.models.papers import Paper


class GlossaryQuerySet(models.QuerySet["GlossaryEntry"]):
    def shown(self) -> Self:
        """Entries in use that the title of some listed paper names, each with how many do."""
        listed = Q(mentions__paper__in=Paper.objects.listed().values("pk"))
        counted = self.filter(is_active=True).annotate(
            paper_count=models.Count("mentions", filter=listed)
        )
        return counted.filter(paper_count__gt=0)


@tracked_by_hand
class GlossaryEntry(models.Model):
    """A name or a term, and what it is. What nobody has edited follows the glossary that Stemma brings (search.glossary)."""

    name = models.CharField(
        max_length=80,
        help_text="As it is printed. One word is found in titles as it is written here, without capitals or digits also in the plural; several words in every form of them.",
    )
    key = KeyField(of="name", unique=True)
    others = ArrayField(
        models.CharField(max_length=80),
        verbose_name="other names",
        default=list,
        blank=True,
        help_text="Other spellings and full synonyms, each on a line of its own.",
    )
    meaning = models.CharField(
        max_length=400, help_text="One sentence: what it is or does, and how, in plain words."
    )
    is_active = models.BooleanField(
        "used", default=True, help_text="Whether it is shown and found by."
    )
    is_curated = models.BooleanField(
        "curated",
        default=False,
        help_text="Kept as it is, whatever the glossary that Stemma brings says.",
    )

    objects = GlossaryQuerySet.as_manager()

    class Meta:
        ordering = ["key"]
        verbose_name_plural = "glossary entries"
        constraints = [
            models.CheckConstraint(condition=~Q(key=""), name="glossary_entry_has_name"),
            models.CheckConstraint(condition=~Q(meaning=""), name="glossary_entry_has_meaning"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("glossary-detail", args=[self.key])

    @property
    def names(self) -> list[str]:
        return [self.name, *self.others]


class GlossaryMention(models.Model):
    """An entry whose name stands in a paper's title, the first to stand there first. A job finds them (search.glossary)."""

    paper = models.ForeignKey(Paper, models.CASCADE, related_name="glossary_mentions")
    entry = models.ForeignKey(GlossaryEntry, models.CASCADE, related_name="mentions")
    place = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["paper", "place"]
        constraints = [
            models.UniqueConstraint(fields=["paper", "entry"], name="glossary_mention_once")
        ]

    def __str__(self) -> str:
        return f"{self.entry} in {self.paper}"
