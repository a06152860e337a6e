"""The history in a real browser: a list is imported, the changes looked at, the run taken back and done again."""

import os
from pathlib import Path

import pytest
from django.core.cache import cache
from django.urls import reverse
from playwright.sync_api import Page, expect

from catalog.history import large
from catalog.history.groups import group_of_run
from catalog.models import Paper, Placement, Run
from ingest.lists.service import import_list
from tests.browser.test_admin import LIST

SHOTS = os.environ.get("STEMMA_SHOTS", "")


def picture(page: Page, name: str) -> None:
    """For people to look at, where somebody asks for pictures."""
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


def test_an_import_is_taken_back_and_done_again(live_server, desk: Page):
    import_list(LIST.encode(), "long-context", reason="scheduled import")
    desk.reload()
    desk.get_by_role("link", name="All changes").click()
    row = desk.get_by_role("row").filter(has_text="list import")
    expect(row).to_contain_text("papers: 3 added")
    row.get_by_role("link").first.click()
    desk.get_by_role("link", name="Take all of this back").click()
    expect(desk.get_by_text("Papers: 3 go, as they were added")).to_be_visible()
    desk.get_by_label("Bring it again").check()
    desk.get_by_label("Why, for the history").fill("the wrong list")
    desk.get_by_role("button", name="Take it back").click()
    expect(desk.get_by_text("Taken back:")).to_be_visible()
    assert not Paper.objects.exists()
    desk.get_by_role("link", name="Taken back on").click()
    expect(desk.get_by_text("the wrong list")).to_be_visible()
    desk.get_by_role("link", name="Take all of this back").click()
    desk.get_by_role("button", name="Take it back").click()
    expect(desk.get_by_text("Taken back:")).to_be_visible()
    assert Paper.objects.listed().count() == 3


def test_what_is_large_is_taken_back_while_a_page_shows_how_far_it_is(
    live_server, desk: Page, monkeypatch
):
    monkeypatch.setattr("catalog.history.undo.LARGE", 5)
    monkeypatch.setattr(large, "send", lambda run: True)
    group = group_of_run(import_list(LIST.encode(), "long-context").run.pk)  # type: ignore[union-attr]
    desk.goto(live_server.url + reverse("admin:change_undo", args=[group]))
    picture(desk, "undo-large")
    desk.get_by_label("Bring it again").check()
    desk.get_by_role("button", name="Take it back").click()
    expect(desk.get_by_text("A worker will begin in a moment.")).to_be_visible()
    run = Run.objects.get(job=Run.Job.TAKE_BACK)
    cache.set(f"take-back:{run.pk}", (1200, 5000))
    picture(desk, "undo-running")
    desk.set_viewport_size({"width": 390, "height": 800})
    picture(desk, "undo-running-narrow")
    large.carry_out(run.pk)
    run.refresh_from_db()
    assert run.status == Run.Status.DONE, run.message
    expect(desk.get_by_text("and what took them back")).to_be_visible()
    picture(desk, "undo-done-narrow")
    assert not Paper.objects.exists()


def test_a_bulk_action_with_its_reason_is_taken_back(live_server, desk: Page, catalogue):
    desk.goto(live_server.url + reverse("admin:catalog_paper_changelist"))
    desk.get_by_label("Select all objects on this page for an action").check()
    desk.get_by_label("Action:").select_option("unlist")
    desk.get_by_label("Why:").fill("not about the field")
    desk.get_by_role("button", name="Go").click()
    expect(desk.get_by_text("Unlisted: 6")).to_be_visible()
    assert not Placement.objects.current().exists()
    desk.goto(live_server.url + reverse("admin:changes"))
    row = desk.get_by_role("row").filter(has_text="not about the field")
    expect(row).to_contain_text("jane")
    row.get_by_role("link").first.click()
    desk.get_by_role("link", name="Take all of this back").click()
    desk.get_by_role("button", name="Take it back").click()
    expect(desk.get_by_text("Taken back:")).to_be_visible()
    assert Paper.objects.listed().count() == 6


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (820, "dark"), (1440, "light")])
def test_the_pages_of_changes_fit_any_screen(live_server, desk: Page, catalogue, width, scheme):
    outcome = import_list(LIST.encode(), "long-context", reason="scheduled import", force=True)
    assert outcome.run
    desk.emulate_media(color_scheme=scheme)
    desk.set_viewport_size({"width": width, "height": 900})
    desk.goto(live_server.url + reverse("admin:catalog_paper_change", args=[catalogue.paper.pk]))
    desk.locator("#id_title").fill("Attention sinks under another name")
    desk.get_by_label("Why, for the history").fill("as the second version prints it")
    picture(desk, f"form-{width}-{scheme}")
    desk.get_by_role("button", name="Save and continue editing").click()
    desk.goto(live_server.url + reverse("admin:catalog_paper_history", args=[catalogue.paper.pk]))
    expect(desk.get_by_text("as the second version prints it").first).to_be_visible()
    picture(desk, f"history-{width}-{scheme}")
    desk.goto(live_server.url + reverse("admin:changes"))
    expect(desk.get_by_text("as the second version prints it")).to_be_visible()
    picture(desk, f"changes-{width}-{scheme}")
    desk.get_by_role("row").filter(has_text="list import").get_by_role("link").first.click()
    picture(desk, f"group-{width}-{scheme}")
    assert desk.evaluate("document.documentElement.scrollWidth") <= width
    desk.get_by_role("link", name="Take all of this back").click()
    picture(desk, f"undo-{width}-{scheme}")
    assert desk.evaluate("document.documentElement.scrollWidth") <= width
