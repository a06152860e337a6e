"""A curator adds papers in a real browser: one by its arXiv id, ten at once; and takes a reader's correction."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from catalog.models import Paper, Proposal
from ingest.standins.world import ArxivRecord
from search.embed import embed_changed
from tests.factories import make_paper, make_topic, make_venue


class Clicks:
    """Counts what a curator presses."""

    def __init__(self) -> None:
        self.number = 0

    def on(self, what: Any) -> None:
        self.number += 1
        what.click()


def test_an_arxiv_id_is_added_in_three_clicks_at_most(
    live_server: Any, desk: Page, standin: Any
) -> None:
    topic = make_topic("Harbour logs")
    near = make_paper("Sparse attention for logs of harbours", topics=[topic])
    embed_changed("test")
    desk.goto(live_server.url + reverse("admin:index"))
    clicks = Clicks()
    desk.get_by_label("Add a paper").fill("2301.99001")
    clicks.on(desk.locator(".desk-add").get_by_role("button", name="Look up"))
    expect(desk.get_by_label("Title:", exact=True)).to_have_value(
        "Lanterns: Sparse Attention for Long Harbour Logs"
    )
    expect(desk.get_by_label("Primary topic")).to_have_value(str(topic.pk))
    expect(desk.get_by_text("named in the comment")).to_be_visible()
    clicks.on(desk.get_by_role("button", name="Save"))
    expect(desk.get_by_text("Added: “Lanterns")).to_be_visible()
    assert clicks.number <= 3
    paper = Paper.objects.exclude(pk=near.pk).get()
    desk.goto(live_server.url + topic.get_absolute_url())
    expect(desk.get_by_role("link", name=paper.title)).to_be_visible()
    desk.goto(live_server.url + reverse("admin:index"))
    desk.get_by_label("Add a paper").fill("https://arxiv.org/pdf/2301.99001v1")
    desk.locator(".desk-add").get_by_role("button", name="Look up").click()
    expect(desk.get_by_text("Already listed, here:")).to_be_visible()
    desk.get_by_role("link", name=paper.title).click()
    expect(desk).to_have_url(live_server.url + paper.get_absolute_url())


def test_ten_are_added_at_once_of_which_three_are_known(
    live_server: Any, desk: Page, standin: Any, worker: None
) -> None:
    topic = make_topic("Harbour logs")
    for number in range(7):
        standin.world.add_record(
            ArxivRecord(id=f"2406.{number:05}", title=f"Of Buoys and Bells, part {number}")
        )
    make_paper("Lanterns: Sparse Attention for Long Harbour Logs", topics=[topic])
    make_paper("A Paper of Three Versions", arxiv="2303.99003", topics=[topic])
    make_paper("Measuring Fog", arxiv="2404.99006", topics=[topic])
    lines = [f"https://arxiv.org/abs/2406.{number:05}" for number in range(7)]
    lines += ["Lanterns: sparse attention for long harbour logs", "2303.99003", "arXiv:2404.99006"]
    desk.goto(live_server.url + reverse("admin:index"))
    desk.get_by_role("link", name="several at once").click()
    desk.get_by_label("What to add").fill("\n".join(lines))
    desk.get_by_role("button", name="Look up").click()
    expect(desk.get_by_text("7 new, 3 listed already")).to_be_visible(timeout=20_000)
    topics = desk.get_by_role("textbox", name="Topic of line").or_(
        desk.get_by_role("combobox", name="Topic of line")
    )
    expect(topics).to_have_count(7)
    for box in topics.all():
        box.fill("Harbour logs")
    desk.get_by_role("checkbox", name="Add line 7").uncheck()
    desk.get_by_role("button", name="Add what is ticked").click()
    expect(desk.get_by_text("Added: 6 papers.")).to_be_visible()
    expect(desk.get_by_text("1 new, 3 listed already, 6 added")).to_be_visible()
    assert Paper.objects.listed().count() == 9


def test_a_readers_correction_is_taken(
    live_server: Any, desk: Page, browser: Browser, settings: Any
) -> None:
    settings.PROPOSAL_SECONDS = 0
    paper = make_paper(
        "Longformer: The Long-Document Transformer",
        venue=make_venue("arXiv"),
        year=2020,
        abstract="We present a model.",
    )
    reader = browser.new_page(java_script_enabled=False, base_url=str(live_server.url))
    reader.goto(paper.get_absolute_url())
    reader.get_by_role("link", name="Fix this").click()
    reader.get_by_label("Venue").fill("ACL")
    reader.get_by_label("Year").fill("2021")
    reader.get_by_label("Where it can be seen").fill("https://aclanthology.org/x")
    reader.get_by_label("Your name").fill("Ada Reader")
    reader.get_by_role("button", name="Send to the curators").click()
    expect(reader.get_by_text("It waits for a curator.")).to_be_visible()

    desk.goto(live_server.url + reverse("admin:index"))
    desk.get_by_role("link", name="1 proposal from readers").click()
    desk.get_by_role("link", name="Longformer").click()
    expect(desk.locator("del", has_text="arXiv")).to_be_visible()
    expect(desk.locator("ins", has_text="ACL")).to_be_visible()
    desk.get_by_role("checkbox", name="Year").uncheck()
    desk.get_by_label("Answer to the sender").fill("Thank you; the year stays.")
    desk.get_by_role("button", name="Take over what is ticked").click()
    expect(desk.get_by_text("Taken over.")).to_be_visible()

    paper.refresh_from_db()
    assert paper.venue
    assert (paper.venue.name, paper.year) == ("ACL", 2020)
    reader.reload()
    expect(reader.get_by_text("Accepted in part")).to_be_visible()
    expect(reader.get_by_text("the year stays")).to_be_visible()
    reader.goto(paper.get_absolute_url())
    expect(reader.get_by_text("Correction suggested by")).to_contain_text("Ada Reader")
    reader.goto(reverse("contributors"))
    expect(reader.get_by_text("Ada Reader")).to_be_visible()
    reader.close()


def test_a_suggested_paper_is_looked_up_and_added(
    live_server: Any, desk: Page, browser: Browser, standin: Any, settings: Any
) -> None:
    settings.PROPOSAL_SECONDS = 0
    topic = make_topic("Harbour logs")
    reader = browser.new_page(base_url=str(live_server.url))
    reader.goto(f"{reverse('search')}?q=lanterns+of+harbours")
    reader.get_by_role("main").get_by_role("link", name="Suggest a paper").click()
    reader.get_by_label("Which paper").fill("arXiv:2301.99001")
    reader.get_by_label("Topic, if you know").select_option(str(topic.pk))
    reader.get_by_label("Your name").fill("Ada Reader")
    reader.get_by_role("button", name="Send to the curators").click()
    expect(reader.get_by_text("It waits for a curator.")).to_be_visible()
    desk.goto(live_server.url + reverse("admin:catalog_proposal_change", args=[Proposal.objects.get().pk]))  # fmt: skip
    desk.get_by_role("button", name="Look up and add").click()
    expect(desk.get_by_label("Primary topic")).to_have_value(str(topic.pk))
    desk.get_by_role("button", name="Save").click()
    expect(desk.get_by_text("Added: “Lanterns")).to_be_visible()
    reader.reload()
    expect(reader.get_by_text("Accepted")).to_be_visible()
    reader.get_by_role("link", name="Lanterns: Sparse Attention").click()
    expect(reader.get_by_text("Suggested by Ada Reader")).to_be_visible()
    reader.close()


def admin_pages() -> Iterator[str]:
    yield reverse("admin:catalog_paper_add")
    yield reverse("admin:catalog_proposal_changelist")


@pytest.mark.parametrize("width", [390, 1440])
def test_no_page_of_adding_scrolls_sideways(
    live_server: Any, desk: Page, standin: Any, width: int
) -> None:
    make_topic("A topic whose name goes on and on so that it is wider than any phone is")
    paper = make_paper("Unbreakable" * 20, arxiv="2305.99005")
    proposal = Proposal.objects.create(
        kind="fix",
        paper=paper,
        before={"title": "Unbreakable" * 20},
        after={"title": "Breakable" * 20, "abstract": "Word " * 300},
        note="Note " * 100,
    )
    desk.set_viewport_size({"width": width, "height": 900})
    for address in (*admin_pages(), reverse("admin:catalog_proposal_change", args=[proposal.pk])):
        desk.goto(live_server.url + address)
        assert desk.evaluate("document.documentElement.scrollWidth") <= width, address
    for what in ("2301.99001", "2305.99005", "2301.99001\n2303.99003\n" + "Unbreakable" * 15):
        desk.goto(live_server.url + reverse("admin:catalog_paper_add"))
        desk.get_by_label("What to add").fill(what)
        desk.get_by_role("button", name="Look up").click()
        expect(desk.locator(".add-paper, .add-table")).to_be_visible()
        assert desk.evaluate("document.documentElement.scrollWidth") <= width, what
    assert User.objects.exists()
