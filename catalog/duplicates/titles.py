"""How alike two titles are, word by word: rare words weigh more than common ones. Pure, no database."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import combinations
from math import log
from typing import Self

from catalog.folding import fold, fold_words
from catalog.readable import readable

NEAR = 0.82  # of the letters of two titles that may be spellings of one
_NEAR_WORDS = 0.55  # of the weight of their words
_ENOUGH = 0.4  # of the heavier title's weight: a slip in a word hides the word
_SHARED = 0.5  # what titles have to share, of the weight of their words, to be looked at
_MOST_OF_A_WORD = 150  # papers: a more common word leads to no pair by itself
_MOST_OF_AN_END = 40
_END = 14  # letters
# What is added to a title of the same work: "(v2)", "extended version", "technical report", "preprint".
_EDITION = re.compile(
    r"[\s(\[:,–—-]+(?:v(?:ersion)?[\s.]?\d{1,2}|(?:an?\s+)?(?:extended|full|long|short|revised|preliminary|conference|journal|camera[- ]ready)"
    r"\s+(?:version|abstract|paper)|preprint|technical\s+report|working\s+paper)[)\].]*\s*$",
    re.IGNORECASE,
)
# "LongBench v2" is what its authors call another work; "LongBench (v2)" is another edition.
_BARE_VERSION = re.compile(r"[\w)]\s+v[\s.]?\d{1,2}\s*$", re.IGNORECASE)
_HEAD = re.compile(r"\s*(?::|\s[–—-]\s)\s*")


@dataclass(frozen=True, slots=True)
class Title:
    """A title as it is compared."""

    text: str
    key: str
    words: tuple[str, ...]
    head: str  # its key before a colon; the whole key without one
    plain: str  # its key without "(v2)" and the like

    @classmethod
    def of(cls, text: str) -> "Title":
        shown = " ".join(readable(text).split())
        words = tuple(fold_words(shown).split())
        head = _HEAD.split(shown, maxsplit=1)[0]
        return cls(shown, fold(shown), words, fold(head), fold(_EDITION.sub("", shown)))

    @property
    def numbers(self) -> Counter[str]:
        return Counter(word for word in self.words if any(letter.isdigit() for letter in word))


class Weights:
    """How much each word tells: the rarer among all titles, the more."""

    def __init__(self, number: int = 0, papers: Counter[str] | None = None) -> None:
        self.number = max(number, 1)
        self.papers = papers or Counter()
        self.known = {
            word: 0.3 + log((self.number + 1) / (papers + 0.5))
            for word, papers in self.papers.items()
        }
        self.rarest = 0.3 + log((self.number + 1) / 1.5)

    @classmethod
    def counted(cls, titles: Iterable[Title]) -> Self:
        papers: Counter[str] = Counter()
        number = 0
        for title in titles:
            number += 1
            papers.update(set(title.words))
        return cls(number, papers)

    def of(self, word: str) -> float:
        return self.known.get(word, self.rarest)

    def total(self, words: Iterable[str]) -> float:
        return sum(map(self.of, words))


@dataclass(frozen=True, slots=True)
class Likeness:
    """`share` is from 0 to 1; the reason says in words what it rests on."""

    share: float
    reason: str
    contradicts: bool = False  # a number or a version tells them apart


def likeness(one: Title, other: Title, weights: Weights) -> Likeness | None:
    """Compare two titles; None when they are those of two works, as far as titles tell."""
    if one.key == other.key:
        return Likeness(1.0, "the same title")
    if one.plain == other.plain and len(one.plain) >= 8:
        told_apart = bool(_BARE_VERSION.search(one.text) or _BARE_VERSION.search(other.text))
        return Likeness(0.95, f"the same title but for {_rest(one, other)}", told_apart)
    numbers_differ = one.numbers != other.numbers
    if _is_subtitled(one, other) or _is_subtitled(other, one):
        return Likeness(0.85, "one title is the other with a subtitle", numbers_differ)
    letters = SequenceMatcher(None, " ".join(one.words), " ".join(other.words), autojunk=False)
    if letters.quick_ratio() < NEAR or (ratio := letters.ratio()) < NEAR:
        return None
    shared = _shared_weight(one.words, other.words, weights)
    if shared < _NEAR_WORDS:
        return None
    share = min(0.98, ratio * (0.5 + shared / 2))
    return Likeness(share, f"nearly the same title ({ratio:.0%} of the letters)", numbers_differ)


def _rest(one: Title, other: Title) -> str:
    longer = max(one.text, other.text, key=len)
    found = _EDITION.search(longer)
    return f"“{found[0].strip(' ()[]:,–—-')}”" if found else "a remark"


def _is_subtitled(short: Title, long: Title) -> bool:
    """ "Mamba: Linear-Time Sequence Modeling" has the head "Mamba"; one short name proves nothing."""
    return (
        len(short.words) >= 2
        and len(short.key) >= 10
        and (long.head == short.key or long.words[: len(short.words)] == short.words)
    )


def _shared_weight(one: Sequence[str], other: Sequence[str], weights: Weights) -> float:
    """The share of weight that both titles have; a word with a slip counts as the word."""
    left, right = Counter(one), Counter(other)
    both = left & right
    shared = weights.total(both.elements())
    only_left, only_right = list((left - both).elements()), list((right - both).elements())
    for word in only_left[:]:
        twin = next((other for other in only_right if _is_slip(word, other)), None)
        if twin:
            shared += min(weights.of(word), weights.of(twin), 4.0)
            only_left.remove(word)
            only_right.remove(twin)
    return shared / (shared + weights.total(only_left) + weights.total(only_right) or 1.0)


def _is_slip(one: str, other: str) -> bool:
    if min(len(one), len(other)) < 4 or any(letter.isdigit() for letter in one + other):
        return False
    return SequenceMatcher(None, one, other, autojunk=False).ratio() >= 0.8


# Which pairs to look at


def pairs_to_compare(
    titles: Mapping[int, Sequence[Title]], weights: Weights, about: set[int] | None = None
) -> set[tuple[int, int]]:
    """Pairs of papers whose titles are worth a look, each lower number first; `about`: with one of these.

    Two titles that share half of their weight share one of the words that make up the heavier half of either.
    """
    by_end: dict[str, set[int]] = defaultdict(set)
    by_word: dict[str, set[tuple[int, int]]] = defaultdict(set)  # paper, and which of its titles
    words: dict[tuple[int, int], tuple[frozenset[str], float]] = {}
    for paper, spellings in titles.items():
        for number, title in enumerate(spellings):
            held = frozenset(title.words)
            words[paper, number] = held, weights.total(held)
            for word in _telling(held, weights):
                by_word[word].add((paper, number))
            for end in _ends(title):
                by_end[end].add(paper)
    pairs: set[tuple[int, int]] = set()
    for papers in by_end.values():
        if len(papers) <= _MOST_OF_AN_END:
            pairs.update(_paired(papers, about))
    for spelled in by_word.values():
        if len(spelled) <= _MOST_OF_A_WORD:
            pairs.update(_sharing(sorted(spelled), words, weights, about))
    return pairs


def _ends(title: Title) -> set[str]:
    ends = {title.key, title.plain, title.head if len(title.head) >= 10 else title.key}
    if len(title.key) > _END:
        ends |= {f"{title.key[:_END]}…", f"…{title.key[-_END:]}"}
    return ends


def _paired(papers: set[int], about: set[int] | None) -> Iterator[tuple[int, int]]:
    for one, other in combinations(sorted(papers), 2):
        if about is None or one in about or other in about:
            yield one, other


def _sharing(
    spelled: list[tuple[int, int]],
    words: Mapping[tuple[int, int], tuple[frozenset[str], float]],
    weights: Weights,
    about: set[int] | None,
) -> Iterator[tuple[int, int]]:
    """Those of the pairs that share much of their weight: a quick look before the letters are compared."""
    for place, one in enumerate(spelled):
        mine, total = words[one]
        for other in spelled[place + 1 :]:
            if one[0] == other[0] or (about is not None and not about & {one[0], other[0]}):
                continue
            theirs, other_total = words[other]
            least = min(_ENOUGH * max(total, other_total), 0.95 * min(total, other_total))
            if weights.total(mine & theirs) >= least:
                yield one[0], other[0]


def _telling(words: frozenset[str], weights: Weights) -> list[str]:
    """The heaviest words, until what is left weighs less than what two titles have to share."""
    left = weights.total(words)
    least = _SHARED * left
    telling = []
    for word in sorted(words, key=lambda word: (-weights.of(word), word)):
        telling.append(word)
        left -= weights.of(word)
        if left < least:
            break
    return telling
