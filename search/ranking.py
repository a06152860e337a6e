"""One statement that finds and ranks the papers for a question, by their words and by their meaning.

1. Forms: the question's terms (search.terms) and, for those that no paper has, the nearest terms that some have.
2. Candidates: papers by Σ idf(term) · weight(term, paper), read from the postings, the weightiest of a common term only;
   the nearest vectors (search.nearest); papers of this title, system name or author. Filters hold for all (search.filters).
3. The best candidates by words, and all others, get both scores, whichever side proposed them: the cosine, and the sum
   over all terms as a share of the best candidate's. idf is BM25's ln(1 + (N − n + ½)/(n + ½)) (Robertson and Zaragoza
   2009), the weights are BM25F's. They are summed: where both scores are known, a convex sum beats reciprocal ranks
   (Bruch, Gai and Ingber 2023, "An Analysis of Fusion Functions for Hybrid Retrieval"). A little is added for papers that
   are cited, starred or new (search.prior). Candidates by words beyond the best follow by what was read of them.
4. Tiers come before scores: the exact title, the system or author so named or a title but for a slip, titles that begin so,
   titles with every term, all others. Ties are settled by primary key.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from django.db import connection

from catalog.folding import fold
from search.filters import LISTED, Filter, make_filter
from search.nearest import nearest_sql
from search.question import MAX_TERMS, Question
from search.serving import indexed_papers
from search.terms import asked_terms

MAX_RANKED = 1000
SETTINGS: dict[str, float] = {
    "most": MAX_RANKED,
    "most_scored": 200,  # candidates by words that get both scores in full
    "most_read": 2000,  # postings of a term; one that more papers have is common
    "common_read": 1000,  # postings of a common term, the weightiest first
    "nearest": 60,
    # Below this cosine two texts have nothing to do with each other (all-MiniLM-L6-v2).
    "least_cosine": 0.25,
    "least_covered": 0.1,
    "lexical_share": 0.3,
    "prior_share": 0.02,  # what being cited, starred and new can add to a score
    "floor": 0.3,  # of the weight that a paper about every term would have, for the best to count in full
    "other_form": 0.8,  # what another form of a word is worth: "caching" for "cache"
    "slip": 0.8,
    "least_similarity": 0.4,
}

_RANK = """
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
    -- Of common words the weightiest postings only; what they weigh in full is looked up for the best candidates.
    SELECT p.paper_id, sum(f.value * p.weight) AS score,
        sum(f.value * p.weight) FILTER (WHERE f.papers <= %(most_read)s) AS weight,
        sum(f.value) FILTER (WHERE f.n <> -1) AS covered,
        bit_or(1::bigint << f.n) FILTER (WHERE f.n >= 0 AND f.papers <= %(most_read)s AND p.fields & 1 = 1) AS titled
    FROM form f CROSS JOIN LATERAL (
        SELECT paper_id, weight, fields FROM search_posting WHERE term_id = f.id ORDER BY weight DESC
        LIMIT CASE WHEN f.papers > %(most_read)s THEN %(common_read)s ELSE %(most_read)s END
    ) p GROUP BY p.paper_id
), held AS MATERIALIZED (
    -- A fair share of what was asked for, so that long questions do not find everything.
    SELECT x.paper_id, score, row_number() OVER (ORDER BY score DESC, x.paper_id) AS place FROM (
        {proposed}
    ) x WHERE {listed} AND {chosen}
    ORDER BY score DESC, x.paper_id LIMIT %(most)s
), near AS MATERIALIZED (
    SELECT x.paper_id FROM ({nearest}
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
    SELECT paper_id, min(tier) AS tier, min(place) AS place FROM (
        SELECT paper_id, 4 AS tier, place FROM held WHERE place <= %(most_scored)s
        UNION ALL SELECT paper_id, 4, NULL FROM near
        UNION ALL SELECT paper_id, tier, NULL FROM named x WHERE {listed} AND {chosen}
        -- A title that reads as if it had operators in it is a title all the same.
        UNION ALL SELECT id, 0, NULL FROM (
            SELECT id, id AS paper_id FROM catalog_paper WHERE title_key = %(whole_key)s AND
                translate(lower(title), %(typographic)s, %(plain)s) = %(whole)s
        ) x WHERE {listed}
    ) proposed GROUP BY paper_id
), common AS MATERIALIZED (
    SELECT * FROM form WHERE papers > %(most_read)s
), matched AS MATERIALIZED (
    SELECT c.paper_id, c.tier, c.place,
        coalesce(l.weight, 0) + coalesce(m.weight, 0) AS weight,
        coalesce(l.titled, 0) | coalesce(m.titled, 0) AS titled
    FROM candidate c LEFT JOIN listed l USING (paper_id) LEFT JOIN LATERAL (
        SELECT sum(f.value * p.weight) AS weight,
            bit_or(1::bigint << f.n) FILTER (WHERE f.n >= 0 AND p.fields & 1 = 1) AS titled
        FROM common f JOIN search_posting p ON p.term_id = f.id AND p.paper_id = c.paper_id
    ) m ON EXISTS (SELECT FROM common)
), scored AS (
    SELECT m.paper_id, t.prior, p.title, p.title_key,
        CASE WHEN m.tier = 4 AND %(asked)s > 0 AND m.titled = %(asked)s THEN 3
            -- The title but for one letter: of a title of n letters a wrong one spoils three of its n + 1 trigrams.
            WHEN m.tier > 1 AND m.place <= 20 AND abs(length(p.title_key) - length(%(title_key)s)) <= 1
                AND length(%(title_key)s) >= 7 AND similarity(p.title_key, %(title_key)s) >= 0.45 THEN 1
            ELSE m.tier END AS tier,
        coalesce(
            m.weight / nullif(greatest(max(m.weight) OVER (), %(floor)s * whole.value), 0), 0
        ) AS lexical,
        -- greatest() would make 0 of a distance that is not known.
        CASE WHEN e.vector IS NOT NULL AND %(vector)s::vector IS NOT NULL
            THEN greatest(1 - (e.vector <=> %(vector)s::vector), 0) END AS cosine
    FROM matched m
    JOIN catalog_paper p ON p.id = m.paper_id
    JOIN search_papertext t USING (paper_id)
    LEFT JOIN search_embedding e ON e.paper_id = m.paper_id AND e.model = %(model)s,
    whole
), fused AS (
    SELECT paper_id, lexical, cosine, 5 - tier
        + (0.8 - %(prior_share)s) * CASE WHEN cosine IS NULL THEN lexical
            ELSE %(lexical_share)s * lexical + (1 - %(lexical_share)s) * cosine END
        + %(prior_share)s * prior
        + CASE WHEN tier < 4 THEN 0.15 * similarity(title_key, %(title_key)s)
            + CASE WHEN strpos(title, %(text)s) > 0 THEN 0.04 ELSE 0 END ELSE 0 END AS score
    FROM scored
    UNION ALL
    SELECT paper_id, score / (SELECT max(score) FROM held), NULL, 1 - place::float8 / (%(most)s + 1)
    FROM held h WHERE place > %(most_scored)s AND NOT EXISTS (SELECT FROM candidate c WHERE c.paper_id = h.paper_id)
)
SELECT paper_id, round(score::numeric, 6), lexical, cosine FROM fused ORDER BY 2 DESC, paper_id
"""
_NOTHING = " SELECT 0::bigint AS paper_id, 0::float8 AS distance WHERE false"
# Nearly every paper is listed: a few more than wanted are enough to look at. A filter may leave out any number, and let
# through papers that stand far down in the postings of common words, beyond what was read of them.
_ENOUGH = "SELECT paper_id, score FROM listed, whole WHERE covered >= %(least_covered)s * value"
_PROPOSED = f"{_ENOUGH} ORDER BY score DESC, paper_id LIMIT 2 * %(most)s"
_FILTERED = f"""{_ENOUGH}
        UNION ALL
        (
            SELECT x.paper_id, 0 FROM search_papertext x
            WHERE EXISTS (SELECT FROM form WHERE papers > %(common_read)s) AND {{chosen}}
            AND NOT EXISTS (SELECT FROM listed d WHERE d.paper_id = x.paper_id) AND EXISTS (
                SELECT FROM form f JOIN search_posting p ON p.term_id = f.id AND p.paper_id = x.paper_id WHERE f.n <> -1
            ) LIMIT %(most)s
        )"""


# Signs as printed and as typed; spaces go.
_TYPOGRAPHIC, _PLAIN = "“”„‟«»＂−–— \n", '"' * 7 + "-" * 3
_SIGNS = str.maketrans(_TYPOGRAPHIC[:10], _PLAIN, " \n")


@dataclass(frozen=True, slots=True)
class Ranked:
    """A paper with its score from 0 to 6 and the two scores it comes from, each from 0 to 1."""

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
    names |= {"typographic": _TYPOGRAPHIC, "plain": _PLAIN}
    query = _RANK.replace("{proposed}", _PROPOSED if chosen.is_open else _FILTERED)
    query = query.replace("{nearest}", nearest_sql(model, typed) if vector else _NOTHING)
    query = query.replace("{listed}", LISTED).replace("{chosen}", chosen.sql)
    with connection.cursor() as cursor:
        cursor.execute(query, names)
        return [Ranked(paper, float(score), *rest) for paper, score, *rest in cursor.fetchall()]


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
