"""Ask the pages that papers link to whether they are still there; those that are due, or some of them."""

import json
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from catalog.models import LinkCheck, Run
from ingest import runs
from ingest.links.job import SwitchedOff, check_links
from ingest.management.commands.ingest import positive


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--limit", type=positive, help="Ask so many addresses at most, the longest due first."
        )
        parser.add_argument("--json", action="store_true", help="Print one JSON object.")

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        try:
            with tqdm(desc="links", disable=True if options["json"] else None) as bar:
                run = check_links(
                    "manage.py check_links",
                    limit=options["limit"],
                    progress=lambda done: bar.update(done - bar.n) and None,
                )
        except (runs.Busy, SwitchedOff) as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt as error:
            raise CommandError(
                "Interrupted; the next run goes on from there.", returncode=130
            ) from error
        outcome = _outcome(run, time.monotonic() - began)
        self.stdout.write(
            json.dumps(outcome, ensure_ascii=False) if options["json"] else outcome["message"]
        )
        if run and run.status != Run.Status.DONE:
            raise CommandError("" if options["json"] else "It failed.")


def _outcome(run: Run | None, seconds: float) -> dict[str, Any]:
    counts = {
        name: getattr(run, name, 0) for name in ("new", "changed", "same", "requests", "left")
    }
    return {
        "status": run.status if run else Run.Status.DONE,
        "message": run.message if run else "No link is due.",
        **counts,
        "dead": LinkCheck.objects.dead().count(),
        "seconds": round(seconds, 1),
    }
