import json

import pytest
from hypothesis import given

from catalog.models import (
    Citation,
    CitationCount,
    CitingWork,
    Identifier,
    Problem,
    Reference,
    Source,
)
from ingest.http import Answer
from ingest.sources import semantic_scholar
from ingest.sources.openalex import Citations, joined, parse_record
from ingest.standins.world import number_of
from tests.factories import make_paper
from tests.ingest.test_citations import NAMES, counts, edges, junk, listed, rows
from tests.ingest.test_citations import ask as run_of

pytestmark = pytest.mark.django_db
OPENALEX = Source.OPENALEX


def ask(**options):
    return run_of([Citations()], **options)


def asked(standin):
    return [one for one in standin.requests if one.source == "openalex"]


def test_edges_within_the_catalogue_and_outside_by_number(standin):
    listed("2305.99005", "2301.99001", "2302.99002")
    run = ask()
    assert (run.status, counts(run)) == ("done", (3, 0, 0, 0, 0))
    assert edges(OPENALEX) == [
        ("2302.99002", "2301.99001"),
        ("2305.99005", "2301.99001"),
        ("2305.99005", "2302.99002"),
    ]
    row = Reference.objects.get(citing__title="2305.99005")
    assert row.key == f"W{number_of('outside-journal')}"
    assert (row.title, row.identifiers) == ("", [f"openalex:{row.key}"])
    assert CitingWork.objects.count() == 0


def test_preprint_and_published_record_are_taken_together(standin):
    (paper,) = listed("2305.99005")
    Identifier.objects.create(paper=paper, scheme="doi", value="10.5555/standin.acl.5")
    listed("2404.99006")
    ask()
    assert sorted(row.value for row in paper.identifiers.filter(scheme="openalex")) == sorted(
        [f"W{number_of('preprint 2305.99005')}", f"W{number_of('2305.99005')}"]
    )
    assert ("2404.99006", "2305.99005") in edges(OPENALEX)
    assert CitationCount.objects.get(paper=paper).citing == 1


def test_the_venue_of_the_published_record_is_suggested(standin, world):
    (paper,) = listed("2305.99005")
    Identifier.objects.create(paper=paper, scheme="doi", value="10.5555/standin.acl.5")
    world.works[
        "2305.99005"
    ].venue = "Annual Meeting of the Association for Computational Linguistics"
    ask()
    assert [(row.source, row.venue_name, row.year) for row in paper.venue_suggestions.all()] == [
        (OPENALEX, "ACL", world.works["2305.99005"].year)
    ]


def test_a_record_that_was_merged_leads_to_its_successor(standin, world):
    (paper,) = listed("2302.99002")
    ask()
    before = edges(OPENALEX), Reference.objects.count()
    paper.identifiers.filter(scheme="arxiv").delete()
    paper.identifiers.filter(scheme="openalex").delete()
    Identifier.objects.create(paper=paper, scheme="openalex", value="W1111111")
    world.openalex_merged["W1111111"] = f"W{number_of('preprint 2302.99002')}"
    run = ask()
    assert (run.status, run.skipped) == ("done", 0)
    assert (edges(OPENALEX), Reference.objects.count()) == before
    assert paper.identifiers.filter(value=world.openalex_merged["W1111111"]).exists()


def test_edges_are_joined_in_the_run_that_learns_the_numbers(standin, monkeypatch):
    monkeypatch.setattr(Citations, "batch", 1)
    listed("2404.99006", "2302.99002", "2301.99001")
    ask()
    assert edges(OPENALEX) == [("2302.99002", "2301.99001"), ("2404.99006", "2302.99002")]


def test_the_same_run_twice_writes_no_row(standin):
    listed(*NAMES)
    ask()
    before = rows()
    assert counts(ask()) == (0, 0, 5, 0, 0)
    assert rows() == before


def test_the_two_sources_are_kept_apart(standin):
    listed("2302.99002", "2301.99001")
    run = run_of([semantic_scholar.Citations(), Citations()])
    assert run.new == 4
    assert Citation.objects.count() == 2
    before = rows()
    assert run_of([semantic_scholar.Citations(), Citations()]).same == 4
    assert rows() == before


def test_neither_source_closes_what_the_other_found_doubtful(standin):
    one, other = make_paper("Pre", arxiv="2305.99005"), make_paper("Pub")
    Identifier.objects.create(paper=other, scheme="doi", value="10.5555/standin.acl.5")
    Identifier.objects.create(paper=one, scheme="openalex", value=f"W{number_of('2305.99005')}")
    for _ in range(2):
        run_of([semantic_scholar.Citations(), Citations()])
        kinds = Problem.objects.filter(status="open").values_list("kind", flat=True)
        assert sorted(kinds) == ["same-record", "same-work"]


def test_references_no_longer_stated_go(standin, world):
    listed("2302.99002", "2301.99001")
    ask()
    with world.lock:
        world.works["2302.99002"].references = ["0704.9907"]
    assert ask().changed == 2
    assert edges(OPENALEX) == []
    assert [row.key for row in Reference.objects.all()] == [f"W{number_of('preprint 0704.9907')}"]


def test_fifty_papers_are_asked_about_in_one_request(standin):
    for number in range(60):
        make_paper(arxiv=f"2001.{number:05}")
    assert ask().skipped == 60
    first, second = asked(standin)
    assert first.query["filter"].count("|") == 49
    assert first.query["per-page"] == "200"
    assert set(first.query["select"].split(",")) == {
        "id",
        "doi",
        "referenced_works",
        "referenced_works_count",
        "cited_by_count",
        "title",
        "publication_year",
        "publication_date",
        "primary_location",
    }
    assert second.query["filter"].count("|") == 9


@pytest.mark.parametrize(
    ("contact", "mail"),
    [("mailto:us@example.org", "us@example.org"), ("https://example.org", None), ("", None)],
)
def test_key_and_address_are_sent_where_there_are_any(standin, settings, contact, mail):
    settings.INGEST_CONTACT = contact
    settings.SOURCES["openalex"]["key"] = "secret" if mail else ""
    listed("2302.99002")
    ask()
    (request,) = asked(standin)
    assert request.query.get("mailto") == mail
    assert request.query.get("api_key") == ("secret" if mail else None)


@pytest.mark.parametrize("fault", ["truncated", "500", "nulls"])
def test_what_may_pass_is_tried_again(standin, fault):
    listed("2302.99002")
    standin.misbehave("openalex", fault)
    assert ask().new == 1


def test_no_message_shows_the_key(standin, settings):
    settings.SOURCES["openalex"]["key"] = "secret"
    listed("2302.99002")
    for fault in ("truncated", "500", "nulls", "hang"):
        settings.INGEST_TOTAL_SECONDS = 0.3
        standin.behave("openalex")
        standin.misbehave("openalex", fault, times=None)
        run = ask()
        assert run.status == "failed"
        assert "secret" not in run.message + json.dumps(run.details)


def answering(monkeypatch, status, body):
    def exchange(self, request, follow, accept):
        kind = {"content-type": "application/json"}
        return Answer(str(request.url), status, kind, json.dumps(body).encode())

    monkeypatch.setattr("ingest.http.SourceClient._exchange", exchange)


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_without_a_key_says_that_one_is_wanted(standin, monkeypatch, status):
    listed("2302.99002")
    answering(monkeypatch, status, {"error": "no"})
    run = ask()
    assert run.status == "failed"
    assert "OPENALEX_API_KEY is wanted" in run.message


def test_an_answer_with_none_of_many_known_papers_is_a_failure(standin, monkeypatch):
    listed(*NAMES)
    ask()
    before = rows()
    answering(monkeypatch, 200, {"meta": {"count": 0}, "results": []})
    assert ask().status == "failed"
    assert rows() == before


def record(**facts):
    made = {
        "id": "https://openalex.org/W12345",
        "referenced_works": [],
        "referenced_works_count": 0,
    }
    parsed = parse_record(made | facts)
    assert parsed
    return parsed


def taken(*records, expected=()):
    known = joined(records, expected)
    assert known
    return known


@pytest.mark.parametrize(
    "facts",
    [
        {"referenced_works_count": 3},
        {"referenced_works_count": None},
        {"referenced_works": None},
        {"referenced_works": ["https://openalex.org/W22222", None], "referenced_works_count": 2},
    ],
)
def test_lists_that_are_not_whole_take_nothing_back(facts):
    assert not taken(record(**facts)).references.is_whole
    assert taken(record()).references.is_whole


def test_a_record_that_is_missing_takes_nothing_back():
    assert not taken(record(), expected=["W12345", "W22222"]).references.is_whole


def test_the_larger_count_of_two_records_counts():
    known = taken(
        record(cited_by_count=3, referenced_works_count=None),
        record(id="W22222", cited_by_count=5, referenced_works=["W33333", "W12345"]),
    )
    assert (known.citing_count, known.reference_count) == (5, 0)
    assert [work.key for work in known.references.works] == ["W33333"]
    assert known.identifiers == ("openalex:W12345", "openalex:W22222")


@given(junk)
def test_nothing_that_json_can_hold_stops_the_parser(value):
    parse_record(value)
    parse_record({"id": "W12345", "doi": value, "referenced_works": value, "cited_by_count": value})
    parse_record({"id": value, "referenced_works": [value], "referenced_works_count": value})
