"""What ranks before what: slips in titles and names, words of one meaning, compounds, what speaks for a paper beforehand."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import Citation, PaperRepository, Repository, Source
from search import ranking
from search.embed import embed_changed
from search.facets import Choice
from search.index import refresh_words
from search.models import PaperText
from search.prior import refresh_priors, refresh_priors_if_written
from search.queries import search
from search.question import read
from search.ranking import rank
from search.recounting import recount_words
from search.slips import is_one_slip
from search.synonyms import mine_synonyms
from tests.factories import make_paper, make_topic

pytestmark = pytest.mark.django_db


def order(query: str) -> list[int]:
    return [one.paper_id for one in rank(read(query))]


@pytest.mark.parametrize(
    ("one", "other", "is_so"),
    [
        ("attention", "atention", True),
        ("atention", "attention", True),
        ("attention", "attenition", True),
        ("attention", "attentoin", True),
        ("attention", "attentiom", True),
        ("attention", "bttention", True),
        ("attention", "attention", False),
        ("attention", "atentoin", False),
        ("attention", "attent", False),
        ("", "a", True),
    ],
)
def test_one_slip(one, other, is_so):
    assert is_one_slip(one, other) is is_so


TITLES = [
    "2024 Comparison of Long Context (128k articles)",
    "2024 Comparison of Long Context (32k articles)",
    "Implicit In-context Learning",
    "Many-shot In-Context Learning",
    "Do NOT Think That Much for 2+3=? On Overthinking",
    "LongMemEval: Benchmarking Memory",
    "CarMem: Long-Term Memory in Voice Assistants",
]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("2024 Comparison of Long Contxt (128k articles)", TITLES[0]),
        ("2024 Comparison of Long Contxet (32k articles)", TITLES[1]),
        ("Impliit In-context Learning", TITLES[2]),
        ("Do NOT Thnik That Much for 2+3=? On Overthinking", TITLES[4]),
        ("LongMemEvla", TITLES[5]),
    ],
)
def test_a_title_or_name_but_for_one_slip_comes_first(make_indexed, typed, meant):
    papers = {title: make_indexed(title) for title in TITLES}
    recount_words()
    assert order(typed)[0] == papers[meant].pk


def test_a_name_as_typed_comes_before_one_a_slip_away(make_indexed):
    near, exact = make_indexed("Long2RAG: Key Points"), make_indexed("LongRAG: Two Views")
    assert order("longrag")[0] == exact.pk
    assert order("long2rag")[0] == near.pk


def test_a_system_that_is_mentioned_comes_before_papers_about_the_other_words(make_indexed):
    for number in range(6):
        make_indexed(f"A Hybrid State Space Model {number}")
    meant = make_indexed("Samba: Simple States for Language")
    recount_words()
    assert order("samba hybrid model")[0] == meant.pk


def test_words_of_one_meaning_find_each_other_and_the_word_itself_counts_more(make_indexed):
    overview, survey = make_indexed("An Overview of Pruning"), make_indexed("A Survey of Pruning")
    other = make_indexed("Pruning Trees")
    mine_synonyms()
    assert order("survey of pruning") == [survey.pk, overview.pk, other.pk]
    assert order("overview of pruning") == [overview.pk, survey.pk, other.pk]


def test_chinese_words_find_english_titles(make_indexed):
    paper = make_indexed("Sparse Attention for Everyone")
    make_indexed("Dense Layers", topics=[make_topic("Papers")])
    mine_synonyms()
    assert order("稀疏注意力") == [paper.pk]


def test_a_chinese_word_finds_english_titles_beside_a_chinese_one_that_has_it(make_indexed):
    """However rare it is, and however common its English counterpart."""
    mine_synonyms()
    papers = {"topics": [make_topic("Papers")]}
    has_it = make_indexed("Transformer与局部注意力", **papers)
    means_it = [make_indexed(f"Attention Number {number}", **papers) for number in range(30)]
    for number in range(19):
        make_indexed(f"Nothing of the Kind {number}", **papers)
    recount_words()
    found = order("注意力")
    assert found[0] == has_it.pk
    assert set(found[1:]) == {paper.pk for paper in means_it}


def test_forms_of_a_word_count_as_one_word(make_indexed):
    """A paper with "compress", "compressed" and "compression" is not three times as much about it."""
    once = make_indexed("Compression of Prompts")
    thrice = make_indexed("Compression that compresses compressed things")
    assert order("compression of prompts")[0] == once.pk
    assert set(order("compressing")) == {once.pk, thrice.pk}


@pytest.mark.parametrize("query", ["flashattention", "flash attention", "flash-attention"])
def test_words_joined_and_apart_are_one_name(make_indexed, query):
    apart, joined = (
        make_indexed("Flash Attention Explained"),
        make_indexed("Flashattention Kernels"),
    )
    assert set(order(query)) == {apart.pk, joined.pk}


def test_a_word_with_capitals_inside_counts_once(make_indexed):
    """Its parts are no pair, which would be rare and so worth more than the word itself."""
    odd = make_indexed("Episodic Memory AttentioN for Models")
    plain = make_indexed("Episodic Memory Attention for Models")
    assert order("attention of flat heads") == [plain.pk, odd.pk]


def test_citations_stars_and_youth_settle_what_is_equal_and_no_more(make_indexed):
    old = make_indexed(
        "Caching Keys, Part One",
        published_on=date(2015, 1, 1),
        published_precision="day",
        year=2015,
    )
    cited = make_indexed(
        "Caching Keys, Part Two",
        published_on=date(2015, 1, 1),
        published_precision="day",
        year=2015,
    )
    for _ in range(30):
        Citation.objects.create(citing=make_paper(), cited=cited, source=Source.SEMANTIC_SCHOLAR)
    assert order("caching keys")[:2] == [old.pk, cited.pk]
    assert refresh_priors() > 0
    assert refresh_priors() == 0
    assert PaperText.objects.get(paper=cited).prior > PaperText.objects.get(paper=old).prior
    assert order("caching keys")[:2] == [cited.pk, old.pk]
    assert order("caching keys part one")[0] == old.pk


def test_every_facet_value_gives_as_many_papers_as_it_says(make_indexed):
    """With vectors, too: a paper that is near in meaning only is counted where it is found."""
    texts = [
        "Sparse attention",
        "Dense attention",
        "Cooking rice",
        "Needles in haystacks",
        "Memory of agents",
    ]
    for number in range(20):
        make_indexed(
            f"{texts[number % 5]} {number}",
            topics=[make_topic(f"Topic {number % 3}")],
            year=2020 + number % 4,
        )
    embed_changed("test")
    for query in ("attention", "long memory", "xyzzy"):
        found = search(query, facets=True, limit=100)
        assert found.by_meaning
        for facet in found.facets:
            for value in facet.values:
                chosen = Choice(wanted={facet.name: frozenset([value.value])})
                assert search(query, choice=chosen).total == value.count, (query, facet.name, value)
                unwanted = Choice(unwanted={facet.name: frozenset([value.value])})
                assert search(query, choice=unwanted).total == found.total - value.count


def test_counts_hold_for_long_questions_of_common_words_too(make_indexed, monkeypatch):
    """Where not every posting is read, choosing a value brings nothing that was not found."""
    words = ["attention", "memory", "cache", "context", "window", "retrieval"]
    for number in range(24):
        make_indexed(
            f"{words[number % 6]} {words[(number + 1) % 6]} {number}", year=2020 + number % 3
        )
    recount_words()
    monkeypatch.setattr(ranking, "READ_WHOLE", 0)
    monkeypatch.setitem(ranking.SETTINGS, "most_read", 12)
    monkeypatch.setitem(ranking.SETTINGS, "least_read", 2)
    found = search(" ".join(words), facets=True, limit=100)
    assert 0 < found.total < 24
    for value in next(facet for facet in found.facets if facet.name == "year").values:
        chosen = Choice(wanted={"year": frozenset([value.value])})
        assert search(" ".join(words), choice=chosen).total == value.count


def test_a_paper_that_has_none_of_the_words_is_not_let_in_by_a_filter(make_indexed):
    make_indexed("Cooking Rice", year=2021)
    assert search("xyzzy year:2021").total == 0
    assert search("xyzzy", choice=Choice(wanted={"year": frozenset(["2021"])})).total == 0


def test_papers_far_down_in_a_common_word_are_let_through_by_a_filter(make_indexed):
    for number in range(8):
        make_indexed(f"Attention attention {number}", year=2020)
    rare = make_indexed("One of very many long titles that has attention somewhere", year=1999)
    recount_words()
    found = rank(read("attention year:1999"), settings={"most_read": 2, "least_read": 1})
    assert [one.paper_id for one in found] == [rare.pk]


def test_papers_that_only_a_filter_brings_have_no_score_to_divide_by(make_indexed):
    for number in range(8):
        make_indexed(f"Attention attention {number}", year=2020)
    rare = make_indexed("One of very many long titles that has attention somewhere", year=1999)
    recount_words()
    settings = {"most_read": 2, "least_read": 1, "most_scored": 0}
    found = rank(read("attention year:1999"), settings=settings)
    assert [(one.paper_id, one.lexical) for one in found] == [(rare.pk, 0.0)]


def test_code_of_a_retired_link_speaks_for_nothing(make_indexed):
    paper = make_indexed("Caching Keys", repository="a/b", year=2000)
    PaperRepository.objects.filter(paper=paper).update(retired_at="2026-01-01T00:00Z")
    link = PaperRepository.objects.get(paper=paper)
    link.repository.stars = 50_000
    link.repository.stars_on = date(2026, 1, 1)
    link.repository.save()
    refresh_priors()
    assert PaperText.objects.get(paper=paper).prior < 0.1
    PaperRepository.objects.filter(paper=paper).update(retired_at=None)
    refresh_priors()
    assert PaperText.objects.get(paper=paper).prior == pytest.approx(0.3, abs=0.02)
    refresh_words([paper.pk])
    assert PaperText.objects.get(paper=paper).prior == pytest.approx(0.3, abs=0.02)


def read_and_written() -> tuple[int, int]:
    """How often a refresh reads the citations, and for how many papers it writes something."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_stat_force_next_flush()"
        )  # counts of a session are told now and then
    with CaptureQueriesContext(connection) as queries:
        written = refresh_priors_if_written()
    return sum("FROM catalog_citation " in query["sql"] for query in queries), written


@pytest.mark.django_db(transaction=True)
def test_what_speaks_for_papers_is_read_again_only_after_something_was_written(make_indexed):
    one, other = make_indexed("One", year=2000), make_indexed("Other", year=2000)
    assert read_and_written()[0] == 1
    assert read_and_written() == (0, 0)
    Citation.objects.create(citing=one, cited=other, source=Source.OPENALEX)
    assert read_and_written() == (1, 1)
    assert read_and_written() == (0, 0)
    make_indexed("Third", year=2000, repository="a/b")
    assert read_and_written()[0] == 1
    Repository.objects.update(stars=50_000, stars_on=date(2026, 1, 1))
    assert read_and_written() == (1, 1)


def test_where_nothing_differs_no_writer_of_the_index_is_kept_waiting(make_indexed):
    make_indexed("One")
    refresh_priors()
    with CaptureQueriesContext(connection) as queries:
        assert refresh_priors() == 0
    assert len(queries) == 1


def test_of_systems_with_one_name_the_one_that_is_written_as_typed_comes_first(make_indexed):
    older = make_indexed("E^2-LLM: Efficient and Extreme Length Extension of Large Language Models")
    newer = make_indexed("E2LLM: Encoder Elongated Large Language Models for Understanding")
    assert order("E2LLM")[:2] == [newer.pk, older.pk]
    assert order("E^2-LLM")[:2] == [older.pk, newer.pk]
