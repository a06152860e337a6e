"""How the suspects follow the papers."""

import logging
from typing import Any

from kombu.exceptions import OperationalError

from catalog.duplicates.job import MOST_ABOUT
from catalog.tasks import find_duplicates

logger = logging.getLogger(__name__)

FOLLOWER = "duplicates"  # the receiver's name among those of the signal


def follow_papers(sender: object, ids: list[int], **kwargs: Any) -> None:
    """Have papers that came or changed compared with the others, in the background; after very many, the schedule does it."""
    if len(ids) > MOST_ABOUT:
        return
    try:
        find_duplicates.delay(ids)
    except OperationalError as error:
        logger.warning("papers not compared, the schedule will: %s", error)
