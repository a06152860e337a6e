"""What happens before any command: settings are checked, and the embedded servers started if need be."""

import sys
from typing import NoReturn
from urllib.parse import urlsplit

import environs
import psycopg
import redis
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from config import embedded

# Commands of ours that a new home should serve at once.
NEED_TABLES = frozenset(
    {"import_list", "export_list", "embed", "search", "bench", "ingest", "dump", "load"}
)
NEED_NO_SERVER = {
    "collectstatic",
    "compilemessages",
    "diffsettings",
    "findstatic",
    "help",
    "makemessages",
    "serve",  # looks first whether it may, then starts them
    "startapp",
    "version",
}


def prepare(arguments: list[str]) -> None:
    """Check the settings, and start the embedded servers that the command needs."""
    try:
        settings.INSTALLED_APPS  # noqa: B018  # reading any setting loads them all
    except (ImproperlyConfigured, environs.EnvError) as error:
        fail(error)
    if needs_servers(arguments):
        start_embedded()
        if arguments[0] in NEED_TABLES:
            prepare_tables()


def prepare_tables() -> None:
    """Bring the tables of the embedded database up to this version; ask for it in one of somebody's own."""
    import django
    from django.core.management import call_command
    from django.db import OperationalError

    django.setup()
    try:
        if not pending_migrations():
            return
    except OperationalError as error:
        fail(f"the database does not answer: {str(error).splitlines()[0]}")
    if settings.DATABASE_URL:
        fail(
            "the tables in the database of DATABASE_URL are missing or of an older version: "
            "run `manage.py migrate` first"
        )
    call_command("migrate", interactive=False, verbosity=0)


def pending_migrations() -> bool:
    """Whether the database lacks tables or columns of this version."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def needs_servers(arguments: list[str]) -> bool:
    command, *rest = arguments or ["help"]
    if command.startswith("-") or {"-h", "--help", "--version"} & set(rest):
        return False
    if command == "check":
        return "--database" in rest
    return command not in NEED_NO_SERVER


def start_embedded() -> embedded.Lease | None:
    """Start the servers that no setting replaces; the last process to use them stops them."""
    wanted = {"postgres": not settings.DATABASE_URL, "valkey": settings.REDIS_IS_EMBEDDED}
    if not any(wanted.values()):
        return None
    try:
        if settings.DEMO:
            embedded.claim(settings.STEMMA_HOME)
            settings.DEMO_MARK.touch()
        return embedded.use(settings.STEMMA_HOME, **wanted)
    except embedded.EmbeddedError as error:
        fail(error)


def check_real_servers() -> None:
    """Stop with one line when a server that the environment names cannot be reached."""
    if settings.DATABASE_URL:
        try:
            psycopg.connect(settings.DATABASE_URL, connect_timeout=5).close()
        except psycopg.Error as error:
            fail(f"DATABASE_URL: {_shown(settings.DATABASE_URL)} does not answer: {error}")
    if not settings.REDIS_IS_EMBEDDED:
        try:
            address = settings.REDIS_URL.replace("redis+socket://", "unix://")
            with redis.Redis.from_url(
                address, socket_connect_timeout=5, socket_timeout=5
            ) as connection:
                connection.ping()
        except (redis.RedisError, ValueError) as error:
            fail(f"REDIS_URL: {_shown(settings.REDIS_URL)} does not answer: {error}")


def fail(reason: object) -> NoReturn:
    """End with the reason in one line."""
    sys.exit(f"stemma: {' '.join(str(reason).split())}")


def _shown(url: str) -> str:
    """A server's address without its password."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
