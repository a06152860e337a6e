"""Write a catalogue as a reading list, in Markdown or JSON."""

import json
import os
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from catalog.models import Catalogue
from ingest.lists.as_json import write_json
from ingest.lists.writer import write_markdown


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("catalogue", help="Slug of the catalogue.")
        parser.add_argument("--format", choices=["markdown", "json"], default="markdown")
        parser.add_argument("-o", "--output", metavar="PATH", help="A file; else standard output.")

    def handle(self, *args: Any, **options: Any) -> None:
        catalogue = Catalogue.objects.filter(slug=options["catalogue"]).first()
        if catalogue is None:
            known = ", ".join(Catalogue.objects.values_list("slug", flat=True)) or "none yet"
            raise CommandError(
                f"There is no catalogue “{options['catalogue']}” (there is: {known})."
            )
        if options["format"] == "json":
            text = json.dumps(write_json(catalogue), ensure_ascii=False, indent=2) + "\n"
        else:
            text = write_markdown(catalogue)
        if not options["output"]:
            self.stdout.write(text, ending="")
            return
        try:
            _replace(Path(options["output"]), text)
        except OSError as error:
            raise CommandError(
                f"{options['output']} cannot be written: {error.strerror}."
            ) from error


def _replace(path: Path, text: str) -> None:
    """Write the whole file or leave the old one: a full disk must not cost a curator the last export."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
        os.chmod(name, mode)
        os.replace(name, path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
