"""Searching in a real browser, with and without its scripts, by mouse and by keyboard alone."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from search import views
from search.queries import Hit, Results


@pytest.fixture(autouse=True)
def titles_only(monkeypatch, catalogue):
    """Find papers by a word of their title: how search finds them is tested elsewhere."""
    papers = [catalogue.paper, *catalogue.others]

    def search(text: str, **_: int) -> Results:
        hits = [
            Hit(paper.pk, 1.0, ((text, True),))
            for paper in papers
            if text.casefold() in paper.title.casefold()
        ]
        return Results(text, tuple(hits), total=len(hits), by_meaning=True)

    monkeypatch.setattr(views, "search", search)


def test_search_without_scripts(live_server, browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(live_server.url)
    page.get_by_role("searchbox").fill("streaming")
    page.get_by_role("button", name="Search").click()
    expect(page.locator(".paper-row")).to_have_count(1)
    expect(page.locator("mark")).to_have_text("streaming")
    context.close()


def test_results_follow_the_typing(live_server, page: Page):
    page.goto(live_server.url + "/search")
    box = page.get_by_role("combobox", name="Search papers")
    expect(box).to_be_focused()
    box.press_sequentially("streaming", delay=20)
    expect(page.locator(".paper-row")).to_have_count(1)
    expect(page.get_by_role("status")).to_contain_text("1\u00a0paper")
    expect(page).to_have_url(live_server.url + "/search?q=streaming")
    expect(page).to_have_title("streaming · Search · Stemma")
    expect(box).to_be_focused()
    box.press_sequentially(" nonsense")
    expect(page.get_by_text("Nothing found for")).to_be_visible()
    expect(page.get_by_role("status")).to_contain_text("0\u00a0papers")


def test_typing_on_while_results_are_awaited_ends_at_the_last_word(live_server, page: Page):
    slow: list[Route] = []
    page.route(re.compile(r"/search[?]q=many$"), lambda route: slow.append(route))
    page.goto(live_server.url + "/search")
    box = page.get_by_role("combobox", name="Search papers")
    with page.expect_request(re.compile("/search[?]q=many$")):
        box.fill("many")
    page.clock.install()
    box.fill("streaming")
    page.clock.run_for(1000)  # the word has its turn while the other is still awaited
    slow[0].continue_()
    expect(page).to_have_url(live_server.url + "/search?q=streaming")
    expect(page.locator(".paper-row")).to_have_count(1)
    expect(page.locator(".paper-row__title")).to_contain_text("Streaming")


def test_going_back_shows_whole_pages(live_server, page: Page):
    page.goto(live_server.url + "/search")
    page.get_by_role("combobox", name="Search papers").press_sequentially("streaming")
    page.locator(".paper-row__title").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Attention Sinks")
    page.go_back()
    expect(page.get_by_role("banner")).to_be_visible()
    expect(page.locator(".paper-row")).to_have_count(1)


def test_the_keyboard_alone_is_enough(live_server, page: Page, catalogue):
    page.goto(live_server.url + catalogue.top.get_absolute_url())
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("/")
    box = page.get_by_role("combobox", name="Search papers")
    expect(box).to_be_focused()
    page.keyboard.press("Escape")
    expect(box).not_to_be_focused()
    page.keyboard.press("/")
    page.keyboard.type("streaming")
    page.keyboard.press("Enter")
    expect(page.locator(".paper-row")).to_have_count(1)
    page.locator(".paper-row__title").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Attention Sinks")


def test_a_slash_can_be_typed_in_the_field(live_server, page: Page):
    page.goto(live_server.url)
    box = page.get_by_role("combobox", name="Search papers")
    box.press_sequentially("math/0309136")
    expect(box).to_have_value("math/0309136")


def test_each_search_has_its_place_in_the_history(live_server, page: Page):
    page.goto(live_server.url + "/search?q=streaming")
    box = page.get_by_role("combobox", name="Search papers")
    box.fill("")
    box.press_sequentially("many hands", delay=30)
    expect(page.locator(".paper-row__title")).to_have_text("Many hands")
    box.press("Enter")
    page.go_back()
    expect(page.locator(".paper-row__title")).to_contain_text("Attention Sinks")
    expect(page.get_by_role("combobox", name="Search papers")).to_have_value("streaming")


def test_a_search_without_an_answer_is_told(live_server, page: Page, page_faults):
    page.goto(live_server.url + "/search?q=streaming")
    page.context.set_offline(True)
    page.get_by_role("combobox", name="Search papers").fill("many hands")
    expect(page.get_by_role("status")).to_contain_text("No answer came for “many hands”")
    page.context.set_offline(False)
    page.get_by_role("combobox", name="Search papers").press("Enter")
    expect(page.locator(".paper-row__title")).to_have_text("Many hands")
    page_faults.clear()
