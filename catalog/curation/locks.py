"""Curators and imports take turns: an import that planned before an edit must not write after it."""

from django.db import connection

_KEY = "SELECT {}(hashtextextended('stemma:curation', 0))"


def hold_off_imports() -> None:
    """Let no import write until this transaction ends; other curators go on."""
    _take("pg_advisory_xact_lock_shared")


def hold_off_curators() -> None:
    """Let no curator write until this transaction ends."""
    _take("pg_advisory_xact_lock")


def _take(function: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_KEY.format(function))
