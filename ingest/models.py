"""What an import keeps between its steps."""

import zlib
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone

_KEPT = timedelta(days=1)


class UploadedListManager(models.Manager["UploadedList"]):
    def keep(self, user_id: int, slug: str, title: str, name: str, data: bytes) -> "UploadedList":
        """Keep a list until its plan is applied, for a day at most; forget what is older."""
        self.filter(created_at__lt=timezone.now() - _KEPT).delete()
        return self.create(
            user_id=user_id,
            slug=slug,
            title=title[:200],
            name=name[:200],
            packed=zlib.compress(data),
        )


class UploadedList(models.Model):
    """A list that a curator uploaded and has not applied yet."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    slug = models.CharField(max_length=60, help_text="The catalogue it is meant for.")
    title = models.CharField(max_length=200, blank=True, help_text="Of a catalogue yet to be made.")
    name = models.CharField(max_length=200, help_text="Of the file, or the address it came from.")
    packed = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)

    objects = UploadedListManager()

    def __str__(self) -> str:
        return self.name

    @property
    def data(self) -> bytes:
        return zlib.decompress(self.packed)
