"""Edges between papers: citations, references not yet resolved, typed relations."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from catalog.models.base import Source, Stated, one_of, tracked, tracked_by_hand
from catalog.models.papers import Paper
from catalog.models.systems import System


@tracked_by_hand
class Citation(models.Model):
    """One paper's reference to another: an edge of the graph, and who says so."""

    citing = models.ForeignKey(Paper, models.CASCADE, related_name="cites")
    cited = models.ForeignKey(Paper, models.CASCADE, related_name="cited_by")
    source = models.CharField(max_length=20, choices=Source)
    stated_at = models.DateTimeField(default=timezone.now)
    # Whether a service's two lists name it: the citing paper's references, the works that cite the cited paper.
    in_references = models.BooleanField(default=True, db_default=True, editable=False)
    in_citing = models.BooleanField(default=True, db_default=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["citing", "cited", "source"], name="citation_edge"),
            models.CheckConstraint(condition=~Q(citing=F("cited")), name="citation_not_of_itself"),
            one_of("source", Source, "citation_source_known"),
        ]

    def __str__(self) -> str:
        return f"{self.citing_id} → {self.cited_id}"


class OutsideWork(models.Model):
    """The end of an edge that matches no paper here yet; it is tried again when papers arrive."""

    source = models.CharField(max_length=20, choices=Source)
    key = models.CharField(max_length=200, help_text="What the source calls the other record.")
    title = models.TextField(blank=True)
    identifiers = ArrayField(
        models.CharField(max_length=1020),
        default=list,
        blank=True,
        help_text="As scheme:value, in the canonical form of papers' identifiers.",
    )
    year = models.PositiveSmallIntegerField(null=True, blank=True)
    citation_count = models.PositiveIntegerField(
        null=True, blank=True, help_text="How often the source has it cited."
    )
    stated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.title or self.key


@tracked_by_hand
class Reference(OutsideWork):
    """An entry of a paper's bibliography that matches no paper here yet."""

    citing = models.ForeignKey(Paper, models.CASCADE, related_name="references")
    text = models.TextField(blank=True, help_text="The entry as printed.")

    class Meta:
        indexes = [GinIndex(fields=["identifiers"], name="reference_identifiers")]
        constraints = [
            models.UniqueConstraint(fields=["citing", "source", "key"], name="reference_once"),
            one_of("source", Source, "reference_source_known"),
        ]


class CitingWork(OutsideWork):
    """A work that cites a paper and is itself no paper here yet."""

    cited = models.ForeignKey(Paper, models.CASCADE, related_name="citing_works")

    class Meta:
        indexes = [GinIndex(fields=["identifiers"], name="citing_work_identifiers")]
        constraints = [
            models.UniqueConstraint(fields=["cited", "source", "key"], name="citing_work_once"),
            one_of("source", Source, "citing_work_source_known"),
        ]


class CitationCount(models.Model):
    """How many references and citing works a source knows of a paper, whether or not it lists them all."""

    paper = models.ForeignKey(Paper, models.CASCADE, related_name="citation_counts")
    source = models.CharField(max_length=20, choices=Source)
    references = models.PositiveIntegerField(null=True, blank=True)
    citing = models.PositiveIntegerField(null=True, blank=True)
    counted_on = models.DateField(help_text="Since when the numbers are as they are.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["paper", "source"], name="citation_count_once"),
            one_of("source", Source, "citation_count_source_known"),
        ]


class RelationKind(models.TextChoices):
    EXTENDS = "extends", "extends"
    COMPARES = "compares", "compares with"
    EVALUATES = "evaluates", "evaluates"
    SURVEYS = "surveys", "surveys"
    USES = "uses", "uses"
    SAME_WORK = "same_work", "same work as"
    CONTRADICTS = "contradicts", "contradicts"
    MENTIONS = "mentions", "mentions"


@tracked
class Relation(Stated):
    """A typed edge between two papers, curated or derived, always with who says so."""

    Kind = RelationKind

    subject = models.ForeignKey(Paper, models.CASCADE, related_name="relations")
    object = models.ForeignKey(Paper, models.CASCADE, related_name="related_from")
    kind = models.CharField(max_length=12, choices=Kind)
    note = models.TextField(blank=True, help_text="The words that say so, or a remark.")
    system = models.ForeignKey(
        System,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="relations",
        help_text="What of the second paper the first one speaks of.",
    )
    stated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "object", "kind", "source"], name="relation_once_per_source"
            ),
            models.CheckConstraint(
                condition=~Q(subject=F("object")), name="relation_between_two_papers"
            ),
            one_of("kind", RelationKind, "relation_kind_known"),
            one_of("source", Source, "relation_source_known"),
        ]

    def __str__(self) -> str:
        return f"{self.subject} {self.get_kind_display()} {self.object}"


class PaperMeasure(models.Model):
    """Where a paper stands in the graph of all listed papers, as the graph job last computed it (catalog.graph.measures)."""

    paper = models.OneToOneField(Paper, models.CASCADE, primary_key=True, related_name="measure")
    pagerank = models.FloatField(
        help_text="Its share of all attention; all papers together have 1."
    )
    community = models.PositiveIntegerField(help_text="Numbered from 0, the largest first.")
    x = models.FloatField(help_text="Its place in the picture of all, from -1 to 1.")
    y = models.FloatField()
    computed_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["-pagerank"], name="paper_pagerank")]
