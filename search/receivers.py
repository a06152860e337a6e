"""How search follows the catalogue."""

import logging
from typing import Any

from django.db import OperationalError as DatabaseError
from django.db import connection
from kombu.exceptions import OperationalError

from catalog.models import GlossaryEntry, Paper
from search import recounting
from search.authors import refresh_author_names
from search.glossary import write_entries
from search.index import refresh_words
from search.models import AuthorName, PaperText
from search.tasks import embed_changed, index_changed, recount_changed

logger = logging.getLogger(__name__)

FOLLOWER = "search"  # the receiver's name among those of the signal


def follow_changes(sender: object, ids: list[int], **kwargs: Any) -> None:
    """Bring the words of changed papers up to date at once; their vectors and, after many changes, the counts of all words follow
    in the background.

    While somebody writes the whole index a page waits for as long as its statements may take, then leaves it to a worker.
    """
    try:
        refresh_words(ids)
        if recounting.is_due():
            _send(recount_changed)
    except DatabaseError as error:
        logger.warning("index not written, a worker will: %s", error)
        _send(index_changed, ids)
    _send(embed_changed)


def announce_glossary(sender: object = None, **kwargs: Any) -> None:
    """Bring papers up to date with the glossary, in the background: it may concern all of them."""
    _send(embed_changed)


def _send(task: Any, *arguments: Any) -> None:
    try:
        task.delay(*arguments)
    except OperationalError as error:
        logger.warning("%s not sent, the schedule will catch up: %s", task.name, error)


def fill_index(sender: object, **kwargs: Any) -> None:
    """Write the index anew after a migration that emptied it, so that nobody meets a catalogue that finds nothing.

    The glossary comes first: papers that are imported next are found by it before any job has run.
    """
    needed = {one._meta.db_table for one in (AuthorName, PaperText, GlossaryEntry)}
    if not needed <= set(connection.introspection.table_names()):
        return  # migrated to where there were none yet
    write_entries()
    if not AuthorName.objects.exists():
        with connection.cursor() as cursor:
            refresh_author_names(cursor)
    if not PaperText.objects.exists() and Paper.objects.exists():
        refresh_words()
