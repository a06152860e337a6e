"""The map of the field, by mouse, by keys and without scripts."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from catalog.models import Citation, Paper
from search.index import refresh_words
from search.map.job import map_changed
from tests.search.map.making import make_field

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def field(monkeypatch) -> list[Paper]:
    monkeypatch.setattr("search.map.job.ROUNDS", 100)  # enough for two groups
    papers = make_field()
    for paper in papers[1:6]:
        Citation.objects.create(citing=paper, cited=papers[0], source="arxiv")
    refresh_words()
    map_changed("test")
    return papers


@pytest.fixture
def drawn(page: Page, live_server, field) -> Page:
    page.goto(f"{live_server.url}/map")
    expect(page.locator("[data-ready]")).to_be_visible()
    return page


def spoken(page: Page):
    return page.locator("#explorer-spoken")


def test_keys_walk_from_paper_to_paper_and_open_one(drawn: Page) -> None:
    expect(spoken(drawn)).to_have_text("32 papers shown")
    drawn.get_by_role("application").focus()
    drawn.keyboard.press("ArrowRight")
    expect(spoken(drawn)).to_contain_text("in the region")
    first = spoken(drawn).text_content()
    drawn.keyboard.press("ArrowLeft")
    expect(spoken(drawn)).not_to_have_text(first or "")
    expect(spoken(drawn)).to_contain_text("in the region")
    drawn.keyboard.press("Escape")
    expect(spoken(drawn)).to_have_text("32 papers shown")
    expect(drawn.locator("[data-panel]")).to_be_hidden()
    drawn.keyboard.press("ArrowRight")
    expect(drawn.locator("[data-panel] h2 a")).to_be_visible()
    drawn.keyboard.press("Enter")
    expect(drawn).to_have_url(re.compile("/papers/"))


def test_zoom_and_choice_are_in_the_address_and_come_back_from_it(drawn: Page, field) -> None:
    drawn.get_by_role("application").focus()
    drawn.keyboard.press("+")
    expect(drawn).to_have_url(re.compile(r"#at=[\d.,-]+$"))
    drawn.keyboard.press("0")
    expect(drawn).not_to_have_url(re.compile("#at"))
    drawn.keyboard.press("ArrowRight")
    expect(drawn).to_have_url(re.compile(r"paper=\d+"))
    said = drawn.locator("[data-panel] h2").text_content() or ""
    drawn.reload()
    expect(drawn.locator("[data-panel] h2")).to_have_text(said)
    expect(drawn.get_by_role("heading", name=f"Around “{said}”")).to_be_visible()


def test_a_click_on_a_point_shows_the_paper(page: Page, live_server, field) -> None:
    # The map looks at this paper, so that it lies in the middle; let go, it can be clicked.
    page.goto(f"{live_server.url}/map?paper={field[0].pk}")
    expect(page.locator("[data-panel] h2")).to_have_text(field[0].title)
    canvas = page.get_by_role("application")
    canvas.focus()
    page.keyboard.press("Escape")
    expect(page.locator("[data-panel]")).to_be_hidden()
    box = canvas.bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator("[data-panel] h2")).to_have_text(field[0].title)


def find_region(page: Page) -> None:
    """Move the mouse over the map, from its middle line outwards, until the pointer says that it is over a name."""
    canvas = page.get_by_role("application")
    box = canvas.bounding_box()
    assert box
    for down in sorted(range(4, 97, 2), key=lambda share: abs(share - 50)):
        for across in range(4, 97, 3):
            page.mouse.move(
                box["x"] + box["width"] * across / 100, box["y"] + box["height"] * down / 100
            )
            if canvas.evaluate("one => one.style.cursor") == "zoom-in":
                return
    pytest.fail("no name of a region was found")


def test_the_name_of_a_region_can_be_clicked(drawn: Page) -> None:
    find_region(drawn)
    drawn.mouse.down()
    drawn.mouse.up()
    expect(drawn).to_have_url(re.compile(r"region=\d+"))
    expect(drawn.get_by_role("heading", name=re.compile("^Region “"))).to_be_visible()
    expect(spoken(drawn)).to_have_text("32 papers shown, 16 marked")


def test_a_search_marks_papers_without_another_page(drawn: Page) -> None:
    drawn.evaluate("window.isTheSamePage = true")
    drawn.get_by_label("Mark what a search finds").fill("long video number 7")
    drawn.get_by_label("Mark what a search finds").press("Enter")
    # The first search of a process waits for the model.
    expect(spoken(drawn)).to_contain_text("marked", timeout=30_000)
    expect(drawn.get_by_role("heading", name="Papers marked")).to_be_visible()
    expect(drawn).to_have_url(re.compile("q=long"))
    assert drawn.evaluate("window.isTheSamePage")
    drawn.get_by_role("navigation", name="Topics by colour").get_by_role(
        "link", name="Sparse Attention"
    ).click()
    expect(drawn).to_have_url(re.compile("topic=long-context%2Fsparse-attention"))
    expect(drawn.get_by_label("Topic", exact=True)).to_have_value("long-context/sparse-attention")


def test_the_slider_shows_years_and_its_ends_are_no_bounds(drawn: Page) -> None:
    first = drawn.get_by_role("slider", name="First year shown")
    assert first.get_attribute("min") == "2019"
    first.focus()
    drawn.keyboard.press("ArrowRight")
    expect(drawn.locator("[data-years]")).to_contain_text("from 2020: 24 papers of 32")
    expect(drawn).to_have_url(re.compile("from=2020"))
    expect(drawn.get_by_role("heading", name="Papers marked")).to_contain_text("24")
    drawn.keyboard.press("ArrowLeft")
    expect(drawn.locator("[data-years]")).to_have_text("all years: 32 papers")
    expect(drawn).not_to_have_url(re.compile("from=2020"))


def test_time_is_played_until_today(drawn: Page) -> None:
    drawn.get_by_role("button", name="Play").click()
    expect(drawn.locator("[data-years]")).to_contain_text("until 2019: 8 papers of 32")
    expect(drawn.locator("[data-years]")).to_contain_text("until 2020")
    drawn.get_by_role("button", name="Stop").click()
    expect(drawn.get_by_role("button", name="Play")).to_be_visible()
    expect(drawn).to_have_url(re.compile("to=20"))


def test_a_paper_of_the_table_is_shown_in_the_picture(drawn: Page, field) -> None:
    drawn.get_by_role("link", name=f"Show {field[3].title} on the map").first.click()
    expect(drawn.locator("[data-panel] h2")).to_have_text(field[3].title)
    expect(drawn.get_by_role("application")).to_be_focused()


def test_the_map_is_saved_as_a_picture(drawn: Page) -> None:
    with drawn.expect_download() as started:
        drawn.get_by_role("button", name="PNG").click()
    assert started.value.suggested_filename == "stemma-map.png"


def test_the_tables_say_the_same_without_scripts(browser: Browser, live_server, field) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{live_server.url}/map")
    page.get_by_label("Mark what a search finds").fill("long video number 7")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("heading", name="Papers marked")).to_be_visible(timeout=30_000)
    page.get_by_role("link", name="begin anew").click()
    page.get_by_label("From year").fill("2025")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("heading", name="Papers marked")).to_contain_text("4")
    page.get_by_role("rowheader", name="Long Video", exact=True).get_by_role("link").click()
    expect(page.get_by_role("heading", name="Region “Long Video”")).to_be_visible()
    expect(page.get_by_role("heading", name="Papers marked")).to_contain_text("2")
    context.close()
