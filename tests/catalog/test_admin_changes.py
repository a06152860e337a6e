"""The pages of all changes: they say who, when and why, take any input, and stay quick."""

import uuid

import pghistory
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalog.models import Announcement, Identifier, Paper, Topic
from tests.catalog.test_undo import CHANGED, LIST, bring, request_of
from tests.factories import make_catalogue, make_paper, make_topic

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("curator")]


def listed(client, **query: str) -> str:
    response = client.get(reverse("admin:changes"), query)
    assert response.status_code == 200
    return str(response.content.decode())


def undo_page(group: uuid.UUID) -> str:
    return reverse("admin:change_undo", args=[group])


def test_the_list_names_hand_reason_and_what_was_touched(client, curator):
    with request_of(curator, act="tidied up", why="it was <b>spring</b>"):
        make_topic("One")
    bring(LIST, reason="scheduled import")
    text = listed(client)
    assert "it was &lt;b&gt;spring&lt;/b&gt;" in text
    assert "a job: list import" in text
    assert "papers: 3 added" in text
    assert "tidied up" not in listed(client, job="import_list")
    assert "tidied up" in listed(client, person=str(curator.pk))
    assert "tidied up" in listed(client, kind="catalog.topic", text="SPRING")
    assert "No changes like these" in listed(client, text="winter")


@pytest.mark.parametrize(
    "query",
    [
        {"before": "x"},
        {"before": "2025-01-01_x"},
        {"before": f"2025-01-01T00:00:00_{uuid.uuid4()}"},
        {"person": "x"},
        {"person": "9" * 30},
        {"job": "x"},
        {"kind": "auth.user"},
        {"since": "2025-02-31"},
        {"text": "x" * 300},
        {"text": "%_'\""},
    ],
)
def test_odd_questions_are_answered(client, query):
    with pghistory.context(act="something"):
        make_topic()
    listed(client, **query)


def test_a_nul_byte_is_a_bad_request_and_no_error(client):
    assert client.get(f"{reverse('admin:changes')}?text=%00").status_code in (200, 400)


@pytest.mark.parametrize("page", ["change_group", "change_undo"])
def test_a_group_that_is_not_there_is_not_found(client, page):
    assert client.get(reverse(f"admin:{page}", args=[uuid.uuid4()])).status_code == 404


@pytest.mark.parametrize(
    "row", ["x", "auth.user:1", "catalog.paper:x", f"catalog.paper:{'9' * 30}"]
)
def test_a_row_that_is_none_is_not_found(client, row):
    assert client.get(f"{undo_page(bring(LIST))}?row={row}").status_code == 404


def test_the_list_pages_through_older_groups_without_more_queries(client, curator):
    client.get(reverse("admin:changes"))
    queries = []
    for _ in range(2):
        for number in range(30):
            with request_of(curator, act=f"act {number}"):
                make_topic(f"Topic {uuid.uuid4()}")
        with CaptureQueriesContext(
            connection,
        ) as asked:
            response = client.get(reverse("admin:changes"))
        queries.append(len(asked))
    assert queries[0] == queries[1] <= 20
    older = client.get(f"{reverse('admin:changes')}?{response.context['older']}")
    shown = {one.key for one in response.context["groups"]}
    assert not shown & {one.key for one in older.context["groups"]}
    assert len(shown) + len(older.context["groups"]) == 60


def test_a_group_shows_each_row_with_its_old_and_new_values(client):
    bring(LIST)
    group = bring(CHANGED, force=True)
    address = reverse("admin:change_group", args=[group])
    text = client.get(f"{address}?kind=catalog.paper").content.decode()
    assert "<del>2020</del>" in text
    assert "<ins>2021</ins>" in text
    assert "Memorizing Transformers" in text
    assert "The run for Long context" in text


def test_rows_of_one_kind_are_paged(client, monkeypatch):
    monkeypatch.setattr("catalog.admin.changes._MANY", 2)
    group = bring(LIST)
    address = reverse("admin:change_group", args=[group])
    first = client.get(f"{address}?kind=catalog.paper").context["parts"][0]
    rest = client.get(f"{address}?kind=catalog.paper&after={first.after}").context["parts"][0]
    keys = [change.key for change, _ in [*first.changes, *rest.changes]]
    assert keys == list(Paper.objects.order_by("pk").values_list("pk", flat=True))


def test_what_is_taken_back_is_what_the_page_showed(client, curator):
    group = bring(LIST)
    page = client.get(undo_page(group))
    with request_of(curator):
        Announcement.objects.all().delete()
    digest = page.context["digest"]
    answer = client.post(undo_page(group), {"digest": digest})
    assert "nothing was taken back" in answer.content.decode()
    assert Paper.objects.exists()
    digest = answer.context["digest"]
    answer = client.post(undo_page(group), {"digest": digest, "why": "the wrong file"}, follow=True)
    assert "Taken back:" in answer.content.decode()
    assert not Paper.objects.exists()
    assert "the wrong file" in listed(client)


@pytest.mark.parametrize("digest", ["", "x", "\x00"])
def test_without_a_plan_nothing_is_taken_back(client, digest):
    group = bring(LIST)
    client.post(undo_page(group), {"digest": digest})
    assert Paper.objects.count() == 3


def test_a_run_leads_to_its_changes_and_back(client):
    bring(LIST)
    group = bring(CHANGED, force=True)
    run = client.get(reverse("admin:change_group", args=[group])).context["run"]
    page = client.get(reverse("admin:catalog_run_change", args=[run.pk])).content.decode()
    assert reverse("admin:change_group", args=[group]) in page


def test_a_reason_given_with_a_form_stands_in_the_history(client):
    topic = make_topic()
    address = reverse("admin:catalog_topic_change", args=[topic.pk])
    data = {"name": "Sparsity", "position": 1, "hue": 0, "description": "", "why": "  as all say "}
    client.post(address, data)
    topic.refresh_from_db()
    assert topic.name == "Sparsity"
    text = client.get(reverse("admin:catalog_topic_history", args=[topic.pk])).content.decode()
    assert "changed topics: “as all say”" in text


def test_a_reason_given_with_an_action_stands_in_the_history(client):
    paper = make_paper()
    data = {"action": "unlist", "_selected_action": [paper.pk], "why": "off topic" + "x" * 100_000}
    client.post(reverse("admin:catalog_paper_changelist"), data)
    assert not Paper.objects.listed().exists()
    assert "Unlist the selected papers (papers): “off topic" in listed(client)


def test_the_history_of_a_deleted_row_leads_to_its_return(client, curator):
    paper = make_paper(arxiv="2004.05150")
    row = paper.identifiers.get()
    with request_of(curator) as group:
        Identifier.objects.all().delete()
    page = client.get(reverse("admin:catalog_identifier_history", args=[row.pk]))
    text = page.content.decode()
    assert "It is no longer there" in text
    assert undo_page(group) in text


def test_an_untouched_group_says_that_there_is_nothing_to_do(client, curator):
    catalogue = make_catalogue()
    with request_of(curator) as group:
        topic = make_topic(catalogue=catalogue)
    with request_of(curator):
        Topic.objects.filter(pk=topic.pk).delete()
    assert "all is as it was before" in client.get(undo_page(group)).content.decode()
