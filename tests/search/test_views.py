import re
from html import unescape
from urllib.parse import parse_qs

import pytest
from django.urls import reverse
from lxml import html

from catalog.identifiers import Ident
from search import views
from search.queries import Hit, Results
from tests.catalog.queries import count_queries
from tests.factories import make_paper

pytestmark = pytest.mark.django_db

LIVE = {"HX-Request": "true"}


@pytest.fixture
def finding(monkeypatch):
    """Make the search give what a test wants to see shown."""

    def give(*papers, **fields) -> None:
        why = fields.pop("why", ())
        hits = tuple(Hit(paper.pk, 1.0, why) for paper in papers)
        total = fields.pop("total", len(hits))
        monkeypatch.setattr(
            views, "search", lambda text, **_: Results(text, hits, total=total, **fields)
        )

    return give


def find(client, q: str, **more):
    return client.get(reverse("search"), {"q": q, **more})


def test_an_empty_query_explains_what_can_be_searched_for(client):
    for q in ["", "   "]:
        assert "What can be searched for" in find(client, q).text


def test_hits_are_shown_in_their_order_with_the_reason_marked(client, finding):
    first, second = make_paper("First <b>"), make_paper("Second")
    finding(second, first, why=(("about <i>", False), ("attention", True)))
    text = find(client, "attention").text
    assert text.index(">Second</a>") < text.index(">First &lt;b&gt;</a>")
    assert "about &lt;i&gt;<mark>attention</mark>" in text
    assert "2\u00a0papers" in text


def test_a_title_that_matched_is_marked_where_it_stands(client, finding):
    finding(
        make_paper("Sparse <Attention>"), why=(("title: Sparse ", False), ("<Attention>", True))
    )
    text = find(client, "attention").text
    assert "Sparse <mark>&lt;Attention&gt;</mark>" in text
    assert "title: " not in text
    assert "paper-row__why" not in text


def test_what_search_by_meaning_does_not_do_yet_is_said(client, finding):
    paper = make_paper()
    finding(paper, by_meaning=False)
    assert "not ready yet" not in find(client, "-x").text  # no words, nothing to miss
    finding(paper, by_words=True, by_meaning=False)
    assert "search by meaning is not ready yet" in find(client, "x").text
    finding(paper, by_meaning=True)
    assert "not ready yet" not in find(client, "x").text


def test_nothing_found_leads_on(client, finding):
    finding()
    text = find(client, "<script>alert(1)</script>").text
    assert "Nothing found for “&lt;script&gt;" in text
    assert reverse("topic-index") in text


def test_an_identifier_leads_straight_to_its_paper(client, finding):
    paper = make_paper()
    finding(target=paper)
    assert find(client, "2309.17453")["Location"] == paper.get_absolute_url()


def test_nobody_is_led_away_while_typing(client, finding):
    paper = make_paper("The paper meant")
    finding(target=paper)
    response = client.get(reverse("search"), {"q": "2309.17453"}, headers=LIVE)
    assert response.status_code == 200
    assert "Enter opens it" in response.text
    assert ">The paper meant</a>" in response.text


def test_an_identifier_that_is_not_listed_is_linked_to_its_registry(client, finding):
    finding(not_listed=Ident("arxiv", "2401.00001"))
    text = find(client, "arXiv:2401.00001").text
    assert 'href="https://arxiv.org/abs/2401.00001"' in text
    assert "does not list" in text


def test_a_long_query_is_cut_and_says_so(client, finding):
    finding()
    response = find(client, "x" * 5000)
    assert response.context["query"] == "x" * 500
    assert "Only the first 500 characters" in response.text


@pytest.mark.parametrize("q", ["\x00", "a\x00b"])
def test_characters_that_no_text_has_are_refused(client, finding, q):
    finding(make_paper("A hit"))
    response = find(client, q, year="2024")
    assert response.status_code == 400
    assert "Type it again" in response.text
    assert "A hit" not in response.text


@pytest.mark.parametrize("ending", ["bib", "ris", "csl.json", "csv", "atom", "json", "suggest"])
def test_what_the_page_refuses_is_refused_in_every_form(client, ending):
    address = {"json": reverse("search-json"), "suggest": reverse("search-suggest")}.get(ending)
    response = client.get(address or reverse("search-file", args=[ending]), {"q": "a\x00b"})
    assert response.status_code == 400
    said = "The query holds characters that no text has. Type it again."
    if ending in {"json", "csl.json", "suggest"}:
        assert response.json() == {"error": said}
    else:
        assert response.text == f"{said}\n"
        assert response["Content-Type"] == "text/plain; charset=utf-8"


def test_why_a_paper_answers_what_cannot_be_asked_is_refused(client):
    address = reverse("search-why", args=[make_paper().pk])
    assert client.get(address, {"q": "a\x00b"}).status_code == 400


@pytest.mark.parametrize("page", ["abc", "0", "-3", "9" * 5000, "\x00"])
def test_any_page_number_gives_a_page(client, finding, page):
    finding(make_paper())
    assert find(client, "x", page=page).status_code == 200


PAGES = [
    ("", 1),
    ("abc", 1),
    ("1.5", 1),
    ("0", 1),
    ("-3", 1),
    ("2", 2),
    ("3", 3),
    ("4", 3),
    ("50", 3),
    ("51", 3),
    ("9" * 5000, 3),
]


@pytest.mark.parametrize(("given", "expected"), PAGES)
def test_a_page_past_the_end_is_the_last_in_both_forms(client, make_indexed, given, expected):
    for number in range(41):
        make_indexed(f"Attention {number:02}")
    shown = find(client, "attention", sort="date", page=given)
    assert f"Page {expected} of 3" in shown.text
    assert "Nothing found" not in shown.text
    listed = [row.paper.pk for row in shown.context["papers"]]
    assert len(listed) == (1 if expected == 3 else 20)
    twin = client.get(
        reverse("search-json"), {"q": "attention", "sort": "date", "page": given}
    ).json()
    assert [hit["id"] for hit in twin["hits"]] == listed
    assert (twin["page"], twin["pages"], twin["total"]) == (expected, 3, 41)


def test_beyond_the_limit_is_the_last_page_that_is_shown(client, finding):
    finding(make_paper(), total=5000)
    assert "Page 50 of 50" in find(client, "x", page=51).text


def test_of_nothing_there_is_one_page(client):
    answer = client.get(reverse("search-json"), {"q": "zzzq", "page": 9}).json()
    assert (answer["page"], answer["pages"], answer["hits"]) == (1, 1, [])
    assert "Nothing found" in find(client, "zzzq", page=9).text


def test_what_was_meant_is_searched_for_as_it_was_asked(client, finding):
    finding(make_paper(), did_you_mean="attention & sinks")
    text = find(client, "atention", sort="date", year=["2024", "-2023"], code="yes", page=2).text
    [link] = re.findall(r'Did you mean <a href="([^"]+)"', text)
    assert parse_qs(unescape(link).removeprefix("?")) == {
        "q": ["attention & sinks"],
        "sort": ["date"],
        "year": ["2024", "-2023"],
        "code": ["yes"],
    }


def test_the_state_of_a_filter_is_told_to_those_who_only_hear_it(client, make_indexed):
    make_indexed("Attention sinks", year=2023)
    make_indexed("Attention rows", year=2024)
    assert facets_told(find(client, "attention", year="-2024")) >= {
        ("not 2024, excluded 1", None),
        ("+Include 2024", None),
        ("2023 1", None),
        ("−Exclude 2023", None),
    }
    told = facets_told(find(client, "attention", year="2024"))
    assert [text for text, current in told if current] == ["2024 1"]


def facets_told(response) -> set[tuple[str, str | None]]:
    """The words of each link in the filters, with whether it is said to be in force."""
    links = html.fromstring(response.text).iterfind(".//aside//li/a")
    return {
        ("".join(map(str, link.itertext())).strip(), link.get("aria-current")) for link in links
    }


def test_typing_gets_only_the_results(client, finding):
    finding(make_paper("A hit"))
    response = client.get(reverse("search"), {"q": "hit"}, headers=LIVE)
    assert "<html" not in response.text
    assert 'hx-swap-oob="innerHTML"' in response.text
    assert "HX-Request" in response["Vary"]
    assert "<html" in find(client, "hit").text


def test_number_of_queries_does_not_grow_with_the_list(client, finding):
    papers = [make_paper(authors=3, repository="a/b") for _ in range(6)]
    finding(papers[0])
    before = count_queries(client, reverse("search") + "?q=x")
    finding(*papers)
    assert count_queries(client, reverse("search") + "?q=x") == before
