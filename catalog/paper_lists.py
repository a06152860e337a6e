"""A page of papers with what sorts and filters it: the block that most pages are made of."""

from collections.abc import Iterable
from functools import cached_property

from django import forms
from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, F, OuterRef, QuerySet, Subquery
from django.http import HttpRequest

from catalog.models import Paper, PaperQuerySet, PaperRepository, Placement, Topic

PER_PAGE = 40
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
    venue = forms.SlugField(max_length=120, required=False)
    code = forms.BooleanField(required=False)


class PaperList:
    """One page of `papers` as the query string asks; what it asks amiss is left out, with `status` 400.

    `topics` are those that "as listed" follows; without them there is no such order.
    """

    def __init__(
        self,
        request: HttpRequest,
        papers: PaperQuerySet,
        *,
        topics: QuerySet[Topic] | None = None,
        exclude_filters: Iterable[str] = (),
    ) -> None:
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
        return any(self.asked.get(name) for name in ("year", "venue", "code"))

    @cached_property
    def page(self) -> Page[Paper]:
        found = self._sorted(self._filtered()).for_list()
        return Paginator(found, PER_PAGE).get_page(self._request.GET.get("page"))

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


def papers_under(topics: QuerySet[Topic]) -> PaperQuerySet:
    """The papers now placed under any of the topics, each once."""
    placed = Placement.objects.current().filter(paper=OuterRef("pk"), topic__in=topics)
    return Paper.objects.public().filter(Exists(placed))
