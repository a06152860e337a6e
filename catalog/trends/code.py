"""Repositories that rise: the stars that they gained, against how many they had."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

from django.db import connection

from catalog.models import Repository
from catalog.trends.scope import PAPERS, Scope

WINDOW = 30  # days
_LEAST = 7  # days between two counts that tell anything
_HALF = 100  # stars that everybody is taken to have: the first ten are no rise
MOST = 12
_LOOKED_AT = 1000  # repositories, those with most stars

# The latest count of each repository, and the one that lies a month before it, or the oldest of a younger history.
_GAINS = f"""
WITH papers AS ({PAPERS}), asked AS (
    SELECT r.id FROM catalog_repository r WHERE r.gone_at IS NULL AND r.stars IS NOT NULL AND EXISTS (
        SELECT FROM catalog_paperrepository f JOIN papers p ON p.id = f.paper_id
        WHERE f.repository_id = r.id AND f.retired_at IS NULL
    ) ORDER BY r.stars DESC, r.id LIMIT %(looked_at)s
)
SELECT a.id, latest.stars, latest.stars - before.stars, latest.date - before.date, before.stars
FROM asked a CROSS JOIN LATERAL (
    SELECT s.date, s.stars FROM catalog_starcount s WHERE s.repository_id = a.id ORDER BY s.date DESC LIMIT 1
) latest CROSS JOIN LATERAL (
    SELECT s.date, s.stars FROM catalog_starcount s
    WHERE s.repository_id = a.id AND s.date <= latest.date - %(least)s
    ORDER BY (s.date <= latest.date - %(window)s) DESC,
        CASE WHEN s.date <= latest.date - %(window)s THEN latest.date - s.date ELSE s.date - latest.date END
    LIMIT 1
) before
WHERE latest.stars > before.stars
"""  # noqa: S608  # our own text


@dataclass(frozen=True, slots=True)
class Gain:
    """The stars that a repository gained in so many days."""

    repository: Repository
    stars: int
    gained: int
    days: int
    before: int

    @property
    def rise(self) -> float:
        """Stars gained in thirty days, over the square root of those it had and a hundred."""
        return self.gained * WINDOW / self.days / sqrt(self.before + _HALF)


def rising_code(scope: Scope, limit: int = MOST) -> Sequence[Gain]:
    """Return the repositories of a scope that gained stars, the steepest first; none while stars were counted once only."""
    asked: dict[str, Any] = {
        "topics": scope.topics, "window": WINDOW, "least": _LEAST, "looked_at": _LOOKED_AT,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_GAINS, asked)
        rows = cursor.fetchall()
    repositories = Repository.objects.in_bulk([row[0] for row in rows])
    gains = [Gain(repositories[pk], *numbers) for pk, *numbers in rows]
    gains.sort(key=lambda gain: (-gain.rise, gain.repository.full_name.lower()))
    return gains[:limit]
