"""A curator arranges topics in a real browser: by keyboard, by mouse, by finger, and takes it back."""

import pytest
from django.urls import reverse
from playwright.sync_api import Locator, Page, expect

from catalog import curation
from catalog.models import Topic
from tests.factories import make_catalogue, make_paper, make_topic


@pytest.fixture
def tree(live_server, desk: Page) -> Page:
    one = make_topic("Attention", position=1)
    make_paper("Big Bird", topics=[make_topic("Sparse", one, position=2)])
    make_topic("Memory", position=3)
    make_paper("Prompting", topics=[make_topic("Prompt", position=4)])
    desk.goto(live_server.url + reverse("admin:catalog_topic_tree", args=["long-context"]))
    return desk


def item(page: Page, name: str) -> Locator:
    return page.locator(f'[role="treeitem"][data-name="{name}"]')


def outline() -> list[str]:
    rows = Topic.objects.filter(retired_at=None).order_by("position")
    return ["  " * row.depth + row.name for row in rows]


def settled(page: Page, words: str) -> None:
    expect(page.locator("[data-tree-news]")).to_contain_text(words)


def test_move_a_topic_and_follow_its_old_url(live_server, tree: Page):
    item(tree, "Attention").focus()
    tree.keyboard.press("End")
    expect(item(tree, "Prompt")).to_be_focused()
    tree.keyboard.press("Space")
    live = tree.locator("[data-tree-live]")
    expect(live).to_contain_text("Picked up Prompt: 3 of 3 at the top")
    tree.keyboard.press("ArrowUp")
    expect(live).to_have_text("Prompt: 2 of 3 at the top")
    tree.keyboard.press("ArrowRight")
    expect(live).to_have_text("Prompt: 2 of 2 under Attention")
    tree.keyboard.press("Enter")
    settled(tree, "Moved “Prompt” under “Attention”.")
    expect(live).to_have_text("Moved “Prompt” under “Attention”.")
    expect(item(tree, "Prompt")).to_be_focused()
    assert outline() == ["Attention", "  Sparse", "  Prompt", "Memory"]
    tree.goto(f"{live_server.url}/topics/long-context/prompt/")
    assert tree.url == f"{live_server.url}/topics/long-context/attention/prompt/"
    expect(tree.get_by_role("link", name="Prompting").first).to_be_visible()
    tree.get_by_text("Formerly 3 Prompt").click()
    expect(tree.get_by_text("was 3 Prompt until")).to_be_visible()
    tree.go_back()
    tree.goto(live_server.url + reverse("admin:catalog_topic_tree", args=["long-context"]))
    tree.get_by_role("button", name="Undo: Moved “Prompt” under “Attention”").click()
    settled(tree, "Undid: Moved “Prompt” under “Attention”.")
    assert outline()[-1] == "Prompt"
    tree.goto(f"{live_server.url}/topics/long-context/prompt/")
    assert tree.url == f"{live_server.url}/topics/long-context/prompt/"


def test_escape_puts_a_topic_back(tree: Page):
    before = outline()
    item(tree, "Memory").focus()
    for key in ("Space", "ArrowDown", "ArrowRight"):
        tree.keyboard.press(key)
    tree.keyboard.press("Escape")
    expect(tree.locator("[data-tree-live]")).to_have_text("Put back Memory: 2 of 3 at the top.")
    expect(item(tree, "Memory")).to_be_focused()
    assert outline() == before


def drag(page: Page, name: str, over: str, share: float) -> None:
    handle = item(page, name).locator("[data-handle]").first
    handle.hover()
    page.mouse.down()
    box = item(page, over).locator(".tree-row").first.bounding_box()
    assert box
    page.mouse.move(box["x"] + 120, box["y"] + box["height"] * share, steps=6)
    page.mouse.up()


def test_a_topic_is_dragged_before_and_into_another(tree: Page):
    drag(tree, "Prompt", "Attention", 0.1)
    settled(tree, "Changed the place of “Prompt”.")
    assert outline() == ["Prompt", "Attention", "  Sparse", "Memory"]
    drag(tree, "Sparse", "Memory", 0.5)
    settled(tree, "Moved “Sparse” under “Memory”.")
    tree.get_by_role("button", name="Undo", exact=True).click()
    settled(tree, "Undid: Moved “Sparse” under “Memory”.")
    assert outline() == ["Prompt", "Attention", "  Sparse", "Memory"]
    drag(tree, "Attention", "Sparse", 0.5)  # below itself: nothing to drop on
    expect(tree.locator("[data-tree-live]")).to_have_text("Attention stays where it was.")


def test_a_topic_is_renamed_in_its_place_and_refusals_are_words(tree: Page):
    item(tree, "Memory").focus()
    tree.keyboard.press("F2")
    tree.get_by_label("New name of Memory").fill("Prompt")
    tree.keyboard.press("Enter")
    settled(tree, "There is a “Prompt” at the top already.")
    expect(item(tree, "Memory")).to_be_focused()
    tree.keyboard.press("F2")
    tree.get_by_label("New name of Memory").fill("Memories")
    tree.keyboard.press("Enter")
    settled(tree, "Renamed “Memory” to “Memories”.")
    expect(item(tree, "Memories")).to_be_focused()


def test_another_curator_s_move_is_not_overwritten(tree: Page):
    curation.place_topic(
        Topic.objects.get(path="prompt"), curation.Place(Topic.objects.get(path="memory").pk)
    )
    item(tree, "Prompt").focus()
    for key in ("Space", "ArrowUp", "ArrowUp", "Enter"):
        tree.keyboard.press(key)
    settled(tree, "moved by somebody else meanwhile, under “Memory”")
    assert outline() == ["Attention", "  Sparse", "Memory", "  Prompt"]
    expect(item(tree, "Memory").locator('[data-name="Prompt"]')).to_be_visible()


def test_a_topic_is_merged_and_split_by_its_panel(live_server, tree: Page):
    item(tree, "Prompt").get_by_role("link").click()
    panel = tree.locator("#chosen")
    expect(panel.get_by_role("heading", name="3 Prompt")).to_be_visible()
    panel.get_by_label("Merge into").select_option(label="2 Memory")
    panel.get_by_role("button", name="Look …").click()
    expect(tree.get_by_text("1 paper moves there.")).to_be_visible()
    tree.get_by_role("button", name="Merge").click()
    settled(tree, "Merged “Prompt” into “Memory”.")
    tree.locator("#chosen").get_by_role("link", name="Split it").click()
    tree.get_by_label("Name of the new topic").fill("Soft prompts")
    tree.get_by_label("Prompting").check()
    tree.get_by_role("button", name="Look at what would change").click()
    tree.get_by_role("button", name="Split").click()
    settled(tree, "Split “Soft prompts” off “Memory”.")
    assert outline() == ["Attention", "  Sparse", "Memory", "  Soft prompts"]
    tree.goto(f"{live_server.url}/topics/long-context/prompt/")
    assert tree.url == f"{live_server.url}/topics/long-context/memory/"


@pytest.mark.parametrize("width", [390, 820, 1440])
def test_the_pages_do_not_scroll_sideways(live_server, tree: Page, width):
    tree.set_viewport_size({"width": width, "height": 900})
    long = make_topic("Long", position=9)
    curation.rename_topic(long, "A name that goes on and on about topics of catalogues " * 3)
    paper = Topic.objects.get(path="prompt")
    catalogue = make_catalogue()
    today = long.created_at.date()
    for address in [
        reverse("admin:catalog_topic_tree", args=[catalogue.slug]) + f"?topic={long.pk}",
        reverse("admin:catalog_topic_merge", args=[paper.pk]) + f"?into={long.pk}",
        reverse("admin:catalog_topic_split", args=[paper.pk]),
        reverse("catalogue-past", args=[catalogue.slug]),
        reverse("catalogue-at", args=[catalogue.slug, today]),
        reverse("topic-at", args=[catalogue.slug, today, "prompt"]),
    ]:
        tree.goto(live_server.url + address)
        assert tree.evaluate("document.documentElement.scrollWidth") <= width, address
