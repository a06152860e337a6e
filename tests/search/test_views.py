import pytest
from django.urls import reverse

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
def test_characters_that_no_text_has_are_refused(client, q):
    response = find(client, q)
    assert response.status_code == 400
    assert "Type it again" in response.text


@pytest.mark.parametrize("page", ["abc", "0", "-3", "9" * 5000, "\x00"])
def test_any_page_number_gives_a_page(client, finding, page):
    finding(make_paper())
    assert find(client, "x", page=page).status_code == 200


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
