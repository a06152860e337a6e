"""Fill the demonstration from its stand-in, once: abstracts, citations, stars and what is computed of them."""

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from catalog.models import Run
from config.demonstration import is_done, make_up_history, note_filled, wait_for_standin

JOBS = [(Run.Job.ARXIV, "abstracts"), (Run.Job.CITATIONS, "citations"), (Run.Job.GITHUB, "stars")]


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("This is no demonstration: it makes numbers up. Set STEMMA_DEMO=1.")
        wait_for_standin()
        for job, what in JOBS:
            if not is_done(job):
                self.say(f"Taking {what} from the stand-in …")
                call_command("ingest", str(job.value))
        self.say("Making up stars of the past …")
        self.say(f"{make_up_history():,} days of stars made up.")
        for command, what in (
            ("find_systems", "Looking for systems and relations …"),
            ("embed", "Embedding …"),
            ("measure_graph", "Measuring the graph …"),
        ):
            self.say(what)
            call_command(command)
        note_filled()

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
