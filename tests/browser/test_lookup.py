"""A list of references looked up in a real browser, without scripts."""

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.factories import make_paper

pytestmark = pytest.mark.django_db(transaction=True)

LIST = "@misc{a, title={Sparse Attention}}\n@misc{b, title={Unheard of}}\n@misc{c, title={Broken\n"


@pytest.mark.parametrize("as_file", [False, True])
def test_a_bibliography_is_looked_up_and_what_was_found_is_downloaded(
    browser: Browser, live_server: LiveServer, as_file: bool
) -> None:
    make_paper("Sparse attention", authors=["Tri Dao"], year=2024)
    page = browser.new_page(java_script_enabled=False, base_url=str(live_server.url))
    page.goto("/lookup")
    if as_file:
        content = LIST.encode()
        page.get_by_label("or a file").set_input_files(
            {"name": "mine.bib", "mimeType": "text/plain", "buffer": content}
        )
    else:
        page.get_by_label("BibTeX, RIS, CSL-JSON").fill(LIST)
    page.get_by_role("button", name="Look up").click()
    expect(page.get_by_role("status")).to_contain_text("1 is listed here and 1 is not")
    expect(page.get_by_role("link", name="Sparse attention")).to_be_visible()
    expect(page.get_by_text("Line 3: This entry is broken")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="RIS").click()
    assert download.value.suggested_filename == "stemma-found.ris"
    assert "TI  - Sparse attention" in download.value.path().read_text()
    page.close()


def test_data_for_machines_is_no_fault_to_the_browser(page: Page) -> None:
    paper = make_paper("</script><script>alert(1)</script>")
    page.goto(paper.get_absolute_url())
    page.goto(paper.authorships.get().author.get_absolute_url())
    page.goto("/")
    assert page.locator('script[type="application/ld+json"]').count() == 1
