"""BibTeX as bibtexparser reads it back."""

import re
import unicodedata
from datetime import UTC, datetime
from typing import Any

import pytest
from bibtexparser.entrypoint import parse_string
from bibtexparser.middlewares.names import SeparateCoAuthors, SplitNameParts
from hypothesis import given
from hypothesis import strategies as st
from pylatexenc.latex2text import LatexNodes2Text

from catalog.exports.bibtex import bibtex, encoded, write_bibtex
from tests.catalog.exports.papers import HOSTILE, NOTHING_KNOWN, PREPRINT, facts, titles


def fields_of(text: str) -> dict[str, str]:
    library = parse_string(text)
    assert not library.failed_blocks
    [entry] = library.entries
    return {field.key: field.value for field in entry.fields}


# Commands of LaTeX that the converter does not know.
_UNKNOWN = {"braceleft": r"\{", "braceright": r"\}", "less": "<", "greater": ">"}


def shown(latex: str) -> str:
    for command, sign in _UNKNOWN.items():
        latex = latex.replace(f"{{\\text{command}}}", sign)
    return str(LatexNodes2Text(keep_comments=True).latex_to_text(latex))


def test_a_conference_paper_names_its_proceedings_and_keeps_its_eprint():
    text = bibtex(facts(distinction="Oral"))
    assert text.startswith("@inproceedings{dao2022flashattention,\n")
    assert fields_of(text) == {
        "title": "{FlashAttention}: Fast and Memory-Efficient Exact Attention",
        "author": "Tri Dao and Daniel Y. Fu",
        "booktitle": "Advances in Neural Information Processing Systems",
        "year": "2022",
        "eprint": "2205.14135",
        "archivePrefix": "arXiv",
        "doi": "10.1000/xyz_1",
        "url": "https://arxiv.org/abs/2205.14135",
        "note": "Oral",
    }


def test_a_journal_paper_is_an_article():
    text = bibtex(facts(venue_kind="journal", venue="TACL", venue_full=""))
    assert text.startswith("@article{")
    assert fields_of(text)["journal"] == "TACL"


def test_a_preprint_says_where_it_is_by_its_eprint_and_has_a_month():
    text = bibtex(facts(**PREPRINT))
    assert text.startswith("@misc{")
    assert "howpublished" not in fields_of(text)
    assert "\n  month = may,\n" in text


def test_the_month_of_a_preprint_is_not_that_of_its_publication():
    assert "month" not in bibtex(facts())
    assert "month" not in bibtex(facts(**PREPRINT, year=2023))


def test_a_paper_of_which_nothing_is_known_has_its_title():
    assert fields_of(bibtex(facts(**NOTHING_KNOWN))) == {
        "title": "{FlashAttention}: Fast and Memory-Efficient Exact Attention"
    }


def test_a_withdrawn_paper_says_so():
    text = bibtex(facts(distinction="Oral", withdrawn_at=datetime(2024, 5, 6, tzinfo=UTC)))
    assert fields_of(text)["note"] == "Oral. Withdrawn 2024-05-06"


def test_capitals_that_a_style_would_lower_are_braced():
    title = fields_of(bibtex(facts(title="FlashAttention for LLMs in Long-Context Models: O(n)")))
    assert title["title"] == "{FlashAttention} for {LLMs} in Long-Context Models: {O}(n)"


@pytest.mark.parametrize("title", HOSTILE)
def test_no_title_breaks_out_of_its_entry(title):
    latex = fields_of(bibtex(facts(title=title)))["title"]
    assert _same(shown(latex)) == _same(title)
    assert r"\input{x}" not in latex


@pytest.mark.parametrize("title", HOSTILE)
def test_braces_balance_as_bibtex_itself_counts_them(title):
    """It takes no notice of backslashes."""
    depth = 0
    for brace in re.findall(r"[{}]", bibtex(facts(title=title, authors=(title,)))):
        depth += 1 if brace == "{" else -1
        assert depth >= 0
    assert depth == 0


@given(titles())
def test_any_title_can_be_read_back(title):
    entry = fields_of(bibtex(facts(title=title, distinction=title)))
    assert list(entry) == list(fields_of(bibtex(facts(distinction="x"))))
    assert entry["year"] == "2022"


_LETTERS = "abcABC äöüéñßçŁø αβγ 长上下文 {}%&#_$^~"


@given(st.text(_LETTERS, min_size=1).map(lambda text: " ".join(text.split())).filter(bool))
def test_text_is_the_same_when_it_is_read_back(text):
    assert _same(shown(encoded(text))) == _same(text)


def _same(text: str) -> str:
    """Without what LaTeX writes in more than one way: spaces, dashes, quotes, forms of letters."""
    plain = unicodedata.normalize("NFKC", text.replace("ˆ", "^"))
    return re.sub(r"[\s\-–—‐`'\"“”‘’]+", "", plain)


def _people(text: str) -> list[Any]:
    library = parse_string(text, append_middleware=[SeparateCoAuthors(), SplitNameParts()])
    return list(library.entries[0]["author"])


def test_names_are_divided_as_they_were_meant():
    authors = (
        "Laurens van der Maaten",
        "Martin Luther King Jr.",
        "Kamradt, G.",
        "王小明",
        "Gemini Team",
        "André F. T. Martins",
        "Research and Development",
    )
    people = _people(bibtex(facts(authors=authors)))
    assert [(one.first, one.von, one.last, one.jr) for one in people] == [
        (["Laurens"], ["van", "der"], ["Maaten"], []),
        (["Martin", "Luther"], [], ["King"], ["Jr."]),
        (["G."], [], ["Kamradt"], []),
        ([], [], ["王小明"], []),
        ([], [], ["{Gemini Team}"], []),
        ([r"Andr\'e", "F.", "T."], [], ["Martins"], []),
        ([], [], ["{Research and Development}"], []),
    ]


def test_sixty_authors_are_sixty():
    authors = tuple(f"Given{number} Family{number}" for number in range(60))
    assert len(_people(bibtex(facts(authors=authors)))) == 60


def test_an_address_cannot_leave_its_field():
    from catalog.identifiers import Ident

    url = Ident("url", "https://example.org/a}b{c\\d%20_e#f")
    fields = fields_of(bibtex(facts(identifiers=(url,))))
    assert fields["url"] == "https://example.org/a%7Db%7Bc%5Cd%20_e#f"


def test_many_are_written_one_by_one():
    texts = list(write_bibtex([facts(key="a"), facts(key="b")], "https://stemma.example"))
    assert len(texts) == 2
    assert [entry.key for entry in parse_string("".join(texts)).entries] == ["a", "b"]
