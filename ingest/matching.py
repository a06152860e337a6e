"""Joining what services state to the papers it means: references and works that cite become citations, and back."""

from collections.abc import Iterable
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from catalog.curation.locks import hold_off_curators
from catalog.identifiers import OPENALEX, S2, URL
from catalog.models import Citation, CitingWork, Identifier, Paper, Reference, Source
from ingest.cleaning import key_of_title

SERVICES = (Source.SEMANTIC_SCHOLAR, Source.OPENALEX)

# The papers that a row's identifiers name; the first identifier that names one decides.
LOOK_UP = (
    "CROSS JOIN LATERAL unnest({}) WITH ORDINALITY AS one (name, place) "
    "JOIN catalog_identifier i ON i.scheme = split_part(one.name, ':', 1) "
    "AND i.value = substr(one.name, strpos(one.name, ':') + 1) "
    "JOIN catalog_paper p ON p.id = i.paper_id"
)
_MATCH = """
WITH hit AS MATERIALIZED (
    SELECT DISTINCT ON (t.id) t.id, t.{column} AS own, COALESCE(p.merged_into_id, p.id) AS other,
           t.source, t.stated_at
    FROM {table} t {look_up} {among}
    ORDER BY t.id, one.place
), joined AS (
    INSERT INTO catalog_citation (citing_id, cited_id, source, stated_at, {side}, {other_side})
    SELECT {citing}, {cited}, source, max(stated_at), TRUE, FALSE FROM hit WHERE own <> other GROUP BY 1, 2, 3
    ON CONFLICT (citing_id, cited_id, source) DO UPDATE SET {side} = TRUE
), gone AS (
    DELETE FROM {table} t USING hit WHERE t.id = hit.id
)
SELECT count(*) FROM hit
"""
_AMONG = (
    "WHERE t.identifiers && ARRAY(SELECT (i.scheme || ':' || i.value)::varchar(1020) FROM catalog_identifier i "
    "JOIN catalog_paper p ON p.id = i.paper_id WHERE COALESCE(p.merged_into_id, p.id) = ANY(%s))"
)


@transaction.atomic
def match(ids: Iterable[int] | None) -> int:
    """Make edges of references and citing works that mean one of these papers, None for any; return how many did."""
    hold_off_curators()
    papers = None if ids is None else sorted(ids)
    if papers == []:
        return 0
    found = 0
    with connection.cursor() as cursor:
        for table, column, citing, cited, side, other_side in (
            ("catalog_reference", "citing_id", "own", "other", "in_references", "in_citing"),
            ("catalog_citingwork", "cited_id", "other", "own", "in_citing", "in_references"),
        ):
            query = _MATCH.format(
                table=table,
                column=column,
                citing=citing,
                cited=cited,
                side=side,
                other_side=other_side,
                look_up=LOOK_UP.format("t.identifiers"),
                among="" if papers is None else _AMONG,
            )
            cursor.execute(query, None if papers is None else [papers])
            found += cursor.fetchone()[0]
    return found


def turn_into_outside_works(paper: Paper) -> None:
    """Make the citations of a paper that goes, as services stated them, references and citing works of its neighbours."""
    ends = Q(citing=paper) | Q(cited=paper)
    stated = list(Citation.objects.filter(ends, source__in=SERVICES).order_by("pk"))
    if not stated:
        return
    rows = Identifier.objects.filter(paper=paper).exclude(scheme=URL).order_by("pk")
    names = [f"{row.scheme}:{row.value}" for row in rows]

    def facts(row: Citation) -> dict[str, Any]:
        key = _key_at(Source(row.source), names, paper.title)
        same = {"title": paper.title, "identifiers": names, "year": paper.year}
        return {"source": row.source, "key": key, "stated_at": row.stated_at, **same}

    Reference.objects.bulk_create(
        [
            Reference(citing_id=row.citing_id, **facts(row))
            for row in stated
            if row.cited_id == paper.pk
        ],
        ignore_conflicts=True,
    )
    CitingWork.objects.bulk_create(
        [
            CitingWork(cited_id=row.cited_id, **facts(row))
            for row in stated
            if row.citing_id == paper.pk
        ],
        ignore_conflicts=True,
    )


def _key_at(source: Source, names: Iterable[str], title: str) -> str:
    """What a source calls a paper of ours."""
    scheme = S2 if source == Source.SEMANTIC_SCHOLAR else OPENALEX
    own = (name.partition(":")[2] for name in names if name.startswith(f"{scheme}:"))
    return next(own, key_of_title(title))
