"""A curator takes a candidate; the status page tells when a source is down."""

from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from catalog.models import Candidate
from tests.factories import make_catalogue, make_paper, make_topic
from tests.ingest.running import run_job


@pytest.mark.parametrize("way", ["page", "list"])
def test_an_accepted_candidate_is_on_its_topic_s_page(live_server, desk: Page, way: str):
    topic = make_topic("KV cache compression")
    Candidate.objects.create(
        catalogue=make_catalogue(),
        scheme="arxiv",
        value="2611.00001",
        title="Evicting what is not needed",
        abstract="An abstract.",
        authors=["Ida Kvist"],
        published_on=timezone.now().date(),
        suggested_topic=topic,
        confidence=0.8,
        reasons=["Near “Compressing the cache” (cosine 0.81)"],
    )
    desk.goto(live_server.url + reverse("admin:index"))
    desk.get_by_role("link", name="1 candidate to accept or reject").click()
    if way == "page":
        desk.get_by_role("link", name="Evicting what is not needed").click()
        expect(desk.get_by_text("Compressing the cache")).to_be_visible()
        desk.get_by_role("button", name="Accept under this topic").click()
    else:
        desk.get_by_role("checkbox").nth(1).check()
        desk.get_by_label("Action:").select_option("accept")
        desk.get_by_role("button", name="Run the selected action").or_(
            desk.get_by_role("button", name="Go")
        ).click()
        expect(desk.get_by_text("Accepted: 1.")).to_be_visible()
    desk.goto(live_server.url + topic.get_absolute_url())
    expect(desk.get_by_role("link", name="Evicting what is not needed")).to_be_visible()


def test_the_status_page_tells_when_a_source_is_down(
    live_server, page: Page, transactional_db: None, standin: Any
):
    make_paper("Lanterns", arxiv="2301.99001", authors=["Ida Kvist"])
    standin.misbehave("arxiv", "503", times=None)
    run_job("arxiv")
    page.goto(live_server.url + reverse("status"))
    source = page.get_by_role("row").filter(
        has=page.get_by_role("rowheader", name="arXiv", exact=True)
    )
    expect(source).to_contain_text("failed 1 time in a row")
    expect(page.get_by_text("arXiv answered with status 503").first).to_be_visible()
    standin.behave()
    run_job("arxiv")
    page.reload()
    expect(source).to_contain_text("answers")
