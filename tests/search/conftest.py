from collections.abc import Callable, Iterator

import pytest

from catalog.models import Paper
from search import nearest, prior, serving, synonyms
from search.index import refresh_words
from tests.factories import make_paper


@pytest.fixture(autouse=True)
def _read_anew() -> Iterator[None]:
    """Forget what a process remembers of the index for some seconds."""
    for module in (serving, synonyms, nearest, prior):
        module.forget()
    yield
    for module in (serving, synonyms, nearest, prior):
        module.forget()


@pytest.fixture
def make_indexed(db: None) -> Callable[..., Paper]:
    """Make a paper as `make_paper` does, with its words in the index."""

    def make(title: str = "", **fields: object) -> Paper:
        paper = make_paper(title, **fields)  # type: ignore[arg-type]
        refresh_words([paper.pk])
        return paper

    return make
