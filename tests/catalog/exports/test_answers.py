"""Exports as answers: addresses, types, names, redirects, conditional requests, the work they take."""

import csv
import io
import json

import feedparser
import pytest
import rispy
from bibtexparser.entrypoint import parse_string
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.exports import answers, facts
from catalog.exports.answers import FORMATS, export_links, twin
from catalog.models import Identifier, Placement, TopicRedirect
from tests.catalog.queries import count_queries
from tests.factories import make_author, make_paper, make_topic, make_venue

pytestmark = pytest.mark.django_db

READ = {
    "bib": lambda text: [entry["title"] for entry in parse_string(text).entries],
    "ris": lambda text: [record["title"] for record in rispy.loads(text)],
    "csl.json": lambda text: [item["title"] for item in json.loads(text)],
    "csv": lambda text: [row["title"] for row in csv.DictReader(io.StringIO(text[1:]))],
    "atom": lambda text: [entry.title for entry in feedparser.parse(text).entries],
}


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("/venues/iclr/", "/venues/iclr.bib"),
        ("/venues/iclr/?year=2024", "/venues/iclr.bib?year=2024"),
        ("/search?q=a", "/search.bib?q=a"),
    ],
)
def test_a_twin_has_the_address_of_its_page(url, address):
    assert twin(url, "bib") == address
    assert export_links(url)[0].url == address


@pytest.mark.parametrize("ending", FORMATS)
def test_each_form_has_its_type_and_keeps_search_engines_to_the_page(client, ending):
    make_paper("Sparse attention", venue=make_venue("ICLR"))
    response = client.get(f"/venues/iclr.{ending}")
    assert response["Content-Type"] == f"{FORMATS[ending].content_type}; charset=utf-8"
    assert response["X-Robots-Tag"] == "noindex"
    assert response["Link"] == '<http://testserver/venues/iclr/>; rel="canonical"'
    name = f'attachment; filename="iclr.{ending}"'
    assert response.get("Content-Disposition") == (None if ending == "atom" else name)
    assert READ[ending](response.text) == ["Sparse attention"]


@pytest.mark.parametrize("ending", FORMATS)
def test_a_list_is_exported_whole_and_as_it_was_asked_for(client, ending):
    venue = make_venue("ICLR")
    for number in range(45):
        make_paper(f"Paper {number:02}", venue=venue, year=2024 if number < 43 else 2020)
    response = client.get(f"/venues/iclr.{ending}", {"year": 2024, "sort": "title"})
    expected = [f"Paper {number:02}" for number in range(43)]
    titles = READ[ending](response.text)
    assert titles == (expected[::-1] if ending == "atom" else expected)
    assert response["Link"].startswith("<http://testserver/venues/iclr/?sort=title&year=2024>")


def test_a_feed_has_the_latest_fifty(client):
    for number in range(60):
        make_paper(f"Paper {number:02}", venue=make_venue("ICLR"))
    titles = READ["atom"](client.get("/venues/iclr.atom").text)
    assert titles == [f"Paper {number:02}" for number in range(59, 9, -1)]


def test_what_makes_no_sense_in_an_address_is_left_out_of_its_export(client):
    make_paper("Sparse attention", venue=make_venue("ICLR"))
    response = client.get("/venues/iclr.bib?year=never&sort=%00")
    assert READ["bib"](response.text) == ["Sparse attention"]


@pytest.mark.parametrize("ending", FORMATS)
def test_an_export_answers_head_and_conditional_requests(client, ending):
    make_paper(venue=make_venue("ICLR"))
    address = f"/venues/iclr.{ending}"
    first = client.get(address)
    again = client.get(address, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    head = client.head(address)
    assert (head.status_code, head.content) == (200, b"")
    assert head["Content-Type"] == first["Content-Type"]
    assert client.post(address).status_code == 405


def test_a_paper_is_exported_in_every_form(client):
    paper = make_paper("Sparse attention", authors=["Yi Tay"], year=2020)
    for ending in FORMATS:
        response = client.get(twin(paper.get_absolute_url(), ending))
        assert READ[ending](response.text) == ["Sparse attention"]
        if ending != "atom":
            assert f'"tay2020sparse.{ending}"' in response["Content-Disposition"]


def test_a_merged_paper_s_exports_lead_to_the_survivor_s(client):
    merged, survivor = make_paper("Twice"), make_paper("Once")
    former = merged.get_absolute_url()
    merged.merged_into = survivor
    merged.save()
    response = client.get(twin(former, "ris"))
    assert response.status_code == 301
    assert response["Location"] == twin(survivor.get_absolute_url(), "ris")


def test_a_merged_author_s_exports_lead_to_the_survivor_s(client):
    merged, survivor = make_author("T. Dao"), make_author("Tri Dao")
    merged.merged_into = survivor
    merged.save()
    response = client.get(twin(merged.get_absolute_url(), "bib"))
    assert response["Location"] == twin(survivor.get_absolute_url(), "bib")


def test_a_moved_topic_s_exports_lead_on(client):
    topic = make_topic("Sparse Attention")
    TopicRedirect.objects.create(catalogue=topic.catalogue, path="old/place", topic=topic)
    response = client.get("/topics/long-context/old/place.bib")
    assert response["Location"] == "/topics/long-context/sparse-attention.bib"


def test_a_topic_of_any_script_is_exported(client):
    topic = make_topic("长上下文")
    topic.slug = topic.path = "长上下文"
    topic.save()
    make_paper("A paper", topics=[topic])
    page = client.get(topic.get_absolute_url())
    link = page.context["list"].exports[0].url
    assert link == f"{topic.get_absolute_url().rstrip('/')}.bib"
    response = client.get(link)
    assert READ["bib"](response.text) == ["A paper"]
    assert "filename*=utf-8''" in response["Content-Disposition"]


def test_merged_papers_are_in_no_list_and_withdrawn_ones_say_so(client, django_user_model):
    from django.utils import timezone

    venue = make_venue("ICLR")
    survivor = make_paper("Once", venue=venue)
    make_paper("Twice", venue=venue, merged_into=survivor)
    make_paper("Gone", venue=venue, withdrawn_at=timezone.now())
    for ending in FORMATS:
        text = client.get(f"/venues/iclr.{ending}").text
        assert "Twice" not in text
        assert "Withdrawn" in text or ending == "csv"
    assert READ["csv"](client.get("/venues/iclr.csv").text) == ["Gone", "Once"]


@pytest.mark.parametrize("ending", FORMATS)
def test_queries_do_not_grow_with_the_list(client, ending):
    venue = make_venue("ICLR")

    def add() -> None:
        paper = make_paper(
            authors=3,
            venue=venue,
            arxiv=f"2401.{10000 + Placement.objects.count()}",
            repository="a/b",
        )
        Identifier.objects.create(paper=paper, scheme="doi", value=f"10.1000/{paper.pk}")

    add()
    with_one = count_queries(client, f"/venues/iclr.{ending}")
    for _ in range(10):
        add()
    client.get("/venues/iclr.bib")
    assert count_queries(client, f"/venues/iclr.{ending}") <= with_one


@pytest.mark.parametrize("ending", FORMATS)
def test_the_whole_catalogue_is_streamed(client, monkeypatch, ending):
    monkeypatch.setattr(answers, "WHOLE", 3)
    monkeypatch.setattr(facts, "AT_ONCE", 2)
    papers = [make_paper(f"Paper {number}", year=2020) for number in range(7)]
    make_paper("Twice", merged_into=papers[0])
    response = client.get(f"/papers.{ending}")
    assert response.streaming == (ending != "atom")
    with CaptureQueriesContext(connection) as captured:
        text = b"".join(response).decode()
    assert READ[ending](text) == [f"Paper {number}" for number in range(6, -1, -1)]
    if ending != "atom":
        # of two papers at a time: facts, and four about keys that are not given yet
        assert len(captured) <= 4 * 8
    assert client.head(f"/papers.{ending}").status_code == 200


def test_pages_link_to_the_whole_catalogue(client):
    make_paper()
    text = client.get("/topics/").text
    assert all(f'href="/papers.{ending}"' in text for ending in FORMATS)


def test_what_is_new_has_its_papers_in_every_form(client):
    for number in range(3):
        make_paper(
            f"Paper {number}", published_on=f"2024-02-0{number + 5}", published_precision="day"
        )
    for ending in FORMATS:
        assert READ[ending](client.get(f"/new.{ending}").text) == ["Paper 2", "Paper 1", "Paper 0"]
        assert len(READ[ending](client.get(f"/new/2024/w06.{ending}").text)) == 3
        assert len(READ[ending](client.get(f"/new/2024/02.{ending}").text)) == 3
    assert client.get("/new/2024/w60.bib").status_code == 404
    assert client.get("/new/2024/13.bib").status_code == 404


def test_a_page_of_a_list_is_its_own_canonical_page(client):
    for _ in range(41):
        make_paper(venue=make_venue("ICLR"))
    text = client.get("/venues/iclr/?page=2").text
    assert '<link rel="canonical" href="http://testserver/venues/iclr/?page=2">' in text
    assert (
        '<link rel="canonical" href="http://testserver/venues/iclr/">'
        in client.get("/venues/iclr/").text
    )
