"""New papers that arXiv's search finds become candidates, and what a curator decides on them holds."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from catalog.models import Candidate, HarvestQuery, Identifier, Problem, RejectedIdentifier
from ingest.models import Visit
from ingest.sources import arxiv_search
from ingest.sources.arxiv.feed import parse_feed
from ingest.standins import ArxivRecord
from ingest.standins import arxiv as arxiv_world
from search import embed
from search.topic_suggestions import TopicSuggester
from tests.factories import make_catalogue, make_paper, make_topic
from tests.ingest.running import counts, run_job

pytestmark = pytest.mark.django_db

QUERY = 'cat:cs.CL AND abs:"long context"'


@pytest.fixture
def query() -> HarvestQuery:
    return HarvestQuery.objects.create(catalogue=make_catalogue(), query=QUERY)


def submit(world: Any, name: str, title: str, days_ago: float = 1, **fields: Any) -> ArxivRecord:
    day = timezone.now() - timedelta(days=days_ago)
    given = {
        "abstract": "A study of long context.",
        "categories": ["cs.CL"],
        "comment": "",
        **fields,
    }
    record: ArxivRecord = replace(
        world.arxiv["2301.99001"], id=name, title=title, published=day, updated=day, **given
    )
    world.arxiv[name] = record
    return record


def test_new_papers_are_filed_with_a_topic_its_confidence_and_reasons(standin, query):
    cache, bees = make_topic("KV cache compression"), make_topic("Beekeeping")
    for number in range(4):
        make_paper(f"Compressing the key-value cache, part {number}", topics=[cache])
        make_paper(f"Keeping bees in winter, part {number}", topics=[bees])
    embed.embed_changed("test")
    submit(standin.world, "2611.00001", "Evicting entries of the KV cache of a transformer")
    assert counts(run_job("candidates")) == {"new": 1}
    candidate = Candidate.objects.get()
    assert candidate.suggested_topic == cache
    assert candidate.confidence
    assert 0.5 < candidate.confidence <= 1
    assert candidate.title == "Evicting entries of the KV cache of a transformer"
    reasons = " ".join(candidate.reasons)
    assert "Compressing the key-value cache" in reasons
    assert QUERY in reasons
    assert "Beekeeping" in reasons


def test_only_what_the_query_asks_for_since_the_last_harvest(standin, query):
    submit(standin.world, "2611.00001", "New and wanted")
    submit(standin.world, "2611.00002", "New but of another field", categories=["cs.CV"])
    submit(standin.world, "2501.00003", "Wanted but old", days_ago=400)
    run_job("candidates")
    assert list(Candidate.objects.values_list("title", flat=True)) == ["New and wanted"]
    asked = standin.requests[-1].query["search_query"]
    assert asked.startswith(f"({QUERY}) AND submittedDate:[")


def asked_since(standin: Any) -> str:
    return str(standin.requests[-1].query["search_query"].partition("submittedDate:[")[2][:8])


def test_an_edited_query_is_harvested_from_the_beginning(standin, query):
    submit(standin.world, "2611.00001", "New and wanted", categories=["cs.CL", "cs.LG"])
    run_job("candidates")
    first = asked_since(standin)
    run_job("candidates")
    assert asked_since(standin) > first
    query.query = "cat:cs.LG"
    query.save()
    run_job("candidates")
    assert asked_since(standin) == first


def test_a_page_that_is_too_short_is_a_failure_and_the_window_stays(standin, query, monkeypatch):
    for number in range(3):
        submit(standin.world, f"2611.0000{number}", f"New and wanted, part {number}")
    monkeypatch.setattr(
        "ingest.sources.arxiv.ask.parse_feed", lambda body: replace(parse_feed(body), entries=2)
    )
    assert run_job("candidates").status == "failed"
    assert not Candidate.objects.exists()
    assert not Visit.objects.exists()


def test_an_entry_that_cannot_be_read_is_told(standin, query):
    submit(standin.world, "2611.00001", "New and wanted")
    submit(standin.world, "2611.00002", " ")
    run = run_job("candidates")
    assert (run.status, counts(run)) == ("failed", {"new": 1, "failed": 1})
    assert "2611.00002" in Problem.objects.get().message
    submit(standin.world, "2611.00002", "Repaired", days_ago=30)
    assert counts(run_job("candidates")) == {"new": 1, "same": 1}  # it looked as far back as before


@pytest.mark.parametrize("total", ["0", "5", "-1", "", "1000000000000"])
def test_a_count_that_does_not_fit_what_came_is_a_failure(standin, query, monkeypatch, total):
    submit(standin.world, "2611.00001", "New and wanted")
    wrong = arxiv_world.FEED.replace("{total}", total)
    monkeypatch.setattr(arxiv_world, "FEED", wrong)
    assert run_job("candidates").status == "failed"
    assert not Candidate.objects.exists()
    assert not Visit.objects.exists()


def test_an_empty_answer_moves_no_window_unless_there_was_nothing_new(standin, query):
    submit(standin.world, "2611.00001", "New and wanted", days_ago=20)
    standin.misbehave("arxiv", "empty-feed", times=2)
    run = run_job("candidates")
    assert (run.status, counts(run)) == ("failed", {"failed": 1})
    assert Problem.objects.get().kind == "harvest-empty"
    assert counts(run_job("candidates")) == {"new": 1}
    query.query = 'abs:"study of long"'
    query.save()
    submit(standin.world, "2611.00001", "New and wanted", days_ago=200)
    assert run_job("candidates").status == "done"


def test_the_windows_of_two_harvests_overlap(standin, query):
    run_job("candidates")
    submit(standin.world, "2611.00001", "Submitted before, announced later", days_ago=5)
    assert counts(run_job("candidates")) == {"new": 1}


def test_a_known_first_result_hides_none_behind_it(standin, query):
    submit(standin.world, "2611.00001", "Known already", days_ago=1)
    submit(standin.world, "2611.00002", "Behind it", days_ago=2)
    make_paper("Known already", arxiv="2611.00001")
    assert counts(run_job("candidates")) == {"new": 1, "skipped": 1}


def test_what_is_known_by_title_or_was_proposed_or_rejected_is_not_proposed(standin, query):
    make_paper("Listed without an identifier")
    submit(standin.world, "2611.00001", "Listed Without an Identifier")
    rejected = submit(standin.world, "2611.00002", "Not wanted")
    submit(
        standin.world,
        "2611.00003",
        "A claim",
        comment="This paper has been withdrawn by the author",
    )
    assert counts(run_job("candidates")) == {"new": 1, "skipped": 2}
    Candidate.objects.update(status="rejected")
    rejected.title = "Not wanted, second attempt"
    assert counts(run_job("candidates")) == {"same": 1, "skipped": 2}
    assert Candidate.objects.get().title == "Not wanted"


def test_the_same_harvest_twice_changes_nothing(standin, query):
    for number in range(3):
        submit(standin.world, f"2611.0000{number}", f"Paper number {number}")
    assert counts(run_job("candidates")) == {"new": 3}
    before = list(Candidate.objects.order_by("pk").values())
    assert counts(run_job("candidates")) == {"same": 3}
    assert list(Candidate.objects.order_by("pk").values()) == before


def test_a_waiting_candidate_follows_its_next_version(standin, query):
    record = submit(standin.world, "2611.00001", "First title")
    run_job("candidates")
    record.title = "Second title"
    assert counts(run_job("candidates")) == {"changed": 1}
    assert Candidate.objects.get().title == "Second title"


def test_all_pages_are_read(standin, query, monkeypatch):
    monkeypatch.setattr(arxiv_search, "PAGE", 10)
    for number in range(25):
        submit(standin.world, f"2611.{number:05d}", f"Paper number {number}", days_ago=number / 10)
    run = run_job("candidates")
    assert (counts(run), run.requests) == ({"new": 25}, 3)


def test_a_question_that_is_too_wide_is_said(standin, query, monkeypatch):
    monkeypatch.setattr(arxiv_search, "PAGE", 10)
    monkeypatch.setattr(arxiv_search, "_MOST", 20)
    for number in range(25):
        submit(standin.world, f"2611.{number:05d}", f"Paper number {number}", days_ago=number / 10)
    run_job("candidates")
    assert Candidate.objects.count() == 20
    assert Problem.objects.get().kind == "harvest-too-wide"


@pytest.mark.parametrize("fault", ["500", "html", "truncated", "entity-bomb", "empty-body"])
def test_a_fault_on_a_later_page_files_nothing_and_moves_no_window(
    standin, query, monkeypatch, fault
):
    monkeypatch.setattr(arxiv_search, "PAGE", 10)
    for number in range(15):
        submit(standin.world, f"2611.{number:05d}", f"Paper number {number}", days_ago=number / 10)
    standin.misbehave("arxiv", fault, after=1, times=None)
    assert run_job("candidates").status == "failed"
    assert not Candidate.objects.exists()
    assert not Visit.objects.exists()
    standin.behave()
    assert counts(run_job("candidates")) == {"new": 15}


def test_a_refused_question_is_that_query_s_failure_only(standin, query):
    HarvestQuery.objects.create(catalogue=query.catalogue, query="cat:cs.CL AND (")
    submit(standin.world, "2611.00001", "New and wanted")
    run = run_job("candidates")
    assert Candidate.objects.count() == 1
    assert (run.status, run.failed) == ("failed", 1)


def test_an_inactive_query_is_not_asked(standin, query):
    HarvestQuery.objects.update(is_active=False)
    assert run_job("candidates").requests == 0


def test_a_candidate_that_was_listed_meanwhile_waits_no_more(standin, query):
    submit(standin.world, "2611.00001", "New and wanted")
    run_job("candidates")
    paper = make_paper("New and wanted", arxiv="2611.00001")
    run_job("candidates")
    candidate = Candidate.objects.get()
    assert (candidate.status, candidate.paper) == ("accepted", paper)


def test_a_candidate_whose_paper_was_listed_by_its_title_waits_no_more(standin, query):
    submit(standin.world, "2611.00001", "New and wanted")
    run_job("candidates")
    paper = make_paper("New and Wanted", topics=[make_topic()])
    run_job("candidates")
    candidate = Candidate.objects.get()
    assert (candidate.status, candidate.paper) == ("accepted", paper)


def test_a_title_whose_paper_was_refused_the_identifier_is_another_paper(standin, query):
    paper = make_paper("New and wanted")
    RejectedIdentifier.objects.create(paper=paper, scheme="arxiv", value="2611.00001")
    submit(standin.world, "2611.00001", "New and Wanted")
    assert counts(run_job("candidates")) == {"new": 1}
    assert counts(run_job("candidates")) == {"same": 1}
    assert Candidate.objects.get().status == "open"


def test_many_that_wait_take_no_more_queries(standin, query, django_assert_max_num_queries):
    def wait_and_list(first: int, number: int) -> int:
        """Let some candidates wait, every third of them listed by its identifier or its title; count the queries."""
        for one in range(first, first + number):
            name, title = f"2611.{one:05d}", f"Wanted number {one}"
            Candidate.objects.create(
                catalogue=query.catalogue, scheme="arxiv", value=name, title=title
            )
            if one % 3 == 0:
                make_paper(title, arxiv=name if one % 2 else "")
        with django_assert_max_num_queries(10**6) as captured:
            assert run_job("candidates").status == "done"
        return len(captured)

    submit(standin.world, "2612.00001", "Found by the query")
    few = wait_and_list(0, 6)
    assert wait_and_list(6, 60) <= few
    assert Candidate.objects.filter(status="accepted").count() == 22


def test_a_candidate_that_is_withdrawn_says_so(standin, query):
    record = submit(standin.world, "2611.00001", "New and wanted")
    run_job("candidates")
    record.version, record.comment = 2, "Withdrawn by the authors: Lemma 2 is wrong."
    assert counts(run_job("candidates")) == {"changed": 1}
    assert Candidate.objects.get().reasons[0].startswith("Withdrawn on arXiv:")
    assert counts(run_job("candidates")) == {"same": 1}
    record.comment = ""
    run_job("candidates")
    assert "Withdrawn" not in " ".join(Candidate.objects.get().reasons)


def test_accepting_places_it_and_arxiv_fills_in_the_rest(standin, query, admin_client):
    topic = make_topic()
    submit(standin.world, "2611.00001", "New and wanted")
    run_job("candidates")
    candidate = Candidate.objects.get()
    url = reverse("admin:catalog_candidate_change", args=[candidate.pk])
    admin_client.post(url, {"suggested_topic": topic.pk, "_accept": "1"})
    paper = Identifier.objects.get(value="2611.00001").paper
    assert paper.placements.get().topic == topic
    run_job("arxiv")
    paper.refresh_from_db()
    assert paper.categories == ["cs.CL"]
    assert counts(run_job("candidates")) == {"same": 1}


def test_leaving_each_paper_out_in_turn_judges_the_suggestions():
    cache, bees = make_topic("KV cache compression"), make_topic("Beekeeping")
    for number in range(4):
        make_paper(f"Compressing the key-value cache, part {number}", topics=[cache])
        make_paper(f"Keeping bees in winter, part {number}", topics=[bees])
    lonely = make_topic("Sourdough")
    make_paper("Baking bread at home", topics=[lonely])
    embed.embed_changed("test")
    first, among_three = TopicSuggester(make_catalogue().pk).leave_one_out()
    assert first == pytest.approx(8 / 9)  # the only paper of its topic cannot be found by it
    assert among_three >= first


def test_without_vectors_there_is_no_topic_and_that_is_said(standin, query):
    submit(standin.world, "2611.00001", "New and wanted")
    run_job("candidates")
    candidate = Candidate.objects.get()
    assert (candidate.suggested_topic, candidate.confidence) == (None, None)
    assert "No topic could be suggested" in " ".join(candidate.reasons)
