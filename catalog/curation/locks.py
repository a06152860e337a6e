"""Curators and imports take turns: an import that planned before an edit must not write after it."""

from django.db import connection

_KEY = "SELECT {}(hashtextextended('stemma:curation', 0))"


# What waits or writes longer than this would meet the time limit of the server itself.
_LONGEST_MS = 45_000


def hold_off_imports() -> None:
    """Let no import write until this transaction ends; other curators go on.

    An import that is running is waited for as long as a query of a page may take.
    """
    _take("pg_advisory_xact_lock_shared")
    take_time()


def hold_off_curators() -> None:
    """Let no curator write until this transaction ends."""
    _take("pg_advisory_xact_lock")


def take_time() -> None:
    """Let what follows in this transaction take longer than a query of a page may."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('statement_timeout') <> '0'")
        if cursor.fetchone() == (True,):  # a command has all the time it needs
            cursor.execute(f"SET LOCAL statement_timeout = {_LONGEST_MS}")


def _take(function: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_KEY.format(function))
