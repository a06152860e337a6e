"""Who may change which catalogues."""

from django.conf import settings
from django.db import models

from catalog.models.base import tracked
from catalog.models.catalogues import Catalogue


@tracked
class Editorship(models.Model):
    """A user who edits one catalogue. Whoever has none of these edits all, as far as their permissions go."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="editorships")
    catalogue = models.ForeignKey(Catalogue, models.CASCADE, related_name="editorships")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["user", "catalogue"], name="editorship_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user} edits {self.catalogue}"
