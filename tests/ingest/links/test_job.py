"""The link checker against hosts of this machine: what it stores, how polite it is, what a kill or a dead network does."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from catalog.models import (
    Identifier,
    Link,
    LinkCheck,
    LinkCheckChange,
    Paper,
    PaperRepository,
    Repository,
    Run,
    SourceState,
)
from ingest import runs
from ingest.http.limiter import _redis
from ingest.links import addresses
from ingest.links.addresses import catch_up
from ingest.links.job import SwitchedOff, check_scheduled
from ingest.links.job import check_links as check_due
from ingest.links.probe import Probe
from ingest.tasks import check_links as check_links_task
from tests.factories import make_paper
from tests.ingest.links.host import Host, Page, closed_port

pytestmark = pytest.mark.django_db


@pytest.fixture
def host(settings):
    with Host() as server:
        settings.LINK_CHECK_HOSTS = [server.name]
        settings.LINK_CHECK_PAUSE = 0
        settings.LINK_CHECK_SECONDS = 0.5
        yield server
    _redis.cache_clear()


def check_links(reason: str, **options: Any) -> Any:
    """The run, of which tests know whether there is one."""
    return check_due(reason, **options)


def link(url: str, paper: Paper | None = None) -> Link:
    return Link.objects.create(paper=paper or make_paper(), kind="blog", url=url)


def check(url: str) -> Any:
    return LinkCheck.objects.get(url=url)


def later(**time: float) -> None:
    """Let everything be so much longer ago."""
    ago = timedelta(**time)
    moments = ["checked_at", "ok_at", "failing_since", "missing_since", "dead_at", "next_at"]
    for row in LinkCheck.objects.all():
        for name in moments:
            if moment := getattr(row, name):
                setattr(row, name, moment - ago)
        row.save()
    Run.objects.filter(job="links").update(started_at=timezone.now() - ago)


def test_a_link_is_asked_once_and_again_after_a_month(host):
    host.pages["/a"] = Page()
    link(f"{host.url}/a")
    run = check_links("test")
    assert run
    assert (run.status, run.new, run.requests, run.left) == ("done", 1, 1, 0)
    row = check(f"{host.url}/a")
    assert (row.outcome, row.status, row.failing_since) == ("ok", 200, None)
    assert row.ok_at
    assert row.next_at > timezone.now() + timedelta(days=25)
    assert host.asked == [("HEAD", "/a")]
    assert next(iter(host.agents)).startswith("Stemma/")
    assert check_links("test") is None  # and no run is left behind
    assert Run.objects.count() == 1
    later(days=32)
    assert check_links("test").same == 1
    assert LinkCheckChange.objects.count() == 1  # only what differs


@pytest.mark.parametrize(
    ("page", "outcome", "status", "methods"),
    [
        (Page(200, head=405), "ok", 200, ["HEAD", "GET"]),
        (Page(200, head=404), "ok", 200, ["HEAD", "GET"]),
        (Page(404), "hard", 404, ["HEAD", "GET"]),
        (Page(503), "soft", 503, ["HEAD", "GET"]),
        (Page(403), "refused", 403, ["HEAD", "GET"]),
        (Page(302, headers={"Location": "/p"}), "soft", 302, ["HEAD"]),
        (Page(301, headers={"Location": "http://[::1"}), "soft", None, ["HEAD", "GET"]),
    ],
)
def test_what_pages_answer(host, page, outcome, status, methods):
    host.pages["/p"] = page
    link(f"{host.url}/p")
    check_links("test")
    row = check(f"{host.url}/p")
    assert (row.outcome, row.status) == (outcome, status)
    assert [method for method, _ in host.asked] == methods


@pytest.mark.parametrize("fault", ["hang", "drip", "pour", "babble", "leave"])
def test_no_fault_of_a_page_holds_up_the_others(host, fault):
    host.pages["/bad"] = Page(do=getattr(host, fault))
    host.pages["/good"] = Page()
    for path in ("/bad", "/good"):
        link(f"{host.url}{path}")
    began = time.monotonic()
    run = check_links("test")
    assert time.monotonic() - began < 5
    assert run
    assert run.status == "done"
    assert check(f"{host.url}/bad").outcome == ("ok" if fault == "pour" else "soft")
    assert check(f"{host.url}/good").outcome == "ok"


def test_where_a_page_moved_for_good_is_kept(host):
    host.pages["/old"] = Page(301, headers={"Location": "/new"})
    host.pages["/new"] = Page(302, headers={"Location": "/login"})
    host.pages["/login"] = Page()
    link(f"{host.url}/old")
    check_links("test")
    row = check(f"{host.url}/old")
    assert (row.outcome, row.moved_to) == ("moved", f"{host.url}/new")


def test_no_redirect_leads_into_a_private_network(host):
    port = closed_port()
    for n, where in enumerate(
        [
            f"http://127.0.0.1:{port}/",
            "http://localhost/",
            "http://169.254.169.254/latest/",
            "http://10.0.0.1/",
        ]
    ):
        host.pages[f"/{n}"] = Page(301, headers={"Location": where})
        link(f"{host.url}/{n}")
    check_links("test")
    assert set(LinkCheck.objects.values_list("outcome", flat=True)) == {"unchecked"}
    assert not LinkCheck.objects.exclude(moved_to="").exists()


def test_a_name_cannot_mean_another_address_between_check_and_connection(
    host, settings, monkeypatch
):
    """Asked a second time, the name leads into the private network: it is not asked a second time."""
    answers = iter([["93.184.215.14"], ["127.0.0.1"]])
    asked: list[str] = []
    monkeypatch.setattr(addresses, "look_up", lambda name, port: next(answers))

    def connect(address, *rest, **options):
        asked.append(address[0])
        raise OSError("no way there")

    monkeypatch.setattr(socket, "create_connection", connect)
    link("http://rebinding.example/")
    check_links("test")
    assert asked == ["93.184.215.14"]
    monkeypatch.setattr(addresses, "look_up", lambda name, port: ["127.0.0.1", "10.0.0.1"])
    LinkCheck.objects.update(next_at=timezone.now())
    check_links("test")
    assert asked == ["93.184.215.14"]
    assert check("http://rebinding.example/").outcome == "unchecked"


def test_a_link_is_dead_after_it_was_missing_twice_a_day_apart_and_lives_again(host):
    url = f"{host.url}/p"
    link(url)
    check_links("test")
    first = check(url)
    assert (first.outcome, first.dead_at, first.failures) == ("hard", None, 1)
    assert first.next_at >= timezone.now() + timedelta(hours=23)
    check_links("test")  # too early: nothing is due
    assert check(url).failures == 1
    LinkCheck.objects.update(next_at=timezone.now())  # a curator cannot wait
    check_links("test")
    assert check(url).dead_at is None
    later(days=1.1)
    LinkCheck.objects.update(next_at=timezone.now())
    check_links("test")
    dead = check(url)
    assert dead.dead_at
    assert dead.state == "dead"
    assert dead.failures == 3
    assert dead.failing_since < timezone.now() - timedelta(days=1)
    assert timedelta(days=6) < dead.next_at - timezone.now() < timedelta(days=8)
    later(weeks=9)
    check_links("test")
    assert check(url).next_at > timezone.now() + timedelta(days=27)
    host.pages["/p"] = Page()
    later(days=40)
    check_links("test")
    back = check(url)
    assert (back.outcome, back.dead_at, back.failing_since, back.failures) == ("ok", None, None, 0)
    said = list(back.changes.order_by("pk").values_list("outcome", flat=True))
    assert said == ["hard", "hard", "ok"]  # missing, dead, back


def test_what_fails_is_dead_only_after_four_weeks(host):
    url = f"{host.url}/p"
    host.pages["/p"] = Page(500)
    link(url)
    check_links("test")
    pauses = []
    for _ in range(6):
        row = check(url)
        assert row.dead_at is None
        pauses.append(row.next_at - row.checked_at)
        later(seconds=(row.next_at - timezone.now()).total_seconds() + 1)
        check_links("test")
    assert pauses[:5] == sorted(pauses[:5])
    assert pauses[0] < timedelta(hours=7)
    later(weeks=4)
    check_links("test")
    assert check(url).dead_at


def test_who_asks_us_to_slow_down_is_left_alone_and_never_called_dead(host):
    for n in range(3):
        host.pages[f"/{n}"] = Page(429, headers={"Retry-After": "7200"})
        link(f"{host.url}/{n}")
    check_links("test")
    assert len(host.asked) == 1
    assert check_links("test") is None
    assert LinkCheck.objects.filter(next_at__gt=timezone.now() + timedelta(hours=1.9)).count() == 3
    later(weeks=5)
    LinkCheck.objects.filter(checked_at__isnull=False).update(
        next_at=timezone.now() - timedelta(days=90)
    )
    check_links("test")
    assert not LinkCheck.objects.dead().exists()


def test_what_fails_once_after_weeks_of_asking_us_to_slow_down_is_not_dead(host):
    url = f"{host.url}/p"
    host.pages["/p"] = Page(429)
    link(url)
    for weeks in (0, 3, 3):
        later(weeks=weeks)
        check_links("test")
    host.pages["/p"] = Page(500)
    later(weeks=1)
    check_links("test")
    row = check(url)
    assert (row.status, row.failures, row.dead_at) == (500, 4, None)
    for _ in range(2):
        later(weeks=4)
        check_links("test")
    assert check(url).dead_at


def test_one_host_is_asked_one_at_a_time_with_a_pause_and_hosts_by_turns(host, settings):
    settings.LINK_CHECK_PAUSE = 0.2
    with Host() as other:
        settings.LINK_CHECK_HOSTS = [host.name, other.name]
        for server in (host, other):
            for n in range(3):
                server.pages[f"/{n}"] = Page()
                link(f"{server.url}/{n}")
        began = time.monotonic()
        check_links("test")
        assert time.monotonic() - began < 0.9  # waiting for one, the other is asked
        for server in (host, other):
            pairs = zip(server.times, server.times[1:], strict=False)
            assert all(after[0] - before[1] >= 0.19 for before, after in pairs)


def test_nothing_is_noted_while_our_own_network_is_off(host, settings, monkeypatch):
    def off(name, port):
        raise addresses.NoSuchName(name)

    monkeypatch.setattr(addresses, "look_up", off)
    for n in range(12):
        link(f"https://host-{n}.example/page")
    run = check_links("test")
    assert run
    assert run.status == "failed"
    assert "network" in run.message
    assert run.requests <= 8  # it does not try them all
    assert not LinkCheck.objects.exclude(outcome="unchecked").exists()
    assert not LinkCheckChange.objects.exists()
    assert check_scheduled() is None  # it rests for an hour
    # One good answer, and what cannot be found is believed.
    host.pages["/a"] = Page()
    monkeypatch.setattr(
        addresses, "look_up", lambda name, port: [name] if name == "127.0.0.1" else off(name, port)
    )
    Link.objects.filter(pk__in=Link.objects.values("pk")[5:]).delete()
    link(f"{host.url}/a")
    run = check_links("test")
    assert run
    assert run.status == "done"
    assert LinkCheck.objects.filter(outcome="hard").count() == 5
    assert LinkCheck.objects.filter(outcome="ok").count() == 1


def test_a_single_link_that_is_gone_is_told_from_a_network_that_is_off(host, monkeypatch):
    def none(name, port):
        raise addresses.NoSuchName(name)

    monkeypatch.setattr(addresses, "look_up", none)
    link("https://gone.example/")
    assert check_links("test").status == "failed"
    SourceState.objects.create(source="arxiv", answered_at=timezone.now())
    assert check_links("test").status == "done"
    assert check("https://gone.example/").outcome == "hard"


def test_what_answered_before_tells_that_the_network_is_there(host):
    host.pages["/a"] = Page()
    link(f"{host.url}/a")
    check_links("test")
    link("https://nowhere.invalid/")
    run = check_links("test")
    assert run
    assert run.status == "done"
    assert host.asked[-1] == ("HEAD", "/a")
    assert check("https://nowhere.invalid/").outcome in {"hard", "soft"}


def test_only_addresses_in_use_are_asked(host):
    paper = make_paper()
    used = link(f"{host.url}/used", paper)
    link(f"{host.url}/used")  # by two papers: one address
    link(f"{host.url}/merged", make_paper(merged_into=paper))
    Link.objects.create(
        paper=paper, kind="blog", url=f"{host.url}/retired", retired_at=timezone.now()
    )
    link("https://arxiv.org/abs/2309.17453")
    Identifier.objects.create(paper=paper, scheme="url", value=f"{host.url}/identifier")
    Identifier.objects.create(paper=paper, scheme="doi", value="10.1/x")
    for name in ("gitlab.com", "github.com"):
        code = Repository.objects.create(host=name, owner="o", name="n")
        PaperRepository.objects.create(paper=paper, repository=code)
    catch_up()
    assert set(LinkCheck.objects.values_list("url", flat=True)) == {
        f"{host.url}/used", f"{host.url}/identifier", "https://gitlab.com/o/n",
    }  # fmt: skip
    Link.objects.filter(url=used.url).update(retired_at=timezone.now())
    catch_up()
    assert not LinkCheck.objects.filter(url=used.url).exists()


def test_a_run_stops_when_its_time_is_over_and_the_next_goes_on(host, settings):
    settings.LINK_CHECK_PAUSE = 0.2
    for n in range(6):
        host.pages[f"/{n}"] = Page()
        link(f"{host.url}/{n}")
    run = check_links("test", until=time.monotonic() + 0.5)
    assert run
    assert 1 <= run.new < 6
    assert run.left == 6 - run.new
    check_links("test")
    assert LinkCheck.objects.filter(outcome="ok").count() == 6
    assert len(host.asked) == 6  # none twice


def test_a_limit_is_kept(host):
    for n in range(5):
        link(f"{host.url}/{n}")
    assert check_links("test", limit=2).new == 2


def test_the_command_tells_what_it_did(host, capsys):
    host.pages["/a"] = Page()
    link(f"{host.url}/a")
    out = StringIO()
    call_command("check_links", "--json", stdout=out)
    told = json.loads(out.getvalue())
    assert (told["status"], told["new"], told["dead"], told["left"]) == ("done", 1, 0, 0)
    out = StringIO()
    call_command("check_links", stdout=out)
    assert out.getvalue() == "No link is due.\n"


def test_it_can_be_switched_off(host, settings):
    settings.LINK_CHECKS = False
    link(f"{host.url}/a")
    with pytest.raises(SwitchedOff):
        check_links("test")
    with pytest.raises(CommandError, match="LINK_CHECKS"):
        call_command("check_links")
    check_links_task()
    assert not host.asked
    assert not Run.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_processes_do_not_check_at_once(host):
    host.pages["/a"] = Page(404, late=0.3)
    link(f"{host.url}/a")
    first = threading.Thread(target=_check_in_thread)
    first.start()
    time.sleep(0.15)
    with pytest.raises(runs.Busy):
        check_links("test")
    check_links_task()  # says nothing
    first.join()
    assert len(host.asked) == 2  # HEAD, GET


def _check_in_thread() -> None:
    try:
        check_links("test")
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_a_kill_loses_no_more_than_the_address_that_was_asked(host, settings):
    for n in range(8):
        host.pages[f"/{n}"] = Page(404, late=0.1)
        link(f"{host.url}/{n}")
    script = (
        "import django; from django.conf import settings; django.setup();"
        "from django.db import connection;"
        f"connection.settings_dict['NAME'] = {connection.settings_dict['NAME']!r};"
        "from ingest.links.job import check_links; check_links('killed')"
    )
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "LINK_CHECK_HOSTS": host.name,
        "LINK_CHECK_PAUSE": "0",
    }
    process = subprocess.Popen([sys.executable, "-c", script], env=environment)
    deadline = time.monotonic() + 60
    while len(host.asked) < 7 and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    known = LinkCheck.objects.filter(outcome="hard").count()
    assert known >= 2
    assert Run.objects.get().status == "running"
    before = len(host.asked)
    deadline = time.monotonic() + 10
    while True:  # until the server has noticed that its session is gone
        try:
            run = check_links("test")
            break
        except runs.Busy:
            assert time.monotonic() < deadline
            time.sleep(0.1)
    assert run
    assert run.new == 8 - known
    assert len(host.asked) - before == 2 * (8 - known)
    assert set(Run.objects.values_list("status", flat=True)) == {"done", "interrupted"}


def test_an_error_of_our_own_ends_the_run_with_words(host, monkeypatch):
    link(f"{host.url}/a")
    monkeypatch.setattr(Probe, "hear", lambda self, answer: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        check_links("test")
    assert Run.objects.get().status == "failed"
