"""What is shown as the reason, of many papers at once as of each alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search import terms
from search.question import read
from search.synonyms import KNOWN, by_words
from search.texts import PaperTexts
from search.why import all_matches, explain, explain_all, matches


@pytest.fixture(autouse=True)
def _known_synonyms(monkeypatch):
    """Those that come with the program and two as they are mined, without a database."""
    pairs = by_words([*KNOWN, ("FWP", "fast weight programming"), ("LCM", "长上下文模型")])
    monkeypatch.setattr(terms, "synonyms", lambda: pairs)


def texts(title: str = "", abstract: str = "", number: int = 1) -> PaperTexts:
    return PaperTexts(number, title, abstract, [], ["Tri Dao"], ["Sparse attention"], [], ["lab/code"])  # fmt: skip


def shown(query: str, title: str, abstract: str = "", *, is_near: bool = False) -> str:
    pieces = explain(texts(title, abstract), read(query), is_near=is_near)
    return "".join(f"[{text}]" if is_match else text for text, is_match in pieces)


SHOWN = [
    ("cache", "Caching keys", "", "title: [Caching] keys"),
    ("flash attention", "FlashAttention-3, fast", "", "title: [FlashAttention-3], fast"),
    ("flashattention", "Flash Attention: fast", "", "title: [Flash] [Attention]: fast"),
    ("research", "Re-Search and find", "", "title: [Re-Search] and find"),
    ("kv", "The K-V cache", "", "title: The [K-V] cache"),
    ("kv", "A k v cache", "", "title: A [k] [v] cache"),
    ("LLMs", "An LLM", "", "title: An [LLM]"),
    ("dao", "Nothing", "", "authors: Tri [Dao]"),
    ("memory evict", "Memory", "One. We evict memory! Two.", "abstract: We [evict] [memory]!"),
    ("长度外推", "论长度外推性", "", "title: 论[长度外推]性"),
    ("émile", "Emile's Émile", "", "title: [Emile's] [Émile]"),
    ("attenton", "Attention", "", "title: [Attention]"),
    ("cache", "Caching - of keys", "", "title: [Caching] - of keys"),
    ("cat", "A category of catalogues", "About.", ""),
    ("atten", "Attention", "About.", "its title begins so"),
    ("throughput", "Speculative Decoding", "", "its subject is near"),
    ("throughput", "Speculative Decoding", "About.", ""),
    ("nothing repositry", "Else", "The repository.", "abstract: The [repository]."),
    # What means the same stands there.
    (
        "SSM",
        "On State-Space Models, again",
        "",
        "title: On [State-Space] [Models], again (for SSM)",
    ),
    ("SSMs", "A state space model", "", "title: A [state] [space] [model] (for SSMs)"),
    ("state space models", "A long SSM", "", "title: A long [SSM] (for state space models)"),
    (
        "RoPE scaling",
        "Scaling a Rotary Position Embedding",
        "",
        "title: [Scaling] a [Rotary] [Position] [Embedding] (for RoPE)",
    ),
    (
        "rotary position embedding",
        "Longer RoPE",
        "",
        "title: Longer [RoPE] (for rotary position embedding)",
    ),
    ("moe", "Mixture-of-Experts", "", "title: [Mixture-of-Experts] (for moe)"),
    (
        "FWP",
        "Nothing",
        "One. By fast weight programming. Two.",
        "abstract: By [fast] [weight] [programming]. (for FWP)",
    ),
    ("注意力", "All of attention", "", "title: All of [attention] (for 注意力)"),
    ("attention", "论注意力", "", "title: 论[注意力] (for attention)"),
    ("LCM", "新的长上下文模型。", "", "title: 新的[长上下文模型]。 (for LCM)"),
    ("survey", "An Overview", "", "title: An [Overview] (for survey)"),
    ("SSM", "SSM, a state space model", "", "title: [SSM], a state space model"),
    ("ssm", "Of this state", "About.", "title: Of this [state] (in part for ssm)"),
]


@pytest.mark.parametrize(("query", "title", "abstract", "expected"), SHOWN)
def test_the_reason_marks_what_matched(query, title, abstract, expected):
    assert shown(query, title, abstract) == expected


def test_only_what_is_near_is_close_in_meaning():
    assert shown("cat", "Category", "About.", is_near=True) == "close in meaning"
    assert shown("SSM", "A state", is_near=True) == "close in meaning"
    assert shown("SSM", "State space models", is_near=True).endswith("(for SSM)")


def test_matches_say_which_words_stand_for_what_was_asked():
    paper = texts("SSMs", "We know state-space models. Others do not.")
    assert [
        (one.field, one.words, one.note) for one in matches(paper, read("state space model"))
    ] == [
        ("title", ("SSMs",), "for state space model"),
        ("abstract", ("state-space", "models"), ""),
    ]
    [one] = matches(texts("记忆"), read("memory of cats"))
    assert (one.words, one.text, one.note) == (("记忆",), "记忆", "for memory")


def test_matches_know_slips_of_words_that_stand_nowhere():
    found = matches(texts("Eviction Sinks", "Sinks of retention."), read("evicton sinks"))
    assert [one.words for one in found] == [("Eviction", "Sinks"), ("Sinks",)]
    # What stands in the paper was no slip.
    found = matches(texts("Memory", "A memoir of memories"), read("memory"))
    assert [one.words for one in found] == [("Memory",), ("memories",)]


MARKED_UP = [
    ("attention", "An **attention** model", ("attention",)),
    ("attention", "An \\emph{attention} model", ("attention",)),
    ("attention", "\\href{https://x.org/a}{Attention} here", ("Attention",)),
    (
        "streaming-llm",
        "\\href{https://x.org/streaming-llm}{Code} here",
        ("x.org/streaming-llm",),
    ),
    ("attention", "An attention - of", ("attention",)),
    ("kv cache", "the K-V Caching.", ("K-V", "Caching")),
]


@pytest.mark.parametrize(("query", "title", "words"), MARKED_UP)
def test_words_that_matched_are_without_markup(query, title, words):
    assert matches(texts(title), read(query))[0].words == words


words = st.lists(
    st.sampled_from(["flash", "attention", "Attention,", "k-v", "k", "v", "—", "Caching", "长", "长度", "\n", "é", "a.", "B.", "LLM", "large", "language", "models", "注意力", "**key**", "value", "atention"]),
    max_size=8,
).map(" ".join)  # fmt: skip


@given(st.lists(st.tuples(words, words), max_size=4), words)
def test_the_reasons_of_many_are_those_of_each(papers, query):
    every = [texts(title, abstract, number) for number, (title, abstract) in enumerate(papers)]
    question = read(query)
    together = explain_all(every, question)
    assert together == {one.paper_id: explain(one, question) for one in every}
    found = all_matches(every, question)
    for one in every:
        assert found[one.paper_id] == matches(one, question)
        reason = "".join(text for text, _ in together[one.paper_id])
        held = {match.field for match in matches(one, question)}
        assert held or reason in {"", "its title begins so", "its subject is near"}
        assert not held or any(reason.startswith(field) for field in held)
