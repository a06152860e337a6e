"""Small charts whose places are reckoned here, so that templates only draw; each has its numbers as a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

WIDTH, HEIGHT = 272, 56
ROW_WIDTH, ROW_HEIGHT = 144, 22  # of one in a row of a table
_SHARE = 0.8  # of its step that a bar fills


@dataclass(frozen=True, slots=True)
class Bar:
    """A number with its place; `part` of it, where one is told apart, is drawn filled."""

    label: str
    number: int
    part: int | None
    x: float
    y: float
    width: float
    height: float
    part_y: float = 0
    part_height: float = 0
    url: str = ""

    @property
    def percent(self) -> int | None:
        """The part, in hundredths of the number."""
        return None if self.part is None else hundredths(self.part, self.number)


@dataclass(frozen=True, slots=True)
class BarChart:
    """Bars from first to last. `what` are the numbers of, `part` what is told apart of them."""

    title: str
    bars: Sequence[Bar]
    heading: str  # of the labels
    what: str = "Papers"
    part: str = ""
    note: str = ""  # what is not in it
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def most(self) -> int:
        return max((bar.number for bar in self.bars), default=0)

    @property
    def table(self) -> list[Bar]:
        """The bars that have a number, last first."""
        return [bar for bar in reversed(self.bars) if bar.number]


@dataclass(frozen=True, slots=True)
class Row:
    """What a bar is made of."""

    label: str
    number: int
    part: int | None = None
    url: str = ""


def bars(rows: Sequence[Row], width: float = WIDTH, height: float = HEIGHT) -> list[Bar]:
    """Place a bar for each row, the highest as high as the chart."""
    most = max((row.number for row in rows), default=0) or 1
    step = width / len(rows) if rows else 0
    placed = []
    for place, row in enumerate(rows):
        tall, part_tall = height * row.number / most, height * (row.part or 0) / most
        placed.append(
            Bar(
                row.label,
                row.number,
                row.part,
                x=round(place * step, 1),
                y=round(height - tall, 1),
                width=round(step * _SHARE, 1),
                height=round(tall, 1),
                part_y=round(height - part_tall, 1),
                part_height=round(part_tall, 1),
                url=row.url,
            )
        )
    return placed


def row_path(numbers: Sequence[int]) -> str:
    """Draw bars in a row of a table as one path: many of them are on a page."""
    placed = bars([Row("", number) for number in numbers], ROW_WIDTH, ROW_HEIGHT)
    return "".join(
        f"M{bar.x:g} {ROW_HEIGHT}V{bar.y:g}h{bar.width:g}V{ROW_HEIGHT}z"
        for bar in placed
        if bar.number
    )


def hundredths(number: int, total: int) -> int:
    """Which share of a total a number is; 0 of nothing."""
    return round(100 * number / total) if total else 0


def months_up_to(last: date, count: int) -> list[date]:
    """The first days of so many months, of which this is the last."""
    place = 12 * last.year + last.month - count
    return months_between(date(place // 12, place % 12 + 1, 1), last)


def months_between(first: date, last: date) -> list[date]:
    """The first days of all months from one to another, both included."""
    return [
        date(index // 12, index % 12 + 1, 1)
        for index in range(12 * first.year + first.month - 1, 12 * last.year + last.month)
    ]


@dataclass(frozen=True, slots=True)
class LineChart:
    """A number over days; `points` are those that were counted, `path` the line through them."""

    title: str
    points: Sequence[tuple[date, int]]
    path: str
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def first(self) -> tuple[date, int]:
        return self.points[0]

    @property
    def last(self) -> tuple[date, int]:
        return self.points[-1]

    @property
    def table(self) -> list[tuple[date, int]]:
        """The last count of each month, latest first: hundreds of days are no table."""
        by_month = {day.replace(day=1): (day, number) for day, number in self.points}
        return list(reversed(by_month.values()))


def line_chart(title: str, points: Sequence[tuple[date, int]]) -> LineChart | None:
    """Draw at least two counts, in order of their days; one alone is no line. The scale begins at the least."""
    if len(points) < 2:
        return None
    (first, _), (last, _) = points[0], points[-1]
    days = (last - first).days or 1
    least, most = min(number for _, number in points), max(number for _, number in points)
    span = most - least or 1
    places = (
        f"{WIDTH * (day - first).days / days:.1f},{HEIGHT - HEIGHT * (number - least) / span:.1f}"
        for day, number in _thinned(points)
    )
    return LineChart(title, points, " ".join(places))


def _thinned(points: Sequence[tuple[date, int]]) -> Sequence[tuple[date, int]]:
    """No more points than can be told apart: the last of each two units, and the first of all."""
    first, days = points[0][0], (points[-1][0] - points[0][0]).days or 1
    by_place = {
        round(WIDTH / 2 * (day - first).days / days): (day, number) for day, number in points[1:]
    }
    return [points[0], *by_place.values()]
