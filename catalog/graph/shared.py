"""Which papers go with a paper by citations: bibliographic coupling (Kessler 1963) and co-citation (Small 1973)."""

from dataclasses import dataclass

from django.db import connection

_MOST_READ = (
    500  # edges on either side: who cites a paper that all cite says little, and there are many
)

# Papers with which a paper shares most references, or which most papers cite beside it; the newest edges are read.
_COUPLED = """
SELECT o.citing_id, count(DISTINCT o.cited_id) FROM (
    SELECT DISTINCT c.cited_id FROM catalog_citation c WHERE c.citing_id = %(paper)s ORDER BY 1 DESC LIMIT %(read)s
) mine CROSS JOIN LATERAL (
    SELECT DISTINCT c.citing_id, c.cited_id FROM catalog_citation c
    WHERE c.cited_id = mine.cited_id AND c.citing_id <> %(paper)s ORDER BY 1 DESC LIMIT %(read)s
) o GROUP BY 1 ORDER BY 2 DESC, 1 DESC LIMIT %(most)s
"""
_COCITED = """
SELECT o.cited_id, count(DISTINCT o.citing_id) FROM (
    SELECT DISTINCT c.citing_id FROM catalog_citation c WHERE c.cited_id = %(paper)s ORDER BY 1 DESC LIMIT %(read)s
) mine CROSS JOIN LATERAL (
    SELECT DISTINCT c.citing_id, c.cited_id FROM catalog_citation c
    WHERE c.citing_id = mine.citing_id AND c.cited_id <> %(paper)s ORDER BY 2 DESC LIMIT %(read)s
) o GROUP BY 1 ORDER BY 2 DESC, 1 DESC LIMIT %(most)s
"""


@dataclass(frozen=True, slots=True)
class Coupled:
    """Another paper by its key, and how many references, or citing papers, both have."""

    paper: int
    shared: int


def coupled(paper: int, most: int = 10) -> list[Coupled]:
    """Return the papers that cite most of what a paper cites, by what is listed here."""
    return _counted(_COUPLED, paper, most)


def cocited(paper: int, most: int = 10) -> list[Coupled]:
    """Return the papers that are most often cited together with a paper, by papers that are listed here."""
    return _counted(_COCITED, paper, most)


def _counted(query: str, paper: int, most: int) -> list[Coupled]:
    with connection.cursor() as cursor:
        cursor.execute(query, {"paper": paper, "read": _MOST_READ, "most": most})
        return [Coupled(*row) for row in cursor.fetchall()]
