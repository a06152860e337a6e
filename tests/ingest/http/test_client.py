"""The client against a server that can be told to misbehave: each fault has one stated outcome."""

import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from email.utils import format_datetime
from itertools import pairwise

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from catalog.models import Source, SourceState
from ingest.http import SourceBroken, SourceBusy, SourceClient, SourceRefused, circuit
from ingest.http.client import is_own, retry_after
from ingest.http.limiter import Turn, turn
from ingest.standins import Standin

pytestmark = pytest.mark.django_db

XML = {"application/atom+xml"}
ONE = {"id_list": "2301.99001"}


@pytest.fixture
def client(standin: Standin) -> Iterator[SourceClient]:
    with SourceClient(Source.ARXIV, patience=2) as one:
        yield one


def ask(client: SourceClient):
    return client.get("", ONE, types=XML)


def test_a_good_answer_comes_whole_and_says_who_asks(client, standin, settings):
    settings.INGEST_CONTACT = "someone@example.org"
    with SourceClient(Source.ARXIV) as named:
        assert b"Lanterns" in ask(named).body
    assert "someone@example.org" in standin.requests[-1].headers["user-agent"]
    assert SourceState.objects.get(source="arxiv").answered_at


@pytest.mark.parametrize(
    ("fault", "details"),
    [
        ("500", {}),
        ("503", {}),
        ("503", {"retry_after": 1}),
        ("429", {"retry_after": 1}),
        ("reset", {}),
        ("html", {}),
        ("wrong-type", {}),
        ("empty-body", {}),
        ("huge", {}),
        ("huge", {"chunked": True}),
        ("gzip-bomb", {}),
        ("redirect-loop", {}),
        ("redirect-private", {}),
        ("slow-drip", {"interval": 0.2}),
        ("slow-drip", {"interval": 0.2, "headers": True}),
        ("hang", {}),
    ],
)
def test_what_may_pass_is_tried_again(client, standin, settings, fault, details):
    settings.INGEST_TOTAL_SECONDS = 0.8
    standin.misbehave("arxiv", fault, **details)
    assert b"Lanterns" in ask(client).body
    assert SourceState.objects.get(source="arxiv").failures == 0


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("500", "status 500"),
        ("html", "text/html instead of data"),
        ("huge", "cut off"),
        ("gzip-bomb", "unpacks to more"),
        ("redirect-private", "not its own host"),
        ("redirect-loop", "redirects more than 3 times"),
        ("reset", "cannot be reached"),
    ],
)
def test_what_does_not_pass_is_said_in_one_line_after_four_tries(client, standin, fault, words):
    standin.misbehave("arxiv", fault, times=None)
    with pytest.raises(SourceBroken, match=words) as raised:
        ask(client)
    assert "\n" not in str(raised.value)
    assert client.requests >= 4
    assert SourceState.objects.get(source="arxiv").failures == 1


def test_a_private_address_is_never_asked(client, standin):
    asked = []
    with Standin(standin.world) as other:
        standin.misbehave("arxiv", "redirect", times=None, to=f"{other.arxiv_url}?id_list=x")
        with pytest.raises(SourceBroken, match="not its own host"):
            ask(client)
        asked = list(other.requests)
    assert asked == []


def test_at_most_twenty_megabytes_are_read(client, standin, settings):
    settings.INGEST_TOTAL_SECONDS = 10
    standin.misbehave("arxiv", "huge", times=None, chunked=True)
    before = time.monotonic()
    with pytest.raises(SourceBroken, match="more than 20,971,520 bytes"):
        ask(client)
    assert time.monotonic() - before < 30


def test_a_refusal_is_not_asked_again(client, standin):
    with pytest.raises(SourceRefused) as raised:
        client.get("", {"id_list": "nonsense id"}, types=XML)
    assert raised.value.status == 400
    assert client.requests == 1


def test_a_long_wish_to_wait_is_obeyed_by_everybody(client, standin):
    standin.misbehave("arxiv", "429", retry_after=3600)
    with pytest.raises(SourceBusy) as raised:
        ask(client)
    wait = raised.value.until - timezone.now()
    assert timedelta(minutes=59) < wait <= timedelta(minutes=61)
    with SourceClient(Source.ARXIV, insistent=True) as other, pytest.raises(SourceBusy):
        ask(other)
    assert len(standin.requests) == 1


@pytest.mark.parametrize("status", [202, 301, 403, 420, 429, 500, 502, 529])
def test_a_short_wish_is_waited_for(client, standin, status):
    standin.misbehave("arxiv", "status", status=status, retry_after=1)
    ask(client)
    first, second = standin.requests
    assert second.at - first.at >= 1


def test_a_wish_binds_those_who_wait_for_their_turn(standin, settings, transactional_db):
    """Who is asked to wait says so before the next one asks."""

    def second() -> None:
        try:
            with SourceClient(Source.ARXIV, patience=1) as other, pytest.raises(SourceBusy):
                ask(other)
            heard.append(True)
        finally:
            connection.close()

    heard: list[bool] = []
    standin.misbehave("arxiv", "429", retry_after=600, late=1)
    thread = threading.Thread(target=second)
    with SourceClient(Source.ARXIV, patience=1) as one:
        threading.Timer(0.3, thread.start).start()
        with pytest.raises(SourceBusy):
            ask(one)
    time.sleep(0.1)
    thread.join()
    assert heard
    assert len(standin.requests) == 1


def test_a_good_answer_does_not_end_what_another_was_asked_for(client, standin):
    ask(client)
    circuit.asked_to_wait(Source.ARXIV, 600, "status 429")
    circuit.succeeded(Source.ARXIV)
    with pytest.raises(SourceBusy, match=r"asks us to wait until .* \(status 429\)"):
        ask(client)


def test_a_wish_of_which_little_is_left_is_waited_for(client, standin):
    circuit.asked_to_wait(Source.ARXIV, 0.5, "status 429")
    began = time.monotonic()
    ask(client)
    assert time.monotonic() - began >= 0.5


def test_a_wish_of_no_seconds_again_and_again_is_a_failure(client, standin, settings):
    settings.INGEST_BACKOFF = 0.2
    standin.misbehave("arxiv", "503", times=None, retry_after=0)
    with pytest.raises(SourceBroken, match="again and again"):
        ask(client)
    assert standin.requests[-1].at - standin.requests[0].at >= 0.5 * (0.2 + 0.4 + 0.8)
    assert SourceState.objects.get().failures == 1


def test_the_turn_is_kept_while_headers_drip_in(standin, settings, monkeypatch):
    settings.INGEST_TOTAL_SECONDS = 1
    settings.INGEST_CALL_SECONDS = 0
    renewed: list[float] = []
    monkeypatch.setattr(Turn, "renew", lambda self: renewed.append(time.monotonic()))
    standin.misbehave("arxiv", "slow-drip", interval=0.1, headers=True)
    with SourceClient(Source.ARXIV) as client, pytest.raises(SourceBroken, match="too long"):
        ask(client)
    assert len(renewed) > 5


def test_github_s_reset_time_is_a_wish_too(standin):
    standin.misbehave("github", "403-reset", reset_in=1800)
    with SourceClient(Source.GITHUB, patience=1) as client, pytest.raises(SourceBusy) as raised:
        client.get("/repos/lighthouse/lanterns")
    assert raised.value.until - timezone.now() > timedelta(minutes=25)
    state = SourceState.objects.get(source="github")
    assert state.allowance_left == 0
    assert state.busy_until


@pytest.mark.parametrize("status", [403, 429])
def test_github_s_secondary_limit_is_a_wish_of_a_minute(standin, status):
    text = "You have exceeded a secondary rate limit. Please wait a few minutes."
    standin.misbehave("github", "status", status=status, message=text)
    with SourceClient(Source.GITHUB) as client, pytest.raises(SourceBusy) as raised:
        client.get("/repos/lighthouse/lanterns")
    assert raised.value.until - timezone.now() > timedelta(seconds=58)
    assert client.requests == 1


@pytest.mark.parametrize(
    ("source", "setting"),
    [
        (Source.ARXIV, ""),
        (Source.GITHUB, "; check GITHUB_TOKEN"),
        (Source.SEMANTIC_SCHOLAR, "; check SEMANTIC_SCHOLAR_API_KEY"),
        (Source.OPENALEX, "; check OPENALEX_API_KEY"),
    ],
)
def test_a_refused_key_is_named_where_there_is_one(standin, source, setting):
    standin.misbehave(source, "status", status=401)
    with SourceClient(source) as client, pytest.raises(SourceRefused) as raised:
        client.get("")
    assert str(raised.value) == f"{source.label} refused with status 401{setting}"


@pytest.mark.parametrize("reset", ["100000000000", "9" * 5000])
def test_no_reset_time_silences_a_source_for_longer_than_a_day(standin, reset):
    standin.misbehave("github", "403-reset", reset_at=reset)
    with SourceClient(Source.GITHUB, patience=1) as client, pytest.raises(SourceBusy):
        client.get("/repos/lighthouse/lanterns")
    state = SourceState.objects.get(source="github")
    tomorrow = timezone.now() + timedelta(days=1, minutes=1)
    for moment in (state.busy_until, state.allowance_resets_at):
        assert moment
        assert timezone.now() < moment < tomorrow


@pytest.mark.parametrize("to", ["javascript:alert(1)", "mailto:a@example.org", "http://[::1"])
def test_a_redirect_to_no_address_is_a_failure(client, standin, to):
    standin.misbehave("arxiv", "redirect", times=None, to=to)
    with pytest.raises(SourceBroken):
        ask(client)


def test_the_third_failure_in_a_row_opens_the_circuit_for_all_but_the_insistent(standin):
    standin.misbehave("arxiv", "500", times=12)
    with SourceClient(Source.ARXIV) as client:
        for _ in range(3):
            with pytest.raises(SourceBroken, match="500"):
                ask(client)
        asked = len(standin.requests)
        with pytest.raises(SourceBroken, match="failed 3 times in a row"):
            ask(client)
        assert len(standin.requests) == asked
    with SourceClient(Source.ARXIV, insistent=True) as person:
        ask(person)
    state = SourceState.objects.get(source="arxiv")
    assert (state.failures, state.open_until) == (0, None)


def test_one_process_at_a_time_and_a_pause_after_each_answer(standin, settings):
    settings.SOURCES["arxiv"]["min_interval"] = 0.3
    standin.misbehave("arxiv", "delay", times=None, seconds=0.1)

    def one() -> None:
        from django.db import connection

        from ingest.http.limiter import turn

        try:
            for _ in range(2):
                with turn("host.example", 0.3):
                    seen.append(time.monotonic())
                    time.sleep(0.05)
        finally:
            connection.close()

    seen: list[float] = []
    threads = [threading.Thread(target=one) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seen.sort()
    pauses = [later - earlier for earlier, later in pairwise(seen)]
    assert len(seen) == 6
    assert min(pauses) >= 0.35


def test_a_killed_holder_blocks_a_host_for_its_lease_only(standin, monkeypatch):
    from ingest.http import limiter

    monkeypatch.setattr(limiter, "LEASE_MS", 400)
    assert limiter.Turn("dead.example").take() == 0  # and is never given back
    began = time.monotonic()
    with limiter.turn("dead.example", 0):
        assert 0.2 < time.monotonic() - began < 2


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7),
        (" 0 ", 0),
        ("", None),
        ("soon", None),
        ("-3", None),
        ("٣", None),
        ("1e3", None),
        ("9" * 5000, 10**6),
        ("Wed, 21 Oct 99999999999999999999 07:28:00 GMT", None),
        ("Wed, 21 Oct 2015 07:28:00 +99999999999999999", None),
    ],
)
def test_retry_after_in_seconds(value, seconds):
    assert retry_after(value) == seconds


def test_retry_after_as_a_date():
    later = format_datetime(timezone.now() + timedelta(seconds=90), usegmt=False)
    assert 85 < (retry_after(later) or 0) <= 90
    assert retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0


@pytest.mark.parametrize(
    ("url", "own"),
    [
        ("https://api.example.org/x", True),
        ("https://api.example.org:443/x", True),
        ("http://api.example.org/x", False),
        ("https://api.example.org:8443/x", False),
        ("https://api.example.org.evil.net/", False),
        ("https://evil.net/https://api.example.org/", False),
        ("https://api.example.org@evil.net/", False),
        ("//evil.net/", False),
        ("https://[::1/", False),
        ("file:///etc/passwd", False),
        ("https://10.0.0.1/", False),
    ],
)
def test_only_the_source_s_own_host_is_asked(url, own):
    assert is_own(url, "https://api.example.org/v1") is own


def test_keys_and_addresses_come_from_the_environment():
    assert set(settings.SOURCES) == {"arxiv", "github", "semantic_scholar", "openalex"}


def test_who_is_in_haste_does_not_wait_for_others_nor_for_a_slow_answer(standin):
    with (
        turn(standin.arxiv_url.split("/")[2], 0),
        SourceClient(Source.ARXIV, haste=0.3) as hasty,
        pytest.raises(SourceBusy, match="others are asking"),
    ):
        ask(hasty)
    standin.misbehave("arxiv", "503", times=3)
    with SourceClient(Source.ARXIV, haste=5) as hasty, pytest.raises(SourceBroken):
        ask(hasty)
    assert len(standin.requests) == 1
    assert not SourceState.objects.filter(failures__gt=0).exists()


def test_who_is_in_haste_gives_up_in_time(standin):
    standin.misbehave("arxiv", "hang")
    began = time.monotonic()
    with (
        SourceClient(Source.ARXIV, haste=0.5) as hasty,
        pytest.raises(SourceBroken, match="too long"),
    ):
        ask(hasty)
    assert time.monotonic() - began < 2
    with SourceClient(Source.ARXIV, haste=5) as hasty:
        assert ask(hasty).body
