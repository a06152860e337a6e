"""A curator's word on what a catalogue announced."""

from django.db import transaction
from django.utils import timezone

from catalog.curation.locks import hold_off_imports
from catalog.models import Announcement, Source


@transaction.atomic
def save_announcement(announcement: Announcement) -> None:
    """Save a line that a curator wrote or edited."""
    hold_off_imports()
    announcement.source, announcement.stated_at = Source.CURATOR, timezone.now()
    announcement.save()
