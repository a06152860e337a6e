"""One statement that finds and ranks the papers for a question, by their words and by their meaning.

1. Forms: the question's terms (search.terms) and, for those that no paper has, the nearest terms that some have.
2. Candidates: papers by Σ idf(term) · weight(term, paper), read from the postings, the weightiest of a common term only;
   the nearest vectors (exact scan); papers of this title, system name or author. Filters hold for all (search.filters).
3. Each candidate gets both scores, whichever side proposed it: the cosine, and the sum over all its terms as a share of the
   best candidate's. idf is BM25's ln(1 + (N − n + ½)/(n + ½)) (Robertson and Zaragoza 2009), the weights are BM25F's.
   They are summed: where both scores are known, a convex sum beats reciprocal ranks (Bruch, Gai and Ingber 2023, "An
   Analysis of Fusion Functions for Hybrid Retrieval").
4. Tiers come before scores: the exact title, the system or author so named, titles that begin so, titles with every
   term, all others. Ties are settled by primary key.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from django.db import connection

from catalog.folding import fold
from search.filters import Filter, make_filter
from search.question import MAX_TERMS, Question
from search.serving import indexed_papers
from search.terms import asked_terms

MAX_RANKED = 500
SETTINGS: dict[str, float] = {
    "most": MAX_RANKED,
    "most_read": 2000,  # postings of a term, the weightiest first
    "nearest": 60,
    # Below this cosine two texts have nothing to do with each other (all-MiniLM-L6-v2).
    "least_cosine": 0.25,
    "least_covered": 0.1,
    "lexical_share": 0.3,
    "floor": 0.3,  # of the weight that a paper about every term would have, for the best to count in full
    "other_form": 0.8,  # what another form of a word is worth: "caching" for "cache"
    "slip": 0.8,
    "least_similarity": 0.4,
}

# What every hit must be, whichever side proposes it; x is the proposal.
LISTED = """EXISTS (
    SELECT FROM catalog_placement l WHERE l.paper_id = x.paper_id AND l.retired_at IS NULL
)"""
_RANK = (
    """
WITH asked AS MATERIALIZED (
    SELECT * FROM unnest(%(numbers)s::int[], %(terms)s::text[], %(stems)s::text[], %(factors)s::float8[])
        AS asked (n, text, stem, factor)
), known AS MATERIALIZED (
    -- A word is as rare as all its forms together.
    SELECT n, t.id, t.papers, sum(t.papers) OVER (PARTITION BY a.stem) AS shared,
        factor * CASE WHEN t.text = a.text THEN 1 ELSE %(other_form)s END AS factor
    FROM asked a JOIN search_term t USING (stem) WHERE t.papers > 0
), form AS MATERIALIZED (
    SELECT n, id, papers, factor * ln(1 + (greatest(%(total)s - shared, 0) + 0.5) / (shared + 0.5)) AS value FROM (
        SELECT * FROM known
        UNION ALL
        SELECT a.n, near.id, near.papers, near.papers, %(slip)s * near.similarity
        FROM asked a, LATERAL (
            SELECT t.id, t.papers, similarity(t.text, a.text) AS similarity FROM search_term t
            WHERE t.text %% a.text AND similarity(t.text, a.text) >= %(least_similarity)s AND t.papers > 0
            ORDER BY similarity DESC, t.papers DESC, t.text LIMIT 3
        ) near
        WHERE a.n >= 0 AND length(a.text) >= 4 AND NOT EXISTS (SELECT FROM known k WHERE k.n = a.n)
    ) forms
), whole AS MATERIALIZED (
    SELECT coalesce(sum(value), 0) AS value FROM (
        SELECT max(value) AS value FROM form WHERE n >= 0 GROUP BY n
    ) words
), listed AS MATERIALIZED (
    -- Of common words the weightiest postings only; what they weigh in full is looked up for the candidates.
    SELECT p.paper_id, sum(f.value * p.weight) AS score,
        sum(f.value * p.weight) FILTER (WHERE f.papers <= %(most_read)s) AS weight,
        sum(f.value) FILTER (WHERE f.n <> -1 AND f.papers <= %(most_read)s) AS covered,
        bit_or(1::bigint << f.n) FILTER (WHERE f.n >= 0 AND f.papers <= %(most_read)s AND p.fields & 1 = 1) AS titled
    FROM form f CROSS JOIN LATERAL (
        SELECT paper_id, weight, fields FROM search_posting
        WHERE term_id = f.id ORDER BY weight DESC LIMIT %(most_read)s
    ) p GROUP BY p.paper_id
), held AS MATERIALIZED (
    SELECT x.paper_id FROM (
        {proposed}
    ) x WHERE {listed} AND {chosen}
    ORDER BY score DESC, paper_id LIMIT %(most)s
), near AS MATERIALIZED (
    SELECT x.paper_id FROM (
        SELECT x.paper_id, x.vector <=> %(vector)s::vector AS distance FROM search_embedding x
        WHERE x.model = %(model)s AND %(vector)s::vector IS NOT NULL AND {listed} AND {typed}
        ORDER BY distance, x.paper_id LIMIT %(nearest)s
    ) x WHERE distance <= 1 - %(least_cosine)s AND {chosen}
), named AS MATERIALIZED (
    SELECT id AS paper_id, 0 AS tier FROM catalog_paper WHERE title_key = %(title_key)s
    UNION ALL
    SELECT paper_id, 0 FROM catalog_titlealias WHERE title_key = %(title_key)s
    UNION ALL
    SELECT paper_id, 1 FROM search_papertext WHERE names @> ARRAY[%(name_key)s]
    UNION ALL
    SELECT s.paper_id, 1 FROM catalog_authorship s JOIN catalog_author a ON a.id = s.author_id
    WHERE a.name_key = ANY(%(author_keys)s)
    UNION ALL
    (
        SELECT id, 2 FROM catalog_paper
        WHERE title_key LIKE %(prefix)s AND length(%(prefix)s) > 3
        ORDER BY length(title_key), id LIMIT 100
    )
), candidate AS MATERIALIZED (
    SELECT paper_id, min(tier) AS tier FROM (
        SELECT paper_id, 4 AS tier FROM held
        UNION ALL SELECT paper_id, 4 FROM near
        UNION ALL SELECT paper_id, tier FROM named x WHERE {listed} AND {chosen}
        -- A title that reads as if it had operators in it is a title all the same.
        UNION ALL SELECT id, 0 FROM (
            SELECT id, id AS paper_id FROM catalog_paper WHERE title_key = %(whole_key)s AND
                translate(lower(title), E'“”„‟«»＂−–— \n', '"""
    """"---') = %(whole)s
        ) x WHERE {listed}
    ) proposed GROUP BY paper_id
), common AS MATERIALIZED (
    SELECT * FROM form WHERE papers > %(most_read)s
), matched AS MATERIALIZED (
    SELECT c.paper_id, c.tier,
        coalesce(l.weight, 0) + coalesce(m.weight, 0) AS weight,
        coalesce(l.covered, 0) + coalesce(m.covered, 0) AS covered,
        coalesce(l.titled, 0) | coalesce(m.titled, 0) AS titled
    FROM candidate c LEFT JOIN listed l USING (paper_id) LEFT JOIN LATERAL (
        SELECT sum(f.value * p.weight) AS weight, sum(f.value) FILTER (WHERE f.n <> -1) AS covered,
            bit_or(1::bigint << f.n) FILTER (WHERE f.n >= 0 AND p.fields & 1 = 1) AS titled
        FROM common f JOIN search_posting p ON p.term_id = f.id AND p.paper_id = c.paper_id
    ) m ON EXISTS (SELECT FROM common)
), scored AS (
    SELECT m.paper_id,
        CASE WHEN m.tier > 3 AND %(asked)s > 0 AND m.titled = %(asked)s THEN 3 ELSE m.tier END AS tier,
        coalesce(
            m.weight / nullif(greatest(max(m.weight) OVER (), %(floor)s * whole.value), 0), 0
        ) AS lexical,
        -- greatest() would make 0 of a distance that is not known.
        CASE WHEN e.vector IS NOT NULL AND %(vector)s::vector IS NOT NULL
            THEN greatest(1 - (e.vector <=> %(vector)s::vector), 0) END AS cosine,
        CASE WHEN m.tier < 4 OR m.titled = %(asked)s THEN 0.15 * similarity(p.title_key, %(title_key)s)
            + CASE WHEN strpos(p.title, %(text)s) > 0 THEN 0.04 ELSE 0 END ELSE 0 END AS likeness,
        m.covered >= %(least_covered)s * whole.value AS is_covered
    FROM matched m
    JOIN catalog_paper p ON p.id = m.paper_id
    LEFT JOIN search_embedding e ON e.paper_id = m.paper_id AND e.model = %(model)s,
    whole
), fused AS (
    SELECT paper_id, tier, lexical, cosine, likeness,
        CASE WHEN cosine IS NULL THEN lexical
        ELSE %(lexical_share)s * lexical + (1 - %(lexical_share)s) * cosine END AS score
    FROM scored
    WHERE is_covered OR tier < 4 OR cosine >= %(least_cosine)s
)
SELECT paper_id, round((4 - tier + 0.8 * score + CASE WHEN tier < 4 THEN likeness ELSE 0 END)::numeric, 6),
    lexical, cosine
FROM fused ORDER BY 2 DESC, paper_id
"""
)
# Nearly every paper is listed: a few more than wanted are enough to look at. A filter may leave out any number, and let
# through papers that stand far down in the postings of common words.
_PROPOSED = "SELECT paper_id, score FROM listed ORDER BY score DESC, paper_id LIMIT 2 * %(most)s"
_FILTERED = """SELECT paper_id, score FROM listed
        UNION ALL
        (SELECT x.paper_id, 0 FROM search_papertext x WHERE {chosen} LIMIT %(most)s)"""


_SIGNS = str.maketrans(
    {**dict.fromkeys("“”„‟«»＂", '"'), **dict.fromkeys("−–—", "-"), " ": None, "\n": None}
)


@dataclass(frozen=True, slots=True)
class Ranked:
    """A paper with its score from 0 to 5 and the two scores it comes from, each from 0 to 1."""

    paper_id: int
    score: float
    lexical: float
    cosine: float | None


def rank(
    question: Question,
    model: str = "",
    vector: list[float] | None = None,
    settings: Mapping[str, float] = MappingProxyType({}),
    *,
    typed: Filter | None = None,
    chosen: Filter | None = None,
) -> list[Ranked]:
    """Return the best papers for a question, best first: MAX_RANKED by their words, and those near or named. One query.

    `typed` is the filter that the question itself is (made from its conditions where it is not given), `chosen` that and
    what was chosen beside it: it leaves out papers, but changes neither what is near nor any score's meaning.
    `settings` replace those of SETTINGS, for measuring what they do.
    """
    typed = typed or make_filter(question.conditions)
    chosen = chosen or typed
    names = {**_parameters(question, model, vector), **settings, **chosen.parameters}
    names["whole_key"] = fold(question.whole) if chosen is typed else ""
    names["whole"] = question.whole.translate(_SIGNS).lower()
    query = _RANK.replace("{proposed}", _PROPOSED if chosen.is_open else _FILTERED)
    query = query.replace("{listed}", LISTED)
    query = query.replace("{typed}", typed.sql).replace("{chosen}", chosen.sql)
    with connection.cursor() as cursor:
        cursor.execute(query, names)
        return [Ranked(paper, float(score), *rest) for paper, score, *rest in cursor.fetchall()]


def nearest(model: str, vector: list[float], limit: int) -> list[int]:
    """The listed papers nearest to a vector, nearest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT x.paper_id FROM search_embedding x WHERE x.model = %s AND {LISTED} "  # noqa: S608  # our own text
            "ORDER BY x.vector <=> %s::vector, x.paper_id LIMIT %s",
            [model, str(vector), limit],
        )
        return [paper for (paper,) in cursor.fetchall()]


def _parameters(question: Question, model: str, vector: list[float] | None) -> dict[str, Any]:
    terms = asked_terms(question.text, MAX_TERMS)
    return {
        **SETTINGS,
        "total": indexed_papers(),
        "numbers": [term.number for term in terms],
        "terms": [term.text for term in terms],
        "stems": [term.stem for term in terms],
        "factors": [term.factor for term in terms],
        "asked": sum(1 << term.number for term in terms if term.number >= 0),
        "text": question.text,
        "title_key": question.title_key,
        "name_key": question.name_key,
        "author_keys": question.author_keys,
        "prefix": _like(question.title_key) + "%",
        "model": model,
        "vector": str(vector) if vector else None,
    }


def _like(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
