"""Why a paper answers a query: the text of it that matched best, with the matching words told apart."""

import re
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from catalog.folding import fold
from catalog.readable import readable
from search.marking import (
    SHORTEST,
    Matcher,
    Meant,
    Pieces,
    SlipMatcher,
    SynonymMatcher,
    synonyms_of,
)
from search.question import MAX_TERMS, Question
from search.terms import asked_terms, paper_terms
from search.texts import PaperTexts
from search.words import is_cjk, sentences

# Pieces of text, each with whether it is a match to mark.
Fragments = tuple[tuple[str, bool], ...]

IDENTIFIER: Fragments = (("identifier", False),)
CLOSE_IN_MEANING: Fragments = (("close in meaning", False),)
BEGINS_SO: Fragments = (("its title begins so", False),)
NEAR_SUBJECT: Fragments = (("its subject is near", False),)  # by terms that its title lets expect
# What no paper has is looked for by the words nearest to it, which may be rather far.
LIKE_TYPED: Fragments = (("has words like those typed", False),)
_LONGEST = 220
_MARKUP = frozenset("\\{}$*_`<>~^")
_WORD = re.compile(r"[^\W_](?:[\w'’+./-]*[^\W_])?")


@dataclass(frozen=True, slots=True)
class Match:
    """What of a question one text of a paper holds: its pieces, and of the words that stand for others which those are."""

    field: str
    pieces: Fragments
    words: tuple[str, ...] = ()  # that matched, without markup
    meant: tuple[str, ...] = ()  # words of the question, as typed, for which others stand here
    in_part: bool = False  # whether it is only some of the words that would stand for them

    @property
    def text(self) -> str:
        return "".join(text for text, _ in self.pieces)

    @property
    def note(self) -> str:
        """What is to be said beside the text."""
        head = "in part for" if self.in_part else "for"
        return f"{head} {', '.join(self.meant)}" if self.meant else ""


def explain(texts: PaperTexts, question: Question, *, is_near: bool = False) -> Fragments:
    """Return the title, or the text that adds most to it, with its matches; else "close in meaning" of what is near."""
    near = {texts.paper_id} if is_near else set[int]()
    return explain_all([texts], question, near)[texts.paper_id]


def explain_all(
    papers: Iterable[PaperTexts], question: Question, near: Set[int] = frozenset()
) -> dict[int, Fragments]:
    """Do so for several papers, by their keys; `near` are those whose vectors are."""
    reader = _Reader(question)
    return {
        texts.paper_id: _explained(texts, reader, is_near=texts.paper_id in near)
        for texts in papers
    }


def matches(texts: PaperTexts, question: Question) -> list[Match]:
    """Return every text of a paper that a word of the question, or what means the same, stands in, the title first."""
    return all_matches([texts], question)[texts.paper_id]


def all_matches(papers: Iterable[PaperTexts], question: Question) -> dict[int, list[Match]]:
    """Do so for several papers, by their keys."""
    reader = _Reader(question)
    return {texts.paper_id: _matches(texts, reader) for texts in papers}


def _explained(texts: PaperTexts, reader: "_Reader", *, is_near: bool) -> Fragments:
    if not reader.every:
        return ()
    titled = reader.read(texts.title)
    if titled.covered >= reader.every:
        return fragments(reader.match("title", texts.title, titled))
    best, most = None, (0, 0)
    for field, text in _other_texts(texts):
        held = reader.read(text)
        more = len(held.covered - titled.covered), len(held.said - titled.covered)
        if more > most:
            best, most = (field, text, held), more
            if more[1] == len(reader.every - titled.covered):
                break  # none can add more
    if best:
        return fragments(reader.match(*best))
    if match := reader.slip(texts, reader.every - titled.covered, with_abstract=not is_near):
        return fragments(match)
    if titled.covered:
        return fragments(reader.match("title", texts.title, titled))
    if is_near:
        return CLOSE_IN_MEANING
    if match := next(reader.in_part(texts), None):
        return fragments(match)
    asked = reader.question.title_key
    if asked and any(fold(title).startswith(asked) for title in texts.titles):
        return BEGINS_SO
    return NEAR_SUBJECT if not texts.abstract and reader.expects(texts) else ()


def _matches(texts: PaperTexts, reader: "_Reader") -> list[Match]:
    if not reader.every:
        return []
    every = [(field, text, reader.read(text)) for field, text in _every_text(texts)]
    missing = reader.mendable.difference(*(held.covered for _, _, held in every))
    slips = reader.slips(missing) if missing else None
    found = [
        reader.match(field, text, held, slips)
        for field, text, held in every
        if held.covered or (slips and slips.terms_in(text))
    ]
    return found or list(reader.in_part(texts))


def _every_text(texts: PaperTexts) -> Iterator[tuple[str, str]]:
    yield "title", texts.title
    yield from _other_texts(texts)


def _other_texts(texts: PaperTexts) -> Iterator[tuple[str, str]]:
    yield from (("also listed as", alias) for alias in texts.aliases)
    yield "authors", ", ".join(texts.authors)
    yield from (("topic", name) for name in texts.topics)
    yield from (("venue", name) for name in texts.venue)
    yield from (("code", name) for name in texts.repositories)
    yield from (("glossary", meaning) for meaning in texts.meanings)
    yield "glossary", ", ".join(texts.called)
    yield from (("abstract", sentence) for sentence in sentences(texts.abstract))


@dataclass(frozen=True, slots=True)
class _Held:
    """The terms that a text holds as they are, those that it holds anyhow, and by which synonyms."""

    said: Set[int]
    covered: Set[int]
    meant: Sequence[Meant] = ()


class _Reader:
    """Reads many texts for one question: what a run of letters says is found out once."""

    def __init__(self, question: Question) -> None:
        self.question = question
        self.every = frozenset(range(len(question.terms)))
        self.mendable = frozenset(
            number
            for number, term in enumerate(question.terms)
            if len(term.word) >= SHORTEST and not is_cjk(term.word) and not term.word.isdigit()
        )
        self.same = Matcher(question.terms)
        self.synonyms = synonyms_of(question)
        self.others = SynonymMatcher(self.synonyms)
        self._slips: dict[Set[int], SlipMatcher] = {}

    def read(self, text: str) -> _Held:
        said = self.same.terms_in(text)
        if not self.synonyms or len(said) == len(self.every):
            return _Held(said, said)
        meant = [one for one in self.others.found_in(text) if not one.terms <= said]
        if not meant:
            return _Held(said, said)
        told = [one for one in meant if not any(one.terms < other.terms for other in meant)]
        return _Held(said, frozenset(said).union(*(one.terms for one in told)), told)

    def match(
        self,
        field: str,
        text: str,
        held: _Held,
        matcher: Matcher | None = None,
        *,
        in_part: bool = False,
    ) -> Match:
        matcher = matcher or self.same
        pieces = _joined(_shortened(matcher.mark(text, held.meant)))
        typed = tuple(dict.fromkeys(one.typed for one in held.meant))
        return Match(field, pieces, _words(pieces, matcher, held.meant), typed, in_part)

    def slips(self, missing: Set[int]) -> SlipMatcher:
        """A matcher that takes words, too, that are near those of the terms that no text holds."""
        if missing not in self._slips:
            self._slips[missing] = SlipMatcher(self.question.terms, missing)
        return self._slips[missing]

    def slip(self, texts: PaperTexts, missing: Set[int], *, with_abstract: bool) -> Match | None:
        """The first text with a word that may be meant by one of those that are missing."""
        missing = missing & self.mendable
        if not missing:
            return None
        matcher = self.slips(missing)
        for field, text in _every_text(texts):
            if field == "abstract" and not with_abstract:
                break
            if matcher.terms_in(text) & missing:
                return self.match(field, text, self.read(text), matcher)
        return None

    @cached_property
    def _parts(self) -> SynonymMatcher:
        return SynonymMatcher(part for one in self.synonyms for part in one.in_part())

    def in_part(self, texts: PaperTexts) -> Iterator[Match]:
        """The texts in which only some words of a synonym stand, which count when papers are ranked."""
        for field, text in _every_text(texts) if self.synonyms else ():
            if meant := self._parts.found_in(text):
                yield self.match(field, text, _Held(set(), set(), meant), in_part=True)

    @cached_property
    def _asked(self) -> set[str]:
        return {term.text for term in asked_terms(self.question.text, MAX_TERMS)}

    def expects(self, texts: PaperTexts) -> bool:
        """Whether the abstract that a paper lacks would be expected to have a word of the question."""
        return not self._asked.isdisjoint(paper_terms(texts))


def _words(pieces: Fragments, matcher: Matcher, meant: Sequence[Meant]) -> tuple[str, ...]:
    """The words that are marked, as they are read: of a run with markup in it those that say something."""
    found: dict[str, None] = {}
    for text, is_match in pieces:
        if not is_match:
            continue
        if _MARKUP.isdisjoint(text):
            found[text] = None
            continue
        words = _WORD.findall(readable(text))
        others = SynonymMatcher(part for one in meant for part in one.in_part())
        telling = [word for word in words if matcher.terms_in(word) or others.found_in(word)]
        found |= dict.fromkeys([word for word in telling if "/" not in word] or telling or words)
    return tuple(word for word in found if any(map(str.isalnum, word)))


def fragments(match: Match) -> Fragments:
    """A match in one line: where it is, the text, and what the words there stand for."""
    note = f" ({match.note})" if match.note else ""
    return _joined([(f"{match.field}: ", False), *match.pieces, (note, False)])


def _joined(pieces: Pieces) -> Fragments:
    runs = groupby(pieces, key=lambda piece: piece[1])
    joined = (("".join(text for text, _ in run), is_match) for is_match, run in runs)
    return tuple((text, is_match) for text, is_match in joined if text)


def _shortened(pieces: Pieces) -> Pieces:
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
