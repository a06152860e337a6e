"""The sources, stood in for on this machine: no test asks the real ones."""

from collections.abc import Iterator
from typing import Any

import pytest

from ingest.http.limiter import _redis
from tests.standins import Standin, World


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
