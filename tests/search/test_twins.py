"""What a search found in other forms: whole, and readable by what reads each form."""

import numpy as np
import pytest
from django.urls import reverse
from lxml import etree

from search import queries, sentences

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
    assert feed.findtext(f"{ATOM}entry/{ATOM}title").split() == ["Sparse", "attention"]


def test_no_reason_is_computed_that_nothing_shows(client, make_indexed, monkeypatch):
    paper = make_indexed("Sparse attention")

    def never(*_: object) -> None:
        pytest.fail("a reason was computed")

    monkeypatch.setattr(queries, "explain", never)
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
