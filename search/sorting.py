"""Orders of what was found. None changes the set; what is unknown comes last, and keys settle ties."""

from collections.abc import Sequence

from django.db import connection

from search.arrays import array_of
from search.filters import LISTED, Filter
from search.shown_numbers import CITATIONS, STARS

_NEWEST = "p.published_on DESC NULLS LAST, p.year DESC NULLS LAST, p.id DESC"
_ORDERS = {
    "date": _NEWEST,
    "citations": f"{CITATIONS} DESC NULLS LAST, {_NEWEST}",
    "stars": f"{STARS} DESC NULLS LAST, {_NEWEST}",
    "added": "p.created_at DESC, p.id DESC",
}
LABELS = {
    "relevance": "relevance",
    "date": "date",
    "citations": "citations",
    "stars": "stars",
    "added": "recently added",
}


def matching(made: Filter, sort: str) -> list[int]:
    """Return keys of all listed papers that a filter lets through, in one of the orders."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.id FROM search_papertext x JOIN catalog_paper p ON p.id = x.paper_id "  # noqa: S608
            f"WHERE {LISTED} AND {made.sql} ORDER BY {_ORDERS[sort]}",
            made.parameters,
        )
        return [paper for (paper,) in cursor.fetchall()]


def in_order(papers: Sequence[int], sort: str) -> list[int]:
    """Return the keys of papers in one of the orders; by relevance they stay as they are."""
    if sort not in _ORDERS or not papers:
        return list(papers)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.id FROM unnest(%s::bigint[]) AS x (paper_id) JOIN catalog_paper p ON p.id = x.paper_id "  # noqa: S608
            f"ORDER BY {_ORDERS[sort]}",
            [array_of(papers)],
        )
        return [paper for (paper,) in cursor.fetchall()]
