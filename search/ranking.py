"""One statement that finds and ranks the papers for a question, by their words and by their meaning.

1. Forms: the question's terms (search.terms) and, for those that no paper has, the nearest terms that some have.
2. Candidates: papers by Σ idf(term) · weight(term, paper), read from the postings, the weightiest of a common term only;
   the nearest vectors (search.nearest); papers of this title, system name or author. Filters hold for all (search.filters).
3. The best candidates by words, and all others, get both scores, whichever side proposed them: the cosine, and the sum
   over all terms as a share of the best candidate's. idf is BM25's ln(1 + (N − n + ½)/(n + ½)) (Robertson and Zaragoza
   2009), the weights are BM25F's. They are summed: where both scores are known, a convex sum beats reciprocal ranks
   (Bruch, Gai and Ingber 2023, "An Analysis of Fusion Functions for Hybrid Retrieval"). A little is added for papers that
   are cited, starred or new (search.prior). Candidates by words beyond the best follow by what was read of them.
4. Tiers come before scores: the exact title, the title but for a slip, the system or author so named, titles that begin so,
   titles with every term, all others. Ties are settled by primary key.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from django.db import connection
from psycopg.types.numeric import Int8

from catalog.folding import fold, fold_words
from catalog.models import Author
from search.authors import authors_like
from search.filters import LISTED, Filter, make_filter
from search.nearest import nearest_sql
from search.prepared import prepared_cursor
from search.question import MAX_TERMS, Question
from search.serving import indexed_papers
from search.slips import is_one_slip
from search.terms import JOINED, NAME, TITLE, asked_terms

MAX_RANKED = 1000
MOST_PEOPLE = 50  # that initials may mean
NAMED = (
    4  # the least score of what is called just as was asked: tiers of titles, systems and people
)
_BELOW_ONE = 0.999999  # no score leaves its tier
READ_WHOLE = 5000  # papers; of more, only the weightiest postings of each term are read
SETTINGS: dict[str, float] = {
    "most": MAX_RANKED,
    "most_scored": 100,  # candidates by words that get both scores in full
    "most_read": 6000,  # postings of all terms together; of each at most and at least
    "most_of_one": 2000,
    "least_read": 100,
    "nearest": 60,
    # Below this cosine two texts have nothing to do with each other (all-MiniLM-L6-v2).
    "least_cosine": 0.25,
    "least_covered": 0.07,
    # Words count the more the larger the share, to this power, of what was asked for that their best candidate has.
    "lexical_share": 0.3,
    "full_share": 0.8,
    "share_power": 3,
    "room": 0.98,  # of a tier, for the fused score and all that adds to it but what follows from mentions and spelling
    "likeness": 0.6,  # of a title to what was typed, where it has all of the words
    "most_likened": 50,  # best candidates by words that are looked at for that
    "same_spelling": 0.02,  # for a title that has what was typed letter by letter
    "prior_share": 0.02,  # what being cited, starred and new can add to a score
    "floor": 0.2,  # of the weight that a paper about every term would have, for the best to count in full
    "slip": 0.8,  # what a word is worth that may be meant by one that no paper has
    "least_similarity": 0.35,
    "most_mended": 8,  # words that no paper has of which the nearest are looked up
    "rare": 5,  # papers that have a word, for it to be taken for the name of a system that is mentioned
    "mention": 0.25,
    "named": 0.5,  # for a mentioned one among titles that have all words, where the question names nothing outright
    "mention_room": 0.18,  # of a tier, left for papers that are mentioned among those that nothing names
}

# It begins with SELECT, by which the history of changes knows what changes nothing and puts nothing before it.
_RANK = """SELECT * FROM (
WITH asked AS MATERIALIZED (
    SELECT * FROM unnest(%(numbers)s::int[], %(terms)s::text[], %(words)s::text[], %(factors)s::float8[])
        AS asked (n, text, word, factor)
), known AS MATERIALIZED (
    SELECT n, t.id, t.papers, t.postings, factor, word FROM asked JOIN search_term t USING (text) WHERE t.papers > 0
), form AS MATERIALIZED (
    SELECT n, id, postings, factor * ln(1 + (greatest(%(total)s - papers, 0) + 0.5) / (papers + 0.5)) AS value FROM (
        SELECT n, id, papers, postings, factor FROM known
        UNION ALL
        -- What no paper has may be a slip: its nearest words of the lexicon, by their stems.
        SELECT a.n, near.id, near.papers, near.postings, %(slip)s * (0.5 + near.similarity / 2)
        FROM (
            SELECT * FROM asked a
            WHERE (n >= 0 OR n = {name}) AND length(word) >= 4 AND word !~ '^[0-9]+$' AND NOT EXISTS (SELECT FROM known k WHERE k.word = a.word)
            ORDER BY n < 0, n, word LIMIT %(most_mended)s
        ) a, LATERAL (
            SELECT t.id, t.papers, t.postings, max(similarity(w.word, a.word)) AS similarity
            FROM search_word w JOIN search_term t ON t.text IN (w.word, (ts_lexize('english_stem', w.word))[1])
            WHERE w.word %% a.word AND similarity(w.word, a.word) >= %(least_similarity)s AND t.papers > 0
            GROUP BY t.id ORDER BY similarity DESC, t.papers DESC, t.id LIMIT 3
        ) near
    ) forms
), mentioned AS MATERIALIZED (
    -- Rare words that may be names of systems.
    SELECT coalesce(array_agg(DISTINCT a.word), '{}') AS words FROM asked a JOIN search_word w USING (word)
    WHERE w.papers <= %(rare)s AND length(a.word) >= 4
), whole AS MATERIALIZED (
    SELECT coalesce(sum(value), 0) AS value FROM (
        SELECT max(value) AS value FROM form WHERE n >= 0 GROUP BY n
    ) words
), read AS MATERIALIZED (
    -- So many postings of each term, the weightiest first, as it tells beside the others. What a term of which some are left
    -- weighs in full is looked up for the best candidates.
    SELECT *, postings > most AS is_cut FROM (
        SELECT *, ceil(
            greatest(%(least_read)s, least(%(most_of_one)s, %(most_read)s * value / sum(value) FILTER (WHERE n >= 0) OVER ()))
        ) AS most FROM form WHERE value > 0
    ) terms
), listed AS (
    SELECT p.paper_id, sum(f.value * p.weight) AS score,
        sum(f.value * p.weight) FILTER (WHERE NOT f.is_cut) AS weight,
        sum(f.value) FILTER (WHERE f.n NOT IN ({joined}, {name}) AND p.fields > 0) AS covered,
        sum(f.value) FILTER (WHERE f.n >= 0 AND NOT f.is_cut AND p.fields > 0) AS said,
        bit_or(1::bigint << f.n) FILTER (WHERE f.n >= 0 AND NOT f.is_cut AND p.fields & {title} <> 0) AS titled
    FROM read f CROSS JOIN LATERAL (
        SELECT paper_id, weight, fields FROM search_posting WHERE term_id = f.id ORDER BY weight DESC LIMIT f.most
    ) p GROUP BY p.paper_id
), held AS MATERIALIZED (
    -- A fair share of what was asked for, so that long questions do not find everything.
    SELECT x.*, row_number() OVER (ORDER BY score DESC, x.paper_id) AS place FROM (
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
        SELECT x.paper_id, 2 FROM (SELECT id AS paper_id, title_key FROM catalog_paper) x
        WHERE title_key ~>=~ %(title_key)s AND title_key ~<~ (%(title_key)s || chr(1114111)) AND length(%(title_key)s) > 2
            AND {listed} AND {chosen}
        ORDER BY length(title_key), x.paper_id LIMIT 100
    )
), candidate AS MATERIALIZED (
    SELECT paper_id, min(tier) AS tier, min(place) AS place, min(weight) AS weight, min(said) AS said, min(titled) AS titled FROM (
        SELECT paper_id, 4 AS tier, place, weight, said, titled FROM held WHERE place <= %(most_scored)s
        UNION ALL SELECT paper_id, 4, NULL, NULL, NULL, NULL FROM near
        UNION ALL SELECT paper_id, tier, NULL, NULL, NULL, NULL FROM named x WHERE {listed} AND {chosen}
        -- A title that reads as if it had operators in it is a title all the same.
        UNION ALL SELECT id, 0, NULL, NULL, NULL, NULL FROM (
            SELECT id, id AS paper_id FROM catalog_paper WHERE title_key = %(whole_key)s AND
                translate(lower(title), %(typographic)s, %(plain)s) = %(whole)s
        ) x WHERE {listed}
    ) proposed GROUP BY paper_id
), matched AS MATERIALIZED (
    SELECT c.paper_id, c.tier, c.place,
        coalesce(c.weight, 0) + coalesce(m.weight, 0) AS weight,
        coalesce(c.said, 0) + coalesce(m.said, 0) AS said,
        coalesce(c.titled, 0) | coalesce(m.titled, 0) AS titled
    FROM candidate c, LATERAL (
        SELECT sum(f.value * p.weight) AS weight, sum(f.value) FILTER (WHERE f.n >= 0 AND p.fields > 0) AS said,
            bit_or(1::bigint << f.n) FILTER (WHERE f.n >= 0 AND p.fields & {title} <> 0) AS titled
        FROM read f JOIN search_posting p ON p.term_id = f.id AND p.paper_id = c.paper_id
        WHERE f.is_cut OR c.weight IS NULL
    ) m
), share AS MATERIALIZED (
    SELECT %(lexical_share)s + (%(full_share)s - %(lexical_share)s) * coalesce(power(least(max(said / nullif(value, 0)), 1), %(share_power)s), 0)
        AS lexical FROM (SELECT said FROM matched ORDER BY weight DESC, paper_id LIMIT 1) best, whole
), scored AS (
    SELECT m.paper_id, m.place, t.prior, p.title, p.title_key, t.names, t.names && mentioned.words AS is_mentioned,
        -- What is called by a rare word of the question is meant like what has all words in its title.
        CASE WHEN m.tier = 4 AND (t.names && mentioned.words OR (%(asked)s > 0 AND m.titled = %(asked)s)) THEN 3 ELSE m.tier END AS tier,
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
    whole, mentioned
), fused AS (
    SELECT paper_id, scored.lexical, cosine, CASE WHEN place IS NULL OR place <= %(most_scored)s THEN title_key || ' ' || array_to_string(names, ' ') END AS spelled,
        5 - tier + least({below_one},
            (%(room)s - %(prior_share)s - CASE WHEN tier < 4 THEN %(likeness)s ELSE %(mention_room)s END) * CASE WHEN cosine IS NULL THEN counted.words
                ELSE share.lexical * counted.words + (1 - share.lexical) * cosine END
            + %(prior_share)s * prior + CASE WHEN is_mentioned AND tier >= 3 THEN CASE tier WHEN 3 THEN %(named)s ELSE %(mention)s END ELSE 0 END
            + CASE WHEN tier < 3 OR (tier = 3 AND place <= %(most_likened)s) THEN %(likeness)s * similarity(title_key, %(title_key)s)
                + CASE WHEN strpos(title, %(text)s) > 0 THEN %(same_spelling)s ELSE 0 END ELSE 0 END
        ) AS score
    -- A title that has all that was asked for has it; what stands beside it, in other words, says nothing more.
    FROM scored, share, LATERAL (SELECT CASE WHEN tier = 3 AND NOT is_mentioned THEN 1 ELSE scored.lexical END AS words) counted
    UNION ALL
    SELECT paper_id, coalesce(score / (SELECT nullif(max(score), 0) FROM held), 0), NULL, NULL, 1 - place::float8 / (%(most)s + 1)
    FROM held h WHERE place > %(most_scored)s AND NOT EXISTS (SELECT FROM candidate c WHERE c.paper_id = h.paper_id)
)
SELECT paper_id, round(score::numeric, 6)::float8 AS score, lexical, cosine, spelled FROM fused
) ranked ORDER BY score DESC, paper_id
"""
_NOTHING = " SELECT 0::bigint AS paper_id, 0::float8 AS distance WHERE false"
# Nearly every paper is listed: a few more than wanted are enough to look at. A filter may leave out any number. What was typed
# lets papers through that stand far down in the postings of common words, beyond what was read of them; what was chosen
# beside it only narrows what is found, so that the counts of facets hold.
_ENOUGH = """SELECT paper_id, score, weight, said, titled FROM listed
        WHERE covered >= %(least_covered)s * (SELECT value FROM whole)"""
_PROPOSED = f"{_ENOUGH} ORDER BY score DESC, paper_id LIMIT 2 * %(most)s"
_FILTERED = f"""{_ENOUGH}
        UNION ALL
        (
            SELECT x.paper_id, 0, NULL, NULL, NULL FROM (
                SELECT DISTINCT p.paper_id FROM form f JOIN search_posting p ON p.term_id = f.id
                WHERE EXISTS (SELECT FROM read WHERE is_cut) AND f.n NOT IN ({{joined}}, {{name}}) AND p.fields > 0
            ) x WHERE {{typed}} AND NOT EXISTS (SELECT FROM listed d WHERE d.paper_id = x.paper_id AND d.covered > 0)
            ORDER BY x.paper_id LIMIT %(most)s
        )"""  # noqa: S608  # our own text
# Written in once: they never change, and the statement is one text for all plain questions.
_NUMBERS = {"joined": JOINED, "name": NAME, "title": TITLE, "below_one": _BELOW_ONE}
for _name, _number in _NUMBERS.items():
    _RANK = _RANK.replace(f"{{{_name}}}", str(_number))
    _FILTERED = _FILTERED.replace(f"{{{_name}}}", str(_number))

_LIMITS = ("most", "nearest")
_LEAST_TITLE = 6  # letters of which one may be wrong
SLIPPED = 5.0  # just above all but the very title

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
    proposed = _PROPOSED if chosen.is_open else _ENOUGH if typed.is_open else _FILTERED
    query = _RANK.replace("{proposed}", proposed)
    query = query.replace("{nearest}", nearest_sql(model, typed) if vector else _NOTHING)
    query = query.replace("{listed}", LISTED).replace("{typed}", typed.sql)
    query = query.replace("{chosen}", chosen.sql)
    for (
        name
    ) in _LIMITS:  # one plan for all values takes a tenth of all rows for what it does not know
        query = query.replace(f"%({name})s", str(int(names.pop(name))))
    # One plan does for all questions, but not for all filters.
    is_plain = chosen.is_open and typed.is_open
    with prepared_cursor() if is_plain else connection.cursor() as cursor:
        cursor.execute(query, names)
        rows = cursor.fetchall()
    ranked = [Ranked(*row[:4]) for row in rows]
    spelled = {row[0]: row[4].split() for row in rows if row[4]}
    return _but_for_a_slip(ranked, spelled, fold(question.whole))


def _but_for_a_slip(
    ranked: list[Ranked], spelled: Mapping[int, Sequence[str]], asked: str
) -> list[Ranked]:
    """Put papers of which the whole title or the system's name was typed, but for one slip, first where none is exactly so."""
    if len(asked) < _LEAST_TITLE or any(asked in keys for keys in spelled.values()):
        return ranked
    meant = {
        paper
        for paper, keys in spelled.items()
        if any(is_one_slip(asked, spelling) for spelling in keys)
    }
    raised = [
        replace(one, score=max(one.score, SLIPPED)) if one.paper_id in meant else one
        for one in ranked
    ]
    return sorted(raised, key=lambda one: -one.score) if meant else ranked


def _with_initials(question: Question) -> list[str]:
    """The keys of people who may be meant by "A. Gu" or "Gu A"."""
    words = fold_words(question.text).split()
    letters = sum(len(word) == 1 for word in words)
    if not (1 < len(words) <= 3 and 0 < letters < len(words)):
        return []
    people = authors_like(question.text)[:MOST_PEOPLE]
    return list(Author.objects.filter(pk__in=people).values_list("name_key", flat=True))


def _parameters(question: Question, model: str, vector: list[float] | None) -> dict[str, Any]:
    terms = asked_terms(question.text, MAX_TERMS)
    total = indexed_papers()
    return {
        **SETTINGS,
        # Of a small catalogue all is read.
        "least_read": total if total <= READ_WHOLE else SETTINGS["least_read"],
        "total": Int8(total),
        "numbers": [term.number for term in terms],
        "terms": [term.text for term in terms],
        "words": [term.word for term in terms],
        "factors": [term.factor for term in terms],
        # A type of its own for each size would make a statement of its own of each.
        "asked": Int8(sum(1 << term.number for term in terms if term.number >= 0)),
        "text": question.text,
        "title_key": question.title_key,
        "name_key": question.name_key,
        "author_keys": question.author_keys + _with_initials(question),
        "model": model,
        "vector": str(vector) if vector else None,
    }
