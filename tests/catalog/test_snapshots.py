"""What topics were called, where they lay, and what a catalogue held at earlier dates."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from catalog import curation, snapshots, tree_history
from catalog.curation import Part, Place
from catalog.models import Catalogue, Paper, Placement, Topic
from catalog.snapshots import Snapshot
from catalog.tree_history import days, formerly
from tests.catalog.queries import count_queries
from tests.factories import make_catalogue, make_paper, make_topic

# Each change is a transaction of its own, as on the site: a transaction has one time.
pytestmark = pytest.mark.django_db(transaction=True)


def ago(number: int) -> date:
    return timezone.now().date() - timedelta(days=number)


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def let_pass(number: int) -> None:
    """Let all that has happened so far have happened some days earlier."""
    shift = f"interval '{number} days'"
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # no triggers
        for table, columns in {
            "catalog_topic": ("created_at", "retired_at"),
            "catalog_topicevent": ("created_at", "retired_at", "pgh_created_at"),
            "catalog_placement": ("stated_at", "retired_at"),
            "catalog_placementevent": ("stated_at", "retired_at", "pgh_created_at"),
            "catalog_paperevent": ("pgh_created_at",),
        }.items():
            sets = ", ".join(f"{column} = {column} - {shift}" for column in columns)
            cursor.execute(f"UPDATE {table} SET {sets}")
        cursor.execute("SET session_replication_role = DEFAULT")
    # What is kept of a history is kept by its last event; tests change the past.
    for kept in (
        tree_history._versions,
        tree_history._phases,
        tree_history._days,
        snapshots._counts,
    ):
        kept.cache_clear()


@pytest.fixture
def catalogue(transactional_db) -> Catalogue:
    one = make_topic("Attention", position=1)
    sparse = make_topic("Sparse", one, position=2)
    prompt = make_topic("Prompt", position=3)
    make_paper("Big Bird", topics=[sparse])
    make_paper("Longformer", topics=[sparse, one])
    make_paper("Prompting", topics=[prompt])
    let_pass(10)
    return make_catalogue()


def was(topic: Topic) -> list[str]:
    return [f"{one.number} {one.name} < {one.above}" for one in formerly(topic)]


def topic(path: str) -> Topic:
    return Topic.objects.get(path=path)


def at(catalogue: Catalogue, day: date) -> list[str]:
    snapshot = Snapshot(catalogue, day)
    return [
        f"{one.number} {one.topic.name} {snapshot.counts.get(one.topic.pk, 0)}"
        for one in snapshot.tree
    ]


def test_a_topic_s_former_names_numbers_and_places_are_told(catalogue):
    prompt = topic("prompt")
    assert was(prompt) == []
    curation.rename_topic(prompt, "Prompting")
    let_pass(5)
    curation.place_topic(prompt, Place(topic("attention").pk))
    assert was(prompt) == ["2 Prompting < ", "2 Prompt < "]
    assert [one.until and one.until.date() for one in formerly(prompt)] == [ago(0), ago(5)]


def test_a_number_changes_when_another_topic_moves(catalogue):
    curation.place_topic(topic("prompt"), Place(None, topic("attention").pk))
    assert was(topic("attention")) == ["1 Attention < "]
    assert was(topic("attention/sparse")) == ["1.1 Sparse < Attention"]
    let_pass(3)
    curation.add_topic(catalogue, "First", Place(None, topic("prompt").pk))
    assert was(topic("attention")) == ["2 Attention < ", "1 Attention < "]


def test_of_many_moves_on_one_day_the_first_state_and_other_names_are_told(catalogue):
    prompt, attention = topic("prompt"), topic("attention")
    for _ in range(3):
        curation.place_topic(prompt, Place(None, attention.pk))
        curation.place_topic(prompt, Place(None))
    assert was(prompt) == []
    curation.rename_topic(prompt, "Second")
    curation.rename_topic(prompt, "Third")
    assert was(prompt) == ["2 Second < ", "2 Prompt < "]


def test_a_snapshot_shows_tree_counts_and_papers_of_its_day(client, catalogue):
    before = ["1 Attention 2", "1.1 Sparse 2", "2 Prompt 1"]
    assert at(catalogue, ago(10)) == at(catalogue, ago(0)) == before
    curation.merge_topics(topic("attention/sparse"), topic("prompt"))
    let_pass(4)
    longformer = Paper.objects.get(title="Longformer")
    curation.split_topic(topic("prompt"), [Part("Windows", (longformer.pk,))])
    let_pass(2)
    curation.unlist([longformer])
    longformer.title = "Longformer, again"
    longformer.save()
    assert at(catalogue, ago(7)) == before
    assert at(catalogue, ago(6)) == ["1 Attention 1", "2 Prompt 3"]
    assert at(catalogue, ago(2)) == ["1 Attention 1", "2 Prompt 3", "2.1 Windows 1"]
    assert at(catalogue, ago(0)) == ["1 Attention 0", "2 Prompt 2", "2.1 Windows 0"]
    page = client.get(reverse("topic-at", args=["long-context", ago(2), "prompt/windows"]))
    assert "Longformer" in page.text
    assert "now “Longformer, again”" in page.text
    assert page["X-Robots-Tag"] == "noindex"
    page = client.get(reverse("topic-at", args=["long-context", ago(8), "attention/sparse"]))
    assert page.text.index("Big Bird") < page.text.index("Longformer")
    assert (
        topic("prompt").get_absolute_url() in page.text
    )  # it was merged: today's page is that one
    page = client.get(reverse("catalogue-at", args=["long-context", ago(8)]))
    assert "3\u00a0papers" in page.text


def test_papers_merged_since_stand_for_themselves_and_merged_before_do_not(catalogue):
    one, two = Paper.objects.get(title="Big Bird"), Paper.objects.get(title="Longformer")
    curation.merge_papers(one, [two])
    assert at(catalogue, ago(1))[1] == "1.1 Sparse 2"
    assert at(catalogue, ago(0))[1] == "1.1 Sparse 1"
    let_pass(2)
    two.refresh_from_db()
    curation.unmerge_paper(two)
    assert at(catalogue, ago(1))[1] == "1.1 Sparse 1"
    assert at(catalogue, ago(3))[1] == "1.1 Sparse 2"


def test_a_topic_that_was_deleted_is_in_the_snapshots_of_before(catalogue):
    change = curation.add_topic(catalogue, "Short", Place(None))
    let_pass(3)
    curation.undo_tree_change(change)
    assert at(catalogue, ago(2))[-1] == "3 Short 0"
    assert len(at(catalogue, ago(0))) == 3
    assert [one.day for one in days(catalogue)] == [ago(0), ago(3), ago(13)]
    assert days(catalogue)[0].changes == ["3 “Short” left"]


def test_the_page_that_a_retired_topic_leads_to_leads_to_what_it_was(client, catalogue):
    prompt = topic("prompt")
    curation.unlist(list(Paper.objects.filter(title="Prompting")))
    curation.retire_topic(prompt)
    page = client.get(prompt.get_absolute_url(), follow=True)
    then = reverse("topic-at", args=["long-context", ago(1), "prompt"])
    assert f'href="{then}"' in page.text
    assert "2 Prompt" in client.get(then).text


def test_a_topic_is_found_in_a_snapshot_by_its_address_of_today(client, catalogue):
    curation.rename_topic(topic("attention"), "Focus")
    url = reverse("topic-at", args=["long-context", ago(3), "focus/sparse"])
    assert client.get(url)["Location"] == reverse(
        "topic-at", args=["long-context", ago(3), "attention/sparse"]
    )
    curation.add_topic(catalogue, "New", Place(None))
    page = client.get(reverse("topic-at", args=["long-context", ago(3), "new"]))
    assert page.status_code == 404
    assert "There was no topic “New” on that day." in page.text
    assert client.get(reverse("topic-at", args=["long-context", ago(3), "x"])).status_code == 404


def test_days_without_history_say_so(client, catalogue):
    for day, words in [
        (ago(11), "The history of this catalogue goes back to"),
        (date(1, 1, 1), "The history of this catalogue goes back to"),
        (ago(0) + timedelta(days=1), "That day is yet to come."),
        (date(9999, 12, 31), "That day is yet to come."),
    ]:
        for name, path in (("catalogue-at", []), ("topic-at", ["prompt"])):
            page = client.get(reverse(name, args=["long-context", day, *path]))
            assert page.status_code == 404
            assert words in page.text
    make_catalogue("empty")
    page = client.get(reverse("catalogue-at", args=["empty", ago(0)]))
    assert "no topics yet" in page.text
    assert client.get(reverse("catalogue-past", args=["empty"])).status_code == 200
    assert client.get("/catalogues/long-context/at/2025-02-30/").status_code == 404


def test_the_picker_leads_to_a_day_and_lists_what_changed(client, catalogue):
    past = reverse("catalogue-past", args=["long-context"])
    answer = client.get(past, {"on": "2025-03-01"})
    assert answer["Location"] == "/catalogues/long-context/at/2025-03-01/"
    for odd in ("x", "2025-02-30", "\x00", "9" * 999):
        assert client.get(past, {"on": odd}).status_code == 400
    curation.rename_topic(topic("prompt"), "<b>Prompts</b>")
    curation.merge_topics(topic("attention/sparse"), topic("attention"))
    text = client.get(past).text
    assert "2 “Prompt” became 2 “&lt;b&gt;Prompts&lt;/b&gt;”" in text
    assert "1.1 “Sparse” was merged into 1 “Attention”" in text
    assert "the first 3 topics" in text


def test_the_public_page_of_a_topic_says_what_it_was(client, catalogue):
    prompt = topic("prompt")
    assert "Formerly" not in client.get(prompt.get_absolute_url()).text
    curation.rename_topic(prompt, "Prompting")
    page = client.get(topic("prompting").get_absolute_url())
    assert "was 2 Prompt until" in page.text
    link = reverse("topic-at", args=["long-context", ago(1), "prompt"])
    assert link in page.text
    assert client.get(link).status_code == 200


def test_the_catalogue_page_leads_to_its_past(client, catalogue):
    text = client.get(catalogue.get_absolute_url()).text
    assert reverse("catalogue-past", args=["long-context"]) in text


def test_a_snapshot_asks_no_more_of_the_database_when_much_has_changed(client, catalogue):
    url = reverse("topic-at", args=["long-context", ago(3), "attention/sparse"])
    few = count_queries(client, url)
    sparse = topic("attention/sparse")
    for number in range(8):
        make_paper(topics=[sparse])
        curation.rename_topic(sparse, f"Sparse {number}")
    Placement.objects.update(position=7)
    assert count_queries(client, url) <= few
