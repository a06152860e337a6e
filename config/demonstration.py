"""The demonstration (STEMMA_DEMO=1): a catalogue filled offline, from a stand-in for all sources.

Titles, abstracts and citations come from real data beside the checkout; stars are made up, since there are none. It lives in a home of its own,
marked as such, and every page says so: made-up numbers never meet a catalogue that anybody believes.
"""

import http.client
import time
from collections.abc import Iterator
from datetime import date, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from catalog.models import Repository, Run, StarCount
from catalog.models.upkeep import RunJob
from config.startup import fail
from ingest.management.commands.standin import births
from ingest.standins import World

NEEDED = ("arxiv_records.jsonl", "citations.jsonl")
STANDIN = [
    str(settings.BASE_DIR / "manage.py"), "standin", "--port", str(settings.STANDIN_PORT),
    "--data", str(settings.STEMMA_DATA), "--invent-code",
]  # fmt: skip
_DAILY = 60  # days for which the stars of each are made up; before that, of each week
_STANDIN_SECONDS = 60
_AT_ONCE = 5000
_FILLED = "filled\n"  # in the mark of the home, which is empty until then


def check_data() -> None:
    """Stop with one line where there is nothing to demonstrate with."""
    missing = [name for name in NEEDED if not (settings.STEMMA_DATA / name).is_file()]
    if missing:
        fail(
            f"STEMMA_DEMO=1 needs {' and '.join(missing)}, which {settings.STEMMA_DATA} does not have: "
            "name the folder that has them, as in STEMMA_DATA=/path/to/data, or start without STEMMA_DEMO"
        )


def is_filled() -> bool:
    """Whether `demonstrate` has come to its end: other commands, and `serve` itself, do single steps of it too."""
    return settings.DEMO_MARK.is_file() and settings.DEMO_MARK.read_text() == _FILLED


def note_filled() -> None:
    settings.DEMO_MARK.write_text(_FILLED)


def is_done(job: RunJob) -> bool:
    return Run.objects.filter(job=job, status=Run.Status.DONE).exists()


def wait_for_standin() -> None:
    """Return once the stand-in answers."""
    deadline = time.monotonic() + _STANDIN_SECONDS
    while True:
        asked = http.client.HTTPConnection("127.0.0.1", settings.STANDIN_PORT, timeout=5)
        try:
            asked.request("GET", "/github/rate_limit")
            asked.getresponse().read()
            return
        except OSError:
            if time.monotonic() > deadline:
                fail("the stand-in for the sources does not answer: see standin.log")
            time.sleep(0.1)
        finally:
            asked.close()


def make_up_history() -> int:
    """Give every repository that has stars those that it would have had before; return how many days were made up."""
    world = World(invent_code=True, births=births())
    today = timezone.now().date()
    rows = [
        StarCount(repository=repository, date=day, stars=stars)
        for repository in Repository.objects.exclude(stars=None).order_by("pk")
        for day in _days(today)
        if (stars := world.stars_of(repository.full_name, day))
    ]
    before = StarCount.objects.count()
    with transaction.atomic():
        StarCount.objects.bulk_create(rows, batch_size=_AT_ONCE, ignore_conflicts=True)
    return StarCount.objects.count() - before


def _days(today: date) -> Iterator[date]:
    """Two years of days that stars are made up for, the first first."""
    for weeks in range(104, _DAILY // 7, -1):
        yield today - timedelta(days=7 * weeks)
    for days in range(_DAILY, 0, -1):
        yield today - timedelta(days=days)
