"""Runs go on: after a kill, beside others, without their database or their queue for a while."""

import json
import random
import signal
import socket
import time
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as own_settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from catalog.models import Author, Authorship, Paper, Problem, Run, SourceState
from catalog.models.upkeep import RunJob
from ingest import jobs, runs
from ingest.http import SourceRefused
from ingest.http.limiter import _redis
from ingest.models import Visit
from ingest.sources.arxiv import Metadata
from ingest.standins import Standin
from ingest.tasks import ingest
from tests.factories import make_paper
from tests.ingest.beside import Beside, all_at_once
from tests.ingest.running import counts, run_job

pytestmark = pytest.mark.django_db(transaction=True)

MANAGE = own_settings.BASE_DIR / "manage.py"


@pytest.fixture
def papers(standin: Standin) -> list[Paper]:
    """250 papers that arXiv knows, which makes three batches."""
    base = standin.world.arxiv["2301.99001"]
    made = []
    for number in range(250):
        name, title = f"2401.{number:05d}", f"Paper {number} of the harbour"
        authors = [f"Author {number % 40}", "Ida Kvist"]
        standin.world.arxiv[name] = replace(base, id=name, title=title, authors=authors)
        made.append(make_paper(title, arxiv=name, authors=["Ida Kvist"]))
    return made


INGEST = "call_command('ingest', 'arxiv', '--json')"


def whole() -> list[tuple[Any, ...]]:
    """What the papers are, whatever their rows' numbers."""
    return sorted(
        (paper.title, paper.abstract, paper.arxiv_version, *(row.printed_name for row in paper.authorships.all()))
        for paper in Paper.objects.prefetch_related("authorships")
    )  # fmt: skip


def test_eight_processes_at_once_do_the_work_once(papers, standin):
    # Each waits until all are there: one that came when the work was done would rightly begin anew.
    processes = all_at_once(8, INGEST)
    outputs = [process.wait() for process in processes]
    assert [process.status for process in processes] == [0] * 8, outputs
    done = [json.loads(out) for out, _ in outputs]
    assert sum(one["new"] for one in done) == 250
    assert len(standin.requests) == 3
    assert standin.most_at_once("arxiv") == 1
    assert Paper.objects.exclude(abstract="").count() == 250
    assert Authorship.objects.count() == 500
    assert Author.objects.count() == 41
    assert not Run.objects.exclude(status="done").exists()


def killed_at(statement: int) -> list[str]:
    """What makes a process kill itself at its n-th statement of SQL, of about 150 that the whole job takes."""
    return [
        "import os, signal",
        "from django.db import connection",
        "from itertools import count",
        "met = count()",
        "connection.execute_wrappers.append(lambda execute, *asked: "
        f"execute(*asked) if next(met) < {statement} else os.kill(os.getpid(), signal.SIGKILL))",
    ]


def test_killed_at_twenty_moments_nothing_is_lost_or_doubled(papers, standin):
    """Half of them as commands, half as workers, whose deaths count against what they were at."""
    chance = random.Random(7)
    jobs.start_scheduled(RunJob.ARXIV)
    killed = 0
    for number in range(20):
        work = (
            INGEST if number % 2 else "from ingest.jobs import work_in_turn; work_in_turn(turn=1)"
        )
        process = Beside(*killed_at(chance.randint(10, 120)), work)
        process.wait()
        killed += process.status == -signal.SIGKILL
    assert killed >= 10
    last = Beside(INGEST)
    out, err = last.wait()
    assert last.status == 0, err
    assert json.loads(out)["failed"] == 0
    found = whole()
    assert len(found) == 250
    assert all(row[1] for row in found)
    assert Authorship.objects.count() == 500
    assert Author.objects.count() == 41
    again = run_job("arxiv")
    assert counts(again) == {"same": 250}
    assert whole() == found


def test_an_interrupted_command_goes_on_where_it_was(papers, standin):
    standin.misbehave("arxiv", "delay", times=None, after=1, seconds=30)
    process = Beside(INGEST)
    while len(standin.requests) < 2:
        time.sleep(0.05)
    process.kill()
    standin.behave()
    standin.requests.clear()
    out, err = Beside(INGEST).wait()
    assert "Going on with the run" in err
    assert json.loads(out)["new"] == 250
    assert len(standin.requests) == 2


def test_a_worker_takes_up_what_a_killed_one_left(papers, standin):
    run = jobs.start_scheduled(RunJob.ARXIV)
    assert run
    Run.objects.filter(pk=run.pk).update(holder="worker elsewhere:1")
    jobs.work_in_turn()
    run.refresh_from_db()
    assert (run.status, run.holder, counts(run)) == ("done", "", {"new": 250})


def test_what_ends_its_worker_three_times_is_set_aside(standin):
    make_paper("Short Numbers", arxiv="0704.9907", authors=["Hugo Old"])
    poison = make_paper("A Paper of Three Versions", arxiv="2303.99003", authors=["Wei Zhang"])
    run = jobs.start_scheduled(RunJob.ARXIV)
    assert run
    deadly = [
        "import os, signal",
        "from ingest.sources.arxiv import Metadata",
        "from ingest.jobs import work_in_turn",
        "kept = Metadata.store",
        "Metadata.store = lambda self, subjects, fetched: "
        "os.kill(os.getpid(), signal.SIGKILL) if any(one.id == '2303.99003' for one in fetched.records) else kept(self, subjects, fetched)",
        "work_in_turn()",
    ]
    deaths = 0
    for _ in range(6):
        process = Beside(*deadly)
        process.wait()
        deaths += process.status == -signal.SIGKILL
    assert deaths == 3
    run.refresh_from_db()
    assert (run.status, counts(run)) == ("failed", {"new": 1, "failed": 1})
    visit = Visit.objects.get(outcome="set_aside")
    assert visit.subject == poison.identifiers.get().pk
    assert Problem.objects.get().kind == "set-aside"
    assert counts(run_job("arxiv")) == {"same": 1}


def left_by(holder: str, run: Run, papers: list[Paper]) -> None:
    """Make a run look as a worker leaves it that ended at these papers."""
    subjects = [paper.identifiers.get().pk for paper in papers]
    batch = {"source": "arxiv", "subjects": subjects}
    Run.objects.filter(pk=run.pk).update(holder=holder, batch=batch)


def work_a_little(run: Run) -> None:
    """One batch of the run, as a worker's turn that ends early."""
    manner = runs.Manner(until=time.monotonic() + 0.001)
    with suppress(runs.Busy):
        runs.work(run, jobs.parts_of(RunJob.ARXIV), manner)
    run.refresh_from_db()


def test_workers_that_die_at_different_things_set_nothing_aside(papers, standin):
    run = jobs.start_scheduled(RunJob.ARXIV)
    assert run
    for number in range(4):
        left_by("worker elsewhere:1", run, papers[number * 5 : number * 5 + 5])
        work_a_little(run)
        assert run.deaths == 1
    jobs.work_in_turn()
    run.refresh_from_db()
    assert (run.status, run.deaths, counts(run)) == ("done", 0, {"new": 250})


def test_an_answer_that_ends_its_worker_counts_too(standin):
    """What is read before it is stored can be too much for a machine as well."""
    make_paper("Short Numbers", arxiv="0704.9907", authors=["Hugo Old"])
    run = jobs.start_scheduled(RunJob.ARXIV)
    assert run
    deadly = [
        "import os, signal",
        "from ingest.sources import arxiv",
        "arxiv.fetch_ids = lambda *asked: os.kill(os.getpid(), signal.SIGKILL)",
        "from ingest.jobs import work_in_turn",
        "work_in_turn()",
    ]
    for _ in range(4):
        Beside(*deadly).wait()
    run.refresh_from_db()
    assert (run.status, counts(run)) == ("failed", {"failed": 1})
    assert Problem.objects.get().kind == "set-aside"


def test_a_worker_that_is_alive_has_not_died(papers, standin):
    run = jobs.start_scheduled(RunJob.ARXIV)
    assert run
    left_by(runs.whoami(), run, papers[:1])
    work_a_little(run)
    assert (run.deaths, run.details.get("suspects")) == (0, None)


def test_one_source_that_asks_us_to_wait_holds_up_no_other(standin):
    make_paper("2301.99001", arxiv="2301.99001")
    standin.misbehave("semantic_scholar", "429", times=None, retry_after=3600)
    run = jobs.start_scheduled(RunJob.CITATIONS)
    assert run
    jobs.work_in_turn()
    run.refresh_from_db()
    assert (run.status, counts(run)) == ("running", {"new": 1})
    assert run.resume_at
    assert {one.source for one in standin.requests} == {"semantic_scholar", "openalex"}


def test_each_part_puts_its_house_in_order_once_a_run(papers, standin, monkeypatch):
    begun: list[int] = []
    monkeypatch.setattr(Metadata, "begin", lambda self: begun.append(1))
    run = jobs.start_scheduled(RunJob.ARXIV)
    assert run
    for _ in range(3):
        work_a_little(run)
    assert begun == [1]


def test_the_run_of_a_command_that_was_killed_is_interrupted_and_goes_on(papers, standin):
    run = runs.start(RunJob.ARXIV, "test", holder=f"command {socket.gethostname()}:{2**22 + 5}")
    jobs.work_in_turn()
    run.refresh_from_db()
    assert run.status == "interrupted"
    call_command("ingest", "arxiv", "--json")
    run.refresh_from_db()
    assert (run.status, counts(run)) == ("done", {"new": 250})
    assert Run.objects.count() == 1


def test_a_database_that_goes_away_costs_one_batch(papers, standin, monkeypatch):
    kept = Metadata.store
    struck: list[int] = []

    def strike(self: Metadata, subjects: Any, fetched: Any) -> Any:
        if not struck:
            struck.append(1)
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return kept(self, subjects, fetched)

    monkeypatch.setattr(Metadata, "store", strike)
    run = run_job("arxiv")
    assert (run.status, counts(run)) == ("done", {"new": 250})
    assert len(standin.requests) == 4


def test_a_lock_that_is_lost_unnoticed_writes_nothing(papers, standin, monkeypatch):
    """A session that was replaced behind our back must not write: another may hold the job."""
    kept, fetches = Metadata.fetch, []

    def reconnect(self: Metadata, client: Any, subjects: Any) -> Any:
        found = kept(self, client, subjects)
        fetches.append(1)
        if len(fetches) == 1:
            connection.close()
        return found

    monkeypatch.setattr(Metadata, "fetch", reconnect)
    assert counts(run_job("arxiv")) == {"new": 250}
    assert len(fetches) == 4


def test_an_emptied_redis_loses_nothing(papers, standin, monkeypatch):
    kept = Metadata.store

    def empty(self: Metadata, subjects: Any, fetched: Any) -> Any:
        ours = own_settings.CACHES["default"][
            "KEY_PREFIX"
        ]  # a running Stemma may use the same Redis
        for name in _redis().scan_iter(f"{ours}:*"):
            _redis().delete(name)
        return kept(self, subjects, fetched)

    monkeypatch.setattr(Metadata, "store", empty)
    assert counts(run_job("arxiv")) == {"new": 250}


def test_a_job_that_somebody_is_at_is_left_to_them(papers, standin):
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(hashtextextended('stemma:job:arxiv', 0))")
        run = runs.start(RunJob.ARXIV, "test")
        with pytest.raises(runs.Busy):
            runs.work(run, [Metadata()], runs.Manner())
        assert standin.requests == []
    finally:
        other.close()


def test_a_scheduled_run_asks_only_about_what_has_grown_old(papers, standin):
    assert jobs.start_scheduled(RunJob.ARXIV)
    assert jobs.start_scheduled(RunJob.ARXIV) is None  # one at a time
    jobs.work_in_turn()
    assert jobs.start_scheduled(RunJob.ARXIV) is None  # nothing is due
    Visit.objects.filter(pk=Visit.objects.first().pk).update(  # type: ignore[union-attr]
        visited_at=timezone.now() - timedelta(days=30)
    )
    assert jobs.start_scheduled(RunJob.ARXIV)
    jobs.work_in_turn()
    assert counts(Run.objects.latest("pk")) == {"same": 1}


def test_a_run_waits_when_its_source_asks_for_it_and_goes_on_afterwards(papers, standin):
    standin.misbehave("arxiv", "429", after=1, retry_after=3600)
    run = jobs.start_scheduled(RunJob.ARXIV)
    assert run
    jobs.work_in_turn()
    run.refresh_from_db()
    assert run.status == "running"
    assert run.resume_at
    assert run.resume_at > timezone.now() + timedelta(minutes=50)
    asked = len(standin.requests)
    jobs.work_in_turn()
    assert len(standin.requests) == asked
    Run.objects.update(resume_at=timezone.now())
    SourceState.objects.update(busy_until=None)
    jobs.work_in_turn()
    run.refresh_from_db()
    assert (run.status, counts(run)) == ("done", {"new": 250})


def test_what_failed_is_tried_again_once_it_has_rested(papers, standin):
    standin.misbehave("arxiv", "500", times=4)
    jobs.start_scheduled(RunJob.ARXIV)
    jobs.work_in_turn()
    first = Run.objects.get()
    assert (first.status, first.failed) == ("failed", 100)
    jobs.work_in_turn()
    assert Run.objects.count() == 1
    Run.objects.update(finished_at=timezone.now() - timedelta(minutes=11))
    jobs.work_in_turn()
    assert counts(Run.objects.latest("pk")) == {"new": 250}


def test_the_thing_that_is_refused_is_found_and_the_others_are_stored(papers, standin):
    odd = papers[70].identifiers.get()
    odd.value = "nonsense"
    odd.save()
    run = run_job("arxiv")
    assert (run.status, counts(run)) == ("failed", {"new": 249, "failed": 1})
    assert Visit.objects.get(outcome="failed").subject == odd.pk
    assert run.requests < 20


@pytest.mark.parametrize("status", [400, 401, 404])
def test_a_source_that_refuses_everything_is_not_asked_about_each_thing(
    papers, standin, monkeypatch, status
):
    asked = []

    def refuse(self: Metadata, client: Any, subjects: Any) -> Any:
        asked.append(subjects)
        raise SourceRefused(f"refused with status {status}", status)

    monkeypatch.setattr(Metadata, "fetch", refuse)
    run = run_job("arxiv")
    assert run.status == "failed"
    assert len(asked) < 30


@pytest.mark.parametrize("name", ["", " ", "nothing of the kind"])
def test_a_paper_that_is_not_here_is_refused(standin, name):
    with pytest.raises(CommandError, match="No paper here is called"):
        call_command("ingest", "arxiv", "--paper", name)
    assert not standin.requests


def test_an_error_of_ours_ends_the_run_and_is_said(papers, standin, monkeypatch):
    def fail(self: Metadata, subjects: Any, fetched: Any) -> Any:
        raise ZeroDivisionError("our own mistake")

    monkeypatch.setattr(Metadata, "store", fail)
    with pytest.raises(ZeroDivisionError):
        run_job("arxiv")
    run = Run.objects.get()
    assert (run.status, run.holder) == ("failed", "")
    assert "our own mistake" not in run.message
    assert run.details["error"] == "ZeroDivisionError: our own mistake"


def test_the_worker_runs_a_job_that_is_sent(papers, standin, worker):
    ingest.delay("arxiv")
    end = time.monotonic() + 20
    while time.monotonic() < end and not Run.objects.filter(status="done").exists():
        time.sleep(0.1)
    assert counts(Run.objects.get(status="done")) == {"new": 250}


def test_a_limit_and_a_single_paper(papers, standin, capsys):
    call_command("ingest", "arxiv", "--json", "--limit", "120")
    outcome = json.loads(capsys.readouterr().out)
    keys = [
        "source",
        "status",
        "requests",
        "new",
        "changed",
        "same",
        "skipped",
        "failed",
        "problems",
        "seconds",
    ]
    assert set(keys) <= set(outcome)
    assert (outcome["source"], outcome["status"], outcome["new"]) == ("arxiv", "done", 120)
    call_command("ingest", "arxiv", "--paper", "https://arxiv.org/abs/2401.00200v2")
    assert "1 new" in capsys.readouterr().out
    assert standin.requests[-1].query["id_list"].split(",")[0] == "2401.00200"


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (["arxiv", "--paper", "2399.00001"], "No paper here"),
        (["arxiv", "--paper", "0"], "No paper here"),
        (["arxiv", "--paper", "ten"], "No paper here"),
        (["arxiv", "--limit", "0"], "no number from 1 on"),
        (["arxiv", "--limit", "٣"], "no number from 1 on"),
        (["pubmed"], "invalid choice"),
    ],
)
def test_bad_options_get_one_line(options, word):
    with pytest.raises((CommandError, SystemExit)) as raised:
        call_command("ingest", *options)
    assert word in str(raised.value)


def test_a_failure_is_an_exit_status(papers, standin, capsys):
    standin.misbehave("arxiv", "500", times=None)
    with pytest.raises(CommandError, match="status 500"):
        call_command("ingest", "arxiv", "--json")
    outcome = json.loads(capsys.readouterr().out)
    assert (outcome["status"], outcome["failed"], outcome["left"]) == ("failed", 100, 250)
