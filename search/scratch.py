"""A database that is there for a measurement only."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from catalog.signals import papers_changed


@contextmanager
def scratch_database(suffix: str) -> Iterator[None]:
    """Point the connection at a new database with empty tables; drop it afterwards.

    Nobody follows what changes in it: workers have the real one.
    """
    own = connection.settings_dict["NAME"]
    kept_name = connection.settings_dict["TEST"].get("NAME")
    connection.settings_dict["TEST"]["NAME"] = f"{own}_{suffix}"
    followers, papers_changed.receivers = papers_changed.receivers, []
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(own, verbosity=0)
        connection.settings_dict["TEST"]["NAME"] = kept_name
        papers_changed.receivers = followers
