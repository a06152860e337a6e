"""Lists in a real browser: a plan with a conflict is resolved in parts, an export is previewed, downloaded, compared."""

import os
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from playwright.sync_api import FilePayload, Page, expect

from catalog import curation
from catalog.models import Catalogue, Paper, Topic
from ingest.lists.reader import read_list
from ingest.lists.service import import_list, plan_list
from ingest.models import ExportOptions

BEFORE = """# Long context

## News
- **[2024.02.03]**
  - Paper: [Longformer](https://arxiv.org/abs/2004.05150)

## 1. Sparse Attention
1. [**Longformer.**](https://arxiv.org/abs/2004.05150) *Iz Beltagy, Matthew Peters.* Arxiv 2020.
2. [**Big Bird.**](https://arxiv.org/abs/2007.14062) *Manzil Zaheer.* NeurIPS 2020.

## 2. Recurrent Transformers
1. [**Transformer-XL.**](https://arxiv.org/abs/1901.02860) *Zihang Dai.* Arxiv 2019.
"""
AFTER = (
    BEFORE.replace("NeurIPS 2020", "JMLR 2023")
    .replace("Matthew Peters", "Matthew E. Peters, Arman Cohan")
    .replace("Arxiv 2019", "ACL 2019")
    + """
## 3. Memory & Retrieval
1. [**Memorizing Transformers.**](https://arxiv.org/abs/2203.08913) *Yuhuai Wu.* ICLR 2022.
2. [**Unlimiformer.**](https://arxiv.org/abs/2305.01625) *Amanda Bertsch.* NeurIPS 2023.
"""
)


@pytest.fixture
def listed(transactional_db) -> Catalogue:
    import_list(BEFORE.encode(), "long-context")
    curator = User.objects.create_user("ann", is_staff=True)
    paper = Paper.objects.get(title="Big Bird")
    paper.year = 2021
    curation.save_paper(paper, ["year"], curator)
    return Catalogue.objects.get()


def upload(page: Page, address: str, catalogue: Catalogue, text: str) -> None:
    page.goto(f"{address}{reverse('admin:catalog_catalogue_import')}?catalogue={catalogue.slug}")
    file = FilePayload(name="list.md", mimeType="text/markdown", buffer=text.encode())
    page.get_by_label("Markdown file").set_input_files(file)
    page.get_by_role("button", name="Show the plan").click()


def picture(page: Page, name: str) -> None:
    """Keep what a page looks like, for whoever asks for it."""
    if folder := os.environ.get("STEMMA_PICTURES"):
        for width in (390, 820, 1440):
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                page.set_viewport_size({"width": width, "height": 900})
                page.screenshot(
                    path=str(Path(folder, f"{name}-{width}-{scheme}.png")), full_page=True
                )
        page.emulate_media(color_scheme="light")


def test_an_import_with_a_conflict_is_resolved_and_taken_in_parts(
    live_server, desk: Page, listed: Catalogue
):
    upload(desk, live_server.url, listed, AFTER)
    expect(desk.get_by_role("heading", name="Conflicts (1)")).to_be_visible()
    conflict = desk.get_by_role("group", name="Big Bird: year")
    expect(conflict.get_by_text("The list said: 2020")).to_be_visible()
    expect(conflict.get_by_label("Keep the curator’s: 2021")).to_be_checked()
    picture(desk, "plan")
    expect(desk.get_by_text("6 of 6 ticked")).to_be_visible()

    topic = desk.get_by_label("Memory & Retrieval")
    topic.uncheck()  # its papers go with it
    expect(desk.get_by_label("Unlimiformer")).not_to_be_checked()
    desk.get_by_label("Memorizing Transformers").check()  # and it comes back with one of them
    expect(topic).to_be_checked()
    expect(desk.get_by_text("5 of 6 ticked")).to_be_visible()
    conflict.get_by_role("textbox").fill("2022")
    expect(conflict.get_by_label("Another year:", exact=True)).to_be_checked()
    desk.get_by_label("What is not ticked").select_option("is never proposed again")
    desk.get_by_role("button", name="Apply this plan").click()

    expect(
        desk.get_by_text(
            "Imported: 1 new, 3 changed, 0 moved, 0 gone. Conflicts resolved: 1. Left out: 1."
        )
    ).to_be_visible()
    assert Paper.objects.get(title="Big Bird").year == 2022
    assert Topic.objects.get(name="Memory & Retrieval").placements.count() == 1
    expect(desk.get_by_role("link", name="1 declined change")).to_be_visible()
    picture(desk, "catalogue")
    upload(desk, live_server.url, listed, AFTER)
    expect(desk.get_by_text("Declined before (1)")).to_be_visible()
    expect(desk.get_by_role("heading", name="Conflicts (1)")).to_have_count(0)


def test_an_export_is_previewed_downloaded_and_gives_the_same_catalogue(
    live_server, desk: Page, listed: Catalogue
):
    desk.goto(live_server.url + reverse("admin:catalog_catalogue_change", args=[listed.pk]))
    desk.get_by_role("link", name="Write as a list").click()
    preview = desk.get_by_role("article", name="Preview")
    expect(preview.get_by_role("heading", name="1. Sparse Attention")).to_be_visible()
    preview.get_by_role("link", name="2. Recurrent Transformers").click()
    assert (
        desk.evaluate("decodeURIComponent(location.hash)")
        == "#user-content-2-recurrent-transformers"
    )
    desk.get_by_label("Numbered entries").uncheck()
    expect(preview.locator("ol")).to_have_count(0)
    desk.get_by_label("Latest months").fill("2")
    expect(preview.get_by_role("heading", name="Month Papers")).to_be_visible()
    desk.get_by_role("button", name="Remember these options").click()
    expect(desk.get_by_text("Remembered: exports of this list are written so.")).to_be_visible()
    assert ExportOptions.objects.get().options["months"] == 2
    picture(desk, "export")

    with desk.expect_download() as event:
        desk.get_by_role("button", name="Download as Markdown").click()
    data = event.value.path().read_bytes()
    assert event.value.suggested_filename == "long-context.md"
    assert len(read_list(data).entries) == 3
    plan = plan_list(data, "long-context")
    assert not plan
    assert plan.conflicts == []
    upload(desk, live_server.url, listed, data.decode())
    expect(desk.get_by_text("The catalogue says all this already")).to_be_visible()


def test_a_preview_without_scripts_follows_the_options_too(
    live_server, desk: Page, listed: Catalogue, browser
):
    cookies = desk.context.storage_state()
    plain = browser.new_context(java_script_enabled=False, storage_state=cookies)
    page = plain.new_page()
    page.goto(live_server.url + reverse("admin:catalog_catalogue_write", args=[listed.pk]))
    page.get_by_label("Numbered entries").uncheck()
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_role("article").locator("ol")).to_have_count(0)
    plain.close()
