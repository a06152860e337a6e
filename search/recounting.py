"""Counting anew in how many papers words and terms stand, and mining synonyms, after many papers have changed.

It reads the whole index, so that no page does it: who changes papers notes how many, in the transaction that writes their
words, and a job counts when they are many. What is noted stays in the database until it is counted.
"""

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import F
from django.db.models.functions import Greatest

from catalog.locks import RECOUNT
from search.models import IndexState, PaperText
from search.postings import recount_terms, write_alone
from search.synonyms import mine_synonyms

# Changed papers: after fewer the counts are near enough. It reads the whole index, so that a large one waits for more.
MANY, SHARE = 100, 0.02

_NOTE = """
INSERT INTO search_indexstate AS old (id, changed) VALUES (1, %s)
ON CONFLICT (id) DO UPDATE SET changed = old.changed + excluded.changed
"""
_RECOUNT = """
WITH counted AS MATERIALIZED (
    SELECT word, ndoc FROM ts_stat('SELECT words FROM search_papertext')
), gone AS (
    DELETE FROM search_word w WHERE NOT EXISTS (SELECT FROM counted c WHERE c.word = w.word)
)
INSERT INTO search_word (word, papers)
SELECT word, ndoc FROM counted c
WHERE NOT EXISTS (SELECT FROM search_word w WHERE w.word = c.word AND w.papers = c.ndoc) ORDER BY 1
ON CONFLICT (word) DO UPDATE SET papers = excluded.papers
"""


def note_changed(cursor: CursorWrapper, papers: int) -> None:
    """Remember that the words of so many papers were written."""
    cursor.execute(_NOTE, [papers])


def is_due() -> bool:
    many = max(MANY, SHARE * PaperText.objects.count())
    return IndexState.objects.filter(changed__gte=many).exists()


def recount_if_due() -> bool:
    """Recount when many papers have changed since the last time; return whether it was done.

    One at a time: a second returns at once, and what changes while the first counts stays noted.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [RECOUNT])
        if not cursor.fetchone()[0]:
            return False
        try:
            due = is_due()
            if due:
                recount()
            return due
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [RECOUNT])


def recount() -> None:
    """Count words and terms anew and mine synonyms. A process that is killed leaves what was noted for the next."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_lock(%s)", [RECOUNT]
        )  # two would take off what they noted twice
        try:
            noted = sum(IndexState.objects.values_list("changed", flat=True))
            recount_words()
            mine_synonyms()
            IndexState.objects.update(changed=Greatest(F("changed") - noted, 0))
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [RECOUNT])


def recount_words() -> None:
    """Count anew in how many papers each word of the lexicon and each term stands."""
    with transaction.atomic(), connection.cursor() as cursor:
        write_alone(cursor)
        # The planner must know first that much has changed: it would take full tables for empty ones.
        cursor.execute("ANALYZE search_posting, search_term, search_papertext, search_word")
        cursor.execute(_RECOUNT)
        recount_terms(cursor)
