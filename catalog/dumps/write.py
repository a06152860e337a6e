"""Writing a dump: every table as lines of JSON, all edges in one file, the graph as RDF, and the manifest.

Rows stream from one snapshot of the database to where they are kept; what is held in memory does not grow with the catalogue. The same
facts give the same bytes.
"""

import gzip
import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any, Protocol

from django.conf import settings
from django.db import connection, models

from catalog.dumps.linked import statements
from catalog.dumps.manifest import NAME, FileEntry, Manifest, licences
from catalog.dumps.streaming import stream
from catalog.dumps.tables import Table, tables
from catalog.graph.edges import all_edges
from catalog.models import Catalogue

EDGES = "edges.jsonl.gz"
GRAPH = "graph.ttl.gz"
_ABOUT = {
    EDGES: "Every edge of the graph in one form: from, kind, to, source, date; made of the tables, not loaded",
    GRAPH: "The graph as RDF in Turtle; made of the tables, not loaded",
}
_BLOCK = 1 << 16
_LEVEL = 6  # of compression: 9 takes three times as long for a hundredth

# Told how many rows of which file are written.
Progress = Callable[[str, int], None]


class Output(Protocol):
    """Where the bytes of a file go."""

    def write(self, data: bytes, /) -> object: ...


class Place(Protocol):
    """Where the files of a dump go."""

    def open(self, name: str) -> AbstractContextManager[Output]: ...


def write_dump(place: Place, *, published: bool, progress: Progress | None = None) -> Manifest:
    """Write the whole catalogue, within `snapshot()`. `published` leaves out what is not ours to give away."""
    entries = [
        _write_table(place, table, published=published, progress=progress) for table in tables()
    ]
    for name, lines in ((EDGES, all_edges()), (GRAPH, statements(published=published))):
        file = File(place, name, progress)
        entries.append(file.write(lines, _ABOUT[name]))
    manifest = Manifest(
        files=tuple(entries),
        latest_at=_latest(),
        abstracts="arxiv" if published else "all",
        is_demonstration=settings.DEMO,
        site=settings.SITE_URL,
        licences=licences(list(Catalogue.objects.order_by("pk")), published=published),
    )
    with place.open(NAME) as out:
        out.write(manifest.text().encode())
    return manifest


class File:
    """A compressed file of a dump in the making, which counts what it is given."""

    def __init__(self, place: Place, name: str, progress: Progress | None) -> None:
        self.place, self.name, self.progress = place, name, progress

    def write(self, lines: Iterable[str], about: str, **facts: Any) -> FileEntry:
        """Write lines, which lack their ends, and return what became of them."""
        content = _Sum()
        rows = 0
        with self.place.open(self.name) as out:
            packed = _Sum(out)
            with gzip.GzipFile(
                filename="", mode="wb", compresslevel=_LEVEL, fileobj=packed, mtime=0
            ) as zipped:
                block = bytearray()
                for line in lines:
                    block += line.encode() + b"\n"
                    rows += 1
                    if len(block) >= _BLOCK:
                        content.write(block)
                        zipped.write(block)
                        block.clear()
                        self._tell(rows)
                content.write(block)
                zipped.write(block)
        self._tell(rows)
        return FileEntry(
            self.name, about, rows, packed.size, packed.digest, content.size, content.digest, **facts
        )  # fmt: skip

    def _tell(self, rows: int) -> None:
        if self.progress:
            self.progress(self.name, rows)


class _Sum:
    """Adds up what is written, and passes it on."""

    def __init__(self, out: Output | None = None) -> None:
        self._out = out
        self._hash = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes | bytearray) -> int:
        self._hash.update(data)
        self.size += len(data)
        if self._out:
            self._out.write(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Whoever compresses may ask for it."""

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()


def _write_table(
    place: Place, table: Table, *, published: bool, progress: Progress | None
) -> FileEntry:
    return File(place, table.file, progress).write(
        _rows(table, published=published),
        table.about,
        fields=tuple(table.columns),
        last_id=_last_id(table),
    )


def _rows(table: Table, *, published: bool) -> Iterator[str]:
    instead = {**table.instead, **(table.published_instead if published else {})}
    only = f"({table.only}) AND ({table.published_only})" if published else table.only
    columns = ", ".join(
        f'{instead[one.name]} AS "{one.column}"' if one.name in instead else f't."{one.column}"'
        for one in table.fields
    )
    order = ", ".join(f'r."{name}"{_plainly(table, name)}' for name in table.order)
    query = (
        f'SELECT row_to_json(r)::text FROM (SELECT {columns} FROM "{table.db_table}" t WHERE {only}) r'  # noqa: S608
        f" ORDER BY {order}"
    )
    return (line for (line,) in stream(query))


def _plainly(table: Table, name: str) -> str:
    """Texts are sorted by their bytes: alphabets differ from server to server."""
    is_text = isinstance(table.model._meta.get_field(name), models.CharField | models.TextField)
    return ' COLLATE "C"' if is_text else ""


def _last_id(table: Table) -> int | None:
    if not table.never_again:
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_serial_sequence(%s, 'id')", [f'"{table.db_table}"'])
        (sequence,) = cursor.fetchone()
        cursor.execute(f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {sequence}")  # noqa: S608
        number: int = cursor.fetchone()[0]
        return number


def _latest() -> str | None:
    moments = [
        f'SELECT max("{one.column}") AS at FROM "{table.db_table}"'  # noqa: S608
        for table in tables()
        for one in table.fields
        if isinstance(one, models.DateTimeField)
    ]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT max(at) FROM ({' UNION ALL '.join(moments)}) x")  # noqa: S608
        latest: datetime | None = cursor.fetchone()[0]
    return latest.astimezone(UTC).isoformat() if latest else None
