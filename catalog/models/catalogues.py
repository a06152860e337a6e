"""Catalogues: their topics, what is placed under them, and what they announced."""

from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Count, Q, Value
from django.db.models.functions import Coalesce, Concat
from django.urls import reverse
from django.utils import timezone

from catalog.models.base import KeyField, Source, Stated, one_of, tracked, tracked_but
from catalog.models.papers import Paper

HUES = 16  # as many as tokens.css defines


@tracked
class Catalogue(models.Model):
    """A curated field with its tree of topics."""

    slug = models.SlugField(max_length=60, unique=True)
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    list_url = models.URLField(
        "list address",
        max_length=500,
        blank=True,
        help_text="Where the Markdown list is fetched from by the scheduled import; empty for none.",
    )
    origin_name = models.CharField(max_length=200, blank=True, help_text="The list it came from.")
    origin_url = models.URLField(max_length=500, blank=True)
    licence = models.CharField(max_length=60, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("catalogue-detail", args=[self.slug])


class TopicQuerySet(models.QuerySet["Topic"]):
    def current(self) -> Self:
        return self.filter(retired_at=None)

    def with_totals(self) -> Self:
        """Add `total`: the papers placed under the topic or anywhere below it, each counted once."""
        below = Q(topic=models.OuterRef("pk")) | Q(
            topic__catalogue=models.OuterRef("catalogue"),
            topic__path__startswith=Concat(models.OuterRef("path"), Value("/")),
        )
        papers = (
            Placement.objects.current()
            .filter(below, paper__merged_into=None)
            .order_by()
            .annotate(one=Value(1))
            .values("one")
            .annotate(number=Count("paper", distinct=True))
        )
        return self.annotate(total=Coalesce(models.Subquery(papers.values("number")), Value(0)))


@tracked_but("listed_path")
class Topic(models.Model):
    """A heading of a catalogue, at any depth. `path` joins the slugs from the top: "attention/sparse"."""

    catalogue = models.ForeignKey(Catalogue, models.CASCADE, related_name="topics")
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children"
    )
    name = models.CharField(max_length=200)
    heading = models.CharField(
        max_length=200,
        blank=True,
        help_text="What the imported list calls it; stays when a curator renames the topic.",
    )
    slug = models.SlugField(max_length=100, allow_unicode=True)
    path = models.CharField(max_length=1000, editable=False)
    position = models.PositiveIntegerField(default=0)
    description = models.TextField(blank=True)
    hue = models.PositiveSmallIntegerField(
        default=0, help_text="Its colour; subtopics bear that of their top-level topic."
    )
    curated = models.BooleanField(
        default=False, help_text="A curator has named or moved it: imports leave it as it is."
    )
    listed_path = ArrayField(
        models.TextField(),
        default=list,
        blank=True,
        editable=False,
        help_text="Where the imported list has it: its headings from the top, folded.",
    )
    merged_into = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="absorbed",
        help_text="The topic that took its papers in; lists that still have its heading mean that one.",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    retired_at = models.DateTimeField(null=True, blank=True)

    objects = TopicQuerySet.as_manager()

    # Set by TopicQuerySet.with_totals.
    total: int

    class Meta:
        ordering = ["catalogue", "position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["catalogue", "path"], name="topic_path_unique"),
            models.CheckConstraint(condition=~Q(name=""), name="topic_has_name"),
            models.CheckConstraint(condition=Q(hue__lt=HUES), name="topic_hue_exists"),
            models.CheckConstraint(
                condition=Q(parent=None) | ~Q(parent=models.F("id")),
                name="topic_not_its_own_parent",
            ),
            models.CheckConstraint(
                condition=Q(merged_into=None) | Q(retired_at__isnull=False),
                name="topic_merged_is_retired",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("topic-detail", args=[self.catalogue.slug, self.path])

    @property
    def label(self) -> str:
        """Its name, with that of the topic above it: "Model" alone says little."""
        return f"{self.parent.name} › {self.name}" if self.parent else self.name

    @property
    def subtree(self) -> TopicQuerySet:
        """The topic itself and all current topics below it."""
        below = Q(catalogue=self.catalogue_id, path__startswith=f"{self.path}/", retired_at=None)
        return Topic.objects.filter(Q(pk=self.pk) | below)

    @property
    def ancestors(self) -> TopicQuerySet:
        """The topics above it, from the top."""
        parts = self.path.split("/")[:-1]
        paths = ["/".join(parts[: n + 1]) for n in range(len(parts))]
        above = Topic.objects.filter(catalogue=self.catalogue_id, path__in=paths)
        return above.order_by(models.functions.Length("path"))

    @property
    def depth(self) -> int:
        """0 for a top-level topic."""
        return self.path.count("/")

    def clean(self) -> None:
        ancestor = self.parent
        while ancestor:
            if ancestor.pk == self.pk:
                raise ValidationError({"parent": "A topic cannot lie under itself."})
            if ancestor.catalogue_id != self.catalogue_id:
                raise ValidationError({"parent": "The parent belongs to another catalogue."})
            ancestor = ancestor.parent


@tracked
class TopicRedirect(models.Model):
    """An address a topic had before it was moved or renamed; it leads to the topic for good."""

    catalogue = models.ForeignKey(Catalogue, models.CASCADE, related_name="topic_redirects")
    path = models.CharField(max_length=1000)
    topic = models.ForeignKey(Topic, models.CASCADE, related_name="redirects")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["catalogue", "path"], name="redirect_path_unique")
        ]

    def __str__(self) -> str:
        return self.path


class TreeChange(models.Model):
    """What a curator did to the tree of a catalogue in one go, with what it takes to undo it."""

    catalogue = models.ForeignKey(Catalogue, models.CASCADE, related_name="tree_changes")
    words = models.CharField(max_length=500, help_text="“Moved “Prompt” under “Agents”.”")
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    group = models.UUIDField(
        null=True, blank=True, editable=False, help_text="The group of changes that it is part of."
    )
    rows = models.JSONField(default=dict, help_text="The rows it changed, before and after.")
    undone_at = models.DateTimeField(null=True, blank=True)
    undoes = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="undone_by"
    )

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["group"], name="treechange_group", condition=~Q(group=None))
        ]

    def __str__(self) -> str:
        return self.words


@tracked
class Placement(Stated):
    """A paper under a topic, with the link and title the list gave it there."""

    paper = models.ForeignKey(Paper, models.CASCADE, related_name="placements")
    topic = models.ForeignKey(Topic, models.PROTECT, related_name="placements")
    is_primary = models.BooleanField(
        "primary", default=False, help_text="The one topic that rows of lists show."
    )
    position = models.PositiveIntegerField(default=0)
    listed_title = models.TextField(blank=True, help_text="As listed here, where it differs.")
    listed_url = models.URLField(max_length=1000, blank=True)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["paper", "topic"], name="placement_once_per_topic"),
            models.UniqueConstraint(
                fields=["paper"], condition=Q(is_primary=True), name="placement_one_primary"
            ),
            models.CheckConstraint(
                condition=Q(is_primary=False) | Q(retired_at=None),
                name="placement_primary_is_current",
            ),
            one_of("source", Source, "placement_source_known"),
        ]

    def __str__(self) -> str:
        return f"{self.paper} → {self.topic}"


@tracked
class Announcement(models.Model):
    """A dated "new this week" line of a catalogue; without a paper while none matches it."""

    catalogue = models.ForeignKey(Catalogue, models.CASCADE, related_name="announcements")
    date = models.DateField()
    position = models.PositiveSmallIntegerField()
    title = models.TextField()
    title_key = KeyField(of="title", db_index=True)
    url = models.URLField(max_length=1000, blank=True)
    venue_text = models.CharField(max_length=200, blank=True)
    paper = models.ForeignKey(
        Paper, models.SET_NULL, null=True, blank=True, related_name="announcements"
    )
    source = models.CharField(max_length=20, choices=Source, default=Source.CURATOR)
    stated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-date", "position"]
        indexes = [models.Index(fields=["-date", "position"], name="announcement_date")]
        constraints = [
            one_of("source", Source, "announcement_source_known"),
        ]

    def __str__(self) -> str:
        return self.title
