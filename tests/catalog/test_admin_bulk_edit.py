"""Many papers are edited by what the preview shows, exactly that, as one act that can be undone."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalog import curation
from catalog.curation.bulk import Edit
from catalog.models import Act, Paper, Placement
from tests.catalog.curation.test_undoing_merges import everything
from tests.factories import make_catalogue, make_paper, make_staff, make_topic, make_venue

pytestmark = pytest.mark.django_db
LIST = reverse("admin:catalog_paper_changelist")
EDIT = reverse("admin:catalog_paper_bulk_edit")


def hidden(page: str, name: str) -> str:
    found = re.search(f'name="{name}" value="([^"]*)"', page)
    assert found
    return found[1]


def preview(client, papers, **data) -> str:
    wanted = {"papers": " ".join(str(paper.pk) for paper in papers), **data}
    return str(client.post(EDIT, wanted).content.decode())


def carry_out(client, page: str, **data):
    wanted = {"papers": hidden(page, "papers"), "seen": hidden(page, "seen"), **data}
    return client.post(EDIT, {**wanted, "_apply": "1"}, follow=True)


def placed(paper: Paper) -> list[str]:
    rows = Placement.objects.current().filter(paper=paper).select_related("topic")
    return sorted(f"{row.topic.name}{'*' if row.is_primary else ''}" for row in rows)


def test_the_selected_are_edited_as_shown_and_undone_together(client, curator):
    venue = make_venue("ICLR", kind="conference")
    a, b = make_topic("A"), make_topic("B")
    papers = [make_paper(f"P{n}", topics=[a], year=2020 + n) for n in range(3)]
    before = everything()
    page = client.post(LIST, {"action": "edit_many", "_selected_action": [p.pk for p in papers]})
    assert hidden(page.content.decode(), "papers") == " ".join(str(p.pk) for p in papers)
    data = {"venue": venue.pk, "year": "2021", "put_under": [b.pk], "take_out_of": [a.pk]}
    text = preview(client, papers, **data)
    assert "3 papers would change" in text
    assert "year: <del>2020</del> → <ins>2021</ins>" in text
    assert "topics: <del>A</del> → <ins>B</ins>" in text
    assert everything() == before
    answer = carry_out(client, text, **data).content.decode()
    assert "3 papers edited: venue ICLR; year 2021; put under B; taken out of A" in answer
    assert {(p.venue_label, *placed(p)) for p in Paper.objects.all()} == {("ICLR 2021", "B*")}
    said = papers[0].provenance.get(field="venue")
    assert (said.source, said.detail, said.locked) == ("curator", "jane", True)
    assert papers[1].provenance.filter(field="year").count() == 0
    client.post(reverse("admin:catalog_act_undo", args=[Act.objects.get().pk]))
    assert everything() == before


def test_what_would_not_change_is_told(client, curator):
    papers = [make_paper("Same", year=2021), make_paper("Other", year=2020)]
    papers.append(make_paper("Merged", merged_into=papers[0]))
    text = preview(client, papers, year="2021")
    assert "1 paper would change" in text
    assert "1 is so already" in text
    assert "1 was merged into others" in text


def test_a_paper_that_was_changed_meanwhile_is_left_and_named(client, curator):
    papers = [make_paper("One"), make_paper("Two")]
    text = preview(client, papers, year="2021")
    Paper.objects.filter(pk=papers[0].pk).update(year=1999)
    answer = carry_out(client, text, year="2021").content.decode()
    assert "Changed meanwhile, and left as they are: “One”" in answer
    assert set(Paper.objects.values_list("year", flat=True)) == {1999, 2021}


def test_fields_are_emptied_and_withdrawals_set(client, curator):
    paper = make_paper("P", year=2020, distinction="Oral", venue=make_venue("ICLR"))
    data = {"venue_none": "on", "year_none": "on", "distinction_none": "on", "withdrawn": "yes"}
    carry_out(client, preview(client, [paper], **data), **data)
    paper.refresh_from_db()
    assert (paper.venue, paper.year, paper.distinction) == (None, None, "")
    assert paper.withdrawn_at is not None


def test_a_topic_that_was_taken_away_comes_back_and_the_primary_one_stays(client, curator):
    a, b = make_topic("A"), make_topic("B")
    paper = make_paper("P", topics=[a, b])
    curation.save_placements(paper, [], [paper.placements.get(topic=b)])
    data = {"put_under": [b.pk]}
    carry_out(client, preview(client, [paper], **data), **data)
    assert placed(paper) == ["A*", "B"]
    data = {"take_out_of": [a.pk, b.pk]}
    carry_out(client, preview(client, [paper], **data), **data)
    assert placed(paper) == []


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({}, "Choose what is to be changed."),
        ({"year": "3000"}, "A year lies between 1800 and 2200."),
        ({"year": "2020", "year_none": "on"}, "Either a year or none."),
        ({"venue": "99999"}, "valid choice"),
        ({"venue": "x\x00"}, "Null characters"),
        ({"distinction": "x" * 101}, "at most 100"),
        ({"distinction": "a\x00b"}, "Null characters"),
        ({"put_under": ["999"]}, "999"),
    ],
)
def test_bad_wishes_are_answered_in_words(client, curator, data, words):
    assert words in preview(client, [make_paper("P")], **data)


@pytest.mark.parametrize("papers", ["", "x", "²", "9" * 40, "0"])
def test_odd_selections_are_answered_in_words(client, curator, papers):
    answer = client.post(EDIT, {"papers": papers, "year": "2020"}, follow=True)
    assert "Select at least one paper" in answer.content.decode()
    assert client.get(EDIT).status_code == 405


def test_all_that_a_search_finds_are_edited_and_too_many_are_refused(client, curator, monkeypatch):
    for n in range(3):
        make_paper(f"Wanted {n}")
    make_paper("Other")
    data = {
        "action": "edit_many",
        "select_across": "1",
        "_selected_action": [Paper.objects.values_list("pk", flat=True)[0]],
    }
    page = client.post(f"{LIST}?q=Wanted", data).content.decode()
    assert len(hidden(page, "papers").split()) == 3
    monkeypatch.setattr("catalog.admin.bulk_edit.MOST", 2)
    answer = client.post(f"{LIST}?q=Wanted", data, follow=True).content.decode()
    assert "At most 2 papers can be edited at once" in answer


def test_the_number_of_statements_for_fields_does_not_grow_with_the_papers(curator):
    numbers = []
    for some in (3, 30):
        papers = [make_paper() for _ in range(some)]
        edit = Edit({"year": 2021, "distinction": "Oral"})
        seen = [one.seen for one in curation.plan_edit([p.pk for p in papers], edit)]
        with CaptureQueriesContext(connection) as captured:
            curation.apply_edit(seen, edit, curator)
        numbers.append(len(captured))
    assert numbers[0] == numbers[1]


def test_who_may_not_change_papers_edits_none(client):
    client.force_login(make_staff("view_paper"))
    paper = make_paper("P")
    assert client.post(EDIT, {"papers": paper.pk, "year": "2020", "_apply": "1"}).status_code == 403
    client.post(LIST, {"action": "edit_many", "_selected_action": [paper.pk]})
    assert not Act.objects.exists()


def test_an_editor_edits_what_their_catalogue_lists(client):
    own = make_paper("Own")
    elsewhere = make_topic("X", catalogue=make_catalogue("other"))
    foreign = make_paper("Foreign", topics=[elsewhere])
    client.force_login(make_staff("view_paper", "change_paper", edits=make_catalogue()))
    text = preview(client, [own, foreign], year="2020")
    assert "1 paper would change" in text
    assert "1 is listed by other catalogues" in text
    plan = curation.plan_edit([own.pk, foreign.pk], Edit({"year": 2020}))
    data = {"papers": f"{own.pk} {foreign.pk}", "seen": " ".join(one.seen for one in plan)}
    client.post(EDIT, {**data, "year": "2020", "_apply": "1"})
    assert dict(Paper.objects.values_list("title", "year")) == {"Own": 2020, "Foreign": None}
    assert "valid choice" in preview(client, [own], put_under=[elsewhere.pk])


def test_papers_moved_at_once_go_back_in_as_many_statements_however_many_they_are(curator):
    old, new = make_topic("Old"), make_topic("New")
    numbers = []
    for number in (1, 5):
        papers = [make_paper(topics=[old]) for _ in range(number)]
        plan = curation.plan_edit([paper.pk for paper in papers], edit := Edit({}, [new], [old]))
        act, _ = curation.apply_edit([one.seen for one in plan], edit, curator)
        assert act is not None
        with CaptureQueriesContext(connection) as captured:
            assert curation.undo_act(act, curator) == []
        numbers.append(len(captured))
        places = Placement.objects.filter(paper__in=papers)
        assert set(places.values_list("topic", "is_primary", "retired_at")) == {
            (old.pk, True, None)
        }
    assert numbers[0] == numbers[1]
