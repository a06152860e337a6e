"""Whatever is typed, a page, its twins and the suggestions answer."""

import random
from urllib.parse import unquote_to_bytes

import pytest
from django.test import Client

from search.benchmark.malformed import KINDS, encoded, malformed

PATHS = (
    "/search",
    "/search.json",
    "/search/suggest.json",
    "/search.csv",
    "/search.atom",
    "/search.bib",
)


@pytest.fixture
def library(make_indexed):
    make_indexed(
        "Attention Sinks in Long Context",
        abstract="The KV cache of LongBench.",
        authors=["Tri Dao"],
    )
    make_indexed("Memory for E^2-LLM and ∞Bench")


@pytest.mark.parametrize("kind", KINDS)
def test_every_page_answers_a_malformed_query(library, client: Client, kind: str) -> None:
    chance = random.Random(kind)
    for path in PATHS * 2:
        query = encoded(KINDS[kind](chance), chance)
        answer = client.get(f"{path}?q={query}")
        allowed = {200, 302, 400} if "%00" in query else {200, 302}
        assert answer.status_code in allowed, (path, query)


def test_every_kind_is_drawn_and_the_same_each_time():
    drawn = list(malformed(60))
    assert drawn == list(malformed(60))
    assert {kind for kind, _ in drawn} == set(KINDS)
    assert any("\x00" in query for _, query in drawn)
    assert max(len(query) for _, query in drawn) > 90_000


def test_a_query_is_encoded_as_it_is_or_as_what_no_browser_sends():
    chance = random.Random(1)
    ways = {unquote_to_bytes(encoded("\ud800é", chance)) for _ in range(200)}
    assert b"\xed\xa0\x80\xc3\xa9" in ways
    assert len(ways) == 3
