"""Reading the catalogue in a real browser."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from catalog.models import Repository


def addresses(catalogue) -> list[str]:
    """One page of each kind."""
    names = ["home", "search", "topic-index", "new-index", "author-index", "venue-index"]
    names += ["year-index", "repository-index", "status", "lookup"]
    objects = [catalogue.top.catalogue, catalogue.top, catalogue.topic, catalogue.paper]
    objects += [*catalogue.others, catalogue.author, catalogue.paper.venue]
    objects += list(Repository.objects.all())
    return [
        *(reverse(name) for name in names),
        *(thing.get_absolute_url() for thing in objects),
        "/years/2024/",
        "/new/2025/w09/",
        "/new/2025/02/",
        "/search?q=attention",
    ]


def test_from_the_front_page_to_a_topic_a_paper_and_an_author(live_server, page: Page, catalogue):
    page.goto(live_server.url)
    page.get_by_role("link", name="Sparse Attention").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Sparse Attention")
    page.get_by_role("link", name="Efficient Streaming Language Models").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Attention Sinks")
    expect(page.get_by_role("link", name="arXiv 2309.17453")).to_be_visible()
    page.get_by_role("link", name="Song Han").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Song Han")
    expect(page.get_by_text("Efficient Streaming Language Models")).to_be_visible()


def test_filters_work_without_a_script(live_server, browser, catalogue):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(live_server.url + catalogue.top.get_absolute_url())
    page.get_by_label("Year").select_option("2024")
    page.get_by_role("button", name="Apply").click()
    expect(page.locator(".paper-row")).to_have_count(1)
    page.get_by_role("link", name="clear").click()
    expect(page.locator(".paper-row")).to_have_count(6)
    context.close()


def test_the_bibtex_entry_can_be_copied(live_server, page: Page, catalogue):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(live_server.url + catalogue.paper.get_absolute_url())
    page.get_by_role("button", name="Copy BibTeX").click()
    expect(page.get_by_text("Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("@inproceedings{xiao2024efficient,")


def test_no_page_meets_an_error_or_refused_content(live_server, page: Page, catalogue):
    for address in addresses(catalogue):
        page.goto(live_server.url + address)
        expect(page.locator("h1")).to_have_count(1)
        expect(page).to_have_title(re.compile("Stemma"))
        assert page.locator("meta[name=description]").get_attribute("content")
        assert page.locator("link[rel=canonical]").get_attribute("href")


@pytest.mark.parametrize(("width", "height"), [(390, 844), (820, 1180), (1440, 900)])
def test_no_page_is_wider_than_the_window(live_server, page: Page, catalogue, width, height):
    page.set_viewport_size({"width": width, "height": height})
    wide = []
    for address in addresses(catalogue):
        page.goto(live_server.url + address)
        if page.evaluate("document.documentElement.scrollWidth") > width:
            wide.append(address)
    assert wide == []


def test_an_unknown_page_looks_like_the_others(live_server, page: Page, catalogue, page_faults):
    page.goto(live_server.url + "/nothing/here")
    expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()
    assert all("404" in fault for fault in page_faults)
    page_faults.clear()


CONTRASTS = """() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgb = (colour) => {
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
  };
  const light = (colour) => { const [r, g, b] = rgb(colour); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const style = getComputedStyle(document.documentElement);
  const ratio = (one, other) => {
    const [high, low] = [light(one), light(other)].sort((a, b) => b - a);
    return (high + 0.05) / (low + 0.05);
  };
  const token = (name) => style.getPropertyValue(name).trim();
  return Object.fromEntries(["--ink", "--link", "--meta", "--bad", "--busy", "--good", "--field-line"].map(
    (name) => [name, Math.min(ratio(token(name), token("--paper")), ratio(token(name), token("--sunken")))]
  ));
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_the_paper(live_server, page: Page, catalogue, scheme):
    page.emulate_media(color_scheme=scheme)
    page.goto(live_server.url)
    contrast = page.evaluate(CONTRASTS)
    assert min(contrast["--ink"], contrast["--link"]) >= 7
    assert min(contrast[name] for name in ["--meta", "--bad", "--busy", "--good"]) >= 4.5
    assert contrast["--field-line"] >= 3


def test_twenty_papers_fit_a_screen(live_server, page: Page, catalogue):
    from tests.factories import make_paper, make_topic

    topic = make_topic("Full")
    for number in range(25):
        make_paper(
            f"A paper of ordinary length on attention, number {number}", authors=5, topics=[topic]
        )
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(live_server.url + topic.get_absolute_url())
    twentieth = page.locator(".paper-row").nth(19).bounding_box()
    assert twentieth
    assert twentieth["y"] + twentieth["height"] <= 900
