"""What answers mean: a table of answers in their order, and the outcome."""

import pytest

from ingest.links.addresses import is_asked, is_public
from ingest.links.probe import MOST_HOPS, Answer, Fault, Probe

URL = "https://example.org/paper#code"


def outcome(*answers, url=URL):
    """What comes of asking when it is answered so, and which methods were used."""
    probe, methods = Probe(url), []
    for answer in answers:
        assert probe.verdict is None, "it asks no more"
        methods.append(probe.method)
        probe.hear(answer)
    assert probe.verdict, "it wants to ask more"
    return probe.verdict, methods


def leads_to(where, status=301):
    return Answer(status, where)


@pytest.mark.parametrize(
    ("answers", "expected", "status"),
    [
        ([Answer(200)], "ok", 200),
        ([Answer(204)], "ok", 204),
        ([Answer(405), Answer(200)], "ok", 200),
        ([Answer(404), Answer(200)], "ok", 200),
        ([Answer(501), Answer(200)], "ok", 200),
        ([Fault.BROKEN, Answer(200)], "ok", 200),
        ([Fault.SLOW, Answer(200)], "ok", 200),
        ([Answer(404), Answer(404)], "hard", 404),
        ([Answer(410), Answer(410)], "hard", 410),
        ([Fault.NO_NAME], "hard", None),
        ([Fault.NO_ADDRESS], "hard", None),
        ([Answer(500), Answer(500)], "soft", 500),
        ([Answer(503), Answer(503)], "soft", 503),
        ([Answer(522), Answer(522)], "soft", 522),
        ([Answer(429)], "soft", 429),
        ([Answer(408), Answer(408)], "soft", 408),
        ([Fault.UNREACHED], "soft", None),
        ([Fault.NAME_FAILS], "soft", None),
        ([Fault.TLS], "soft", None),
        ([Fault.SLOW, Fault.SLOW], "soft", None),
        ([Fault.BROKEN, Fault.BROKEN], "soft", None),
        ([Answer(304)], "ok", 304),
        ([Answer(300)], "soft", 300),
        ([Answer(302)], "soft", 302),  # to nowhere
        ([Answer(401), Answer(401)], "refused", 401),
        ([Answer(403), Answer(403)], "refused", 403),
        ([Answer(403), Answer(200)], "ok", 200),
        ([Answer(405), Answer(405)], "refused", 405),
        ([Answer(451), Answer(451)], "refused", 451),
        ([Answer(999), Answer(999)], "refused", 999),
        ([Answer(400), Answer(400)], "refused", 400),
        ([Fault.NOT_PUBLIC], "unchecked", None),
        ([leads_to("/new", 302), Answer(200)], "ok", 200),
        ([leads_to("/new", 307), Answer(200)], "ok", 200),
        ([leads_to("/new"), Answer(200)], "moved", 200),
        ([leads_to("/new", 308), Answer(405), Answer(200)], "moved", 200),
        ([leads_to("/new"), Answer(404), Answer(404)], "hard", 404),
        ([leads_to("/new"), Fault.NOT_PUBLIC], "unchecked", None),
        ([leads_to("http://[bad")], "soft", None),
        ([leads_to("mailto:me@example.org")], "soft", 301),
        ([leads_to("http://example.org:22/")], "unchecked", 301),
        ([leads_to(URL)], "soft", 301),  # to itself
        ([leads_to("/b"), leads_to("/paper")], "soft", 301),
        ([leads_to(f"/{n}", 302) for n in range(MOST_HOPS + 1)], "soft", 302),
    ],
)
def test_what_answers_mean(answers, expected, status):
    verdict, _ = outcome(*answers)
    assert (verdict.outcome, verdict.status) == (expected, status)


@pytest.mark.parametrize(
    ("answers", "moved_to"),
    [
        ([leads_to("/new")], "https://example.org/new#code"),
        ([leads_to("/new"), leads_to("/login", 302)], "https://example.org/new#code"),
        ([leads_to("/login", 302), leads_to("/new")], ""),
        (
            [leads_to("https://there.example/a"), leads_to("/b", 308)],
            "https://there.example/b#code",
        ),
        ([leads_to("/new#part")], "https://example.org/new#part"),
        ([leads_to("/" + "x" * 2000)], ""),
        ([leads_to("/a b")], ""),
    ],
)
def test_only_what_moved_for_good_is_noted(answers, moved_to):
    verdict, _ = outcome(*answers, Answer(200))
    assert verdict.moved_to == moved_to
    assert (verdict.outcome == "moved") == bool(moved_to)


def test_a_page_that_became_the_front_page_is_said_to_be_so():
    verdict, _ = outcome(leads_to("/"), Answer(200))
    assert "front page" in verdict.reason
    assert not outcome(leads_to("https://www.example.org/"), Answer(200), url="http://example.org")[
        0
    ].reason


def test_who_wants_to_be_left_alone_is_asked_no_second_time():
    verdict, methods = outcome(Answer(503, retry_after="120"))
    assert (verdict.wait, methods) == (120, ["HEAD"])
    assert outcome(Answer(429, retry_after="nonsense"))[0].wait == 600
    assert outcome(Answer(429, retry_after="9" * 30))[0].wait <= 30 * 24 * 3600


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("not an address", "hard"),
        ("https://", "hard"),
        ("http://[::1", "hard"),
        ("http://example.org:99999/", "hard"),
        ("ftp://example.org/file", "unchecked"),
        ("javascript:alert(1)", "hard"),
        ("http://example.org:8080/", "unchecked"),
        ("http://example.org:6379/", "unchecked"),
    ],
)
def test_what_is_not_asked_at_all(url, expected, settings):
    verdict = Probe(url).verdict
    assert verdict
    assert verdict.outcome == expected
    settings.LINK_CHECK_HOSTS = ["example.org:8080"]
    assert Probe("http://example.org:8080/").verdict is None


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("fec0::1", False),
        ("ff02::1", False),
        ("::ffff:10.0.0.1", False),
        ("::ffff:93.184.215.14", True),
        ("64:ff9b::10.0.0.1", False),
        ("64:ff9b::93.184.215.14", True),
        ("2002:0a00:0001::1", False),
        ("2001:0:53aa:64c:0:0:0:1", False),
    ],
)
def test_which_addresses_are_public(address, expected):
    assert is_public(address) is expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.org/blog", True),
        ("https://arxiv.org/abs/2309.17453", False),
        ("https://doi.org/10.1000/182", False),
        ("https://openreview.net/forum?id=NG7sS51zVF", False),
        ("https://github.com/owner/name", False),
        ("https://github.com/owner/name/blob/main/x.md", True),
        ("https://gitlab.com/owner/name", True),
        ("https://example.org/" + "長" * 900, False),
    ],
)
def test_registries_and_repositories_of_github_are_left_to_others(url, expected):
    assert is_asked(url) is expected
