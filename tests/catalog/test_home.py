from datetime import date

import pytest
from django.urls import reverse

from catalog.models import Repository
from tests.catalog.queries import count_queries
from tests.factories import make_announcement, make_catalogue, make_paper, make_run, make_topic

pytestmark = pytest.mark.django_db


def test_an_empty_catalogue_leads_on(client):
    text = client.get("/").text
    assert "There is no catalogue yet" in text
    assert reverse("admin:index") in text


def test_topics_news_code_and_freshness(client):
    topic = make_topic("Sparse", make_topic("Attention"))
    paper = make_paper("Lately", topics=[topic], repository="a/b")
    make_announcement(paper=paper, date=date(2025, 2, 24))
    make_run("import_list")
    text = client.get("/").text
    for part in [">Attention</a>", ">Sparse</a>", ">Lately</a>", ">a/b</a>"]:
        assert part in text
    assert "by papers that link to it" in text
    assert "arXiv not yet" in text
    assert "New this week" not in text


def test_code_is_ranked_by_stars_once_there_are_any(client):
    make_paper(repository="a/b")
    Repository.objects.update(stars=7, stars_on=date(2026, 1, 1))
    assert "Code with most stars" in client.get("/").text


def test_the_footer_names_the_list_and_its_licence(client):
    make_catalogue(origin_name="An Awesome List", origin_url="https://example.org/l", licence="MIT")
    text = client.get("/").text
    assert '<a href="https://example.org/l" rel="noopener external">An Awesome List</a>' in text
    assert "MIT licence" in text


def test_a_page_that_the_browser_has_is_not_sent_again(client):
    etag = client.get("/")["ETag"]
    assert client.get("/", headers={"If-None-Match": etag}).status_code == 304


def test_number_of_queries_does_not_grow_with_the_list(client):
    def fill() -> None:
        for day in (24, 25, 26):
            paper = make_paper(authors=3, repository=f"a/b{day}")
            make_announcement(paper=paper, date=date(2025, 2, day))

    fill()
    before = count_queries(client, "/")
    fill()
    make_topic("Another", make_topic("Parent"))
    assert count_queries(client, "/") == before
