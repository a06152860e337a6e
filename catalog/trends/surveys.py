"""How much of a scope the surveys of the catalogue cover: which of its papers they cite."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from catalog.charts import hundredths
from catalog.models import Paper
from catalog.trends.scope import PAPERS, Scope

MOST = 12
# A survey is a paper that calls itself one, lies under a topic of surveys, or of which somebody said that it surveys another.
_IS_SURVEY = r"""
(
    p.title ~* '\m(survey|review|overview|roadmap|taxonomy)\M|综述'
    OR EXISTS (
        SELECT FROM catalog_placement sl JOIN catalog_topic st ON st.id = sl.topic_id
        WHERE sl.paper_id = p.id AND sl.retired_at IS NULL AND st.name ~* '\msurveys?\M|综述'
    )
    OR EXISTS (
        SELECT FROM catalog_relation sr WHERE sr.subject_id = p.id AND sr.kind = 'surveys' AND sr.retired_at IS NULL
    )
)
"""
_COVERED = f"""
WITH papers AS ({PAPERS}), surveys AS (
    SELECT p.id FROM catalog_paper p WHERE p.merged_into_id IS NULL AND {_IS_SURVEY} AND EXISTS (
        SELECT FROM catalog_placement l WHERE l.paper_id = p.id AND l.retired_at IS NULL
    )
), others AS (
    SELECT id FROM papers EXCEPT SELECT id FROM surveys
), edges AS (
    SELECT DISTINCT c.citing_id AS survey, c.cited_id AS paper FROM catalog_citation c
    JOIN surveys s ON s.id = c.citing_id JOIN others o ON o.id = c.cited_id
)
SELECT NULL, count(DISTINCT paper), (SELECT count(*) FROM others), (SELECT count(*) FROM surveys) FROM edges
UNION ALL
(SELECT survey, count(*), NULL, NULL FROM edges GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT %(most)s)
"""  # noqa: S608  # our own text


@dataclass(frozen=True, slots=True)
class Survey:
    """A survey with how many papers of the scope it cites."""

    paper: Paper
    cites: int
    total: int

    @property
    def percent(self) -> int:
        return hundredths(self.cites, self.total)


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many of the scope's papers, surveys left out, some survey of the catalogue cites."""

    covered: int
    total: int
    known: int  # surveys that there are, whatever they cite
    surveys: Sequence[Survey]

    @property
    def percent(self) -> int:
        return hundredths(self.covered, self.total)


def survey_coverage(scope: Scope, limit: int = MOST) -> Coverage:
    """Say how much of a scope surveys cover, and which survey covers most of it."""
    with connection.cursor() as cursor:
        cursor.execute(_COVERED, {"topics": scope.topics, "most": limit})
        (_, covered, total, known), *rows = cursor.fetchall()
    papers = Paper.objects.only("title", "year").in_bulk([pk for pk, *_ in rows])
    surveys = [Survey(papers[pk], cites, total) for pk, cites, *_ in rows]
    return Coverage(covered, total, known, surveys)
