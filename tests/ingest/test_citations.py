import json
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.curation.merging import merge_papers
from catalog.models import (
    Citation,
    CitationCount,
    CitingWork,
    Identifier,
    Link,
    Paper,
    Problem,
    Reference,
    RejectedIdentifier,
    Source,
    Venue,
    VenueSuggestion,
)
from catalog.models.upkeep import RunJob
from catalog.signals import papers_changed
from ingest import runs
from ingest.citations import Edges, Known, OtherWork, store
from ingest.cleaning import clean_venue
from ingest.http import Answer
from ingest.matching import match
from ingest.models import Visit, VisitOutcome
from ingest.receivers import follow_papers
from ingest.runs import Manner
from ingest.sources import semantic_scholar
from ingest.sources.semantic_scholar import Citations, Listing, parse_page, parse_record
from ingest.standins.world import s2_id
from tests.factories import make_paper

pytestmark = pytest.mark.django_db
S2 = Source.SEMANTIC_SCHOLAR


def ask(parts=None, **options):
    """One run of the job, from the start to its end."""
    run = runs.start(RunJob.CITATIONS, "test", **options)
    assert runs.work(run, parts or [Citations()], Manner(insistent=True))
    run.refresh_from_db()
    return run


def counts(run):
    return (run.new, run.changed, run.same, run.skipped, run.failed)


def edges(source=S2):
    rows = Citation.objects.filter(source=source)
    return sorted(rows.values_list("citing__title", "cited__title"))


def rows():
    """Every row that a run may write, with its version in the database."""
    found = {}
    tables = [
        "citation",
        "reference",
        "citingwork",
        "citationcount",
        "identifier",
        "link",
        "problem",
        "venuesuggestion",
        "paper",
    ]
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"SELECT id, ctid::text, t::text FROM catalog_{table} t ORDER BY id")
            found[table] = cursor.fetchall()
    return found


def listed(*names):
    """Papers of the small world, by their arXiv ids and with these as titles."""
    return [make_paper(name, arxiv=name) for name in names]


def asked(standin):
    return [one for one in standin.requests if one.source == "semantic_scholar"]


# A run


def test_edges_within_and_outside_the_catalogue(standin):
    listed("2305.99005", "2301.99001", "2302.99002")
    run = ask()
    assert (run.status, counts(run)) == ("done", (3, 0, 0, 0, 0))
    assert edges() == [
        ("2302.99002", "2301.99001"),
        ("2305.99005", "2301.99001"),
        ("2305.99005", "2302.99002"),
    ]
    outside = Reference.objects.get(citing__title="2305.99005")
    assert outside.title == "A Journal Paper That arXiv Never Saw"
    assert (outside.year, outside.key, outside.citation_count) == (
        2019,
        s2_id("outside-journal"),
        1,
    )
    assert outside.identifiers == [f"s2:{s2_id('outside-journal')}", "doi:10.5555/standin.2019.1"]
    citing = CitingWork.objects.get(cited__title="2301.99001", title="Lanterns at Sea")
    assert citing.identifiers == [f"s2:{s2_id('outside-acl')}", "acl:2024.standin-short.1"]


def test_a_reference_that_the_source_did_not_resolve_is_kept_by_its_title(standin):
    listed("2302.99002")
    ask()
    row = Reference.objects.get(title="A title read from a reference list")
    assert row.key.startswith("title:")
    assert row.identifiers == []


def test_how_often_a_paper_is_cited_is_kept_with_its_date(standin, world):
    (paper,) = listed("2301.99001")
    ask()
    count = CitationCount.objects.get()
    assert (count.paper, count.source, count.references) == (paper, S2, 0)
    assert count.citing == 40 + 4
    CitationCount.objects.update(counted_on="2020-01-01")
    ask()
    assert str(CitationCount.objects.get().counted_on) == "2020-01-01"
    with world.lock:
        world.works["2301.99001"].more_citations += 1
    assert counts(ask()) == (0, 1, 0, 0, 0)
    assert CitationCount.objects.get().counted_on == timezone.localdate()


def suggested():
    rows = VenueSuggestion.objects.order_by("pk")
    return [(row.source, row.text, row.venue_name, row.year) for row in rows]


def test_where_a_paper_appeared_is_suggested_once(standin, world):
    (paper,) = listed("2301.99001")
    world.works["2301.99001"].venue = "Neural Information Processing Systems"
    ask()
    said = (S2, "Neural Information Processing Systems", "NeurIPS", 2023)
    assert suggested() == [said]
    paper.refresh_from_db()
    assert paper.venue is None
    VenueSuggestion.objects.update(status=VenueSuggestion.Status.REJECTED)
    ask()
    assert suggested() == [said]


def test_no_source_repeats_what_another_suggested(standin, world):
    (paper,) = listed("2301.99001")
    VenueSuggestion.objects.create(
        paper=paper, source=Source.ARXIV, text="ICLR 2024 Oral", venue_name="ICLR", year=2024
    )
    world.works["2301.99001"].venue = "International Conference on Learning Representations"
    ask()
    assert [row[0] for row in suggested()] == [Source.ARXIV]


def test_servers_of_preprints_and_the_listed_venue_are_no_suggestion(standin, world):
    one, _ = listed("2301.99001", "2302.99002")
    one.venue = Venue.objects.create(name="ICML", slug="icml")
    one.save()
    world.works["2301.99001"].venue = "International Conference on Machine Learning"
    world.works["2302.99002"].venue = "arXiv.org"
    ask()
    assert suggested() == []


def test_an_open_copy_is_linked_and_followed_when_it_moves(standin, world):
    (paper,) = listed("2301.99001")
    world.works["2301.99001"].open_access_url = "https://open.example.org/1.pdf"
    ask()
    link = paper.links.get()
    assert (link.url, link.kind, link.source) == (
        "https://open.example.org/1.pdf",
        Link.Kind.PAPER,
        S2,
    )
    world.works["2301.99001"].open_access_url = "https://open.example.org/moved.pdf"
    assert counts(ask()) == (0, 1, 0, 0, 0)
    assert paper.links.get().url == "https://open.example.org/moved.pdf"


def test_a_copy_that_a_curator_took_away_does_not_come_back(standin, world):
    (paper,) = listed("2301.99001")
    world.works["2301.99001"].open_access_url = "https://open.example.org/1.pdf"
    ask()
    paper.links.update(retired_at=timezone.now())
    world.works["2301.99001"].open_access_url = "https://open.example.org/moved.pdf"
    ask()
    assert not paper.links.filter(retired_at=None).exists()


@pytest.mark.parametrize(
    "url", ["https://arxiv.org/pdf/2301.99001", "ftp://example.org/1.pdf", "javascript:alert(1)"]
)
def test_what_is_no_other_copy_is_not_linked(standin, world, url):
    (paper,) = listed("2301.99001")
    world.works["2301.99001"].open_access_url = url
    ask()
    assert not paper.links.exists()


def test_the_same_run_twice_writes_no_row(standin):
    listed("2305.99005", "2301.99001", "2302.99002", "math/0309998", "2404.99006")
    ask()
    before = rows()
    assert counts(ask()) == (0, 0, 5, 0, 0)
    assert rows() == before


def test_one_request_asks_about_many_papers(standin):
    listed("2305.99005", "2302.99002", "math/0309998")
    ask()
    (request,) = asked(standin)
    ids = json.loads(request.body)["ids"]
    assert sorted(ids) == ["ARXIV:2302.99002", "ARXIV:2305.99005", "ARXIV:math/0309998"]
    assert "x-api-key" not in request.headers


def test_the_key_is_sent_in_a_header(standin, settings):
    settings.SOURCES["semantic_scholar"]["key"] = "secret"
    listed("2302.99002")
    ask()
    assert {one.headers["x-api-key"] for one in asked(standin)} == {"secret"}


def test_only_one_paper_when_one_is_asked_for(standin):
    first, _ = listed("2302.99002", "2305.99005")
    assert ask(paper=first.pk).new == 1


def test_papers_no_list_has_and_papers_without_identifiers_are_not_asked_about(standin):
    make_paper("Unlisted", arxiv="2302.99002", topics=[])
    make_paper("Nameless")
    assert counts(ask()) == (0, 0, 0, 0, 0)
    assert asked(standin) == []


def test_unknown_papers_are_skipped_and_matched_by_their_place(standin):
    unknown, known = make_paper("Unknown", arxiv="2001.00001"), make_paper(arxiv="2302.99002")
    assert counts(ask()) == (1, 0, 0, 1, 0)
    assert not unknown.identifiers.filter(scheme="s2").exists()
    assert known.identifiers.get(scheme="s2").value == s2_id("2302.99002")
    assert Visit.objects.get(subject=unknown.pk).outcome == VisitOutcome.MISSING


def test_a_batch_without_any_known_paper_is_no_error(standin):
    make_paper(arxiv="2001.00001")
    run = ask()
    assert (run.status, counts(run)) == ("done", (0, 0, 0, 1, 0))


def test_a_paper_unknown_by_one_identifier_is_asked_for_by_the_next(standin):
    paper = make_paper(arxiv="2001.00001")
    Identifier.objects.create(paper=paper, scheme="acl", value="2023.standin-long.5")
    assert ask().new == 1
    assert paper.identifiers.get(scheme="s2").value == s2_id("2305.99005")


# Answers that are none


@pytest.mark.parametrize("fault", ["truncated", "500", "429"])
def test_what_may_pass_is_tried_again(standin, fault):
    listed("2302.99002")
    standin.misbehave("semantic_scholar", fault, **({"retry_after": 0} if fault == "429" else {}))
    assert ask().new == 1


NAMES = ["2305.99005", "2301.99001", "2302.99002", "math/0309998", "2404.99006"]


def test_nulls_for_papers_that_were_known_are_a_failure_of_the_source(standin):
    listed(*NAMES)
    ask()
    before = rows()
    standin.misbehave("semantic_scholar", "nulls", times=None)
    run = ask()
    assert run.status == "failed"
    assert "knows none of 5 papers" in run.message
    assert rows() == before


def test_nulls_for_papers_never_met_are_taken_as_unknown(standin):
    listed(*NAMES)
    standin.misbehave("semantic_scholar", "nulls", times=None)
    assert counts(ask()) == (0, 0, 0, 5, 0)


class Answers:
    """A Semantic Scholar that answers to the batch what it is told, and lists nothing by page."""

    def __init__(self, monkeypatch, *bodies):
        self.bodies = list(bodies)
        monkeypatch.setattr("ingest.http.SourceClient._exchange", self.exchange)

    def exchange(self, request, follow, accept):
        from ingest.http import Answer

        body = self.bodies.pop(0) if len(self.bodies) > 1 else self.bodies[0]
        status = 200
        if isinstance(body, tuple):
            status, body = body
        if request.method == "GET":
            body = {"offset": 0, "data": None}
        data = json.dumps(body).encode()
        return Answer(str(request.url), status, {"content-type": "application/json"}, data)


@pytest.mark.parametrize("body", [[], [None, None], {"data": []}, None, ["a title"], [[]]])
def test_an_answer_of_another_shape_is_a_failure(standin, monkeypatch, body):
    listed("2302.99002")
    Answers(monkeypatch, body)
    run = ask()
    assert run.status == "failed"
    assert Visit.objects.count() == 0


def test_a_refusal_is_told_and_halved(standin, monkeypatch):
    listed("2302.99002", "2305.99005")
    Answers(monkeypatch, (400, {"error": "Something else"}), [{"paperId": "a" * 40}], (400, {}))
    assert counts(ask()) == (1, 0, 0, 0, 1)


# Lists that are cut


def test_lists_that_are_cut_are_completed(standin, world):
    listed("2305.99005", "2302.99002", "2404.99006", "2301.99001")
    ask()
    whole = [(table, len(found)) for table, found in rows().items()]
    Citation.objects.all().delete()
    Reference.objects.all().delete()
    with world.lock:
        world.nested_rows = 2
    ask()
    assert [(table, len(found)) for table, found in rows().items()] == whole
    before = rows()
    assert ask().same == 4
    assert rows() == before


def test_papers_whose_lists_fit_together_are_asked_about_again_together(standin, world):
    for number in range(40):
        world.add_work(
            f"citing{number}", f"Citing {number}", external_ids={"DOI": f"10.1/{number}"}
        )
        world.cite(f"citing{number}", "0704.9907")
        for other in range(5):
            world.cite(f"citing{number}", f"citing{(number + other + 1) % 40}")
        paper = make_paper(f"Citing {number}")
        Identifier.objects.create(paper=paper, scheme="doi", value=f"10.1/{number}")
    world.nested_rows = 120
    ask()
    assert len(edges()) == 200
    assert Reference.objects.count() == 40
    assert len(asked(standin)) <= 4


def test_a_cut_list_takes_nothing_back(standin, world, monkeypatch):
    listed("2305.99005", "2301.99001")
    ask()
    with world.lock:
        world.nested_rows = 0
    monkeypatch.setattr(semantic_scholar._Asking, "_page", lambda *args: (None, None))
    before = edges(), Reference.objects.count(), CitingWork.objects.count()
    ask()
    assert (edges(), Reference.objects.count(), CitingWork.objects.count()) == before


def test_a_batch_in_another_order_is_a_failure(standin, monkeypatch):
    listed("2305.99005", "2301.99001", "2302.99002")
    ask()
    before = rows()
    kept = Answer.json

    def shuffled(answer):
        found = kept(answer)
        return found[1:] + found[:1] if isinstance(found, list) else found

    monkeypatch.setattr(Answer, "json", shuffled)
    run = ask()
    assert (run.status, run.failed) == ("failed", 3)
    assert "another order" in run.message
    assert rows() == before


@pytest.mark.parametrize("odd", ["short", "loop", "crawl"])
def test_pages_that_cannot_be_all_take_nothing_back(standin, world, monkeypatch, odd):
    listed("2301.99001")
    citing = [
        world.add_record(replace(world.arxiv["2302.99002"], id=f"2402.{n:05}")) for n in range(40)
    ]
    for work in citing:
        work.references = ["2301.99001"]
    world.works["2301.99001"].more_citations = 0
    ask()
    before = CitingWork.objects.count()
    assert before >= 40
    world.nested_rows = 5
    kept = semantic_scholar.parse_page
    pages = []

    def lie(answer, side):
        pages.append(1)
        page = kept(answer, side)
        answer["next"] = {"short": None, "loop": 0, "crawl": len(pages)}[odd]
        return page and Listing(page.works[:3], 3)

    monkeypatch.setattr(semantic_scholar, "parse_page", lie)
    ask()
    assert CitingWork.objects.count() == before
    assert len(pages) <= 30
    asked_for = len(pages)
    ask()
    assert len(pages) == 2 * asked_for  # an odd answer is not believed at once
    ask()
    assert len(pages) == 2 * asked_for


def test_withheld_references_take_nothing_back(standin, world):
    listed("2305.99005", "2301.99001", "2302.99002")
    ask()
    before = edges(), Reference.objects.count()
    with world.lock:
        world.works["2305.99005"].references_withheld = True
    assert ask().status == "done"
    assert (edges(), Reference.objects.count()) == before
    requests = len(asked(standin))
    ask()
    assert len(asked(standin)) == requests + 1  # the pages gave nothing last time


def test_more_than_the_source_lists_is_told_once(standin, world, monkeypatch):
    listed("2301.99001")
    monkeypatch.setattr(semantic_scholar, "MOST_LISTED", 2)
    monkeypatch.setattr(semantic_scholar, "_PAGE", 1)
    world.nested_rows = 1
    for _ in range(2):
        ask()
        problem = Problem.objects.get()
        assert (problem.kind, problem.status) == ("citations-incomplete", "open")
        assert "44 works" in problem.message
    assert CitingWork.objects.count() == 2
    with world.lock:
        world.works["2301.99001"].more_citations = 0
        world.nested_rows = 9999
    ask()
    assert Problem.objects.get().status == "gone"


def test_a_count_that_only_differs_is_no_problem(standin):
    listed("2301.99001")
    ask()
    assert Problem.objects.count() == 0


def test_what_was_completed_before_a_failure_is_kept(standin, world):
    listed(*NAMES)
    world.nested_rows = 1
    standin.misbehave("semantic_scholar", "500", times=4, after=2)
    run = ask()
    assert run.status == "done"
    assert run.new == 5


# What the source takes back


def test_edges_no_longer_stated_go_for_this_source_only(standin, world):
    citing, cited = listed("2302.99002", "2301.99001")
    ask()
    Citation.objects.create(citing=citing, cited=cited, source=Source.OPENALEX)
    Citation.objects.create(citing=citing, cited=cited, source=Source.CURATOR)
    with world.lock:
        world.works["2302.99002"].references = []
    assert ask().changed == 2
    assert edges() == []
    assert Citation.objects.count() == 2
    assert Reference.objects.count() == 0


def edge(citing, cited):
    return Citation.objects.filter(citing=citing, cited=cited).exists()


def names(paper):
    return OtherWork(f"key {paper.pk}", paper.title, (f"arxiv:{paper.identifiers.get().value}",))


def says(references=None, citing=None):
    return Known(
        references=Edges() if references is None else Edges(tuple(map(names, references)), True),
        citing=Edges() if citing is None else Edges(tuple(map(names, citing)), True),
    )


def tell(**fetched):
    """Store answers as a run does, with the visits."""
    from ingest import visits

    stored = store(S2, fetched["answers"])
    visits.record(S2, "paper", stored.seen)
    return stored


def test_an_edge_that_one_end_states_stands_whichever_is_asked_about_last():
    citing, cited = listed("2001.00001", "2001.00002")
    for _ in range(2):
        tell(answers={citing.pk: says(references=[], citing=[])})
        tell(answers={cited.pk: says(references=[], citing=[citing])})
        assert edge(citing, cited)
    tell(answers={citing.pk: says(references=[], citing=[])})
    before = rows()
    tell(answers={cited.pk: says(references=[], citing=[citing])})
    tell(answers={citing.pk: says(references=[], citing=[])})
    assert rows() == before
    tell(answers={cited.pk: says(references=[], citing=[])})
    assert not edge(citing, cited)


def test_an_edge_that_both_ends_drop_goes_whichever_is_asked_about_first():
    citing, cited = listed("2001.00001", "2001.00002")
    for first, second in [(citing, cited), (cited, citing)]:
        tell(answers={citing.pk: says([cited], []), cited.pk: says([], [citing])})
        tell(answers={first.pk: says([], [])})
        assert edge(citing, cited)
        tell(answers={second.pk: says([], [])})
        assert not edge(citing, cited)


def test_a_paper_keeps_all_citations_that_the_citing_papers_state():
    cited, *citing = listed(*(f"2001.{n:05}" for n in range(1, 13)))
    for _ in range(2):
        before = rows()
        said = [
            tell(answers={paper.pk: says([cited], []) for paper in citing}),
            tell(answers={cited.pk: says([], [])}),
        ]
        assert Citation.objects.filter(cited=cited).count() == 11
    assert [one.tally.changed for one in said] == [0, 0]
    assert rows() == before
    for paper in citing:
        tell(answers={paper.pk: says([], [])})
    assert not Citation.objects.exists()


class InBatches(Citations):
    """Answers as a source whose two lists never agree: nobody is said to cite what all cite."""

    batch = 4

    def fetch(self, client, subjects):
        papers = list(Paper.objects.order_by("pk"))
        return {
            paper.pk: says(papers[place + 1 : place + 10], [])
            for place, paper in enumerate(papers)
            if paper.pk in subjects
        }


def test_a_run_in_batches_keeps_what_is_stated_and_its_repetition_changes_nothing():
    papers = listed(*(f"2001.{n:05}" for n in range(1, 21)))
    assert counts(ask([InBatches()])) == (20, 0, 0, 0, 0)
    before = rows()
    assert Citation.objects.count() == 9 * 11 + sum(range(9))
    assert counts(ask([InBatches()], paper=papers[-1].pk)) == (0, 0, 1, 0, 0)
    assert counts(ask([InBatches()])) == (0, 0, 20, 0, 0)
    assert rows() == before


def test_a_list_that_is_not_whole_keeps_what_it_named_and_adds():
    citing, cited = listed("2001.00001", "2001.00002")
    tell(answers={citing.pk: says([cited], []), cited.pk: says([], [])})
    tell(answers={citing.pk: Known(), cited.pk: says([], [])})
    assert edge(citing, cited)
    tell(answers={citing.pk: says([], [])})
    assert not edge(citing, cited)
    tell(answers={citing.pk: Known(references=Edges((names(cited),)))})
    tell(answers={cited.pk: says([], [])})
    assert edge(citing, cited)


def test_what_only_cut_lists_named_goes_when_they_do_not_and_a_whole_list_denies_it():
    citing, cited, other = listed("2001.00001", "2001.00002", "2001.00003")
    tell(answers={cited.pk: Known(citing=Edges((names(citing), names(other))))})
    for _ in range(2):
        tell(answers={citing.pk: says([], [])})
        assert edge(citing, cited)
    before = Citation.objects.get(citing=citing).in_references
    for _ in range(2):
        stored = tell(answers={cited.pk: Known(citing=Edges((names(other),)))})
        assert (edge(citing, cited), edge(other, cited), before) == (False, True, False)
    assert stored.tally.changed == 0


@pytest.mark.parametrize("side", ["references", "citing"])
def test_an_edge_made_of_a_work_that_arrived_goes_with_the_list_that_named_it(side):
    paper, late = make_paper(arxiv="2001.00001"), make_paper("Late")
    work = OtherWork("key", "Late", ("arxiv:2001.00002",))
    tell(answers={paper.pk: replace(says([], []), **{side: Edges((work,), True)})})
    Identifier.objects.create(paper=late, scheme="arxiv", value="2001.00002")
    match([late.pk])
    tell(answers={late.pk: says([], [])})
    assert Citation.objects.count() == 1
    tell(answers={paper.pk: says([], [])})
    assert not Citation.objects.exists()


# Who is who


def test_preprint_and_published_record_are_joined_by_any_identifier(standin):
    published = make_paper("Published")
    Identifier.objects.create(paper=published, scheme="acl", value="2023.standin-long.5")
    listed("2404.99006", "2301.99001")
    ask()
    assert ("2404.99006", "Published") in edges()
    assert ("Published", "2301.99001") in edges()
    assert sorted(map(str, published.identifiers.filter(source=S2))) == [
        "arxiv:2305.99005",
        "doi:10.5555/standin.acl.5",
        f"s2:{s2_id('2305.99005')}",
    ]


def test_one_work_listed_twice_is_told(standin):
    preprint, published = make_paper("Pre", arxiv="2305.99005"), make_paper("Pub")
    Identifier.objects.create(paper=published, scheme="acl", value="2023.standin-long.5")
    listed("2404.99006")
    ask()
    (problem,) = Problem.objects.all()
    assert problem.kind == "same-work"
    assert "“Pre”" in problem.message
    assert "“Pub”" in problem.message
    assert ("2404.99006", "Pre") in edges()
    before = rows()
    ask()
    assert rows() == before
    merge_papers(preprint, [published])
    ask()
    assert Problem.objects.get().status == "gone"


def test_an_identifier_that_differs_is_told_and_not_taken(standin):
    paper = make_paper(arxiv="2305.99005")
    Identifier.objects.create(paper=paper, scheme="doi", value="10.5555/other")
    ask()
    assert Problem.objects.get().kind == "identifier-differs"
    assert paper.identifiers.filter(scheme="doi").count() == 1


def test_rejected_identifiers_do_not_come_back(standin):
    paper = make_paper(arxiv="2305.99005")
    RejectedIdentifier.objects.create(paper=paper, scheme="acl", value="2023.standin-long.5")
    ask()
    assert not paper.identifiers.filter(scheme="acl").exists()
    RejectedIdentifier.objects.create(paper=paper, scheme="s2", value=s2_id("2305.99005"))
    assert ask().skipped == 1


def test_references_to_a_merged_paper_mean_the_survivor(standin):
    survivor, merged = make_paper("Survivor"), make_paper("Merged", arxiv="2301.99001")
    listed("2302.99002")
    Paper.objects.filter(pk=merged.pk).update(merged_into=survivor)
    ask()
    assert edges() == [("2302.99002", "Survivor")]


def test_a_paper_never_cites_itself():
    paper = make_paper(arxiv="2001.00001")
    tell(answers={paper.pk: says([paper], [paper])})
    assert Citation.objects.count() == Reference.objects.count() == CitingWork.objects.count() == 0


def test_what_cites_a_merged_paper_and_how_often_follow_it():
    survivor, duplicate = make_paper(), make_paper()
    for paper in (survivor, duplicate):
        CitingWork.objects.create(cited=paper, source=S2, key="both")
        CitationCount.objects.create(
            paper=paper, source=S2, citing=paper.pk, counted_on="2026-01-01"
        )
    CitingWork.objects.create(cited=duplicate, source=S2, key="one")
    CitationCount.objects.create(
        paper=duplicate, source=Source.OPENALEX, citing=7, counted_on="2026-01-01"
    )
    merge_papers(survivor, [duplicate])
    assert list(CitingWork.objects.order_by("key").values_list("cited", "key")) == [
        (survivor.pk, "both"),
        (survivor.pk, "one"),
    ]
    assert list(CitationCount.objects.order_by("source").values_list("paper", "citing")) == [
        (survivor.pk, 7),
        (survivor.pk, survivor.pk),
    ]


def test_a_paper_merged_or_gone_meanwhile_is_passed_over():
    survivor, merged = make_paper(), make_paper(arxiv="2001.00001")
    Paper.objects.filter(pk=merged.pk).update(merged_into=survivor)
    stored = store(S2, {merged.pk: says([], []), 10**9: says([], [])})
    assert stored.tally.skipped == 2
    assert set(stored.seen) == {merged.pk, 10**9}


# References that meet their paper later


def test_a_paper_that_arrives_is_joined_to_those_that_cite_it(
    standin, django_capture_on_commit_callbacks
):
    listed("2404.99006")
    ask()
    late = make_paper("Late", arxiv="2305.99005")
    assert match([late.pk]) == 1
    assert edges() == [("2404.99006", "Late")]
    assert not Reference.objects.filter(identifiers__contains=["arxiv:2305.99005"]).exists()
    assert match([late.pk]) == match(None) == match([]) == 0
    before = rows()
    ask(paper=Paper.objects.get(title="2404.99006").pk)
    assert rows() == before


def test_works_that_cite_a_paper_are_joined_when_they_arrive(standin):
    listed("2301.99001")
    ask()
    late = make_paper("Late")
    Identifier.objects.create(paper=late, scheme="acl", value="2024.standin-short.1")
    assert match(None) == 1
    assert edges() == [("Late", "2301.99001")]


def test_a_paper_that_is_deleted_stays_what_its_neighbours_cite(standin):
    listed("2305.99005", "2301.99001", "2302.99002")
    ask()
    going = Paper.objects.get(title="2302.99002")
    before = edges()
    going.delete()
    row = Reference.objects.get(citing__title="2305.99005", title="2302.99002")
    assert row.key == s2_id("2302.99002")
    assert "arxiv:2302.99002" in row.identifiers
    assert CitingWork.objects.filter(cited__title="2301.99001", title="2302.99002").exists()
    listed("2302.99002")
    match(None)
    assert edges() == before


def test_matching_passes_over_a_paper_that_names_itself():
    paper = make_paper(arxiv="2001.00001")
    Reference.objects.create(citing=paper, source=S2, key="x", identifiers=["arxiv:2001.00001"])
    assert match(None) == 1
    assert Citation.objects.count() == 0


def test_changed_papers_have_references_looked_at(monkeypatch):
    sent: list[list[int]] = []
    monkeypatch.setattr("ingest.receivers.match_references.delay", sent.append)
    paper = make_paper()
    papers_changed.send(sender=None, ids=[paper.pk])
    assert sent == []
    Reference.objects.create(citing=paper, source=S2, key="x")
    papers_changed.send(sender=None, ids=[paper.pk])
    assert sent == [[paper.pk]]


def test_a_broker_that_is_away_stops_nobody(monkeypatch):
    from kombu.exceptions import OperationalError

    def fail(ids):
        raise OperationalError("away")

    monkeypatch.setattr("ingest.receivers.match_references.delay", fail)
    Reference.objects.create(citing=make_paper(), source=S2, key="x")
    follow_papers(None, [1])


# Many


def test_a_large_batch_is_stored_in_few_queries(django_assert_max_num_queries):
    papers = Paper.objects.bulk_create(
        [Paper(title=f"P {n}", title_key=f"p {n}") for n in range(500)]
    )
    Identifier.objects.bulk_create(
        [Identifier(paper=one, scheme="arxiv", value=f"2001.{one.pk:05}") for one in papers]
    )

    def works(n):
        return tuple(
            OtherWork(f"{n} {m}", "T" * 80, (f"s2:f{n:019}{m:020}", f"doi:10.1/{n}.{m}"), 2020, m)
            if m % 4
            else OtherWork(f"in {m}", "Inside", (f"arxiv:2001.{papers[(n + m + 1) % 500].pk:05}",))
            for m in range(20)
        )

    answers = {
        one.pk: Known((f"s2:{n:040}",), Edges(works(n), True), Edges((), True), 20, 7)
        for n, one in enumerate(papers)
    }
    with django_assert_max_num_queries(31):
        assert tell(answers=answers).tally.new == 500
    assert (Citation.objects.count(), Reference.objects.count()) == (2_500, 7_500)
    with django_assert_max_num_queries(31):
        assert tell(answers=answers).tally.same == 500


# Parsing

junk = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.just("10.1/\ud800\x00"),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
facts = {
    "paperId": junk,
    "title": junk,
    "year": junk,
    "citationCount": junk,
    "referenceCount": junk,
}
works = st.fixed_dictionaries(
    {},
    optional={
        **facts,
        "externalIds": junk | st.dictionaries(st.sampled_from(["ArXiv", "DOI", "ACL"]), junk),
    },
)
records = st.fixed_dictionaries(
    {},
    optional={**facts, "references": junk | st.lists(works), "citations": junk | st.lists(works)},
)


@given(junk | records)
def test_nothing_that_json_can_hold_stops_the_parser(row):
    parse_record(row)
    parse_page(row, "references")
    parse_page({"data": row}, "citations")
    parse_page({"data": [{"citedPaper": row}]}, "references")


def test_odd_facts_are_cleaned_or_dropped():
    record = parse_record(
        {
            "paperId": "A" * 40,
            "externalIds": {
                "DOI": "HTTPS://doi.org/10.1000/ABC.",
                "ArXiv": "2001.00001v3",
                "ACL": 7,
            },
            "referenceCount": -1,
            "citationCount": 2**40,
            "references": [
                {"paperId": None, "title": "A\x00 title\ud800", "year": 99999, "citationCount": -5},
                {"paperId": None, "title": None},
                None,
                {"title": "long " * 1000, "externalIds": None},
            ],
            "citations": None,
        }
    )
    assert record
    assert record.references
    assert record.identifiers == (f"s2:{'a' * 40}", "arxiv:2001.00001", "doi:10.1000/abc")
    assert (record.reference_count, record.citation_count) == (None, None)
    first, second = record.references.works
    assert (first.title, first.year, first.citation_count) == ("A title", None, None)
    assert len(second.title) <= 1000
    assert not record.references.is_clear
    assert record.citations is None


# Any sequence of answers

ends = st.builds(
    OtherWork,
    key=st.sampled_from("abcd"),
    title=st.sampled_from(["", "One", "Two"]),
    identifiers=st.lists(
        st.sampled_from([f"arxiv:2001.0000{n}" for n in range(1, 6)]), max_size=2, unique=True
    ).map(tuple),
    year=st.sampled_from([None, 2020]),
    citation_count=st.sampled_from([None, 1]),
)
sides = st.builds(Edges, st.lists(ends, max_size=4).map(tuple), st.booleans())
knowns = st.none() | st.builds(
    Known,
    identifiers=st.lists(
        st.sampled_from(["s2:" + "a" * 40, "doi:10.1/x", "acl:P19-1001"]), unique=True
    ).map(tuple),
    references=sides,
    citing=sides,
    reference_count=st.sampled_from([None, 1, 2]),
    citing_count=st.sampled_from([None, 1]),
    is_cut=st.booleans(),
    venue=st.sampled_from([None, clean_venue("Journal of Standing In", 2020)]),
    full_text=st.sampled_from(["", "https://open.example.org/1.pdf", "https://doi.org/10.1/x"]),
)


class _Undo(Exception):
    """Ends an example, so that none begins with the rows of another."""


@pytest.mark.parametrize("together", [True, False])
@settings(max_examples=40, deadline=None)
@given(data=st.lists(st.tuples(knowns, knowns, knowns), min_size=1, max_size=4))
def test_the_last_answers_again_change_nothing(together, data):
    with suppress(_Undo), transaction.atomic():
        papers = listed("2001.00001", "2001.00002", "2001.00003")
        for answers in [*data, data[-1]]:
            before = rows()
            fetched = {paper.pk: one for paper, one in zip(papers, answers, strict=True)}
            batches = [fetched] if together else [{pk: one} for pk, one in fetched.items()]
            tallies = [tell(answers=batch).tally for batch in batches]
        assert rows() == before
        assert [(one.new, one.changed) for one in tallies] == [(0, 0)] * len(batches)
        raise _Undo


def test_what_was_visited_lately_is_left_alone(standin):
    listed("2302.99002")
    ask()
    assert counts(ask(older_than=timedelta(days=7))) == (0, 0, 0, 0, 0)
