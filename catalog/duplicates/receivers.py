"""How the suspects follow the papers."""

import logging
from typing import Any

from celery import current_app
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)

FOLLOWER = "duplicates"  # the receiver's name among those of the signal
# More changed papers than these, and the schedule compares all anew.
MOST_ABOUT = 2000
TASK = "catalog.tasks.find_duplicates"


def follow_papers(sender: object, ids: list[int], **kwargs: Any) -> None:
    """Have papers that came or changed compared with the others, in the background."""
    if len(ids) > MOST_ABOUT:
        return
    try:
        current_app.send_task(TASK, [ids])
    except OperationalError as error:
        logger.warning("papers not compared, the schedule will: %s", error)
