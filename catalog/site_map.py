"""Where every page of the site is, for crawlers (sitemaps.org), in parts that their limits allow."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from django.db.models import Exists, Max, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.html import escape

from catalog.models import (
    Author,
    Authorship,
    Catalogue,
    GlossaryEntry,
    Paper,
    PaperRepository,
    Repository,
    System,
    Topic,
    Venue,
    paper_path,
)
from catalog.news import index
from catalog.trends.scope import trends_url

MOST = 50_000  # addresses of one file
_PERIODS = 5_000  # of each kind: a century of weeks
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_SCHEMA = "http://www.sitemaps.org/schemas/sitemap/0.9"
_SINGLE = ("home", "topic-index", "new-index", "author-index", "venue-index", "year-index", "repository-index", "system-index", "glossary-index", "graph", "map", "trends", "lookup", "suggest", "contributors", "data-index", "status")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Address:
    """A page, and when what it says changed last; None where that is not known."""

    path: str
    changed: datetime | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """Pages of one kind: rows in a fixed order, and how a row becomes an address."""

    rows: QuerySet[Any, Any]
    address: Callable[[Any], Address]


@dataclass(frozen=True, slots=True)
class Part:
    """The addresses of one file: a slice of each of some sections."""

    number: int
    slices: tuple[tuple[Section, int, int], ...]

    def addresses(self) -> Iterator[Address]:
        pages = (
            map(section.address, section.rows[start:stop]) for section, start, stop in self.slices
        )
        return chain(_single_pages() if self.number == 1 else (), *pages)


def in_xml(addresses: Iterable[Address], base: str) -> str:
    """The addresses of one file; no template, which would take long for as many."""
    rows = (
        f"<url><loc>{escape(base + one.path)}</loc>{_changed(one)}</url>\n" for one in addresses
    )
    return f'{_HEAD}<urlset xmlns="{_SCHEMA}">\n{"".join(rows)}</urlset>\n'


def _changed(address: Address) -> str:
    return (
        f"<lastmod>{address.changed.isoformat('T', 'seconds')}</lastmod>" if address.changed else ""
    )


def index_in_xml(every: Iterable[Part], base: str) -> str:
    """Where the files are."""
    paths = (reverse("sitemap-part", args=[part.number]) for part in every)
    rows = (f"<sitemap><loc>{escape(base + path)}</loc></sitemap>\n" for path in paths)
    return f'{_HEAD}<sitemapindex xmlns="{_SCHEMA}">\n{"".join(rows)}</sitemapindex>\n'


def parts() -> list[Part]:
    """The files that all addresses fill; one at least. Costs a count of each section."""
    filled: list[list[tuple[Section, int, int]]] = [[]]
    room = MOST - len(_single_pages())
    for section in _sections():
        start, total = 0, section.rows.count()
        while start < total:
            if not room:
                filled.append([])
                room = MOST
            stop = min(total, start + room)
            filled[-1].append((section, start, stop))
            room -= stop - start
            start = stop
    return [Part(number, tuple(slices)) for number, slices in enumerate(filled, 1)]


def _single_pages() -> list[Address]:
    """Pages that are there once, and those of the weeks and months in which something was new."""
    periods = [one.period for kind in ("week", "month") for one in index(kind, _PERIODS)]
    return [
        *(Address(reverse(name)) for name in _SINGLE),
        *(Address(period.url) for period in periods),
    ]


def _sections() -> list[Section]:
    public = Paper.objects.public()
    newest = Max("papers__updated_at", filter=Q(papers__merged_into=None))
    placed = Q(placements__retired_at=None, placements__paper__merged_into=None)
    wrote = Authorship.objects.filter(author=OuterRef("pk"), paper__merged_into=None)
    linked = PaperRepository.objects.current().filter(
        repository=OuterRef("pk"), paper__merged_into=None
    )
    years = public.exclude(year=None).order_by("year").values("year")
    return [
        Section(
            Catalogue.objects.order_by("pk"),
            lambda row: Address(row.get_absolute_url()),
        ),
        Section(
            Topic.objects.current()
            .select_related("catalogue")
            .annotate(changed=Max("placements__paper__updated_at", filter=placed))
            .order_by("pk"),
            _address,
        ),
        Section(
            Catalogue.objects.order_by("pk"),
            lambda row: Address(trends_url(row)),
        ),
        Section(
            Topic.objects.current().select_related("catalogue").order_by("pk"),
            lambda row: Address(trends_url(topic=row)),
        ),
        Section(
            System.objects.current().order_by("pk"),
            lambda row: Address(row.get_absolute_url()),
        ),
        Section(
            GlossaryEntry.objects.shown().order_by("pk"),
            lambda row: Address(row.get_absolute_url()),
        ),
        Section(
            public.order_by("pk").values_list("pk", "title", "updated_at"),
            lambda row: Address(paper_path(row[0], row[1]), row[2]),
        ),
        Section(Venue.objects.annotate(changed=newest).order_by("pk"), _address),
        Section(
            years.annotate(changed=Max("updated_at")),
            lambda row: Address(reverse("year-detail", args=[row["year"]]), row["changed"]),
        ),
        Section(
            Repository.objects.filter(Exists(linked)).annotate(changed=newest).order_by("pk"),
            _address,
        ),
        Section(
            Author.objects.public().filter(Exists(wrote)).annotate(changed=newest).order_by("pk"),
            _address,
        ),
    ]


def _address(row: Any) -> Address:
    return Address(row.get_absolute_url(), row.changed)
