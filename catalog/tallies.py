"""Who and what stands most often with some papers: authors, venues, repositories, topics."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count

from catalog.charts import ROW_HEIGHT, ROW_WIDTH, BarChart, Row, bars, hundredths, row_path
from catalog.models import (
    Author,
    Authorship,
    Paper,
    PaperQuerySet,
    PaperRepository,
    Placement,
    Repository,
    Topic,
    Venue,
)

MOST = 8


@dataclass(frozen=True, slots=True)
class Tally:
    """Something with the number of papers that it stands with."""

    what: Any
    number: int


def _keys(papers: PaperQuerySet) -> Any:
    return papers.order_by().values("pk")


def top_authors(papers: PaperQuerySet, limit: int = MOST) -> list[Tally]:
    """Those of at least two of the papers; a list of everybody once says nothing."""
    rows = Authorship.objects.filter(paper__in=_keys(papers)).order_by().values_list("author")
    counted = rows.annotate(number=Count("paper", distinct=True)).filter(number__gt=1)
    return _tallies(Author, counted.order_by("-number", "author")[:limit])


def top_venues(papers: PaperQuerySet, limit: int = MOST) -> list[Tally]:
    rows = papers.exclude(venue=None).order_by().values_list("venue")
    return _tallies(Venue, rows.annotate(number=Count("pk")).order_by("-number", "venue")[:limit])


def top_repositories(papers: PaperQuerySet, limit: int = MOST) -> list[Tally]:
    """Those with most stars among the code of the papers, each with how many of them it serves."""
    links = PaperRepository.objects.current().filter(
        paper__in=_keys(papers), repository__gone_at=None
    )
    rows = links.order_by().values_list("repository").annotate(number=Count("paper", distinct=True))
    starred = rows.exclude(repository__stars=None).order_by("-repository__stars", "repository")
    return _tallies(Repository, starred[:limit])


def top_topics(papers: PaperQuerySet, limit: int = MOST) -> list[Tally]:
    rows = Placement.objects.current().filter(paper__in=_keys(papers), topic__retired_at=None)
    counted = rows.order_by().values_list("topic").annotate(number=Count("paper", distinct=True))
    return _tallies(Topic, counted.order_by("-number", "topic")[:limit])


def _tallies(model: Any, rows: Any) -> list[Tally]:
    numbers = list(rows)
    found = model.objects.all()
    if model is Topic:
        found = found.select_related("catalogue", "parent")
    there = found.in_bulk([pk for pk, _ in numbers])
    return [Tally(there[pk], number) for pk, number in numbers]


def years_chart(papers: PaperQuerySet, title: str = "Papers by year") -> BarChart | None:
    """Papers by year, and how many of them have code; none where there are not two years to compare."""
    counted = papers.exclude(year=None).order_by().values_list("year")
    numbers = dict(counted.annotate(number=Count("pk")))
    if len(numbers) < 2:
        return None
    coded = PaperRepository.objects.current().filter(paper__in=_keys(papers))
    with_code = dict(
        Paper.objects.filter(pk__in=coded.values("paper"))
        .exclude(year=None)
        .order_by()
        .values_list("year")
        .annotate(number=Count("pk"))
    )
    years = range(min(numbers), max(numbers) + 1)
    rows = [Row(str(year), numbers.get(year, 0), with_code.get(year, 0)) for year in years]
    return BarChart(title, bars(rows), heading="Year", part="with code")


@dataclass(frozen=True, slots=True)
class Share:
    """How many of some papers are so."""

    number: int
    total: int

    @property
    def percent(self) -> int:
        return hundredths(self.number, self.total)


def code_share(papers: PaperQuerySet) -> Share:
    """How many of the papers have code."""
    coded = PaperRepository.objects.current().filter(paper__in=_keys(papers))
    return Share(coded.values("paper").distinct().count(), papers.count())


@dataclass(frozen=True, slots=True)
class TopicYears:
    """A topic with its papers by year, drawn in a row."""

    topic: Topic
    path: str
    numbers: Sequence[int]


@dataclass(frozen=True, slots=True)
class TopicsOverTime:
    """The topics that some papers are most under, year by year; a paper under several counts in each."""

    years: Sequence[int]
    topics: Sequence[TopicYears]
    width: int = ROW_WIDTH
    height: int = ROW_HEIGHT

    @property
    def table(self) -> list[tuple[int, list[int]]]:
        """The numbers by year, latest first."""
        rows = zip(self.years, zip(*(one.numbers for one in self.topics), strict=True), strict=True)
        return [(year, list(numbers)) for year, numbers in reversed(list(rows))]


def topics_over_time(papers: PaperQuerySet, limit: int = 5) -> TopicsOverTime | None:
    """Count the papers by topic and year; none where there are not two years to compare."""
    rows = (
        Placement.objects.current()
        .filter(paper__in=_keys(papers), topic__retired_at=None, paper__year__isnull=False)
        .order_by()
        .values_list("topic", "paper__year")
        .annotate(number=Count("paper", distinct=True))
    )
    counted: dict[int, Counter[int]] = defaultdict(Counter)
    for topic, year, number in rows:
        counted[topic][year] = number
    known = {year for numbers in counted.values() for year in numbers}
    if len(known) < 2:
        return None
    years = range(min(known), max(known) + 1)
    most = sorted(counted, key=lambda topic: (-counted[topic].total(), topic))[:limit]
    topics = Topic.objects.select_related("catalogue", "parent").in_bulk(most)
    drawn = []
    for pk in most:
        numbers = [counted[pk][year] for year in years]
        drawn.append(TopicYears(topics[pk], row_path(numbers), numbers))
    return TopicsOverTime(years, drawn)
