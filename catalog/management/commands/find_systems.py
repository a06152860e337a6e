"""Find the systems that papers introduce, and derive relations from what other papers say of them."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from catalog.locks import AlreadyRunning
from catalog.systems.job import find_changed


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--always", action="store_true", help="Also when nothing has changed.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            run = find_changed("command", always=options["always"])
        except AlreadyRunning as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            run.message
            if run
            else "Nothing has changed since they were last looked for; --always looks all the same."
        )
