"""Reading a query into terms, phrases and exclusions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.grammar import Not, Phrase
from search.question import MAX_LENGTH, MAX_TERMS, clean, read

# query → text without operators, terms, number of phrases, number of exclusions
QUERIES = [
    ("attention sinks", "attention sinks", ["attention", "sinks"], 0, 0),
    ('"attention sinks" kv', "attention sinks kv", ["attention", "sinks", "kv"], 1, 0),
    ("“attention sinks”", "attention sinks", ["attention", "sinks"], 1, 0),
    ("transformer -vision", "transformer", ["transformer"], 0, 1),
    ('a -"state space"', "a", ["a"], 0, 1),
    ("long-context", "long-context", ["long", "context"], 0, 0),
    ("how to do it", "how to do it", ["how", "to", "do", "it"], 0, 0),
    ("how to evict", "how to evict", ["evict"], 0, 0),
    ("长度外推", "长度外推", ["长 度", "度 外", "外 推"], 0, 0),
    ("性", "性", ["性"], 0, 0),
    ("FlashAttention", "FlashAttention", ["flashattention"], 0, 0),
    ('"unbalanced', "unbalanced", ["unbalanced"], 0, 0),
    ("-", "-", [], 0, 0),
    ("- vision", "- vision", ["vision"], 0, 0),
    (":* & | ! ()", ":* !", [], 0, 0),
    ("\\", "\\", [], 0, 0),
    ('""', "", [], 0, 0),
    ("😀", "😀", [], 0, 0),
    ("", "", [], 0, 0),
]


@pytest.mark.parametrize(("query", "text", "terms", "phrases", "excluded"), QUERIES)
def test_a_query_is_read_in_parts(query, text, terms, phrases, excluded):
    question = read(query)
    assert question.text == text
    assert [term.word for term in question.terms] == terms
    assert sum(isinstance(node, Phrase) for node in question.conditions) == phrases
    assert sum(isinstance(node, Not) for node in question.conditions) == excluded


def test_a_query_is_cut_and_cleaned():
    assert clean("a\x00b  c\n") == "a b c"
    assert len(clean("x" * 10_000)) == MAX_LENGTH
    assert clean("a\ud800b\x07c\x7fd") == "a b c d"
    assert len(read(" ".join(f"w{n}" for n in range(200))).terms) == MAX_TERMS


def test_a_persons_names_may_come_in_any_order():
    assert "yaofu" in read("Fu Yao").author_keys
    assert "guangxuanxiao" in read("xiao guangxuan").author_keys
    assert read("attention").author_keys == []


@given(st.text())
def test_no_text_makes_the_reader_fail(text):
    question = read(text)
    assert len(question.text) <= MAX_LENGTH * 2


def test_a_condition_that_is_said_twice_is_one():
    assert (
        read("-b " * 100 + "year:2020 year:2020 -b").conditions == read("-b year:2020").conditions
    )
