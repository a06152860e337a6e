"""A search in an address: the query, the order, what is chosen of the facets and the page, read and written."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import QueryDict

from search.facets import FACETS, Choice, Facet, FacetValue, read_choice
from search.grammar import SORTS

LAST_PAGE = 50  # nobody reads on past the thousandth hit


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address asks for; what makes no sense in it is left out."""

    query: str
    sort: str = ""
    choice: Choice = Choice()
    page: int = 1

    @classmethod
    def read(cls, query: str, given: QueryDict) -> "Asked":
        sort = given.get("sort", "")
        choice = read_choice({name: given.getlist(name) for name in FACETS})
        return cls(query, sort if sort in SORTS else "", choice, _page(given.get("page")))

    def fields(self) -> list[tuple[str, str]]:
        """What a form must carry along beside the query."""
        return [*([("sort", self.sort)] if self.sort else []), *_chosen(self.choice)]

    def parameters(self, **changes: object) -> str:
        """The query string of this search with another query, sort or choice; on its first page."""
        query = changes.get("query", self.query)
        sort = str(changes.get("sort", self.sort) or "")
        choice = changes.get("choice", self.choice)
        pairs = [("q", str(query))] if query else []
        pairs += [("sort", sort)] if sort else []
        if isinstance(choice, Choice):
            pairs += _chosen(choice)
        return urlencode(pairs)

    def toggled(self, facet: str, value: str, *, unwanted: bool = False) -> str:
        """The same search with a value chosen, or chosen no more."""
        wanted = {name: set(values) for name, values in self.choice.wanted.items()}
        barred = {name: set(values) for name, values in self.choice.unwanted.items()}
        mine, other = (barred, wanted) if unwanted else (wanted, barred)
        mine.setdefault(facet, set()).symmetric_difference_update({value})
        other.get(facet, set()).discard(value)
        choice = Choice(
            {name: frozenset(values) for name, values in wanted.items()},
            {name: frozenset(values) for name, values in barred.items()},
        )
        return self.parameters(choice=choice)


def _page(text: str | None) -> int:
    """Return a page that may exist: of what is beyond all of them the last, of what is no number the first."""
    digits = (text or "").strip()
    if not digits.isdecimal():
        return 1
    digits = digits.lstrip("0")[:9]  # thousands of them are more than Python reads
    return min(max(1, int(digits or 0)), LAST_PAGE)


def _chosen(choice: Choice) -> list[tuple[str, str]]:
    return [
        (facet, sign + value)
        for facet in FACETS
        for sign, chosen in (("", choice.wanted), ("-", choice.unwanted))
        for value in sorted(chosen.get(facet, ()))
    ]


@dataclass(frozen=True, slots=True)
class ValueLinks:
    """A facet's value with where choosing it, and barring it, leads."""

    value: FacetValue
    facet: str
    choose: str
    bar: str

    @property
    def undo(self) -> str:
        return self.bar if self.value.state == "out" else self.choose


@dataclass(frozen=True, slots=True)
class FacetLinks:
    facet: Facet
    values: Sequence[ValueLinks]
    shown: int  # how many are shown at once

    @property
    def first(self) -> Sequence[ValueLinks]:
        return [
            one for place, one in enumerate(self.values) if place < self.shown or one.value.state
        ]

    @property
    def more(self) -> Sequence[ValueLinks]:
        return [
            one
            for place, one in enumerate(self.values)
            if place >= self.shown and not one.value.state
        ]


_SHOWN = 8


def facet_links(facets: Sequence[Facet], asked: Asked) -> list[FacetLinks]:
    return [FacetLinks(facet, list(_links(facet, asked)), _SHOWN) for facet in facets]


def _links(facet: Facet, asked: Asked) -> Iterator[ValueLinks]:
    for value in facet.values:
        choose = asked.toggled(facet.name, value.value)
        bar = asked.toggled(facet.name, value.value, unwanted=True)
        yield ValueLinks(value, facet.label, choose, bar)
