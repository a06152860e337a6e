"""What is shown as the reason, of many papers at once as of each alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.question import read
from search.texts import PaperTexts
from search.why import explain, explain_all, matches


def texts(title: str = "", abstract: str = "", number: int = 1) -> PaperTexts:
    return PaperTexts(number, title, abstract, [], ["Tri Dao"], ["Sparse attention"], [], ["lab/code"])  # fmt: skip


def shown(query: str, title: str, abstract: str = "") -> str:
    pieces = explain(texts(title, abstract), read(query))
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
    ("cat", "Category of catalogues", "", "close in meaning"),
]


@pytest.mark.parametrize(("query", "title", "abstract", "expected"), SHOWN)
def test_the_reason_marks_what_matched(query, title, abstract, expected):
    assert shown(query, title, abstract) == expected


words = st.lists(
    st.sampled_from(["flash", "attention", "Attention,", "k-v", "k", "v", "—", "Caching", "长", "长度", "\n", "é", "a.", "B."]),
    max_size=8,
).map(" ".join)  # fmt: skip


@given(st.lists(st.tuples(words, words), max_size=4), words)
def test_the_reasons_of_many_are_those_of_each(papers, query):
    every = [texts(title, abstract, number) for number, (title, abstract) in enumerate(papers)]
    question = read(query)
    together = explain_all(every, question)
    assert together == {one.paper_id: explain(one, question) for one in every}
    for one in every:
        reason = "".join(text for text, _ in together[one.paper_id])
        held = {match.field for match in matches(one, question)}
        assert not held or any(reason.startswith(field) for field in held)
