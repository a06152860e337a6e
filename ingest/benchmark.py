"""How quickly answers are read and stored, and how many requests and how much memory a run takes.

Works on an empty scratch database with a stand-in for the sources on this machine.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction

from catalog.folding import fold
from catalog.models import (
    Catalogue,
    Identifier,
    Paper,
    PaperRepository,
    Placement,
    Repository,
    Topic,
)
from catalog.models.upkeep import RunJob
from ingest import runs
from ingest.jobs import parts_of
from ingest.lists.changes import changes_of
from ingest.lists.service import import_list, plan_list
from ingest.lists.splitting import files_of
from ingest.lists.writer import write_list
from ingest.sources.arxiv.feed import parse_feed
from ingest.sources.arxiv.store import store_records
from ingest.standins import ArxivRecord, RepositoryRecord, Standin, World
from ingest.standins.arxiv import entry, feed

ENTRIES = 2000  # of one answer, the most that arXiv gives
PAPERS = 1000
LISTED = 1500
REPOSITORIES = 364
_LONG_RUN = 10_000


@dataclass(frozen=True, slots=True)
class Measured:
    name: str
    milliseconds: float
    note: str


def measured() -> Iterator[Measured]:
    """Yield all figures; call it with a connection to a database that has tables and nothing in them."""
    yield from _reading_and_storing()
    yield from _requests()


def records(number: int, start: int = 0) -> list[ArxivRecord]:
    """Make records of the usual size: a title of ten words, five authors, an abstract of 1,300 letters."""
    day = datetime(2024, 1, 1, tzinfo=UTC)
    sentence = "A model reads what came long before, and it keeps what it will need later on. "
    return [
        ArxivRecord(
            id=f"{2401 + index // 90_000}.{index % 90_000 + 1:05d}",
            title=f"Paper {index}: on reading long texts with models that forget slowly",
            authors=[f"Author {(index * 7 + place) % 3000} Name" for place in range(5)],
            abstract=sentence * 16,
            published=day + timedelta(minutes=index),
            updated=day + timedelta(minutes=index),
            categories=["cs.CL", "cs.LG"],
        )
        for index in range(start, start + number)
    ]


def _make_papers(made: list[ArxivRecord]) -> list[int]:
    """List papers for records; return the keys of their identifiers."""
    catalogue, _ = Catalogue.objects.get_or_create(slug="bench", defaults={"title": "Bench"})
    topic, _ = Topic.objects.get_or_create(
        catalogue=catalogue, path="bench", defaults={"name": "Bench", "slug": "bench"}
    )
    papers = Paper.objects.bulk_create(
        [Paper(title=record.title, title_key=fold(record.title)) for record in made]
    )
    Placement.objects.bulk_create([Placement(paper=paper, topic=topic) for paper in papers])
    rows = Identifier.objects.bulk_create(
        [
            Identifier(paper=paper, scheme="arxiv", value=record.id)
            for paper, record in zip(papers, made, strict=True)
        ]
    )
    return [row.pk for row in rows]


def made_up_list(entries: int, *, promoted: bool = False) -> str:
    """A list of thirty sections with made-up titles; in a later revision every fifth paper has found its venue."""
    lines = ["# A made-up list", "", "## News", ""]
    for index in range(0, entries, 15):
        lines += [f"- **[2024.{index % 12 + 1:02}.{index % 28 + 1:02}]**"]
        lines += [f"  - Paper: [{_title(index)}]({_address(index)})"]
    for section in range(30):
        lines += ["", f"## {section + 1}. Section with the number {section}", ""]
        for place, index in enumerate(range(section, entries, 30), 1):
            venue = "ICLR 2025 Oral" if promoted and index % 5 == 0 else "Arxiv 2024"
            people = ", ".join(f"Author {(index * 7 + one) % 900} Name" for one in range(5))
            lines += [
                f"{place}. [**{_title(index)}.**]({_address(index)}) *{people}.* {venue}.",
                "",
            ]
            if index % 2 == 0:
                code = f"lab-{index % 90}/code-{index}"
                stars = f"![GitHub Repo stars](https://img.shields.io/github/stars/{code})"
                lines += [f"   [{stars}](https://github.com/{code})", ""]
    return "\n".join(lines)


def _title(index: int) -> str:
    return f"Paper {index}: on reading long texts with models that forget slowly"


def _address(index: int) -> str:
    return f"https://arxiv.org/abs/{2401 + index % 12}.{index + 1:05}"


def lists() -> Iterator[Measured]:
    """A list of which half is known: its plan, its import, the plan of the same again; for an empty database of its own."""
    half, whole = made_up_list(LISTED // 2), made_up_list(LISTED, promoted=True).encode()
    import_list(half.encode(), "listed")
    name = f"a plan for {LISTED:,} entries, half of them known"
    began = time.perf_counter()
    plan = plan_list(whole, "listed")
    changes = len(changes_of(plan))
    spent = time.perf_counter() - began
    counts = plan.counts()
    yield Measured(
        name, spent * 1000, f"{counts['new']} new, {counts['changed']} changed; {changes} changes"
    )
    began = time.perf_counter()
    import_list(whole, "listed")
    spent = time.perf_counter() - began
    yield Measured("the same, applied", spent * 1000, "its reading and its plan included")
    began = time.perf_counter()
    plan_list(whole, "listed")
    yield Measured("its plan again", (time.perf_counter() - began) * 1000, "nothing changes")
    began = time.perf_counter()
    files = files_of(write_list(Catalogue.objects.get(slug="listed")))
    spent = time.perf_counter() - began
    yield Measured("written as a list", spent * 1000, f"{files[0].size:,} bytes")


def _reading_and_storing() -> Iterator[Measured]:
    """Five answers of 2,000 entries one after the other, then the last one again."""
    first, memory = [], []
    for start in range(0, _LONG_RUN, ENTRIES):
        made = records(ENTRIES, start)
        subjects = _make_papers(made)
        body = feed("bench", "".join(entry(one, 1) for one in made), len(made)).encode()
        began = time.perf_counter()
        _read_and_store(subjects, body)
        first.append(time.perf_counter() - began)
        memory.append(_resident_mb())
    began = time.perf_counter()
    _read_and_store(subjects, body)
    again = time.perf_counter() - began
    spent = sorted(first)[len(first) // 2]
    yield Measured(f"{ENTRIES} arXiv entries, new", spent * 1000, f"{ENTRIES / spent:.0f} papers/s")
    yield Measured("the same again", again * 1000, f"{ENTRIES / again:.0f} papers/s")
    note = " → ".join(f"{mb:.0f}" for mb in memory)
    yield Measured(f"memory over {_LONG_RUN:,} papers", 0, f"{note} MB, after each {ENTRIES:,}")


def _read_and_store(subjects: list[int], body: bytes) -> None:
    read = parse_feed(body)
    with transaction.atomic():
        store_records(subjects, read)


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1_048_576


def _requests() -> Iterator[Measured]:
    """What a whole run asks: 1,000 papers, and as many repositories as the starter list has."""
    world = World()
    for record in records(PAPERS):
        world.add_record(replace(record))
    for number in range(REPOSITORIES):
        world.repositories[number + 1] = RepositoryRecord(
            id=number + 1, owner="bench", name=f"code-{number}", stars=number
        )
    wanted = [record.id for record in records(PAPERS)]
    Placement.objects.exclude(paper__identifiers__value__in=wanted).delete()
    Identifier.objects.exclude(value__in=wanted).delete()
    _make_repositories()
    with Standin(world) as standin, _led_to(standin):
        for job in (RunJob.ARXIV, RunJob.GITHUB, RunJob.CITATIONS):
            standin.requests.clear()
            run = runs.start(job, "bench")
            began = time.perf_counter()
            runs.work(run, parts_of(job), runs.Manner(insistent=True))
            spent = time.perf_counter() - began
            counts: dict[str, int] = {}
            for one in standin.requests:
                counts[one.source] = counts.get(one.source, 0) + 1
            asked = ", ".join(f"{name} {number}" for name, number in sorted(counts.items()))
            run.refresh_from_db()
            yield Measured(
                f"{run.get_job_display()} run", spent * 1000, f"requests: {asked}; {run.status}"
            )


def _make_repositories() -> None:
    papers = Paper.objects.filter(placements__isnull=False).order_by("pk")[:REPOSITORIES]
    made = Repository.objects.bulk_create(
        [Repository(owner="bench", name=f"code-{number}") for number in range(REPOSITORIES)]
    )
    PaperRepository.objects.bulk_create(
        [
            PaperRepository(paper=paper, repository=repository)
            for paper, repository in zip(papers, made, strict=True)
        ]
    )


@contextmanager
def _led_to(standin: Standin) -> Iterator[None]:
    """Lead the sources to a stand-in, without pauses and with a token for GitHub."""
    kept = settings.SOURCES
    addresses = standin.environment()
    settings.SOURCES = {
        name: {
            "base": addresses[f"{name.upper()}_API_URL"],
            "key": "bench" if name == "github" else "",
            "min_interval": 0,
        }
        for name in kept
    }
    try:
        yield
    finally:
        settings.SOURCES = kept
        connection.close()
