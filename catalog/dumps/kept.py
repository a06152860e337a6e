"""Dumps kept in the database: made each week, the last few of them, for all web hosts alike."""

import hashlib
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime

from django.conf import settings

from catalog.dumps.streaming import snapshot
from catalog.dumps.write import Output, Progress, write_dump
from catalog.locks import DUMP, alone
from catalog.models import Dump, DumpFile, DumpPart, Run
from catalog.running import running

PART = 1 << 20  # bytes of a part


def one_at_a_time() -> AbstractContextManager[None]:
    """Hold off other dumps, or raise AlreadyRunning."""
    return alone(DUMP, "A dump is being made already.")


def publish(reason: str, progress: Progress | None = None) -> Run:
    """Make today's dump and forget the oldest; return the run. Nothing is kept where nothing has changed since the last one."""
    with one_at_a_time():
        with running(Run.Job.DUMP, reason) as run:
            _make(run, progress)
        return run


def _make(run: Run, progress: Progress | None) -> None:
    try:
        with snapshot():
            last = Dump.objects.first()
            today = datetime.now(UTC).date()
            Dump.objects.filter(date=today).delete()
            dump = Dump.objects.create(date=today)
            manifest = write_dump(Kept(dump), published=True, progress=progress)
            dump.manifest = manifest.text()
            if last and last.manifest == dump.manifest:
                raise _Same(last)  # which takes back what was written
            dump.save()
            kept = Dump.objects.values_list("pk", flat=True)[: settings.DUMPS_KEPT]
            Dump.objects.exclude(pk__in=list(kept)).delete()
    except _Same as same:
        run.message = f"Nothing has changed since the dump of {same.dump.date}."
        return
    run.new = 1
    rows = sum(entry.rows for entry in manifest.files)
    size = sum(entry.bytes for entry in manifest.files)
    run.message = f"{rows:,} rows in {size / 1e6:,.1f} MB."


class _Same(Exception):
    def __init__(self, dump: Dump) -> None:
        self.dump = dump


class Kept:
    """A dump in the database as a place for files."""

    def __init__(self, dump: Dump) -> None:
        self.dump = dump

    @contextmanager
    def open(self, name: str) -> Iterator[Output]:
        file = DumpFile.objects.create(dump=self.dump, name=name)
        parts = _Parts(file)
        yield parts
        parts.close()


class _Parts:
    """Cuts what is written into parts."""

    def __init__(self, file: DumpFile) -> None:
        self.file = file
        self.held = bytearray()
        self.number = 0
        self.hash = hashlib.sha256()

    def write(self, data: bytes) -> None:
        self.held += data
        while len(self.held) >= PART:
            self._keep(bytes(self.held[:PART]))
            del self.held[:PART]

    def close(self) -> None:
        if self.held:
            self._keep(bytes(self.held))
        self.file.sha256 = self.hash.hexdigest()
        self.file.save()

    def _keep(self, data: bytes) -> None:
        DumpPart.objects.create(file=self.file, number=self.number, data=data)
        self.hash.update(data)
        self.file.size += len(data)
        self.number += 1


def pieces(file: DumpFile, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
    """The bytes of a file from `start` to before `stop`, a part at a time."""
    stop = file.size if stop is None else stop
    for number in range(start // PART, -(-stop // PART)):
        data = bytes(DumpPart.objects.values_list("data", flat=True).get(file=file, number=number))
        yield data[max(0, start - number * PART) : stop - number * PART]


def archive(files: Sequence[DumpFile], folder: str, made_at: datetime) -> Iterator[bytes]:
    """All files of a dump as one tar archive of a folder."""
    for file in files:
        member = tarfile.TarInfo(f"{folder}/{file.name}")
        member.size, member.mtime = file.size, int(made_at.timestamp())
        yield member.tobuf(tarfile.USTAR_FORMAT)
        yield from pieces(file)
        yield bytes(-file.size % tarfile.BLOCKSIZE)
    yield bytes(2 * tarfile.BLOCKSIZE)


def archive_size(files: Sequence[DumpFile]) -> int:
    padded = sum(file.size + -file.size % tarfile.BLOCKSIZE for file in files)
    return padded + (len(files) + 2) * tarfile.BLOCKSIZE
