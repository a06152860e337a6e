"""The picture of the graph, by mouse and by keys."""

import re

import pytest
from playwright.sync_api import Page, expect

from catalog.models import Citation
from tests.factories import make_paper

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def address(live_server) -> str:
    middle = make_paper("Middle Paper", authors=0)
    for number in range(4):
        Citation.objects.create(
            citing=make_paper(f"Citing {number}", authors=0), cited=middle, source="arxiv"
        )
    return f"{live_server.url}/graph?node=paper:{middle.pk}"


def test_keys_walk_the_picture_and_open_a_paper(page: Page, address: str) -> None:
    page.goto(address)
    canvas = page.get_by_role("application")
    expect(page.locator("[data-drawn]")).to_be_visible()
    spoken = page.locator("#explorer-spoken")
    expect(spoken).to_have_text("5 papers, 4 citations")
    canvas.focus()
    page.keyboard.press("ArrowRight")
    expect(spoken).to_contain_text("links")
    expect(page.locator("[data-panel] h2 a")).to_be_visible()
    page.keyboard.press("Escape")
    expect(spoken).to_have_text("5 papers, 4 citations")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/papers/"))


def test_a_picture_is_saved(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator("[data-drawn]")).to_be_visible()
    for form in ("PNG", "SVG"):
        with page.expect_download() as started:
            page.get_by_role("button", name=form).click()
        assert started.value.suggested_filename == f"stemma-graph.{form.lower()}"


def test_the_tables_say_the_same_without_scripts(browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    expect(page.get_by_role("row", name=re.compile("^Citing 2 paper"))).to_be_visible()
    page.get_by_role("link", name="Hide Citing 2").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("4 papers, 3 citations")
    page.get_by_role("link", name="Show more around Citing 1").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("4 papers, 3 citations")
    context.close()


def test_the_address_keeps_what_is_chosen_and_where_one_looks(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator("[data-drawn]")).to_be_visible()
    page.get_by_role("application").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("+")
    expect(page).to_have_url(re.compile("#at=.*&node=paper:"))
    chosen = page.locator("[data-panel] h2 a").inner_text()
    page.reload()
    expect(page.locator("[data-drawn]")).to_be_visible()
    expect(page.locator("[data-panel] h2 a")).to_have_text(chosen)
