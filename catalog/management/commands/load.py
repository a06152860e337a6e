"""Stand a catalogue up from a dump: a folder that `dump` wrote, or an archive from /data/. All of it, or nothing."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from catalog.dumps.folders import reading
from catalog.dumps.load import load_dump
from catalog.dumps.manifest import DumpRefused
from catalog.management.commands.dump import Bars


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dump", type=Path, help="The folder or the .tar file.")
        parser.add_argument(
            "--replace",
            action="store_true",
            help="Delete the whole catalogue that is here first, with its history; users stay.",
        )
        parser.add_argument(
            "--facts-only",
            action="store_true",
            help="Leave the index, the vectors, the measures of the graph and the map to the jobs, or to `embed`, `measure_graph` and `map_papers`.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        bars = Bars(quiet=options["verbosity"] == 0)
        try:
            with reading(options["dump"]) as source:
                manifest = load_dump(source, replace=options["replace"], progress=bars.show)
        except DumpRefused as error:
            raise CommandError(f"Nothing was loaded: {error}.") from error
        finally:
            bars.close()
        loaded = sum(entry.rows for entry in manifest.files if entry.fields)
        self.stdout.write(f"Loaded {loaded:,} rows.")
        if options["facts_only"]:
            self.stdout.write(
                "Search, the picture of the graph and the map come with the next jobs; `manage.py embed`, "
                "`manage.py measure_graph` and `manage.py map_papers` make them at once."
            )
            return
        self.stdout.write("Computing what is not in a dump: index, vectors, measures, map …")
        for command, options in (
            ("embed", {}),
            ("measure_graph", {"always": True}),
            ("map_papers", {}),
        ):
            try:
                call_command(command, **options)
            except CommandError as error:  # all is loaded, and jobs will do what is missing
                self.stderr.write(f"{command}: {error}")
