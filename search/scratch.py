"""A database that is there for a measurement only."""

from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from io import StringIO

from django.db import DatabaseError, connection

from catalog.signals import papers_changed

_FINISHED = "finished: kept for the next measurement"


class ScratchRefused(DatabaseError):
    """The server does not let us have another database."""


@contextmanager
def scratch_database(suffix: str, *, keep: bool = False) -> Iterator[None]:
    """Point the connection at a new database with empty tables; drop it afterwards.

    With `keep` it stays, and one that stayed is taken up again as it is, if `finish` was called of it. Nobody follows
    what changes in it: workers have the real one. ScratchRefused when it cannot be created.
    """
    own = connection.settings_dict["NAME"]
    kept_name = connection.settings_dict["TEST"].get("NAME")
    followers = papers_changed.receivers
    try:
        connection.settings_dict["TEST"]["NAME"] = f"{own}_{suffix}"
        papers_changed.receivers = []
        _create(keep=keep and _is_finished(f"{own}_{suffix}"))
        yield
    finally:
        try:
            # Until the new database is there, the connection's is the real one.
            if connection.settings_dict["NAME"] != own:
                connection.creation.destroy_test_db(own, verbosity=0, keepdb=keep)
        finally:
            connection.settings_dict["NAME"] = own
            connection.settings_dict["TEST"]["NAME"] = kept_name
            papers_changed.receivers = followers


def _create(*, keep: bool) -> None:
    """Create the database; Django would print why it cannot, and end the program."""
    said = StringIO()
    try:
        with redirect_stderr(said):
            connection.creation.create_test_db(
                verbosity=0, autoclobber=True, serialize=False, keepdb=keep
            )
    except SystemExit as error:
        why = said.getvalue().strip().splitlines()
        raise ScratchRefused(why[-1] if why else "The database cannot be created.") from error


def finish() -> None:
    """Say of the database of the connection that what fills it has come to its end."""
    with connection.cursor() as cursor:
        name = connection.ops.quote_name(connection.settings_dict["NAME"])
        cursor.execute(f"COMMENT ON DATABASE {name} IS '{_FINISHED}'")


def _is_finished(name: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s",
            [name],
        )
        return bool(cursor.fetchone() == (_FINISHED,))
