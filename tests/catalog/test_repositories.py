from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone

from catalog.models import Repository
from tests.catalog.queries import count_queries
from tests.factories import make_paper

pytestmark = pytest.mark.django_db


def order(client, sort: str) -> list[str]:
    page = client.get(reverse("repository-index"), {"sort": sort}).context["page"]
    return [repository.name for repository in page]


def test_the_index_sorts_and_leaves_out_what_no_paper_links(client):
    make_paper(repository="a/starred")
    for _ in range(2):
        make_paper(repository="b/linked")
    Repository.objects.filter(name="starred").update(stars=5, stars_on=date(2026, 1, 1))
    Repository.objects.create(owner="c", name="alone")
    assert order(client, "papers") == ["linked", "starred"]
    assert order(client, "stars") == ["starred", "linked"]
    assert order(client, "name") == ["starred", "linked"]


def test_an_unknown_order_is_refused_in_words(client):
    assert client.get(reverse("repository-index"), {"sort": "age"}).status_code == 400


def test_a_repository_lists_its_papers_whatever_the_case_of_its_address(client):
    make_paper("With code", repository="THUDM/LongBench")
    response = client.get("/repositories/GitHub.com/thudm/longbench/")
    assert [paper.title for paper in response.context["list"].page] == ["With code"]
    assert "stars not fetched yet" in response.text


def test_a_repository_that_is_gone_says_so(client):
    make_paper(repository="a/b")
    Repository.objects.update(gone_at=timezone.now())
    assert "gone from its host" in client.get(Repository.objects.get().get_absolute_url()).text


@pytest.mark.parametrize("path", ["github.com/a/b", "github.com/%00/b", "x/y/z"])
def test_an_unknown_repository_is_not_found(client, path):
    assert client.get(f"/repositories/{path}/").status_code == 404


def test_number_of_queries_does_not_grow_with_the_list(client):
    make_paper(repository="a/b", authors=2)
    urls = [Repository.objects.get().get_absolute_url(), reverse("repository-index")]
    before = [count_queries(client, url) for url in urls]
    for number in range(5):
        make_paper(repository="a/b", authors=2)
        make_paper(repository=f"a/c{number}")
    assert [count_queries(client, url) for url in urls] == before
