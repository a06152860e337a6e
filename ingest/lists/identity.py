"""Which entries of a list are the same paper, among themselves and with the papers already known.

The rule is design §5's: one identifier and near-equal titles, one paper; one folded title and no
contradicting identifier, one paper; one identifier under clearly different titles, two papers, and
the identifier stays with the first. A list that gives a paper a new title under its identifier,
with the same people and without the old title, has renamed it.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from catalog.folding import fold, fold_words
from catalog.identifiers import EXCLUSIVE, Ident
from ingest.lists.people import same_people
from ingest.lists.records import Entry, ListProblem

# Below this likeness two titles under one identifier are two works: "10M"/"11M" gives 0.99, a title
# cut at its colon counts by `_is_beginning`, and unrelated titles of one field stay under 0.6.
NEAR_TITLE = 0.75


@dataclass(eq=False, slots=True)
class Known:
    """A paper as the matcher sees it: stored (`pk`) or met for the first time in this list."""

    pk: int | None = None
    titles: list[str] = field(default_factory=list)
    identifiers: set[Ident] = field(default_factory=set)
    firm: set[Ident] = field(default_factory=set)  # not this list's to take away
    rejected: set[Ident] = field(default_factory=set)  # a curator said that these are not its own
    retitled: bool = False  # its title is not from a list
    elsewhere: bool = False  # another catalogue lists it
    listed: bool = False  # this catalogue lists it
    people: tuple[str, ...] = ()  # as its stored authors are printed
    entries: list[Entry] = field(default_factory=list)
    contested: list[tuple[Ident, Entry]] = field(default_factory=list)
    # Of papers that a curator merged into this one: folded titles by their keys, and the lines of their entries.
    merged: dict[int, set[str]] = field(default_factory=dict)
    other_lines: set[int] = field(default_factory=set)

    def claims(self, ident: Ident) -> bool:
        """Whether one of this paper's own entries in the list names the identifier."""
        return any(ident in entry.identifiers for entry in self.entries)

    @property
    def speaking(self) -> list[Entry]:
        """The entries that say what the paper is called and by whom; none where only merged papers are listed."""
        return [entry for entry in self.entries if entry.line not in self.other_lines]

    def is_said_better(self, entry: Entry) -> bool:
        """Whether an entry is a merged paper's, and the paper has one of its own in the same topic."""
        return entry.line in self.other_lines and any(
            other.topic == entry.topic for other in self.speaking
        )

    @property
    def by_weight(self) -> list[Entry]:
        """All entries, those that speak for the paper first."""
        return sorted(self.entries, key=lambda entry: entry.line in self.other_lines)


class Matcher:
    """Joins entries to papers in list order."""

    def __init__(self, stored: Iterable[Known], entries: Iterable[Entry]) -> None:
        self.claims: dict[Ident, list[str]] = defaultdict(list)
        self.listed: set[str] = set()
        for entry in entries:
            self.listed |= {fold(title) for title in (entry.title, *entry.other_titles)}
            for ident in entry.identifiers:
                self.claims[ident].append(entry.title)
        self.papers: list[Known] = []
        self.by_ident: dict[Ident, Known] = {}
        self.by_title: dict[str, list[Known]] = defaultdict(list)
        self.problems: list[ListProblem] = []
        for known in stored:
            self._add(known)
        self.vanished = self._vanished()

    def place(self, entry: Entry) -> Known:
        """Return the paper an entry is about, a new one when none fits, and note what is odd."""
        known = self._by_identifier(entry) or self._by_title(entry) or self._by_people(entry)
        if known is None:
            known = Known()
            self._add(known)
        self._take(known, entry)
        return known

    def find(self, title: str, identifiers: Iterable[Ident]) -> Known | None:
        """Return the paper that a title and identifiers name, without adding anything."""
        for ident in identifiers:
            known = self.by_ident.get(ident)
            if known and _fits(title, known):
                return known
        named = self.by_title.get(fold(title), [])
        return named[0] if named else None

    def _by_identifier(self, entry: Entry) -> Known | None:
        for ident in entry.identifiers:
            known = self.by_ident.get(ident)
            if known and (_fits(entry.title, known) or self._is_retitled(ident, known, entry)):
                return known
        return None

    def _is_retitled(self, ident: Ident, known: Known, entry: Entry) -> bool:
        """Whether a better source named the paper anew, or the list did: the old title is gone, the people are the same.

        Either way the list gives the identifier to one title only, and knows no other paper by that title.
        """
        if len({fold(title) for title in self.claims[ident]}) != 1:
            return False
        if known.retitled:
            return True
        if known.pk is None or self.by_title.get(fold(entry.title)):
            return False
        return not self._names_still(known) and (
            not (entry.authors and known.people) or same_people(entry.authors, known.people)
        )

    def _names_still(self, known: Known) -> bool:
        return any(fold(title) in self.listed for title in known.titles)

    def _by_title(self, entry: Entry) -> Known | None:
        for known in self.by_title.get(fold(entry.title), []):
            if not self._contradicts(entry, known):
                return known
        return None

    def _by_people(self, entry: Entry) -> Known | None:
        """The one paper that the list no longer names, much like this entry in its title, and of the same people."""
        fitting = {
            known
            for word in _words_of(entry.authors)
            for known in self.vanished.get(word, ())
            if not known.entries and self._is_renamed(entry, known)
        }
        return fitting.pop() if len(fitting) == 1 else None

    def _is_renamed(self, entry: Entry, known: Known) -> bool:
        if any(ident in self.by_ident or _rival(ident, known) for ident in entry.identifiers):
            return False
        return same_people(entry.authors, known.people) and any(
            _is_retelling(entry.title, title) for title in known.titles
        )

    def _vanished(self) -> dict[str, list[Known]]:
        """Listed papers of which the list names neither a title nor an identifier any more, by words of their people."""
        found: dict[str, list[Known]] = defaultdict(list)
        for known in self.papers:
            named = self._names_still(known) or any(one in self.claims for one in known.identifiers)
            if known.listed and not known.elsewhere and not named:
                for word in _words_of(known.people):
                    found[word].append(known)
        return found

    def _contradicts(self, entry: Entry, known: Known) -> bool:
        """Two different identifiers of a registry that gives only one tell two works of one title apart.

        Where the list itself no longer names the other identifier for that title, its link was corrected.
        """
        for ident in entry.identifiers:
            other = _rival(ident, known)
            if other and ident not in self.by_ident:
                still_named = any(fold(t) == fold(entry.title) for t in self.claims[other])
                if still_named or known.elsewhere:
                    return True
        return False

    def _take(self, known: Known, entry: Entry) -> None:
        key = fold(entry.title)
        spellings = {fold(title) for title in known.titles}
        told = not known.merged  # else a curator has said that these are one paper
        if told and known.entries and key not in {fold(other.title) for other in known.entries}:
            self._problem(
                entry,
                "title-differs",
                f"“{entry.title}” has the identifier of “{known.entries[0].title}”; "
                "they were taken as one paper, the other title as an alias.",
            )
        if told and any(other.topic == entry.topic for other in known.entries):
            self._problem(
                entry,
                "listed-twice",
                f"“{entry.title}” is listed twice under “{' › '.join(entry.topic)}”; it was placed once.",
            )
        if entry.title not in known.titles:
            known.titles.append(entry.title)
        if key not in spellings:
            self.by_title[key].append(known)
        for title in entry.other_titles:
            if title not in known.titles:
                known.titles.append(title)
                self.by_title[fold(title)].append(known)
        known.entries.append(entry)
        for ident in entry.identifiers:
            self._claim(known, ident, entry)

    def _claim(self, known: Known, ident: Ident, entry: Entry) -> None:
        if ident in known.rejected:
            return
        other = _rival(ident, known)
        if other in known.firm:
            self._problem(
                entry,
                "identifier-differs",
                f"The list gives {ident} for “{entry.title}”, which is known as {other}; the latter was kept.",
            )
            return
        holder = self.by_ident.setdefault(ident, known)
        if holder is not known:
            known.contested.append((ident, entry))
            return
        known.identifiers.add(ident)
        if other and not known.claims(other):
            known.identifiers.discard(other)
            self.by_ident.pop(other, None)

    def _add(self, known: Known) -> None:
        self.papers.append(known)
        for ident in known.identifiers:
            self.by_ident[ident] = known
        for key in {fold(title) for title in known.titles}:
            self.by_title[key].append(known)

    def settle(self) -> None:
        """Decide contested identifiers once the whole list is placed.

        A stored paper whose own entries no longer name the identifier gives it up to the paper that
        the list now gives it to; else it stays where it was, and the curator is told.
        """
        for known in list(self.papers):
            for ident, entry in known.contested:
                holder = self.by_ident.get(ident)
                if holder is None or self._gives_up(holder, ident):
                    if holder:
                        holder.identifiers.discard(ident)
                    known.identifiers.add(ident)
                    self.by_ident[ident] = known
                elif holder is not known:
                    self._problem(
                        entry,
                        "identifier-contested",
                        f"{ident} is listed for “{holder.titles[0]}” and for “{entry.title}”; one of the "
                        "links is wrong. It stays with the first.",
                        about=next(iter(holder.entries), None),
                    )

    def _gives_up(self, holder: Known, ident: Ident) -> bool:
        """Whether the list names the holder without this identifier, and nobody better vouches for it."""
        return bool(holder.entries) and not holder.claims(ident) and ident not in holder.firm

    def _problem(self, entry: Entry, kind: str, message: str, about: Entry | None = None) -> None:
        """Note what is odd on an entry's line; `about` names another entry whose paper it puts in doubt."""
        subject = (about or entry).line
        self.problems.append(ListProblem(entry.line, kind, message, fold(message), subject))


def _rival(ident: Ident, known: Known) -> Ident | None:
    """The other identifier that a paper already has from a registry that gives only one."""
    if ident.scheme not in EXCLUSIVE or ident in known.identifiers:
        return None
    return next((i for i in sorted(known.identifiers, key=str) if i.scheme == ident.scheme), None)


def near_titles(one: str, other: str) -> bool:
    """Whether two titles can be spellings of one: nearly the same letters, or one begins the other."""
    a, b = fold_words(one), fold_words(other)
    if a == b or _is_beginning(a, b) or _is_beginning(b, a):
        return True
    matcher = SequenceMatcher(None, a, b, autojunk=False)
    return matcher.quick_ratio() >= NEAR_TITLE and matcher.ratio() >= NEAR_TITLE


def _is_beginning(short: str, long: str) -> bool:
    """ "FlashAttention 3" begins "FlashAttention 3 Fast and Accurate …"; one short word proves nothing."""
    return len(short) >= 10 and long.startswith(short + " ")


def _is_retelling(one: str, other: str) -> bool:
    """Whether one title is the other said anew: near, or with something behind it; other numbers are another paper's."""
    a, b = fold_words(one), fold_words(other)
    ours, theirs = set(re.findall(r"\d+", a)), set(re.findall(r"\d+", b))
    if ours and theirs and ours != theirs:
        return False
    return near_titles(one, other) or f"{a} ".startswith(f"{b} ") or f"{b} ".startswith(f"{a} ")


def _words_of(people: Iterable[str]) -> set[str]:
    return {word for name in people for word in fold_words(name).split() if len(word) > 1}


def _fits(title: str, known: Known) -> bool:
    return any(near_titles(title, spelling) for spelling in known.titles)
