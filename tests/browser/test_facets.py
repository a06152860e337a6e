"""Narrowing a search in a real browser, by mouse, by keyboard alone and without scripts, and going back."""

import re
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse
from playwright.sync_api import Locator, Page, expect

from catalog.models import Citation
from search.index import refresh_words
from tests.factories import make_paper, make_topic, make_venue

SEARCH = "/search?q=attention"


@pytest.fixture(autouse=True)
def _library(transactional_db: None) -> None:
    """More papers than a page holds, of each year, venue and topic a different number."""
    topics = [make_topic("Sparse Attention"), make_topic("Linear Attention")]
    venues = [make_venue("ICLR", kind="conference"), make_venue("TACL", kind="journal"), None]
    for number in range(30):
        make_paper(
            f"Attention, study {number}",
            year=2021 + (number % 10) // 4,
            venue=venues[(number % 8) // 3],
            topics=[topics[number % 5 == 0]],
            repository="some/code" if number % 3 == 0 else "",
        )
    make_paper("Of something else", topics=[make_topic("Memory")])
    refresh_words()


class Shown(NamedTuple):
    """What a reader sees of a search."""

    query: str
    filters: list[str]
    sort: str
    pages: list[str]
    status: str
    titles: list[str]


def shown(page: Page) -> Shown:
    return Shown(
        page.locator("#q").input_value(),
        page.locator(".chosen li").all_text_contents(),
        page.locator(".found__order strong").inner_text(),
        page.locator(".pager span").all_text_contents(),
        page.get_by_role("status").inner_text(),
        page.locator(".paper-row__title").all_text_contents(),
    )


def facet(page: Page, label: str) -> Locator:
    heading = page.get_by_role("heading", name=label, exact=True)
    return page.get_by_role("complementary", name="Filters").locator("section").filter(has=heading)


def value(page: Page, label: str, name: str) -> Locator:
    """The link of a facet's value; its text ends with the number of papers it gives."""
    return facet(page, label).locator(".facet__value").filter(has_text=re.compile(rf"^{name} "))


def count(link: Locator) -> int:
    return int(link.locator(".number").inner_text())


def expect_found(page: Page, number: int) -> None:
    papers = "paper" if number == 1 else "papers"
    expect(page.get_by_role("status")).to_have_text(re.compile(rf"^{number}\s{papers}\b"))
    expect(page.locator(".paper-row")).to_have_count(min(number, 20))


def test_the_mouse_narrows_widens_and_takes_back(live_server, page: Page):
    page.goto(live_server.url + SEARCH)
    expect_found(page, 30)
    in_2022 = count(value(page, "Year", "2022"))
    value(page, "Year", "2022").click()
    expect_found(page, in_2022)
    at_iclr = count(value(page, "Venue", "ICLR"))
    assert at_iclr < in_2022
    value(page, "Venue", "ICLR").click()
    expect_found(page, at_iclr)
    expect(page.locator(".chosen li")).to_have_text(
        [re.compile("^Year: 2022"), re.compile("^Venue: ICLR"), "clear all"]
    )
    in_2023 = count(value(page, "Year", "2023"))
    value(page, "Year", "2023").click()
    expect_found(page, at_iclr + in_2023)
    page.get_by_role("link", name="Venue: ICLR").click()
    expect(page.locator(".chosen li")).to_have_count(3)
    page.get_by_role("link", name="clear all").click()
    expect_found(page, 30)


def test_the_keyboard_alone_narrows(live_server, page: Page):
    page.goto(live_server.url + SEARCH)
    wanted = value(page, "Code", "with code")
    number = count(wanted)
    page.locator(".exports a").last.focus()
    for _ in range(60):
        page.keyboard.press("Tab")
        if wanted.evaluate("link => link === document.activeElement"):
            break
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("code=yes"))
    expect_found(page, number)


@pytest.mark.parametrize(("width", "height"), [(390, 844), (820, 1180), (1440, 900)])
def test_the_keyboard_jumps_to_the_filters_and_back(live_server, page: Page, width, height):
    page.set_viewport_size({"width": width, "height": height})
    page.goto(live_server.url + SEARCH)
    page.get_by_role("search").get_by_role("button").focus()
    for _ in range(8):  # past the few links of the header
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "Filters":
            break
    there = page.get_by_role("link", name="Filters", exact=True)
    expect(there).to_be_focused()
    assert_seen(there)
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    back = page.get_by_role("link", name="Back to the results")
    expect(back).to_be_focused()
    assert_seen(back)
    page.keyboard.press("Tab")
    expect(page.locator(".facet a").first).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(there).to_be_focused()


def assert_seen(link: Locator) -> None:
    """A link that has the focus is in the window and as large as its words."""
    expect(link).to_be_in_viewport()
    box = link.bounding_box()
    assert box
    assert box["width"] > 20
    assert box["height"] > 10


def test_a_completed_field_is_asked_with_the_filters_and_the_order(live_server, page: Page):
    page.goto(live_server.url + SEARCH + "&sort=date&year=2021&year=-2022&page=2")
    box = page.get_by_role("combobox")
    box.fill("attention venue:icl")
    page.get_by_role("option").filter(has_text="venue:ICLR").click()
    expect(page).to_have_url(re.compile("venue%3AICLR|venue:ICLR"))
    assert parse_qs(urlsplit(page.url).query) == {
        "q": ["attention venue:ICLR"],
        "sort": ["date"],
        "year": ["2021", "-2022"],
    }
    box.fill("linear att")
    option = page.get_by_role("option").filter(has_text="Linear Attention")
    expect(option).to_have_attribute("href", re.compile("^/topics/[^?]+$"))  # its own page


def test_without_scripts_every_count_is_what_choosing_gives(live_server, browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(live_server.url + SEARCH)
    links = page.locator(".facet__value")
    offers = [
        (links.nth(place).get_attribute("href"), count(links.nth(place)))
        for place in range(links.count())
    ]
    assert len(offers) >= 12
    for address, number in offers:
        page.goto(f"{live_server.url}{reverse('search')}{address}")
        expect_found(page, number)
        expect(page.locator(".facet__value[aria-current]")).to_have_count(1)
    page.goto(live_server.url + SEARCH)
    number = count(value(page, "Venue", "TACL"))
    value(page, "Venue", "TACL").click()
    expect_found(page, number)
    context.close()


def test_a_value_can_be_left_out(live_server, page: Page):
    page.goto(live_server.url + SEARCH)
    number = count(value(page, "Year", "2023"))
    facet(page, "Year").get_by_role("link", name="Exclude 2023").click()
    expect_found(page, 30 - number)
    expect(page.locator(".chosen li").first).to_contain_text("Year: not 2023")
    assert count(value(page, "Year", "not 2023, excluded")) == number
    facet(page, "Year").get_by_role("link", name="Include 2023").click()
    expect_found(page, 30)


def test_filters_alone_are_a_search(live_server, page: Page):
    page.goto(live_server.url + reverse("search") + "?year=2021")
    expect(page.locator(".chosen li").first).to_contain_text("Year: 2021")
    expect(page.locator(".paper-row")).to_have_count(12)
    expect(page.locator(".found__order strong")).to_have_text("date")


def test_going_back_restores_query_filters_sort_page_and_results(live_server, page: Page):
    page.goto(live_server.url + reverse("search"))
    page.get_by_role("combobox").press_sequentially("attention")
    expect_found(page, 30)
    page.keyboard.press("Escape")
    seen = [shown(page)]
    facet(page, "Year").get_by_role("link", name="Exclude 2023").click()
    expect(page.locator(".chosen")).to_be_visible()
    seen.append(shown(page))
    page.get_by_role("link", name="date", exact=True).click()
    expect(page.locator(".found__order strong")).to_have_text("date")
    seen.append(shown(page))
    page.get_by_role("link", name="Next").click()
    expect(page.locator(".pager")).to_contain_text("Page 2 of 2")
    seen.append(shown(page))
    assert len(set(map(str, seen))) == 4
    page.locator(".paper-row__title").first.click()
    expect(page).to_have_url(re.compile("/papers/"))
    for before in reversed(seen):
        page.go_back()
        expect(page.get_by_role("status")).to_contain_text(before.status)
        expect(page.get_by_role("banner")).to_be_visible()
        assert shown(page) == before


def test_what_is_not_listed_can_be_proposed(live_server, page: Page):
    page.goto(live_server.url + reverse("search"))
    page.get_by_role("combobox").fill("https://arxiv.org/abs/2501.99999v2")
    expect(page.get_by_text("No paper here has arXiv 2501.99999.")).to_be_visible()
    page.get_by_role("button", name="Propose it").click()
    expect(page.get_by_role("main")).to_contain_text("Thank you")


def test_why_a_paper_was_found_is_a_page_away_on_a_phone(live_server, page: Page):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(live_server.url + SEARCH)
    page.get_by_role("link", name="why").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Attention, study")
    expect(page.locator("mark").first).to_have_text("Attention")


@pytest.mark.parametrize(("width", "height"), [(390, 844), (820, 1180), (1440, 900)])
def test_no_search_is_wider_than_the_window(live_server, page: Page, width, height):
    long = make_paper("Attention " + "to each of its very many unbreakable tokens " * 6, year=1999)
    make_paper("Attention-" + "unbreakable" * 27, venue=make_venue("Proceedings of " + "x" * 60))
    refresh_words()
    page.set_viewport_size({"width": width, "height": height})
    wide = []
    for address in [
        SEARCH,
        SEARCH + "&year=2021&year=-2022&venue=iclr&code=yes&sort=stars",
        SEARCH + "&topic=" + "n" * 300,
        reverse("search") + "?q=" + "n" * 300,
        reverse("search") + "?q=https://github.com/" + "o" * 39 + "/" + "n" * 90,
        reverse("search-why", args=[long.pk]) + "?q=attention",
    ]:
        page.goto(live_server.url + address)
        if page.evaluate("document.documentElement.scrollWidth") > width:
            wide.append(address)
    assert wide == []


def test_papers_alike_in_all_respects_are_no_wider_than_a_phone(live_server, page: Page):
    one, other, third = (
        make_paper(title, authors=["Ada", "Ben"], repository="some/shared")
        for title in ("One", "Other", "Third")
    )
    for citing, cited in [(one, third), (other, third), (third, one), (third, other)]:
        Citation.objects.create(citing=citing, cited=cited, source="openalex")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(live_server.url + reverse("similar") + f"?paper={one.pk}")
    for label in ["references", "authors", "code", "date"]:
        expect(page.locator(".found__order")).to_contain_text(label)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_typing_keeps_the_filters_and_says_the_new_number(live_server, page: Page):
    page.goto(live_server.url + SEARCH + "&code=yes")
    status = page.get_by_role("status").element_handle()
    box = page.get_by_role("combobox")
    box.press("End")
    expect_found(page, 10)
    box.press_sequentially(" study 9")
    expect(page).to_have_url(re.compile(r"study(\+|%20)9&code=yes"))
    expect(page.locator(".paper-row__title").first).to_have_text("Attention, study 9")
    box.fill("attention year:1999")
    expect(page.get_by_role("status")).to_have_text(re.compile(r"^0\spapers\b"))
    assert status.evaluate("status => status.isConnected")  # readers of screens watch this one
    page.get_by_role("link", name="Take the filters away").click()
    expect(page.locator(".chosen")).to_have_count(0)
