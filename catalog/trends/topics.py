"""Topics over time: papers a month, which topics rise, the first and the latest paper of each."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import sqrt
from typing import Any

from django.db import connection
from django.utils import timezone

from catalog.charts import ROW_HEIGHT, ROW_WIDTH, hundredths, months_up_to, row_path
from catalog.models import Paper, Topic
from catalog.subtrees import is_within
from catalog.trends.scope import Scope

RECENT, BEFORE = 3, 12  # months
_SHOWN = 36  # months of a chart at least: most topics are young

# Topics with the months of the papers under them or below, those known to the month; each paper once a topic.
_MONTHS = f"""
SELECT t.id, date_trunc('month', p.published_on)::date, count(DISTINCT p.id)
FROM catalog_topic t
JOIN catalog_topic b ON {is_within("b", "t")}
JOIN catalog_placement l ON l.topic_id = b.id AND l.retired_at IS NULL
JOIN catalog_paper p ON p.id = l.paper_id AND p.merged_into_id IS NULL
WHERE t.id = ANY(%(parts)s) AND b.retired_at IS NULL AND p.published_precision IN ('day', 'month')
    AND p.published_on <= %(today)s
GROUP BY 1, 2
"""  # noqa: S608
# How many papers each topic has, how many of them with code, and its first and its latest paper; one known to the year
# only counts as of its beginning.
_TOTALS = f"""
SELECT t.id, count(DISTINCT p.id), count(DISTINCT c.paper_id),
    (array_agg(p.id ORDER BY p.published_on, p.id) FILTER (WHERE p.published_on <= %(today)s))[1],
    (array_agg(p.id ORDER BY p.published_on DESC, p.id) FILTER (WHERE p.published_on <= %(today)s))[1]
FROM catalog_topic t
JOIN catalog_topic b ON {is_within("b", "t")}
JOIN catalog_placement l ON l.topic_id = b.id AND l.retired_at IS NULL
JOIN catalog_paper p ON p.id = l.paper_id AND p.merged_into_id IS NULL
LEFT JOIN catalog_paperrepository c ON c.paper_id = p.id AND c.retired_at IS NULL
WHERE t.id = ANY(%(parts)s) AND b.retired_at IS NULL GROUP BY 1
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class TopicTrend:
    """A topic's papers by month, the latest months against the year before them, and its ends.

    `expected` are a quarter of the papers of the twelve months before the three recent ones.
    """

    topic: Topic
    total: int
    with_code: int
    months: Mapping[date, int]
    path: str  # of its bars
    recent: int
    expected: float
    first: Paper | None
    latest: Paper | None

    @property
    def rise(self) -> float:
        """How far the recent number lies above the expected one, in what chance would make of it (a Poisson count)."""
        return (self.recent - self.expected) / sqrt(self.expected + 1)

    @property
    def code_share(self) -> int:
        """In hundredths."""
        return hundredths(self.with_code, self.total)


@dataclass(frozen=True, slots=True)
class TopicTrends:
    """The topics of a scope, as the list orders them; `months` are those of all charts."""

    topics: Sequence[TopicTrend]
    months: Sequence[date]
    width: int = ROW_WIDTH
    height: int = ROW_HEIGHT

    @property
    def rising(self) -> list[TopicTrend]:
        """Those above what was expected, the steepest first."""
        above = [one for one in self.topics if one.rise > 0]
        return sorted(above, key=lambda one: (-one.rise, -one.recent, one.topic.name))

    @property
    def recent_months(self) -> Sequence[date]:
        return self.months[-RECENT:]

    @property
    def table(self) -> list[tuple[date, list[int]]]:
        """The numbers of all topics by month, latest first."""
        return [
            (month, [one.months.get(month, 0) for one in self.topics])
            for month in reversed(self.months)
            if any(one.months.get(month) for one in self.topics)
        ]


def topic_trends(scope: Scope) -> TopicTrends:
    """Measure the topics of a scope, up to the latest month that any of their papers is of."""
    parts = {topic.pk: topic for topic in scope.parts}
    asked: dict[str, Any] = {"parts": list(parts), "today": timezone.localdate()}
    by_topic: dict[int, Counter[date]] = defaultdict(Counter)
    with connection.cursor() as cursor:
        cursor.execute(_MONTHS, asked)
        for pk, month, number in cursor.fetchall():
            by_topic[pk][month] = number
        cursor.execute(_TOTALS, asked)
        totals = {pk: totals for pk, *totals in cursor.fetchall()}
    ends = {paper for _, _, *papers in totals.values() for paper in papers if paper}
    papers = Paper.objects.only("title", "published_on", "published_precision", "year").in_bulk(
        ends
    )
    months = _months(by_topic)
    trends = []
    for pk, topic in parts.items():
        total, with_code, first, latest = totals.get(pk, (0, 0, None, None))
        recent, expected = _against_before(by_topic[pk], months)
        trends.append(
            TopicTrend(
                topic,
                total,
                with_code,
                by_topic[pk],
                row_path([by_topic[pk][month] for month in months]),
                recent,
                expected,
                papers.get(first),
                papers.get(latest),
            )
        )
    return TopicTrends(trends, months)


def _months(by_topic: Mapping[int, Counter[date]]) -> list[date]:
    """The last three years up to the newest month of any topic."""
    known = [month for months in by_topic.values() for month in months]
    if not known:
        return []
    return months_up_to(max(known), _SHOWN)


def _against_before(numbers: Counter[date], months: Sequence[date]) -> tuple[int, float]:
    """How many papers the recent months have, and how many as many months of the year before had on average."""
    recent, before = months[-RECENT:], months[-RECENT - BEFORE : -RECENT]
    return (
        sum(numbers[month] for month in recent),
        sum(numbers[month] for month in before) * RECENT / BEFORE,
    )
