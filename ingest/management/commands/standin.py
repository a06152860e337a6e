"""Serve stand-ins for arXiv, GitHub, Semantic Scholar and OpenAlex on this machine, for demonstrations."""

import signal
from argparse import ArgumentParser
from datetime import date
from threading import Event
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.db.models import Min

from catalog.identifiers import ARXIV
from catalog.models import Paper, PaperRepository
from ingest.standins import Seen, Standin, World

PACE = [
    "ARXIV_MIN_INTERVAL=0",
    "GITHUB_MIN_INTERVAL=0",
    "SEMANTIC_SCHOLAR_MIN_INTERVAL=0",
    "OPENALEX_MIN_INTERVAL=0",
]


class Command(BaseCommand):
    help = __doc__
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=9400)
        parser.add_argument(
            "--data",
            metavar="FOLDER",
            help="Where arxiv_records.jsonl is, and perhaps citations.jsonl and "
            "repositories.jsonl; else a small invented world is served.",
        )
        parser.add_argument(
            "--invent",
            action="store_true",
            help="Let every repository and arXiv id that is asked for exist, with invented facts; papers that are "
            "listed here keep their titles and authors.",
        )
        parser.add_argument(
            "--invent-code",
            action="store_true",
            help="Let every repository exist, with made-up numbers; of papers what the data and the lists here say.",
        )
        parser.add_argument(
            "--fault",
            action="append",
            default=[],
            metavar="SOURCE=FAULT[:TIMES]",
            help="Spoil the next answers of a source, as arxiv=503:3; TIMES is 1, or * for ever.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        world = self._world(options["data"], options["invent"])
        if options["invent_code"]:
            world.invent_code = True
            world.births, world.papers = births(), listed_papers()
        standin = self._standin(world, options["port"])
        try:
            for text in options["fault"]:
                misbehave(standin, text)
            self._introduce(standin)
            standin.start()
            for name in (
                signal.SIGINT,
                signal.SIGTERM,
            ):  # a shell's job in the background ignores SIGINT
                signal.signal(name, signal.default_int_handler)
            Event().wait()
        except KeyboardInterrupt:
            self.stdout.write("")
        finally:
            standin.stop()

    def _world(self, folder: str | None, invent: bool) -> World:
        try:
            world = World.load(folder, invent=invent) if folder else World.small(invent=invent)
        except OSError as error:
            raise CommandError(f"{error.filename} cannot be read: {error.strerror}.") from error
        except ValueError as error:
            raise CommandError(str(error)) from error
        if invent:
            world.papers = listed_papers()
        return world

    def _standin(self, world: World, port: int) -> Standin:
        try:
            return Standin(world, port, self._log)
        except (OSError, OverflowError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise CommandError(f"Port {port} cannot be used: {reason}.") from error

    def _introduce(self, standin: Standin) -> None:
        for name, value in standin.environment().items():
            self.stdout.write(f"export {name}={value}")
        self.stdout.write("# The stand-ins need no pauses:")
        self.stdout.write(f"# export {' '.join(PACE)}")
        self.stdout.write("# Serving until Ctrl-C.")
        self.stdout.flush()

    def _log(self, seen: Seen, outcome: str) -> None:
        self.stdout.write(f"{seen.method} {seen.path} {outcome or 'given up'}")
        self.stdout.flush()


def listed_papers() -> dict[str, tuple[str, list[str]]]:
    """Titles and authors of the papers here, by arXiv id, so that what is invented for them is theirs."""
    found: dict[str, tuple[str, list[str]]] = {}
    papers = Paper.objects.public().prefetch_related("identifiers", "authorships")
    try:
        for paper in papers.iterator(chunk_size=1000):
            names = [row.printed_name for row in paper.authorships.all()]
            for row in paper.identifiers.all():
                if row.scheme == ARXIV:
                    found[row.value] = (paper.title, names)
    except DatabaseError:
        return {}  # a demonstration without a catalogue
    return found


def births() -> dict[str, date]:
    """Since when there is each repository here, as far as the oldest of its papers tells."""
    rows = PaperRepository.objects.exclude(paper__published_on=None)
    named = rows.values_list("repository__owner", "repository__name").annotate(
        Min("paper__published_on")
    )
    # To the month: the day is known of some only once arXiv has been asked.
    return {f"{owner}/{name}".lower(): day.replace(day=1) for owner, name, day in named}


def misbehave(standin: Standin, text: str) -> None:
    """Ask a stand-in for a fault as the command line names it; CommandError when it makes no sense."""
    source, _, rest = text.partition("=")
    fault, _, count = rest.partition(":")
    if count not in {"", "*"} and not count.isdecimal():
        raise CommandError(f"“{text}” should end in a number or *, as in arxiv=503:3.")
    times = None if count == "*" else int(count or 1)
    try:
        standin.misbehave(source, fault, times)
    except ValueError as error:
        raise CommandError(str(error)) from error
