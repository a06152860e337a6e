"""The numbers that pages show of a paper, in SQL: of one paper, `x.paper_id`, and of all papers that are `asked` at once.

Without code there are no stars. Without a citation it is unknown how often a paper is cited, unless a source has counted.
"""

_CODE = """FROM catalog_paperrepository f JOIN catalog_repository r ON r.id = f.repository_id
    WHERE f.retired_at IS NULL AND f.paper_id"""
_CITING = "FROM catalog_citation f WHERE f.cited_id"
_COUNTED = "FROM catalog_citationcount n WHERE n.paper_id"
_ALL = "IN (SELECT paper_id FROM asked)"

STARS = f"(SELECT max(r.stars) {_CODE} = x.paper_id)"
CITATIONS = f"""(
    SELECT CASE WHEN count(*) > 0 OR EXISTS (SELECT {_COUNTED} = x.paper_id) THEN count(DISTINCT f.citing_id) END
    {_CITING} = x.paper_id
)"""
# Tables for a WITH: papers with code and their `stars`; those with a known number of `citations`.
CODED = f"coded AS (SELECT f.paper_id, max(r.stars) AS stars {_CODE} {_ALL} GROUP BY 1)"
CITED = f"""cited AS (
    SELECT paper_id, max(number) AS citations FROM (
        SELECT f.cited_id AS paper_id, count(DISTINCT f.citing_id) AS number {_CITING} {_ALL} GROUP BY 1
        UNION ALL SELECT n.paper_id, 0 {_COUNTED} {_ALL}
    ) known GROUP BY 1
)"""  # noqa: S608
