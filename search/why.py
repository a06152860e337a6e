"""Why a paper answers a query: the text of it that matched best, with the matching words told apart."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import groupby

from search.question import Question, Term
from search.texts import PaperTexts
from search.words import CJK, is_cjk, key, sentences, tokens

# Pieces of text, each with whether it is a match to mark.
Fragments = tuple[tuple[str, bool], ...]
Alike = Callable[[str, Term], bool]

IDENTIFIER: Fragments = (("identifier", False),)
CLOSE_IN_MEANING: Fragments = (("close in meaning", False),)
_LONGEST = 220
_RUN = re.compile(rf"({CJK}+|\s+)")
_PUNCTUATION = ".,;:!?()[]{}\"'“”‘’"
_ENDINGS = "s es ed d e er ers r ing ion ions ive ly y ies ment ments al"
_SUFFIXES = frozenset({"", *_ENDINGS.split()})


@dataclass(frozen=True, slots=True)
class _Marked:
    """A text of a paper with what matched in it: its pieces, and the terms by their numbers."""

    field: str
    pieces: list[tuple[str, bool]]
    terms: frozenset[int]


def explain(texts: PaperTexts, question: Question) -> Fragments:
    """Return the title, or the text that adds most to it, with its matches; else "close in meaning"."""
    title = _mark("title", texts.title, question.terms, _same_word)
    if title.terms and len(title.terms) == len(question.terms):
        return _fragments(title)
    others = [_mark(name, text, question.terms, _same_word) for name, text in _other_texts(texts)]
    best = max(others, key=lambda other: len(other.terms - title.terms))
    if best.terms - title.terms:
        return _fragments(best)
    slips = _mark("title", texts.title, question.terms, _near_word)
    return _fragments(slips) if slips.terms else CLOSE_IN_MEANING


@dataclass(frozen=True, slots=True)
class Match:
    """What of a question one text of a paper holds: its pieces, and the words that matched as they stand there."""

    field: str
    pieces: Fragments

    @property
    def words(self) -> list[str]:
        return list(dict.fromkeys(text for text, is_match in self.pieces if is_match))

    @property
    def text(self) -> str:
        return "".join(text for text, _ in self.pieces)


def matches(texts: PaperTexts, question: Question) -> list[Match]:
    """Return every text of a paper that a word of the question stands in, the title first."""
    found = [
        _mark(name, text, question.terms, _same_word)
        for name, text in [("title", texts.title), *_other_texts(texts)]
    ]
    return [Match(one.field, _joined(_shortened(one.pieces))) for one in found if one.terms]


def _other_texts(texts: PaperTexts) -> Iterator[tuple[str, str]]:
    yield from (("also listed as", alias) for alias in texts.aliases)
    yield "authors", ", ".join(texts.authors)
    yield from (("topic", name) for name in texts.topics)
    yield from (("venue", name) for name in texts.venue)
    yield from (("code", name) for name in texts.repositories)
    yield from (("abstract", sentence) for sentence in sentences(texts.abstract))


def _mark(field: str, text: str, terms: tuple[Term, ...], alike: Alike) -> _Marked:
    pieces: list[tuple[str, bool]] = []
    found: set[int] = set()
    runs = [run for run in _RUN.split(text) if run]
    for place, run in enumerate(runs):
        if run.isspace():
            pieces.append((run, False))
        elif is_cjk(run):
            pieces += _mark_cjk(run, terms, found)
        else:
            matched = _matching(
                run, runs[place - 2 : place - 1], runs[place + 2 : place + 3], terms, alike
            )
            found |= matched
            pieces += _without_punctuation(run) if matched else [(run, False)]
    return _Marked(field, pieces, frozenset(found))


def _without_punctuation(run: str) -> list[tuple[str, bool]]:
    word = run.strip(_PUNCTUATION) or run
    before, _, after = run.partition(word)
    return [(text, text is word) for text in (before, word, after) if text]


def _matching(
    run: str, before: list[str], after: list[str], terms: tuple[Term, ...], alike: Alike
) -> set[int]:
    """Return the terms that a run of letters holds, alone or joined to what stands beside it."""
    alone = _forms(run)
    pairs = {_key(run) + _key(side) for side in after} | {_key(side) + _key(run) for side in before}
    return {
        number
        for number, term in enumerate(terms)
        if any(alike(word, term) for word in alone) or term.word in pairs
    }


@lru_cache(maxsize=16384)
def _key(run: str) -> str:
    return key(run)


@lru_cache(maxsize=16384)
def _forms(run: str) -> frozenset[str]:
    found = tokens(run)
    words = [word for token in found for word in (*token.parts, *token.plain, token.joined)]
    return frozenset(words)


def _same_word(word: str, term: Term) -> bool:
    return any(word == "".join(form.words) for form in term.forms) or _same_stem(word, term.word)


def _same_stem(one: str, other: str) -> bool:
    """Tell whether two words differ in an English ending only; near enough for marking."""
    if one[:3] != other[:3]:
        return False
    shared = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), 0)
    shared = shared or min(len(one), len(other))
    return shared >= 3 and {one[shared:], other[shared:]} <= _SUFFIXES


def _near_word(word: str, term: Term) -> bool:
    """Tell whether a word may be what was meant by a slip of the keys."""
    if _same_word(word, term):
        return True
    return word[:1] == term.word[:1] and SequenceMatcher(None, word, term.word).ratio() >= 0.8


def _mark_cjk(run: str, terms: tuple[Term, ...], found: set[int]) -> list[tuple[str, bool]]:
    marked = [False] * len(run)
    for number, term in enumerate(terms):
        word = "".join(term.forms[0].words)
        start = run.find(word) if is_cjk(word) else -1
        if start >= 0:
            found.add(number)
            marked[start : start + len(word)] = [True] * len(word)
    return list(zip(run, marked, strict=True))


def _fragments(marked: _Marked) -> Fragments:
    return _joined([(f"{marked.field}: ", False), *_shortened(marked.pieces)])


def _joined(pieces: list[tuple[str, bool]]) -> Fragments:
    runs = groupby(pieces, key=lambda piece: piece[1])
    return tuple(("".join(text for text, _ in run), is_match) for is_match, run in runs)


def _shortened(pieces: list[tuple[str, bool]]) -> list[tuple[str, bool]]:
    """Cut what is too long for a line around its first match, at word breaks."""
    if sum(len(text) for text, _ in pieces) <= _LONGEST:
        return pieces
    first = next((place for place, (_, is_match) in enumerate(pieces) if is_match), 0)
    start, room = first, _LONGEST // 3
    while start and (room := room - len(pieces[start - 1][0])) > 0:
        start -= 1
    end, room = start, _LONGEST
    while end < len(pieces) and (room := room - len(pieces[end][0])) > 0:
        end += 1
    cut = pieces[start:end] or [(pieces[first][0][:_LONGEST], True)]
    return [("… ", False)] * bool(start) + cut + [(" …", False)] * (end < len(pieces))
