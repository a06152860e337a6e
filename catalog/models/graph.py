"""Edges between papers: citations, references not yet resolved, typed relations."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from catalog.models.base import Source, Stated, one_of, tracked
from catalog.models.papers import Paper


class Citation(models.Model):
    """One paper's reference to another: an edge of the graph, and who says so."""

    citing = models.ForeignKey(Paper, models.CASCADE, related_name="cites")
    cited = models.ForeignKey(Paper, models.CASCADE, related_name="cited_by")
    source = models.CharField(max_length=20, choices=Source)
    stated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["citing", "cited", "source"], name="citation_edge"),
            models.CheckConstraint(condition=~Q(citing=F("cited")), name="citation_not_of_itself"),
            one_of("source", Source, "citation_source_known"),
        ]

    def __str__(self) -> str:
        return f"{self.citing_id} → {self.cited_id}"


class Reference(models.Model):
    """An entry of a paper's bibliography that matches no paper here yet; tried again when papers arrive."""

    citing = models.ForeignKey(Paper, models.CASCADE, related_name="references")
    source = models.CharField(max_length=20, choices=Source)
    key = models.CharField(max_length=200, help_text="What the source calls the cited record.")
    title = models.TextField(blank=True)
    text = models.TextField(blank=True, help_text="The entry as printed.")
    identifiers = models.JSONField(default=dict, blank=True)
    year = models.PositiveSmallIntegerField(null=True, blank=True)
    stated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["citing", "source", "key"], name="reference_once"),
            one_of("source", Source, "reference_source_known"),
        ]

    def __str__(self) -> str:
        return self.title or self.text or self.key


class RelationKind(models.TextChoices):
    EXTENDS = "extends", "extends"
    COMPARES = "compares", "compares with"
    EVALUATES = "evaluates", "evaluates"
    SURVEYS = "surveys", "surveys"
    USES = "uses", "uses"
    SAME_WORK = "same_work", "same work as"
    CONTRADICTS = "contradicts", "contradicts"


@tracked
class Relation(Stated):
    """A typed edge between two papers, curated or derived, always with who says so."""

    Kind = RelationKind

    subject = models.ForeignKey(Paper, models.CASCADE, related_name="relations")
    object = models.ForeignKey(Paper, models.CASCADE, related_name="related_from")
    kind = models.CharField(max_length=12, choices=Kind)
    note = models.TextField(blank=True)
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
