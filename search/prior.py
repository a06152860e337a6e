"""What speaks for a paper before anything is asked: that it is cited, that its code is starred, that it is new.

Each part is a share between 0 and 1: logarithms of the counts, full at 5,000 citations and at 50,000 stars, and a half-life of
two years, counted in whole months so that a day changes nothing. Search adds a small part of it (`prior_share` in
search.ranking): it settles what is otherwise nearly equal.
"""

from django.db import connection, transaction

from search.postings import write_alone

# What is known to a hundredth is known well enough: smaller changes are not written.
_REFRESH = """
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
UPDATE search_papertext t SET prior = f.prior FROM fresh f WHERE f.paper_id = t.paper_id AND abs(f.prior - t.prior) >= 0.01
"""


def refresh_priors() -> int:
    """Bring what speaks for each paper up to date; return for how many it changed."""
    with transaction.atomic(), connection.cursor() as cursor:
        write_alone(cursor)
        cursor.execute(_REFRESH)
        changed: int = cursor.rowcount
    return changed
