"""STEMMA_DEMO=1: a catalogue filled offline, apart from any other, that says what it is."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from django.core.management import CommandError, call_command

from catalog.models import Repository, Run, StarCount
from config import embedded
from config.demonstration import is_filled, make_up_history
from ingest.standins import World
from ingest.standins.stars import stars_on
from tests.config.test_serve import family_of, free_port, read_until
from tests.factories import make_paper

ROOT = Path(__file__).parent.parent.parent
RECORD = {
    "arxiv_id": "2401.00001",
    "title": "Lanterns at Length",
    "authors": ["Ida Kvist"],
    "abstract": "We read long harbour logs by lantern light.",
}
PREPARE = """
from django.core.management import call_command
from tests.factories import make_paper
call_command("migrate", verbosity=0)
make_paper("Lanterns at Length", arxiv="2401.00001", repository="harbour/lanterns", authors=["Ida Kvist"])
make_paper("Lamps at Length", arxiv="2402.00002", authors=["Wei Zhang"])
"""
LOOK = """
import json
from catalog.models import *
print(json.dumps([
    Paper.objects.exclude(abstract="").count(), Citation.objects.count(), StarCount.objects.count(),
    PaperMeasure.objects.count(), list(SourceState.objects.values_list("failures", flat=True)),
]))
"""


def environment(**ours):
    others = {"DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE", "PORT"}
    kept = {name: value for name, value in os.environ.items() if name not in others}
    return {**kept, "STEMMA_DEV": "1", "STEMMA_DEMO": "1", "WEB_PROCESSES": "1", **ours}


def manage(*arguments, **ours):
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment(**ours),
        capture_output=True,
        text=True,
    )


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "arxiv_records.jsonl").write_text(json.dumps(RECORD) + "\n")
    edge = {"citing": "2402.00002", "cited": "2401.00001"}
    (folder / "citations.jsonl").write_text(json.dumps(edge) + "\n")
    return folder


def test_it_fills_a_home_of_its_own_says_so_and_leaves_no_process(tmp_path, data):
    home, port = tmp_path / "home", free_port()
    ours = {"STEMMA_HOME": str(home), "PORT": str(port), "STEMMA_DATA": str(data)}
    embedded.claim(home)
    lease = embedded.use(home / "demo")
    try:
        manage("shell", "--no-imports", "-c", PREPARE, **ours).check_returncode()
        process = subprocess.Popen(
            [sys.executable, "manage.py", "serve"],
            cwd=ROOT,
            env=environment(**ours),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            said = read_until(process, "Ctrl-C stops everything")
            assert "not complete" not in said
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30) as page:
                assert "A demonstration." in page.read().decode()
            looked = manage("shell", "--no-imports", "-c", LOOK, **ours)
            abstracts, citations, stars, measures, failures = json.loads(looked.stdout)
            assert (abstracts, citations, measures) == (1, 2, 2)  # each source states the citation
            assert stars > 100
            assert set(failures) == {0}
            family = family_of(process)
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=20)
            assert process.returncode == 0
            _, alive = psutil.wait_procs(family, timeout=5)
            assert not alive
        finally:
            process.kill()
            process.communicate()
        refused = manage("check", **ours | {"STEMMA_HOME": str(home / "demo"), "STEMMA_DEMO": "0"})
        assert "holds a demonstration" in refused.stderr
        assert len(refused.stderr.splitlines()) == 1
        assert not (home / "postgres").exists()
    finally:
        lease.give_back()


def test_without_data_it_says_in_a_line_what_to_do(tmp_path):
    result = manage("serve", STEMMA_HOME=str(tmp_path / "home"), STEMMA_DATA=str(tmp_path))
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert "arxiv_records.jsonl and citations.jsonl" in line
    assert "STEMMA_DATA=" in line
    assert not (tmp_path / "home" / "demo" / "postgres").exists()


def test_a_taken_port_of_the_stand_in_is_named_and_another_port_advised(tmp_path, data):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ours = {"STEMMA_HOME": str(tmp_path / "home"), "STEMMA_DATA": str(data)}
        result = manage("serve", PORT=str(port - 1400), **ours)
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert f"port {port}, where the stand-in" in line
    assert f"STEMMA_DEMO=1 PORT={port - 1399} make run" in line


@pytest.mark.parametrize("name", ["DATABASE_URL", "REDIS_URL"])
def test_it_takes_no_servers_that_others_may_use(tmp_path, name):
    url = "postgresql://a@b/c" if name == "DATABASE_URL" else "redis://a:1/0"
    result = manage("check", STEMMA_HOME=str(tmp_path), **{name: url})
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert "unset DATABASE_URL and REDIS_URL" in line


def test_nothing_is_made_up_elsewhere(db):
    with pytest.raises(CommandError, match="no demonstration"):
        call_command("demonstrate")


def test_one_that_broke_off_is_not_filled_until_it_has_come_to_its_end(
    transactional_db, standin, settings, tmp_path
):
    settings.DEMO, settings.DEMO_MARK = True, tmp_path / "demonstration"
    settings.STANDIN_PORT = urlsplit(standin.url).port
    settings.DEMO_MARK.touch()
    make_paper(arxiv=next(iter(standin.world.arxiv)))
    standin.misbehave("arxiv", "html", times=None)
    with pytest.raises(CommandError):
        call_command("demonstrate")
    call_command("measure_graph")
    assert Run.objects.filter(job="graph", status="done").exists()
    assert not is_filled()
    standin.behave()
    call_command("demonstrate")
    assert is_filled()


@pytest.mark.parametrize("path", ["/", "/status", "/data/", "/admin/login/"])
def test_every_page_says_that_it_is_a_demonstration(client, db, settings, path):
    assert "A demonstration." not in client.get(path).text
    settings.DEMO = True
    assert "A demonstration." in client.get(path).text


def test_made_up_stars_are_the_same_again_and_never_fall():
    for seed in range(100, 100_000, 7919):
        born = date(2023, 5, 1)
        counts = [stars_on(seed, born, born + timedelta(days=days)) for days in range(-5, 900, 5)]
        assert counts[0] == 0
        assert counts == sorted(counts)
        assert counts[-1] > 0
        assert stars_on(seed, born, date(2024, 1, 1)) == stars_on(seed, born, date(2024, 1, 1))


def test_the_past_of_stars_leads_to_what_the_stand_in_says_today(db):
    paper = make_paper(repository="harbour/lanterns", published_on=date(2023, 3, 9), published_precision="day")  # fmt: skip
    world = World(invent_code=True, births={"harbour/lanterns": date(2023, 3, 1)})
    told = world.repository("Harbour", "Lanterns")
    assert told
    Repository.objects.update(stars=told.stars, stars_on=date.today())
    assert make_up_history() > 100
    counts = list(StarCount.objects.order_by("date").values_list("stars", flat=True))
    assert counts == sorted(counts)
    assert counts[-1] <= told.stars
    assert make_up_history() == 0
    assert paper.repositories.get().star_counts.count() == len(counts)


def test_papers_without_data_are_what_the_list_says_and_nothing_more():
    world = World(invent_code=True, papers={"2402.00002": ("Lamps", ["Wei Zhang"])})
    record = world.record("2402.00002")
    assert record
    assert (record.title, record.authors, record.abstract) == ("Lamps", ["Wei Zhang"], "")
    assert world.record("2403.00003") is None
