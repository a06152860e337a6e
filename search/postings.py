"""The postings: for each term the papers that have it, those that are most about it first.

A common word is read only as far as it may matter, which is what makes ranking quick (search.ranking).
"""

import hashlib
from collections.abc import Iterable, Mapping

from django.db.backends.utils import CursorWrapper

from catalog.locks import INDEX
from search.terms import Held, paper_terms
from search.texts import PaperTexts

_STAGE = """
CREATE TEMP TABLE stated (paper_id bigint, text text, weight real, fields smallint) ON COMMIT DROP
"""
# A paper that is only expected to have a term counts as far as it is.
_PAPERS = "ceil(sum(CASE WHEN fields > 0 THEN 1 ELSE weight END))"
_ADD_TERMS = """
INSERT INTO search_term (text, papers, postings)
SELECT text, {papers}, count(*) FROM stated GROUP BY 1 ORDER BY 1 ON CONFLICT DO NOTHING
"""
_REPLACE = """
INSERT INTO search_posting (paper_id, term_id, weight, fields)
SELECT s.paper_id, t.id, s.weight, s.fields FROM stated s JOIN search_term t USING (text) ORDER BY 1, 2
"""
_HASHES = """
UPDATE search_papertext p SET terms_hash = new.hash
FROM unnest(%s::bigint[], %s::text[]) AS new (id, hash) WHERE p.paper_id = new.id
"""
_RECOUNT = """
WITH counted AS MATERIALIZED (
    SELECT term_id, {papers} AS papers, count(*) AS postings FROM search_posting GROUP BY 1
), gone AS (
    DELETE FROM search_term t WHERE NOT EXISTS (SELECT FROM counted c WHERE c.term_id = t.id)
)
UPDATE search_term t SET papers = c.papers, postings = c.postings FROM counted c
WHERE c.term_id = t.id AND (t.papers, t.postings) <> (c.papers, c.postings)
"""


def write_alone(cursor: CursorWrapper) -> None:
    """Wait until nobody else writes the index, till the transaction ends: pages, workers and commands all do."""
    cursor.execute("SELECT pg_advisory_xact_lock(%s)", [INDEX])


def write_postings(cursor: CursorWrapper, ids: Iterable[int], papers: Iterable[PaperTexts]) -> int:
    """Bring the postings of papers that have their words in the index up to date; return of how many they changed.

    `papers` are those among `ids` that are not merged away; the others lose their postings.
    """
    terms = {texts.paper_id: paper_terms(texts) for texts in papers}
    hashes = {paper: _hash(held) for paper, held in terms.items()}
    cursor.execute(
        "SELECT paper_id, terms_hash FROM search_papertext WHERE paper_id = ANY(%s)", [list(terms)]
    )
    changed = [paper for paper, known in cursor.fetchall() if hashes[paper] != known]
    gone = set(ids) - terms.keys()
    cursor.execute("DELETE FROM search_posting WHERE paper_id = ANY(%s)", [[*changed, *gone]])
    if not changed:
        return 0
    cursor.execute(_STAGE)
    with cursor.copy("COPY stated FROM STDIN") as copy:
        for paper in changed:
            for text, held in terms[paper].items():
                copy.write_row((paper, text, held.weight, held.fields))
    cursor.execute(_ADD_TERMS.format(papers=_PAPERS))
    cursor.execute(_REPLACE)
    cursor.execute("DROP TABLE stated")
    cursor.execute(_HASHES, [changed, [hashes[paper] for paper in changed]])
    return len(changed)


def recount_terms(cursor: CursorWrapper) -> None:
    """Count anew in how many papers each term stands."""
    cursor.execute(_RECOUNT.format(papers=_PAPERS))


def _hash(terms: Mapping[str, Held]) -> str:
    rows = sorted((text, round(held.weight, 5), held.fields) for text, held in terms.items())
    return hashlib.sha256(repr(rows).encode()).hexdigest()
