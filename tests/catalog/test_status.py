from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission
from django.contrib.staticfiles import finders
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from catalog.models import Problem, Reference, Repository, SourceState
from tests.factories import make_paper, make_run, make_schedule

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
        "references": 0,
        "similar papers worked out": 0,
    }
    assert "venue typo" in response.text


def test_a_source_that_is_down_is_said_with_its_reason(client):
    now = timezone.now()
    SourceState.objects.create(
        source="arxiv", failures=3, reason="arXiv answered with status 500", failed_at=now,
        open_until=now + timedelta(minutes=5),
    )  # fmt: skip
    SourceState.objects.create(
        source="github", answered_at=now, allowance=60, allowance_left=12,
        allowance_resets_at=now + timedelta(minutes=30),
    )  # fmt: skip
    SourceState.objects.create(
        source="openalex", busy_until=now + timedelta(hours=1), reason="status 429"
    )
    make_run("arxiv", status="failed", message="arXiv answered with status 500 <b>")
    page = client.get(reverse("status")).text
    assert "down; tried again" in page
    assert page.count("arXiv answered with status 500") == 2
    assert "<b>" not in page
    assert "12 of 60, renewed" in page
    assert "asked us to wait until" in page
    assert "has not been asked yet" in page  # Semantic Scholar


def test_the_next_run_of_each_job_is_told(client):
    every_day, _ = IntervalSchedule.objects.get_or_create(every=1, period="days")
    PeriodicTask.objects.all().delete()
    make = partial(PeriodicTask.objects.create, interval=every_day, task="ingest.tasks.ingest")
    ran = timezone.now() - timedelta(hours=1)
    make(name="a", args='["arxiv"]', last_run_at=ran)
    make(name="b", args='["github"]', start_time=ran)
    make(name="c", args='["citations"]', last_run_at=ran, enabled=False)
    make(name="d", args="not json")
    jobs = {job.job: job for job in client.get(reverse("status")).context["jobs"]}
    wait = jobs["arxiv"].next_at - timezone.now()
    assert timedelta(hours=22, minutes=59) < wait < timedelta(hours=23)
    assert jobs["github"].is_overdue
    assert jobs["citations"].next_at is None


def test_coverage_of_repositories_and_references(client):
    paper = make_paper(repository="a/b")
    make_paper(repository="c/d")
    Repository.objects.filter(owner="a").update(stars=3, stars_on="2026-01-01")
    Repository.objects.filter(owner="c").update(gone_at=timezone.now())
    Reference.objects.create(citing=paper, source="openalex", key="W1")
    coverage = client.get(reverse("status")).context["coverage"]
    assert (coverage["repositories"], coverage["starred"], coverage["gone"]) == (2, 1, 1)
    assert dict(coverage["rows"])["references"] == 1


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
    names = ["tokens", "fonts", "base", "layout", "paper-row", "pieces", "suggestions"]
    names += ["paper", "print"]
    sizes = [Path(str(finders.find(f"css/{name}.css"))).stat().st_size for name in names]
    assert sum(sizes) < 30_000


def test_references_that_two_sources_name_count_once(client):
    paper = make_paper()
    for source, number in (("semantic_scholar", 3), ("openalex", 2)):
        for n in range(number):
            Reference.objects.create(citing=paper, source=source, key=f"k{n}", title=f"T{n}")
    Reference.objects.create(citing=make_paper(), source="openalex", key="k0", title="T0")
    counts = dict(client.get(reverse("status")).context["counts"])
    assert counts["references to works not listed"] == 3 + 1


@pytest.mark.parametrize("may_change", [False, True])
def test_schedules_are_changed_only_by_those_who_may(client, django_user_model, may_change):
    user = django_user_model.objects.create_user("looker", password="x", is_staff=True)
    names = ["view_periodictask", *(["change_periodictask"] if may_change else [])]
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(user)
    task = make_schedule("ingest.tasks.work")
    address = reverse("admin:django_celery_beat_periodictask_changelist")
    client.post(address, {"action": "disable_tasks", "_selected_action": [task.pk]})
    task.refresh_from_db()
    assert task.enabled is not may_change
