"""One reading of words, for what is indexed and what is asked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.words import key, parts, placed, plain_words, sentences, system_names, systems

READINGS = [
    ("FlashAttention-3", ["flash", "attention", "3"], ["flashattention", "3"]),
    ("KV-cache", ["kv", "cache"], ["kv", "cache"]),
    ("LongLLMLingua", ["long", "llm", "lingua"], ["longllmlingua"]),
    ("LLMs", ["llms"], ["llms"]),
    ("E^2-LLM", ["e", "2", "llm"], ["e", "2", "llm"]),
    ("E²-LLM", ["e2", "llm"], ["e2", "llm"]),
    ("∞Bench", ["infinity", "bench"], ["infinitybench"]),
    ("R&R", ["r", "r"], ["r", "r"]),
    ("2.0", ["2", "0"], ["2", "0"]),
    ("Łukasz Müller", ["lukasz", "muller"], ["lukasz", "muller"]),
    ("Ｆｕｌｌ width", ["full", "width"], ["full", "width"]),
    ("注意力", ["注", "意", "力"], ["注", "意", "力"]),
    ("Transformer升级", ["transformer", "升", "级"], ["transformer", "升", "级"]),
    ("a\x00b", ["a", "b"], ["a", "b"]),
    ("… — \\ :*", [], []),
]


@pytest.mark.parametrize(("text", "split", "plain"), READINGS)
def test_a_name_is_read_in_parts_and_whole(text, split, plain):
    assert parts(text) == split
    assert plain_words(text) == plain
    assert key(text) == "".join(split)


@pytest.mark.parametrize(
    ("title", "names"),
    [
        ("Quest: Query-Aware Sparsity", ["quest"]),
        ("FlashAttention-3: Fast and Accurate", ["flashattention3"]),
        ("Dynamic Prefill (MInference) for All", ["minference"]),
        ("Transformer升级之路：7、长度", ["transformer升级之路"]),
        ("What is it that makes a long head: a title", []),
        ("No name at all", []),
        ("Quest:", []),
        (": a title", []),
        ("?!: a title", []),
    ],
)
def test_a_title_introduces_systems(title, names):
    assert system_names(title) == names


def test_systems_are_told_as_printed_and_long_names_where_they_are_wanted():
    assert systems("Ｑuest: Sparsity (MInference)") == ["Quest", "MInference"]
    assert systems("A Head of Four: a title") == ["A Head of Four"]
    assert systems("A Head of Four: a title", most_words=3) == []


def test_a_text_is_split_into_sentences():
    assert sentences("One. Two?  Three!") == ["One.", "Two?", "Three!"]
    assert sentences(" ") == []


def test_joined_forms_stand_where_they_begin_and_end():
    assert list(placed("FlashAttention-3", 1)) == [
        ("flash", 1),
        ("attention", 2),
        ("flashattention", 1),
        ("flashattention", 2),
        ("3", 3),
        ("flashattention3", 1),
        ("flashattention3", 3),
    ]


@given(st.text())
def test_no_text_gives_a_word_that_the_index_cannot_hold(text):
    for word, position in placed(text, 1, pairs=True):
        assert word
        assert len(word) <= 400
        assert position >= 0
        assert not set(word) & set(" '\\\x00")
