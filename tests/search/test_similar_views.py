"""The page of similar papers and its twin: what is asked, in which order it is shown, what is said of the rest."""

import re
from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone

from catalog.models import Citation, Paper
from search import similar_views
from search.asked_papers import LONGEST, MOST, read_asked
from search.embed import embed_changed
from search.embeddings import PACKAGED
from search.models import Embedding
from tests.catalog.queries import count_queries
from tests.factories import make_paper, make_topic

pytestmark = pytest.mark.django_db


def page(client, papers=(), **more):
    return client.get(reverse("similar"), {"paper": [getattr(p, "pk", p) for p in papers], **more})


def hits(client, papers=(), **more) -> list[int]:
    where = {"paper": [paper.pk for paper in papers], **more}
    return [hit["id"] for hit in client.get(reverse("similar-json"), where).json()["hits"]]


def notes(response) -> list[str]:
    return [*response.context["asked"].notes, *response.context["answer"].notes]


@pytest.fixture
def family():
    """A paper and three that share an author with it, each of them in another measure."""
    asked = make_paper("The paper asked", authors=["Ada", "Ben"], arxiv="2401.00001")
    few = make_paper(
        "With few", authors=["Ada", "Ben"], published_on=date(2023, 1, 1), published_precision="day"
    )
    more = make_paper(
        "With more",
        authors=["Ada", "Cy", "Di"],
        published_on=date(2025, 1, 1),
        published_precision="day",
    )
    other = make_paper("With others", authors=["Ben", "Eve"], topics=[make_topic("Other")])
    Citation.objects.create(citing=asked, cited=more, source="openalex")
    return asked, few, more, other  # fmt: skip


def test_without_anything_asked_there_is_a_form_and_a_sentence(client):
    text = page(client).text
    assert "which papers here are like it" in text
    assert "<textarea" in text
    assert "Sort:" not in text


def test_each_share_of_a_hit_is_shown(client, family):
    text = page(client, family[:1]).text
    assert "2 shared authors (1.00)" in text
    assert "1 shared author (0.50)" in text
    assert re.search(r"[01]\.\d\d in all", text)
    assert text.index(">With few</a>") < text.index(">With others</a>")
    assert ">The paper asked</a>" in text.split("Sort:")[0]
    assert ">The paper asked</a>" not in text.split("Sort:")[1]


def test_an_order_never_changes_the_set(client, family):
    by_total = hits(client, family[:1])
    assert len(by_total) == 3
    for sort in similar_views.LABELS:
        assert sorted(hits(client, family[:1], sort=sort)) == sorted(by_total), sort
    assert hits(client, family[:1], sort="nonsense") == by_total


def test_each_order_puts_first_what_it_says(client, family):
    asked, few, more, other = family
    assert hits(client, [asked], sort="authors")[0] == few.pk
    assert hits(client, [asked], sort="date") == [more.pk, few.pk, other.pk]
    assert hits(client, [asked], sort="citations")[0] == more.pk
    assert hits(client, [asked], sort="topics")[-1] == other.pk


def test_the_orders_are_links_and_say_which_is_current(client, family):
    text = page(client, family[:1], sort="authors").text
    assert '<strong aria-current="true">authors</strong>' in text
    assert f'href="{reverse("similar")}?paper={family[0].pk}&amp;sort=date"' in text
    assert "<mark>2 shared authors (1.00)</mark>" in text


def test_the_twin_says_every_share(client, family):
    answer = client.get(reverse("similar-json"), {"paper": family[0].pk}).json()
    first = answer["hits"][0]
    assert set(first["shares"]) == {"text", "references", "cited", "authors", "topics", "code"}
    assert first["shares"]["authors"] == {"share": 1.0, "count": 2, "name": ""}
    assert answer["papers"] == [family[0].pk]
    assert answer["by_text"] is False


def test_a_set_is_never_among_its_hits(client, family):
    asked, few, *others = family
    assert set(hits(client, [asked, few])) == {paper.pk for paper in others}


def test_a_pasted_text_finds_what_is_near_in_meaning(client):
    near = make_paper("Bees store honey for the winter", topics=[make_topic("A")])
    make_paper("Sparse attention for long sequences", topics=[make_topic("B")])
    embed_changed("test")
    answer = client.get(reverse("similar-json"), {"text": "how insects keep food"}).json()
    assert answer["by_text"]
    assert answer["hits"][0]["id"] == near.pk


def test_pasted_identifiers_and_addresses_count_as_papers(family):
    asked, few, *_ = family
    coded = make_paper(repository="ada/engine")
    box = f"https://arxiv.org/pdf/2401.00001v2\nhttps://example.org{few.get_absolute_url()}\nhttps://github.com/Ada/Engine\nand some words"
    read = read_asked([], box)
    assert list(read.papers) == [asked, few, coded]
    assert read.words == read.text == "and some words"


@pytest.mark.parametrize("between", [" ", ", ", "; ", "\t"])
def test_several_on_one_line_are_several(family, between):
    asked, few, *_ = family
    read = read_asked([], f"2401.00001{between}https://example.org{few.get_absolute_url()}")
    assert list(read.papers) == [asked, few]
    assert not read.notes


def test_a_line_of_words_with_an_identifier_is_words(family):
    read = read_asked([], "as 2401.00001 showed")
    assert (list(read.papers), read.words) == ([], "as 2401.00001 showed")


def test_an_identifier_that_is_not_here_is_said_and_stays_in_the_box():
    read = read_asked([], "2401.09999\nsome words")
    assert read.notes == ["No paper here is known as 2401.09999."]
    assert (read.words, read.text) == ("some words", "2401.09999\nsome words")


def test_a_form_is_answered_at_an_address_when_it_is_short(client, family):
    response = client.post(reverse("similar"), {"text": "arXiv:2401.00001"})
    assert response["Location"] == f"{reverse('similar')}?paper={family[0].pk}"
    assert client.post(reverse("similar"), {})["Location"] == reverse("similar")


def test_a_long_text_is_answered_where_it_was_sent_and_sorts_by_buttons(client, family):
    embed_changed("test")
    response = client.post(
        reverse("similar"), {"text": "long words " * 300, "paper": family[0].pk, "sort": "text"}
    )
    assert response.status_code == 200
    assert 'name="sort" value="authors"' in response.text
    assert '<strong aria-current="true">text</strong>' in response.text


def test_a_form_from_elsewhere_is_refused():
    from django.test import Client

    assert Client(enforce_csrf_checks=True).post(reverse("similar"), {}).status_code == 403


def test_a_merged_paper_stands_for_what_it_became(client, family):
    asked, few, *_ = family
    merged = make_paper(merged_into=asked)
    assert page(client, [merged, asked]).context["asked"].papers == [asked]
    assert few.pk in hits(client, [merged])


@pytest.mark.parametrize(
    "number", ["abc", "-1", "0", "9" * 18, "9" * 5000, "1.5", "", "٣", "1\x00"]
)
def test_what_is_no_paper_here_is_said_in_one_line(client, number):
    response = page(client, [number])
    assert response.status_code == 200
    assert len(notes(response)) == 1
    assert notes(response)[0].startswith("No paper here is known as")


def test_ten_thousand_papers_are_cut_to_a_set(client, family):
    response = page(client, [family[0].pk, *range(10**6, 10**6 + 9998)])
    assert response.status_code == 200
    assert f"Only the first {MOST} papers were taken." in notes(response)
    assert len(notes(response)) == 2 + bool(response.context["answer"].notes)
    assert list(response.context["asked"].papers) == [family[0]]


def test_a_text_is_cut_and_nul_is_no_letter(client):
    response = client.post(reverse("similar"), {"text": "a\x00b " * 25_000})
    assert response.status_code == 200
    assert len(response.context["asked"].text) <= LONGEST
    assert "Only the first 5,000 characters were read." in notes(response)
    assert "\x00" not in response.text


def test_missing_vectors_are_said_and_the_rest_goes_on(client, family):
    response = page(client, family[:1])
    assert similar_views._NO_VECTORS in notes(response)
    assert len(response.context["answer"].rows) == 3


def test_a_model_that_is_not_ready_is_said(client, family, monkeypatch):
    monkeypatch.setattr(similar_views, "serving_vector", lambda text: ("", None))
    assert similar_views._NO_MODEL in notes(page(client, family[:1], text="words"))
    assert page(client, text="words").context["answer"].rows == []


def test_nothing_in_common_leads_on(client):
    lonely = make_paper(topics=[make_topic("A")])
    assert "anything in common with it" in page(client, [lonely]).text


def test_titles_are_escaped(client):
    asked = make_paper("<b>asked", authors=["Ada"])
    make_paper("<i>found", authors=["Ada"], topics=[make_topic("<u>topic")])
    text = page(client, [asked], text="<script>").text
    assert not re.search("<b>asked|<i>found|<u>topic|<script>", text.split("</head>")[1])


def test_number_of_queries_grows_with_neither_hits_nor_the_set(client):
    def make(n: int) -> list[Paper]:
        arxiv = [f"2402.0{n}{i:03}" for i in range(6)]
        papers = [make_paper(authors=["Ada"], repository="a/b", arxiv=one) for one in arxiv]
        for paper in papers:
            Embedding.objects.create(paper=paper, model=PACKAGED, text_hash="", vector=[1.0, n])
        return papers

    first, *_ = make(1)
    url = reverse("similar")
    with_one = f"{url}?paper={first.pk}&text=2402.01001"
    client.get(with_one)  # counts vectors, which a process does now and then
    before = count_queries(client, with_one)
    chosen = "&".join(f"paper={paper.pk}" for paper in make(2))
    box = "%0A".join(f"2402.01{i:03}" for i in range(4))
    assert count_queries(client, f"{url}?{chosen}&text={box}") == before


def test_pages_lead_to_similar_papers(client, make_indexed):
    paper = make_indexed("Attention sinks")
    where = f'href="{reverse("similar")}?paper={paper.pk}"'
    assert where in client.get(reverse("search"), {"q": "sinks attention"}).text
    assert "Similar to these" in client.get(reverse("search"), {"q": "sinks attention"}).text
    other = make_indexed("Other")
    paper.similar.create(other=other, rank=1, score=0.5)
    text = client.get(paper.get_absolute_url()).text
    assert f'{where} rel="nofollow">All similar, with reasons' in text


def test_crawlers_stay_out(client):
    assert "noindex" in page(client).text
    assert f"Disallow: {reverse('similar')}?" in client.get("/robots.txt").text


def test_an_unlisted_paper_may_be_asked_for(client, family):
    asked, few, *_ = family
    asked.placements.update(is_primary=False, retired_at=timezone.now())
    assert few.pk in hits(client, [asked])
