"""What the papers of a scope cite most: papers that are here, and works that are not (the gap list)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from catalog.folding import fold
from catalog.identifiers import ARXIV, identifier_url
from catalog.models import Candidate, Catalogue, Paper, Proposal
from catalog.trends.scope import PAPERS, Scope

MOST = 20
_LEAST = 2  # papers that must cite a work before it is missed

_CITED = f"""
WITH papers AS ({PAPERS})
SELECT c.cited_id, count(DISTINCT c.citing_id) FROM catalog_citation c
JOIN papers citing ON citing.id = c.citing_id JOIN catalog_paper p ON p.id = c.cited_id AND p.merged_into_id IS NULL
GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT %(most)s
"""  # noqa: S608  # our own text
# Works are one where they share the identifier that sources trust most, but for their own number. What has come since is looked
# for among the first only: it waits for a job to be resolved, and there are never many.
_WORK = """CASE WHEN r.identifiers[1] LIKE ANY ('{s2:%%,openalex:%%}') AND r.identifiers[2] IS NOT NULL
    THEN r.identifiers[2] ELSE r.identifiers[1] END"""
_GAPS = f"""
WITH papers AS MATERIALIZED ({PAPERS}), named AS (
    SELECT {_WORK} AS work, r.citing_id, max(r.title) AS title, min(r.year) AS year, max(r.citation_count) AS citation_count
    FROM catalog_reference r JOIN papers p ON p.id = r.citing_id WHERE r.identifiers <> '{{}}' GROUP BY 1, 2
), counted AS (
    SELECT work, count(*) AS citing, max(title) AS title, min(year) AS year, max(citation_count) AS citation_count,
        array_agg(citing_id ORDER BY citing_id) AS papers
    FROM named GROUP BY 1 HAVING count(*) >= %(least)s
    ORDER BY 2 DESC, 5 DESC NULLS LAST, 1 LIMIT 10 * %(most)s
)
SELECT work, citing, title, year, citation_count, papers FROM counted c WHERE NOT EXISTS (
    SELECT FROM catalog_identifier i
    WHERE i.scheme = split_part(c.work, ':', 1) AND i.value = substr(c.work, strpos(c.work, ':') + 1)
)
ORDER BY 2 DESC, 5 DESC NULLS LAST, 1 LIMIT 2 * %(most)s
"""  # noqa: S608  # our own text


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
    rows = _each_once(rows)[:limit]
    states = _states(scope, [work for work, *_ in rows])
    found = []
    for work, citing, title, year, citation_count, _ in rows:
        scheme, _, value = work.partition(":")
        url = identifier_url(scheme, value)
        name = title or (f"arXiv:{value}" if scheme == ARXIV else work)
        found.append(Gap(name, work, url, year, citing, citation_count, states.get(work, "")))
    return found


def _each_once(rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Leave out what one source knows by its own number only, where another work without a name of its own, or of the
    same, is cited by just the same papers: it is that work.
    """
    named = {(tuple(row[-1]), fold(row[2])) for row in rows if not _is_number(row[0])}
    named |= {(papers, "") for papers, _ in named}
    return [
        row for row in rows if not _is_number(row[0]) or (tuple(row[-1]), fold(row[2])) not in named
    ]


def _is_number(work: str) -> bool:
    return work.startswith(("openalex:", "s2:"))


def _states(scope: Scope, works: Sequence[str]) -> dict[str, str]:
    """What became of those works that were proposed for the catalogue to which they would be proposed from here."""
    catalogue = scope.catalogue or Catalogue.objects.order_by("pk").first()
    values = [work.partition(":")[2] for work in works]
    rows = Candidate.objects.filter(catalogue=catalogue, value__in=values)
    states = {f"{row.scheme}:{row.value}": str(row.status) for row in rows}
    shown = (Proposal.Status.OPEN, Proposal.Status.REJECTED)
    by_readers = Proposal.objects.filter(
        kind=Proposal.Kind.PAPER, catalogue=catalogue, status__in=shown, after__key__in=list(works)
    )
    return {str(row.after["key"]): str(row.status) for row in by_readers} | states
