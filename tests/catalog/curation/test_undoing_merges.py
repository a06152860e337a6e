"""A merge taken back leaves every table as it was, to the byte; what was changed since stays and is named."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from catalog import curation
from catalog.curation.merging import Reached
from catalog.models import (
    Act,
    Announcement,
    Author,
    Authorship,
    AuthorSuspect,
    Candidate,
    Citation,
    CitationCount,
    CitationKey,
    CitingWork,
    FieldStatement,
    Identifier,
    Link,
    NamedAuthor,
    Paper,
    PaperRepository,
    PaperSuspect,
    Placement,
    Problem,
    Provenance,
    Reference,
    RejectedIdentifier,
    Relation,
    Repository,
    Source,
    StarCount,
    System,
    TitleAlias,
    Venue,
    VenueSuggestion,
)
from tests.factories import make_catalogue, make_paper, make_topic

NOW = datetime(2025, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)


def everything() -> dict[str, list[str]]:
    """Every row of every table with facts about papers or authors, as PostgreSQL writes it."""
    models: set[Any] = {Paper, Author, Repository, StarCount}
    for model in (Paper, Author):
        models |= set(Reached(model, [])())
    found = {}
    with connection.cursor() as cursor:
        for model in models:
            cursor.execute(f"SELECT t::text FROM {model._meta.db_table} t ORDER BY t::text")
            found[model._meta.label] = [row[0] for row in cursor.fetchall()]
    return found


def some(random: Random, rows: list[Any], share: float = 0.4) -> list[Any]:
    return [row for row in rows if random.random() < share]


def fill(random: Random) -> list[Paper]:
    """A handful of papers with rows of every kind, many of them the same for two."""
    topics = [make_topic(name) for name in ("A", "B", "C")]
    venue = Venue.objects.create(name="ICLR", slug="iclr")
    code = [Repository.objects.create(owner="o", name=f"n{n}") for n in range(3)]
    for one in code:
        StarCount.objects.create(repository=one, date=date(2025, 1, 1), stars=random.randrange(99))
    papers = []
    for n in range(random.randrange(3, 6)):
        papers.append(
            make_paper(
                random.choice(["A title", "Another title", f"Title {n}"]),
                topics=[],
                authors=random.choice(([], ["Jane Doe"], ["J. Doe", "Li Wei"])),
                abstract=random.choice(["", "About."]),
                year=random.choice([None, 2023, 2024]),
                venue=random.choice([None, venue]),
                withdrawn_at=random.choice([None, NOW]),
                arxiv_version=random.choice([None, 2]),
                comment=random.choice(["", "12 pages"]),
            )
        )
    for n, paper in enumerate(papers):
        _rows_of(random, n, paper, topics, code)
    _edges(random, papers)
    return papers


def _rows_of(random: Random, n: int, paper: Paper, topics: list[Any], code: list[Any]) -> None:
    stated = lambda: {  # noqa: E731
        "source": random.choice([Source.LIST, Source.CURATOR]),
        "stated_at": NOW,
        "retired_at": random.choice([None, None, NOW]),
    }
    for topic in some(random, topics):
        Placement.objects.create(paper=paper, topic=topic, **stated())
    current = paper.placements.filter(retired_at=None).first()
    if current:
        Placement.objects.filter(pk=current.pk).update(is_primary=True)
    for url in some(random, ["https://a.example/", "https://b.example/"]):
        Link.objects.create(paper=paper, kind="blog", url=url, **stated())
    for one in some(random, code):
        PaperRepository.objects.create(paper=paper, repository=one, **stated())
    Identifier.objects.create(paper=paper, scheme="doi", value=f"10.1/{n}")
    for title in some(random, ["A title", "Alias"]):
        TitleAlias.objects.create(paper=paper, title=title, source="list")
    for value in some(random, ["10.1/0", "10.1/1", "10.9/x"]):
        RejectedIdentifier.objects.create(paper=paper, scheme="doi", value=value)
    for field in some(random, ["title", "abstract", "year", "authors", "venue"]):
        Provenance.objects.create(
            paper=paper, field=field, source="arxiv", locked=random.random() < 0.5
        )
        FieldStatement.objects.create(paper=paper, field=field, source="arxiv", value=[n, "x"])
    for source in some(random, ["openalex", "semantic_scholar"]):
        CitationCount.objects.create(paper=paper, source=source, citing=n, counted_on="2025-01-01")
        for key in some(random, ["W1", "W2"]):
            Reference.objects.create(citing=paper, source=source, key=key, title=f"T{n}")
            CitingWork.objects.create(cited=paper, source=source, key=key, title=f"T{n}")
    for text in some(random, ["ICLR 2024"]):
        VenueSuggestion.objects.create(paper=paper, source="arxiv", text=text, venue_name="ICLR")
    for name in some(random, ["Mamba", "Llama"]):
        System.objects.create(introduced_by=paper, name=name, aliases=["M"], note="Says so.")
    if random.random() < 0.5:
        CitationKey.objects.create(paper=paper, key=f"doe{n}", stem="doe")
    catalogue = make_catalogue()
    if random.random() < 0.5:
        Announcement.objects.create(
            catalogue=catalogue, date="2025-01-01", position=n, title="News", paper=paper
        )
        Candidate.objects.create(
            catalogue=catalogue, scheme="arxiv", value=f"2401.0000{n}", title="C", paper=paper
        )
        Problem.objects.create(
            job="arxiv", kind="same-work", message="M", fingerprint=str(n), paper=paper
        )


def _edges(random: Random, papers: list[Paper]) -> None:
    for one in papers:
        for other in some(random, papers, 0.5):
            if one == other:
                continue
            for source in some(random, ["openalex", "semantic_scholar"], 0.7):
                Citation.objects.create(citing=one, cited=other, source=source, stated_at=NOW)
            if random.random() < 0.5:
                Relation.objects.create(
                    subject=one,
                    object=other,
                    kind=random.choice(["extends", "same_work"]),
                    source=random.choice(["curator", "derived"]),
                    system=other.systems.first(),
                )
            if one.pk < other.pk:
                PaperSuspect.objects.create(
                    first=one,
                    second=other,
                    score=random.random(),
                    reasons=["near titles"],
                    status=random.choice(PaperSuspect.Status.values),
                )


class Undone(TestCase):
    @settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(seed=st.integers(0, 10_000_000))
    def test_merges_taken_back_in_the_opposite_order_leave_no_trace(self, seed: int) -> None:
        random = Random(seed)
        papers = fill(random)
        states, acts = [], []
        for _ in range(random.randrange(1, 4)):
            standing = list(Paper.objects.filter(merged_into=None).order_by("pk"))
            if len(standing) < 2:
                break
            chosen = random.sample(standing, random.randrange(2, min(3, len(standing)) + 1))
            states.append(everything())
            acts.append(curation.merge_papers(chosen[0], chosen[1:]))
            assert not Citation.objects.filter(citing__merged_into__isnull=False).exists()
            assert not Citation.objects.filter(cited__merged_into__isnull=False).exists()
        for state, done in reversed(list(zip(states, acts, strict=True))):
            assert curation.undo_together(done[0]) == []
            assert everything() == state
        assert Paper.objects.filter(merged_into=None).count() == len(papers)

    @settings(max_examples=20, deadline=None)
    @given(seed=st.integers(0, 10_000_000))
    def test_the_same_holds_for_authors_and_for_splits(self, seed: int) -> None:
        random = Random(seed)
        names = ["Jane Doe", "J. Doe", "Li Wei", "Wei Li"]
        for n in range(6):
            make_paper(f"P{n}", authors=random.sample(names, random.randrange(1, 4)))
        people = list(Author.objects.order_by("pk"))
        Author.objects.filter(pk=people[0].pk).update(orcid="0000-0002-1825-0097")
        for one, other in pairwise(people):
            AuthorSuspect.objects.create(first=one, second=other, score=0.5)
        states, acts = [], []
        for _ in range(3):
            standing = list(Author.objects.filter(merged_into=None).order_by("pk"))
            if len(standing) < 2:
                break
            states.append(everything())
            one, other = random.sample(standing, 2)
            if random.random() < 0.5:
                acts.append(curation.merge_authors(one, [other])[0])
                continue
            papers = list(one.papers.values_list("pk", flat=True))
            try:
                to = random.choice([None, other])
                acts.append(curation.split_author(one, papers[:1], to, "Another", USER)[1])
            except curation.Refused:
                states.pop()
        for state, act in reversed(list(zip(states, acts, strict=True))):
            assert curation.undo_act(act) == []
            assert everything() == state


class _Nobody:
    pk = None

    def get_username(self) -> str:
        return "nobody"


USER: Any = _Nobody()


# What was changed since


@pytest.fixture
def merged(db: None) -> Callable[[], list[str]]:
    """Two papers, the second merged into the first; calling it takes the merge back."""
    one = make_paper("Kept", topics=[make_topic("A")], arxiv="2004.05150")
    other = make_paper("Dropped", topics=[make_topic("B")], arxiv="2007.14062", year=2021)
    Link.objects.create(paper=other, kind="blog", url="https://blog.example/")
    act = curation.merge_papers(one, [other])[0]
    return lambda: curation.undo_together(act)


def test_a_fact_that_filled_a_gap_and_was_corrected_since_stays_and_is_named(merged):
    Paper.objects.filter(title="Kept").update(year=2022)
    assert merged() == ["paper “Kept”: year changed since"]
    assert dict(Paper.objects.values_list("title", "year")) == {"Kept": 2022, "Dropped": 2021}


def test_a_row_that_was_deleted_since_stays_away_and_is_named(merged):
    Link.objects.all().delete()
    assert merged() == ["link “https://blog.example/”: was deleted since"]
    assert not Link.objects.exists()


def test_what_a_curator_changed_on_a_moved_row_goes_back_with_it(merged):
    Link.objects.update(label="Read this")
    assert merged() == []
    assert Link.objects.get().paper.title == "Dropped"
    assert Link.objects.get().label == "Read this"


def test_an_identifier_given_to_a_third_paper_since_stays_there(merged):
    third = make_paper("Third")
    Identifier.objects.filter(value="2007.14062").update(paper=third)
    assert merged() == ["identifier “arxiv:2007.14062”: paper changed since"]
    assert third.identifiers.count() == 1


def test_what_came_to_the_one_that_was_kept_since_stays_with_it(merged):
    kept = Paper.objects.get(title="Kept")
    Link.objects.create(paper=kept, kind="blog", url="https://new.example/")
    assert merged() == []
    assert kept.links.get().url == "https://new.example/"


def test_a_row_whose_place_was_taken_since_is_named(db):
    one, other, third = (make_paper(f"P{n}") for n in range(3))
    Citation.objects.create(citing=one, cited=third, source="openalex")
    lost = Citation.objects.create(citing=other, cited=third, source="openalex")
    act = curation.merge_papers(one, [other])[0]
    assert not Citation.objects.filter(pk=lost.pk).exists()
    Citation.objects.create(citing=other, cited=third, source="openalex")
    assert curation.undo_act(act) == [f"citation {lost.pk}: something else has taken its place"]
    assert Citation.objects.count() == 2


def test_a_chain_says_which_merge_must_be_taken_back_first(db):
    a, b, c = (make_paper(f"Paper {n}") for n in "ABC")
    first = curation.merge_papers(b, [a])[0]
    curation.merge_papers(c, [b])
    with pytest.raises(curation.Refused, match="“Paper B” merged into “Paper C”"):
        curation.undo_act(first)
    b.refresh_from_db()
    curation.unmerge_paper(b)
    a.refresh_from_db()
    curation.unmerge_paper(a)
    assert Paper.objects.filter(merged_into=None).count() == 3


def test_a_merge_of_others_that_took_in_what_this_one_deleted_comes_first(db):
    a, b, c, d = (make_paper(f"Paper {n}") for n in "ABCD")
    for one in (a, b):
        Citation.objects.create(citing=one, cited=c, source="openalex")
    first = curation.merge_papers(b, [a])[0]
    curation.merge_papers(d, [c])
    with pytest.raises(curation.Refused, match="Paper D"):
        curation.undo_act(first)


def test_a_merge_is_taken_back_once(merged):
    merged()
    with pytest.raises(curation.Refused, match="already"):
        merged()


def test_unrelated_merges_are_taken_back_in_any_order(db):
    a, b, c, d = (make_paper(f"Paper {n}") for n in "ABCD")
    before = everything()
    first = curation.merge_papers(b, [a])[0]
    second = curation.merge_papers(d, [c])[0]
    curation.undo_act(first)
    curation.undo_act(second)
    assert everything() == before


def test_ten_thousand_citations_move_and_come_back(db, django_assert_max_num_queries):
    one, other = make_paper("One"), make_paper("Other")
    citing = Paper.objects.bulk_create(
        Paper(title=f"C{n}", title_key=f"c{n}") for n in range(10_000)
    )
    Citation.objects.bulk_create(
        Citation(citing=paper, cited=other, source="openalex") for paper in citing
    )
    Citation.objects.bulk_create(
        Citation(citing=paper, cited=one, source="openalex") for paper in citing[:5000]
    )
    before = everything()
    with django_assert_max_num_queries(250):
        act = curation.merge_papers(one, [other])[0]
    assert one.cited_by.count() == 10_000
    with django_assert_max_num_queries(150):
        assert curation.undo_act(act) == []
    assert everything() == before


def test_a_pair_that_is_not_the_same_stays_so_when_one_is_merged_into_a_third(db):
    a, b, c = (make_paper(f"Paper {n}") for n in "ABC")
    PaperSuspect.objects.create(first=a, second=b, score=0.9, status="distinct")
    PaperSuspect.objects.create(first=a, second=c, score=0.7)
    curation.merge_papers(c, [b])
    (pair,) = PaperSuspect.objects.all()
    assert (pair.first, pair.second, pair.status) == (a, c, "distinct")


def test_a_new_kind_of_row_that_points_to_papers_is_moved_without_being_named():
    from catalog.curation.merging import tables_of_papers

    named = {(table.model.__name__, table.paper) for table in tables_of_papers()}
    assert ("CitationKey", "paper") in named
    assert not {name for name, _ in named} & {
        "SimilarPaper",
        "PaperMeasure",
        "Embedding",
        "PaperText",
    }


def test_the_key_that_bibliographies_cite_by_goes_to_a_paper_without_one(db):
    one, other = make_paper("One"), make_paper("Other")
    CitationKey.objects.create(paper=other, key="doe2024other", stem="doe2024other")
    curation.merge_papers(one, [other])
    assert one.citation_key.key == "doe2024other"


def test_a_split_is_remembered_and_taken_back(db):
    papers = [make_paper(f"P{n}", authors=["Wei Wang"]) for n in range(3)]
    wei = Author.objects.get()
    before = everything()
    other, act = curation.split_author(wei, [papers[0].pk], None, "Wei Wang", USER)
    assert (wei.papers.count(), other.papers.count()) == (2, 1)
    assert NamedAuthor.objects.get().author == other
    assert Act.objects.get().subjects == [wei.pk, other.pk]
    curation.undo_act(act)
    assert everything() == before
    assert Authorship.objects.filter(author=wei).count() == 3
