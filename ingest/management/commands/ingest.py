"""Ask a source about papers and repositories: arxiv, candidates, github, readmes or citations."""

import json
import time
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from catalog.identifiers import parse_identifier
from catalog.models import Identifier, Paper, Run
from catalog.models.upkeep import RunJob
from ingest import runs
from ingest.jobs import JOBS, parts_of

_PATIENCE = 300  # seconds to wait when a source asks for it
_WAIT_FOR_OTHERS = 1800  # seconds


def positive(text: str) -> int:
    """Read a number of things to ask about, as an argument of a command."""
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 10**7:
        raise ArgumentTypeError(f"“{text}” is no number from 1 on")
    return int(text)


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("job", choices=[str(job.value) for job in JOBS])
        parser.add_argument(
            "--limit", type=positive, help="Ask about so many things at most, the oldest first."
        )
        parser.add_argument(
            "--paper", metavar="ID", help="Only this paper: its number here, or any identifier."
        )
        parser.add_argument("--json", action="store_true", help="Print one JSON object.")

    def handle(self, *args: Any, **options: Any) -> None:
        job = RunJob(options["job"])
        paper = None if options["paper"] is None else _paper(options["paper"])
        began = time.monotonic()
        run = self._open(job, options["limit"], paper)
        interrupted = self._work(run, quiet=options["json"])
        run.refresh_from_db()
        outcome = _outcome(run, time.monotonic() - began)
        if options["json"]:
            self.stdout.write(json.dumps(outcome, ensure_ascii=False))
        else:
            self._print(run, outcome)
        if interrupted:
            raise CommandError("Interrupted; the same command goes on from here.", returncode=130)
        if run.status != Run.Status.DONE:
            raise CommandError(run.message or "It failed.")

    def _open(self, job: RunJob, limit: int | None, paper: int | None) -> Run:
        """Go on with the last run of the same command when it was interrupted less than a day ago, or begin one."""
        runs.close_orphans()
        wanted = {"details__limit": limit, "details__paper": paper, "details__scheduled": False}
        last = Run.objects.filter(job=job, **wanted).first()
        if last and last.status == Run.Status.INTERRUPTED and runs.take_up(last):
            self.stderr.write(f"Going on with the run of {last.started_at:%H:%M:%S} UTC.")
            return last
        me = runs.whoami("command")
        return runs.start(job, "manage.py ingest", limit=limit, paper=paper, holder=me)

    def _work(self, run: Run, quiet: bool) -> bool:
        """Work until the run is finished; return whether somebody interrupted it."""
        with tqdm(desc=str(run.get_job_display()), disable=None if not quiet else True) as bar:
            manner = runs.Manner(patience=_PATIENCE, insistent=True, progress=_shown_on(bar))
            deadline = time.monotonic() + _WAIT_FOR_OTHERS
            told = False
            while True:
                try:
                    runs.work(run, parts_of(RunJob(run.job)), manner)
                    return False
                except runs.Busy as error:
                    if time.monotonic() > deadline:
                        runs.interrupt(run)
                        raise CommandError(
                            f"{error}; it has not ended within half an hour."
                        ) from error
                    if not told:
                        self.stderr.write(f"Waiting: {error} …")
                        told = True
                    time.sleep(0.3)
                except KeyboardInterrupt:
                    runs.interrupt(run)
                    return True

    def _print(self, run: Run, outcome: dict[str, Any]) -> None:
        counts = ", ".join(
            f"{outcome[name]} {name}" for name in ("new", "changed", "same", "skipped", "failed")
        )
        self.stdout.write(
            f"{run.get_job_display()}: {counts}; {outcome['problems']} problems to look at, "
            f"{outcome['requests']} requests, {outcome['seconds']} s."
        )
        if run.message and run.status == Run.Status.DONE:
            self.stdout.write(run.message)  # else it is the error's


def _shown_on(bar: Any) -> Callable[[int, int], None]:
    def show(done: int, total: int) -> None:
        bar.total = total
        bar.update(done - bar.n)

    return show


def _outcome(run: Run, seconds: float) -> dict[str, Any]:
    return {
        "source": run.job,
        "status": run.status,
        "message": run.message,
        "requests": run.requests,
        "new": run.new,
        "changed": run.changed,
        "same": run.same,
        "skipped": run.skipped,
        "failed": run.failed,
        "left": run.left,
        "problems": run.details.get("problems", 0),
        "seconds": round(seconds, 1),
    }


def _paper(text: str) -> int:
    """Find the paper that a number of ours or any identifier names."""
    if text.isascii() and text.isdigit() and len(text) < 12:
        found = Paper.objects.public().filter(pk=int(text)).values_list("pk", flat=True).first()
    else:
        ident = parse_identifier(text)
        rows = Identifier.objects.filter(
            scheme=ident.scheme if ident else "", value=ident.value if ident else ""
        )
        found = rows.values_list("paper", flat=True).first()
    if found is None:
        raise CommandError(
            f"No paper here is called “{text[:100]}”: give its number or an identifier."
        )
    return found
