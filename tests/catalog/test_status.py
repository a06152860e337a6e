from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse

from catalog.models import Problem
from tests.factories import make_paper, make_run

pytestmark = pytest.mark.django_db


def states(client) -> dict[str, tuple[bool, bool, bool]]:
    jobs = client.get(reverse("status")).context["jobs"]
    return {job.job: (bool(job.good), job.is_failing, job.is_running) for job in jobs}


def test_each_job_says_how_it_stands(client):
    make_run("import_list")
    make_run("embed")
    make_run("embed", status="failed")
    make_run("arxiv", status="running")
    found = states(client)
    assert found["import_list"] == (True, False, False)
    assert found["embed"] == (True, True, False)
    assert found["arxiv"] == (False, False, True)
    assert found["github"] == (False, False, False)
    assert "has not run yet" in client.get(reverse("status")).text


def test_counts_coverage_and_open_problems(client):
    make_paper(repository="a/b", arxiv="2309.17453")
    make_paper(abstract="Something", topics=[])
    Problem.objects.create(job="import_list", kind="venue-typo", message="x", fingerprint="1")
    response = client.get(reverse("status"))
    counts = dict(response.context["counts"])
    assert (counts["papers"], counts["papers no longer listed"]) == (1, 1)
    assert dict(response.context["coverage"]["rows"]) == {
        "authors": 1,
        "a date known at least to the month": 0,
        "an arXiv identifier": 1,
        "code": 1,
        "an abstract": 0,
        "similar papers worked out": 0,
    }
    assert "venue typo" in response.text


def test_robots_are_kept_from_the_admin_and_the_search(client):
    response = client.get("/robots.txt")
    assert response["Content-Type"].startswith("text/plain")
    assert "Disallow: /admin/" in response.text


def test_the_icon_is_found_where_browsers_look(client):
    assert client.get("/favicon.ico")["Location"] == f"{settings.STATIC_URL}favicon.svg"


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "500"])
def test_error_pages_need_neither_request_nor_database(name, django_assert_num_queries):
    with django_assert_num_queries(0):
        text = render_to_string(f"{name}.html")
    assert "<h1>" in text


def test_an_unknown_address_is_answered_in_plain_words(client):
    response: HttpResponse = client.get("/nothing/here")
    assert response.status_code == 404
    assert "There is no such page" in response.text


def test_pages_are_read_not_written_to(client):
    for name in ["home", "topic-index", "status", "search", "new-index"]:
        assert client.post(reverse(name)).status_code == 405


def test_the_style_sheets_are_small():
    names = ["tokens", "fonts", "base", "layout", "paper-row", "pieces", "paper", "print"]
    sizes = [Path(str(finders.find(f"css/{name}.css"))).stat().st_size for name in names]
    assert sum(sizes) < 30_000
