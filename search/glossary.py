"""The glossary: names and terms of the field with their meaning, and the titles that they stand in.

A title often says little but a name. Who remembers what the thing does and not what it is called finds it by the sentence that
explains the name: its words are indexed with those of the title (search.terms), and a paper without an abstract is embedded
with it (search.embed).

glossary.tsv is what Stemma brings, in words of our own: written from general knowledge of the field, then checked against abstracts where
they were at hand (docs/decisions.md). A line for each entry: its names with " | " between them, a tab, its meaning. Curators change and add entries in the admin (catalog.models.glossary);
what they have not touched follows the file.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from catalog.folding import fold
from catalog.models import GlossaryEntry
from catalog.systems.mentions import Forms
from search.terms import GLOSSARY
from search.words import CJK, parts

FILE = Path(__file__).with_name("glossary.tsv")
MOST = 4  # entries of a title
_BATCH = 5000
_CJK = re.compile(f"({CJK})")
_STOP = re.compile(r"[:;?!]\s|\s[-–—]+\s")  # a term does not go on after it
_LETTERS = re.compile(r"[\W_]")  # all but these
_Words = tuple[str, ...]
_WRITTEN = re.compile(
    r"(?=.*[A-Z0-9∞])\S+"
)  # names of one word that are found only as they are written

_VERSION = 1  # of how titles are read: raised when papers must be read again
_STATE = f"""
SELECT '{_VERSION}:' || md5(coalesce(string_agg(concat_ws(E'\\t', id, name, array_to_string(others, '|'), meaning), E'\\n' ORDER BY id), ''))
FROM catalog_glossaryentry WHERE is_active
"""  # noqa: S608  # our own text
_READ_BY = "SELECT coalesce(max(glossary), '') FROM search_indexstate"
_REMEMBER = """
INSERT INTO search_indexstate (id, changed, glossary) VALUES (1, 0, %s)
ON CONFLICT (id) DO UPDATE SET glossary = excluded.glossary
"""
_TITLES = """
SELECT p.id, ARRAY[p.title] || ARRAY(SELECT a.title FROM catalog_titlealias a WHERE a.paper_id = p.id ORDER BY a.id)::text[]
FROM catalog_paper p WHERE p.merged_into_id IS NULL AND {}
"""
# Mentions go with an entry that is deleted, postings do not.
_CONCERNED = f"""
SELECT paper_id FROM catalog_glossarymention UNION SELECT paper_id FROM search_posting WHERE fields & {GLOSSARY} <> 0
"""  # noqa: S608  # our own text
_DROP = """
DELETE FROM catalog_glossarymention m WHERE m.paper_id = ANY(%s) AND NOT EXISTS (
    SELECT FROM unnest(%s::bigint[], %s::bigint[]) AS new (paper_id, entry_id)
    WHERE new.paper_id = m.paper_id AND new.entry_id = m.entry_id
)
"""
_WRITE = """
INSERT INTO catalog_glossarymention AS old (paper_id, entry_id, place)
SELECT new.* FROM unnest(%s::bigint[], %s::bigint[], %s::int[]) AS new (paper_id, entry_id, place)
JOIN catalog_glossaryentry e ON e.id = new.entry_id FOR KEY SHARE OF e
ON CONFLICT (paper_id, entry_id) DO UPDATE SET place = excluded.place WHERE old.place <> excluded.place
"""


@dataclass(frozen=True, slots=True)
class Written:
    """An entry as the file has it."""

    names: tuple[str, ...]
    meaning: str


def read_file(file: Path) -> Iterator[Written]:
    for line in file.read_text(encoding="utf-8").splitlines():
        names, _, meaning = line.partition("\t")
        yield Written(tuple(name.strip() for name in names.split("|")), meaning.strip())


def write_entries(file: Path | None = None) -> int:
    """Bring the entries that no curator has touched up to date with the file; return how many were written or deleted."""
    rows = {row.key: row for row in GlossaryEntry.objects.all()}
    ours = GlossaryEntry.objects.filter(is_curated=False)  # asked again: a curator may edit one now
    fresh, written = [], 0
    left = {key for key, row in rows.items() if not row.is_curated}
    for entry in read_file(file or FILE):
        name, *others = entry.names
        key = fold(name)
        row = rows.get(key)
        left.discard(key)
        if row is None:
            fresh.append(GlossaryEntry(name=name, key=key, others=others, meaning=entry.meaning))
        elif not row.is_curated and (row.name, row.others, row.meaning) != (
            name,
            others,
            entry.meaning,
        ):
            written += ours.filter(pk=row.pk).update(
                name=name, others=others, meaning=entry.meaning
            )
    with transaction.atomic():
        GlossaryEntry.objects.bulk_create(fresh, ignore_conflicts=True)
        gone = [row.pk for row in ours.filter(key__in=left).select_for_update()] if left else []
        GlossaryEntry.objects.filter(pk__in=gone).delete()
    return len(fresh) + written + len(gone)


def keep_away(name: str) -> None:
    """Have what Stemma brings under a name that a curator gave up stay away: it would come back beside what that became."""
    for entry in read_file(FILE):
        if fold(entry.names[0]) == fold(name):
            unused = {
                "name": name,
                "meaning": entry.meaning,
                "is_active": False,
                "is_curated": True,
            }
            GlossaryEntry.objects.get_or_create(key=fold(name), defaults=unused)


def entry_called(text: str) -> GlossaryEntry | None:
    """Return what the glossary has under a name, or another name of it, however it is spelled, in the plural or not."""
    entry = _present_names().called(text)
    return GlossaryEntry.objects.filter(pk=entry).first() if entry else None


class Names:
    """The names of all entries, to be found in titles."""

    def __init__(self, entries: Iterable[tuple[int, Sequence[str]]]) -> None:
        self._written: dict[str, list[int]] = defaultdict(list)
        self._terms: dict[str, list[tuple[_Words, int]]] = defaultdict(list)
        self._called: dict[str, list[tuple[str, int]]] = defaultdict(list)
        for entry, names in entries:
            for name in names:
                words = _words(name)
                self._called["".join(words)].append((name, entry))
                if _WRITTEN.fullmatch(name):
                    self._written[name].append(entry)
                elif words:
                    self._terms[words[0]].append((words, entry))
        self._forms = Forms(self._written)

    def called(self, text: str) -> int | None:
        """Return the entry of which a text is a name, whatever its signs, in the plural or not, in small letters or as it is written."""
        typed = _LETTERS.sub("", text)
        for name, entry in self._called.get("".join(_words(text)), ()):
            is_as_written = typed.startswith(_LETTERS.sub("", name))
            if (
                is_as_written
                or typed in (typed.lower(), typed.upper())
                or not _WRITTEN.fullmatch(name)
            ):
                return entry
        return None

    def find(self, title: str) -> list[int]:
        """Return the entries that a title names, each once: first names as they are written, then terms, of more words first."""
        # Latin names stand among Chinese characters without a space.
        forms = self._forms.find(_CJK.sub(r" \1 ", title))
        found = [entry for one in forms for entry in self._written[one.form]]
        # Nothing is at the end of each piece, so that no term goes on into the next.
        words = [word for piece in _STOP.split(title) for word in (*_words(piece), "")]
        terms = sorted(self._terms_in(tuple(words)), reverse=True)
        return list(dict.fromkeys([*found, *(entry for _, _, entry in terms)]))

    def _terms_in(self, words: _Words) -> Iterator[tuple[int, int, int]]:
        """Yield how many words a term has, how near to the beginning it stands and whose it is, the longest at each place."""
        place = 0
        while place < len(words):
            here = [
                (len(term), -place, entry)
                for term, entry in self._terms.get(words[place], ())
                if words[place : place + len(term)] == term
            ]
            longest = max((length for length, _, _ in here), default=0)
            yield from (one for one in here if one[0] == longest)
            place += max(longest, 1)


def _words(text: str) -> _Words:
    """The words of a text in the singular. By their stems "linearizing" would be in "linear", "personalization" in "person"."""
    return tuple(word.removesuffix("s") for word in parts(text))


def refresh_mentions(cursor: CursorWrapper, papers: Sequence[int]) -> None:
    """Find anew which entries the titles of these papers name."""
    names = _present_names()
    cursor.execute(_TITLES.format("p.id = ANY(%s)"), [list(papers)])
    rows = [
        (paper, entry, place)
        for paper, titles in cursor.fetchall()
        for place, entry in enumerate(_found(names, titles))
    ]
    of, entries, places = (
        (list(column) for column in zip(*rows, strict=True)) if rows else ([], [], [])
    )
    cursor.execute(_DROP, [list(papers), of, entries])
    if rows:
        cursor.execute(_WRITE, [of, entries, places])


def embedded_text(title: str, abstract: str) -> str:
    """Return the text by which a paper that is not here yet would be embedded (search.embed)."""
    if abstract:
        return f"{title}. {abstract}"
    found = _found(_present_names(), [title])
    meanings = GlossaryEntry.objects.in_bulk(found)
    said = " ".join(meanings[entry].meaning for entry in found if entry in meanings)
    return f"{title}. {said}" if said else title


def _found(names: Names, titles: Iterable[str]) -> list[int]:
    every = dict.fromkeys(entry for title in titles for entry in names.find(title))
    return list(every)[:MOST]


def _present_names() -> Names:
    with connection.cursor() as cursor:
        cursor.execute(_STATE)
        return _names(cursor.fetchone()[0])


@lru_cache(maxsize=1)
def _names(state: str) -> Names:
    """The names of the glossary in this state of it."""
    rows = GlossaryEntry.objects.filter(is_active=True).order_by("pk")
    return Names((row.pk, row.names) for row in rows)


@dataclass(frozen=True, slots=True)
class Unread:
    """That titles were not yet read by the glossary as it is now, and which papers that may concern."""

    state: str
    papers: list[int]

    def remember(self) -> None:
        """Say that they were read."""
        with connection.cursor() as cursor:
            cursor.execute(_REMEMBER, [self.state])


def unread() -> Unread | None:
    """Bring the entries up to date with the file; return what is to be read again, None where nothing has changed since.

    What no glossary was read by yet was written by an older version, whose terms were others: all of it is read.
    """
    write_entries()
    with connection.cursor() as cursor:
        cursor.execute(_STATE)
        state = cursor.fetchone()[0]
        cursor.execute(_READ_BY)
        read_by = cursor.fetchone()[0]
        if read_by == state:
            return None
        names = _names(state)
        cursor.execute(_CONCERNED if read_by else "SELECT id FROM catalog_paper")
        concerned = {paper for (paper,) in cursor.fetchall()}
        cursor.execute(_TITLES.format("true"))
        while rows := cursor.fetchmany(_BATCH):
            concerned |= {paper for paper, titles in rows if _found(names, titles)}
    return Unread(state, sorted(concerned))
