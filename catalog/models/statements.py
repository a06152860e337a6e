"""What each source last said of a paper's fields, the chosen value or not."""

from django.db import models
from django.utils import timezone

from catalog.models.base import Source, one_of, tracked
from catalog.models.papers import Paper
from catalog.models.people import Author


@tracked
class FieldStatement(models.Model):
    """One source's word on one field. Provenance says whose word is shown."""

    paper = models.ForeignKey(Paper, models.CASCADE, related_name="statements")
    field = models.CharField(max_length=40)
    source = models.CharField(max_length=20, choices=Source)
    detail = models.CharField(
        max_length=200, blank=True, default="", help_text="Which list, which record, which curator."
    )
    value = models.JSONField(help_text="As catalog.statements writes it.")
    stated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["paper", "field", "source", "detail"], name="statement_once"
            ),
            one_of("source", Source, "statement_source_known"),
        ]

    def __str__(self) -> str:
        return f"{self.field}: {self.get_source_display()}"


@tracked
class NamedAuthor(models.Model):
    """A curator's word that a name printed on a paper means this author, so that no import gives it to another."""

    paper = models.ForeignKey(Paper, models.CASCADE, related_name="named_authors")
    name_key = models.TextField(help_text="The printed name, folded.")
    author = models.ForeignKey(Author, models.CASCADE, related_name="named_on")
    stated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["paper", "name_key"], name="named_author_once")
        ]

    def __str__(self) -> str:
        return f"{self.name_key}: {self.author}"
