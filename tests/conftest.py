"""What all tests share: the servers, a browser that notices every fault, a worker, sources stood in for."""

import gc
import logging
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import connection
from django.test import Client, TransactionTestCase
from playwright.sync_api import BrowserContext, Playwright
from pytest_django import DjangoDbBlocker
from pytest_django.live_server_helper import LiveServer

from config.celery import app as celery_app
from config.startup import start_embedded
from ingest.http.limiter import _redis
from ingest.standins import Standin, World
from search import glossary
from tests import database

# How long an example takes says how busy the machine is.
hypothesis.settings.register_profile("steady", deadline=None)
hypothesis.settings.load_profile("steady")

BROWSERS = ["chromium", "chromium-browser", "google-chrome"]
BROWSER_FLAGS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
]
REPORT_CSP_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) => {
  console.error(`Content-Security-Policy: ${event.effectiveDirective} refuses ${event.blockedURI}`);
});
"""


# These take longest by far: begun last, one process would wait for the other.
LONGEST = [
    "tests/ingest/test_runs.py",
    "tests/config/test_demonstration.py",
    "tests/config/test_serve.py",
]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """A process for each core, with servers of its own (tests/settings.py); where servers are given, one for all of them."""
    given = settings.DATABASE_URL or not settings.REDIS_IS_EMBEDDED
    return 0 if given else min(4, os.cpu_count() or 1)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        first = {name: place for place, name in enumerate(LONGEST)}
        items.sort(key=lambda item: first.get(item.location[0], len(first)))


def pytest_collection_finish() -> None:
    """Tests take a third less when what has been imported is not searched for garbage again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(scope="session", autouse=True)
def servers() -> Iterator[None]:
    """The embedded servers, unless DATABASE_URL and REDIS_URL name others."""
    lease = start_embedded()
    yield
    celery_app.control.purge()
    celery_app.close()
    cache.close()
    if lease:
        lease.give_back()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(servers: None, django_db_blocker: DjangoDbBlocker) -> None:
    """The test database is made once the servers run."""
    with django_db_blocker.unblock():
        database.use_template()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Every test finds the database as the migrations left it, whichever tests ran before.

    It goes at the end even when a thread of the live server still holds it open.
    """
    with django_db_blocker.unblock():
        database.keep_template()
        rows = database.read_rows()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda case: database.restore(rows))
        yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.fixture(scope="session", autouse=True)
def _own_glossary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What Stemma explains is in no test that does not ask for it: its words would find papers that a test means to miss."""
    empty = tmp_path_factory.mktemp("glossary") / "glossary.tsv"
    empty.write_text("")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(glossary, "FILE", empty)
        yield


@pytest.fixture(autouse=True)
def _empty_cache(servers: None) -> Iterator[None]:
    yield
    cache.clear()


@pytest.fixture
def worker(transactional_db: None) -> Iterator[None]:
    """A Celery worker in a thread of the test, on the real broker."""
    from celery.contrib.testing.worker import start_worker

    level = logging.root.level  # it sets what is logged, and leaves it so
    try:
        with start_worker(celery_app, perform_ping_check=False):
            yield
    finally:
        logging.root.setLevel(level)


@pytest.fixture
def curator(db: None, client: Client) -> User:
    """Jane, who may do everything and has signed in."""
    user = User.objects.create_superuser("jane")
    client.force_login(user)
    return user


@pytest.fixture
def world() -> World:
    return World.small()


@pytest.fixture
def standin(world: World, settings: Any) -> Iterator[Standin]:
    """A server that speaks for all sources; the settings lead to it, without pauses between requests."""
    with Standin(world) as server:
        bases = {
            "arxiv": server.arxiv_url,
            "github": server.github_url,
            "semantic_scholar": server.semantic_scholar_url,
            "openalex": server.openalex_url,
        }
        settings.SOURCES = {
            name: {"base": base, "key": "", "min_interval": 0} for name, base in bases.items()
        }
        settings.INGEST_BACKOFF = 0.01
        settings.INGEST_TOTAL_SECONDS = 3
        yield server
    _redis.cache_clear()


@pytest.fixture(scope="session")
def browser_type_launch_args(playwright: Playwright) -> dict[str, Any]:
    own = playwright.chromium.executable_path
    path = next(filter(None, map(shutil.which, BROWSERS)), own if Path(own).exists() else None)
    if path is None:
        pytest.fail(
            "The browser tests need Chromium: `apt-get install chromium` on Debian, "
            "or `.venv/bin/playwright install chromium`.",
            pytrace=False,
        )
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    return {"executable_path": path, "args": [*BROWSER_FLAGS, *sandbox]}


@pytest.fixture(scope="session")
def base_url(live_server: LiveServer) -> str:
    """Where the addresses of browser tests begin; the plugin's own fixture is of a kind pytest gives up."""
    return str(live_server.url)


# What a machine without a graphics card says of a picture's pixels being read, which is how it knows what lies under the mouse.
DRAWN_SLOWLY = "GPU stall due to ReadPixels"


@pytest.fixture
def page_faults() -> list[str]:
    """What goes wrong in the browser; the test fails when it is not empty at the end.

    A test that expects a fault, as on a page that is not there, takes it out.
    """
    return []


@pytest.fixture
def context(context: BrowserContext, page_faults: list[str]) -> Iterator[BrowserContext]:
    """Every page of a test, with its script errors, refused content and failed requests noted."""
    context.add_init_script(REPORT_CSP_VIOLATIONS)
    context.on(
        "console",
        lambda message: (
            page_faults.append(f"{message.type}: {message.text}")
            if message.type in {"error", "warning"} and DRAWN_SLOWLY not in message.text
            else None
        ),
    )
    context.on("weberror", lambda error: page_faults.append(f"script: {error.error}"))
    context.on(
        "requestfailed",
        lambda request: (
            page_faults.append(f"{request.url}: {request.failure}")
            if request.failure != "net::ERR_ABORTED"  # the reader went on to another page
            else None
        ),
    )
    context.on(
        "response",
        lambda response: (
            page_faults.append(f"{response.url}: {response.status}")
            if response.status >= 400
            else None
        ),
    )
    yield context
    assert not page_faults, "\n".join(page_faults)
