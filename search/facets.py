"""Facets: how many of the papers found are of each year, topic, venue and so on, and choosing among them.

Values of one facet widen the choice, facets narrow each other. A facet's counts are those of the papers that all other
facets let through, so that each says what choosing it gives.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from catalog.models import Catalogue, Topic, Venue
from search.arrays import array_of
from search.grammar import FIELDS, KINDS, Field, Node, Not, Or
from search.shown_numbers import CITED, CODED

UNKNOWN = "unknown"
MOST_CHOSEN = 40  # values in an address; nobody chooses more by hand
_STARS = ("10000..", "1000..9999", "100..999", "1..99", "0")
_CITATIONS = ("100..", "10..99", "1..9", "0")
_LABELS = {
    "topic": "Topic",
    "year": "Year",
    "venue": "Venue",
    "kind": "Published as",
    "code": "Code",
    "stars": "Stars",
    "citations": "Cited here",
    "catalogue": "Catalogue",
}
FACETS = tuple(_LABELS)
_KINDS = {
    "conference": "conference",
    "journal": "journal",
    "preprint": "preprint",
    "other": "elsewhere",
}
# What a paper lacks whose value is unknown.
_LACKS = {
    "year": "year",
    "venue": "venue",
    "kind": "venue",
    "stars": "stars",
    "citations": "citations",
}


def _lows(buckets: Iterable[str]) -> list[int]:
    """The least number of each bucket, in order."""
    return sorted(int(bucket.partition("..")[0]) for bucket in buckets)


def _low_of(number: str, buckets: Iterable[str]) -> str:
    """SQL for the least number of the bucket that a number lies in."""
    lows = _lows(buckets)
    return f"(ARRAY{lows})[width_bucket({number}, ARRAY{lows})]"


# What papers are, as far as facets tell them apart, with how many are so: far fewer rows than papers.
_ATTRIBUTES = f"""
WITH asked AS MATERIALIZED (
    SELECT unnest(%s::bigint[]) AS paper_id
), placed AS (
    SELECT paper_id, array_agg(topic_id ORDER BY topic_id) AS topics FROM catalog_placement
    WHERE retired_at IS NULL AND paper_id IN (SELECT paper_id FROM asked) GROUP BY 1
), {CODED}, {CITED}
SELECT count(*), year, venue_id, stars, citations, code, topics FROM (
    SELECT p.year, p.venue_id, {_low_of("coded.stars", _STARS)} AS stars,
        {_low_of("cited.citations", _CITATIONS)} AS citations,
        coded.paper_id IS NOT NULL AS code, coalesce(placed.topics, '{{}}') AS topics
    FROM asked JOIN catalog_paper p ON p.id = asked.paper_id LEFT JOIN placed USING (paper_id)
    LEFT JOIN coded USING (paper_id) LEFT JOIN cited USING (paper_id)
) papers GROUP BY 2, 3, 4, 5, 6, 7
"""  # noqa: S608  # our own text


@dataclass(frozen=True, slots=True)
class Choice:
    """What is chosen of each facet: values that a paper must have one of, and values that it must have none of."""

    wanted: Mapping[str, frozenset[str]] = field(default_factory=dict)
    unwanted: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return any(self.wanted.values()) or any(self.unwanted.values())

    def lets(self, facet: str, values: frozenset[str]) -> bool:
        """Whether a paper with these values passes a facet."""
        wanted = self.wanted.get(facet)
        return (not wanted or bool(wanted & values)) and not self.unwanted.get(
            facet, frozenset()
        ) & values

    def nodes(self) -> list[Node]:
        """The same as conditions of a query."""
        made: list[Node] = []
        for facet in FACETS:
            if wanted := sorted(self.wanted.get(facet, ())):
                made.append(Or(tuple(_node(facet, value) for value in wanted)))
            made += [Not(_node(facet, value)) for value in sorted(self.unwanted.get(facet, ()))]
        return made


@dataclass(frozen=True, slots=True)
class FacetValue:
    """A value of a facet with the number of papers it gives; `state` is "in", "out" or nothing."""

    value: str
    label: str
    count: int
    state: str = ""
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Facet:
    name: str
    label: str
    values: tuple[FacetValue, ...]

    @property
    def is_chosen(self) -> bool:
        return any(value.state for value in self.values)


def read_choice(asked: Mapping[str, Sequence[str]]) -> Choice:
    """Read values as addresses have them, "-2021" for one that is unwanted; what makes no sense is left out."""
    wanted: dict[str, set[str]] = {}
    unwanted: dict[str, set[str]] = {}
    for facet in FACETS:
        for text in asked.get(facet, ())[:MOST_CHOSEN]:
            value = text.removeprefix("-")
            if _makes_sense(facet, value):
                (unwanted if text.startswith("-") else wanted).setdefault(facet, set()).add(value)
    return Choice(_frozen(wanted), _frozen(unwanted))


def _frozen(sets: Mapping[str, set[str]]) -> dict[str, frozenset[str]]:
    return {facet: frozenset(values) for facet, values in sets.items()}


def _makes_sense(facet: str, value: str) -> bool:
    if len(value) > 1000 or "\x00" in value:
        return False
    if value == UNKNOWN and facet in _LACKS:
        return True
    match facet:
        case "code":
            return value in {"yes", "no"}
        case "kind":
            return value in KINDS
        case "stars":
            return value in _STARS
        case "citations":
            return value in _CITATIONS
        case "year":
            return value.isdecimal() and FIELDS["year"](value) is not None
    return bool(value) and FIELDS[facet](value) is not None


def _node(facet: str, value: str) -> Node:
    if value == UNKNOWN and facet in _LACKS:
        return Not(Field("has", _LACKS[facet]))
    if facet == "code":
        return Field("has", "code") if value == "yes" else Not(Field("has", "code"))
    read = FIELDS[facet](value)
    return Field(facet, value if read is None else read)


def count_facets(papers: Sequence[int], choice: Choice) -> list[Facet]:
    """Count the facets of the papers that a query finds when nothing is chosen."""
    if not papers:
        return []
    names = _Names()
    counted: dict[str, Counter[str]] = {facet: Counter() for facet in FACETS}
    for number, *attributes in _rows(papers):
        values = _values(attributes, names)
        barring = [facet for facet in FACETS if not choice.lets(facet, values[facet])]
        if len(barring) > 1:
            continue
        for facet in barring or FACETS:
            for value in values[facet]:
                counted[facet][value] += number
    made = (_facet(name, counted[name], choice, names) for name in FACETS)
    return [one for one in made if one]


def _rows(papers: Sequence[int]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(_ATTRIBUTES, [array_of(papers)])
        return list(cursor.fetchall())


class _Names:
    """Topics, venues and catalogues with what addresses and pages call them."""

    def __init__(self) -> None:
        self.catalogues = {row.pk: row for row in Catalogue.objects.all()}
        self.topics = {
            row.pk: row for row in Topic.objects.current().order_by("catalogue", "position")
        }
        self.venues = {row.pk: row for row in Venue.objects.all()}
        self._above: dict[int, tuple[str, ...]] = {}

    def above(self, topic: int) -> tuple[str, ...]:
        """The paths of a topic and of all above it."""
        if topic not in self._above:
            row = self.topics.get(topic)
            parts = row.path.split("/") if row else []
            self._above[topic] = tuple("/".join(parts[:n]) for n in range(1, len(parts) + 1))
        return self._above[topic]


def _values(attributes: Sequence[Any], names: _Names) -> dict[str, frozenset[str]]:
    year, venue_key, stars, citations, has_code, topics = attributes
    venue = names.venues.get(venue_key)
    paths = {path for topic in topics for path in names.above(topic)}
    catalogues = {names.topics[topic].catalogue_id for topic in topics if topic in names.topics}
    return {
        "topic": frozenset(paths),
        "year": frozenset([str(year or UNKNOWN)]),
        "venue": frozenset([venue.slug if venue else UNKNOWN]),
        "kind": frozenset([venue.kind if venue else UNKNOWN]),
        "code": frozenset(["yes" if has_code else "no"]),
        "stars": frozenset([_bucket(stars, _STARS)]),
        "citations": frozenset([_bucket(citations, _CITATIONS)]),
        "catalogue": frozenset(names.catalogues[key].slug for key in catalogues),
    }


def _bucket(number: int | None, buckets: Iterable[str]) -> str:
    if number is None:
        return UNKNOWN
    return next(bucket for bucket in buckets if number >= int(bucket.partition("..")[0]))


def _facet(name: str, counted: Counter[str], choice: Choice, names: _Names) -> Facet | None:
    """A facet that can narrow anything: with two values, or with one that is chosen."""
    wanted = choice.wanted.get(name, frozenset())
    unwanted = choice.unwanted.get(name, frozenset())
    if len(counted.keys() | wanted | unwanted) < 2 and not (wanted or unwanted):
        return None
    shown = _shown(name, counted, wanted | unwanted, names)
    values = tuple(
        FacetValue(
            value,
            label,
            counted[value],
            "in" if value in wanted else "out" if value in unwanted else "",
            depth,
        )
        for value, label, depth in shown
    )
    return Facet(name, _LABELS[name], values)


def _shown(
    name: str, counted: Counter[str], chosen: frozenset[str], names: _Names
) -> list[tuple[str, str, int]]:
    """The values of a facet in their order, each with its label and its depth; unknown last."""
    there = counted.keys() | chosen
    match name:
        case "topic":
            return _topic_values(there, chosen, names)
        case "year":
            order = sorted(there - {UNKNOWN}, reverse=True)
        case "stars":
            order = [value for value in _STARS if value in there]
        case "citations":
            order = [value for value in _CITATIONS if value in there]
        case _:
            order = sorted(there - {UNKNOWN}, key=lambda value: (-counted[value], value))
    order += [UNKNOWN] * (UNKNOWN in there)
    return [(value, _label(name, value, names), 0) for value in order]


def _topic_values(
    there: Iterable[str], chosen: frozenset[str], names: _Names
) -> list[tuple[str, str, int]]:
    """Topics as the list orders them: those at the top, and those below a chosen one."""
    paths = set(there)
    topics = {row.path: row for row in names.topics.values()}
    opened = {"", *chosen, *(path.rpartition("/")[0] for path in chosen)}
    shown = [path for path in topics if path in paths and path.rpartition("/")[0] in opened]
    lost = sorted(chosen - topics.keys())
    places = {path: place for place, path in enumerate(_in_tree_order(topics))}
    shown.sort(key=lambda path: places[path])
    return [(path, topics[path].name, path.count("/")) for path in shown] + [
        (path, path, 0) for path in lost
    ]


def _in_tree_order(topics: Mapping[str, Topic]) -> list[str]:
    """Each topic before those below it, in the order of the list."""

    def key(path: str) -> list[tuple[int, str]]:
        parts = path.split("/")
        above = ("/".join(parts[:n]) for n in range(1, len(parts) + 1))
        return [(topics[one].position if one in topics else 0, one) for one in above]

    return sorted(topics, key=key)


def _label(name: str, value: str, names: _Names) -> str:
    if value == UNKNOWN:
        return "unknown"
    match name:
        case "venue":
            return next((row.name for row in names.venues.values() if row.slug == value), value)
        case "catalogue":
            return next(
                (row.title for row in names.catalogues.values() if row.slug == value), value
            )
        case "code":
            return "with code" if value == "yes" else "no code"
        case "kind":
            return _KINDS[value]
        case "stars" | "citations":
            low, dots, high = value.partition("..")
            number = f"{int(low):,}"
            return (
                f"{number} or more"
                if dots and not high
                else f"{number}–{int(high):,}"
                if dots
                else number
            )
    return value
