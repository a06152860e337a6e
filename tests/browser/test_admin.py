"""The admin in a real browser: a list is imported by its plan, a paper edited; nothing is refused."""

import pghistory
import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from playwright.sync_api import FilePayload, Page, expect

from catalog import curation
from catalog.models import Paper, Topic

LIST = """# Long context

## 1. Sparse Attention
1. [**Longformer.**](https://arxiv.org/abs/2004.05150) *Iz Beltagy.* Arxiv 2020.
2. [**Big Bird.**](https://arxiv.org/abs/2007.14062) *Manzil Zaheer.* NeurIPS 2020.

## 2. Recurrent Transformers
1. [**Transformer-XL.**](https://arxiv.org/abs/1901.02860) *Zihang Dai.* Arixv 2019.
"""


def upload(page: Page, text: str) -> None:
    file = FilePayload(name="list.md", mimeType="text/markdown", buffer=text.encode())
    page.get_by_label("Markdown file").set_input_files(file)
    page.get_by_role("button", name="Show the plan").click()


def test_a_list_is_imported_by_its_plan(live_server, desk: Page):
    desk.get_by_role("link", name="import a list").first.click()
    desk.get_by_label("Short name").fill("long-context")
    upload(desk, LIST)
    expect(desk.get_by_role("link", name="New papers: 3")).to_be_visible()
    expect(desk.get_by_role("heading", name="Problems in the list")).to_be_visible()
    assert not Paper.objects.exists()
    desk.get_by_role("button", name="Apply this plan").click()
    expect(desk.get_by_text("Imported: 3 new, 0 changed, 0 moved, 0 gone.")).to_be_visible()
    desk.goto(f"{live_server.url}/topics/long-context/sparse-attention/")
    expect(
        desk.get_by_role("region", name="Papers").get_by_role("link", name="Longformer")
    ).to_be_visible()


def test_the_import_is_reached_and_applied_with_the_keyboard(live_server, desk: Page):
    desk.goto(live_server.url + reverse("admin:catalog_catalogue_import"))
    desk.get_by_label("Short name").focus()
    desk.keyboard.type("long-context")
    upload(desk, LIST)
    for _ in range(150):
        desk.keyboard.press("Tab")
        if desk.evaluate("document.activeElement.value") == "Apply this plan":
            break
    desk.keyboard.press("Enter")
    expect(desk.get_by_text("Imported: 3 new")).to_be_visible()


def test_a_paper_is_moved_with_the_autocomplete_of_topics(live_server, desk: Page, catalogue):
    paper, top = catalogue.paper, catalogue.top
    desk.goto(live_server.url + reverse("admin:catalog_paper_change", args=[paper.pk]))
    desk.locator("#placements-group .select2-selection").first.click()
    desk.locator(".select2-search__field").fill("Efficient Att")
    desk.get_by_role("option", name=top.name).click()
    desk.get_by_role("button", name="Save and continue editing").click()
    expect(desk.get_by_text("was changed successfully")).to_be_visible()
    assert Topic.objects.get(placements__paper=paper, placements__is_primary=True) == top
    desk.get_by_text("Topics it was taken out of").click()
    expect(desk.get_by_label("Restore")).to_be_visible()


def test_rows_dates_and_filters_work_without_a_refused_script(live_server, desk: Page, catalogue):
    desk.goto(live_server.url + reverse("admin:catalog_paper_change", args=[catalogue.paper.pk]))
    desk.get_by_role("button", name="Add another Link").click()
    desk.locator("#id_links-0-kind").select_option("blog")
    desk.locator("#id_links-0-url").fill("https://example.org/")
    desk.get_by_role("link", name="Today").first.click()
    desk.get_by_role("button", name="Save and continue editing").click()
    expect(desk.get_by_text("was changed successfully")).to_be_visible()
    assert catalogue.paper.links.get().url == "https://example.org/"
    desk.get_by_role("link", name="History", exact=True).click()
    expect(desk.get_by_role("button", name="Put the old value back").first).to_be_visible()
    desk.goto(live_server.url + reverse("admin:catalog_paper_changelist"))
    desk.get_by_role("link", name="with a curator’s word").click()
    expect(desk.locator("#result_list tbody tr")).to_have_count(1)


def admin_pages() -> list[str]:
    names = ["paper", "topic", "author", "problem", "run", "placement", "catalogue", "candidate"]
    lists = [reverse(f"admin:catalog_{name}_changelist") for name in names]
    forms = [reverse(f"admin:catalog_{name}_add") for name in ("paper", "topic", "catalogue")]
    return [*lists, *forms, reverse("admin:changes")]


@pytest.mark.parametrize("width", [390, 1440])
def test_no_admin_page_scrolls_sideways_or_is_refused_anything(
    live_server, desk: Page, catalogue, width
):
    desk.set_viewport_size({"width": width, "height": 900})
    paper = catalogue.paper
    with pghistory.context(user=User.objects.get().pk):
        paper.title = "Another title of some length, as titles of papers are"
        curation.save_paper(paper, ["title"], User.objects.get())
    own = [
        reverse(f"admin:catalog_paper_{name}", args=[paper.pk]) for name in ("change", "history")
    ]
    merge = f"{reverse('admin:catalog_paper_merge')}?ids={paper.pk},{catalogue.others[1].pk}"
    for address in [*admin_pages(), *own, merge, reverse("admin:catalog_catalogue_import")]:
        desk.goto(live_server.url + address)
        assert desk.evaluate("document.documentElement.scrollWidth") <= width, address
