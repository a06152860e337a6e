"""Dated dumps of the whole graph, kept in the database so that every web host has them."""

import json
from typing import Any

from django.db import models
from django.urls import reverse
from django.utils import timezone


class Dump(models.Model):
    """The graph as data, as it was on one day (catalog.dumps)."""

    date = models.DateField(unique=True)
    made_at = models.DateTimeField(default=timezone.now)
    manifest = models.TextField(help_text="What is in it: the text of its manifest.json.")

    class Meta:
        ordering = ["-date"]

    def __str__(self) -> str:
        return f"stemma-{self.date:%Y-%m-%d}"

    def get_absolute_url(self) -> str:
        return reverse("dump-detail", args=[self.date])

    def url_of(self, name: str) -> str:
        """Of a file, of the archive or of the sums."""
        return reverse("dump-file", args=[self.date, name])

    @property
    def facts(self) -> dict[str, Any]:
        facts: dict[str, Any] = json.loads(self.manifest)
        return facts


class DumpFile(models.Model):
    """A file of a dump; its bytes are its parts, one after another."""

    dump = models.ForeignKey(Dump, models.CASCADE, related_name="files")
    name = models.CharField(max_length=100)
    size = models.BigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["dump", "name"], name="dump_file_once"),
        ]

    def __str__(self) -> str:
        return self.name


class DumpPart(models.Model):
    """A piece of a file: all but the last are of one size (catalog.dumps.kept)."""

    file = models.ForeignKey(DumpFile, models.CASCADE, related_name="parts", db_index=False)
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["file", "number"], name="dump_part_once"),
        ]
