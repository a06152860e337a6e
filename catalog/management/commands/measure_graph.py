"""Compute PageRank, communities and places of all listed papers from the graph of citations, relations and similarity."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from catalog.graph.measures import measure_changed
from catalog.locks import AlreadyRunning


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--always", action="store_true", help="Also when hardly anything has changed."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            run = measure_changed("command", always=options["always"])
        except AlreadyRunning as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            run.message
            if run
            else "Too little has changed since it was last computed; --always computes it all the same."
        )
