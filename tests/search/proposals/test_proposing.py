"""Readers propose what is missing and what is wrong; nobody sees it before a curator has taken it, and no flood gets in."""

from datetime import timedelta

import pytest
from django.core import signing
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from catalog.models import Candidate, Paper, Proposal, ProposalSending, Topic
from tests.factories import make_paper, make_topic, make_venue

pytestmark = pytest.mark.django_db

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def _at_once(settings):
    settings.PROPOSAL_SECONDS = 0


@pytest.fixture
def topic():
    return make_topic("Sparse Attention")


@pytest.fixture
def paper(topic):
    return make_paper(
        "Longformer",
        authors=["Iz Beltagy", "Arman Cohan"],
        topics=[topic],
        venue=make_venue("arXiv"),
        year=2020,
        abstract="We present a model.",
    )


def form_of(response):
    """What a browser would send of the form, as it is shown."""
    form = response.context["form"]
    values = {name: form[name].value() for name in form.fields}
    values["stamp"] = response.context["stamp"]
    if "seen" in response.context:
        values["seen"] = response.context["seen"]
    return {name: value for name, value in values.items() if value not in (None, False)}


def suggest(client, **changes):
    page = client.get(reverse("suggest"))
    return client.post(reverse("suggest"), form_of(page) | changes)


def fix(client, paper, **changes):
    address = reverse("fix-paper", args=[paper.pk])
    return client.post(address, form_of(client.get(address)) | changes)


def test_a_suggestion_waits_and_its_sender_can_follow_it(client, topic):
    response = suggest(client, what="arXiv:2401.00001v2", topic=str(topic.pk), credit="Ada L.", note="It is new.")  # fmt: skip
    proposal = Proposal.objects.get()
    assert response["Location"] == reverse("proposal", args=[proposal.token])
    assert len(proposal.token) >= 32
    assert (proposal.kind, proposal.topic, proposal.credit) == ("paper", topic, "Ada L.")
    assert proposal.after["key"] == "arxiv:2401.00001"
    page = client.get(response["Location"])
    assert "It waits for a curator" in page.text
    assert page["Referrer-Policy"] == "no-referrer"
    client.post(response["Location"], {"withdraw": ""})
    proposal.refresh_from_db()
    assert proposal.status == "withdrawn"
    assert "Withdrawn" in client.get(response["Location"]).text


def test_what_is_decided_cannot_be_withdrawn(client, topic):
    response = suggest(client, what="2401.00001")
    Proposal.objects.update(status="accepted")
    assert "decided already" in client.post(response["Location"], {"withdraw": ""}).text
    assert Proposal.objects.get().status == "accepted"


def test_a_guessed_address_leads_nowhere(client):
    for token in ("1", "x" * 32, "../admin"):
        assert client.get(f"/proposals/{token}/").status_code == 404


@pytest.mark.parametrize("what", ["2004.05150", "https://arxiv.org/abs/2004.05150", "Longformer: the paper"])  # fmt: skip
def test_what_is_listed_is_said_to_be_here(client, what):
    paper = make_paper("Longformer: The Paper", arxiv="2004.05150")
    response = suggest(client, what=what)
    assert "listed here already" in response.text
    assert paper.get_absolute_url() in response.text
    assert not Proposal.objects.exists()


def test_what_was_proposed_before_is_told_and_its_address_is_not(client, topic):
    first = suggest(client, what="2401.00001")["Location"]
    response = suggest(client, what="https://arxiv.org/pdf/2401.00001")
    assert "was proposed before; the curators decide" in response.text
    assert first not in response.text
    Proposal.objects.update(status="rejected")
    assert "did not take it" in suggest(client, what="2401.00001").text
    Candidate.objects.create(catalogue=topic.catalogue, scheme="arxiv", value="2401.00002", title="A")  # fmt: skip
    assert "was proposed before" in suggest(client, what="2401.00002").text
    assert Proposal.objects.count() == 1


def test_a_form_sent_twice_is_one_proposal(client, topic):
    values = form_of(client.get(reverse("suggest"))) | {"what": "2401.00001"}
    first, second = (client.post(reverse("suggest"), values) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert Proposal.objects.count() == 1


def test_a_correction_holds_only_what_was_changed(client, paper):
    response = fix(client, paper, venue="ACL", authors="Iz Beltagy\nMatthew E. Peters\nArman Cohan", seen_at="aclanthology.org/x")  # fmt: skip
    proposal = Proposal.objects.get()
    assert response["Location"] == proposal.get_absolute_url()
    assert proposal.before == {"authors": "Iz Beltagy\nArman Cohan", "venue": "arXiv"}
    assert set(proposal.after) == {"venue", "authors"}
    assert proposal.seen_at == "https://aclanthology.org/x"
    page = client.get(response["Location"]).text
    assert "<del>arXiv</del><ins>ACL</ins>" in page
    paper.refresh_from_db()
    assert paper.venue.name == "arXiv"


def test_nothing_of_a_proposal_is_shown_before_it_is_taken(client, paper):
    fix(client, paper, title=f"Longformer {HOSTILE}", note=HOSTILE, credit="Mallory")
    token = Proposal.objects.get().token
    for address in (paper.get_absolute_url(), reverse("contributors"), reverse("home")):
        page = client.get(address).text
        assert "Mallory" not in page
        assert token not in page
        assert "alert(1)" not in page
    own = client.get(reverse("proposal", args=[token])).text
    assert HOSTILE not in own
    assert "&lt;script&gt;" in own


def test_two_papers_can_be_said_to_be_one(client, paper):
    other = make_paper("Longformer, again", arxiv="2004.05150")
    fix(client, paper, same_as=f"https://stemma.example.org{other.get_absolute_url()}")
    assert Proposal.objects.get().after == {"same_as": str(other.pk)}
    assert "That is this paper itself" in fix(client, paper, same_as=paper.get_absolute_url()).text
    assert "No paper here is known" in fix(client, paper, same_as="2499.99999").text


def test_a_topic_can_be_corrected(client, topic):
    address = reverse("fix-topic", args=[topic.pk])
    client.post(address, form_of(client.get(address)) | {"description": "What attends to little."})
    assert Proposal.objects.get().after == {"description": "What attends to little."}


def test_nothing_changed_is_told(client, paper):
    response = fix(client, paper)
    assert response.status_code == 400
    assert "Nothing was changed yet" in response.text
    assert not Proposal.objects.exists()


def test_a_paper_that_changed_meanwhile_is_looked_at_again(client, paper):
    values = form_of(client.get(reverse("fix-paper", args=[paper.pk])))
    Paper.objects.update(year=2021)
    response = client.post(reverse("fix-paper", args=[paper.pk]), values | {"title": "New"})
    assert response.status_code == 409
    assert "was changed while you wrote" in response.text
    values = form_of(response) | {"year": "2021"}
    client.post(reverse("fix-paper", args=[paper.pk]), values)
    assert Proposal.objects.get().after == {"title": "New"}


def test_the_same_correction_waits_once(client, paper):
    fix(client, paper, year="2021")
    assert "The same was proposed already" in fix(client, paper, year="2021").text
    assert Proposal.objects.count() == 1


def test_a_merged_paper_leads_to_the_form_of_the_survivor(client, paper):
    gone = make_paper("Twin", merged_into=paper, topics=[])
    response = client.get(reverse("fix-paper", args=[gone.pk]))
    assert response["Location"] == reverse("fix-paper", args=[paper.pk])
    assert client.get(reverse("fix-paper", args=[99999999])).status_code == 404


# What is kept out


def test_a_program_that_fills_in_everything_is_refused(client, topic):
    response = suggest(client, what="2401.00001", website="https://spam.example")
    assert response.status_code == 400
    assert "must stay empty" in response.text
    assert not Proposal.objects.exists()


def test_who_sends_at_once_is_asked_to_look_again_and_then_may(client, topic, settings):
    settings.PROPOSAL_SECONDS = 30
    response = suggest(client, what="2401.00001")
    assert response.status_code == 400
    assert "That was quick" in response.text
    assert 'value="2401.00001"' in response.text
    settings.PROPOSAL_SECONDS = 0
    assert client.post(reverse("suggest"), form_of(response)).status_code == 302


@pytest.mark.parametrize(
    "stamp",
    ["", "forged", signing.dumps("x", salt="other")],
    ids=["none", "forged", "of another form"],
)
def test_a_form_that_is_not_ours_is_refused(client, topic, stamp):
    response = suggest(client, what="2401.00001", stamp=stamp)
    assert response.status_code == 400
    assert "once more" in response.text
    assert not Proposal.objects.exists()
    assert client.post(reverse("suggest"), form_of(response)).status_code == 302


def test_other_sites_cannot_send():
    assert Client(enforce_csrf_checks=True).post(reverse("suggest"), {"what": "x"}).status_code == 403  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"what": ""}, "Say which paper"),
        ({"what": "!!"}, "Say which paper"),
        ({"what": "x" * 1001}, "too long"),
        ({"what": "2401.00001", "note": "http://a.b " * 4}, "At most 3 web addresses"),
        ({"what": "2401.00001", "note": "x" * 3001}, "at most 3,000"),
        ({"what": "2401.00001", "credit": "buy@spam.example"}, "A name is no address"),
        ({"what": "2401.00001", "credit": "x" * 81}, "at most 80"),
        ({"what": "2401.00001", "topic": "999999"}, "Select a valid choice"),
        ({"what": "a\x00b"}, "Null characters"),
    ],
)
def test_what_is_refused_is_told_in_plain_words(client, topic, changes, words):
    response = suggest(client, **changes)
    assert response.status_code == 400
    assert words in response.text
    assert not Proposal.objects.exists()


@pytest.mark.parametrize("changes", [{"year": "12"}, {"title": " "}, {"same_as": "\x00"}, {"seen_at": "not an address"}, {"abstract": "x" * 100_000}])  # fmt: skip
def test_odd_corrections_are_no_server_error(client, paper, changes):
    assert fix(client, paper, **changes).status_code == 400
    assert not Proposal.objects.exists()


def test_too_much_from_one_address_is_refused_for_ten_minutes_only(client, topic, settings):
    settings.PROPOSALS_IN_TEN_MINUTES = 2
    for number in range(2):
        assert suggest(client, what=f"2401.0000{number}").status_code == 302
    response = suggest(client, what="2401.00005")
    assert response.status_code == 429
    assert "Try again in ten minutes" in response.text
    assert Proposal.objects.count() == 2
    others = Client(REMOTE_ADDR="198.51.100.7")
    assert suggest(others, what="2401.00006").status_code == 302
    ProposalSending.objects.update(sent_at=timezone.now() - timedelta(minutes=11))
    assert suggest(client, what="2401.00005").status_code == 302


def test_all_together_are_limited_and_old_traces_go(client, topic, settings):
    settings.PROPOSALS_A_DAY = 1
    assert suggest(client, what="2401.00001").status_code == 302
    others = Client(REMOTE_ADDR="198.51.100.7")
    assert "Try again tomorrow" in suggest(others, what="2401.00002").text
    ProposalSending.objects.update(sent_at=timezone.now() - timedelta(days=2))
    assert suggest(others, what="2401.00002").status_code == 302
    assert ProposalSending.objects.count() == 1


def test_the_limits_hold_without_redis(client, topic, settings, monkeypatch):
    from django.core.cache import cache
    from redis.exceptions import ConnectionError as Gone

    def fail(*args, **kwargs):
        raise Gone("no Redis")

    monkeypatch.setattr(cache, "add", fail)
    settings.PROPOSALS_IN_TEN_MINUTES = 1
    assert suggest(client, what="2401.00001").status_code == 302
    assert suggest(client, what="2401.00002").status_code == 429


def test_tries_without_end_are_refused_too(client, topic, monkeypatch):
    monkeypatch.setattr("search.proposals.guard._MOST_TRIES", 2)
    for _ in range(2):
        assert suggest(client, what="").status_code == 400
    assert suggest(client, what="2401.00001").status_code == 429


def test_no_address_is_kept_in_clear(client, topic):
    suggest(Client(REMOTE_ADDR="198.51.100.77"), what="2401.00001")
    from django.db import connection

    with connection.cursor() as cursor:
        for table in ("catalog_proposal", "catalog_proposalsending", "catalog_proposalevent"):
            cursor.execute(f"SELECT t::text FROM {table} t")
            assert "198.51.100" not in str(cursor.fetchall())
    assert len(ProposalSending.objects.get().sender) == 64


def test_an_address_is_the_readers_own_behind_our_proxies(rf, settings):
    from search.proposals.guard import address_of

    request = rf.get("/", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="203.0.113.9, 192.0.2.5")
    assert address_of(request) == "10.0.0.1"
    settings.TRUSTED_PROXIES = 1
    assert address_of(request) == "192.0.2.5"
    settings.TRUSTED_PROXIES = 5
    assert address_of(request) == "10.0.0.1"


# Ways to the forms, and thanks


def test_pages_lead_to_the_forms(client, paper, topic):
    assert reverse("fix-paper", args=[paper.pk]) in client.get(paper.get_absolute_url()).text
    page = client.get(topic.get_absolute_url()).text
    assert reverse("fix-topic", args=[topic.pk]) in page
    assert f"{reverse('suggest')}?catalogue=long-context" in page
    nothing = client.get(reverse("search"), {"q": "zyxwvut"}).text
    assert f"{reverse('suggest')}?what=zyxwvut" in nothing
    assert reverse("suggest") in client.get("/").text
    filled = client.get(reverse("suggest"), {"what": "zyx", "catalogue": "long-context", "topic": topic.path})  # fmt: skip
    assert 'value="zyx"' in filled.text
    assert f'value="{topic.pk}" selected' in filled.text


@pytest.mark.parametrize("query", ["?what=%00", "?topic=%00&catalogue=%00", f"?what={'x' * 5000}"])
def test_odd_addresses_of_the_form_are_answered(client, topic, query):
    assert client.get(reverse("suggest") + query).status_code == 200


def test_what_was_taken_is_thanked_for(client, paper, topic):
    for status, credit in (("accepted", "Ada"), ("partly", "ADA"), ("rejected", "Bob"), ("open", "Eve")):  # fmt: skip
        Proposal.objects.create(kind="fix", paper=paper, status=status, credit=credit, after={"year": "2021"}, decided_at=timezone.now())  # fmt: skip
    Proposal.objects.create(kind="topic", topic=topic, status="accepted", credit="Tom", decided_at=timezone.now())  # fmt: skip
    page = client.get(reverse("contributors")).text
    assert page.count("<li><strong>") == 2
    assert "Tom" in page
    assert "Bob" not in page
    assert "Eve" not in page
    assert "Correction suggested by" in client.get(paper.get_absolute_url()).text


def test_one_click_from_a_page_waits_like_any_other(client, topic):
    response = client.post(reverse("propose"), {"ident": "2401.00001", "topic": topic.path, "catalogue": "long-context"})  # fmt: skip
    assert response.status_code == 201
    proposal = Proposal.objects.get()
    assert proposal.get_absolute_url() in response.text
    assert proposal.topic == Topic.objects.get()
    again = client.post(reverse("propose"), {"ident": "2401.00001"})
    assert again.status_code == 200
    assert "was proposed before" in again.text
