"""Reading lists of references as people have them."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.exports.bibtex import write_bibtex
from catalog.exports.csl import write_csl
from catalog.exports.ris import write_ris
from catalog.identifiers import Ident, RepositoryName
from search import reading_lists
from search.reading_lists import MOST, Fault, read_list
from tests.catalog.exports.papers import facts, titles

ARXIV = Ident("arxiv", "2205.14135")


def test_lines_are_identifiers_addresses_or_titles():
    read = read_list(
        "2205.14135v2\n\n- https://doi.org/10.1000/xyz\n12. FlashAttention: Fast\n"
        "https://github.com/a/b\r\n[3] arXiv:2205.14135 [cs.LG] 27 May 2022\n"
    )
    assert read.form == "lines"
    assert [(one.line, one.names, one.title) for one in read.entries] == [
        (1, (Ident("arxiv", "2205.14135", 2),), ""),
        (3, (Ident("doi", "10.1000/xyz"),), ""),
        (4, (), "FlashAttention: Fast"),
        (5, (RepositoryName("github.com", "a", "b"),), ""),
        (6, (ARXIV,), ""),
    ]


def test_a_printed_reference_is_known_by_the_identifier_in_it():
    text = "T. Dao et al. FlashAttention. arXiv preprint arXiv:2205.14135, 2022. doi 10.1000/x."
    [entry] = read_list(text).entries
    assert entry.names == (ARXIV, Ident("doi", "10.1000/x"))
    assert entry.year == 2022


def test_a_word_that_only_looks_like_an_identifier_may_be_a_title():
    [entry] = read_list("W2964110616").entries
    assert entry.names == (Ident("openalex", "W2964110616"),)
    assert entry.title == "W2964110616"


BIBTEX = r"""
@comment{nothing}
@string{neurips = {NeurIPS}}
Something between.
@inproceedings{dao2022,
  title = "{FlashAttention}: Fast \& Exact",
  booktitle = neurips,
  eprint = {2205.14135}, archivePrefix = {arXiv},
  doi = {10.1000/a\_b},
  year = 2022
}
@article(b, title = {In {round} brackets}, journal = {arXiv preprint arXiv:2309.17453})
@misc{c, title={One}, title={Two}, howpublished={\url{https://openreview.net/forum?id=abcdefgh}}}
@misc{broken, title = {No end
@misc{d, note = {nothing}}
@book{e, title = {After the broken one}}
"""


def test_bibtex_is_read_entry_by_entry():
    read = read_list(BIBTEX)
    assert read.form == "BibTeX"
    assert [(one.line, one.names, one.year) for one in read.entries] == [
        (5, (ARXIV, Ident("doi", "10.1000/a_b")), 2022),
        (12, (Ident("arxiv", "2309.17453"),), None),
        (13, (Ident("openreview", "abcdefgh"),), None),
        (16, (), None),
    ]
    assert [one.title for one in read.entries][1:] == [
        "In {round} brackets",
        "One",
        "After the broken one",
    ]
    assert read.faults == [
        Fault(
            14,
            "This entry is broken: a comma or equals sign is missing, or braces or quotes do not match.",
        ),
        Fault(15, "“d” has neither a title nor an identifier."),
    ]


RIS = """TY  - CPAPER
TI  - FlashAttention:
 Fast and exact
AU  - Dao, Tri
PY  - 2022/05/27/
DO  - 10.1000/XYZ
UR  - https://arxiv.org/abs/2205.14135
ER  -
XX  - lost
TY  - JOUR
T1  - Another
TY  - JOUR
N2  - nothing
ER  -
"""


def test_ris_is_read_record_by_record():
    read = read_list(RIS)
    assert read.form == "RIS"
    assert [(one.line, one.title, one.names, one.year) for one in read.entries] == [
        (1, "FlashAttention: Fast and exact", (Ident("doi", "10.1000/xyz"), ARXIV), 2022),
        (10, "Another", (), None),
    ]
    assert [fault.line for fault in read.faults] == [9, 10, 12]


@pytest.mark.parametrize("write", [write_bibtex, write_ris, write_csl])
@given(titles())
def test_what_is_exported_can_be_looked_up(write, title):
    papers = [facts(key="a", title=title), facts(key="b")]
    read = read_list("".join(write(papers, "https://stemma.example")))
    assert [one.names[:1] for one in read.entries] in [
        [(ARXIV,), (ARXIV,)],
        [(Ident("doi", "10.1000/xyz_1"),)] * 2,
    ]
    assert not read.faults


@given(
    st.text(st.sampled_from('@{}(),="\\ \n\r\x00abTYER-  - 10./:W1#%长\u2028\ud800'), max_size=200)
)
def test_no_text_breaks_the_reading(text):
    read = read_list(text)
    assert len(read.entries) + len(read.faults) <= text.count("\n") + text.count("@") + 4


@pytest.mark.parametrize(
    "text",
    [
        "@a{" * 300_000,
        "@a{x,\n" * 150_000,
        "{" * 1_000_000,
        "@article{a, title={" + "{" * 900_000,
        '@article{a, title="\n' * 50_000,
        "@string{" * 100_000,
        "TY  - JOUR\n" * 80_000,
        "TY  - JOUR\nTI  - x\n" + " y\n" * 300_000,
        "https://a.b/" * 80_000,
        "1.10.1000/" * 90 + "\n",
        "x\n" * 500_000,
        '{"a":' * 200_000,
        '[{"a":1},' * 100_000,
    ],
    ids=range(13),
)
def test_a_list_made_to_take_long_does_not(text):
    began = time.process_time()
    read = read_list(text)
    assert time.process_time() - began < 5
    assert len(read.entries) + len(read.faults) <= MOST + 1


def test_csl_json_is_read_item_by_item():
    text = (
        '[{"title": "One", "DOI": "10.1000/x",\n  "issued": {"date-parts": [[2022, 5]]}},\n'
        '{"URL": "https://arxiv.org/abs/2205.14135"}, 3,\n{"note": null},\n{"title": "Last" oh'
    )
    read = read_list(text)
    assert read.form == "CSL-JSON"
    assert [(one.line, one.title, one.names, one.year) for one in read.entries] == [
        (1, "One", (Ident("doi", "10.1000/x"),), 2022),
        (3, "", (ARXIV,), None),
    ]
    assert [fault.line for fault in read.faults] == [3, 4, 5]


def test_only_so_many_entries_are_read_and_that_is_said(monkeypatch):
    monkeypatch.setattr(reading_lists, "MOST", 3)
    read = read_list("\n".join(["a title"] * 5))
    assert len(read.entries) == 3
    assert read.faults == [Fault(4, "Only the first 3 entries were read.")]


def test_a_line_that_is_too_long_is_left_out():
    read = read_list("x" * 1001 + "\nA title")
    assert [one.title for one in read.entries] == ["A title"]
    assert read.faults == [Fault(1, "Longer than 1,000 characters: left out.")]


def test_identifiers_between_entries_are_read_and_remarks_are_not():
    text = """2404.06654
@article{a, title={RoFormer {x}: Enhanced}, year=2021}
A remark on what follows.
% 2309.00001
https://arxiv.org/abs/2309.00071
@misc{b, title={Other}}
doi:10.1145/3290605.3300233
"""
    read = read_list(text)
    assert [(one.line, one.shown) for one in read.entries] == [
        (1, "2404.06654"),
        (2, "RoFormer x: Enhanced"),
        (5, "https://arxiv.org/abs/2309.00071"),
        (6, "Other"),
        (7, "doi:10.1145/3290605.3300233"),
    ]
