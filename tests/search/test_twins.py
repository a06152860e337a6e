"""What a search found in other forms: whole, and readable by what reads each form."""

import csv
import json
import re

import numpy as np
import pytest
from bibtexparser.entrypoint import parse_string
from django.urls import reverse
from lxml import etree
from pylatexenc.latex2text import LatexNodes2Text

from catalog.readable import readable
from search import queries, sentences
from tests.factories import make_topic

pytestmark = pytest.mark.django_db

ATOM = "{http://www.w3.org/2005/Atom}"


def ask(client, ending: str, q: str, **more):
    name, args = ("search-json", []) if ending == "json" else ("search-file", [ending])
    return client.get(reverse(name, args=args), {"q": q, **more})


def test_control_characters_do_not_break_a_feed(client, make_indexed):
    make_indexed(
        "Sparse\x07 attention", abstract="A\x0b page\x1f break\uffff.", authors=["Tri\x01 Dao"]
    )
    feed = etree.fromstring(ask(client, "atom", "\x07 attention").content)
    assert feed.findtext(f"{ATOM}title") == "attention · Stemma"
    assert feed.findtext(f"{ATOM}entry/{ATOM}title", "").split() == ["Sparse", "attention"]


@pytest.mark.parametrize("ending", ["json", "bib", "ris", "csv", "atom"])
def test_a_query_of_exclusions_alone_is_answered_in_every_form(client, make_indexed, ending):
    make_indexed("Linear memory")
    make_indexed("Recurrent memory", year=2023)
    make_indexed("Dense layers")
    text = ask(client, ending, "-linear -year:2023").text
    assert "Dense layers" in text
    assert "memory" not in text


def test_no_reason_is_computed_that_nothing_shows(client, make_indexed, monkeypatch):
    paper = make_indexed("Sparse attention")

    def never(*_: object) -> None:
        pytest.fail("a reason was computed")

    monkeypatch.setattr(queries, "explain_all", never)
    for ending in ["bib", "ris", "csv", "atom"]:
        assert "attention" in ask(client, ending, "attention").text.lower()
    page = client.get(reverse("search-why", args=[paper.pk]), {"q": "attention"})
    assert "match of the words" in page.text


def test_strangers_cannot_have_a_page_of_whole_abstracts_encoded(client, make_indexed, monkeypatch):
    encoded: list[str] = []

    def encode(model: str, texts: list[str]) -> np.ndarray:
        encoded.extend(texts)
        return np.ones((len(texts), 2))

    monkeypatch.setattr(sentences, "serving_models", lambda: ["model"])
    monkeypatch.setattr(sentences, "query_vector", lambda *_: np.ones(2))
    monkeypatch.setattr(sentences, "encode", encode)
    for number in range(7):
        make_indexed(f"Attention {number}", abstract="A sentence. " * 30)
    hits = ask(client, "json", "attention", sentences="1").json()["hits"]
    assert ["nearest_sentence" in hit for hit in hits] == [True] * 5 + [False] * 2
    assert len(encoded) == 5 * 8


def _titles_in_json(text: str) -> list[str]:
    return [hit["title"] for hit in json.loads(text)["hits"]]


def _titles_in_bibtex(text: str) -> list[str]:
    library = parse_string(text)
    assert not library.failed_blocks
    return [LatexNodes2Text().latex_to_text(entry["title"]) for entry in library.entries]


def _titles_in_ris(text: str) -> list[str]:
    *entries, rest = text.split("ER  - \r\n")
    assert rest == ""
    for line in "".join(entries).split("\r\n"):
        assert not line or re.match(r"[A-Z][A-Z0-9]  - \S", line)
    assert all(entry.strip().startswith("TY  - ") for entry in entries)
    return [title for entry in entries for title in re.findall(r"^TI  - (.+)\r$", entry, re.M)]


def _titles_in_csv(text: str) -> list[str]:
    head, *rows = csv.reader(text.removeprefix("\ufeff").splitlines(keepends=True), strict=True)
    assert all(len(row) == len(head) for row in rows)
    return [row[head.index("title")] for row in rows]


def _titles_in_atom(text: str) -> list[str]:
    feed = etree.fromstring(text.encode())
    assert feed.tag == f"{ATOM}feed"
    return [entry.findtext(f"{ATOM}title", "") for entry in feed.iterfind(f"{ATOM}entry")]


TWINS = {
    "json": ("application/json", _titles_in_json),
    "bib": ("application/x-bibtex; charset=utf-8", _titles_in_bibtex),
    "ris": ("application/x-research-info-systems; charset=utf-8", _titles_in_ris),
    "csv": ("text/csv; charset=utf-8", _titles_in_csv),
    "atom": ("application/atom+xml; charset=utf-8", _titles_in_atom),
}


@pytest.mark.parametrize("ending", TWINS)
def test_each_twin_has_just_the_papers_of_the_page(client, make_indexed, ending):
    for title, year in [
        ("Sparse attention", 2024),
        ("Linear attention, “quoted” \n& <tagged>, of 50% {braces", 2024),
        ("Older attention", 2019),
        ("Something else", 2024),
    ]:
        make_indexed(
            title,
            year=year,
            topics=[make_topic("Memory")],
            authors=["Tri Dao", "Åsa Ö"],
            abstract='One,\n\ntwo; "three".',
        )
    asked = {"q": "attention -older", "year": "2024"}
    page = client.get(reverse("search"), asked)
    shown = [readable(found.paper.title) for found in page.context["papers"]]
    assert len(shown) == 2
    kind, titles_in = TWINS[ending]
    response = ask(client, ending, asked["q"], year="2024")
    assert (response.status_code, response["Content-Type"]) == (200, kind)
    assert sorted(map(_letters, titles_in(response.text))) == sorted(map(_letters, shown))


def _letters(title: str) -> str:
    """A title without what a form has to write in another way."""
    return " ".join(re.findall(r"\w+", title))


@pytest.mark.parametrize("ending", TWINS)
def test_a_twin_of_nothing_found_can_be_read(client, db, ending):
    response = ask(client, ending, "nothing has this")
    assert response.status_code == 200
    assert TWINS[ending][1](response.text) == []


def test_a_spreadsheet_takes_no_title_for_a_formula(client, make_indexed):
    make_indexed('=HYPERLINK("//evil", "attention")', authors=["@dao"], abstract="+1 attention")
    [row] = csv.DictReader(ask(client, "csv", "attention").text.removeprefix("\ufeff").splitlines())
    assert row["title"] == '\'=HYPERLINK("//evil", "attention")'
    assert (row["authors"], row["abstract"]) == ("'@dao", "'+1 attention")
