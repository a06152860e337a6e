"""Why a paper answers a query: the text of it that matched best, with the matching words told apart."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import groupby

from search.question import Question, Term
from search.texts import PaperTexts
from search.words import CJK, is_cjk, key, sentences, tokens

# Pieces of text, each with whether it is a match to mark.
Fragments = tuple[tuple[str, bool], ...]

IDENTIFIER: Fragments = (("identifier", False),)
CLOSE_IN_MEANING: Fragments = (("close in meaning", False),)
_LONGEST = 220
_LEAST_SIMILARITY = 0.8  # of a word to the one that is meant
_RUN = re.compile(rf"({CJK}+|\s+)")
_PUNCTUATION = ".,;:!?()[]{}\"'“”‘’"
_ENDINGS = "s es ed d e er ers r ing ion ions ive ly y ies ment ments al"
_SUFFIXES = frozenset({"", *_ENDINGS.split()})


def explain(texts: PaperTexts, question: Question) -> Fragments:
    """Return the title, or the text that adds most to it, with its matches; else "close in meaning"."""
    return explain_all([texts], question)[texts.paper_id]


def explain_all(papers: Iterable[PaperTexts], question: Question) -> dict[int, Fragments]:
    """Do so for several papers, by their keys."""
    same, near = _Matcher(question.terms), _NearMatcher(question.terms)
    return {texts.paper_id: _explained(texts, same, near) for texts in papers}


def _explained(texts: PaperTexts, same: "_Matcher", near: "_Matcher") -> Fragments:
    titled = same.terms_in(texts.title)
    if titled and len(titled) == len(same.terms):
        return _fragments("title", same.mark(texts.title))
    name, text, most = "", "", 0
    for field, other in _other_texts(texts):
        more = len(same.terms_in(other) - titled)
        if more > most:
            name, text, most = field, other, more
            if more == len(same.terms) - len(titled):
                break  # none can add more
    if most:
        return _fragments(name, same.mark(text))
    slips = near.mark(texts.title)
    return (
        _fragments("title", slips) if any(is_match for _, is_match in slips) else CLOSE_IN_MEANING
    )


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
    matcher = _Matcher(question.terms)
    found = [
        (name, text)
        for name, text in [("title", texts.title), *_other_texts(texts)]
        if matcher.terms_in(text)
    ]
    return [Match(name, _joined(_shortened(matcher.mark(text)))) for name, text in found]


def _other_texts(texts: PaperTexts) -> Iterator[tuple[str, str]]:
    yield from (("also listed as", alias) for alias in texts.aliases)
    yield "authors", ", ".join(texts.authors)
    yield from (("topic", name) for name in texts.topics)
    yield from (("venue", name) for name in texts.venue)
    yield from (("code", name) for name in texts.repositories)
    yield from (("abstract", sentence) for sentence in sentences(texts.abstract))


@dataclass(frozen=True, slots=True)
class _Run:
    """What a run of letters says to a question: the terms that it holds, and whether one begins with all of it."""

    terms: frozenset[int]
    key: str
    begins: bool


class _Matcher:
    """The terms of a question, looked for in many texts: what a run of letters says is found out once.

    Nearly all runs say nothing; they are told by their first letters.
    """

    def __init__(self, terms: Sequence[Term]) -> None:
        self.terms = terms
        self.words = [(number, term.word) for number, term in enumerate(terms)]
        self.exact: dict[str, set[int]] = defaultdict(set)
        self.alike: dict[str, list[tuple[int, str]]] = defaultdict(list)
        for number, term in enumerate(terms):
            self.alike[term.word[:3]].append((number, term.word))
            for form in term.forms:
                self.exact["".join(form.words)].add(number)
        self.cjk = [
            (number, word)
            for number, term in enumerate(terms)
            if is_cjk(word := "".join(term.forms[0].words))
        ]
        self.seen: set[str] = set()
        self.telling: dict[str, _Run] = {}  # of those seen

    def terms_in(self, text: str) -> Set[int]:
        """The terms that a text holds, by their numbers."""
        if text.isascii():  # as most are: no Chinese, and the spaces need not be kept
            return set[int]().union(*self._held(text.split(), 1).values())
        runs = _runs(text)
        found = set[int]().union(*self._held(runs, 2).values())
        found.update(
            number for run in runs if is_cjk(run) for number, word in self.cjk if word in run
        )
        return found

    def mark(self, text: str) -> list[tuple[str, bool]]:
        """A text in pieces, the runs apart that hold a term."""
        pieces: list[tuple[str, bool]] = []
        runs = _runs(text)
        held = self._held(runs, 2)
        for place, run in enumerate(runs):
            if is_cjk(run):
                pieces += self._mark_cjk(run)
            else:
                pieces += _without_punctuation(run) if held.get(place) else [(run, False)]
        return pieces

    def _held(self, runs: Sequence[str], step: int) -> dict[int, set[int]]:
        """The terms that runs of letters hold, by their places: alone, or two together that stand a step apart."""
        self._learn(runs)
        held: dict[int, set[int]] = defaultdict(set)
        for place, run in enumerate(runs):
            known = self.telling.get(run)
            if known is None:
                continue
            held[place] |= known.terms
            if known.begins and place + step < len(runs):
                other = runs[place + step]
                pair = known.key + _key(other)
                found = {number for number, word in self.words if word == pair}
                held[place] |= found
                if not (other.isspace() or is_cjk(other)):
                    held[place + step] |= found
        return held

    def _learn(self, runs: Iterable[str]) -> None:
        for run in set(runs) - self.seen:
            self.seen.add(run)
            if not self._says_nothing(run):
                self.telling[run] = self._read(run)

    def _says_nothing(self, run: str) -> bool:
        """Whether a run surely holds no term: a space, Chinese, or one plain word that begins as none does."""
        word = run.strip(_PUNCTUATION)
        if word.isascii() and word.isalpha() and word[1:].islower() and len(word) > 2:
            word = word.lower()
            return word[:3] not in self.alike and word not in self.exact
        return run.isspace() or is_cjk(run)

    def _read(self, run: str) -> _Run:
        name = _key(run)
        terms = frozenset(number for word in _forms(run) for number in self._terms_of(word))
        return _Run(terms, name, any(word.startswith(name) for _, word in self.words))

    def _terms_of(self, word: str) -> Iterator[int]:
        yield from self.exact.get(word, ())
        for number, other in self.alike.get(word[:3], ()):
            if _same_stem(word, other):
                yield number

    def _mark_cjk(self, run: str) -> list[tuple[str, bool]]:
        marked = [False] * len(run)
        for _, word in self.cjk:
            start = run.find(word)
            if start >= 0:
                marked[start : start + len(word)] = [True] * len(word)
        return list(zip(run, marked, strict=True))


class _NearMatcher(_Matcher):
    """Takes words for terms, too, that may be meant by a slip of the keys."""

    def _says_nothing(self, run: str) -> bool:
        return run.isspace() or is_cjk(run)

    def _terms_of(self, word: str) -> Iterator[int]:
        yield from super()._terms_of(word)
        for number, other in self.words:
            if word[:1] == other[:1] and _is_near(word, other):
                yield number


def _is_near(one: str, other: str) -> bool:
    return SequenceMatcher(None, one, other).ratio() >= _LEAST_SIMILARITY


def _runs(text: str) -> list[str]:
    return [run for run in _RUN.split(text) if run]


def _without_punctuation(run: str) -> list[tuple[str, bool]]:
    word = run.strip(_PUNCTUATION) or run
    before, _, after = run.partition(word)
    return [(text, text is word) for text in (before, word, after) if text]


@lru_cache(maxsize=16384)
def _key(run: str) -> str:
    return key(run)


@lru_cache(maxsize=16384)
def _forms(run: str) -> frozenset[str]:
    found = tokens(run)
    words = [word for token in found for word in (*token.parts, *token.plain, token.joined)]
    return frozenset(words)


def _same_stem(one: str, other: str) -> bool:
    """Tell whether two words differ in an English ending only; near enough for marking."""
    if one[:3] != other[:3]:
        return False
    shared = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), 0)
    shared = shared or min(len(one), len(other))
    return shared >= 3 and {one[shared:], other[shared:]} <= _SUFFIXES


def _fragments(field: str, pieces: list[tuple[str, bool]]) -> Fragments:
    return _joined([(f"{field}: ", False), *_shortened(pieces)])


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
