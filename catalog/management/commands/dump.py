"""Write the graph as data: a folder that `load` can stand a copy up from. Users, their names and what they did are not in it."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from catalog.dumps import kept
from catalog.dumps.folders import Folder
from catalog.dumps.manifest import DumpRefused
from catalog.dumps.streaming import snapshot
from catalog.dumps.write import write_dump
from catalog.locks import AlreadyRunning


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "folder", nargs="?", help="Where to; stemma-<today> in this folder where none is named."
        )
        parser.add_argument(
            "--published",
            action="store_true",
            help="Leave out what may not be given to everybody: abstracts that arXiv did not give.",
        )
        parser.add_argument(
            "--publish", action="store_true", help="Offer it at /data/ instead, as each week."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["publish"] and options["folder"]:
            raise CommandError("--publish writes to the database: name no folder.")
        bars = Bars(quiet=options["verbosity"] == 0)
        try:
            if options["publish"]:
                self.stdout.write(kept.publish("command", bars.show).message)
            else:
                self._write(options, bars)
        except (DumpRefused, AlreadyRunning) as error:
            raise CommandError(str(error)) from error
        finally:
            bars.close()

    def _write(self, options: dict[str, Any], bars: "Bars") -> None:
        folder = Folder(Path(options["folder"] or f"stemma-{datetime.now(UTC):%Y-%m-%d}"))
        with kept.one_at_a_time(), folder.whole(), snapshot():
            manifest = write_dump(folder, published=options["published"], progress=bars.show)
        bars.close()
        rows = sum(entry.rows for entry in manifest.files)
        size = sum(entry.bytes for entry in manifest.files)
        self.stdout.write(f"{folder.path}: {rows:,} rows in {size / 1e6:,.1f} MB.")


class Bars:
    """Shows on a terminal how many rows of the present file are done."""

    def __init__(self, *, quiet: bool = False) -> None:
        self.bar = tqdm(unit=" rows", disable=True if quiet else None, leave=False)
        self.name = ""

    def show(self, name: str, rows: int) -> None:
        if name != self.name:
            self.name = name
            self.bar.reset()
            self.bar.set_description(name)
        self.bar.update(rows - self.bar.n)

    def close(self) -> None:
        self.bar.close()
