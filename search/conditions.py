"""What of a paper meets the conditions of a question that has no words: the reason of its hits."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from catalog.folding import fold, fold_words
from catalog.models import Paper
from search.authors import is_name
from search.grammar import Field, Node, Or
from search.texts import PaperTexts
from search.why import Fragments, Match, fragments

_AUTHOR, _SEPARATOR = "author", " · "


def met_conditions(papers: Sequence[PaperTexts], nodes: Iterable[Node]) -> dict[int, list[Match]]:
    """Return what of each paper meets these conditions, by the papers' keys: what is printed there, or the condition itself.

    All of the papers meet them. What is excluded has no text to show. One query, when a condition is about a year or venue.
    """
    told = list(nodes)
    keys = [texts.paper_id for texts in papers]
    printed: dict[int, tuple[str, str]] = {}
    if any(one.name in {"year", "venue"} for one in _fields(told)):
        rows = Paper.objects.filter(pk__in=keys).values_list("pk", "year", "venue__name")
        printed = {pk: (str(year or ""), venue or "") for pk, year, venue in rows}
    return {
        texts.paper_id: [
            match
            for node in told
            if (match := _met(node, texts, *printed.get(texts.paper_id, ("", ""))))
        ]
        for texts in papers
    }


def as_reason(matches: Iterable[Match]) -> Fragments:
    """All of them in one line."""
    lines = [fragments(match) for match in dict.fromkeys(matches)]
    return tuple(
        piece
        for number, line in enumerate(lines)
        for piece in ([(_SEPARATOR, False)] if number else []) + list(line)
    )


def _fields(nodes: Iterable[Node]) -> Iterator[Field]:
    for node in nodes:
        if isinstance(node, Field):
            yield node
        elif isinstance(node, Or):
            yield from _fields(node.nodes)


def _met(node: Node, texts: PaperTexts, year: str, venue: str) -> Match | None:
    match node:
        case Field(name, value):
            shown = _SHOWN.get(name, _as_typed)(str(value), texts, year, venue)
            if name == "has" and shown:
                return _match(str(value), shown)
            return _match(name, shown or node.printed.partition(":")[2].strip('"'))
        case Or(nodes):  # of which only some are met
            for one in _fields(nodes):
                if shown := _TELLING.get(one.name, _as_typed)(str(one.value), texts, year, venue):
                    return _match(one.name, shown)
    return None


def _match(name: str, shown: str) -> Match | None:
    return Match(name, ((shown, True),), (shown,)) if shown else None


_Shower = Callable[[str, PaperTexts, str, str], str]


def _as_typed(value: str, texts: PaperTexts, year: str, venue: str) -> str:
    return ""


def _author(value: str, texts: PaperTexts, year: str, venue: str) -> str:
    """The name as it is printed; behind a comma is the one that the author has here."""
    for names in texts.authors:
        if any(is_name(value, name) for name in (names, *names.split(", "))):
            return names.split(", ")[0]
    return ""


def _topic(value: str, texts: PaperTexts, year: str, venue: str) -> str:
    """The topic that is named so; of one below it, what was typed must do."""
    last, words = fold(value.rpartition("/")[2]), set(fold_words(value).split())
    named = [name for name in texts.topics if fold(name) in {fold(value), last}]
    return next(
        iter(
            named
            or [name for name in texts.topics if words and words <= set(fold_words(name).split())]
        ),
        "",
    )


def _code(value: str, texts: PaperTexts, year: str, venue: str) -> str:
    return texts.repositories[0] if value == "code" and texts.repositories else ""


def _venue(value: str, texts: PaperTexts, year: str, venue: str) -> str:
    return venue


def _year(value: str, texts: PaperTexts, year: str, venue: str) -> str:
    return year


# Which of several conditions is met can be told of names only; that all are is known.
_TELLING: dict[str, _Shower] = {_AUTHOR: _author, "topic": _topic}
_SHOWN: dict[str, _Shower] = {**_TELLING, "has": _code, "venue": _venue, "year": _year}
