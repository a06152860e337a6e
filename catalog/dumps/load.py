"""Standing a catalogue up from a dump: all of it in one transaction, or nothing."""

import gzip
import hashlib
import json
import zlib
from collections.abc import Iterator
from typing import IO, Any, cast

import pghistory
import psycopg
from django.apps import apps
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import DatabaseError, connection, models, transaction
from psycopg.types.json import Jsonb

from catalog.curation.locks import hold_off_curators
from catalog.dumps.folders import Source, manifest_bytes
from catalog.dumps.manifest import DumpRefused, FileEntry, Manifest, read_manifest
from catalog.dumps.tables import Table, tables
from catalog.dumps.write import Progress
from catalog.folding import fold
from catalog.models.base import KeyField

_KEPT = ("Dump", "DumpFile", "DumpPart")  # what the site has offered stays on offer
# A line that is longer, or a file that unpacks to more times its size, is none that a dump wrote.
_MOST_OF_LINE = 32 << 20
_MOST_OF_TIMES = 400
_BLOCK = 1 << 20


def load_dump(source: Source, *, replace: bool = False, progress: Progress | None = None) -> Manifest:  # fmt: skip
    """Fill an empty catalogue with a dump, or with `replace` any. DumpRefused, in one line, where that cannot be: nothing has changed then."""
    manifest = read_manifest(manifest_bytes(source))
    if manifest.is_demonstration and not settings.DEMO:
        raise DumpRefused(
            "this is the dump of a demonstration, whose numbers are made up: load it with STEMMA_DEMO=1"
        )
    entries = {entry.name: entry for entry in manifest.files}
    filled = [table for table in tables() if table.since <= manifest.version]
    for table in filled:
        _check(table, entries.get(table.file))
    try:
        with transaction.atomic(durable=True), pghistory.context(act="loaded a dump"):
            hold_off_curators()
            _make_room(replace=replace)
            for table in filled:
                _load(source, table, entries[table.file], progress)
            _check_links()
            for table in filled:
                _count_on(table, entries[table.file].last_id or 0)
    except (DatabaseError, psycopg.Error, OSError, UnicodeError) as error:
        raise DumpRefused(_in_a_line(error)) from error
    return manifest


def _in_a_line(error: Exception) -> str:
    """What PostgreSQL says, with the place where it met it."""
    said = error.__cause__ if isinstance(error, DatabaseError) else error
    diagnostic = getattr(said, "diag", None)
    parts = [(str(error) or type(error).__name__).splitlines()[0]]
    if diagnostic:
        parts = [diagnostic.message_primary or parts[0], diagnostic.message_detail or ""]
        parts += (diagnostic.context or "").splitlines()[:1]
    return "; ".join(part.strip()[:300] for part in parts if part)


def _check(table: Table, entry: FileEntry | None) -> None:
    """Whether the manifest tells of a file that fills the table; columns that came later may be missing."""
    if entry is None:
        raise DumpRefused(f"the dump has no {table.file}")
    if unknown := set(entry.fields) - set(table.columns):
        raise DumpRefused(
            f"{table.file} has fields that this Stemma does not know: {', '.join(sorted(unknown))}"
        )
    for one in table.fields:
        needed = not (one.null or one.has_default() or one.empty_strings_allowed)
        if one.column not in entry.fields and needed:
            raise DumpRefused(f"{table.file} lacks the field {one.column}")
    if entry.content_bytes > _MOST_OF_TIMES * max(entry.bytes, 1024):
        raise DumpRefused(f"{table.file} would unpack to {entry.content_bytes:,} bytes")


def _make_room(*, replace: bool) -> None:
    """Keep others from writing until the end, and see that there is nothing to mix with."""
    names = [f'"{table.db_table}"' for table in tables()]
    with connection.cursor() as cursor:
        if replace:
            # With what is computed and noted of the rows: their numbers will be those of others.
            every = [
                f'"{model._meta.db_table}"'
                for model in apps.get_models()
                if model._meta.app_label in settings.OUR_APPS and model.__name__ not in _KEPT
            ]
            cursor.execute(f"TRUNCATE {', '.join(every)} RESTART IDENTITY")
            return
        cursor.execute(f"LOCK TABLE {', '.join(names)} IN SHARE ROW EXCLUSIVE MODE")
        for table, name in zip(tables(), names, strict=True):
            cursor.execute(f"DELETE FROM {name} t WHERE NOT ({table.only})")  # noqa: S608  # computed
            cursor.execute(f"SELECT EXISTS (SELECT FROM {name})")  # noqa: S608
            if cursor.fetchone()[0]:
                raise DumpRefused(
                    f"the catalogue is not empty (there are {table.name.replace('_', ' ')}): "
                    "load into a new one, or say --replace to have everything in this one deleted first"
                )


def _load(source: Source, table: Table, entry: FileEntry, progress: Progress | None) -> None:
    given = [one for one in table.fields if one.column in entry.fields]
    later = [one for one in table.fields if one.column not in entry.fields]
    later += [one for one in table.counted_anew if one.column not in entry.fields]
    fields = [*given, *later, *table.keys]
    columns = ", ".join(f'"{one.column}"' for one in fields)
    defaults = [_value(one, one.get_default()) for one in later]
    rows = 0
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL TIME ZONE 'UTC'")
        with cursor.copy(f'COPY "{table.db_table}" ({columns}) FROM STDIN') as copy:
            for rows, row in enumerate(_rows(source, entry), 1):  # counted
                values = [_value(one, row[one.column]) for one in given]
                keys = [_key(entry, rows, row, one) for one in table.keys]
                copy.write_row([*values, *defaults, *keys])
                if progress and rows % 1000 == 0:
                    progress(entry.name, rows)
    if rows != entry.rows:
        raise DumpRefused(f"{entry.name} has {rows:,} rows instead of {entry.rows:,}: it is cut")
    if progress:
        progress(entry.name, rows)


def _value(one: "models.Field[Any, Any]", value: Any) -> Any:
    """What COPY takes for a value of JSON."""
    if isinstance(one, models.JSONField):
        return Jsonb(value)
    if isinstance(one, ArrayField):
        return [str(part) for part in value] if isinstance(value, list) else value
    if isinstance(value, dict | list):
        raise DumpRefused(f"{one.model.__name__}: {one.column} has a list or an object for a value")
    return value


def _key(entry: FileEntry, number: int, row: dict[str, Any], one: KeyField) -> str:
    text = row[one.of]
    if not isinstance(text, str):
        raise DumpRefused(f"{entry.name}, line {number}: {one.of} is no text")
    return fold(text)


def _rows(source: Source, entry: FileEntry) -> Iterator[dict[str, Any]]:
    """The rows of a file, once each is seen to be one. The sum is known, and compared, at the end."""
    wanted = set(entry.fields)
    for number, line in enumerate(_lines(source, entry), 1):
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise DumpRefused(f"{entry.name}, line {number} is no JSON") from error
        if not isinstance(row, dict) or row.keys() != wanted:
            raise DumpRefused(f"{entry.name}, line {number} has other fields than the manifest says")  # fmt: skip
        yield row


def _lines(source: Source, entry: FileEntry) -> Iterator[bytes]:
    """Unpack no more than the manifest says, in pieces; DumpRefused unless it is what was written."""
    total, content = 0, hashlib.sha256()
    held = b""
    try:
        with source.open(entry.name) as opened:
            file = _Counted(opened)
            for block in _unpacked(file):
                total += len(block)
                if total > entry.content_bytes:
                    raise DumpRefused(f"{entry.name} unpacks to more than the manifest says")
                content.update(block)
                *lines, held = (held + block).split(b"\n")
                if len(held) > _MOST_OF_LINE:
                    raise DumpRefused(f"{entry.name} has a line that is far too long")
                yield from lines
    except FileNotFoundError as error:
        raise DumpRefused(f"the dump has no {entry.name}") from error
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DumpRefused(f"{entry.name} is cut or damaged: {error}") from error
    if total < entry.content_bytes or held:
        raise DumpRefused(f"{entry.name} is cut: it ends after {total:,} bytes")
    if file.size != entry.bytes:
        raise DumpRefused(f"{entry.name} has {file.size:,} bytes, and the manifest says {entry.bytes:,}")  # fmt: skip
    if content.hexdigest() != entry.content_sha256:
        raise DumpRefused(f"{entry.name} is not what was written: its SHA-256 is another")


class _Counted:
    """Counts what is read of a file."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.size = 0

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self.size += len(data)
        return data


def _unpacked(file: _Counted) -> Iterator[bytes]:
    with gzip.GzipFile(fileobj=cast("IO[bytes]", file)) as zipped:
        while block := zipped.read(_BLOCK):
            yield block


def _check_links() -> None:
    """Have the database look at once whether every number that a row names exists."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def _count_on(table: Table, last: int) -> None:
    """Go on with numbers where the dumped catalogue would have: what was deleted there gives its number to nothing here."""
    if not table.has_numbers:
        return
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT coalesce(max(id), 0) FROM "{table.db_table}"')  # noqa: S608
        number = max(last, cursor.fetchone()[0])
        cursor.execute(
            "SELECT setval(pg_get_serial_sequence(%s, 'id'), %s, %s)",
            [f'"{table.db_table}"', max(number, 1), number > 0],
        )
