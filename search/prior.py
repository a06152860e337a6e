"""What speaks for a paper before anything is asked: that it is cited, that its code is starred, that it is new.

Each part is a share between 0 and 1: logarithms of the counts, full at 5,000 citations and at 50,000 stars, and a half-life of
two years, counted in whole months so that a day changes nothing. Search adds a small part of it (`prior_share` in
search.ranking): it settles what is otherwise nearly equal.
"""

from typing import Any

from django.db import connection, transaction

from search.postings import write_alone

# What is known to a hundredth is known well enough: smaller changes are not written.
_DIFFERENT = """
WITH cited AS (
    SELECT paper_id, max(number) AS number FROM (
        SELECT cited_id AS paper_id, count(DISTINCT citing_id) AS number FROM catalog_citation GROUP BY 1
        UNION ALL SELECT paper_id, citing FROM catalog_citationcount WHERE citing IS NOT NULL
    ) counts GROUP BY 1
), starred AS (
    SELECT l.paper_id, max(r.stars) AS number FROM catalog_paperrepository l JOIN catalog_repository r ON r.id = l.repository_id
    WHERE l.retired_at IS NULL AND r.stars IS NOT NULL GROUP BY 1
), aged AS (
    SELECT id AS paper_id, greatest(0, extract(year FROM age) * 12 + extract(month FROM age)) AS months FROM (
        SELECT id, age(now(), coalesce(published_on, make_date(year, 7, 1))) AS age FROM catalog_paper
    ) ages
), fresh AS (
    SELECT t.paper_id, (
        0.4 * least(1, ln(1 + coalesce(c.number, 0)) / ln(5001))
        + 0.3 * least(1, ln(1 + coalesce(s.number, 0)) / ln(50001))
        + 0.3 * coalesce(power(0.5, a.months / 24), 0)
    )::real AS prior
    FROM search_papertext t LEFT JOIN cited c USING (paper_id) LEFT JOIN starred s USING (paper_id)
    JOIN aged a USING (paper_id)
)
SELECT paper_id, f.prior FROM search_papertext t JOIN fresh f USING (paper_id) WHERE abs(f.prior - t.prior) >= 0.01
"""
_WRITE = """
UPDATE search_papertext t SET prior = f.prior
FROM unnest(%s::bigint[], %s::real[]) AS f (paper_id, prior) WHERE f.paper_id = t.paper_id
"""
# PostgreSQL's own counts of the rows written in the tables that are read above, and the day, as papers age. Of the index's
# own rows only new ones count: its other writes change nothing here.
_WRITTEN = """
SELECT current_date, current_database(), sum(n_tup_ins), sum(n_tup_upd + n_tup_del) FILTER (WHERE relname <> 'search_papertext')
FROM pg_stat_user_tables WHERE schemaname = current_schema() AND relname IN (
    'catalog_paper', 'catalog_citation', 'catalog_citationcount', 'catalog_paperrepository', 'catalog_repository', 'search_papertext'
)
"""
_seen: tuple[Any, ...] | None = None


def refresh_priors_if_written() -> int:
    """Bring what speaks for each paper up to date, unless nothing that it is made of was written since this process last did."""
    global _seen
    with connection.cursor() as cursor:
        # Before the rows are read: what is written meanwhile is found the next time.
        cursor.execute(_WRITTEN)
        written = cursor.fetchone()
    if written == _seen:
        return 0
    changed = refresh_priors()
    _seen = written
    return changed


def refresh_priors() -> int:
    """Bring what speaks for each paper up to date; return for how many it changed. Others write the index while it reads."""
    with connection.cursor() as cursor:
        cursor.execute(_DIFFERENT)
        different = cursor.fetchall()
    if not different:
        return 0
    with transaction.atomic(), connection.cursor() as cursor:
        write_alone(cursor)
        cursor.execute(_WRITE, [list(column) for column in zip(*different, strict=True)])
        changed: int = cursor.rowcount
    return changed


def forget() -> None:
    """Look at all papers the next time."""
    global _seen
    _seen = None
