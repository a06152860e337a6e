"""The statement that ranks is planned once a session, and finds the same whatever it was planned with."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client

from catalog.models import Paper
from search.prepared import prepared_cursor
from search.question import read
from search.ranking import rank

pytestmark = pytest.mark.django_db(transaction=True)


def test_one_plan_serves_all_plain_questions(make_indexed: Callable[..., Paper]) -> None:
    paper = make_indexed("Sparse attention")
    connection.close()  # a session that has prepared nothing
    for asked in (
        "sparse attention",
        "sparse",
        "of",
        "attentoin",
        " ".join(map(str, range(100, 130))),
    ):
        rank(read(asked))
    with connection.cursor() as cursor:
        cursor.execute("SELECT generic_plans, custom_plans FROM pg_prepared_statements")
        assert cursor.fetchall() == [(5, 0)]
    assert [one.paper_id for one in rank(read("sparse"))] == [paper.pk]


def test_the_index_of_vectors_is_read_whatever_their_number() -> None:
    """One plan for all values must not take a tenth of the rows for the ten nearest."""
    vector = [0.1] * 384
    connection.close()
    with connection.cursor() as cursor:
        cursor.execute("SHOW plan_cache_mode")
        assert cursor.fetchone() == ("force_generic_plan",)
    rank(read("attention"), "all-MiniLM-L6-v2", vector)
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        (statement,) = cursor.fetchone()
    assert "LIMIT 60" in statement
    assert "LIMIT 1000" in statement


def test_what_follows_is_not_prepared() -> None:
    connection.close()
    with prepared_cursor() as cursor:
        cursor.execute("SELECT 1 + %s::int", [1])
        assert cursor.fetchall() == [(2,)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT 'a' || %s", ["b"])  # the type of the parameter is not said
        assert cursor.fetchall() == [("ab",)]
        cursor.execute("SELECT 1; SELECT 2")  # which no prepared statement can be
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        assert cursor.fetchall() == [("SELECT 1 + $1::int",)]


def test_a_question_with_a_filter_is_planned_for_it() -> None:
    connection.close()
    rank(read("attention year:2020"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements")
        assert cursor.fetchall() == [(0,)]


def test_a_page_that_is_asked_for_twice_is_ranked_by_one_plan(client: Client) -> None:
    """What is recorded of changes is put before statements that may change something: this one must not look so."""
    connection.close()
    for query in ("attention", "context"):
        assert client.get("/search", {"q": query}).status_code == 200
    with connection.cursor() as cursor:
        cursor.execute("SELECT generic_plans FROM pg_prepared_statements")
        assert cursor.fetchall() == [(2,)]
