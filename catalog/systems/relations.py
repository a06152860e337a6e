"""From texts to systems and to what other papers say of them. Pure: no database.

A name that an older text of the catalogue knows was not introduced by a later abstract, and where the later title names it all the same
it may mean another thing: then, as for names of two systems, short acronyms and words that others use as ordinary ones,
a paper is only taken to speak of a system whose paper it cites.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from catalog.folding import fold
from catalog.models.graph import RelationKind
from catalog.systems.introductions import Introduction, abbreviates, introduced, sentences
from catalog.systems.mentions import Forms, Mention, kind_in_sentence, kind_in_title
from catalog.systems.names import (
    base_and_version,
    is_coinable,
    is_distinctive,
    is_safe,
    is_unmistakable,
    spellings,
)

_ORDINARY = 3  # other texts that use a word without capitals make it an ordinary one, one more for each so many texts
_PER_TEXT = 0.0002
_LONGEST_NOTE = 600
_ALIKE = 0.065  # likeness of two texts from which on they speak of one thing when they have a name in common
_SEVERAL_FIELDS = 5_000  # texts of a catalogue from which on names are compared by likeness, too
_WORD = re.compile(r"[^\W\d_]{3,}")
_LOWER = re.compile(r"\b[a-z]{4,}\b")

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Text:
    """A paper as it is read. `dated` is as exact as its date is known: (2024,), (2024, 5), (2024, 5, 17) or ()."""

    paper: int
    title: str
    abstract: str
    dated: tuple[int, ...] = ()

    def is_before(self, other: "Text") -> bool:
        """Whether its date is surely earlier."""
        shared = min(len(self.dated), len(other.dated))
        return self.dated[:shared] < other.dated[:shared]

    def is_dated_from(self, other: "Text") -> bool:
        """Whether both have dates, and its own is not surely earlier."""
        return bool(self.dated and other.dated) and not self.is_before(other)


@dataclass(frozen=True, slots=True)
class Named:
    """A system: the paper that introduces it, its names, and where it says so."""

    paper: int
    name: str
    aliases: tuple[str, ...]
    said: str
    in_title: bool
    is_trusted: bool = False  # a curator's: its names are searched for as they are

    @property
    def key(self) -> tuple[int, str]:
        return self.paper, fold(self.name)

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, *self.aliases)


@dataclass(frozen=True, slots=True)
class Derived:
    """What a text says of a system of another paper."""

    subject: int
    object: int
    kind: RelationKind
    note: str
    system: tuple[int, str]


@dataclass(frozen=True, slots=True)
class _Spoken:
    """The names that one text has, by where they are."""

    in_title: list[Mention]
    in_abstract: list[Mention]

    def __iter__(self) -> Iterator[Mention]:
        yield from self.in_title
        yield from self.in_abstract


def dated(published_on: date | None, precision: str, year: int | None) -> tuple[int, ...]:
    """Return a paper's date as far as it is known."""
    if published_on is None:
        return (year,) if year else ()
    parts = (published_on.year, published_on.month, published_on.day)
    return parts[: {"year": 1, "month": 2}.get(precision, 3)]


class Reading:
    """All texts read once: which systems they introduce, and where they name any."""

    def __init__(self, texts: Sequence[Text], curated: Iterable[Named] = ()) -> None:
        self.texts = {text.paper: text for text in texts}
        self._curated = list(curated)
        self._rarity: dict[str, float] = {}
        told = {text.paper: introduced(text.title, text.abstract) for text in texts}
        self._ordinary = self._count_ordinary(
            {one.name for some in told.values() for one in some if is_coinable(one.name)}
        )
        told = {
            paper: [one for one in some if self._is_name(one, self.texts[paper])]
            for paper, some in told.items()
        }
        names = {one.name for some in told.values() for one in some}
        names |= {name for one in self._curated for name in one.names}
        forms = Forms({form for name in names for form in spellings(name)})
        self._spoken = {text.paper: _spoken(text, forms) for text in texts}
        self._users: dict[str, list[int]] = defaultdict(list)
        for paper, spoken in self._spoken.items():
            for form in {mention.form for mention in spoken}:
                self._users[form].append(paper)
        self._told = {
            paper: {form for one in some for form in spellings(one.name)}
            for paper, some in told.items()
        }
        self.systems = self._choose(told)

    def _count_ordinary(self, names: Collection[str]) -> Counter[str]:
        """Count the texts that use these words without capitals."""
        wanted = {name.casefold() for name in names}
        counted: Counter[str] = Counter()
        for text in self.texts.values():
            counted.update(wanted.intersection(_LOWER.findall(f"{text.title} {text.abstract}")))
        return counted

    def _is_ordinary(self, name: str) -> bool:
        most = _ORDINARY + len(self.texts) * _PER_TEXT
        return is_coinable(name) and self._ordinary[name.casefold()] >= most

    def _is_name(self, one: Introduction, text: Text) -> bool:
        """An ordinary word is a name where the title has it and the abstract writes it with a capital within a sentence."""
        if not self._is_ordinary(one.name):
            return True
        return one.in_title and bool(
            re.search(rf"[\w,] {re.escape(one.name)}\b(?!-)", text.abstract)
        )

    def _choose(self, told: Mapping[int, Sequence[Introduction]]) -> list[Named]:
        by_title = defaultdict(list)
        for paper, some in told.items():
            for one in some:
                if one.in_title:
                    by_title[one.name].append(paper)
        found: dict[tuple[int, str], Named] = {}
        for paper, some in told.items():
            for one in some:
                if self._is_of_another(one, paper, by_title[one.name]):
                    continue
                key = (paper, fold(one.name))
                if before := found.get(key):
                    if one.name not in before.names:
                        found[key] = Named(
                            paper, before.name, (*before.aliases, one.name), before.said, before.in_title
                        )  # fmt: skip
                else:
                    found[key] = Named(paper, one.name, (), one.said, one.in_title)
        return list(found.values())

    def _is_of_another(self, one: Introduction, paper: int, titled: Sequence[int]) -> bool:
        """Whether an abstract only seems to introduce what others had before: "we introduce Mamba to …"."""
        if one.in_title or (one.is_emphatic and is_unmistakable(one.name)):
            return False
        text = self.texts[paper]
        if any(other != paper and not text.is_before(self.texts[other]) for other in titled):
            return True
        return self._is_used_before(spellings(one.name), text)

    def _is_used_before(self, forms: Iterable[str], text: Text) -> bool:
        return any(self.texts[user].is_before(text) for form in forms for user in self._users[form])

    def likeness(self, one: Text, other: Text, name: str) -> float:
        """How much two texts have in common, from 0 to 1: the cosine of their words, rare ones weighing more."""
        if not self._rarity:
            counted = Counter(word for text in self.texts.values() for word in set(_words(text)))
            self._rarity = {
                word: math.log(len(self.texts) / number) for word, number in counted.items()
            }
        ours, theirs = (
            set(_words(text)) - {*_WORD.findall(name.casefold())} for text in (one, other)
        )
        shared = sum(self._rarity[word] ** 2 for word in ours & theirs)
        lengths = [
            math.sqrt(sum(self._rarity[word] ** 2 for word in some)) for some in (ours, theirs)
        ]
        return shared / (lengths[0] * lengths[1]) if all(lengths) else 0.0

    def relations(
        self, systems: Sequence[Named], cites: Callable[[Collection[Pair]], set[Pair]]
    ) -> list[Derived]:
        """Return what texts say of these systems. `cites` tells which of some pairs of papers are citations."""
        by_form: dict[str, list[Named]] = defaultdict(list)
        for one in systems:
            for form in {form for name in one.names for form in spellings(name)}:
                by_form[form].append(one)
        sure = {form: self._is_sure(form, some) for form, some in by_form.items()}
        own: dict[int, set[str]] = defaultdict(
            set, {paper: {*forms} for paper, forms in self._told.items()}
        )
        for form, some in by_form.items():
            for one in some:
                own[one.paper].add(form)
        asked = {
            (paper, one.paper)
            for paper, spoken in self._spoken.items()
            for form in {mention.form for mention in spoken}
            if form in by_form and not (sure[form] and is_unmistakable(form))
            for one in by_form[form]
            if one.paper != paper
        }
        cited = cites(asked) if asked else set()
        kept = _Kept()
        for paper, spoken in self._spoken.items():
            meant: dict[str, Named | None] = {}
            for mention in spoken:
                if mention.form in by_form and mention.form not in meant:
                    meant[mention.form] = self._meant(
                        mention.form, paper, by_form[mention.form], own[paper], cited, sure=sure[mention.form]
                    )  # fmt: skip
            if any(meant.values()):
                self._read(paper, spoken, meant, own[paper], kept)
        self._add_versions(systems, sure, cited, kept)
        return kept.relations()

    def _is_sure(self, form: str, systems: Sequence[Named]) -> bool:
        """Whether a form can mean only one thing, wherever it stands."""
        if len(systems) > 1:
            return False
        (one,) = systems
        if one.is_trusted:
            return True
        if not is_safe(form) and (not is_coinable(form) or self._is_ordinary(form)):
            return False
        if form.isupper() and form.isalpha() and (len(form) <= 3 or not one.in_title):
            return False
        text = self.texts.get(one.paper)
        return text is not None and not self._is_used_before([form], text)

    def _meant(
        self, form: str, paper: int, systems: Sequence[Named], own: Collection[str], cited: set[Pair], *, sure: bool
    ) -> Named | None:  # fmt: skip
        """The system that a paper means by a form, if that is beyond doubt."""
        if form in own:
            return None
        text = self.texts[paper]
        possible = [
            one for one in systems if one.paper in self.texts and not text.is_before(self.texts[one.paper])
        ]  # fmt: skip
        if not sure:
            possible = [one for one in possible if (paper, one.paper) in cited]
            return possible[0] if len(possible) == 1 else None
        if not possible or not text.is_dated_from(self.texts[possible[0].paper]):
            return None
        (one,) = possible
        if (paper, one.paper) in cited:
            return one
        return one if self._fits(form, text, self.texts[one.paper]) else None

    def _fits(self, form: str, text: Text, other: Text) -> bool:
        """Whether a text without a citation means what another one named: two may have thought of the name, in two fields."""
        if is_unmistakable(form):
            return True
        if _spells_out(form, text.abstract) or _is_part_of_a_name(form, text):
            return False
        return len(self.texts) < _SEVERAL_FIELDS or self.likeness(text, other, form) >= _ALIKE

    def _read(
        self, paper: int, spoken: _Spoken, meant: Mapping[str, Named | None], own: Collection[str], kept: "_Kept"
    ) -> None:  # fmt: skip
        text = self.texts[paper]
        for mention in spoken.in_title:
            if one := meant.get(mention.form):
                kept.add(paper, one, kind_in_title(text.title, mention), text.title)
        if not spoken.in_abstract:
            return
        start, abstract = 0, text.abstract
        for sentence in sentences(abstract):
            begin = abstract.index(sentence, start)
            start = begin + len(sentence)
            for mention in spoken.in_abstract:
                one = meant.get(mention.form)
                if one and begin <= mention.start < start:
                    here = Mention(mention.form, mention.start - begin, mention.end - begin)
                    if is_coinable(mention.form) and here.start == 0:
                        continue
                    kept.add(paper, one, kind_in_sentence(sentence, here, own), sentence)

    def _add_versions(
        self, systems: Sequence[Named], sure: Mapping[str, bool], cited: set[Pair], kept: "_Kept"
    ) -> None:  # fmt: skip
        """ "FlashAttention-3" extends the latest FlashAttention before it."""
        versions: dict[str, list[tuple[float, Named]]] = defaultdict(list)
        for one in systems:
            split = base_and_version(one.name)
            base, version = (split[0], split[1][0]) if split else (one.name, 1.0)
            if version < 10 and len(base) >= 4 and (is_distinctive(base) or is_coinable(base)):
                versions[base.casefold()].append((version, one))
        for some in versions.values():
            for version, one in some:
                text = self.texts.get(one.paper)
                earlier = [
                    (number, other)
                    for number, other in some
                    if number < version
                    and other.paper != one.paper
                    and other.paper in self.texts
                    and text
                    and text.is_dated_from(self.texts[other.paper])
                ]
                if not earlier:
                    continue
                latest = max(number for number, _ in earlier)
                found = [other for number, other in earlier if number == latest]
                if len(found) == 1 and self._is_next(one, found[0], sure, cited):
                    kept.add(one.paper, found[0], RelationKind.EXTENDS, one.said)

    def _is_next(
        self, one: Named, before: Named, sure: Mapping[str, bool], cited: set[Pair]
    ) -> bool:
        if (one.paper, before.paper) in cited:
            return True
        text, earlier = self.texts[one.paper], self.texts[before.paper]
        is_known = sure.get(before.name, False) and is_unmistakable(before.name)
        is_one_field = len(self.texts) < _SEVERAL_FIELDS
        return is_known or is_one_field or self.likeness(text, earlier, before.name) >= _ALIKE


class _Kept:
    """Relations by pair and kind, each with the first words that say it."""

    def __init__(self) -> None:
        self._found: dict[tuple[int, int], dict[RelationKind, Derived]] = defaultdict(dict)

    def add(self, subject: int, system: Named, kind: RelationKind, said: str) -> None:
        note = said if len(said) <= _LONGEST_NOTE else f"{said[: _LONGEST_NOTE - 1]}…"
        self._found[subject, system.paper].setdefault(
            kind, Derived(subject, system.paper, kind, note, system.key)
        )

    def relations(self) -> list[Derived]:
        """A mention adds nothing to a pair of which more is said."""
        return [
            one
            for kinds in self._found.values()
            for kind, one in kinds.items()
            if kind != RelationKind.MENTIONS or len(kinds) == 1
        ]


def _spoken(text: Text, forms: Forms) -> _Spoken:
    return _Spoken(list(forms.find(text.title)), list(forms.find(text.abstract)))


def _spells_out(form: str, abstract: str) -> bool:
    """Whether a text says itself what an acronym stands for, right before it, and so may mean a thing of its own."""
    for match in re.finditer(rf"[\s(“\"'`]+{re.escape(form)}(?!\w)", abstract):
        before = abstract[max(0, match.start() - 200) : match.start()]
        if abbreviates(form, before) or abbreviates(form, before.rpartition(" ")[0]):
            return True
    return False


def _is_part_of_a_name(form: str, text: Text) -> bool:
    """Whether a coined word stands in a text only beside other capitals: "Ladder Capsule Network"."""
    if not is_coinable(form):
        return False
    whole = f"{text.title}. {text.abstract}"
    for match in re.finditer(rf"(?P<before>\S+\s)?(?<!\w){form}(?P<after>(?:'s)?[-\s]\S)?", whole):
        before, after = match["before"] or "", match["after"] or ""
        is_joined = after[-1:].isupper() or (before[:1].isupper() and before[1:2].isalpha())
        if not is_joined:
            return False
    return True


def _words(text: Text) -> list[str]:
    return [
        word.removesuffix("s") for word in _WORD.findall(f"{text.title} {text.abstract}".casefold())
    ]
