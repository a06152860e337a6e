"""A page of papers with what sorts and filters it: the block that most pages are made of."""

from collections.abc import Iterable
from datetime import date
from functools import cached_property
from urllib.parse import urlencode

from django import forms
from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, F, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponseBase
from django.utils.encoding import escape_uri_path
from django.utils.safestring import SafeString

from catalog.exports.answers import FORMATS, ExportLink, base_of, coins_of, export, export_links
from catalog.exports.embedded import json_ld, list_ld
from catalog.exports.facts import latest
from catalog.exports.feeds import MOST
from catalog.models import Paper, PaperQuerySet, PaperRepository, Placement, Topic

PER_PAGE = 40
MONTH = "%Y-%m"
SORTS = [
    ("newest", "newest first"),
    ("listed", "as listed"),
    ("title", "title"),
    ("venue", "venue"),
]


class PaperListForm(forms.Form):
    """What a reader may ask of a list, all of it optional."""

    sort = forms.ChoiceField(choices=SORTS, required=False)
    year = forms.IntegerField(min_value=1800, max_value=2200, required=False)
    month = forms.DateField(input_formats=[MONTH], required=False)
    venue = forms.SlugField(max_length=120, required=False)
    code = forms.BooleanField(required=False)


class PaperList:
    """One page of `papers` as the query string asks; what it asks amiss is left out, with `status` 400.

    `topics` are those that "as listed" follows; without them there is no such order. `name` is what files of its papers are called.
    """

    def __init__(
        self,
        request: HttpRequest,
        papers: PaperQuerySet,
        *,
        title: str,
        name: str,
        topics: QuerySet[Topic] | None = None,
        exclude_filters: Iterable[str] = (),
    ) -> None:
        self.title = title
        self._name = name
        self._papers = papers
        self._topics = topics
        self._request = request
        self.hidden = set(exclude_filters)
        self.form = PaperListForm(request.GET)
        self.is_valid = self.form.is_valid()
        self.status = 200 if self.is_valid else 400
        self.asked = self.form.cleaned_data
        self.sorts = [sort for sort in SORTS if sort[0] != "listed" or topics is not None]

    @property
    def is_filtered(self) -> bool:
        return any(self.asked.get(name) for name in ("year", "month", "venue", "code"))

    @cached_property
    def page(self) -> Page[Paper]:
        found = self._sorted(self._filtered()).for_list()
        return Paginator(found, PER_PAGE).get_page(self._request.GET.get("page"))

    def export(self, ending: str, address: str) -> HttpResponseBase:
        """The papers of all pages in another form; `address` is that of the page, without a query."""
        papers = self._filtered()
        keys = (
            list(self._sorted(papers).values_list("pk", flat=True))
            if FORMATS[ending].write
            else latest(papers, MOST)
        )
        page = f"{address}?{self._query}" if self._query else address
        return export(self._request, ending, keys, title=self.title, name=self._name, page=page)

    @property
    def exports(self) -> list[ExportLink]:
        address = escape_uri_path(self._request.path)
        return export_links(f"{address}?{self._query}" if self._query else address)

    @cached_property
    def coins(self) -> dict[int, str]:
        """An OpenURL of each paper of the page, by number."""
        return coins_of([paper.pk for paper in self.page], base_of(self._request))

    @property
    def json_ld(self) -> SafeString:
        page, total = escape_uri_path(self._request.path), self.page.paginator.count
        return json_ld(list_ld(self.title, page, total, base_of(self._request)))

    @cached_property
    def _query(self) -> str:
        """What is asked of the list and was understood, as a query string."""
        asked = [(name, self.asked.get(name)) for name in self.form.fields]
        return urlencode([(name, _written(value)) for name, value in asked if value])

    @cached_property
    def years(self) -> list[dict[str, int]]:
        counted = self._papers.exclude(year=None).order_by("-year").values("year")
        return list(counted.annotate(number=Count("pk")))

    @cached_property
    def venues(self) -> list[dict[str, object]]:
        counted = self._papers.exclude(venue=None).order_by().values("venue__slug", "venue__name")
        return list(counted.annotate(number=Count("pk")).order_by("-number", "venue__name"))

    def _filtered(self) -> PaperQuerySet:
        papers = self._papers
        if year := self.asked.get("year"):
            papers = papers.filter(year=year)
        if month := self.asked.get("month"):
            papers = papers.filter(
                published_on__year=month.year,
                published_on__month=month.month,
                published_precision__in=[Paper.Precision.DAY, Paper.Precision.MONTH],
            )
        if venue := self.asked.get("venue"):
            papers = papers.filter(venue__slug=venue)
        if self.asked.get("code"):
            code = PaperRepository.objects.current().filter(paper=OuterRef("pk"))
            papers = papers.filter(Exists(code))
        return papers

    def _sorted(self, papers: PaperQuerySet) -> PaperQuerySet:
        match self.asked.get("sort"):
            case "title":
                return papers.order_by("title_key", "pk")
            case "venue":
                return papers.order_by(F("venue__name").asc(nulls_last=True), "-year", "pk")
            case "listed" if self._topics is not None:
                return self._as_listed(papers, self._topics)
        return papers.newest_first()

    @staticmethod
    def _as_listed(papers: PaperQuerySet, topics: QuerySet[Topic]) -> PaperQuerySet:
        """Order by a paper's first place under the topics."""
        places = Placement.objects.current().filter(paper=OuterRef("pk"), topic__in=topics)
        first = places.order_by("topic__position", "position")
        return papers.order_by(
            Subquery(first.values("topic__position")[:1]),
            Subquery(first.values("position")[:1]),
            "pk",
        )


def _written(value: object) -> object:
    """What was asked as addresses write it."""
    if value is True:
        return "on"
    return value.strftime(MONTH) if isinstance(value, date) else value


def papers_under(topics: QuerySet[Topic]) -> PaperQuerySet:
    """The papers now placed under any of the topics, each once."""
    placed = Placement.objects.current().filter(paper=OuterRef("pk"), topic__in=topics)
    return Paper.objects.public().filter(Exists(placed))
