"""Hundreds of lines pasted at once: what each is, what is added, what is refused and why."""

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalog.models import Candidate, Paper, Placement
from ingest.adding import lookup
from ingest.models import Draft, Paste
from ingest.standins.world import ArxivRecord
from tests.factories import make_catalogue, make_paper, make_topic

pytestmark = pytest.mark.django_db

ADD = "/admin/catalog/paper/add/"
PASTED = """2301.99001
https://arxiv.org/abs/2303.99003v1
Measuring Fog: A Benchmark for Retrieval in Poor Visibility
arXiv:2301.99001v1
Nobody has heard of this very title of mine
A listed paper of this catalogue
@misc{wharves, title={On Wharves of Finite Length}, eprint={math/0309998}, archivePrefix={arXiv}}
Lanterns Revisited
2401.00777
"""


@pytest.fixture
def topic(db):
    return make_topic("Sparse Attention")


def paste(client, text):
    """Paste, and look up what a job would."""
    response = client.post(ADD, {"what": text})
    row = Paste.objects.latest("pk")
    lookup.look_up_paste(row)
    return response["Location"]


def words(client, address):
    return {row.draft.position: row.words for row in client.get(address).context["rows"]}


def sent(client, address, topic, **changes):
    rows = client.get(address).context["rows"]
    values = {f"add-{row.draft.pk}": "on" for row in rows if row.is_ticked}
    return values | {f"topic-{row.draft.pk}": topic.label for row in rows} | changes


def test_each_line_is_told_what_it_is(client, curator, topic, standin):
    make_paper("A Listed Paper of This Catalogue", topics=[topic], arxiv="1706.00001")
    make_paper("Lanterns Revisited", topics=[])
    standin.world.add_record(ArxivRecord(id="1706.03762", title="Attention Is All You Need"))
    address = paste(client, PASTED)
    assert words(client, address) == {
        1: "new",
        2: "new",
        3: "new",
        4: "repeated in the paste",
        5: "not found",
        6: "listed already",
        7: "new",
        8: "known, not listed",
        9: "not found",
    }
    page = client.get(address).text
    assert "arXiv knows no 2401.00777" in page
    assert "like line 1" in page
    ticked = [row.draft.position for row in client.get(address).context["rows"] if row.is_ticked]
    assert ticked == [1, 2, 3, 7, 8]


def test_what_is_ticked_is_added_with_its_sources_and_the_rest_stays(
    client, curator, topic, standin
):
    address = paste(client, "2301.99001\n2303.99003\n2305.99005\nNo such title of any paper")
    rows = {row.draft.position: row for row in client.get(address).context["rows"]}
    values = sent(client, address, topic)
    del values[f"add-{rows[2].draft.pk}"]
    values[f"topic-{rows[3].draft.pk}"] = "No such topic"
    response = client.post(address, values)
    assert "1 paper added, 1 refused" in response.text
    assert "There is no topic “No such topic”." in response.text
    paper = Paper.objects.get()
    assert paper.provenance.get(field="title").source == "arxiv"
    assert Placement.objects.get().topic == topic
    assert words(client, address) == {1: "added", 2: "new", 3: "new", 4: "not found"}
    client.post(address, sent(client, address, topic), follow=True)
    assert Paper.objects.count() == 3


@pytest.mark.parametrize(
    "name",
    ["Sparse Attention", "attention › sparse attention", "Field: Attention › Sparse Attention"],
)
def test_a_topic_is_known_by_any_name_that_is_its_own(client, curator, standin, name):
    """Where there are several catalogues, labels begin with theirs; nobody has to write that."""
    field, other = make_catalogue("field", title="Field"), make_catalogue("other", title="Other")
    topic = make_topic("Sparse Attention", make_topic("Attention", catalogue=field))
    make_topic("Sparse Attention", catalogue=other)
    address = paste(client, "2301.99001\n2303.99003")
    Paste.objects.update(catalogue=field)
    named = {f"topic-{draft.pk}": name for draft in Draft.objects.all()}
    client.post(address, sent(client, address, topic) | named)
    assert [row.topic for row in Placement.objects.all()] == [topic, topic]


def test_a_row_that_a_constraint_refuses_spoils_no_other(client, curator, topic, standin):
    address = paste(client, "2301.99001\n2303.99003")
    values = sent(client, address, topic)
    Draft.objects.filter(position=1).update(facts={"title": {"value": " ", "source": "arxiv"}})
    client.post(address, values)
    assert [paper.title for paper in Paper.objects.all()] == ["A Paper of Three Versions"]


def test_adding_twice_adds_nothing_twice(client, curator, topic, standin):
    address = paste(client, "2301.99001\n2303.99003")
    values = sent(client, address, topic)
    for _ in range(2):
        client.post(address, values, follow=True)
    assert Paper.objects.count() == 2


def test_candidates_wait_no_more_and_known_ones_are_listed(client, curator, topic, standin):
    waiting = Candidate.objects.create(
        catalogue=topic.catalogue, scheme="arxiv", value="2301.99001", title="Lanterns"
    )
    known = make_paper("A Paper of Three Versions", arxiv="2303.99003", topics=[])
    address = paste(client, "2301.99001\n2303.99003")
    assert "adding it accepts that one" in client.get(address).text
    client.post(address, sent(client, address, topic))
    waiting.refresh_from_db()
    assert waiting.status == "accepted"
    assert Placement.objects.current().filter(paper=known, topic=topic).exists()
    assert Paper.objects.count() == 2


def test_many_ids_are_one_request(client, curator, topic, standin):
    for number in range(60):
        standin.world.add_record(ArxivRecord(id=f"2406.{number:05}", title=f"Of Buoys, part {number} of many"))  # fmt: skip
    paste(client, "\n".join(f"2406.{number:05}" for number in range(60)))
    assert Draft.objects.filter(facts__title__source="arxiv").count() == 60
    assert len(standin.requests) == 1


def test_what_a_source_fails_at_is_said_and_can_be_asked_again(
    client, curator, topic, standin, settings
):
    settings.INGEST_CALL_SECONDS = 0.1
    standin.misbehave("arxiv", "503", times=None)
    address = paste(client, "2301.99001\nMeasuring Fog: A Benchmark for Retrieval")
    page = client.get(address).text
    assert "arXiv answered with status 503" in page
    standin.behave()
    Draft.objects.update(state="waiting", notes=[])
    assert "Ask again for what waits" in client.get(address).text


def test_progress_is_shown_and_nothing_is_lost(client, curator, topic):
    response = client.post(ADD, {"what": "2301.99001\n2303.99003"})
    address = response["Location"]
    page = client.get(address).text
    assert "Looked up: 0 of 2" in page
    assert "hx-get" in page
    progress = reverse("admin:catalog_paper_paste_progress", args=[Paste.objects.get().pk])
    assert "0 of 2" in client.get(progress, headers={"HX-Request": "true"}).text
    assert "2301.99001 and 1 more" in client.get(ADD).text
    client.post(address, {"_stop": ""})
    assert words(client, address) == {1: "not found", 2: "not found"}
    done = client.get(progress, headers={"HX-Request": "true"})
    assert done["HX-Refresh"] == "true"


def test_a_stopped_paste_adds_ids_to_be_filled_in_later(client, curator, topic):
    address = client.post(ADD, {"what": "2301.99001\n2303.99003"})["Location"]
    client.post(address, {"_stop": ""})
    rows = client.get(address).context["rows"]
    values = sent(client, address, topic) | {f"add-{row.draft.pk}": "on" for row in rows}
    client.post(address, values)
    assert set(Paper.objects.values_list("title", flat=True)) == {"2301.99001", "2303.99003"}


def test_a_paste_is_its_curators_own(client, curator, topic):
    address = client.post(ADD, {"what": "2301.99001\n2303.99003"})["Location"]
    client.force_login(User.objects.create_superuser("john"))
    assert client.get(address).status_code == 404
    assert client.post(address, {"_discard": ""}).status_code == 404
    client.force_login(curator)
    client.post(address, {"_discard": ""})
    assert not Draft.objects.exists()


def test_hostile_lines_are_escaped(client, curator, topic, standin):
    hostile = "<script>alert(1)</script>"
    address = paste(client, f"A title {hostile}\n{hostile} another title\n@misc{{{hostile}")
    assert hostile not in client.get(address).text


def test_too_many_lines_are_cut_with_words(client, curator, topic, monkeypatch):
    monkeypatch.setattr("ingest.admin_adding.MOST", 3)
    lines = "\n".join(f"2401.{number:05}" for number in range(5))
    address = client.post(ADD, {"what": lines})["Location"]
    assert Draft.objects.count() == 3
    assert "Only the first 3 entries were taken." in client.get(address).text


def test_queries_do_not_grow_with_the_lines(client, curator, topic):
    def count(number):
        lines = "\n".join(f"2401.{one:05}" for one in range(number))
        address = client.post(ADD, {"what": lines})["Location"]
        client.get(address)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        return len(queries)

    assert count(40) == count(4)


def test_adding_asks_hardly_more_for_many_than_for_few(client, curator, topic, standin):
    def count(first, number):
        for one in range(first, first + number):
            standin.world.add_record(ArxivRecord(id=f"2406.{one:05}", title=f"Buoy {one} of very many"))  # fmt: skip
        address = paste(client, "\n".join(f"2406.{one:05}" for one in range(first, first + number)))
        values = sent(client, address, topic)
        with CaptureQueriesContext(connection) as queries:
            client.post(address, values)
        return len(queries)

    count(0, 2)
    assert count(100, 40) - count(200, 4) < 10
    assert Paper.objects.count() == 46


def test_the_job_looks_up_what_was_pasted(client, curator, topic, standin):
    from ingest.tasks import look_up_paste

    client.post(ADD, {"what": "2301.99001\n2303.99003"})
    look_up_paste(Paste.objects.get().pk)
    assert set(Draft.objects.values_list("state", flat=True)) == {"ready"}
    look_up_paste(Paste.objects.get().pk)
    look_up_paste(999999)
    assert len(standin.requests) == 1
