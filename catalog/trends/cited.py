"""What the papers of a scope cite most: papers that are here, and works that are not (the gap list)."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from catalog.identifiers import ARXIV, identifier_url
from catalog.models import Paper
from catalog.trends.scope import PAPERS, Scope

MOST = 20
_LEAST = 2  # papers that must cite a work before it is missed

_CITED = f"""
WITH papers AS ({PAPERS})
SELECT c.cited_id, count(DISTINCT c.citing_id) FROM catalog_citation c
JOIN papers citing ON citing.id = c.citing_id JOIN catalog_paper p ON p.id = c.cited_id AND p.merged_into_id IS NULL
GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT %(most)s
"""  # noqa: S608  # our own text
# Works are one where they share the identifier that tells most. What has come since waits for a job to be resolved.
_GAPS = f"""
WITH papers AS ({PAPERS}), named AS (
    SELECT r.citing_id, r.title, r.year, r.citation_count, (
        SELECT i FROM unnest(r.identifiers) i ORDER BY i LIKE 'arxiv:%%' DESC, i LIKE 'doi:%%' DESC, i LIMIT 1
    ) AS work
    FROM catalog_reference r JOIN papers p ON p.id = r.citing_id WHERE r.identifiers <> '{{}}'
)
SELECT work, count(DISTINCT citing_id), max(title), min(year), max(citation_count) FROM named n
WHERE NOT EXISTS (
    SELECT FROM catalog_identifier i WHERE i.scheme || ':' || i.value = n.work
)
GROUP BY work HAVING count(DISTINCT citing_id) >= %(least)s
ORDER BY 2 DESC, 5 DESC NULLS LAST, 1 LIMIT %(most)s
"""  # noqa: S608  # our own text
_WAITING = """
SELECT scheme || ':' || value, status FROM catalog_candidate WHERE scheme || ':' || value = ANY(%s)
"""


@dataclass(frozen=True, slots=True)
class Cited:
    """A paper with how many papers of the scope cite it."""

    paper: Paper
    citing: int


@dataclass(frozen=True, slots=True)
class Gap:
    """A work that is not listed; `state` is what the curators said of it, or that it waits for them."""

    name: str
    work: str  # its identifier, as scheme:value
    url: str
    year: int | None
    citing: int
    citation_count: int | None
    state: str = ""


def most_cited(scope: Scope, limit: int = MOST) -> list[Cited]:
    """Return the papers here that most papers of the scope cite."""
    with connection.cursor() as cursor:
        cursor.execute(_CITED, {"topics": scope.topics, "most": limit})
        rows = cursor.fetchall()
    papers = Paper.objects.for_list().in_bulk([pk for pk, _ in rows])
    return [Cited(papers[pk], citing) for pk, citing in rows]


def gaps(scope: Scope, limit: int = MOST) -> Sequence[Gap]:
    """Return the works outside that at least two papers of the scope cite, the most cited first."""
    with connection.cursor() as cursor:
        cursor.execute(_GAPS, {"topics": scope.topics, "most": limit, "least": _LEAST})
        rows = cursor.fetchall()
        cursor.execute(_WAITING, [[work for work, *_ in rows]])
        states: dict[str, str] = dict(cursor.fetchall())
    found = []
    for work, citing, title, year, citation_count in rows:
        scheme, _, value = work.partition(":")
        url = identifier_url(scheme, value)
        state = states.get(work, "")
        name = title or (f"arXiv:{value}" if scheme == ARXIV else work)
        found.append(Gap(name, work, url, year, citing, citation_count, state))
    return found
