"""RIS, CSL-JSON, CSV and Atom as others' parsers read them back: the same facts, whatever the text."""

import csv
import io
import json
from datetime import UTC, date, datetime
from typing import Any

import feedparser
import pytest
import rispy
from citeproc import (
    Citation,
    CitationItem,
    CitationStylesBibliography,
    CitationStylesStyle,
    formatter,
)
from citeproc.source.json import CiteProcJSON
from hypothesis import given
from lxml import etree

from catalog.exports.csl import write_csl
from catalog.exports.feeds import atom
from catalog.exports.ris import write_ris
from catalog.exports.table import COLUMNS, write_csv
from catalog.identifiers import Ident
from tests.catalog.exports.papers import HOSTILE, NOTHING_KNOWN, PREPRINT, facts, titles

BASE = "https://stemma.example"
ATOM = "{http://www.w3.org/2005/Atom}"
WITHDRAWN = datetime(2024, 5, 6, tzinfo=UTC)


def ris_of(*papers: Any) -> list[dict[str, Any]]:
    return list(rispy.loads("".join(write_ris(papers, BASE))))


def csl_of(*papers: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = json.loads("".join(write_csl(papers, BASE)))
    return items


def csv_of(*papers: Any) -> list[dict[str, str]]:
    text = "".join(write_csv(papers, BASE))
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True))


def feed_of(*papers: Any) -> str:
    return atom(papers, BASE, title="A list", page="/venues/iclr/", address="/venues/iclr.atom")


# RIS


def test_ris_has_the_facts():
    [record] = ris_of(facts(distinction="Oral", withdrawn_at=WITHDRAWN))
    assert record == {
        "type_of_reference": "CPAPER",
        "id": "dao2022flashattention",
        "title": "FlashAttention: Fast and Memory-Efficient Exact Attention",
        "authors": ["Dao, Tri", "Fu, Daniel Y."],
        "year": "2022",
        "secondary_title": "Advances in Neural Information Processing Systems",
        "abstract": "Transformers are slow.",
        "doi": "10.1000/xyz_1",
        "accession_number": "arXiv:2205.14135",
        "keywords": ["Efficient Attention › IO"],
        "notes": ["Oral. Withdrawn 2024-05-06"],
        "urls": ["https://arxiv.org/abs/2205.14135", "https://doi.org/10.1000/xyz_1"],
    }


def test_ris_of_a_preprint_has_its_day():
    [record] = ris_of(facts(**PREPRINT))
    assert (record["type_of_reference"], record["date"]) == ("UNPB", "2022/05/27")


def test_ris_of_a_paper_of_which_nothing_is_known():
    [record] = ris_of(facts(**NOTHING_KNOWN))
    assert set(record) == {"type_of_reference", "id", "title", "urls"}
    assert record["urls"] == ["https://stemma.example/papers/7/flashattention/"]


@given(titles())
def test_any_title_stays_one_record_of_ris(title):
    first, second = ris_of(facts(title=title, authors=(title,), raw_abstract=title), facts())
    assert first["title"].strip() == title.strip()
    assert second["title"] == facts().title


# CSL-JSON


def test_csl_has_the_facts():
    [item] = csl_of(facts(distinction="Oral"))
    assert item == {
        "id": "dao2022flashattention",
        "type": "paper-conference",
        "title": "FlashAttention: Fast and Memory-Efficient Exact Attention",
        "author": [{"family": "Dao", "given": "Tri"}, {"family": "Fu", "given": "Daniel Y."}],
        "issued": {"date-parts": [[2022]]},
        "container-title": "Advances in Neural Information Processing Systems",
        "container-title-short": "NeurIPS",
        "number": "arXiv:2205.14135",
        "DOI": "10.1000/xyz_1",
        "URL": "https://arxiv.org/abs/2205.14135",
        "abstract": "Transformers are slow.",
        "keyword": "Efficient Attention › IO",
        "note": "Oral",
    }


def test_csl_of_a_preprint_names_who_keeps_it():
    [item] = csl_of(facts(**PREPRINT, withdrawn_at=WITHDRAWN))
    assert (item["type"], item["publisher"], item["note"]) == (
        "article",
        "arXiv",
        "Withdrawn 2024-05-06",
    )
    assert item["issued"] == {"date-parts": [[2022, 5, 27]]}


def test_csl_tells_particles_suffixes_and_teams():
    authors = ("Laurens van der Maaten", "Martin Luther King Jr.", "Gemini Team")
    [item] = csl_of(facts(authors=authors))
    assert item["author"] == [
        {"family": "Maaten", "given": "Laurens", "non-dropping-particle": "van der"},
        {"family": "King", "given": "Martin Luther", "suffix": "Jr."},
        {"literal": "Gemini Team"},
    ]


def test_a_citation_processor_takes_it():
    every = csl_of(facts(), facts(key="b", **PREPRINT), facts(key="c", **NOTHING_KNOWN))
    style = CitationStylesStyle("harvard-cite-them-right", validate=False)
    source = CiteProcJSON(every)
    bibliography = CitationStylesBibliography(style, source, formatter.plain)
    bibliography.register(Citation([CitationItem("dao2022flashattention")]))
    [entry] = bibliography.bibliography()
    assert "Dao, T. and Fu, D.Y. (2022) “FlashAttention:" in str(entry)


@given(titles())
def test_any_title_stays_itself_in_csl(title):
    assert csl_of(facts(title=title))[0]["title"] == title


def test_no_papers_are_an_empty_list():
    assert csl_of() == []
    assert csv_of() == []
    assert ris_of() == []


# CSV


def test_csv_has_the_facts():
    [row] = csv_of(facts(distinction="Oral", withdrawn_at=WITHDRAWN))
    assert row == {
        "key": "dao2022flashattention",
        "title": "FlashAttention: Fast and Memory-Efficient Exact Attention",
        "authors": "Tri Dao; Daniel Y. Fu",
        "year": "2022",
        "date": "2022-05-27",
        "venue": "NeurIPS",
        "distinction": "Oral",
        "topics": "Efficient Attention › IO",
        "arxiv": "2205.14135",
        "doi": "10.1000/xyz_1",
        "openreview": "",
        "acl": "",
        "url": "https://stemma.example/papers/7/flashattention/",
        "code": "https://github.com/dao-ailab/flash-attention",
        "stars": "1200",
        "citations": "3",
        "withdrawn": "2024-05-06",
        "abstract": "Transformers are slow.",
    }
    assert tuple(row) == COLUMNS


@pytest.mark.parametrize(
    ("precision", "shown"), [("day", "2022-05-27"), ("month", "2022-05"), ("year", "2022")]
)
def test_a_date_is_no_more_exact_than_it_is_known(precision, shown):
    [row] = csv_of(facts(precision=precision, published_on=date(2022, 5, 27)))
    assert row["date"] == shown


@given(titles())
def test_any_title_stays_itself_in_csv_and_is_no_formula(title):
    [row] = csv_of(facts(title=title, raw_abstract=title))
    assert row["title"].removeprefix("'") == title.removeprefix("'")
    assert not row["title"].startswith(("=", "+", "-", "@"))


# Atom


def _valid_atom(text: str) -> Any:
    """Hold a feed to what RFC 4287 says must be there, once."""
    feed: Any = etree.fromstring(text.encode())
    assert feed.tag == f"{ATOM}feed"
    for holder in [feed, *feed.iterfind(f"{ATOM}entry")]:
        for once in ["id", "title", "updated"]:
            assert len(holder.findall(f"{ATOM}{once}")) == 1
        assert holder.find(f"{ATOM}link").get("href").startswith("https://")
        datetime.fromisoformat(holder.findtext(f"{ATOM}updated"))
    assert feed.findtext(f"{ATOM}author/{ATOM}name") == "Stemma"
    ids = [entry.findtext(f"{ATOM}id") for entry in feed.iterfind(f"{ATOM}entry")]
    assert len(set(ids)) == len(ids)
    return feed


def test_a_feed_has_the_facts():
    text = feed_of(facts(), facts(pk=8, title="Gone", withdrawn_at=WITHDRAWN))
    _valid_atom(text)
    feed = feedparser.parse(text)
    assert not feed.bozo
    assert feed.feed.title == "A list · Stemma"
    links = {link.rel: link.href for link in feed.feed.links}
    assert links == {
        "alternate": "https://stemma.example/venues/iclr/",
        "self": "https://stemma.example/venues/iclr.atom",
    }
    first, second = feed.entries
    assert first.title == facts().title
    assert [author.name for author in first.authors] == ["Tri Dao", "Daniel Y. Fu"]
    assert first.link == "https://stemma.example/papers/7/flashattention/"
    assert first.id == "https://stemma.example/papers/7/"
    assert [tag.term for tag in first.tags] == ["Efficient Attention › IO"]
    assert first.published == "2022-05-27T00:00:00+00:00"
    assert first.updated == "2025-02-03T00:00:00+00:00"
    assert second.title == "Withdrawn: Gone"


def test_an_empty_feed_is_valid_and_always_the_same():
    _valid_atom(feed_of())
    assert feed_of() == feed_of()


@given(titles())
def test_any_title_stays_itself_in_a_feed(title):
    feed = _valid_atom(feed_of(facts(title=title, authors=(title,), topics=(title,))))
    assert feed.findtext(f"{ATOM}entry/{ATOM}title") == title


@pytest.mark.parametrize("title", HOSTILE)
def test_hostile_titles_stay_themselves(title):
    title = " ".join(title.split())
    paper = facts(title=title)
    assert ris_of(paper)[0]["title"] == title
    assert csl_of(paper)[0]["title"] == title
    assert csv_of(paper)[0]["title"].removeprefix("'") == title
    assert _valid_atom(feed_of(paper)).findtext(f"{ATOM}entry/{ATOM}title") == title


def test_a_registry_s_address_that_is_no_web_page_is_no_link():
    paper = facts(identifiers=(Ident("url", "javascript:alert(1)"),))
    assert ris_of(paper)[0]["urls"] == ["https://stemma.example/papers/7/flashattention/"]
    assert csl_of(paper)[0]["URL"] == "https://stemma.example/papers/7/flashattention/"
