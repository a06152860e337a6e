"""What was new when: the lines that catalogues announced, and papers by the date they bear."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Self

from django.core.paginator import Page, Paginator
from django.db.models import Count
from django.db.models.functions import TruncMonth, TruncWeek
from django.urls import reverse
from django.utils.dateformat import format as format_date

from catalog.models import Announcement, Paper, PaperQuerySet

PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class Period:
    """A week of the ISO calendar or a month; `end` is the first day after it."""

    kind: str
    start: date
    end: date

    @classmethod
    def week(cls, year: int, week: int) -> Self:
        """Raise ValueError where the year has no such week."""
        start = date.fromisocalendar(year, week, 1)
        return cls("week", start, start + timedelta(days=7))

    @classmethod
    def month(cls, year: int, month: int) -> Self:
        """Raise ValueError where there is no such month."""
        start = date(year, month, 1)
        return cls("month", start, (start + timedelta(days=32)).replace(day=1))

    @classmethod
    def of(cls, kind: str, day: date) -> Self:
        iso = day.isocalendar()
        return cls.week(iso.year, iso.week) if kind == "week" else cls.month(day.year, day.month)

    @property
    def url(self) -> str:
        if self.kind == "month":
            return reverse("new-month", args=[self.start.year, f"{self.start.month:02}"])
        iso = self.start.isocalendar()
        return reverse("new-week", args=[iso.year, f"{iso.week:02}"])

    @property
    def label(self) -> str:
        if self.kind == "month":
            return format_date(self.start, "F Y")
        last = self.end - timedelta(days=1)
        first = "j" if last.month == self.start.month else "j M"
        return f"{format_date(self.start, first)} – {format_date(last, 'j M Y')}"

    @property
    def is_current(self) -> bool:
        return self.start <= date.today() < self.end


@dataclass(slots=True)
class Line:
    """One new thing: a paper, or an announcement that names none of the papers here."""

    day: date | None  # None where only the month is known
    paper_id: int | None
    announcement_id: int | None = None
    paper: Paper | None = None
    announcement: Announcement | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """The lines of one day, or of the month where no day is known."""

    day: date | None
    lines: list[Line]


def lines_of(period: Period) -> list[Line]:
    """Return what is new in a period, latest day first, each paper once: where it was announced."""
    announced = Announcement.objects.filter(date__gte=period.start, date__lt=period.end)
    lines = [
        Line(day, paper, pk)
        for pk, day, paper in announced.order_by("-date", "catalogue", "position").values_list(
            "pk", "date", "paper"
        )
    ]
    for pk, day, precision in _dated(period).values_list(
        "pk", "published_on", "published_precision"
    ):
        lines.append(Line(day if precision == Paper.Precision.DAY else None, pk))
    lines.sort(key=lambda line: line.day or date.min, reverse=True)
    return _once(lines)


def _dated(period: Period) -> PaperQuerySet:
    """Papers whose own date lies in the period; a week needs a date that is known to the day."""
    precisions = [Paper.Precision.DAY]
    if period.kind == "month":
        precisions.append(Paper.Precision.MONTH)
    papers = Paper.objects.public().filter(
        published_on__gte=period.start,
        published_on__lt=period.end,
        published_precision__in=precisions,
    )
    return papers.newest_first()


def _once(lines: list[Line]) -> list[Line]:
    announced = {line.paper_id for line in lines if line.announcement_id}
    seen: set[int] = set()
    kept = []
    for line in lines:
        if line.paper_id and not line.announcement_id and line.paper_id in announced:
            continue
        if line.paper_id:
            if line.paper_id in seen:
                continue
            seen.add(line.paper_id)
        kept.append(line)
    return kept


def page_of(period: Period, number: str | None) -> Page[Line]:
    """One page of a period's lines, with their papers loaded."""
    page = Paginator(lines_of(period), PER_PAGE).get_page(number)
    load(list(page.object_list))
    return page


def load(lines: Sequence[Line]) -> None:
    papers = (
        Paper.objects.public()
        .for_list()
        .in_bulk([line.paper_id for line in lines if line.paper_id])
    )
    unmatched = [line.announcement_id for line in lines if not line.paper_id]
    announcements = Announcement.objects.in_bulk([pk for pk in unmatched if pk])
    for line in lines:
        line.paper = papers.get(line.paper_id) if line.paper_id else None
        line.announcement = (
            announcements.get(line.announcement_id) if line.announcement_id else None
        )


def groups(lines: Sequence[Line]) -> list[Group]:
    return [Group(day, list(found)) for day, found in groupby(lines, key=lambda line: line.day)]


@dataclass(frozen=True, slots=True)
class WeekBlock:
    """The first lines of a week, and how many there are in all."""

    period: Period
    groups: list[Group]
    total: int
    shown: int

    @property
    def more(self) -> int:
        return self.total - self.shown


def latest_weeks(limit: int, weeks: int = 3) -> list[WeekBlock]:
    """The latest weeks in which something was new, about `limit` lines of them together."""
    periods: list[Period] = []
    period = neighbour(Period.of("week", date.max - timedelta(days=14)), before=True)
    while period and len(periods) < weeks:
        periods.append(period)
        period = neighbour(period, before=True)
    blocks = week_blocks(periods, limit)
    return [block for block in blocks if block.shown]


def week_blocks(periods: Sequence[Period], limit: int) -> list[WeekBlock]:
    """The first `limit` lines of some weeks together, their papers loaded at once."""
    found = []
    for period in periods:
        lines = lines_of(period)
        shown = lines[:limit]
        limit -= len(shown)
        found.append((period, lines, shown))
    load([line for _, _, shown in found for line in shown])
    return [
        WeekBlock(period, groups(shown), len(lines), len(shown)) for period, lines, shown in found
    ]


def neighbour(period: Period, *, before: bool) -> Period | None:
    """The nearest period of the same kind, before or after, that has anything new."""
    days = [_nearest_announced(period, before), _nearest_dated(period, before)]
    found = [day for day in days if day]
    if not found:
        return None
    return Period.of(period.kind, max(found) if before else min(found))


def _nearest_announced(period: Period, before: bool) -> date | None:
    if before:
        rows = Announcement.objects.filter(date__lt=period.start).order_by("-date")
    else:
        rows = Announcement.objects.filter(date__gte=period.end).order_by("date")
    return rows.values_list("date", flat=True).first()


def _nearest_dated(period: Period, before: bool) -> date | None:
    precisions = ["day"] if period.kind == "week" else ["day", "month"]
    papers = Paper.objects.public().filter(published_precision__in=precisions)
    if before:
        rows = papers.filter(published_on__lt=period.start).order_by("-published_on")
    else:
        rows = papers.filter(published_on__gte=period.end).order_by("published_on")
    return rows.values_list("published_on", flat=True).first()


@dataclass(frozen=True, slots=True)
class Counted:
    """A period of an index, with how much was announced in it and how many papers bear its date."""

    period: Period
    announced: int
    dated: int


def index(kind: str, limit: int) -> list[Counted]:
    """The latest periods that have anything, with counts."""
    trunc = TruncWeek if kind == "week" else TruncMonth
    precisions = ["day"] if kind == "week" else ["day", "month"]
    announced = dict(
        Announcement.objects.order_by()
        .annotate(start=trunc("date"))
        .values_list("start")
        .annotate(number=Count("pk"))
    )
    dated = dict(
        Paper.objects.public()
        .filter(published_precision__in=precisions)
        .order_by()
        .annotate(start=trunc("published_on"))
        .values_list("start")
        .annotate(number=Count("pk"))
    )
    starts = sorted(announced.keys() | dated.keys(), reverse=True)[:limit]
    return [
        Counted(Period.of(kind, start), announced.get(start, 0), dated.get(start, 0))
        for start in starts
    ]
