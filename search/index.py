"""The word index: each paper's weighted words, and the lexicon of all of them.

Weights: A titles, aliases and system names; B authors; C topics, venue and repositories; D the abstract.
Words stand as written (search.words) and, for English prose, as stems too, so that phrases, names and Chinese text
are exact while "caching" finds "cache".
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from catalog.models import Paper
from search.authors import refresh_author_names
from search.glossary import refresh_mentions, unread
from search.postings import write_alone, write_postings
from search.recounting import note_changed, recount
from search.suggestions import refresh_places, refresh_suggestions
from search.texts import PaperTexts, texts_of
from search.words import parts, placed, sentences, system_names, tokens

BATCH = 1000
# PostgreSQL's own limits: positions of one word, and the last position it tells apart.
_MAX_POSITIONS, _LAST_POSITION = 255, 16_383
_GAP = 10  # keeps a phrase from running from one text into the next

# Stems join the words as written only where they differ, so that no word counts twice. Rows that are right already
# are left out before the write: a conflict would lock them, and a lock is a write to the page.
_WRITE = """
WITH texts AS (
    SELECT id, string_to_array(names, ' ') AS names, written::tsvector AS written,
        setweight(to_tsvector('english', title), 'A')
        || setweight(to_tsvector('english', topics), 'C')
        || setweight(to_tsvector('english', abstract), 'D') AS stems
    FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[])
        AS texts (id, names, written, title, topics, abstract)
), made AS MATERIALIZED (
    SELECT id, written || ts_delete(stems, tsvector_to_array(written)) AS words, names FROM texts
)
INSERT INTO search_papertext AS old (paper_id, words, names)
SELECT m.id, m.words, m.names FROM made m JOIN catalog_paper p ON p.id = m.id
WHERE NOT EXISTS (
    SELECT FROM search_papertext t WHERE t.paper_id = m.id AND t.words = m.words AND t.names = m.names
)
ORDER BY m.id
ON CONFLICT (paper_id) DO UPDATE SET words = excluded.words, names = excluded.names
"""
_DROP = """
DELETE FROM search_papertext t USING catalog_paper p
WHERE p.id = t.paper_id AND p.merged_into_id IS NOT NULL AND p.id = ANY(%s)
"""
_ADD_WORDS = """
INSERT INTO search_word (word, papers)
SELECT w.lexeme, count(*) FROM search_papertext t, unnest(t.words) w WHERE t.paper_id = ANY(%s)
GROUP BY 1 ORDER BY 1
ON CONFLICT DO NOTHING
"""


def refresh_words(ids: Iterable[int] | None = None) -> int:
    """Bring the index of these papers (None: of all) up to date; return how many rows were written.

    A row whose words have not changed is not written. Words and terms that are new are added with how many of these papers
    have them; the others keep their counts, which do no harm when they are a little old. All are recounted here after all
    papers were looked at, else by a job (search.recounting).
    """
    glossary = unread() if ids is None else None
    every = list(Paper.objects.order_by("pk").values_list("pk", flat=True)) if ids is None else []
    wanted = every if ids is None else sorted(set(ids))
    written, suggested = 0, False
    for start in range(0, len(wanted), BATCH):
        batch = wanted[start : start + BATCH]
        with transaction.atomic(), connection.cursor() as cursor:
            write_alone(cursor)
            refresh_mentions(cursor, batch)
            texts = list(texts_of(batch))
            refresh_author_names(cursor, batch)
            changed = _write(cursor, batch, texts)
            if changed:
                cursor.execute(_ADD_WORDS, [batch])
            posted = write_postings(cursor, batch, texts)
            if changed or posted:
                note_changed(cursor, max(changed, posted))
            if changed or posted or ids is None:
                refresh_suggestions(batch)
                suggested = True
        written += max(changed, posted)
    if suggested:
        with transaction.atomic(), connection.cursor() as cursor:
            write_alone(cursor)
            refresh_places()
    if glossary:
        glossary.remember()
    if written and ids is None:
        recount()
    return written


def follow_glossary() -> int:
    """Bring the papers that it may concern up to date with the glossary, if that has changed; return how many rows were written."""
    glossary = unread()
    if not glossary:
        return 0
    written = refresh_words(glossary.papers)
    glossary.remember()
    return written


def _write(cursor: CursorWrapper, ids: Sequence[int], found: Sequence[PaperTexts]) -> int:
    rows = [_row(texts) for texts in found]
    cursor.execute(_WRITE, [list(column) for column in zip(*rows, strict=True)] or [[]] * 6)
    written: int = cursor.rowcount
    cursor.execute(_DROP, [list(ids)])
    dropped: int = cursor.rowcount
    return written + dropped


def _row(texts: PaperTexts) -> tuple[int, str, str, str, str, str]:
    """Return id, system names, the words as written as a tsvector, and the prose that is to be stemmed."""
    names = dict.fromkeys(name for title in texts.titles for name in system_names(title))
    return (
        texts.paper_id,
        " ".join(names),
        _tsvector(texts),
        " ".join(part for title in texts.titles for part in parts(title)),
        " ".join(part for topic in texts.topics for part in parts(topic)),
        " ".join(parts(texts.abstract)),
    )


def _tsvector(texts: PaperTexts) -> str:
    lexemes: dict[str, list[str]] = defaultdict(list)
    position = 1

    def add(text: str, weight: str, *, pairs: bool = False) -> None:
        nonlocal position
        last = position
        for lexeme, last in placed(text, position, pairs=pairs):
            if last <= _LAST_POSITION and len(lexemes.get(lexeme, ())) < _MAX_POSITIONS:
                lexemes[lexeme].append(f"{last}{weight}")
        position = last + _GAP

    for title in texts.titles:
        add(title, "A", pairs=True)
    for name in texts.authors:
        add(name, "B")
    for text in [*texts.topics, *texts.venue, *texts.repositories]:
        add(text, "C")
    add(texts.abstract, "D")
    for weight, group in (("A", texts.titles), ("D", sentences(texts.abstract))):
        for text in group:
            if _has_camel_case(text):
                add(text.lower(), weight)
    return " ".join(f"'{lexeme}':{','.join(places)}" for lexeme, places in lexemes.items())


def _has_camel_case(text: str) -> bool:
    return any(len(word) > 1 for token in tokens(text) for word in token.words)
