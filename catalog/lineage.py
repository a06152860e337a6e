"""What a paper goes back to and what it led to, as relations say who extends whom."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from catalog.models import Paper
from catalog.models.graph import RelationKind

MOST_STEPS = 8
MOST_PAPERS = 40  # in each direction

# Each step keeps every paper once, so that a circle ends; the steps are few, so that a wide tree does, too.
_WALK = """
WITH RECURSIVE walked (is_back, paper, step) AS (
    VALUES (true, %(paper)s::bigint, 0), (false, %(paper)s::bigint, 0)
    UNION
    SELECT w.is_back, far.paper, w.step + 1
    FROM walked w CROSS JOIN LATERAL (
        SELECT r.object_id AS paper FROM catalog_relation r
        WHERE w.is_back AND r.subject_id = w.paper AND r.kind = %(kind)s AND r.retired_at IS NULL
        UNION ALL
        SELECT r.subject_id FROM catalog_relation r
        WHERE NOT w.is_back AND r.object_id = w.paper AND r.kind = %(kind)s AND r.retired_at IS NULL
    ) far
    WHERE w.step < %(steps)s
), first AS (
    SELECT is_back, paper, min(step) AS step FROM walked WHERE paper <> %(paper)s GROUP BY 1, 2
), numbered AS (
    SELECT f.is_back, f.paper, f.step, row_number() OVER (
        PARTITION BY f.is_back ORDER BY f.step, p.published_on NULLS LAST, p.year NULLS LAST, p.id
    ) AS place
    FROM first f JOIN catalog_paper p ON p.id = f.paper AND p.merged_into_id IS NULL
)
SELECT is_back, paper, step FROM numbered WHERE place <= %(most)s ORDER BY is_back DESC, place
"""


@dataclass(frozen=True, slots=True)
class Step:
    """A paper of a lineage, and how many steps away it is."""

    paper: Paper
    step: int


@dataclass(frozen=True, slots=True)
class Lineage:
    """What a paper extends, over all steps, and what extends it; the nearest first."""

    back: Sequence[Step] = ()
    on: Sequence[Step] = ()

    @property
    def is_long(self) -> bool:
        """Whether it says more than the relations of the paper itself."""
        return any(one.step > 1 for one in (*self.back, *self.on))


def lineage_of(paper: Paper) -> Lineage:
    """Return a paper's lineage in two queries, circles cut and long ones bounded."""
    with connection.cursor() as cursor:
        names: dict[str, Any] = {
            "paper": paper.pk,
            "kind": RelationKind.EXTENDS.value,
            "steps": MOST_STEPS,
            "most": MOST_PAPERS,
        }
        cursor.execute(_WALK, names)
        rows = cursor.fetchall()
    if not rows:
        return Lineage()
    papers = Paper.objects.only("title", "year").in_bulk([key for _, key, _ in rows])
    steps = [(is_back, Step(papers[key], step)) for is_back, key, step in rows if key in papers]
    return Lineage(
        [step for is_back, step in steps if is_back],
        [step for is_back, step in steps if not is_back],
    )
