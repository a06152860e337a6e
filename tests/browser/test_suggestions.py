"""What is suggested while one types, in a real browser: by keyboard alone, by mouse, with an input method."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse
from playwright.sync_api import Locator, Page, Route, expect

from search.index import refresh_words
from tests.factories import make_paper

HOSTILE = "Bold <img src=x onerror=alert(1)> claims"
SUGGEST = re.compile(r"/search/suggest\.json")


@pytest.fixture(autouse=True)
def _indexed(catalogue):
    make_paper(HOSTILE, topics=[catalogue.topic])
    refresh_words()


@pytest.fixture
def field(page: Page, live_server) -> Locator:
    """The search field of a page's header, with the reader in it."""
    page.goto(live_server.url + reverse("topic-index"))
    page.keyboard.press("/")
    return page.get_by_role("combobox")


def options(page: Page) -> Locator:
    return page.get_by_role("listbox", name="Suggestions").get_by_role("option")


def selected(page: Page) -> Locator:
    return page.get_by_role("option", selected=True)


def test_the_keyboard_alone_leads_to_an_author(page: Page, field):
    field.press_sequentially("xiao")
    expect(options(page)).to_have_text(["Guangxuan Xiao author · 1 paper"])
    expect(field).to_have_attribute("aria-expanded", "true")
    expect(selected(page)).to_have_count(0)
    field.press("ArrowDown")
    expect(selected(page)).to_contain_text("Guangxuan Xiao")
    chosen = selected(page).get_attribute("id")
    assert chosen
    expect(field).to_have_attribute("aria-activedescendant", chosen)
    expect(field).to_be_focused()
    field.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Guangxuan Xiao")


def test_arrows_go_round_by_way_of_the_field(page: Page, field):
    field.press_sequentially("atten")
    expect(options(page).nth(1)).to_be_visible()
    count = options(page).count()
    field.press("ArrowUp")
    expect(options(page).nth(count - 1)).to_have_attribute("aria-selected", "true")
    field.press("ArrowDown")
    expect(selected(page)).to_have_count(0)
    field.press("ArrowDown")
    expect(options(page).first).to_have_attribute("aria-selected", "true")
    field.press("Home")
    expect(selected(page)).to_have_count(0)
    assert field.evaluate("field => field.selectionStart") == 0


def test_escape_closes_the_list_and_keeps_the_text(page: Page, field):
    field.press_sequentially("atten")
    expect(options(page).first).to_be_visible()
    field.press("Escape")
    expect(options(page)).to_have_count(0)
    expect(field).to_have_attribute("aria-expanded", "false")
    expect(field).to_be_focused()
    field.press("ArrowDown")  # asks again
    expect(options(page).first).to_be_visible()
    field.press("Escape")
    field.press("Escape")
    expect(field).not_to_be_focused()
    expect(field).to_have_value("atten")


def test_enter_without_a_choice_searches_for_the_text(page: Page, field):
    field.press_sequentially("streaming")
    expect(options(page).first).to_be_visible()
    field.press("Enter")
    expect(page).to_have_url(re.compile(r"/search\?q=streaming$"))
    expect(page.locator(".paper-row")).to_have_count(1)
    expect(options(page)).to_have_count(0)


def test_a_choice_is_gone_when_typing_goes_on(page: Page, field):
    field.press_sequentially("atten")
    field_list = options(page)
    expect(field_list.first).to_be_visible()
    field.press("ArrowDown")
    with page.expect_response(SUGGEST):
        field.press_sequentially("tion")
    expect(selected(page)).to_have_count(0)
    field.press("Enter")
    expect(page).to_have_url(re.compile(r"/search\?q=attention$"))


def test_the_mouse_leads_to_a_topic(page: Page, live_server, catalogue):
    page.goto(live_server.url)
    page.get_by_role("combobox").press_sequentially("sparse")
    options(page).filter(has_text="topic ·").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Sparse Attention")


@pytest.mark.parametrize("leave", ["Tab", "click"])
def test_leaving_the_field_closes_the_list(page: Page, field, leave):
    field.press_sequentially("atten")
    expect(options(page).first).to_be_visible()
    if leave == "Tab":
        field.press("Tab")
    else:
        page.get_by_role("contentinfo").click(position={"x": 2, "y": 2})
    expect(options(page)).to_have_count(0)
    expect(field).to_have_value("atten")


def test_two_letters_or_one_chinese_character_are_asked_for(page: Page, field):
    asked = watch(page)
    field.press_sequentially("基")
    expect(options(page)).to_have_count(1)
    field.fill("a")
    expect(options(page)).to_have_count(0)
    field.fill("at")
    expect(options(page).first).to_be_visible()
    assert asked == ["基", "at"]


def test_a_late_answer_changes_nothing(page: Page, field):
    late: list[Route] = []
    page.route(re.compile(r"suggest\.json\?q=xi$"), lambda route: late.append(route))
    with page.expect_request(re.compile(r"q=xi$")):
        field.press_sequentially("xi")
    field.fill("sparse")
    expect(options(page).first).to_contain_text("Sparse")
    before = options(page).all_text_contents()
    page.get_by_role("listbox").evaluate("""list => {
        const note = () => (list.dataset.seen = `${list.dataset.seen ?? ""} ${list.children.length}`);
        new MutationObserver(note).observe(list, { childList: true });
    }""")
    late[0].fulfill(json={"query": "xi", "suggestions": []})
    field.press("End")
    field.press_sequentially(" ")
    expect(page.get_by_role("listbox")).to_have_attribute("data-seen", f" {len(before)}")


def test_when_suggestions_fail_the_search_works(page: Page, field, page_faults):
    page.route(SUGGEST, lambda route: route.fulfill(status=500, body="no"))
    with page.expect_response(SUGGEST):
        field.press_sequentially("streaming")
    page.unroute(SUGGEST)
    page.route(SUGGEST, lambda route: route.fulfill(body="<p>no JSON"))
    with page.expect_response(SUGGEST):
        field.press_sequentially(" language")
    expect(options(page)).to_have_count(0)
    field.press("Enter")
    expect(page.locator(".paper-row").first).to_contain_text("Streaming")
    assert all("suggest.json" in fault or "500" in fault for fault in page_faults), page_faults
    page_faults.clear()  # what the browser itself says of the answer 500


def test_text_of_others_stays_text(page: Page, field):
    field.press_sequentially("bold")
    expect(options(page)).to_have_count(1)
    expect(options(page).locator(".suggestion__label")).to_have_text(HOSTILE)
    expect(options(page).locator("img")).to_have_count(0)


def test_how_many_there_are_is_said(page: Page, field):
    said = page.get_by_role("search").locator("[aria-live=polite]")
    field.press_sequentially("xiao")
    expect(said).to_have_text("1 suggestion")
    field.fill("atten")
    expect(options(page).nth(1)).to_be_visible()
    expect(said).to_have_text(f"{options(page).count()} suggestions")
    field.press("Escape")
    expect(said).to_have_text("")


def test_what_an_input_method_composes_is_not_asked_for(page: Page, live_server):
    page.clock.install()
    page.goto(live_server.url + reverse("search"))
    field = page.get_by_role("combobox")
    expect(field).to_be_focused()
    asked = watch(page)
    keyboard = page.context.new_cdp_session(page)
    for text in ["xi", "xi'shu"]:
        keyboard.send(
            "Input.imeSetComposition",
            {"text": text, "selectionStart": len(text), "selectionEnd": len(text)},
        )
        page.clock.run_for(1000)  # longer than any pause of ours
    expect(field).to_have_value("xi'shu")
    keyboard.send("Input.insertText", {"text": "稀疏"})
    expect(options(page)).to_have_count(1)
    expect(page).to_have_url(re.compile("/search[?]q=%E7%A8%80%E7%96%8F"))
    expect(page.locator(".paper-row").first).to_contain_text("稀疏")
    assert asked == ["稀疏"]


def test_live_results_follow_beside_the_suggestions(page: Page, live_server):
    page.goto(live_server.url + reverse("search"))
    field = page.get_by_role("combobox")
    field.press_sequentially("streaming")
    expect(options(page).first).to_be_visible()
    expect(page.locator(".paper-row")).to_have_count(1)
    field.press("ArrowDown")
    expect(selected(page)).to_have_count(1)
    field.press("Escape")
    expect(options(page)).to_have_count(0)
    expect(field).to_be_focused()
    expect(field).to_have_value("streaming")
    expect(page.locator(".paper-row")).to_have_count(1)
    field.press("ArrowDown")
    expect(options(page).first).to_be_visible()
    field.press("ArrowDown")
    field.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Attention Sinks")
    page.go_back()
    expect(field).to_have_value("streaming")
    expect(page.locator(".paper-row")).to_have_count(1)
    expect(options(page)).to_have_count(0)


def test_few_rows_lie_over_live_results(page: Page, live_server):
    found = [{"kind": "venue", "label": f"V{n}", "detail": "", "url": "/"} for n in range(8)]
    page.route(SUGGEST, lambda route: route.fulfill(json={"query": "v", "suggestions": found}))
    for address, number in [(reverse("home"), 8), (reverse("search"), 5)]:
        page.goto(live_server.url + address)
        page.get_by_role("combobox").press_sequentially("venue")
        expect(options(page)).to_have_count(number)


@pytest.mark.parametrize(("width", "height"), [(390, 844), (820, 1180), (1440, 900)])
def test_the_list_stays_within_the_window(page: Page, field, width, height):
    page.set_viewport_size({"width": width, "height": height})
    field.press_sequentially("a title that goes")
    expect(options(page).first).to_be_visible()
    box = page.get_by_role("listbox").bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    assert box["y"] + box["height"] <= height
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_without_scripts_there_is_a_plain_field(live_server, browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(live_server.url)
    expect(page.get_by_role("searchbox")).to_be_visible()
    expect(page.get_by_role("combobox")).to_have_count(0)
    context.close()


def watch(page: Page) -> list[str]:
    """What suggestions are asked for from now on."""
    asked: list[str] = []

    def note(url: str) -> None:
        if SUGGEST.search(url):
            asked.append(parse_qs(urlsplit(url).query, keep_blank_values=True)["q"][0])

    page.on("request", lambda request: note(request.url))
    return asked
