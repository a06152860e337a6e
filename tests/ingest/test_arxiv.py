"""What arXiv says reaches the papers, and nothing else does."""

import time
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from catalog.models import (
    Author,
    Identifier,
    Paper,
    Problem,
    Provenance,
    RejectedIdentifier,
    Source,
    VenueSuggestion,
)
from ingest.http import SourceBroken, SourceRefused
from ingest.lists.people import disagreeing, same_people
from ingest.models import Visit
from ingest.sources.arxiv import Metadata
from ingest.sources.arxiv.feed import ArxivRecord, parse_feed, withdrawn
from ingest.sources.arxiv.store import store_records
from ingest.sources.arxiv.venues import suggested_venue
from ingest.standins import arxiv as arxiv_world
from search.index import refresh_words
from search.queries import search
from tests.factories import make_author, make_paper, make_venue
from tests.ingest.running import counts, run_job

pytestmark = pytest.mark.django_db

LANTERNS = "Lanterns: Sparse Attention for Long Harbour Logs"


def kinds() -> list[str]:
    return sorted(Problem.objects.open().values_list("kind", flat=True))


def state() -> list[Any]:
    """Every row that readers or curators see, with the row's version in the database."""
    from django.db import connection

    tables = [
        "catalog_paper", "catalog_authorship", "catalog_author", "catalog_identifier", "catalog_titlealias",
        "catalog_provenance", "catalog_problem", "catalog_venuesuggestion", "catalog_paperevent",
    ]  # fmt: skip
    found = []
    with connection.cursor() as cursor:
        for table in tables:
            key = "pgh_id" if table.endswith("event") else "id"
            cursor.execute(
                f"SELECT '{table}', {key}, xmin::text, ctid::text FROM {table} ORDER BY 2"
            )
            found += cursor.fetchall()
    return found


def test_metadata_is_filled_in(standin):
    paper = make_paper(LANTERNS, arxiv="2301.99001", authors=["Ida Kvist", "J. Peña-Ruiz"])
    known = Author.objects.get(name="Ida Kvist")
    run = run_job("arxiv")
    assert counts(run) == {"new": 1}
    assert (run.status, run.requests) == ("done", 1)
    paper.refresh_from_db()
    assert paper.abstract.startswith("Harbour logs are long")
    assert paper.published_on == date(2023, 1, 9)
    assert paper.published_precision == "day"
    assert paper.categories == ["cs.CL", "cs.LG"]
    assert (paper.arxiv_version, paper.year) == (1, 2023)
    names = list(paper.authorships.values_list("printed_name", flat=True))
    assert names == ["Ida Kvist", "José Peña-Ruiz", "Wei Zhang"]
    assert paper.authorships.get(position=1).author == known
    said = dict(paper.provenance.values_list("field", "source"))
    assert {said[name] for name in ("title", "abstract", "authors", "published_on")} == {"arxiv"}
    assert kinds() == []


def test_the_same_run_twice_writes_nothing(standin):
    for one in standin.world.arxiv.values():
        make_paper(" ".join(one.title.split()), arxiv=one.id, authors=["Nobody Known"])
    run_job("arxiv")
    before = state()
    run = run_job("arxiv")
    assert counts(run) == {"same": 8}
    assert state() == before


def test_latex_is_stored_as_given_and_shown_readable(standin, client):
    paper = make_paper(
        "Bounding O(n log n) Attention with Tidal Kernels and Gödel Numbers", arxiv="2302.99002"
    )
    Provenance.objects.create(paper=paper, field="title", source="list")
    run_job("arxiv")
    paper.refresh_from_db()
    assert paper.title == (
        r"Bounding $\mathcal{O}(n \log n)$ Attention with \textit{Tidal} Kernels and G\"odel Numbers "
        "& Other Curiosities"
    )
    assert "$\\sum_{i<n} x_i \\leq \\alpha$ holds\nat every tide." in paper.abstract
    page = client.get(paper.get_absolute_url()).text
    assert "Bounding O(n log n) Attention with Tidal Kernels and Gödel Numbers &amp; Other" in page
    assert "says why it does" in page
    assert Author.objects.filter(name="Kurt Gödeler").exists()
    assert "Kurt Gödeler" in page


def test_a_doi_and_a_journal_reference_become_an_identifier_and_a_suggestion(standin):
    paper = make_paper(
        "Bounding Attention with Tidal Kernels", arxiv="2302.99002", authors=["Ida Kvist"]
    )
    run_job("arxiv")
    assert paper.identifiers.get(scheme="doi").value == "10.5555/standin.2023.2"
    suggestion = VenueSuggestion.objects.get()
    assert (suggestion.venue_name, suggestion.year) == ("Journal of Invented Results", 2023)
    paper.refresh_from_db()
    assert paper.venue is None


def test_a_doi_of_another_paper_is_a_doubt_and_moves_nothing(standin):
    other = make_paper("The published record")
    Identifier.objects.create(paper=other, scheme="doi", value="10.5555/standin.2023.2")
    make_paper("Bounding Attention with Tidal Kernels", arxiv="2302.99002", authors=["Ida Kvist"])
    run_job("arxiv")
    assert Identifier.objects.get(scheme="doi").paper == other
    assert kinds() == ["same-work"]


def test_a_new_version_and_a_new_title_keep_the_old_one_findable(standin):
    paper = make_paper("A Paper of Three Versions", arxiv="2303.99003", authors=["Wei Zhang"])
    run_job("arxiv")
    record = standin.world.arxiv["2303.99003"]
    record.version, record.title = 4, "Something Else Entirely About Kelp"
    record.updated = datetime(2025, 1, 2, tzinfo=UTC)
    assert counts(run_job("arxiv")) == {"changed": 1}
    paper.refresh_from_db()
    assert (paper.title, paper.arxiv_version) == ("Something Else Entirely About Kelp", 4)
    assert paper.revised_on == date(2025, 1, 2)
    assert list(paper.aliases.values_list("title", flat=True)) == ["A Paper of Three Versions"]
    refresh_words([paper.pk])
    assert search("A Paper of Three Versions").hits[0].paper_id == paper.pk


def test_a_title_that_comes_back_is_no_other_title_any_more(standin):
    paper = make_paper("A Paper of Three Versions", arxiv="2303.99003", authors=["Wei Zhang"])
    run_job("arxiv")
    record = standin.world.arxiv["2303.99003"]
    for title in ("Kelp and Other Weeds", "A Paper of Three Versions"):
        record.title = title
        run_job("arxiv")
    paper.refresh_from_db()
    assert paper.title == "A Paper of Three Versions"
    assert list(paper.aliases.values_list("title", flat=True)) == ["Kelp and Other Weeds"]


def test_a_withdrawal_has_a_banner_and_can_be_taken_back(standin, client):
    paper = make_paper("A Claim Taken Back", arxiv="2304.99004", authors=["Olu Adeyemi"])
    run_job("arxiv")
    paper.refresh_from_db()
    assert paper.withdrawn_at is not None
    assert paper.withdrawn_at.date() == date(2023, 6, 4)
    page = client.get(paper.get_absolute_url()).text
    assert "Withdrawn." in page
    assert "error in Lemma 2" in page
    standin.world.arxiv["2304.99004"].comment = "Mended."
    run_job("arxiv")
    paper.refresh_from_db()
    assert paper.withdrawn_at is None


@pytest.mark.parametrize(
    ("comment", "is_withdrawn"),
    [
        ("This paper has been withdrawn by the author due to an error", True),
        ("Withdrawn", True),
        ("Paper withdrawn due to a mistake", True),
        ("This submission has been withdrawn by arXiv administrators due to plagiarism", True),
        ("The manuscript was subsequently retracted.", True),
        ("Withdrawn from ICLR 2024", False),
        ("This paper was withdrawn from NeurIPS 2023 and resubmitted", False),
        ("12 pages. We study cash withdrawn from machines", False),
        ("8 pages, withdrawn", True),
        ("Withdrawn from arXiv", True),
        ("We hereby withdraw this paper because of an error", True),
        ("I would like to withdraw this article", True),
        ("The authors withdraw this paper", True),
        ("Withdrawing this paper as Lemma 2 is wrong", True),
        ("We withdraw this paper from ICLR 2024 only", False),
        ("We withdraw money from machines", False),
        ("This work, which was uploaded by mistake, has been withdrawn", True),
        ("The authors have withdrawn this paper", True),
        ("Version 1 was withdrawn; this is the corrected version", False),
        ("v1 withdrawn by the authors, corrected in v2", False),
        ("Withdrawn ICLR 2024 submission", False),
        ("This paper was withdrawn by the authors from ICLR 2023 and resubmitted", False),
        ("Retracted articles in biology: a survey", False),
        ("The baseline paper is withdrawn", False),
        ("", False),
    ],
)
def test_only_a_remark_on_the_paper_itself_withdraws_it(comment, is_withdrawn):
    record = ArxivRecord("1", 1, "t", "a", (), date.today(), date.today(), (), comment=comment)
    assert withdrawn(record) is is_withdrawn


def test_a_curator_s_word_stands(standin):
    paper = make_paper("My own title", arxiv="2301.99001", authors=["Ida Kvist"], abstract="Mine.")
    for name in ("title", "abstract", "authors", "published_on"):
        Provenance.objects.create(paper=paper, field=name, source=Source.CURATOR, locked=True)
    run_job("arxiv")
    paper.refresh_from_db()
    assert (paper.title, paper.abstract, paper.published_on) == ("My own title", "Mine.", None)
    assert paper.authorships.count() == 1
    assert paper.aliases.get().title == LANTERNS
    assert paper.arxiv_version == 1


def test_authors_that_the_list_took_from_another_paper_are_a_doubt(standin):
    paper = make_paper(LANTERNS, arxiv="2301.99001", authors=["Ida Kvist", "Somebody Else"])
    run_job("arxiv")
    problem = Problem.objects.get()
    assert (problem.kind, problem.paper) == ("authors-differ-from-arxiv", paper)
    assert "Somebody Else" in problem.message
    assert paper.authorships.count() == 3
    run_job("arxiv")
    problem.refresh_from_db()
    assert problem.status == "open"


@pytest.mark.parametrize(
    ("listed", "printed", "strange"),
    [
        (["J. Peña-Ruiz"], ["José Pena Ruiz"], []),
        (["Zhang Wei"], ["Wei Zhang"], []),
        (["Kamradt, G."], ["Greg Kamradt"], []),
        (["Wei Zhang"], ["Li Zhang"], ["Wei Zhang"]),
        (["Ada Lovelace"], ["Alan Turing"], ["Ada Lovelace"]),
        (["Qwen Team"], ["Qwen Team", "An Yang"], []),
        (["X. de la Cruz"], ["Xavier Cruz"], []),
    ],
)
def test_names_are_compared_however_they_are_printed(listed, printed, strange):
    assert disagreeing(listed, printed) == strange


def test_a_link_to_another_paper_takes_nothing_from_it(standin):
    paper = make_paper(
        "Entirely Unrelated Work on Bees", arxiv="2301.99001", authors=["Bea Keeper"]
    )
    run = run_job("arxiv")
    assert counts(run) == {"skipped": 1}
    paper.refresh_from_db()
    assert (paper.title, paper.abstract) == ("Entirely Unrelated Work on Bees", "")
    assert kinds() == ["identifier-of-another"]
    assert run.details["problems"] == 1


def test_a_contested_identifier_goes_to_the_paper_that_arxiv_names(standin):
    wrong = make_paper(
        "Entirely Unrelated Work on Bees", arxiv="2301.99001", authors=["Bea Keeper"]
    )
    right = make_paper(LANTERNS, authors=["Ida Kvist"])
    run_job("arxiv")
    right.refresh_from_db()
    assert right.identifiers.get().value == "2301.99001"
    assert right.abstract
    assert not wrong.identifiers.exists()
    assert "identifier-moved" in kinds()


def test_an_identifier_that_a_curator_refused_is_not_moved_there(standin):
    make_paper("Entirely Unrelated Work on Bees", arxiv="2301.99001", authors=["Bea Keeper"])
    right = make_paper(LANTERNS, authors=["Ida Kvist"])
    RejectedIdentifier.objects.create(paper=right, scheme="arxiv", value="2301.99001")
    run_job("arxiv")
    assert not right.identifiers.exists()


def test_an_id_that_arxiv_does_not_know_is_said_and_skipped(standin):
    make_paper(LANTERNS, arxiv="2301.99001", authors=["Ida Kvist"])
    make_paper("Nowhere to be found", arxiv="2399.99999")
    run = run_job("arxiv")
    assert counts(run) == {"new": 1, "skipped": 1}
    assert kinds() == ["not-on-arxiv"]
    assert Visit.objects.filter(outcome="missing").count() == 1
    lone = run_job("arxiv", paper=Paper.objects.get(title="Nowhere to be found").pk)
    assert (lone.status, counts(lone)) == ("done", {"skipped": 1})


def test_an_entry_that_cannot_be_read_is_no_unknown_paper(standin):
    make_paper(LANTERNS, arxiv="2301.99001", authors=["Ida Kvist"])
    make_paper("Nameless", arxiv="2302.99002")
    record = standin.world.arxiv["2302.99002"]
    standin.world.arxiv["2302.99002"] = replace(record, title=" ")
    run = run_job("arxiv")
    assert (run.status, counts(run)) == ("failed", {"new": 1, "failed": 1})
    assert "it has no title" in run.message
    assert kinds() == []
    standin.world.arxiv["2302.99002"] = replace(record, title="Nameless")
    assert run_job("arxiv").status == "done"


def test_that_most_papers_are_unknown_all_at_once_is_a_failure(standin):
    for number in range(8):
        name = f"2401.{number:05d}"
        record = replace(standin.world.arxiv["2301.99001"], id=name, title=f"Paper {name}")
        standin.world.arxiv[name] = record
        make_paper(f"Paper {name}", arxiv=name)
    run_job("arxiv")
    for number in range(1, 8):
        del standin.world.arxiv[f"2401.{number:05d}"]
    run = run_job("arxiv")
    assert (run.status, counts(run)) == ("failed", {"failed": 8})
    assert "not-on-arxiv" not in kinds()


def test_a_doubt_about_one_of_two_identifiers_stays_until_that_one_is_settled(standin, monkeypatch):
    paper = make_paper(LANTERNS, arxiv="2301.99001", authors=["Ida Kvist"])
    wrong = Identifier.objects.create(paper=paper, scheme="arxiv", value="2399.99999")
    monkeypatch.setattr(Metadata, "batch", 1)
    run_job("arxiv")
    first = Problem.objects.open().get()
    Visit.objects.filter(subject=wrong.pk).delete()  # now it is asked about before the other
    run_job("arxiv")
    assert Problem.objects.open().get() == first
    wrong.delete()
    run_job("arxiv")
    assert kinds() == []


def test_a_remark_that_may_mean_a_withdrawal_is_told(standin):
    paper = make_paper(LANTERNS, arxiv="2301.99001", authors=["Ida Kvist"])
    record = standin.world.arxiv["2301.99001"]
    standin.world.arxiv["2301.99001"] = replace(record, comment="Withdrawn ICLR 2024 submission")
    run_job("arxiv")
    paper.refresh_from_db()
    assert paper.withdrawn_at is None
    assert kinds() == ["withdrawal-unclear"]


def test_an_older_version_than_the_one_known_is_not_taken(standin):
    paper = make_paper("A Paper of Three Versions", arxiv="2303.99003", authors=["Wei Zhang"])
    record = standin.world.arxiv["2303.99003"]
    record.comment = "This paper has been withdrawn by the authors"
    run_job("arxiv")
    before = state()
    latest, record.version, record.comment, record.title = record.version, 1, "", "An older title"
    run = run_job("arxiv")
    assert (run.status, counts(run)) == ("failed", {"failed": 1})
    assert "version 1, after version" in run.message
    assert state() == before
    record.version, record.title = latest, "A Paper of Three Versions"
    assert counts(run_job("arxiv")) == {"changed": 1}
    paper.refresh_from_db()
    assert paper.withdrawn_at is None


def test_of_two_versions_in_one_answer_the_later_one_speaks():
    paper = make_paper("A title", arxiv="1707.08567")
    late = ENTRY.replace("1707.08567v2", "1707.08567v3").replace(" S ", "Later")
    read = parse_feed(feed(late, ENTRY, total=2))
    store_records([paper.identifiers.get().pk], read)
    paper.refresh_from_db()
    assert (paper.abstract, paper.arxiv_version) == ("Later", 3)


def test_another_paper_under_a_known_identifier_is_a_doubt(standin):
    paper = make_paper("A Paper of Three Versions", arxiv="2303.99003", authors=["Wei Zhang"])
    run_job("arxiv")
    record = standin.world.arxiv["2303.99003"]
    record.version, record.title, record.authors = 9, "Growing Tulips", ["Zed Quist", "Yan Xu"]
    assert counts(run_job("arxiv")) == {"skipped": 1}
    paper.refresh_from_db()
    assert paper.title == "A Paper of Three Versions"
    assert kinds() == ["identifier-of-another"]


def test_another_paper_under_an_identifier_put_in_place_of_the_known_one_is_a_doubt(standin):
    paper = make_paper("A Paper of Three Versions", arxiv="2303.99003", authors=["Wei Zhang"])
    run_job("arxiv")
    paper.identifiers.all().delete()
    Identifier.objects.create(paper=paper, scheme="arxiv", value="math/0309998", source=Source.LIST)
    assert counts(run_job("arxiv")) == {"skipped": 1}
    paper.refresh_from_db()
    assert paper.title == "A Paper of Three Versions"


def of_many(standin: Any, number: int) -> list[str]:
    base = standin.world.arxiv["2301.99001"]
    names = [f"2401.{one:05d}" for one in range(number)]
    for name in names:
        title = f"Paper {name} of the harbour"
        standin.world.arxiv[name] = replace(base, id=name, title=title)
        make_paper(title, arxiv=name, authors=["Ida Kvist"])
    return names


def test_what_a_short_answer_leaves_out_is_asked_for_again(standin, monkeypatch):
    """It counts more than it holds."""
    names = of_many(standin, 30)
    make_paper("Unknown", arxiv="2401.77777")
    right = arxiv_world.feed

    def short(title: str, entries: str = "", *rest: int) -> str:
        kept = entries.split("  <entry>")
        return right(title, "  <entry>".join(kept[:-5] if len(kept) > 20 else kept), *rest)

    monkeypatch.setattr(arxiv_world, "feed", short)
    run = run_job("arxiv")
    assert (counts(run), run.requests) == ({"new": 30, "skipped": 1}, 2)
    assert len(names) == Paper.objects.exclude(abstract="").count()


def halving(entries: list[str]) -> list[str]:
    return entries[::2]


def without_the_last(entries: list[str]) -> list[str]:
    return entries[:-1] or entries


def sending(monkeypatch: pytest.MonkeyPatch, cut: Any = None, counts_all: bool = False) -> None:
    """Let arXiv send a part of the entries that it counts, or count all ids that it is asked for."""
    right = arxiv_world.feed

    def feed(title: str, entries: str = "", total: int = 0, *rest: int) -> str:
        head, *found = entries.split("  <entry>")
        if counts_all:
            total = title.partition("&id_list=")[2].partition("&")[0].count(",") + 1
        return right(title, "  <entry>".join([head, *(cut(found) if cut else found)]), total, *rest)

    monkeypatch.setattr(arxiv_world, "feed", feed)


@pytest.mark.parametrize("number", [2, 3, 7, 30, 39])
@pytest.mark.parametrize("cut", [halving, without_the_last])
def test_a_source_that_cuts_each_answer_makes_no_paper_unknown(standin, monkeypatch, number, cut):
    of_many(standin, number)
    sending(monkeypatch, cut)
    run = run_job("arxiv")
    assert run.skipped == 0
    assert not Problem.objects.exists()
    assert not Visit.objects.filter(outcome="missing").exists()
    assert len(standin.requests) <= 3
    monkeypatch.undo()
    assert run_job("arxiv").status == "done"
    assert Paper.objects.exclude(abstract="").count() == number


def test_one_paper_that_a_cut_answer_leaves_out_is_not_unknown(standin, monkeypatch):
    of_many(standin, 6)
    run_job("arxiv")
    lone = make_paper("The newest of all", arxiv="2404.99006")
    sending(monkeypatch, halving)
    run_job("arxiv", paper=lone.pk)
    assert not Visit.objects.filter(outcome="missing").exists()


@pytest.mark.parametrize("unknown", [1, 3, 12])
def test_unknown_ids_are_skipped_even_when_they_are_counted(standin, monkeypatch, unknown):
    of_many(standin, 30)
    for number in range(unknown):
        make_paper(f"Unknown {number}", arxiv=f"2401.777{number:02}")
    sending(monkeypatch, counts_all=True)
    run = run_job("arxiv")
    assert (run.status, counts(run)) == ("done", {"new": 30, "skipped": unknown})
    assert run.requests == 3
    assert kinds() == ["not-on-arxiv"] * unknown
    lone = run_job("arxiv", paper=Paper.objects.get(title="Unknown 0").pk)
    assert (lone.status, counts(lone)) == ("done", {"skipped": 1})


def test_an_answer_that_counts_many_more_than_it_holds_is_a_failure(standin, monkeypatch):
    of_many(standin, 40)
    right = arxiv_world.feed

    def one_only(title: str, entries: str = "", *rest: int) -> str:
        return right(title, "  <entry>".join(entries.split("  <entry>")[:2]), *rest)

    monkeypatch.setattr(arxiv_world, "feed", one_only)
    run = run_job("arxiv")
    assert (run.status, run.failed) == ("failed", 40)
    assert not Problem.objects.exists()
    assert not Visit.objects.exists()


def test_an_answer_about_other_papers_only_is_a_failure(standin, monkeypatch):
    make_paper(LANTERNS, arxiv="2301.99001")
    right = arxiv_world.feed
    monkeypatch.setattr(
        arxiv_world, "feed", lambda *rest: right(*rest).replace("2301.99001", "2405.11111")
    )
    assert run_job("arxiv").status == "failed"
    assert not Problem.objects.exists()


@pytest.mark.parametrize("words", ["has been ", "withdrawn x ", "( ", "withdraw this ", "by, "])
def test_a_long_remark_is_read_in_no_time(words):
    """A remark of an attacker's length would take minutes else: the patterns take its square."""
    (record,) = parse_feed(feed(ENTRY)).records
    began = time.monotonic()
    withdrawn(replace(record, comment=words * 20_000))
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("listed", "printed", "same"),
    [
        (["Wei Wang", "Yu Li"], ["Wen Wang", "Xia Yu", "Zoe Quist"], False),
        (["Wei Wang"], ["Wen Wang", "Xia Yu"], False),
        (["Ida Kvist"], ["Kvist, Ida", "Wei Zhang"], True),
        (["I. Kvist", "W. Zhang", "J. Peña"], ["Ida Kvist", "Wei Zhang", "José Peña"], True),
        (["Ida Kvist", "Wei Zhang", "A B", "C D"], ["Wei Zhang", "Ida Kvist", "E F", "G H"], True),
        ([], ["Ida Kvist"], False),
    ],
)
def test_one_paper_is_known_by_its_people(listed, printed, same):
    assert same_people(listed, printed) is same


def test_an_old_identifier_and_two_papers_of_one_author(standin):
    make_paper("On Wharves of Finite Length", arxiv="math/0309998", authors=["Hugo Old"])
    make_paper("Short Numbers", arxiv="0704.9907", authors=["Hugo Old"])
    assert counts(run_job("arxiv")) == {"new": 2}
    assert make_author("Hugo Old").authorships.count() == 2


def test_a_hundred_papers_a_request_at_most(standin):
    base = standin.world.arxiv["2301.99001"]
    for number in range(150):
        name = f"2401.{number:05d}"
        standin.world.arxiv[name] = replace(base, id=name, title=f"Paper {number} of the harbour")
        make_paper(f"Paper {number} of the harbour", arxiv=name, authors=["Ida Kvist"])
    run = run_job("arxiv")
    assert counts(run) == {"new": 150}
    asked = [len(one.query["id_list"].split(",")) for one in standin.requests]
    assert asked == [100, 50]
    assert all("v" not in one.query["id_list"] for one in standin.requests)


@pytest.mark.parametrize(
    "fault",
    ["429", "500", "503", "slow-drip", "reset", "truncated", "html", "empty-feed", "wrong-type",
     "entity-bomb", "external-entity", "huge", "gzip-bomb", "redirect-loop", "redirect-private",
     "empty-body", "invalid-utf8", "json-scalar"],
)  # fmt: skip
def test_a_fault_stores_nothing_and_the_next_clean_run_repairs_it(standin, settings, fault):
    settings.INGEST_TOTAL_SECONDS = 0.3
    settings.INGEST_CALL_SECONDS = 1
    make_paper(LANTERNS, arxiv="2301.99001", authors=["Ida Kvist"])
    make_paper("Short Numbers", arxiv="0704.9907", authors=["Hugo Old"])
    details = {"retry_after": 3600} if fault == "429" else {}
    standin.misbehave("arxiv", fault, times=None, **details)
    before = state()
    run = run_job("arxiv")
    assert (run.status, run.failed) == ("failed", 2)
    assert run.message
    assert state() == before
    assert not Visit.objects.exists()
    standin.behave()
    if fault == "429":
        from catalog.models import SourceState

        SourceState.objects.update(busy_until=None)
    assert counts(run_job("arxiv")) == {"new": 2}


def test_a_venue_that_is_accepted_is_the_curator_s_word(standin, admin_client):
    paper = make_paper("A Paper of Three Versions", arxiv="2303.99003", authors=["Wei Zhang"])
    standin.world.arxiv["2303.99003"].comment = "Accepted at ICLR 2024 (oral)"
    make_venue("arXiv")
    run_job("arxiv")
    suggestion = VenueSuggestion.objects.get()
    url = reverse("admin:catalog_venuesuggestion_changelist")
    admin_client.post(url, {"action": "accept", "_selected_action": [suggestion.pk]})
    paper.refresh_from_db()
    assert paper.venue_label == "ICLR 2024"
    assert paper.provenance.get(field="venue").locked
    run_job("arxiv")
    assert VenueSuggestion.objects.get().status == "accepted"


@pytest.mark.parametrize(
    ("journal_ref", "comment", "venue", "year"),
    [
        ("Advances in Neural Information Processing Systems 35 (NeurIPS 2022)", "", "NeurIPS", 2022),
        ("Proceedings of the 37th International Conference on Machine Learning, PMLR 119, 2020", "", "ICML", 2020),
        ("The Twelfth International Conference on Learning Representations, 2024", "", "ICLR", 2024),
        ("", "Accepted by ACL 2024 main conference", "ACL", 2024),
        ("", "To appear in EMNLP 2023", "EMNLP", 2023),
        ("Phys. Rev. D 76 (2007) 013009", "", "Phys. Rev. D", 2007),
    ],
)  # fmt: skip
def test_venues_are_read_from_references_and_remarks(journal_ref, comment, venue, year):
    found = suggested_venue(journal_ref, comment)
    assert found
    assert (found.name, found.year) == (venue, year)


def test_a_remark_without_a_venue_suggests_none():
    assert suggested_venue("", "12 pages, 4 figures") is None
    assert suggested_venue("", "Accepted at a workshop we made up") is None


def feed(*entries: str, total: int = 1) -> bytes:
    return (
        '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:arxiv="http://arxiv.org/schemas/atom" '
        'xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">'
        f"<opensearch:totalResults>{total}</opensearch:totalResults>{''.join(entries)}</feed>"
    ).encode()


ENTRY = (
    "<entry><id>http://arxiv.org/abs/1707.08567v2</id><title>A\n  title</title><summary> S </summary>"
    "<published>2017-07-27T23:59:33Z</published><updated>2018-07-27T08:18:33Z</updated></entry>"
)


def test_an_entry_without_authors_and_categories_is_read():
    (record,) = parse_feed(feed(ENTRY)).records
    assert (record.id, record.version, record.title, record.abstract) == (
        "1707.08567",
        2,
        "A title",
        "S",
    )
    assert (record.published, record.revised) == (date(2017, 7, 27), date(2018, 7, 27))


@pytest.mark.parametrize(
    ("damaged", "word"),
    [
        (ENTRY.replace("1707.08567v2", "elsewhere"), "none of arXiv"),
        (ENTRY.replace("A\n  title", " "), "title"),
        (ENTRY.replace("2017-07-27T23:59:33Z", "yesterday"), "yesterday"),
        (ENTRY.replace("2017-07-27T23:59:33Z", "0001-01-01T00:00:00Z"), ""),
        (ENTRY.replace("2017-07-27T23:59:33Z", "9999-12-31T23:59:59-23:59"), ""),
        (ENTRY.replace("<updated>2018-07-27T08:18:33Z</updated>", ""), "date"),
    ],
)
def test_a_damaged_entry_is_left_out_and_the_others_are_read(damaged, word):
    read = parse_feed(feed(damaged, ENTRY))
    assert len(read.records) == 1
    (fault,) = read.faults.values()
    assert word in fault


def test_arxiv_s_word_of_an_error_is_a_refusal():
    error = "<entry><id>https://arxiv.org/api/errors#x</id><summary>incorrect id format</summary></entry>"
    with pytest.raises(SourceRefused, match="incorrect id format"):
        parse_feed(feed(error))


@given(st.binary(max_size=300) | st.integers(0, 300).map(lambda cut: feed(ENTRY)[:cut]))
def test_nothing_but_a_whole_feed_is_read(body):
    with pytest.raises(SourceBroken) as raised:
        parse_feed(body)
    assert "\n" not in str(raised.value)
