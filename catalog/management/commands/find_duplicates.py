"""Look for papers that may be one work, and for authors who may be one person."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from catalog.duplicates.job import find_changed
from catalog.locks import AlreadyRunning


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--always", action="store_true", help="Also where nothing has changed since."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            run = find_changed("command", always=options["always"])
        except AlreadyRunning as error:
            raise CommandError(str(error)) from error
        self.stdout.write(run.message if run else "Nothing has changed since the last run.")
