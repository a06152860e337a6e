"""The glossary: names and terms of the field with their meaning, and the titles that they stand in.

A title often says little but a name. Who remembers what the thing does and not what it is called finds it by the sentence that
explains the name: its words are indexed with those of the title (search.terms), and a paper without an abstract is embedded
with it (search.embed).

glossary.tsv is what Stemma brings, written by hand in words of our own from general knowledge of the field, not from abstracts: a line for each
entry, its names with " | " between them, a tab, its meaning. Curators change and add entries in the admin (catalog.models.glossary);
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
from django.db.models import Q

from catalog.folding import fold
from catalog.models import GlossaryEntry
from catalog.systems.mentions import Forms
from search.terms import GLOSSARY
from search.words import CJK, parts, stem

FILE = Path(__file__).with_name("glossary.tsv")
MOST = 4  # entries of a title
_BATCH = 5000
_CJK = re.compile(f"({CJK})")
_STOP = re.compile(r"[:;?!]\s|\s[-–—]+\s")  # a term does not go on after it
_WRITTEN = re.compile(
    r"(?=.*[A-Z0-9∞])\S+"
)  # names of one word that are found only as they are written

_STATE = """
SELECT md5(coalesce(string_agg(concat_ws(E'\\t', id, name, array_to_string(others, '|'), meaning), E'\\n' ORDER BY id), ''))
FROM catalog_glossaryentry WHERE is_active
"""
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
JOIN catalog_glossaryentry e ON e.id = new.entry_id
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
    fresh, changed = [], []
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
            row.name, row.others, row.meaning = name, others, entry.meaning
            changed.append(row)
    with transaction.atomic():
        GlossaryEntry.objects.bulk_create(fresh, ignore_conflicts=True)
        GlossaryEntry.objects.bulk_update(changed, ["name", "others", "meaning"])
        GlossaryEntry.objects.filter(key__in=left, is_curated=False).delete()
    return len(fresh) + len(changed) + len(left)


def entry_called(text: str) -> GlossaryEntry | None:
    """Return what the glossary has under a name, in any form of it, or under another name of it as it is written."""
    called = Q(key=fold(text)) | Q(others__contains=[text])
    return GlossaryEntry.objects.filter(called, is_active=True).first()


class Names:
    """The names of all entries, to be found in titles."""

    def __init__(self, entries: Iterable[tuple[int, Sequence[str]]]) -> None:
        self._written: dict[str, list[int]] = defaultdict(list)
        self._terms: dict[str, list[tuple[tuple[str, ...], int]]] = defaultdict(list)
        for entry, names in entries:
            for name in names:
                if _WRITTEN.fullmatch(name):
                    self._written[name].append(entry)
                elif stems := tuple(map(stem, parts(name))):
                    self._terms[stems[0]].append((stems, entry))
        self._forms = Forms(self._written)

    def find(self, title: str) -> list[int]:
        """Return the entries that a title names, each once: first names as they are written, then terms, of more words first."""
        spaced = _CJK.sub(
            r" \1 ", title
        )  # Latin names stand among Chinese characters without a space
        found = [entry for one in self._forms.find(spaced) for entry in self._written[one.form]]
        stems = [word for piece in _STOP.split(title) for word in [*map(stem, parts(piece)), ""]]
        terms = sorted(self._terms_in(stems), reverse=True)
        return list(dict.fromkeys([*found, *(entry for _, _, entry in terms)]))

    def _terms_in(self, stems: Sequence[str]) -> Iterator[tuple[int, int, int]]:
        """Yield how many words a term has, how near to the beginning it stands and whose it is, the longest at each place."""
        place = 0
        while place < len(stems):
            here = [
                (len(term), -place, entry)
                for term, entry in self._terms.get(stems[place], ())
                if tuple(stems[place : place + len(term)]) == term
            ]
            longest = max((length for length, _, _ in here), default=0)
            yield from (one for one in here if one[0] == longest)
            place += max(longest, 1)


def refresh_mentions(cursor: CursorWrapper, papers: Sequence[int]) -> None:
    """Find anew which entries the titles of these papers name."""
    cursor.execute(_STATE)
    names = _names(cursor.fetchone()[0])
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


def _found(names: Names, titles: Iterable[str]) -> list[int]:
    every = dict.fromkeys(entry for title in titles for entry in names.find(title))
    return list(every)[:MOST]


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
    """Bring the entries up to date with the file; return what is to be read again, None where nothing has changed since."""
    write_entries()
    with connection.cursor() as cursor:
        cursor.execute(_STATE)
        state = cursor.fetchone()[0]
        cursor.execute(_READ_BY)
        if cursor.fetchone()[0] == state:
            return None
        names = _names(state)
        cursor.execute(_CONCERNED)
        concerned = {paper for (paper,) in cursor.fetchall()}
        cursor.execute(_TITLES.format("true"))
        while rows := cursor.fetchmany(_BATCH):
            concerned |= {paper for paper, titles in rows if _found(names, titles)}
    return Unread(state, sorted(concerned))
