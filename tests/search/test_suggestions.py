"""What is suggested while a reader types, and that it follows the catalogue."""

import pytest
from django.db import connection
from django.urls import reverse
from django.utils.timezone import now
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from catalog.models import Author, Paper, Placement
from search.index import refresh_words
from search.models import Suggestion, SuggestionWord
from search.suggestions import refresh_places, suggest
from tests.factories import make_topic, make_venue

pytestmark = pytest.mark.django_db


@pytest.fixture
def library(make_indexed):
    topic = make_topic("Efficient Attention")
    make_indexed(
        "FlashAttention-3: Fast and Accurate Attention",
        authors=["Jay Shah", "Tri Dao"],
        topics=[topic],
        year=2024,
    )
    make_indexed(
        "Efficient Streaming with Attention Sinks",
        authors=["Guangxuan Xiao", "José Peña"],
        topics=[topic],
        venue=make_venue("ICLR"),
    )
    make_indexed(
        "MInference 1.0: Accelerating Pre-filling (MInference)",
        authors=["Huiqiang Jiang"],
        topics=[topic],
    )
    make_indexed("长度外推性与局部注意力", authors=["苏剑林"], topics=[topic])


SUGGESTED = [
    ("flash", ("system", "FlashAttention-3")),
    ("flash att", ("system", "FlashAttention-3")),
    ("flashatt", ("system", "FlashAttention-3")),
    ("FLASH-ATTENTION", ("system", "FlashAttention-3")),
    ("minf", ("system", "MInference")),
    ("eff", ("topic", "Efficient Attention")),
    ("streaming att", ("paper", "Efficient Streaming with Attention Sinks")),
    ("tri d", ("author", "Tri Dao")),
    ("dao", ("author", "Tri Dao")),
    ("dao tri", ("author", "Tri Dao")),
    ("pena", ("author", "José Peña")),
    ("peñ", ("author", "José Peña")),
    ("icl", ("venue", "ICLR")),
    ("长", ("paper", "长度外推性与局部注意力")),
    ("苏剑", ("author", "苏剑林")),
    # one slip
    ("flahs", ("system", "FlashAttention-3")),
    ("gunagxuan", ("author", "Guangxuan Xiao")),
    ("streming sinks", ("paper", "Efficient Streaming with Attention Sinks")),
]


@pytest.mark.parametrize(("typed", "expected"), SUGGESTED)
def test_suggestions(library, typed, expected):
    assert expected in [(one.kind, one.label) for one in suggest(typed)]


SHORT = [
    ("r&r", "R&R"),
    ("R&R", "R&R"),
    ("e^2", "E2-LLM"),
    ("E^2", "E2-LLM"),
    ("e2", "E2-LLM"),
    ("k-v", "The K-V Cache"),
    ("∞b", "∞Bench"),
    ("∞B", "∞Bench"),
]


@pytest.mark.parametrize(("typed", "label"), SHORT)
def test_letters_that_signs_join_are_enough(make_indexed, typed, label):
    for title in ("R&R: Prompts", "E^2-LLM: Extended", "The K-V Cache", "∞Bench: Longer"):
        make_indexed(title, topics=[make_topic("Papers")])
    assert suggest(typed)[0].label == label


COMPLETED = [
    ("author:dao", 'author:"Tri Dao"'),
    ("author:da", 'author:"Tri Dao"'),
    ('author:"tri d', 'author:"Tri Dao"'),
    ("AUTHOR:PEN", 'author:"José Peña"'),
    ("author:苏剑", "author:苏剑林"),
    ("author:gunagxuan", 'author:"Guangxuan Xiao"'),  # one slip
    ("topic:atten", 'topic:"Efficient Attention"'),
    ("venue:icl", "venue:ICLR"),
    ("sparse attention author:da", 'sparse attention author:"Tri Dao"'),
    ("flash year:2024 -author:da", 'flash year:2024 -author:"Tri Dao"'),
    ("(author:xiao OR author:da", '(author:xiao OR author:"Tri Dao"'),
    ('author:"Tri Dao" venue:ic', 'author:"Tri Dao" venue:ICLR'),
]


@pytest.mark.parametrize(("typed", "completed"), COMPLETED)
def test_a_field_is_completed_and_leads_to_its_search(library, client, typed, completed):
    [first, *others] = suggest(typed)
    assert completed.endswith(first.label)
    assert {one.kind for one in others} <= {first.kind}
    page = client.get(first.url)
    assert page.context["query"] == completed
    assert "is named" not in page.text  # the completed value is one that the field knows


@pytest.mark.parametrize(
    "typed",
    ["author:", "author:d", "author:zzzq", "topic:tri", "venue:dao", "year:20"],
)
def test_a_field_is_completed_by_its_own_names_only(library, typed):
    assert suggest(typed) == []


def test_a_field_promises_no_number_that_its_search_may_not_give(library, make_indexed):
    make_indexed("Another", authors=["Tri X. Dao"], topics=[make_topic("Efficient Attention")])
    assert [one.detail for one in suggest("author:tri")] == ["", ""]
    [venue] = suggest("venue:icl")
    assert venue.detail == "1 paper"


def test_a_venue_counts_what_is_listed(library):
    Placement.objects.update(is_primary=False, retired_at=now())
    refresh_places()
    assert not [one for one in suggest("icl") if one.kind == "venue"]


@pytest.mark.parametrize("typed", ["attention acc", "acc attention", "fast a", "f and"])
def test_words_are_found_in_any_order_however_common(library, make_indexed, typed):
    for number in range(30):
        make_indexed(f"Fair Answers {number} about Apples")
    assert "FlashAttention-3: Fast and Accurate Attention" in [one.label for one in suggest(typed)]


def test_what_begins_as_typed_comes_first(make_indexed):
    for title in ("On Fast Weights", "Fast Weights Again", "Weights Fast"):
        make_indexed(title, topics=[make_topic("Papers")])
    found = [one.label for one in suggest("fast we") if one.kind == "paper"]
    assert found[0] == "Fast Weights Again"
    assert len(found) == 3


def test_what_only_ends_like_a_field_is_none(library):
    assert not any("author%3A" in one.url for one in suggest("my-author:dao"))


def test_no_kind_is_buried(library, make_indexed):
    for number in range(30):
        make_indexed(f"Attention number {number}")
    kinds = [one.kind for one in suggest("attention")]
    assert {"paper", "topic"} <= set(kinds)
    assert len(kinds) <= 8


@pytest.mark.parametrize(
    "typed", ["", "a", " ", "?!", "zzzzqq", "attention zzzzqq", "\x00", "\ud800"]
)
def test_nothing_to_suggest(library, typed):
    assert suggest(typed) == []


@given(st.text())
@example("'; DROP TABLE search_suggestion; --")
@example("a%b_" * 10_000)
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50
)
def test_no_text_makes_it_fail(db, typed):
    suggest(typed)


def test_suggestions_follow_the_catalogue(library):
    paper = Paper.objects.get(title__startswith="FlashAttention")
    paper.title = "Quest: Another Name"
    paper.save()
    author = Author.objects.get(name="Tri Dao")
    author.name = "Tri Dow"
    author.save()
    refresh_words([paper.pk])
    assert suggest("flashatt") == []
    assert [(one.kind, one.label) for one in suggest("quest")] == [
        ("system", "Quest"),
        ("paper", "Quest: Another Name"),
    ]
    assert [one.label for one in suggest("dow")] == ["Tri Dow"]
    Placement.objects.filter(paper=paper).delete()
    refresh_words([paper.pk])
    assert suggest("quest") == []


def test_the_same_again_writes_nothing(library):
    papers = list(Paper.objects.values_list("pk", flat=True))

    def rows():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT xmin::text, id FROM search_suggestion UNION ALL SELECT xmin::text, id FROM search_suggestionword ORDER BY 2, 1"
            )
            return cursor.fetchall()

    before = rows()
    assert before
    refresh_words(papers)
    refresh_words()
    assert rows() == before
    assert Suggestion.objects.count() < SuggestionWord.objects.count()


def test_the_address_answers_in_json(library, client):
    answer = client.get(reverse("search-suggest"), {"q": "tri d"})
    assert answer.json() == {
        "query": "tri d",
        "suggestions": [
            {
                "kind": "author",
                "label": "Tri Dao",
                "detail": "1 paper",
                "url": Author.objects.get(name="Tri Dao").get_absolute_url(),
            }
        ],
    }
    assert client.post(reverse("search-suggest")).status_code == 405


@pytest.mark.parametrize(
    "typed", ["yulan he", "an yang", "haoran you", "haoran y", "author:he", 'author:"yulan h']
)
def test_people_are_suggested_whose_names_are_common_words(make_indexed, typed):
    make_indexed("Some", authors=["Yulan He", "An Yang", "Haoran You", "Yang Liu"], topics=[make_topic("Papers")])  # fmt: skip
    wanted = {"yulan he": "Yulan He", "an yang": "An Yang", "haoran you": "Haoran You", "haoran y": "Haoran You"}  # fmt: skip
    label = suggest(typed)[0].label
    assert label == wanted.get(typed, 'author:"Yulan He"')
