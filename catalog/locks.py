"""Advisory locks of the database: one process at a time, on whatever machine, and no lock outlives its process."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

# One number for each, that no other has.
EMBED, INDEX, RECOUNT, SYSTEMS, GRAPH, DUMP, MAP = range(0x57E3A, 0x57E41)
DUPLICATES, VENUES = 0x57E50, 0x57E51


class AlreadyRunning(Exception):
    """Another process is at it at this moment; the message is one line."""


@contextmanager
def alone(lock: int, message: str) -> Iterator[None]:
    """Hold a lock of the session, or raise AlreadyRunning at once."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [lock])
        if not cursor.fetchone()[0]:
            raise AlreadyRunning(message)
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [lock])
