"""Reading much of the database as it was at one moment, some rows at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

_AT_ONCE = 2000


@contextmanager
def snapshot() -> Iterator[None]:
    """Let all that is read show one moment, whoever writes meanwhile. Not within another transaction."""
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            cursor.execute("SET LOCAL TIME ZONE 'UTC'; SET LOCAL statement_timeout = 0")
        yield


def stream(query: str) -> Iterator[tuple[Any, ...]]:
    """The rows of a query, from a cursor that the server keeps. Within a transaction."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(query)
        while rows := cursor.fetchmany(_AT_ONCE):
            yield from rows
