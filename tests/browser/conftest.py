"""A small catalogue with what makes pages break: long titles, many authors, other scripts."""

from datetime import date
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from catalog.models import Repository, SimilarPaper
from tests.factories import (
    make_announcement,
    make_author,
    make_catalogue,
    make_paper,
    make_run,
    make_topic,
    make_venue,
)

LONG = (
    "A title that goes on and on about long-context language models and the attention "
    "that they pay to each of their very many tokens, " * 3
)


@pytest.fixture(scope="session")
def base_url(live_server: LiveServer) -> str:
    """Where the addresses of these tests begin; the plugin's own fixture is of a kind pytest gives up."""
    return str(live_server.url)


@pytest.fixture
def catalogue(transactional_db: None) -> SimpleNamespace:
    make_catalogue(origin_name="A list", origin_url="https://example.org/list", licence="MIT")
    top = make_topic("Efficient Attention")
    topic = make_topic("Sparse Attention", top)
    paper = make_paper(
        "Efficient Streaming Language Models with Attention Sinks",
        authors=["Guangxuan Xiao", "Yuandong Tian", "Beidi Chen", "Song Han"],
        topics=[topic],
        arxiv="2309.17453",
        repository="mit-han-lab/streaming-llm",
        venue=make_venue("ICLR", kind="conference"),
        year=2024,
        published_on=date(2023, 9, 1),
        published_precision="month",
    )
    Repository.objects.update(stars=1234, stars_on=date(2026, 11, 20))
    others = [
        make_paper(LONG, topics=[topic], withdrawn_at=timezone.now()),
        make_paper("Many hands", authors=62, topics=[topic], abstract="Long words. " * 60),
        make_paper(
            "基于稀疏注意力机制的长文本大语言模型推理加速方法综述",
            authors=["王小明"],
            topics=[topic],
        ),
        make_paper("arXiv:2401.00001", authors=0, topics=[top], arxiv="2401.00001"),
        make_paper("Unbreakable" * 30, topics=[topic], repository="o" * 30 + "/" + "n" * 90),
    ]
    for rank, other in enumerate(others, 1):
        SimilarPaper.objects.create(paper=paper, other=other, rank=rank, score=0.5)
    make_announcement(paper=paper, date=date(2025, 2, 24))
    make_announcement(LONG, date=date(2025, 2, 24), url="https://example.org/new")
    make_run("import_list")
    return SimpleNamespace(
        top=top, topic=topic, paper=paper, others=others, author=make_author("Song Han")
    )


@pytest.fixture
def desk(live_server, page: Page, transactional_db) -> Page:
    """A curator at the desk, logged in through the form."""
    User.objects.create_superuser("jane", password="long context")
    page.goto(live_server.url + reverse("admin:index"))
    page.get_by_label("Username").fill("jane")
    page.get_by_label("Password").fill("long context")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="The desk")).to_be_visible()
    return page
