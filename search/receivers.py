"""How search follows the catalogue."""

import logging
from typing import Any

from kombu.exceptions import OperationalError

from search.index import refresh_words
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
