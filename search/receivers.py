"""How search follows the catalogue."""

import logging
from typing import Any

from kombu.exceptions import OperationalError

from catalog.models import Paper
from search.index import refresh_words
from search.models import PaperText
from search.tasks import embed_changed

logger = logging.getLogger(__name__)

FOLLOWER = "search"  # the receiver's name among those of the signal


def follow_changes(sender: object, ids: list[int], **kwargs: Any) -> None:
    """Bring the words of changed papers up to date at once; their vectors follow in the background."""
    refresh_words(ids)
    try:
        embed_changed.delay()
    except OperationalError as error:
        logger.warning("embedding not sent, the schedule will catch up: %s", error)


def fill_index(sender: object, **kwargs: Any) -> None:
    """Write the index anew after a migration that emptied it, so that nobody meets a catalogue that finds nothing."""
    if not PaperText.objects.exists() and Paper.objects.exists():
        refresh_words()
