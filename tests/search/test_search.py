"""What a search finds, by words alone; test_meaning.py adds the vectors."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from catalog.models import Link, Paper, Placement, Repository, Source, TitleAlias
from search import queries
from search.index import refresh_words
from search.models import Synonym
from search.queries import search
from search.ranking import SETTINGS, Ranked
from search.recounting import recount_words
from search.synonyms import forget, mine_synonyms
from tests.factories import make_paper, make_topic, make_venue

pytestmark = pytest.mark.django_db


def found(query: str, **options) -> list[str]:
    hits = search(query, **options).hits
    titles = dict(Paper.objects.values_list("pk", "title"))
    return [titles[hit.paper_id] for hit in hits]


def reasons(query: str) -> list[str]:
    return ["".join(f"[{t}]" if match else t for t, match in hit.why) for hit in search(query).hits]


SINKS = "Efficient Streaming Language Models with Attention Sinks"
FLASH = "FlashAttention-3: Fast and Accurate Attention with Asynchrony and Low-precision"
ROAD = "Transformer升级之路：7、长度外推性与局部注意力"
BENCH = "∞Bench: Extending Long Context Evaluation Beyond 100K Tokens"


@pytest.fixture
def library(make_indexed):
    """A few papers, each with something of its own to be found by."""
    papers = [make_topic("Papers")]
    make_indexed(SINKS, topics=papers, authors=["Guangxuan Xiao", "Yuandong Tian"], arxiv="2309.17453",
                 repository="mit-han-lab/streaming-llm", venue=make_venue("ICLR"),
                 abstract="We deploy models on infinite text. Caching recent tokens fails beyond the window.")  # fmt: skip
    make_indexed(FLASH, topics=papers, authors=["Jay Shah", "Tri Dao"])
    make_indexed(ROAD, topics=papers, authors=["苏剑林(Jianlin Su)"])
    make_indexed(BENCH, topics=papers, authors=["Xinrong Zhang"])
    make_indexed(
        "E^2-LLM: Efficient and Extreme Length Extension", topics=papers, authors=["Jiaheng Liu"]
    )
    make_indexed(
        "KV-Cache Eviction with Gated Heads", topics=papers, authors=["Łukasz Müller", "Zhang Yao"]
    )
    make_indexed("Attention Sinks and Outlier Features", topics=papers, authors=["Stephen Zhang"])
    make_indexed("A Survey of Dialogue Agents", topics=[make_topic("Long Term Memory")])
    recount_words()


QUESTIONS = [
    (SINKS, SINKS),
    (SINKS.upper(), SINKS),
    ("efficient streaming language modls with attention sinks", SINKS),
    ("streaming language models", SINKS),
    ("flash attention 3", FLASH),
    ("flashattention-3", FLASH),
    ("flashattention3", FLASH),
    ("Flash-Attention", FLASH),
    ("kv cache", "KV-Cache Eviction with Gated Heads"),
    ("kvcache", "KV-Cache Eviction with Gated Heads"),
    ("evict", "KV-Cache Eviction with Gated Heads"),
    ("E2-LLM", "E^2-LLM: Efficient and Extreme Length Extension"),
    ("e^2llm", "E^2-LLM: Efficient and Extreme Length Extension"),
    ("∞Bench", BENCH),
    ("infinity bench", BENCH),
    ("100k tokens", BENCH),
    (ROAD, ROAD),
    ("长度外推", ROAD),
    ("局部注意力", ROAD),
    ("苏剑林", ROAD),
    ("xiao guangxuan", SINKS),
    ("lukasz muller", "KV-Cache Eviction with Gated Heads"),
    ("Müller Łukasz", "KV-Cache Eviction with Gated Heads"),
    ("guangxuan xaio", SINKS),
    ("attenton outlyer", "Attention Sinks and Outlier Features"),
    ("iclr", SINKS),
    ("streaming-llm", SINKS),
    ("recently cached tokens window", SINKS),
    ("long term memory", "A Survey of Dialogue Agents"),
]


@pytest.mark.parametrize(("query", "title"), QUESTIONS)
def test_the_first_hit_is_the_paper_that_was_meant(library, query, title):
    assert found(query)[0] == title


def test_the_exact_title_comes_before_titles_that_say_more(make_indexed):
    make_indexed("Attention Sinks Attention Sinks Attention Sinks", abstract="Attention sinks." * 9)
    make_indexed("On Attention Sinks")
    make_indexed("Attention Sinks")
    make_indexed("Attention Sinks: A Study")
    assert found("attention-sinks")[:2] == ["Attention Sinks", "Attention Sinks: A Study"]


def test_another_title_of_a_paper_counts_like_its_own(make_indexed):
    paper = make_indexed("The Title It Has Now")
    TitleAlias.objects.create(paper=paper, title="Its Former Name", source=Source.LIST)
    refresh_words([paper.pk])
    assert found("its former name") == ["The Title It Has Now"]
    assert reasons("former name") == ["also listed as: Its [Former] [Name]"]


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("flash attention", "title: [FlashAttention-3]: Fast and Accurate [Attention] with Asynchrony and Low-precision"),
        ("dao", "authors: Jay Shah, Tri [Dao]"),
        ("长度外推", "title: Transformer升级之路：7、[长度外推]性与局部注意力"),
        ("cached recently", "abstract: [Caching] [recent] tokens fails beyond the window."),
        ("term memory", "topic: Long [Term] [Memory]"),
        ("iclr", "venue: [ICLR]"),
        ("streaming-llm", "code: [mit-han-lab/streaming-llm]"),
        ("outlyer", "title: Attention Sinks and [Outlier] Features"),
        ("2309.17453", "identifier"),
    ],
)  # fmt: skip
def test_a_hit_says_why_it_is_there(library, query, why):
    assert reasons(query)[0] == why


def test_a_reason_names_the_synonym_that_a_hit_was_found_by(client, make_indexed):
    paper = make_indexed("Selective State-Space Models", abstract="They are long.")
    mine_synonyms()
    assert reasons("SSM") == ["title: Selective [State-Space] [Models] (for SSM)"]
    [hit] = client.get(reverse("search-json"), {"q": "SSM"}).json()["hits"]
    assert hit["matches"] == [
        {
            "field": "title",
            "words": ["State-Space", "Models"],
            "text": paper.title,
            "note": "for SSM",
        }
    ]
    page = client.get(reverse("search-why", args=[paper.pk]), {"q": "SSM"}).text
    assert "<mark>State-Space</mark>" in page
    assert "(for SSM)" in page
    assert "None of the words" not in page
    Synonym.objects.create(short="dormouse", long="selective", is_curated=True)
    forget()
    assert reasons("dormouse") == ["title: [Selective] State-Space Models (for dormouse)"]


def test_only_what_ranking_calls_near_is_close_in_meaning(make_indexed, monkeypatch):
    keys = [make_indexed(title).pk for title in ("One", "Two", "Three")]
    least = SETTINGS["least_cosine"]
    ranked = [
        Ranked(key, 1.0, 0.1, cosine)
        for key, cosine in zip(keys, (least, least - 0.01, None), strict=True)
    ]
    monkeypatch.setattr(queries, "rank", lambda *_, **__: ranked)
    alike = "has words like those typed"
    assert reasons("zebra") == ["close in meaning", alike, alike]


CONDITIONS = [
    ("author:dao", "author: [Tri Dao]"),
    ('author:"T. Dao"', "author: [Tri Dao]"),
    ("author:shah OR author:nobody", "author: [Jay Shah]"),
    ('topic:"long term memory"', "topic: [Long Term Memory]"),
    ("topic:long-term-memory", "topic: [Long Term Memory]"),
    ("topic:memory", "topic: [Long Term Memory]"),
    ("venue:iclr", "venue: [ICLR]"),
    ("has:code", "code: [mit-han-lab/streaming-llm]"),
    ("has:code author:xiao", "code: [mit-han-lab/streaming-llm] · author: [Guangxuan Xiao]"),
    ("has:arxiv", "has: [arxiv]"),
]


@pytest.mark.parametrize(("query", "why"), CONDITIONS)
def test_what_meets_conditions_alone_says_what_meets_them(library, query, why):
    assert (reasons(query) or [""])[0] == why


def test_a_year_is_the_paper_s(client, make_indexed):
    paper = make_indexed("One", year=2023, authors=["Tri Dao"])
    assert reasons("year:2020..2024") == ["year: [2023]"]
    assert reasons("-year:2020") == [""]
    [hit] = client.get(reverse("search-json"), {"q": "year:2023 author:dao"}).json()["hits"]
    assert hit["why"] == "year: 2023 · author: Tri Dao"
    assert hit["matches"] == [
        {"field": "year", "words": ["2023"], "text": "2023", "note": ""},
        {"field": "author", "words": ["Tri Dao"], "text": "Tri Dao", "note": ""},
    ]
    page = client.get(reverse("search-why", args=[paper.pk]), {"q": "year:2023"})
    assert "<mark>2023</mark>" in page.text


IDENTIFIERS = [
    "2309.17453",
    "arXiv:2309.17453v4 [cs.CL]",
    "https://arxiv.org/pdf/2309.17453v2.pdf",
    "arxiv.org/abs/2309.17453",
    "arXiv 2309.17453",
    "[arXiv:2309.17453]",
    "(https://arxiv.org/abs/2309.17453)",
    "https://arxiv.org/abs/2309.17453 .",
    "arXiv:2309.17453v2 [cs.CL] 29 Sep 2023",
    "https://www.semanticscholar.org/arxiv/2309.17453",
    "“2309.17453”",
    "２３０９.１７４５３",
    "2309.17453\u200b",
    "https://doi.org/10.48550/arXiv.2309.17453",
    "https://github.com/MIT-Han-Lab/streaming-llm/tree/main/examples",
    "git@github.com:mit-han-lab/streaming-llm.git",
]


@pytest.mark.parametrize("query", IDENTIFIERS)
def test_an_identifier_or_address_leads_to_its_paper(library, query):
    results = search(query)
    assert results.target
    assert results.target.title == SINKS
    assert [hit.paper_id for hit in results.hits] == [results.target.pk]


def test_a_homepage_leads_to_its_paper(library):
    paper = Paper.objects.get(title=FLASH)
    Link.objects.create(paper=paper, kind=Link.Kind.HOMEPAGE, url="https://example.org/flash/")
    assert search("https://example.org/flash").target == paper


def test_a_repository_of_two_papers_lists_both(make_indexed):
    first = make_indexed("First", repository="lab/code")
    second = make_indexed("Second", repository="lab/code")
    results = search("https://github.com/lab/code")
    assert results.target is None
    assert [hit.paper_id for hit in results.hits] == [first.pk, second.pk]
    assert results.hits[0].reason == "code: lab/code"


@pytest.mark.parametrize(
    ("query", "ident"),
    [
        ("2301.99999", "arxiv:2301.99999"),
        ("2024.acl-long.999", "acl:2024.acl-long.999"),
        ("doi:10.1000/nowhere", "doi:10.1000/nowhere"),
        ("https://example.org/nothing", "url:https://example.org/nothing"),
        ("https://github.com/no/body", "url:https://github.com/no/body"),
    ],
)
def test_an_identifier_of_no_paper_here_is_told(library, query, ident):
    results = search(query)
    assert str(results.not_listed) == ident
    assert results.hits == ()


def test_a_word_that_only_looks_like_an_identifier_is_a_word(make_indexed):
    make_indexed("The W2741809807 Dataset")
    make_indexed("Deadbeef " + "ab" * 20)
    assert found("W2741809807") == ["The W2741809807 Dataset"]
    assert found("ab" * 20)
    assert search("W999999").not_listed is None


def test_a_merged_papers_identifier_leads_to_what_it_became(make_indexed):
    old, new = make_indexed("Old Title", arxiv="2401.00001"), make_indexed("New Title")
    old.merged_into = new
    old.save()
    refresh_words([old.pk])
    assert search("2401.00001").target == new
    assert found("Old Title") == ["New Title"]  # by the other word, never the merged row


def test_a_phrase_must_stand_in_the_paper(library):
    assert found('"attention sinks"') == ["Attention Sinks and Outlier Features", SINKS]
    assert found('"sinks attention"') == []
    assert found('"with attention sinks"') == [SINKS]
    assert found('"flashattention-3: fast"') == [FLASH]
    assert found('"beyond the window"') == [SINKS]
    assert found('"局部注意力"') == [ROAD]


def test_a_phrase_does_not_run_from_one_text_into_the_next(make_indexed):
    make_indexed("First Words", authors=["Ada Byron", "King Lovelace"], abstract="Second words.")
    assert found('"words second"') == []
    assert found('"byron king"') == []


def test_an_excluded_word_is_in_no_hit(library):
    assert found("attention -sinks") == [FLASH]
    assert found("attention -flash") == ["Attention Sinks and Outlier Features", SINKS]
    assert SINKS not in found("attention -cache")  # it has "caching"
    assert found('attention -"attention sinks"') == [FLASH]
    assert set(found("attention")).isdisjoint(found("-attention"))


def test_papers_that_no_catalogue_lists_are_not_found(make_indexed):
    paper = make_indexed("Gone From the List")
    Placement.objects.filter(paper=paper).update(is_primary=False, retired_at=paper.created_at)
    assert found("gone from the list") == []


def test_a_slip_is_mended_only_when_the_word_is_unknown(make_indexed):
    topics = [make_topic("Papers")]
    make_indexed("Sparse Encoders", topics=topics)
    make_indexed("A Study of Enclosures", topics=topics)
    recount_words()
    assert found("encodrs")[0] == "Sparse Encoders"
    assert found("enclosures") == ["A Study of Enclosures"]


def test_equal_scores_are_settled_by_age_and_pages_never_overlap(make_indexed):
    papers = [make_indexed("Twin Paper", topics=[make_topic()]) for _ in range(7)]
    results = [search("twin paper", limit=3, offset=offset) for offset in (0, 3, 6)]
    assert [hit.paper_id for page in results for hit in page.hits] == [paper.pk for paper in papers]
    assert {page.total for page in results} == {7}


def test_a_page_past_the_end_is_empty_and_the_total_stays(library):
    results = search("attention", offset=1000)
    assert results.hits == ()
    assert results.total == 3


def test_the_number_of_queries_is_the_same_for_one_hit_and_for_many(make_indexed):
    def queries() -> int:
        search("shared word")
        with CaptureQueriesContext(connection) as captured:
            assert search("shared word").hits
        return len(captured)

    make_indexed("Shared Word One")
    with_one = queries()
    for n in range(12):
        make_indexed(f"Shared Word Number {n}", authors=3)
    assert queries() == with_one <= 3


MALFORMED = ["", " ", '"', '""', "-", "--", "-\"", ":*", "!", "&|", "()", "a & b | !c", "<->", "\\", "'", "'; --",
             "%", "_", "%%s", "{allowed}", "\x00", "a\x00b", "\ud800", "😀", "ﷺ" * 60, "\u202eabc", "x" * 10_000,
             "a " * 5_000, "-x " * 200, '"a" ' * 100, "http://a:99999999/", "http://[", "arXiv:", "10.1/", "é́́́"]  # fmt: skip


@pytest.mark.parametrize("query", MALFORMED)
def test_what_is_malformed_is_searched_as_words(library, query):
    results = search(query)
    assert results.total >= len(results.hits)


# One database for all examples, which only read.
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.text() | st.lists(st.sampled_from(['"', "-", "attention", "sinks", "长", "度", " ", ":", "*", "\\", "'", "%"]))
       .map("".join))  # fmt: skip
@example("'" * 10)
def test_no_text_makes_the_search_fail(library, query):
    first = search(query)
    assert first == search(query)
    assert len({hit.paper_id for hit in first.hits}) == len(first.hits)


def test_topics_and_authors_of_one_paper_are_found_together(make_indexed):
    make_indexed("Something Else", authors=["Tri Dao"], topics=[make_topic("Linear Attention")])
    make_paper("Not Indexed Yet", authors=["Tri Dao"])
    assert found("dao linear attention") == ["Something Else"]


def test_an_order_alone_puts_all_that_is_listed_in_order(make_indexed):
    make_indexed("Old", published_on=date(2023, 1, 1), published_precision="day")
    make_indexed("New", published_on=date(2025, 1, 1), published_precision="day")
    make_indexed("Undated")
    assert found("sort:date") == ["New", "Old", "Undated"]
    assert search("sort:date").sort == "date"


def test_what_is_not_known_is_neither_within_a_range_nor_barred_by_it(make_indexed):
    make_indexed("Mamba with Stars", repository="lab/stars")
    Repository.objects.update(stars=500, stars_on=date(2026, 1, 1))
    make_indexed("Mamba without Code")
    assert found("mamba stars:>100") == ["Mamba with Stars"]
    assert found("mamba -stars:>100") == ["Mamba without Code"]
    assert sorted(found("mamba -citations:>5")) == ["Mamba with Stars", "Mamba without Code"]


def test_parts_of_a_name_in_a_title_are_no_words_of_the_abstract(make_indexed):
    make_indexed("ReMamba: Long Sequences")
    assert found("abstract:mamba") == []
    assert found("title:mamba") == ["ReMamba: Long Sequences"]


@pytest.mark.parametrize("name", ["Martins AFT", "AFT Martins", "Martins A. F. T."])
def test_initials_may_stand_together(make_indexed, name):
    make_indexed("Wanted", authors=["André F. T. Martins"])
    make_indexed("Other", authors=["Beatriz Martins"])
    assert found(f'author:"{name}"') == ["Wanted"]


def test_initials_name_a_person(make_indexed):
    make_indexed("Albert's Paper", authors=["Albert Gu"])
    make_indexed("LoGU: a Gu of Letters")
    for query in ("A Gu", "A. Gu", "Gu A"):
        assert found(query)[0] == "Albert's Paper"


def test_what_is_called_just_so_is_not_mended(make_indexed):
    for number in range(30):
        make_indexed(f"Rang and Attention {number}")
    make_indexed("Ring Attention")
    recount_words()
    assert search("ring attention", facets=True).did_you_mean == ""
    assert search("ring atention", facets=True).did_you_mean == "ring attention"


def test_no_stem_is_offered_for_a_word(make_indexed):
    for number in range(20):
        make_indexed(f"Sparse Models {number}")
    make_indexed("Counting Stars")
    recount_words()
    assert search("counting sparss", facets=True).did_you_mean in {"", "counting sparse"}


def test_an_author_and_a_year_find_the_paper(make_indexed):
    make_indexed("Wanted", authors=["Aohan Zeng"], year=2025, venue=make_venue("arXiv"))
    make_indexed("2024.5 Side by Side", authors=["Ada"], year=2024)
    make_indexed("Older", authors=["Aohan Zeng"], year=2022)
    for query in ("Zeng 2025", "Zeng et al., 2025", "zeng et al 2025"):
        assert found(query)[0] == "Wanted", query
    assert "2024.5 Side by Side" not in found("2025")


def test_a_system_is_found_by_its_name_beside_other_words(make_indexed):
    make_indexed("Longformer: The Long-Document Transformer")
    for number in range(8):
        make_indexed(f"Long-form Evaluation of an LLM {number}")
    assert found("longformer llm")[0] == "Longformer: The Long-Document Transformer"


def test_a_title_in_quotes_is_found_as_it_is_shown(make_indexed):
    title = r"USDC: A Dataset of $\underline{U}$ser Stance"
    make_indexed(title)
    make_indexed("Self-attention Does Not Need $O(n^2)$ Memory")
    assert found("“USDC: A Dataset of User Stance”") == [title]
    assert found('"Self-attention Does Not Need O(n²) Memory"')[0].startswith("Self-attention")
    slipped = search('"Self-attention Does Not Need Memory At All"')
    assert slipped.relaxed
    assert slipped.total


def test_words_of_what_was_found_are_right(make_indexed):
    make_indexed("YaRN: Windows")
    for number in range(12):
        make_indexed(f"Paper {number}", authors=["Yan Zhang"])
    assert not search("windows yarn", facets=True).did_you_mean
