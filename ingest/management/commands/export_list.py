"""Write a catalogue as a reading list, in Markdown or JSON, as the options remembered with it say or others."""

import json
import os
import tempfile
from argparse import ArgumentParser, BooleanOptionalAction
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from catalog.models import Catalogue
from ingest.lists.as_json import write_json
from ingest.lists.options import ListOptions
from ingest.lists.splitting import LIMIT, as_zip, files_of
from ingest.lists.writer import write_list, write_markdown


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("catalogue", help="Slug of the catalogue.")
        parser.add_argument("--format", choices=["markdown", "json"], default="markdown")
        parser.add_argument("-o", "--output", metavar="PATH", help="A file; else standard output.")
        parser.add_argument(
            "--split",
            metavar="FOLDER",
            help="Write files that GitHub shows whole: one, or an index and a file for each topic.",
        )
        parser.add_argument("--zip", action="store_true", help="The same files, packed, to -o.")
        for one in fields(ListOptions):
            name, kind = one.name.replace("_", "-"), type(one.default)
            if kind is bool:
                parser.add_argument(
                    f"--{name}", action=BooleanOptionalAction, default=None, help=_HELP[one.name]
                )
            else:
                parser.add_argument(f"--{name}", type=int, metavar="N", help=_HELP[one.name])

    def handle(self, *args: Any, **options: Any) -> None:
        catalogue = Catalogue.objects.filter(slug=options["catalogue"]).first()
        if catalogue is None:
            known = ", ".join(Catalogue.objects.values_list("slug", flat=True)) or "none yet"
            raise CommandError(
                f"There is no catalogue “{options['catalogue']}” (there is: {known})."
            )
        if options["split"] or options["zip"]:
            self._write_files(catalogue, options)
            return
        if options["format"] == "json":
            text = json.dumps(write_json(catalogue), ensure_ascii=False, indent=2) + "\n"
        else:
            text = write_markdown(catalogue, _chosen(catalogue, options))
            if (size := len(text.encode())) > LIMIT:
                self.stderr.write(
                    f"The list has {size:,} bytes; GitHub shows {LIMIT:,} of a file. Use --split or --zip."
                )
        if not options["output"]:
            self.stdout.write(text, ending="")
            return
        _write(Path(options["output"]), text.encode())

    def _write_files(self, catalogue: Catalogue, options: dict[str, Any]) -> None:
        if options["format"] == "json":
            raise CommandError("--split and --zip write Markdown.")
        files = files_of(write_list(catalogue, _chosen(catalogue, options)))
        if options["zip"]:
            if not options["output"]:
                raise CommandError("Name the archive with -o.")
            _write(Path(options["output"]), as_zip(files))
            return
        folder = Path(options["split"])
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CommandError(f"{folder} cannot be made: {error.strerror}.") from error
        for file in files:
            _write(folder / file.name, file.text.encode())
            self.stdout.write(f"{file.name}: {file.size:,} bytes")


_HELP = {
    "contents": "A table of contents.",
    "news": "All announcements, by day.",
    "weeks": "What was new in the latest N weeks.",
    "months": "What was new in the latest N months.",
    "section_numbers": "Numbered sections.",
    "entry_numbers": "Numbered entries, not bullets.",
    "badges": "Badges and links.",
}


def _chosen(catalogue: Catalogue, options: dict[str, Any]) -> ListOptions:
    """What the command names; for the rest, what is remembered with the catalogue."""
    named = {one.name: options[one.name] for one in fields(ListOptions)}
    given = {name: value for name, value in named.items() if value is not None}
    return ListOptions.read({**asdict(ListOptions.of(catalogue)), **given})


def _write(path: Path, data: bytes) -> None:
    try:
        _replace(path, data)
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}.") from error


def _replace(path: Path, data: bytes) -> None:
    """Write the whole file or leave the old one: a full disk must not cost a curator the last export."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
        os.chmod(name, mode)
        os.replace(name, path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
