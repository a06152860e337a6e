import pytest
from django.urls import reverse

from tests.catalog.queries import count_queries
from tests.factories import make_author, make_paper, make_venue

pytestmark = pytest.mark.django_db


def test_an_author_page_lists_the_papers_and_co_authors(client):
    make_paper("Mine", authors=["Ann A", "Bo B"])
    make_paper("Not mine", authors=["Cy C"])
    author = make_author("Ann A")
    response = client.get(author.get_absolute_url())
    assert [paper.title for paper in response.context["list"].page] == ["Mine"]
    assert [other.name for other in response.context["coauthors"]] == ["Bo B"]


def test_other_printed_names_are_told(client):
    paper = make_paper(authors=["Lukasz Kaiser"])
    paper.authorships.update(printed_name="Łukasz Kaiser")
    text = client.get(make_author("Lukasz Kaiser").get_absolute_url()).text
    assert "Also printed as Łukasz Kaiser" in text


def test_a_merged_author_and_an_old_name_lead_to_the_survivor(client):
    author, survivor = make_author("A. Lovelace"), make_author("Ada Lovelace")
    author.merged_into = survivor
    author.save()
    for old in [
        author.get_absolute_url(),
        f"/authors/{survivor.pk}/",
        f"/authors/{survivor.pk}/x/",
    ]:
        response = client.get(old)
        assert (response.status_code, response["Location"]) == (301, survivor.get_absolute_url())


def test_names_without_latin_letters_have_an_address(client):
    make_paper(authors=["王小明", "u/bloc97"])
    for name in ["王小明", "u/bloc97"]:
        assert client.get(make_author(name).get_absolute_url()).status_code == 200


def names(response) -> list[str]:
    return [author.name for author in response.context["page"]]


def test_the_index_of_authors(client):
    make_paper(authors=["Ann A", "Łukasz Kaiser"])
    make_paper(authors=["Łukasz Kaiser"])
    make_author("Without Papers")
    url = reverse("author-index")
    assert names(client.get(url)) == ["Łukasz Kaiser", "Ann A"]
    assert names(client.get(url, {"letter": "l"})) == ["Łukasz Kaiser"]
    assert names(client.get(url, {"name": "lukasz k"})) == ["Łukasz Kaiser"]
    assert "No author of that name" in client.get(url, {"name": "nobody"}).text


@pytest.mark.parametrize("query", ["letter=%00", "letter=ab", "name=%00", "name=" + "x" * 300])
def test_malformed_requests_of_the_index_are_refused_in_words(client, query):
    assert client.get(f"{reverse('author-index')}?{query}").status_code == 400


def test_venues(client):
    venue = make_venue("ICLR", kind="conference", full_name="Learning Representations")
    make_paper("At the venue", venue=venue, year=2024)
    make_paper("Elsewhere")
    assert "Learning Representations" in client.get(reverse("venue-index")).text
    response = client.get(venue.get_absolute_url())
    assert [paper.title for paper in response.context["list"].page] == ["At the venue"]
    assert client.get("/venues/nowhere/").status_code == 404


def test_years(client):
    make_paper("Now", year=2024)
    make_paper("Then", year=2019)
    make_paper("Never", year=None)
    index = client.get(reverse("year-index"))
    assert [row["year"] for row in index.context["years"]] == [2024, 2019]
    assert "1 more without a known year" in index.text
    response = client.get(reverse("year-detail", args=[2024]))
    assert [paper.title for paper in response.context["list"].page] == ["Now"]
    assert reverse("year-detail", args=[2019]) in response.text
    for year in ["1500", "2020", "9" * 30]:
        assert client.get(f"/years/{year}/").status_code == 404


def test_empty_indexes_say_so(client):
    for name in ["author-index", "venue-index", "year-index", "repository-index"]:
        assert 'class="empty"' in client.get(reverse(name)).text


def test_number_of_queries_does_not_grow_with_the_list(client):
    def fill() -> None:
        for year in (2023, 2024, 2025):
            make_paper(authors=["Ann A", "Bo B", "Cy C"], venue=make_venue("ICLR"), year=year)

    fill()
    fill()  # so that some are of two papers
    pages = [
        make_author("Ann A").get_absolute_url(),
        make_venue("ICLR").get_absolute_url(),
        reverse("year-detail", args=[2024]),
        reverse("author-index"),
        reverse("venue-index"),
        reverse("year-index"),
    ]
    before = [count_queries(client, url) for url in pages]
    for number in range(4):
        fill()
        make_paper(authors=4, venue=make_venue(f"V{number}"), year=2000 + number)
    assert [count_queries(client, url) for url in pages] == before
