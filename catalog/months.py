"""Papers by month as a small chart: bars whose places are reckoned here, so that templates only draw."""

from collections import Counter
from dataclasses import dataclass
from datetime import date

from django.db.models import Count
from django.db.models.functions import TruncMonth

from catalog.models import Paper, PaperQuerySet

WIDTH, HEIGHT = 272, 56
FEWEST = 24  # a chart of two months says nothing: at least two years are drawn


@dataclass(frozen=True, slots=True)
class Bar:
    month: date
    number: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class MonthsChart:
    """Bars from the first month to the last, and how many papers have no month to stand at."""

    bars: list[Bar]
    most: int
    dated: int
    undated: int
    first: date | None = None
    last: date | None = None
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def table(self) -> list[Bar]:
        """The months that have papers, latest first."""
        return [bar for bar in reversed(self.bars) if bar.number]


def months_chart(papers: PaperQuerySet) -> MonthsChart:
    """Count papers by the month they came out; a date known to the year only has no month."""
    known = papers.filter(published_precision__in=[Paper.Precision.DAY, Paper.Precision.MONTH])
    by_month = known.order_by().annotate(month=TruncMonth("published_on")).values_list("month")
    numbers = Counter(dict(by_month.annotate(number=Count("pk"))))
    dated = numbers.total()
    undated = papers.count() - dated
    if not numbers:
        return MonthsChart([], 0, 0, undated)
    first, last = min(numbers), max(numbers)
    return MonthsChart(
        _bars(numbers, first, last), max(numbers.values()), dated, undated, first, last
    )


def _bars(numbers: Counter[date], first: date, last: date) -> list[Bar]:
    end = _index(last)
    start = min(_index(first), end - FEWEST + 1)
    step = WIDTH / (end - start + 1)
    tallest = max(numbers.values())
    bars = []
    for place, index in enumerate(range(start, end + 1)):
        month = date(index // 12, index % 12 + 1, 1)
        height = HEIGHT * numbers[month] / tallest
        bars.append(
            Bar(
                month,
                numbers[month],
                x=round(place * step, 1),
                y=round(HEIGHT - height, 1),
                width=round(step * 0.8, 1),
                height=round(height, 1),
            )
        )
    return bars


def _index(month: date) -> int:
    return month.year * 12 + month.month - 1
