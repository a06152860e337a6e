"""One statement that finds and ranks the papers for a question, by their words and by their meaning.

1. Forms: each term as typed, its English stem and, when the lexicon lacks it, the nearest words that it has.
2. Candidates: papers that hold a fair share of the terms, weighed by rarity; the nearest vectors (exact scan);
   papers of this title, system name or author. Phrases and exclusions hold for all of them.
3. Each candidate gets both scores, whichever side proposed it: the cosine, and Σ idf(term) · max(factor · ts_rank)
   as a share of what a title with every term would get. idf is BM25's ln(1 + (N − n + ½)/(n + ½)) (Robertson and
   Zaragoza 2009). They are summed: where both scores are known, a convex sum beats reciprocal ranks (Bruch, Gai
   and Ingber 2023, "An Analysis of Fusion Functions for Hybrid Retrieval").
4. Tiers come before scores: the exact title, the system or author so named, titles that begin so, titles with every
   term, all others. Ties are settled by primary key.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from django.db import connection

from search.question import Question

MAX_RANKED = 1000
SETTINGS: dict[str, float] = {
    "most": MAX_RANKED,
    "nearest": 60,
    # Below this cosine two texts have nothing to do with each other (all-MiniLM-L6-v2).
    "least_cosine": 0.25,
    "least_covered": 0.34,
    "lexical_share": 0.5,
    "stem": 0.9,
    "slip": 0.8,
    "least_similarity": 0.4,
    # Words of more papers than this propose no candidates where a rarer one does.
    "common": 2000,
}

# What every hit must be, whichever side proposes it; x is the proposal.
_LISTED = """EXISTS (
    SELECT FROM catalog_placement l WHERE l.paper_id = x.paper_id AND l.retired_at IS NULL
)"""
_FILTERED = """EXISTS (
    SELECT FROM search_papertext w, barred WHERE w.paper_id = x.paper_id
        AND (%(required)s = '' OR w.words @@ %(required)s::tsquery) AND NOT w.words @@ barred.query
)"""

_RANK = """
WITH typed AS MATERIALIZED (
    SELECT n, is_first, words, query::tsquery AS query, factor,
        (
            SELECT min(coalesce(w.papers, 0)) FROM string_to_table(words, ' ') AS part
            LEFT JOIN search_word w ON w.word = part
        ) AS papers
    FROM unnest(%(n)s::int[], %(is_first)s::bool[], %(words)s::text[], %(queries)s::text[], %(factors)s::float8[])
        AS asked (n, is_first, words, query, factor)
), known AS MATERIALIZED (
    SELECT n, query, factor, papers FROM typed WHERE papers > 0
    UNION ALL
    SELECT t.n, quote_literal(stem)::tsquery, %(stem)s, w.papers
    FROM typed t, unnest(ts_lexize('english_stem', t.words)) AS stem JOIN search_word w ON w.word = stem
    WHERE t.is_first AND strpos(t.words, ' ') = 0 AND stem <> t.words
), form AS MATERIALIZED (
    SELECT * FROM known
    UNION ALL
    SELECT t.n, quote_literal(near.word)::tsquery, %(slip)s * near.similarity, near.papers
    FROM typed t, LATERAL (
        SELECT w.word, w.papers, similarity(w.word, t.words) AS similarity FROM search_word w
        WHERE w.word %% t.words AND similarity(w.word, t.words) >= %(least_similarity)s
        ORDER BY similarity DESC, w.papers DESC, w.word LIMIT 3
    ) near
    WHERE t.is_first AND length(t.words) >= 4 AND strpos(t.words, ' ') = 0
        AND NOT EXISTS (SELECT FROM known k WHERE k.n = t.n)
), term AS MATERIALIZED (
    SELECT n, string_agg('(' || query::text || ')', ' | ')::tsquery AS query, max(papers) AS papers,
        ln(1 + (greatest(every.total - max(papers), 0) + 0.5) / (max(papers) + 0.5)) AS idf
    FROM form, (SELECT count(*) AS total FROM search_papertext) every GROUP BY n, every.total
), whole AS MATERIALIZED (
    SELECT sum(idf) AS idf, min(papers) AS rarest,
        CASE WHEN count(*) = %(asked)s THEN string_agg('(' || query::text || ')', ' & ')::tsquery END AS query
    FROM term
), barred AS MATERIALIZED (
    SELECT (%(excluded)s || coalesce(string_agg(' | ' || quote_literal(stem), ''), ''))::tsquery AS query
    FROM unnest(%(excluded_words)s::text[]) AS word, unnest(ts_lexize('english_stem', word)) AS stem
), held AS MATERIALIZED (
    SELECT x.paper_id FROM (
        SELECT t.paper_id, sum(term.idf) AS covered
        FROM term JOIN search_papertext t ON t.words @@ term.query, whole
        WHERE term.papers <= greatest(%(common)s, whole.rarest)
        GROUP BY t.paper_id
    ) x, (
        SELECT sum(term.idf) AS idf FROM term, whole WHERE term.papers <= greatest(%(common)s, whole.rarest)
    ) proposing
    WHERE covered >= %(least_covered)s * proposing.idf AND {allowed}
    ORDER BY covered DESC, paper_id LIMIT %(most)s
), near AS MATERIALIZED (
    SELECT paper_id FROM (
        SELECT x.paper_id, x.vector <=> %(vector)s::vector AS distance FROM search_embedding x
        WHERE x.model = %(model)s AND %(vector)s::vector IS NOT NULL AND {allowed}
        ORDER BY distance, x.paper_id LIMIT %(nearest)s
    ) nearest WHERE distance <= 1 - %(least_cosine)s
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
        UNION ALL SELECT paper_id, tier FROM named x WHERE {allowed}
    ) proposed GROUP BY paper_id
), scored AS (
    SELECT c.paper_id,
        CASE WHEN c.tier > 3 AND ts_filter(t.words, '{a}') @@ whole.query THEN 3 ELSE c.tier END AS tier,
        -- 0.608 is the ts_rank of a word that stands once in a title.
        coalesce(least(lexical.score / nullif(0.608 * whole.idf, 0), 1), 0) AS lexical,
        -- greatest() would make 0 of a distance that is not known.
        CASE WHEN e.vector IS NOT NULL AND %(vector)s::vector IS NOT NULL
            THEN greatest(1 - (e.vector <=> %(vector)s::vector), 0) END AS cosine,
        0.15 * similarity(p.title_key, %(title_key)s)
            + CASE WHEN strpos(p.title, %(text)s) > 0 THEN 0.04 ELSE 0 END AS likeness
    FROM candidate c
    JOIN search_papertext t USING (paper_id)
    JOIN catalog_paper p ON p.id = c.paper_id
    LEFT JOIN search_embedding e ON e.paper_id = c.paper_id AND e.model = %(model)s,
    whole,
    LATERAL (
        SELECT sum(best.idf * best.best) AS score FROM (
            SELECT term.idf, max(f.factor * ts_rank('{0.8, 0.8, 0.9, 1.0}', t.words, f.query)) AS best
            FROM term JOIN form f USING (n) GROUP BY term.n, term.idf
        ) best
    ) lexical
), fused AS (
    SELECT paper_id, tier, lexical, cosine, likeness,
        CASE WHEN cosine IS NULL THEN lexical
        ELSE %(lexical_share)s * lexical + (1 - %(lexical_share)s) * cosine END AS score
    FROM scored
)
SELECT paper_id, round((4 - tier + 0.8 * score + CASE WHEN tier < 4 THEN likeness ELSE 0 END)::numeric, 6),
    lexical, cosine
FROM fused ORDER BY 2 DESC, paper_id
"""


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
) -> list[Ranked]:
    """Return the best papers for a question, best first, at most about a thousand. One query.

    `settings` replace those of SETTINGS, for measuring what they do.
    """
    allowed = f"{_LISTED} AND {_FILTERED}" if question.phrases or question.excluded else _LISTED
    with connection.cursor() as cursor:
        names = {**_parameters(question, model, vector), **settings}
        cursor.execute(_RANK.replace("{allowed}", allowed), names)
        return [Ranked(paper, float(score), *rest) for paper, score, *rest in cursor.fetchall()]


def nearest(model: str, vector: list[float], limit: int) -> list[int]:
    """The listed papers nearest to a vector, nearest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT x.paper_id FROM search_embedding x WHERE x.model = %s AND {_LISTED} "  # noqa: S608  # our own text
            "ORDER BY x.vector <=> %s::vector, x.paper_id LIMIT %s",
            [model, str(vector), limit],
        )
        return [paper for (paper,) in cursor.fetchall()]


def _parameters(question: Question, model: str, vector: list[float] | None) -> dict[str, Any]:
    forms = [
        (n, place == 0, form)
        for n, term in enumerate(question.terms)
        for place, form in enumerate(term.forms)
    ]
    return {
        **SETTINGS,
        "n": [n for n, _, _ in forms],
        "is_first": [is_first for _, is_first, _ in forms],
        "words": [" ".join(form.words) for _, _, form in forms],
        "queries": [form.tsquery for _, _, form in forms],
        "factors": [form.factor for _, _, form in forms],
        "asked": len(question.terms),
        "required": " & ".join(f"({phrase})" for phrase in question.phrases),
        "excluded": " | ".join(question.excluded),
        "excluded_words": list(question.excluded_words),
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
