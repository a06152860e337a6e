"""The database of the tests: copied from one that migrations made, and as they left it again after each test that commits."""

import hashlib
import sys
from importlib.metadata import version
from inspect import getsource

from django.conf import settings
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.migrations.loader import MigrationLoader

Rows = dict[str, bytes]


def template_name() -> str:
    """The database that one is copied from: it goes by all that makes tables, so that another version makes another."""
    known = hashlib.sha256()
    for module in (
        "Django",
        "django-pghistory",
        "django-pgtrigger",
        "django-celery-beat",
        "pgvector",
    ):
        known.update(version(module).encode())
    for migration in sorted(MigrationLoader(None).disk_migrations.values(), key=str):
        known.update((str(migration) + getsource(sys.modules[type(migration).__module__])).encode())
    return f"test_template_{known.hexdigest()[:16]}"


def use_template() -> None:
    """Copy the test database, and those that tests make besides, from the template when there is one."""
    name = template_name()
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if cursor.fetchone():
            connection.settings_dict["TEST"]["TEMPLATE"] = name


def keep_template() -> None:
    """Make the template of the test database that migrations have just made; those of other versions go.

    A server that somebody else keeps is left without one.
    """
    name = template_name()
    if settings.DATABASE_URL or connection.settings_dict["TEST"].get("TEMPLATE") == name:
        return
    own = connection.settings_dict["NAME"]
    connection.close()
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE 'test\\_template\\_%'")
        for (former,) in cursor.fetchall():
            cursor.execute(f'DROP DATABASE IF EXISTS "{former}"')
        cursor.execute(f'CREATE DATABASE "{name}_" TEMPLATE "{own}"')
        cursor.execute(f'ALTER DATABASE "{name}_" RENAME TO "{name}"')
    connection.settings_dict["TEST"]["TEMPLATE"] = name


def read_rows() -> Rows:
    """All that the tables hold, as they are after the migrations: little."""
    with connection.cursor() as cursor:
        return {table: _copy_out(cursor, table) for table in _filled_tables(cursor)}


def restore(rows: Rows) -> None:
    """Bring the tables back to these rows: what a test has committed goes, without a trace in the history."""
    with transaction.atomic(), connection.cursor() as cursor:
        _empty(cursor)
        for table, data in rows.items():
            with cursor.cursor.copy(f"COPY {table} FROM STDIN") as copy:
                copy.write(data)


def _empty(cursor: CursorWrapper) -> None:
    filled = _filled_tables(cursor)
    cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
    if cursor.fetchone() == (True,):
        # To delete the rows of the few tables that have any takes a tenth of the time in which all are truncated.
        cursor.execute("SET LOCAL session_replication_role = replica")
        for table in filled:
            cursor.execute(f"DELETE FROM {table}")
    elif filled:
        cursor.execute(f"TRUNCATE {', '.join(filled)} CASCADE")


def _filled_tables(cursor: CursorWrapper) -> list[str]:
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    quoted = [connection.ops.quote_name(name) for name in names]
    cursor.execute(
        " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for name in quoted)
    )
    return [name for (name,) in cursor.fetchall()]


def _copy_out(cursor: CursorWrapper, table: str) -> bytes:
    with cursor.cursor.copy(f"COPY {table} TO STDOUT") as copy:
        return b"".join(bytes(part) for part in copy)
