"""Where the words of a question stand in a text: themselves, what means the same, and what may be meant by a slip of the keys."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

from search.question import MAX_TERMS, Question, Term
from search.terms import asked_synonyms, telling
from search.words import CJK, is_cjk, key, parts, stem, tokens

_LEAST_SIMILARITY = 0.8  # of a word to the one that is meant
SHORTEST = 4  # letters of a word that may be a slip
_RUN = re.compile(rf"({CJK}+|\s+)")
PUNCTUATION = ".,;:!?()[]{}\"'“”‘’*`"
_ENDINGS = "s es ed d e er ers r ing ion ions ive ly y ies ment ments al"
_SUFFIXES = frozenset({"", *_ENDINGS.split()})

Pieces = list[tuple[str, bool]]


@dataclass(frozen=True, slots=True)
class Meant:
    """Words that mean the same as some of a question: the words folded, those of the question as typed, the terms they are."""

    words: tuple[str, ...]
    typed: str
    terms: frozenset[int]

    @property
    def is_cjk(self) -> bool:
        return is_cjk(self.words[0])

    def in_part(self) -> "Iterator[Meant]":
        """Each of its words that is looked for by itself."""
        for words in telling(self.words):
            yield Meant(words, self.typed, self.terms)


def synonyms_of(question: Question) -> list[Meant]:
    """What else a question is widened by when it is ranked."""
    names = ["".join(term.forms[0].words) for term in question.terms]
    found: dict[Meant, None] = {}
    for asked, others in asked_synonyms(question.text, MAX_TERMS):
        whole = "".join(asked)
        terms = frozenset(
            number
            for number, name in enumerate(names)
            if name in asked or name == whole or (is_cjk(name) and name in whole)
        )
        found[Meant(others, _as_typed(question.text, asked), terms)] = None
    return list(found)


def _as_typed(text: str, words: tuple[str, ...]) -> str:
    runs = text.split()
    whole = "".join(words)
    for start in range(len(runs)):
        for end in range(start + 1, min(start + len(words), len(runs)) + 1):
            printed = " ".join(runs[start:end])
            if key(printed) == whole:
                return printed.strip(PUNCTUATION)
    return whole if is_cjk(whole) else " ".join(words)


@dataclass(frozen=True, slots=True)
class _Run:
    """What a run of letters says to a question: the terms that it holds, and whether one begins with all of it."""

    terms: frozenset[int]
    key: str
    begins: bool


class Matcher:
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
        runs = runs_of(text)
        found = set[int]().union(*self._held(runs, 2).values())
        found.update(
            number for run in runs if is_cjk(run) for number, word in self.cjk if word in run
        )
        return found

    def mark(self, text: str, meant: Iterable[Meant] = ()) -> Pieces:
        """A text in pieces, the runs apart that hold a term or one of these synonyms."""
        pieces: Pieces = []
        runs = runs_of(text)
        others = SynonymMatcher(meant)
        marked = {place for place, terms in self._held(runs, 2).items() if terms}
        marked.update(*others.places(runs).values())
        words = [word for _, word in (*self.cjk, *others.cjk)]
        for place, run in enumerate(runs):
            if is_cjk(run):
                pieces += _mark_cjk(run, words)
            else:
                pieces += _without_punctuation(run) if place in marked else [(run, False)]
        return pieces

    def _held(self, runs: Sequence[str], step: int) -> dict[int, set[int]]:
        """The terms that runs of letters hold, by their places: alone, or two together that stand a step apart."""
        self._learn(runs)
        held: dict[int, set[int]] = defaultdict(set)
        if self.telling.keys().isdisjoint(runs):
            return held
        for place, run in enumerate(runs):
            known = self.telling.get(run)
            if known is None:
                continue
            held[place] |= known.terms
            if known.begins and place + step < len(runs):
                other = runs[place + step]
                beside = _key(other)
                if not beside:  # a sign
                    continue
                pair = known.key + beside
                found = {number for number, word in self.words if word == pair}
                held[place] |= found
                if not (other.isspace() or is_cjk(other)):
                    held[place + step] |= found
        return held

    def _learn(self, runs: Iterable[str]) -> None:
        for run in set(runs) - self.seen:
            self.seen.add(run)
            if not self._says_nothing(run):
                read = self._read(run)
                if read.terms or read.begins:
                    self.telling[run] = read

    def _says_nothing(self, run: str) -> bool:
        """Whether a run surely holds no term: a space, Chinese, or one plain word that begins as none does."""
        word = run.strip(PUNCTUATION)
        if word.isascii() and word.isalpha() and word[1:].islower() and len(word) > 2:
            word = word.lower()
            return word[:3] not in self.alike and word not in self.exact
        return run.isspace() or is_cjk(run)

    def _read(self, run: str) -> _Run:
        name = _key(run)
        terms = frozenset(number for word in _forms(run) for number in self._terms_of(word))
        begins = bool(name) and any(word.startswith(name) for _, word in self.words)
        return _Run(terms, name, begins)

    def _terms_of(self, word: str) -> Iterator[int]:
        yield from self.exact.get(word, ())
        for number, other in self.alike.get(word[:3], ()):
            if _same_stem(word, other):
                yield number


class SlipMatcher(Matcher):
    """Takes words, too, for those of the terms that are missing, that may be meant by a slip of the keys."""

    def __init__(self, terms: Sequence[Term], missing: Set[int]) -> None:
        super().__init__(terms)
        self.missing = [
            (number, word)
            for number, word in self.words
            if number in missing and len(word) >= SHORTEST
        ]
        self.initials = {word[0] for _, word in self.missing}

    def _says_nothing(self, run: str) -> bool:
        begins = run.strip(PUNCTUATION)[:1].lower()
        return super()._says_nothing(run) and begins not in self.initials

    def _terms_of(self, word: str) -> Iterator[int]:
        yield from super()._terms_of(word)
        for number, other in self.missing:
            if word[:1] == other[:1] and _is_near(word, other):
                yield number


class SynonymMatcher:
    """Looks for other words that mean the same, each in a row as it would be printed."""

    def __init__(self, synonyms: Iterable[Meant]) -> None:
        self.cjk: list[tuple[Meant, str]] = []
        self.rows: dict[str, list[tuple[Meant, list[str]]]] = defaultdict(list)  # by the first stem
        for one in synonyms:
            if one.is_cjk:
                self.cjk.append((one, "".join(one.words)))
            else:
                stems = [stem(word) for word in one.words]
                self.rows[stems[0]].append((one, stems))
        self.longest = max(
            (len(stems) for rows in self.rows.values() for _, stems in rows), default=0
        )
        self.beginnings = {first[:3] for first in self.rows}
        self.seen: set[str] = set()
        self.telling: set[str] = set()  # runs that one begins with

    def found_in(self, text: str) -> list[Meant]:
        if text.isascii():
            return list(self.places(text.split()))
        runs = runs_of(text)
        found = list(self.places(runs))
        return found + [
            one
            for one, word in self.cjk
            if any(is_cjk(run) and word in run for run in runs if not run.isascii())
        ]

    def places(self, runs: Sequence[str]) -> dict[Meant, set[int]]:
        """The synonyms in Latin letters that runs hold, with the places of those."""
        found: dict[Meant, set[int]] = {}
        if not self.rows:
            return found
        self._learn(runs)
        if self.telling.isdisjoint(runs):
            return found
        for place, run in enumerate(runs):
            if run in self.telling:
                for one, places in self._begun(runs, place):
                    found.setdefault(one, set()).update(places)
        return found

    def _learn(self, runs: Iterable[str]) -> None:
        for run in set(runs) - self.seen:
            self.seen.add(run)
            word = run.strip(PUNCTUATION)
            is_plain = word.isascii() and word.isalpha() and word[1:].islower()
            if is_plain and self.beginnings.isdisjoint((word[:3].lower(), word[:2].lower())):
                continue
            if not (run.isspace() or is_cjk(run)) and any(one in self.rows for one in _names(run)):
                self.telling.add(run)

    def _begun(self, runs: Sequence[str], place: int) -> Iterator[tuple[Meant, set[int]]]:
        """The synonyms that begin in a run."""
        for name in _names(runs[place]):
            for one, stems in self.rows.get(name, ()):
                if len(stems) == 1:
                    yield one, {place}
        first = _stems(runs[place])
        row = [(word, place) for word in first]
        for after in range(place + 1, len(runs)):
            if is_cjk(runs[after]) or len(row) >= len(first) + self.longest:
                break
            row += [(word, after) for word in _stems(runs[after])]
        for start, word in enumerate(first):
            for one, stems in self.rows.get(word, ()):
                held = row[start : start + len(stems)]
                if len(stems) > 1 and [word for word, _ in held] == stems:
                    yield one, {place for _, place in held}


def _is_near(one: str, other: str) -> bool:
    # No more than all letters of the shorter word can be shared.
    if 2 * min(len(one), len(other)) < _LEAST_SIMILARITY * (len(one) + len(other)):
        return False
    return SequenceMatcher(None, one, other).ratio() >= _LEAST_SIMILARITY


def _mark_cjk(run: str, words: Iterable[str]) -> Pieces:
    marked = [False] * len(run)
    for word in words:
        start = run.find(word)
        if start >= 0:
            marked[start : start + len(word)] = [True] * len(word)
    return list(zip(run, marked, strict=True))


def runs_of(text: str) -> list[str]:
    return [run for run in _RUN.split(text) if run]


def _without_punctuation(run: str) -> Pieces:
    word = run.strip(PUNCTUATION) or run
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


@lru_cache(maxsize=16384)
def _stems(run: str) -> tuple[str, ...]:
    return tuple(stem(part) for part in parts(run))


@lru_cache(maxsize=16384)
def _names(run: str) -> frozenset[str]:
    """The stems of a run's words, of their parts and of all in one; acronyms in the plural have none: "SSMs"."""
    return frozenset(name for form in _forms(run) for name in (stem(form), form.removesuffix("s")))


def _same_stem(one: str, other: str) -> bool:
    """Tell whether two words differ in an English ending only; near enough for marking."""
    if one[:3] != other[:3]:
        return False
    shared = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), 0)
    shared = shared or min(len(one), len(other))
    return shared >= 3 and {one[shared:], other[shared:]} <= _SUFFIXES
