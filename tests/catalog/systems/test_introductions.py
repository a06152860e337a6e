"""What a paper says that it introduces."""

import pytest

from catalog.systems.introductions import introduced, sentences


@pytest.mark.parametrize(
    ("title", "names"),
    [
        ("KeepKV: Less Cache for More Context", ["KeepKV"]),
        ("Heavy Cache Oracle (HCO) for Long Inputs", ["HCO"]),
        ("Survey: What We Know of Caches", []),
        ("Lost in the Cache: Why Models Forget", []),
        ("A Study of Caches", []),
        ("Longmemoer: A Transformer with Memory", ["Longmemoer"]),
    ],
)
def test_titles(title, names):
    assert [one.name for one in introduced(title, "")] == names


@pytest.mark.parametrize(
    ("sentence", "names"),
    [
        ("We propose KeepKV, a cache that forgets little.", ["KeepKV"]),
        ("In this paper, we introduce a novel framework called KeepKV that forgets little.", ["KeepKV"]),
        ("This work presents KeepBench v2, a suite of long tasks.", ["KeepBench v2"]),
        ("We develop a method that forgets little, dubbed KeepKV.", ["KeepKV"]),
        ("We further propose “KeepKV”, which forgets little.", ["KeepKV"]),
        ("We propose Heavy Cache Oracle (HCO), a policy.", ["HCO"]),
        ("We propose a policy for large caches (HCO) that works.", []),
        ("Others proposed KeepKV, a cache that forgets little.", []),
        ("We compare against a method called KeepKV.", []),
        ("We apply KeepKV to video.", []),
        ("We propose to improve KeepKV.", []),
        ("We propose SnapKV-based caching.", []),
        ("We propose three models.", []),
        ("We train large language models (LLMs).", []),
    ],
)  # fmt: skip
def test_abstracts(sentence, names):
    assert [one.name for one in introduced("A title", sentence)] == names


def test_it_says_where():
    (one,) = introduced("KeepKV: Less Cache", "Caches are large. We propose KeepKV, a cache.")
    assert (one.name, one.said, one.in_title) == ("KeepKV", "KeepKV: Less Cache", True)
    (one,) = introduced("Less Cache", "Caches are large. We propose KeepKV, a cache.")
    assert (one.said, one.in_title) == ("We propose KeepKV, a cache.", False)


def test_sentences_end_where_they_end():
    text = "Caches (e.g. of J. Doe et al. in 2020) grow by 3.5 times. KeepKV helps! Does it? Yes."
    assert list(sentences(text)) == [
        "Caches (e.g. of J. Doe et al. in 2020) grow by 3.5 times.",
        "KeepKV helps!",
        "Does it?",
        "Yes.",
    ]
    assert list(sentences("")) == []
