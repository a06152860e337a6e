"""Fields of the query language, on a small library; facets that say what choosing them gives; orders."""

from datetime import date
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.folding import fold, fold_words
from catalog.models import Author, Citation, Paper, Repository, Source
from search import facets
from search.authors import _can_be, authors_like
from search.facets import Choice, count_facets, read_choice
from search.filters import make_filter
from search.grammar import SORTS
from search.index import refresh_words
from search.models import AuthorName
from search.queries import search
from search.question import read
from search.receivers import fill_index
from search.words import is_cjk, key
from tests.factories import make_catalogue, make_topic, make_venue

pytestmark = pytest.mark.django_db


@pytest.fixture
def library(make_indexed):
    """Four papers: alpha cites beta and gamma, beta cites gamma; delta has nothing but a title."""
    attention = make_topic("Attention")
    sparse = make_topic("Sparse Attention", attention)
    memory = make_topic("Memory")
    iclr = make_venue(
        "ICLR", full_name="International Conference on Learning Representations", kind="conference"
    )
    arxiv = make_venue("arXiv", kind="preprint")
    made = {
        "alpha": make_indexed("Alpha attention", topics=[sparse], authors=["Tri Dao", "José Peña"], year=2024, venue=iclr,
                              published_on=date(2024, 5, 17), published_precision="day", repository="lab/alpha", arxiv="2405.00001",
                              abstract="About caches."),
        "beta": make_indexed("Beta attention", topics=[attention, memory], authors=["Dao, T.", "Wei Zhang"], year=2023, venue=arxiv,
                             published_on=date(2023, 2, 1), published_precision="month", repository="lab/beta"),
        "gamma": make_indexed("Gamma attention", topics=[memory], authors=["王伟"], year=2023, venue=iclr,
                              published_on=date(2023, 1, 1), published_precision="year"),
        "delta": make_indexed("Delta attention", topics=[memory], authors=["Zhang Wei"]),
    }  # fmt: skip
    for one, other in (("alpha", "beta"), ("alpha", "gamma"), ("beta", "gamma")):
        Citation.objects.create(citing=made[one], cited=made[other], source=Source.OPENALEX)
    Citation.objects.create(
        citing=made["beta"], cited=made["gamma"], source=Source.SEMANTIC_SCHOLAR
    )
    today = date(2025, 1, 1)
    Repository.objects.filter(name="alpha").update(stars=250, stars_on=today)
    Repository.objects.filter(name="beta").update(stars=0, stars_on=today)
    return made


def names(query: str, **options) -> list[str]:
    results = search(query, **options)
    titles = dict(Paper.objects.values_list("pk", "title"))
    return [titles[hit.paper_id].split()[0].lower() for hit in results.hits]


FIELDS = [
    ("author:dao", {"alpha", "beta"}),
    ('author:"Tri Dao"', {"alpha", "beta"}),  # T. can be Tri
    ('author:"dao tri"', {"alpha", "beta"}),
    ("author:peña", {"alpha"}),
    ("author:pena", {"alpha"}),
    ('author:"J Pena"', {"alpha"}),
    ('author:"wei zhang"', {"beta", "delta"}),
    ("author:王伟", {"gamma"}),
    ("author:nobody", set()),
    ("title:alpha", {"alpha"}),
    ("title:caches", set()),
    ("abstract:cache", {"alpha"}),
    ("venue:iclr", {"alpha", "gamma"}),
    ('venue:"ICLR 2024"', {"alpha"}),
    ("venue:ICLR2024", {"alpha"}),
    ("venue:iclr-2023", {"gamma"}),
    ('venue:"learning representations"', {"alpha", "gamma"}),
    ("-venue:iclr", {"beta", "delta"}),
    ("-alpha", {"beta", "gamma", "delta"}),
    ('-"alpha attention" -year:2023', {"delta"}),
    ("-(alpha OR year:2023)", {"delta"}),
    ("-caches", {"beta", "gamma", "delta"}),
    ("-attention", set()),
    ("-author:nobody", {"alpha", "beta", "gamma", "delta"}),
    ('-"?!" -alpha', {"beta", "gamma", "delta"}),  # what has no word excludes nobody
    ('-("?!") -alpha', {"beta", "gamma", "delta"}),
    ('-("?!" OR alpha)', {"beta", "gamma", "delta"}),
    ("attention -venue:iclr", {"beta", "delta"}),
    ("topic:attention", {"alpha", "beta"}),
    ('topic:"sparse attention"', {"alpha"}),
    ("topic:attention/sparse-attention", {"alpha"}),
    ("topic:memory", {"beta", "gamma", "delta"}),
    ("catalogue:long-context", {"alpha", "beta", "gamma", "delta"}),
    ("catalogue:bees", set()),
    ("year:2023", {"beta", "gamma"}),
    ("year:2023..2024", {"alpha", "beta", "gamma"}),
    ("year:>2023", {"alpha"}),
    ("date:2023-02", {"beta", "gamma"}),  # gamma is of some day in 2023
    ("date:2024-05-17", {"alpha"}),
    ("date:>2023-06", {"alpha", "gamma"}),
    ("added:>2001", {"alpha", "beta", "gamma", "delta"}),
    ("stars:>100", {"alpha"}),
    ("stars:0", {"beta"}),
    ("citations:2", {"gamma"}),
    ("citations:>=1", {"beta", "gamma"}),
    ("cites:2405.00001", set()),
    ("citedby:2405.00001", {"beta", "gamma"}),
    ('cites:"gamma attention"', {"alpha", "beta"}),
    ("has:code", {"alpha", "beta"}),
    ("has:abstract", {"alpha"}),
    ("has:arxiv", {"alpha"}),
    ("has:venue has:references", {"alpha", "beta"}),
    ("kind:preprint", {"beta"}),
    ("is:withdrawn", set()),
    ("author:dao year:2023", {"beta"}),
    ("author:dao OR topic:memory", {"alpha", "beta", "gamma", "delta"}),
    ("(year:2024 OR has:code) -author:peña", {"beta"}),
    ("author:dao author:zhang", {"beta"}),
    ("author:dao author:zhang author:nobody", set()),
    ("author:dao OR author:王伟 OR author:nobody", {"alpha", "beta", "gamma"}),
    ("attention -author:peña -author:王伟", {"beta", "delta"}),
    ("attention -author:nobody -author:王伟", {"alpha", "beta", "delta"}),
    ("attention -(author:dao author:zhang)", {"alpha", "gamma", "delta"}),
    ("author:nobody OR author:noone", set()),
    ("alpha OR gamma", {"alpha", "gamma"}),
    ("attention (alpha OR year:2023)", {"alpha", "beta", "gamma"}),
    ("attention -(alpha OR year:2023)", {"delta"}),
]


@pytest.mark.parametrize(("query", "expected"), FIELDS)
def test_fields(library, query, expected):
    assert set(names(query)) == expected


def test_exclusions_alone_leave_all_other_papers_the_newest_first(library):
    assert names("-delta") == ["alpha", "beta", "gamma"]
    assert names("-delta", choice=Choice({"year": frozenset(["2023"])})) == ["beta", "gamma"]
    assert names("") == []


def test_what_was_looked_up_in_vain_is_told(library):
    assert search("author:nobody attention").notes == ("No author here is named “nobody”.",)
    assert search("cites:9999.99999").notes == ("No paper here is “9999.99999”.",)


@pytest.mark.parametrize("typed", ["author:t", 'author:"t d"'])
def test_single_letters_are_no_name(library, typed):
    """Else every author would be read to see whose initials they are."""
    assert names(typed) == []
    assert "No author here is named" in search(typed).notes[0]
    assert authors_like("t") == []


PEOPLE = [
    "An Tran", "A. Tran", "Tran An", "Anna Chandra", "Chandra A.", "Weiming Zhang", "Zhang Wei Ming", "Wei-Ming Zhang", "O'Brien, Pat",
    "José Peña", "J. Peña", "王伟", "王 伟", "伟王", "W. 王", "苏剑林(Jianlin Su)", "★", "Łukasz Müller", "∞ Team", "Ł. M.", "ﬁn", "T. T. Dao",
]  # fmt: skip


def plainly(name: str) -> set[str]:
    """Everybody compared with what is asked, if anything of it stands in the name."""
    asked = fold_words(name).split() or [fold(name)]
    telling = [word for word in asked if len(word) > 1 or is_cjk(word)]
    return {
        one
        for one in PEOPLE
        if (any(word in fold(one) for word in telling) if telling else fold(one) == "".join(asked))
        and _can_be(asked, one)
    }


ASKED = ["an", "tran an", "a tran", "weiming zhang", "zhang weiming", "zhang wei ming", "zhangweiming", "obrien", "o brien", "pat", "peña j",
         "王", "王伟", "伟", "w 王", "su", "jianlin su", "★", "lukasz", "∞", "m l", "fin", "dao t", "dao t t", "t dao", "dao t t t", "zhangweiming x", "chandra"]  # fmt: skip


def test_people_are_looked_up_as_if_each_were_compared(make_indexed):
    make_indexed("Alpha", authors=PEOPLE)
    names = dict(Author.objects.values_list("pk", "name"))
    for asked in [*ASKED, *PEOPLE]:
        assert {names[pk] for pk in authors_like(asked)} == plainly(asked), asked


def test_people_who_are_renamed_or_merged_are_looked_up_as_they_are(make_indexed):
    paper = make_indexed("Alpha", authors=["Tri Dao", "Somebody Else"])
    dao, other = Author.objects.order_by("pk")
    dao.name = "Tri Dow"
    dao.save()
    refresh_words([paper.pk])
    assert (authors_like("dao"), authors_like("dow")) == ([], [dao.pk])
    dao.merged_into = other
    dao.save()
    assert authors_like("dow") == []


def test_names_are_read_after_a_migration_that_brought_their_table(make_indexed):
    make_indexed("Alpha", authors=["Tri Dao"])
    AuthorName.objects.all().delete()
    fill_index(sender=None)
    assert len(authors_like("dao")) == 1


def test_an_author_of_one_letter_is_found_by_it(library, make_indexed):
    make_indexed("Epsilon attention", authors=["O"])
    assert names("author:o") == ["epsilon"]


def test_a_name_is_looked_up_once_however_often_it_is_asked_for(
    library, django_assert_max_num_queries
):
    query = " OR ".join(["author:dao", 'author:"Dao"', "venue:iclr", "topic:memory"] * 8)
    with django_assert_max_num_queries(3):
        make_filter(read(query).conditions)


def test_a_filter_is_no_limit_on_words_far_down(library):
    """What passes a filter is found however common its words are."""
    assert names("attention year:2024") == ["alpha"]


ORDERS = [
    ("date", ["alpha", "beta", "gamma", "delta"]),
    ("citations", ["gamma", "beta", "alpha", "delta"]),
    ("stars", ["alpha", "beta", "gamma", "delta"]),
    ("added", ["delta", "gamma", "beta", "alpha"]),
]


@pytest.mark.parametrize(("sort", "expected"), ORDERS)
def test_orders(library, sort, expected):
    assert names("attention", sort=sort) == expected
    assert names(f"attention sort:{sort}") == expected
    assert names(f"topic:memory OR topic:attention sort:{sort}") == expected


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("query", ["attention", "has:code", "attention year:2023"])
def test_no_order_changes_the_set(library, query, sort):
    assert sorted(names(query, sort=sort)) == sorted(names(query))
    assert names(query, sort=sort, limit=1, offset=1) == names(query, sort=sort)[1:2]


def test_facets_count_what_is_found(library):
    counted = {
        facet.name: {v.value: v.count for v in facet.values}
        for facet in search("attention", facets=True).facets
    }
    assert counted["year"] == {"2024": 1, "2023": 2, "unknown": 1}
    assert counted["venue"] == {"iclr": 2, "arxiv": 1, "unknown": 1}
    assert counted["topic"] == {"attention": 2, "memory": 3}
    assert counted["code"] == {"yes": 2, "no": 2}
    assert counted["stars"] == {"100..999": 1, "0": 1, "unknown": 2}
    assert counted["citations"] == {"1..9": 2, "unknown": 2}
    assert "catalogue" not in counted  # there is only one


CHOICES = [
    {"year": ["2023"]},
    {"year": ["2023", "2024"]},
    {"year": ["-2023"]},
    {"year": ["unknown"]},
    {"year": ["-unknown"], "code": ["yes"]},
    {"venue": ["iclr"], "year": ["2023"]},
    {"topic": ["memory"], "code": ["no"]},
    {"topic": ["attention", "-attention/sparse-attention"]},
    {"stars": ["unknown", "0"]},
    {"citations": ["1..9"], "kind": ["-preprint"]},
]


@pytest.mark.parametrize("query", ["attention", "author:dao OR topic:memory"])
@pytest.mark.parametrize("asked", CHOICES)
def test_each_count_is_what_choosing_it_gives(library, query, asked):
    """Also with other facets chosen, and with other values of its own facet."""
    choice = read_choice(asked)
    results = search(query, choice=choice, facets=True)
    assert results.total == len(results.hits)
    for facet in results.facets:
        for value in facet.values:
            others = {name: values for name, values in asked.items() if name != facet.name}
            alone = read_choice({**others, facet.name: [value.value]})
            assert search(query, choice=alone).total == value.count, (facet.name, value)


def test_a_choice_of_nonsense_is_left_out():
    asked = {
        "year": ["soon", "1", "-"],
        "kind": ["book"],
        "stars": ["7"],
        "code": ["maybe"],
        "venue": ["", "-", "a\x00"],
        "topic": ["x" * 2000],
    }
    assert not read_choice(asked)


@given(st.dictionaries(st.sampled_from(facets.FACETS), st.lists(st.text(max_size=9), max_size=3)))
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None
)
def test_no_choice_makes_it_fail(db, asked):
    search("attention", choice=read_choice(asked), facets=True)


def test_facets_of_topics_open_below_what_is_chosen(library):
    results = search("attention", choice=read_choice({"topic": ["attention"]}), facets=True)
    topics = next(facet for facet in results.facets if facet.name == "topic")
    assert [(value.value, value.depth, value.state) for value in topics.values] == [
        ("attention", 0, "in"),
        ("attention/sparse-attention", 1, ""),
        ("memory", 0, ""),
    ]


def test_counting_takes_a_fixed_number_of_queries(library, django_assert_num_queries):
    papers = list(Paper.objects.values_list("pk", flat=True))
    with django_assert_num_queries(4):
        count_facets(papers, Choice())


def test_combinations_of_fields_and_operators_never_fail(library):
    parts = [
        "author:dao",
        "-year:2023",
        "cites:x",
        "(",
        ")",
        "OR",
        '"alpha',
        "sort:date",
        "topic:memory",
    ]
    for one, other, third in product(parts, parts, parts):
        search(f"{one} {other} {third}")


def test_a_title_with_operators_in_it_is_found(make_indexed):
    make_indexed('Memory OR Context? A "Long" Story - NOT -Easy year:2023')
    make_indexed("Memory and context")
    assert key(names('memory OR context? a "long" story - NOT -easy year:2023')[0]) == "memory"


def test_a_phrase_with_a_slip_is_read_as_words(library):
    assert names('"alpha atention"')[0] == "alpha"
    assert search('"alpha atention"').relaxed
    assert names('"attention alpha"') == []


def test_a_topic_of_another_catalogue_of_the_same_name(library, make_indexed):
    bees = make_topic("Memory", catalogue=make_catalogue("bees", title="Bees"))
    make_indexed("Epsilon attention", topics=[bees])
    assert set(names("topic:memory catalogue:bees")) == {"epsilon"}


@pytest.mark.parametrize(
    "query",
    ["a OR a OR a OR KV", "-cache -memory", '-(title:long "key value")', "title:a OR -abstract:b"],
)
def test_conditions_on_words_are_one_look_at_the_words(query):
    made = make_filter(read(query).conditions)
    assert made.sql.count("search_papertext") == 1
    assert len(made.parameters) == 1


@pytest.mark.parametrize("typed", ["venue:nips", "venue:NIPS2024", 'venue:"NIPS 2024"'])
def test_a_venue_is_found_by_what_it_was_called_before(make_indexed, typed):
    paper = make_indexed("Alpha", venue=make_venue("NeurIPS"), year=2024)
    assert [hit.paper_id for hit in search(typed).hits] == [paper.pk]
