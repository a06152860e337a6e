"""Conditions of a query in SQL: what a paper must be, whatever ranks it.

Every condition is about `x.paper_id` and takes its values as parameters. Names of people, venues, topics and papers are
looked up first, so that the statement that ranks compares keys only.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from catalog.folding import fold, fold_words
from catalog.models import Catalogue, Paper, Topic, Venue
from search.authors import authors_like
from search.grammar import And, Field, Node, Not, Or, Phrase, Range, Word
from search.named import find_named
from search.shown_numbers import CITATIONS, STARS
from search.words import key, stem, tokens

_WORDS = "EXISTS (SELECT FROM search_papertext f WHERE f.paper_id = x.paper_id AND f.words @@ {0}::tsquery)"
_PAPER = "EXISTS (SELECT FROM catalog_paper f WHERE f.id = x.paper_id AND {0})"
_AUTHORS = "EXISTS (SELECT FROM catalog_authorship f WHERE f.paper_id = x.paper_id AND f.author_id = ANY({0}))"
_TOPICS = """EXISTS (
    SELECT FROM catalog_placement f WHERE f.paper_id = x.paper_id AND f.retired_at IS NULL AND f.topic_id = ANY({0})
)"""
_CATALOGUES = """EXISTS (
    SELECT FROM catalog_placement f JOIN catalog_topic t ON t.id = f.topic_id
    WHERE f.paper_id = x.paper_id AND f.retired_at IS NULL AND t.catalogue_id = ANY({0})
)"""
_VENUES = _PAPER.format("f.venue_id = ANY({0})")
_KIND = """EXISTS (
    SELECT FROM catalog_paper f JOIN catalog_venue v ON v.id = f.venue_id
    WHERE f.id = x.paper_id AND v.kind = {0}
)"""
_CODE = "EXISTS (SELECT FROM catalog_paperrepository f WHERE f.paper_id = x.paper_id AND f.retired_at IS NULL)"
_IDENTIFIED = (
    "EXISTS (SELECT FROM catalog_identifier f WHERE f.paper_id = x.paper_id AND f.scheme = {0})"
)
_CITES = "EXISTS (SELECT FROM catalog_citation f WHERE f.citing_id = x.paper_id AND f.cited_id = ANY({0}))"
_CITED_BY = "EXISTS (SELECT FROM catalog_citation f WHERE f.cited_id = x.paper_id AND f.citing_id = ANY({0}))"
_HAS = {
    "code": _CODE,
    "abstract": _PAPER.format("f.abstract <> ''"),
    "venue": _PAPER.format("f.venue_id IS NOT NULL"),
    "year": _PAPER.format("f.year IS NOT NULL"),
    "date": _PAPER.format("f.published_on IS NOT NULL"),
    "stars": f"{STARS} IS NOT NULL",
    "citations": f"{CITATIONS} IS NOT NULL",
    "references": "EXISTS (SELECT FROM catalog_citation f WHERE f.citing_id = x.paper_id)",
    "arxiv": _IDENTIFIED.format("'arxiv'"),
    "doi": _IDENTIFIED.format("'doi'"),
}
_DATED = re.compile(
    r"(?P<name>.*[^\W\d_])[\s'’-]*(?P<year>(?:18|19|20|21)[0-9]{2})"
)  # "ICLR 2025", "ICLR2025"
_NOW_CALLED = {"nips": "neurips"}  # renamed in 2018
_NEVER = "false"
_ALWAYS = "true"
# What every hit must be, whichever side proposes it.
LISTED = """EXISTS (
    SELECT FROM catalog_placement l WHERE l.paper_id = x.paper_id AND l.retired_at IS NULL
)"""


@dataclass(slots=True)
class Filter:
    """A condition with its parameters, and what was looked up in vain, in words for the reader."""

    sql: str = _ALWAYS
    parameters: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    found: dict[Any, Any] = field(default_factory=dict)  # by what was looked up, each thing once

    @property
    def is_open(self) -> bool:
        return self.sql == _ALWAYS

    def bind(self, value: Any) -> str:
        """Return the placeholder of a value."""
        name = f"f{len(self.parameters)}"
        self.parameters[name] = value
        return f"%({name})s"

    def once(self, wanted: Any, look_up: Callable[[], Any]) -> Any:
        """Return what was found before, or look it up."""
        if wanted not in self.found:
            self.found[wanted] = look_up()
        return self.found[wanted]

    def and_also(self, nodes: Iterable[Node]) -> "Filter":
        """The same with further conditions; the placeholders of both stay what they are."""
        more = Filter(self.sql, dict(self.parameters), list(self.notes), self.found)
        extra = list(_all(list(nodes), more))
        more.sql = " AND ".join(part for part in [self.sql, *extra] if part != _ALWAYS) or _ALWAYS
        return more


def make_filter(nodes: Iterable[Node]) -> Filter:
    """Return the condition that all of these hold."""
    return Filter().and_also(nodes)


def _condition(node: Node, made: Filter) -> str:
    if (query := _word_condition(node)) is not None:
        return _stands(query, made)
    match node:
        case Not(inner):
            condition = _condition(inner, made)
            return _ALWAYS if condition == _ALWAYS else f"NOT {condition}"
        # What has no word says nothing: it neither lets through nor bars.
        case And(nodes):
            return _together(" AND ", _all(nodes, made))
        case Or(nodes):
            return _together(" OR ", _either(nodes, made))
        case Field(name, value):
            return _FIELDS[name](value, made)
    raise TypeError(f"{node!r} is no node")


def _together(operator: str, conditions: Iterable[str]) -> str:
    said = dict.fromkeys(one for one in conditions if one != _ALWAYS)
    return f"({operator.join(said)})" if said else _ALWAYS


_WORD_FIELDS = {"title": "A", "abstract": "D"}  # with the weight of their words


# Words: conditions of nothing else are made one, so that the words of a paper are read once.


def _word_condition(node: Node) -> str | None:
    """Return the tsquery of a node that is about words alone, empty when it has none; None for another node."""
    match node:
        case Word(text):
            return _word_query(text)
        case Phrase(text):
            return phrase_query(text)
        case Field(name, value) if name in _WORD_FIELDS:
            return _field_query(_WORD_FIELDS[name], str(value))
        case Not(inner):
            query = _word_condition(inner)
            return f"!({query})" if query else query
        case And(nodes):
            return _one_query(" & ", map(_word_condition, nodes))
        case Or(nodes):
            return _one_query(" | ", map(_word_condition, nodes))
    return None


def _one_query(operator: str, queries: Iterable[str | None]) -> str | None:
    """Join tsqueries, each once; None when one of them is none."""
    every = dict.fromkeys(queries)
    return None if None in every else operator.join(f"({query})" for query in every if query)


def _apart(nodes: Sequence[Node], operator: str, made: Filter) -> tuple[list[str], list[Node]]:
    """Return the one condition of all nodes that are about words, and the other nodes."""
    queries = {node: _word_condition(node) for node in nodes}
    of_words = [query for query in queries.values() if query is not None]
    others = [node for node, query in queries.items() if query is None]
    return [_stands(_one_query(operator, of_words) or "", made)], others


# People: each condition may be a look at every paper, so that those of which one must or none may hold are made one.


def _authors(nodes: Iterable[Node]) -> list[Field]:
    return [one for one in nodes if isinstance(one, Field) and one.name == "author"]


def _either(nodes: Sequence[Node], made: Filter) -> Iterator[str]:
    """Yield conditions of which one must hold."""
    words, others = _apart(nodes, " | ", made)
    yield from words
    if named := _authors(others):
        people = [pk for one in named for pk in _people(str(one.value), made)]
        yield _AUTHORS.format(made.bind(people)) if people else _NEVER
    yield from (_condition(one, made) for one in others if one not in named)


def _all(nodes: Sequence[Node], made: Filter) -> Iterator[str]:
    """Yield conditions that all must hold."""
    words, others = _apart(nodes, " & ", made)
    yield from words
    excluded = _authors(one.node for one in others if isinstance(one, Not))
    if people := [pk for one in excluded for pk in _people(str(one.value), made)]:
        yield f"NOT {_AUTHORS.format(made.bind(people))}"
    rest = (one for one in others if not (isinstance(one, Not) and one.node in excluded))
    yield from (_condition(one, made) for one in rest)


def _people(name: str, made: Filter) -> list[int]:
    found: list[int] = made.once(("author", fold_words(name) or name), lambda: authors_like(name))
    if not found:
        made.notes.append(f"No author here is named “{name}”.")
    return found


# Words


def _stands(query: str, made: Filter) -> str:
    """A word of which nothing is left, as "?!", excludes nobody."""
    return _WORDS.format(made.bind(query)) if query else _ALWAYS


def phrase_query(text: str, weight: str = "") -> str:
    """Return the tsquery for words in a row, camel case split or whole; empty when there is no word."""
    found = tokens(text)
    rows = [
        tuple(part for token in found for part in token.parts),
        tuple(word for token in found for word in token.plain),
        tuple(token.joined for token in found),
    ]
    return " | ".join(
        "(" + " <-> ".join(f"'{word}'{weight}" for word in row) + ")"
        for row in dict.fromkeys(rows)
        if row
    )


def _word_query(text: str, weight: str = "") -> str:
    """Return the tsquery for one word as typed, however it is hyphenated or capitalised, or by its stem."""
    exact = phrase_query(text, weight)
    stems = {stem(word) for token in tokens(text) for word in token.plain}
    mark = f":{weight.removeprefix(':')}" if weight else ""
    if len(stems) == 1:
        return f"{exact} | '{stems.pop()}'{mark}"
    return exact


def _field_query(weight: str, text: str) -> str:
    """Return the tsquery for all words of a text in one field; as a phrase when it has no word by itself."""
    words = [_word_query(word, f":{weight}") for word in text.split()]
    return " & ".join(f"({word})" for word in words if word) or phrase_query(text, f":{weight}")


# Names


def _author(value: str | Range, made: Filter) -> str:
    found = _people(str(value), made)
    return _AUTHORS.format(made.bind(found)) if found else _NEVER


def _venue(value: str | Range, made: Filter) -> str:
    """A venue by any of its names; a year behind it must be the paper's."""
    wanted, year = str(value), None
    if dated := _DATED.fullmatch(wanted):
        wanted, year = dated["name"], int(dated["year"])
    names = {fold(wanted), fold(str(value))}
    names |= {_NOW_CALLED[name] for name in names if name in _NOW_CALLED}
    venues = made.once("venues", lambda: list(Venue.objects.all()))
    found = [venue.pk for venue in venues if venue.slug == value] or [
        venue.pk
        for venue in venues
        if names
        & {fold(one) for one in (venue.name, venue.full_name, venue.slug, *venue.aliases) if one}
    ]
    if not found:
        words = fold_words(wanted).split()
        found = [venue.pk for venue in venues if _has_words(venue.full_name, words)]
    if not found:
        made.notes.append(f"No venue here is named “{value}”.")
        return _NEVER
    at = _VENUES.format(made.bind(found))
    return f"({at} AND {_PAPER.format(f'f.year = {made.bind(year)}')})" if year else at


def _has_words(name: str, words: Sequence[str]) -> bool:
    return bool(words) and set(words) <= set(fold_words(name).split())


def _topic(value: str | Range, made: Filter) -> str:
    """A topic by its path or name, with all below it; else those whose names have the words."""
    wanted = fold(str(value))
    rows = made.once("topics", _current_topics)
    named = [row for row in rows if row[2] == value] or [
        row
        for row in rows
        if wanted in {fold(row[2]), fold(row[3]), fold(row[2].rpartition("/")[2])}
    ]
    if not named:
        words = fold_words(str(value)).split()
        named = [row for row in rows if _has_words(row[3], words)]
    if not named:
        made.notes.append(f"No topic here is named “{value}”.")
        return _NEVER
    return _TOPICS.format(made.bind(_with_descendants(named, rows)))


def _current_topics() -> list[tuple[int, int, str, str]]:
    return list(Topic.objects.current().values_list("pk", "catalogue", "path", "name"))


def _with_descendants(named: Sequence[Any], rows: Sequence[Any]) -> list[int]:
    heads = [(catalogue, path) for _, catalogue, path, _ in named]
    return [
        pk
        for pk, catalogue, path, _ in rows
        if any(
            catalogue == of and (path == head or path.startswith(f"{head}/")) for of, head in heads
        )
    ]


def _catalogue(value: str | Range, made: Filter) -> str:
    wanted = fold(str(value))
    found = [
        row.pk for row in Catalogue.objects.all() if wanted in {fold(row.slug), fold(row.title)}
    ]
    if not found:
        made.notes.append(f"There is no catalogue “{value}”.")
    return _CATALOGUES.format(made.bind(found)) if found else _NEVER


def _cited(template: str) -> "_Compiler":
    def compile_paper(value: str | Range, made: Filter) -> str:
        found = papers_named(str(value))
        if not found:
            made.notes.append(f"No paper here is “{value}”.")
        return template.format(made.bind(found)) if found else _NEVER

    return compile_paper


def papers_named(text: str) -> list[int]:
    """Return keys of the papers that an identifier, an address, a number of ours, a title or a system's name means."""
    named = find_named(text)
    if named and named.papers:
        return [paper.pk for paper in named.papers]
    if text.isdecimal() and len(text) < 10 and Paper.objects.public().filter(pk=int(text)).exists():
        return [int(text)]
    titled = Q(title_key=fold(text)) | Q(aliases__title_key=fold(text))
    found = Paper.objects.public().filter(titled).values_list("pk", flat=True).distinct()
    systems = Paper.objects.public().filter(search_text__names__contains=[key(text)])
    return list(found) or list(systems.values_list("pk", flat=True))


# Numbers, dates and facts


def _range(value: str | Range) -> Range:
    if isinstance(value, Range):
        return value
    raise TypeError(f"{value!r} is no range: the grammar reads nothing else for such a field")


def _between(expression: str) -> "_Compiler":
    def compile_range(value: str | Range, made: Filter) -> str:
        ends = _range(value)
        parts = []
        if ends.low is not None:
            parts.append(f"{expression} >= {made.bind(ends.low)}")
        if ends.high is not None:
            parts.append(f"{expression} <= {made.bind(ends.high)}")
        # What is not known is not within, so that excluding the range lets it through.
        return f"coalesce({' AND '.join(parts) or _ALWAYS}, false)"

    return compile_range


def _of_paper(expression: str) -> "_Compiler":
    between = _between(expression)
    return lambda value, made: _PAPER.format(between(value, made))


def _published(value: str | Range, made: Filter) -> str:
    """A date that is known to the month or year only lies in a range when it can."""
    ends = _range(value)
    last = (
        "CASE f.published_precision WHEN 'month' THEN f.published_on + interval '1 month - 1 day' "
        "WHEN 'year' THEN f.published_on + interval '1 year - 1 day' ELSE f.published_on END"
    )
    parts = []
    if ends.low is not None:
        parts.append(f"{last} >= {made.bind(ends.low)}")
    if ends.high is not None:
        parts.append(f"f.published_on <= {made.bind(ends.high)}")
    return _PAPER.format(" AND ".join(["f.published_on IS NOT NULL", *parts]))


_Compiler = Callable[[str | Range, Filter], str]
_FIELDS: dict[str, _Compiler] = {
    "author": _author,
    "venue": _venue,
    "topic": _topic,
    "catalogue": _catalogue,
    "year": _of_paper("f.year"),
    "date": _published,
    "added": _of_paper("f.created_at::date"),
    "stars": _between(STARS),
    "citations": _between(CITATIONS),
    "cites": _cited(_CITES),
    "citedby": _cited(_CITED_BY),
    "has": lambda value, made: _HAS[str(value)],
    "is": lambda value, made: _PAPER.format("f.withdrawn_at IS NOT NULL"),
    "kind": lambda value, made: _KIND.format(made.bind(str(value))),
}
