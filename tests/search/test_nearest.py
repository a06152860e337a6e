"""The nearest vectors: the index gives what looking at all of them gives, whatever a filter leaves out."""

import numpy
import pytest
from django.db import connection

from search import nearest as vectors
from search.filters import make_filter
from search.models import Embedding
from search.nearest import build_indexes, indexed_models, nearest, nearest_sql
from search.question import read
from tests.factories import make_paper

pytestmark = pytest.mark.django_db
MODEL = "o'model 100%"


@pytest.fixture
def library(monkeypatch, make_indexed):
    """Sixty papers with vectors of eight numbers, more than are compared without an index; each tenth of 1999."""
    monkeypatch.setattr(vectors, "EXACT_BELOW", 40)
    drawn = numpy.random.default_rng(0).normal(size=(60, 8)).astype("float32")
    drawn /= numpy.linalg.norm(drawn, axis=1, keepdims=True)
    papers = [make_indexed(year=1999 if number % 10 == 0 else 2020) for number in range(60)]
    Embedding.objects.bulk_create(
        Embedding(paper=paper, model=MODEL, text_hash="x", vector=row.tolist())
        for paper, row in zip(papers, drawn, strict=True)
    )
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # an index waits for none
    return papers, drawn


def plan(typed: str = "") -> str:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        made = make_filter(read(typed).conditions)
        names = {"model": MODEL, "vector": str([0.1] * 8), "nearest": 5, **made.parameters}
        cursor.execute(f"EXPLAIN ANALYZE {nearest_sql(MODEL, made)}", names)
        return "\n".join(line for (line,) in cursor.fetchall())


def test_an_index_is_built_once_there_are_many_vectors_and_dropped_when_they_are_gone(library):
    assert indexed_models() == {}
    assert build_indexes() == [MODEL]
    assert indexed_models() == {MODEL: 8}
    assert build_indexes() == []
    assert "Index Scan using nearest_" in plan()
    Embedding.objects.all().delete()
    build_indexes()
    assert indexed_models() == {}


def test_few_vectors_need_no_index(library, monkeypatch):
    monkeypatch.setattr(vectors, "EXACT_BELOW", 61)
    assert build_indexes() == []


def test_the_index_finds_what_looking_at_all_vectors_finds(library):
    papers, drawn = library
    build_indexes()
    for row in drawn[:10]:
        exact = [papers[place].pk for place in numpy.argsort(-(drawn @ row), kind="stable")[:5]]
        assert nearest(MODEL, row.tolist(), 5) == exact


@pytest.mark.parametrize(
    ("typed", "year", "by_index"), [("year:1999", 1999, False), ("year:2020", 2020, True)]
)
def test_a_filter_never_starves_the_result(library, typed, year, by_index):
    """What lets few papers through is compared whole, what lets many through is read from the index."""
    papers, drawn = library
    build_indexes()
    made = make_filter(read(typed).conditions)
    with connection.cursor() as cursor:
        cursor.execute(
            nearest_sql(MODEL, made),
            {"model": MODEL, "vector": str(drawn[0].tolist()), "nearest": 6, **made.parameters},
        )
        found = [paper for paper, _ in cursor.fetchall()]
    order = [papers[place] for place in numpy.argsort(-(drawn @ drawn[0]), kind="stable")]
    assert found == [paper.pk for paper in order if paper.year == year][:6]
    lines = [line for line in plan(typed).splitlines() if "Index Scan using nearest_" in line]
    assert bool(lines and "never executed" not in lines[0]) is by_index


def test_what_no_catalogue_lists_is_not_near(library):
    _, drawn = library
    hidden = make_paper(topics=[])
    Embedding.objects.create(paper=hidden, model=MODEL, text_hash="x", vector=drawn[0].tolist())
    build_indexes()
    assert hidden.pk not in nearest(MODEL, drawn[0].tolist(), 60)
