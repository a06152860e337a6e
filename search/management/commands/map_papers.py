"""Draw the map of the field: place each listed paper that has no place, by the vector of its text."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from catalog.locks import AlreadyRunning
from search.map.job import map_changed


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--always", action="store_true", help="Draw the whole map anew, from where papers lie."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            run = map_changed("command", always=options["always"])
        except AlreadyRunning as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            run.message
            if run
            else "Every paper that has a vector has its place; --always draws the map all the same."
        )
