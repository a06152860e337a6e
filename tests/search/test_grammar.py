"""The query language: what becomes which tree, and that nothing fails."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.grammar import And, Field, Not, Or, Phrase, Range, Word, parse

A, B, C = Word("a"), Word("b"), Word("c")
TREES = [
    ("a b", (A, B)),
    ('"a b" c', (Phrase("a b"), C)),
    ("-a", (Not(A),)),
    ("−a -b", (Not(A), Not(B))),
    ("a NOT b", (A, Word("NOT"), B)),
    ('-"a b"', (Not(Phrase("a b")),)),
    ("a OR b", (Or((A, B)),)),
    ("a | b OR c", (Or((A, B, C)),)),
    ("a OR b c", (Or((A, B)), C)),
    ("a OR -b", (Or((A, Not(B))),)),
    ("(a b) OR c", (Or((And((A, B)), C)),)),
    ("-(a b)", (Not(And((A, B))),)),
    ("a AND b", (A, B)),
    ("OR", (Word("OR"),)),
    ("OR a", (A,)),
    ("a OR", (A, Word("OR"))),
    ("or not and", (Word("or"), Word("not"), Word("and"))),
    ("((a", (And((And((A,)),)),)),
    ("a))", (Word("a))"),)),
    ("O(n) (O(n))", (Word("O(n)"), And((Word("O(n)"),)))),
    ("()", ()),
    ('""', ()),
    ('"', ()),
    ("-", (Word("-"),)),
    ("a -", (A, Word("-"))),
    ("author:dao", (Field("author", "dao"),)),
    ('AUTHOR:"Tri Dao"', (Field("author", "Tri Dao"),)),
    ("-author:dao", (Not(Field("author", "dao")),)),
    ("author: dao", (Word("author:"), Word("dao"))),
    ('author:""', (Word("author:"),)),
    ("colour:red", (Word("colour:red"),)),
    ('colour:"deep red"', (Word("colour:"), Phrase("deep red"))),
    ("https://example.org/a", (Word("https://example.org/a"),)),
    (
        "(year:2023 OR venue:ACL)",
        (And((Or((Field("year", Range(2023, 2023)), Field("venue", "ACL"))),)),),
    ),
    ("has:code", (Field("has", "code"),)),
    ("has:money", (Word("has:money"),)),
]


@pytest.mark.parametrize(("query", "nodes"), TREES)
def test_a_query_becomes_a_tree(query, nodes):
    assert parse(query).root == And(nodes)


@pytest.mark.parametrize(
    ("query", "low", "high"),
    [
        ("year:2023", 2023, 2023),
        ("year:2023..2025", 2023, 2025),
        ("year:2025..2023", 2023, 2025),
        ("year:2023-2025", 2023, 2025),
        ("year:2023–2025", 2023, 2025),
        ("year:2023..", 2023, None),
        ("year:..2023", None, 2023),
        ("year:>2023", 2024, None),
        ("year:>=2023", 2023, None),
        ("year:<2023", None, 2022),
        ("year:<=2023", None, 2023),
        ("stars:>100", 101, None),
        ("stars:1k..2.5K", 1000, 2500),
        ("stars:1,000", 1000, 1000),
        ("citations:0", 0, 0),
        ("date:2024", date(2024, 1, 1), date(2024, 12, 31)),
        ("date:2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("date:2024-05-17", date(2024, 5, 17), date(2024, 5, 17)),
        ("date:2024-05..2024-07", date(2024, 5, 1), date(2024, 7, 31)),
        ("date:>2024-12", date(2025, 1, 1), None),
        ("added:<2024", None, date(2023, 12, 31)),
    ],
)
def test_ranges(query, low, high):
    (node,) = parse(query).root.nodes
    assert isinstance(node, Field)
    assert node.value == Range(low, high)


@pytest.mark.parametrize(
    "query",
    ["year:soon", "year:99", "year:..", "year:2023..soon", "year:>", "stars:-1", "stars:99999999999", "date:2024-13",
     "date:2024-02-30", "date:>9999-12-31", "date:yesterday", "year:2023...2025x", "sort:nicely", "is:good"],
)  # fmt: skip
def test_a_value_that_makes_no_sense_is_words(query):
    assert parse(query).root == And((Word(query),))
    assert parse(query).sort == ""


def test_the_last_sort_counts_and_is_no_condition():
    query = parse("sort:date attention sort:stars")
    assert (query.sort, query.root) == ("stars", And((Word("attention"),)))


OPERATORS = [
    "a",
    "b",
    '"',
    "(",
    ")",
    "-",
    "OR",
    "NOT",
    "AND",
    "|",
    "author:",
    "year:",
    "..",
    "2023",
    ":",
    " ",
    "∞",
    "\x00",
]


@given(st.lists(st.sampled_from(OPERATORS)).map("".join) | st.text())
def test_no_query_makes_it_fail(query):
    root = parse(query).root
    assert depth(root) <= 30


def depth(node) -> int:
    match node:
        case And(nodes) | Or(nodes):
            return 1 + max(map(depth, nodes), default=0)
        case Not(inner):
            return 1 + depth(inner)
    return 1


def test_brackets_without_end_are_no_burden():
    assert depth(parse("(" * 500).root) == 1
    assert depth(parse("(" * 250 + "a").root) <= 12


@given(st.text(alphabet='ab() -|"', max_size=40))
def test_every_word_is_kept(query):
    """However the operators stand: no word is lost."""
    typed = sum(char in "ab" for char in query)
    assert letters(parse(query).root) == typed


def letters(node) -> int:
    match node:
        case Word(text) | Phrase(text):
            return sum(char in "ab" for char in text)
        case Not(inner):
            return letters(inner)
        case And(nodes) | Or(nodes):
            return sum(map(letters, nodes))
    return 0
