"""The queue of suggested venues: evidence, one click, back to the same place, all of a kind, and undo."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from catalog.admin import venue_queue
from catalog.curation import accept_venues
from catalog.models import Act, Paper, Placement, Provenance, VenueSuggestion
from catalog.statements import keep_statements
from tests.factories import make_catalogue, make_paper, make_staff, make_topic, make_venue

pytestmark = pytest.mark.django_db
QUEUE = reverse("admin:catalog_venuesuggestion_queue")
ALL = reverse("admin:catalog_venuesuggestion_accept_all")


def suggest(
    title: str = "A <i>Paper</i>", source: str = "arxiv", text: str = "", **fields
) -> VenueSuggestion:
    venue = make_venue("arXiv", kind="preprint")
    paper = make_paper(title, venue=venue, year=2023, arxiv=f"2309.{Paper.objects.count():05}")
    if text:
        Paper.objects.filter(pk=paper.pk).update(journal_ref=text)
    values = {"venue_name": "ICLR", "year": 2024, **fields}
    return VenueSuggestion.objects.create(
        paper=paper, source=source, text=text or "Accepted at ICLR 2024", **values
    )


def seen(row: VenueSuggestion) -> str:
    paper = Paper.objects.get(pk=row.paper_id)
    return f"{row.pk}:{paper.venue_id or 0}:{paper.year or 0}"


def test_each_row_shows_listed_and_suggested_with_its_evidence(client, curator):
    row = suggest()
    keep_statements("openalex", {row.paper_id: {"venue": "ICLR"}})
    keep_statements("semantic_scholar", {row.paper_id: {"venue": "NeurIPS"}})
    text = client.get(QUEUE).content.decode()
    assert "arXiv 2023 → <strong>ICLR 2024</strong>" in text
    assert "“Accepted at ICLR 2024”" in text
    assert "the year goes from 2023 to 2024" in text
    assert "OpenAlex says so too" in text
    assert "otherwise Semantic Scholar: NeurIPS" in text
    assert "https://arxiv.org/abs/2309." in text
    assert "A &lt;i&gt;Paper" in text


def test_one_click_accepts_and_leads_back_to_the_next_row(client, curator):
    first, second = suggest("One"), suggest("Two")
    response = client.post(QUEUE, {"accept": seen(first), "page": "1"})
    assert response.url == f"{QUEUE}?page=1#row-{second.pk}"
    first.refresh_from_db()
    assert (first.status, first.decided_by) == ("accepted", curator)
    assert first.paper.venue_label == "ICLR 2024"
    undo = reverse("admin:catalog_act_undo", args=[Act.objects.get().pk])
    assert undo in client.get(QUEUE).content.decode()
    client.post(undo, {"next": QUEUE})
    first = VenueSuggestion.objects.get(pk=first.pk)
    assert (first.status, first.paper.venue_label, first.paper.year) == ("open", "arXiv", 2023)
    assert not first.paper.provenance.exists()


def test_one_click_rejects(client, curator):
    row = suggest()
    client.post(QUEUE, {"reject": seen(row)})
    row.refresh_from_db()
    assert (row.status, row.paper.venue_label) == ("rejected", "arXiv")
    assert "No venue waits" in client.get(QUEUE).content.decode()


def test_others_that_agree_are_settled_with_it(client, curator):
    row = suggest()
    other = VenueSuggestion.objects.create(
        paper=row.paper, source="openalex", text="ICLR", venue_name="ICLR"
    )
    against = VenueSuggestion.objects.create(
        paper=row.paper, source="crossref", text="ICML", venue_name="ICML", year=2024
    )
    client.post(QUEUE, {"accept": seen(row)})
    other.refresh_from_db()
    against.refresh_from_db()
    assert (other.status, against.status) == ("accepted", "open")


def test_what_was_changed_meanwhile_is_asked_again(client, curator):
    row = suggest()
    mark = seen(row)
    Paper.objects.filter(pk=row.paper_id).update(year=2025)
    text = client.post(QUEUE, {"accept": mark}, follow=True).content.decode()
    assert "was changed meanwhile" in text
    row.refresh_from_db()
    assert row.status == "open"


@pytest.mark.parametrize("mark", ["", "x", "²:0:0", "9" * 40, "1:2:3"])
def test_odd_marks_decide_nothing(client, curator, mark):
    suggest()
    text = client.post(QUEUE, {"accept": mark}, follow=True).content.decode()
    assert "meanwhile" in text
    assert not Act.objects.exists()


def test_all_of_a_kind_are_accepted_after_a_look_and_undone_together(client, curator):
    references = [suggest(f"R{n}", text="ICLR 2024") for n in range(3)]
    remark = suggest("Remark")
    page = client.get(f"{QUEUE}?kind=reference").content.decode()
    assert "a journal reference on arXiv (3)" in page
    assert "Remark" not in page.replace("remark on arXiv", "")
    preview = client.get(f"{ALL}?kind=reference").content.decode()
    assert preview.count('name="seen"') == 3
    Paper.objects.filter(pk=references[2].paper_id).update(year=2020)
    marks = [seen(row) for row in references[:2]]
    marks.append(f"{references[2].pk}:{references[2].paper.venue_id}:2023")
    text = client.post(f"{ALL}?kind=reference", {"seen": marks}, follow=True).content.decode()
    assert "Changed or decided meanwhile, and left: 1." in text
    assert VenueSuggestion.objects.filter(status="accepted").count() == 2
    client.post(reverse("admin:catalog_act_undo", args=[Act.objects.get().pk]))
    assert VenueSuggestion.objects.filter(status="open").count() == 4
    assert client.get(f"{ALL}?kind=nonsense").url == QUEUE
    assert remark.status == "open"


def test_the_number_of_queries_does_not_grow_with_the_queue(client, curator):
    numbers = []
    for _ in range(2):
        for n in range(10):
            row = suggest(f"P{n}")
            keep_statements("openalex", {row.paper_id: {"venue": "ICLR"}})
        with CaptureQueriesContext(connection) as captured:
            client.get(QUEUE)
        numbers.append(len(captured))
    assert numbers[0] == numbers[1] <= 20


def test_who_may_not_decide_only_looks(client):
    row = suggest()
    client.force_login(make_staff())
    assert client.get(QUEUE).status_code == 403
    client.force_login(make_staff("view_venuesuggestion", name="looker"))
    assert "Accept</button>" not in client.get(QUEUE).content.decode()
    for data in ({"accept": seen(row)}, {"reject": seen(row)}):
        assert client.post(QUEUE, data).status_code == 403
    assert client.get(f"{ALL}?kind=remark").status_code == 403
    assert client.post(f"{ALL}?kind=remark", {"seen": seen(row)}).status_code == 403


def test_an_editor_decides_on_papers_of_their_catalogue_only(client):
    own, foreign, moved = suggest("Own"), suggest("Foreign"), suggest("Moved")
    elsewhere = make_topic("X", catalogue=make_catalogue("other"))
    foreign.paper.placements.update(topic=elsewhere)
    moved.paper.placements.update(retired_at=timezone.now(), is_primary=False)
    Placement.objects.create(paper=moved.paper, topic=elsewhere)
    names = ["view_venuesuggestion", "change_venuesuggestion"]
    client.force_login(make_staff(*names, edits=make_catalogue()))
    for row in (foreign, moved):  # nor on what theirs listed once
        assert client.post(QUEUE, {"accept": seen(row)}).status_code == 403
    client.post(QUEUE, {"accept": seen(own)})
    changelist = reverse("admin:catalog_venuesuggestion_changelist")
    client.post(changelist, {"action": "reject", "_selected_action": [foreign.pk]})
    assert dict(VenueSuggestion.objects.values_list("paper__title", "status")) == {
        "Own": "accepted",
        "Foreign": "open",
        "Moved": "open",
    }


def test_accepting_many_takes_as_many_statements_however_many_they_are(client, curator):
    make_venue("ICLR")
    numbers = []
    for number in (1, 6):
        rows = [suggest(distinction="Oral") for _ in range(number)]
        with CaptureQueriesContext(connection) as captured:
            accept_venues(rows, curator)
        numbers.append(len(captured))
        papers = Paper.objects.filter(pk__in=[row.paper_id for row in rows])
        assert set(papers.values_list("venue__name", "year", "distinction")) == {
            ("ICLR", 2024, "Oral")
        }
        locked = Provenance.objects.filter(paper__in=papers, locked=True, source="curator")
        assert locked.count() == 3 * number
    assert numbers[0] == numbers[1]


def test_more_than_can_be_decided_at_once_are_not_cut_in_silence(client, curator, monkeypatch):
    monkeypatch.setattr(venue_queue, "_MOST_CHOSEN", 1)
    rows = [suggest("One"), suggest("Two")]
    data = {"action": "accept", "_selected_action": [row.pk for row in rows]}
    page = client.post(reverse("admin:catalog_venuesuggestion_changelist"), data, follow=True)
    assert "At most 1 at once" in page.content.decode()
    assert VenueSuggestion.objects.filter(status="open").count() == 2
