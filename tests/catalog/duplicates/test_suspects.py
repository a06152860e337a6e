"""Which pairs are suspected, on made-up pairs of which we know; and that decisions stay."""

from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog import curation
from catalog.duplicates import job
from catalog.duplicates.authors import suspected_authors
from catalog.duplicates.people import can_be_one
from catalog.locks import AlreadyRunning
from catalog.models import (
    Author,
    AuthorSuspect,
    Identifier,
    Link,
    Paper,
    PaperSuspect,
    Placement,
    Problem,
    RejectedIdentifier,
    Relation,
    Run,
    TitleAlias,
)
from catalog.tasks import find_duplicates
from tests.factories import make_paper, make_venue

pytestmark = pytest.mark.django_db

SAME: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"title": "Ring Attention with Blockwise Transformers"}, {"title": "RingAttention with Blockwise Transformers"}),
    ({"title": "Efficient Streaming Language Models with Attention Sinks", "authors": ["Guangxuan Xiao", "Song Han"]},
     {"title": "Efficient Streaming Languge Models with Attention Sinks", "authors": ["G. Xiao", "S. Han"]}),
    ({"title": "LongNet: Scaling Transformers to 1,000,000,000 Tokens", "authors": ["Jiayu Ding"]},
     {"title": "LongNet: Scaling Transformers to 1000000000 Tokens", "authors": ["Jiayu Ding"]}),
    ({"title": "Walking Down the Memory Maze", "authors": ["Howard Chen", "Ramakanth Pasunuru"]},
     {"title": "Walking Down the Memory Maze: Beyond Context Limit through Interactive Reading", "authors": ["Howard Chen"]}),
    ({"title": "Kernel Fusion for Cheap Decoding", "authors": ["Ann Bee"]},
     {"title": "Kernel Fusion for Cheap Decoding (v2)", "authors": ["Ann Bee"]}),
    ({"title": "Tree Caches for Decoders", "authors": ["Ann Bee", "Cy Dee"]},
     {"title": "Tree Caches for Decoders (Extended Abstract)", "authors": ["Ann Bee", "Cy Dee"]}),
    ({"title": "Łukasiewicz Attention for Long Texts"}, {"title": "Lukasiewicz attention for long texts."}),
    ({"title": "基于稀疏注意力的长文本推理", "authors": ["王小明"]}, {"title": "基于稀疏注意力的长文本推理", "authors": ["王小明"]}),
    ({"title": "$O(n)$ Attention for Everyone", "authors": ["Ann Bee"]}, {"title": "O(n) Attention for Everyone", "authors": ["Bee Ann"]}),
    ({"title": "A Retitled Draft on Memory", "authors": ["Ann Bee", "Cy Dee"], "abstract": "We study how memory decays in recurrent models of language. " * 6},
     {"title": "Forgetting, Measured", "authors": ["Ann Bee", "Cy Dee"], "abstract": "We study how memory decays in recurrent models of language. " * 6}),
    ({"title": "Sparse Windows Revisited", "authors": ["Ann Bee"], "year": 2023, "venue": "arXiv"},
     {"title": "Sparse Windows, Revisited", "authors": ["Ann Bee"], "year": 2024, "venue": "ICLR"}),
]  # fmt: skip
NOT_THE_SAME: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"title": "FlashAttention-2: Faster Attention with Better Parallelism", "authors": ["Tri Dao"]},
     {"title": "FlashAttention-3: Faster Attention with Better Parallelism", "authors": ["Tri Dao"]}),
    ({"title": "Scaling Transformers to 10M Tokens"}, {"title": "Scaling Transformers to 11M Tokens"}),
    ({"title": "Attention Is All You Need", "authors": ["Ashish Vaswani"]}, {"title": "Attention Is All You Need", "authors": ["Zoe Quinn"]}),
    ({"title": "Long Context Benchmarks for Code", "authors": ["A B"]}, {"title": "Long Context Benchmarks for Law", "authors": ["C D"]}),
    ({"title": "Mamba"}, {"title": "Mamba: Linear-Time Sequence Modeling"}),
    ({"title": "A Survey of Long Context Models"}, {"title": "A Survey of Long Document Summarization"}),
    ({"title": "Deep Poisson Gamma Dynamical Systems", "authors": ["Dandan Guo", "Bo Chen", "Hao Zhang"]},
     {"title": "Switching Poisson Gamma Dynamical Systems", "authors": ["Wenchao Chen", "Yicheng Liu", "Bo Li"]}),
    ({"title": "Memory Layers at Scale", "authors": ["Ann Bee"], "year": 2016}, {"title": "Memory Layer at Scale", "authors": ["Zed Why"], "year": 2024}),
    ({"title": "LongBench"}, {"title": "LongBench v2"}),
]  # fmt: skip
FILLER = [
    "Positional Encodings that Extrapolate",
    "Quantising the Cache of Keys and Values",
    "Retrieval or Long Context: A Comparison",
    "Summaries of Books by Recursion",
    "Speculative Decoding with Two Drafts",
]


def make(title: str, venue: str = "", **fields: Any) -> Paper:
    kind = "preprint" if venue == "arXiv" else "conference"
    fields.setdefault("authors", [])
    return make_paper(title, venue=make_venue(venue, kind=kind) if venue else None, **fields)


def suspects(status: str = "open") -> set[tuple[str, str]]:
    rows = PaperSuspect.objects.filter(status=status).select_related("first", "second")
    return {(row.first.title, row.second.title) for row in rows}


def test_what_is_one_is_suspected_and_what_is_two_is_not():
    for title in FILLER:
        make(title)
    expected: set[tuple[str, str]] = set()
    others: set[tuple[str, str]] = set()
    for pairs, found in ((SAME, expected), (NOT_THE_SAME, others)):
        for one, other in pairs:
            found.add((make(**one).title, make(**other).title))
    job.find_changed("test")
    assert suspects() == expected


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("listed address", "the list links one under arxiv:2309.17453, an identifier of the other"),
        ("link", "the full text of one is arxiv:2309.17453, an identifier of the other"),
        ("title", "the title of one is arxiv:2309.17453, an identifier of the other"),
        ("alias", "another title of one is arxiv:2309.17453, an identifier of the other"),
        ("relation", "a relation has them as the same work"),
        ("arxiv's word", "arXiv has them as one work"),
        ("service's word", "Semantic Scholar has them as one work"),
        ("arxiv's doi", "the DOI of one is arXiv’s for the other (10.48550/arxiv.2309.17453)"),
    ],
)
def test_what_names_both_is_a_reason(how, reason):
    other = make("Attention Sinks", arxiv="2309.17453")
    one = make("2309.17453" if how == "title" else "Something Else Entirely")
    if how == "listed address":
        Placement.objects.filter(paper=one).update(listed_url="https://arxiv.org/abs/2309.17453")
    elif how == "link":
        Link.objects.create(paper=one, kind="paper", url="https://arxiv.org/pdf/2309.17453v2")
    elif how == "alias":
        TitleAlias.objects.create(paper=one, title="arXiv:2309.17453", source="list")
    elif how == "relation":
        Relation.objects.create(subject=one, object=other, kind="same_work")
    elif how == "arxiv's word":
        text = f"arXiv gives arxiv:2309.17453 for “{one}”, which “{other}” bears here: they may be one work."
        Problem.objects.create(job="arxiv", kind="same-work", message=text, paper=one)
    elif how == "service's word":
        text = f"Semantic Scholar has “{one}” and “{other}” as one work (s2:abc): they may be its preprint."
        Problem.objects.create(job="citations", kind="same-work", message=text, paper=one)
    elif how == "arxiv's doi":
        Identifier.objects.create(paper=one, scheme="doi", value="10.48550/arxiv.2309.17453")
    job.find_changed("test")
    assert reason in PaperSuspect.objects.get().reasons


def test_an_identifier_that_a_curator_took_from_one_is_no_reason():
    make("Attention Sinks", arxiv="2309.17453")
    one = make("Something Else Entirely")
    Placement.objects.filter(paper=one).update(listed_url="https://arxiv.org/abs/2309.17453")
    RejectedIdentifier.objects.create(paper=one, scheme="arxiv", value="2309.17453")
    job.find_changed("test")
    assert not PaperSuspect.objects.exists()


def test_two_arxiv_identifiers_under_one_title_are_weighed():
    make("Tree Caches", arxiv="2401.00001", authors=["Ann Bee"])
    make("Tree Caches", arxiv="2402.00002", authors=["Ann Bee"])
    make("Root Caches", arxiv="2401.00003")
    make("Root Caches", arxiv="2402.00004")
    job.find_changed("test")
    (suspect,) = PaperSuspect.objects.all()
    assert suspect.first.title == "Tree Caches"
    assert "but each has its own arXiv identifier" in suspect.reasons


# Decisions


def test_a_pair_that_is_met_no_more_is_withdrawn_and_comes_back_when_met_again():
    make("Tree Caches for Decoders")
    other = make("Tree Caches for Decoders")
    job.find_changed("test")
    Paper.objects.filter(pk=other.pk).update(title="Another", title_key="another")
    job.find_changed("test")
    assert PaperSuspect.objects.get().status == "gone"
    Paper.objects.filter(pk=other.pk).update(title="Tree Caches for Decoders", title_key="x")
    job.find_changed("test")
    assert PaperSuspect.objects.get().status == "open"


def test_not_the_same_is_remembered_across_runs(django_user_model):
    user = django_user_model.objects.create_user("jane")
    for _ in range(2):
        make("Tree Caches for Decoders")
    job.find_changed("test")
    assert curation.decide_distinct(PaperSuspect.objects.all(), user) == 1
    job.find_changed("test", always=True)
    assert suspects("distinct") == {("Tree Caches for Decoders",) * 2}
    assert curation.reopen(PaperSuspect.objects.all()) == 1
    assert PaperSuspect.objects.get().decided_by is None


def test_a_merge_taken_back_leaves_the_pair_to_decide():
    one, other = make("Tree Caches for Decoders"), make("Tree Caches for Decoders")
    job.find_changed("test")
    act = curation.merge_papers(one, [other])[0]
    assert PaperSuspect.objects.get().status == "merged"
    job.find_changed("test", always=True)
    assert PaperSuspect.objects.get().status == "merged"
    curation.undo_act(act)
    assert PaperSuspect.objects.get().status == "open"


def test_a_run_is_left_only_where_something_has_changed():
    make("Tree Caches for Decoders")
    assert job.find_changed("test") is not None
    assert job.find_changed("test") is None
    make("Tree Caches for Decoders")
    run = job.find_changed("test")
    assert run is not None
    assert run.message == "Pairs that may be one: 1 of papers, 0 of authors."
    assert Run.objects.filter(job="duplicates", status="done").count() == 2


def test_what_came_is_compared_without_touching_other_pairs():
    for title in ("Tree Caches for Decoders", "Root Caches for Encoders"):
        make(title)
    fresh = make("Root caches for encoders")
    make("Tree caches for decoders")
    job.find_about([fresh.pk])
    assert suspects() == {("Root Caches for Encoders", "Root caches for encoders")}
    job.find_changed("test")
    assert len(suspects()) == 2
    Paper.objects.filter(pk=fresh.pk).update(title="Other")
    job.find_about([fresh.pk])
    assert len(suspects()) == 1


def test_in_a_large_catalogue_a_few_papers_find_the_same_pairs(monkeypatch):
    for one, other in SAME:
        make(**one)
        make(**other)
    everything = job.suspected_papers()
    monkeypatch.setattr(job, "_LARGE", 1)
    for pair, verdict in everything.items():
        assert job.suspected_papers({pair[0]})[pair] == verdict


def test_the_number_of_statements_does_not_grow_with_the_papers():
    numbers = []
    for _ in range(2):
        for _ in range(3):
            make("Tree Caches for Decoders", authors=["Ann Bee"], abstract="Long. " * 60)
        with CaptureQueriesContext(
            connection,
        ) as captured:
            job.suspected_papers()
        numbers.append(len(captured))
    assert numbers[0] == numbers[1]


def test_the_command_says_what_it_found(capsys):
    make("Tree Caches for Decoders")
    call_command("find_duplicates")
    call_command("find_duplicates")
    assert capsys.readouterr().out.splitlines() == [
        "Pairs that may be one: 0 of papers, 0 of authors.",
        "Nothing has changed since the last run.",
    ]


# People


@pytest.mark.parametrize(
    ("one", "other", "fits"),
    [
        ("Jane Doe", "J. Doe", True),
        ("Jane Doe", "Doe, Jane", True),
        ("Guangxuan Xiao", "Xiao Guangxuan", True),
        ("Jürgen Schmidhuber", "Jurgen Schmidhuber", True),
        ("Quoc V. Le", "Quoc Le", True),
        ("Jean-Pierre Müller", "J.-P. Muller", True),
        ("Jane Doe", "John Doe", False),
        ("J. Doe", "J. Roe", False),
        ("J. D.", "Jane Doe", False),
        ("", "Jane Doe", False),
    ],
)
def test_names_that_can_be_of_one_person(one, other, fits):
    assert can_be_one(one, other) is fits


def test_of_very_many_authors_the_first_are_compared_and_that_is_said():
    people = [f"Name{number} Family{number}" for number in range(60)]
    make("Tree Caches", authors=people)
    make("Tree Caches", authors=people[:58])
    job.find_changed("test")
    assert "the same first 40 authors" in PaperSuspect.objects.get().reasons


def test_authors_are_suspected_by_name_and_people_they_write_with():
    make("One", authors=["Jane Doe", "Ann Bee", "Cy Dee"])
    make("Two", authors=["J. Doe", "Ann Bee", "Cy Dee"])
    make("Three", authors=["Wei Wang", "Zed Why"])
    make("Four", authors=["W. Wang", "Some Body"])
    make("Five", authors=["Quoc Le", "Quoc V. Le", "Zed Why"])
    found = suspected_authors()
    names = dict(Author.objects.values_list("pk", "name"))
    assert [{names[pk] for pk in pair} for pair in found] == [{"Jane Doe", "J. Doe"}]
    job.find_changed("test")
    assert "2 co-authors in common" in AuthorSuspect.objects.get().reasons


def test_what_came_while_others_were_compared_waits_for_its_turn(monkeypatch):
    make("Tree Caches for Decoders")
    fresh = make("Tree caches for decoders")
    compare, turns = job.find_about, iter([True, True, False])

    def busy_at_first(ids: list[int]) -> None:
        if next(turns):
            raise AlreadyRunning("Duplicates are being looked for already.")
        compare(ids)

    monkeypatch.setattr(job, "find_about", busy_at_first)
    find_duplicates.apply(args=([fresh.pk],))
    assert len(suspects()) == 1


def test_workers_share_what_words_weigh(monkeypatch):
    for title in ("Tree Caches for Decoders", "Ring Attention"):
        make(title)
    job.suspected_papers()
    counted = job._weighed.weights
    monkeypatch.setattr(job, "_weighed", job._Weighed())
    assert job._weighed.of(2).papers == counted.papers
