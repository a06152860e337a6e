"""How ingestion follows the catalogue."""

import logging
from typing import Any

from kombu.exceptions import OperationalError

from catalog.models import CitingWork, Paper, Reference
from ingest.lists.statements import take_back_statements
from ingest.matching import turn_into_outside_works
from ingest.tasks import match_references

logger = logging.getLogger(__name__)

FOLLOWER = "ingest"  # the receiver's name among those of the signal


def keep_edges(sender: object, instance: Paper, **kwargs: Any) -> None:
    """What cites a paper that is about to be deleted goes on citing it, as a work that is not listed."""
    turn_into_outside_works(instance)


def follow_papers(sender: object, ids: list[int], **kwargs: Any) -> None:
    """Have references that nothing matched looked at again, in the background."""
    if not (Reference.objects.exists() or CitingWork.objects.exists()):
        return
    try:
        match_references.delay(ids)
    except OperationalError as error:
        logger.warning("references not looked at, the next run will: %s", error)


def ask_anew(sender: object, runs: list[int], **kwargs: Any) -> None:
    """What an import changed and a curator took back, its list may propose again."""
    take_back_statements(runs)
