"""A curator decides on suspected pairs with buttons and keys; a merge is undone from the message that reports it."""

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from catalog.duplicates import job
from catalog.models import Paper, PaperSuspect, VenueSuggestion
from catalog.statements import keep_statements
from tests.factories import make_paper, make_topic, make_venue


@pytest.fixture
def pairs(transactional_db: None) -> list[Paper]:
    papers = []
    for title, arxiv in (
        ("Ring Attention with Blockwise Transformers", "2310.01889"),
        ("Tree Caches for Decoders", "2401.00001"),
    ):
        papers.append(
            make_paper(title, arxiv=arxiv, topics=[make_topic("Attention")], authors=["Hao Liu"])
        )
        papers.append(
            make_paper(
                title.replace(" Attention", "Attention").upper(),
                authors=["H. Liu"],
                topics=[make_topic("Memory")],
            )
        )
    job.find_changed("test")
    return papers


def test_merge_and_undo(live_server, desk: Page, pairs):
    kept, other = pairs[0], pairs[1]
    desk.goto(live_server.url + reverse("admin:catalog_papersuspect_changelist"))
    desk.get_by_role("link", name="Decide one by one").click()
    expect(
        desk.get_by_text("Nearly the same title").or_(desk.get_by_text("The same title"))
    ).to_be_visible()
    first = PaperSuspect.objects.open().order_by("-score", "pk").first()
    assert first is not None
    desk.goto(
        live_server.url
        + reverse(
            "admin:catalog_papersuspect_change", args=[PaperSuspect.objects.get(first=kept).pk]
        )
    )
    desk.get_by_role("radio", name="Keep this one 1").check()
    desk.get_by_role("button", name="Merge").click()
    expect(desk.get_by_text("now leads to")).to_be_visible()
    desk.goto(live_server.url + other.get_absolute_url())
    expect(desk).to_have_url(live_server.url + kept.get_absolute_url())
    desk.goto(
        live_server.url + reverse("admin:catalog_papersuspect_changelist") + "?status__exact=merged"
    )
    desk.get_by_role("link", name="Undo …").click()
    desk.get_by_role("button", name="Take it back").click()
    expect(desk.get_by_text("Taken back:")).to_be_visible()
    desk.goto(live_server.url + other.get_absolute_url())
    expect(desk).to_have_url(live_server.url + other.get_absolute_url())
    other.refresh_from_db()
    assert other.merged_into is None
    assert other.placements.count() == 1


def test_a_merge_is_undone_with_one_click_in_its_message(live_server, desk: Page, pairs):
    suspect = PaperSuspect.objects.get(first=pairs[0])
    desk.goto(live_server.url + reverse("admin:catalog_papersuspect_change", args=[suspect.pk]))
    desk.get_by_role("button", name="Merge").click()
    desk.get_by_role("button", name="Undo").click()
    expect(desk.get_by_text("Taken back:")).to_be_visible()
    expect(desk.get_by_role("button", name="Merge")).to_be_visible()
    assert not Paper.objects.filter(merged_into__isnull=False).exists()


def test_pairs_are_decided_with_keys(live_server, desk: Page, pairs):
    desk.goto(live_server.url + reverse("admin:catalog_papersuspect_queue"))
    desk.keyboard.press("2")
    expect(desk.get_by_role("radio", name="Keep this one 2")).to_be_checked()
    desk.keyboard.press("m")
    expect(desk.get_by_text("now leads to")).to_be_visible()
    assert PaperSuspect.objects.filter(status="merged").count() == 1
    desk.keyboard.press("n")
    expect(desk.get_by_text("Remembered: not the same.")).to_be_visible()
    assert PaperSuspect.objects.filter(status="distinct").count() == 1


def test_a_venue_is_accepted_with_a_key_and_undone(live_server, desk: Page):
    arxiv = make_venue("arXiv", kind="preprint")
    for n in range(2):
        paper = make_paper(f"Paper {n}", venue=arxiv)
        VenueSuggestion.objects.create(
            paper=paper, source="arxiv", text="ICLR 2025", venue_name="ICLR", year=2025
        )
    desk.goto(live_server.url + reverse("admin:catalog_venuesuggestion_queue"))
    desk.keyboard.press("a")
    expect(desk.get_by_text("Accepted: “Paper 0” appeared at ICLR 2025.")).to_be_visible()
    expect(desk.get_by_role("link", name="Paper 0")).to_have_count(0)
    desk.get_by_role("button", name="Undo").click()
    expect(desk.get_by_role("link", name="Paper 0")).to_be_visible()


def test_a_source_is_chosen_for_a_field(live_server, desk: Page):
    paper = make_paper("A Paper", year=2020)
    keep_statements("arxiv", {paper.pk: {"title": "A Paper", "year": 2019}})
    desk.goto(live_server.url + reverse("admin:catalog_paper_change", args=[paper.pk]))
    expect(desk.get_by_text("they disagree on year")).to_be_visible()
    desk.get_by_role("button", name="Use this year").click()
    expect(desk.get_by_text("The year is arXiv’s word now, and locked.")).to_be_visible()
    desk.get_by_text("Sources side by side: they agree").click()
    desk.get_by_role("button", name="Let sources decide").click()
    expect(desk.get_by_text("The year is arXiv’s again.")).to_be_visible()
