"""How alike papers are, and in what: the shares that they have in common with a paper, a set of papers or a text.

Each share lies between 0 and 1:

- text: the cosine of a paper's vector to the mean of the set's vectors and the text's.
- references (works both cite), cited (papers that cite both), authors, code: Salton's cosine, shared / √(its · theirs)
  (Salton 1963; Kessler 1963 and Small 1973 on what is coupled and what is cited together). A set counts a thing as often
  as members have it, which is the same cosine of its counts. So one name of sixty is little, and one of two is much.
- topics: the rarest topic that both are under (its rarity is 1 − ln n / ln N of N placements, Resnik's measure of 1995
  scaled), times the share of the members that are under it.

The total is their weighted sum, of those parts that say something of any paper at all. Papers are proposed by each part:
its nearest, or those that share most things. All members of the set, and what is not listed, are left out.
"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import connection

from search.filters import LISTED
from search.nearest import nearest

# What each share counts in the total, chosen by citations left out (docs/benchmarks.md, "Similar papers"). Twice as much for
# references and citing papers finds a little more, and costs papers whose citations nobody has fetched yet: they have
# only their text. Topics and code add nothing there; they settle what is otherwise equal.
WEIGHTS: dict[str, float] = {
    "text": 0.25,
    "references": 0.25,
    "cited": 0.25,
    "authors": 0.15,
    "topics": 0.07,
    "code": 0.03,
}
PROPOSED = 100  # by each part
TELLING = 50  # things of a part that propose, those of most members first
FAME = 300  # papers that share a thing, beyond which it proposes nothing
# Added to how many works a paper cites, or is cited by: of two papers with one citer each, the same one, little is known.
FEW = 3

_MEAN = """
SELECT avg(vector)::text FROM (
    SELECT vector FROM search_embedding WHERE model = %(model)s AND paper_id = ANY(%(papers)s)
    UNION ALL SELECT %(vector)s::vector WHERE %(vector)s::vector IS NOT NULL
) asked
"""

# The things that papers have; a work that is no paper here goes by a number below zero.
_THINGS = """
    SELECT 'references' AS part, x.paper_id, c.cited_id AS thing
    FROM {papers} x JOIN catalog_citation c ON c.citing_id = x.paper_id
    UNION
    SELECT 'references', x.paper_id,
        hashtextextended(coalesce(r.identifiers[1], r.source || ':' || r.key), 0) | (1::bigint << 63)
    FROM {papers} x JOIN catalog_reference r ON r.citing_id = x.paper_id
    UNION
    SELECT 'authors', x.paper_id, s.author_id FROM {papers} x JOIN catalog_authorship s USING (paper_id)
    UNION
    SELECT 'code', x.paper_id, f.repository_id
    FROM {papers} x JOIN catalog_paperrepository f USING (paper_id) WHERE f.retired_at IS NULL
"""
# The papers that share most things of one part. What very many share proposes nothing: it is read no further.
_PROPOSE = """
            SELECT f.paper_id FROM telling a CROSS JOIN LATERAL (
                SELECT paper_id, count(*) OVER () AS fame FROM (
                    SELECT f.{paper} AS paper_id FROM {have} LIMIT %(fame)s + 1
                ) f
            ) f WHERE a.part = '{part}' AND f.fame <= %(fame)s
            GROUP BY f.paper_id ORDER BY sum(a.n) DESC, f.paper_id LIMIT %(proposed)s
        """
_SHARES = f"""
WITH member AS MATERIALIZED (
    SELECT unnest(%(papers)s::bigint[]) AS paper_id
), asked AS MATERIALIZED (
    SELECT part, thing, count(*) AS n FROM (
        {_THINGS.format(papers="member")}
        UNION SELECT 'cited', x.paper_id, c.citing_id FROM member x JOIN catalog_citation c ON c.cited_id = x.paper_id
    ) things GROUP BY part, thing
), placed AS MATERIALIZED (
    SELECT t.id, t.catalogue_id, t.path || '/' AS path, count(l.id) AS papers
    FROM catalog_topic t LEFT JOIN catalog_placement l ON l.topic_id = t.id AND l.retired_at IS NULL GROUP BY t.id
), common AS MATERIALIZED (
    -- The members' topics and those above them.
    SELECT t.id, t.catalogue_id, t.path,
        count(DISTINCT l.paper_id)::float8 / cardinality(%(papers)s::bigint[]) * (
            SELECT greatest(0, 1 - ln(greatest(sum(u.papers) FILTER (
                WHERE u.catalogue_id = t.catalogue_id AND starts_with(u.path, t.path)
            ), 1)) / ln(greatest(sum(u.papers), 2))) FROM placed u
        )::float8 AS share
    FROM catalog_placement l
    JOIN placed o ON o.id = l.topic_id
    JOIN placed t ON t.catalogue_id = o.catalogue_id AND starts_with(o.path, t.path)
    WHERE l.paper_id = ANY(%(papers)s) AND l.retired_at IS NULL
    GROUP BY t.id, t.catalogue_id, t.path
), topic AS MATERIALIZED (
    SELECT DISTINCT ON (o.id) o.id, c.id AS shared, c.share
    FROM placed o JOIN common c ON c.catalogue_id = o.catalogue_id AND starts_with(o.path, c.path)
    WHERE c.share > 0 ORDER BY o.id, c.share DESC, length(c.path) DESC, c.id
), telling AS MATERIALIZED (
    SELECT part, thing, n FROM (
        SELECT *, row_number() OVER (PARTITION BY part ORDER BY n DESC, thing DESC) AS place FROM asked
    ) ordered WHERE place <= %(telling)s
), outside AS MATERIALIZED (
    SELECT r.identifiers[1] AS name, count(*) AS n FROM member m JOIN catalog_reference r ON r.citing_id = m.paper_id
    WHERE cardinality(r.identifiers) > 0 GROUP BY 1 ORDER BY n DESC, name LIMIT %(telling)s
), candidate AS MATERIALIZED (
    SELECT x.paper_id FROM (
        SELECT unnest(%(near)s::bigint[]) AS paper_id
        UNION ({_PROPOSE.format(part="references", have="catalog_citation f WHERE f.cited_id = a.thing", paper="citing_id")})
        UNION ({_PROPOSE.format(part="cited", have="catalog_citation f WHERE f.citing_id = a.thing", paper="cited_id")})
        UNION ({_PROPOSE.format(part="authors", have="catalog_authorship f WHERE f.author_id = a.thing", paper="paper_id")})
        UNION ({_PROPOSE.format(part="code", have="catalog_paperrepository f WHERE f.repository_id = a.thing AND f.retired_at IS NULL", paper="paper_id")})
        UNION (
            SELECT f.paper_id FROM outside o CROSS JOIN LATERAL (
                SELECT paper_id, count(*) OVER () AS fame FROM (
                    SELECT r.citing_id AS paper_id FROM catalog_reference r
                    WHERE r.identifiers @> ARRAY[o.name] LIMIT %(fame)s + 1
                ) r
            ) f WHERE f.fame <= %(fame)s GROUP BY f.paper_id ORDER BY sum(o.n) DESC, f.paper_id LIMIT %(proposed)s
        ) UNION (
            SELECT l.paper_id FROM (SELECT * FROM topic ORDER BY share DESC, id LIMIT 20) t
            JOIN catalog_placement l ON l.topic_id = t.id AND l.retired_at IS NULL
            GROUP BY l.paper_id ORDER BY max(t.share) DESC, l.paper_id DESC LIMIT %(proposed)s
        )
    ) x JOIN catalog_paper p ON p.id = x.paper_id AND p.merged_into_id IS NULL
    WHERE {LISTED} AND NOT x.paper_id = ANY(%(papers)s)
)
SELECT c.paper_id, 'text', least(1 - (e.vector <=> %(vector)s::vector), 1), 0, ''
FROM candidate c JOIN search_embedding e ON e.paper_id = c.paper_id AND e.model = %(model)s
WHERE %(vector)s::vector IS NOT NULL
UNION ALL
SELECT s.paper_id, part, (s.shared / sqrt((s.things + few) * (norm.square + few)))::float8, s.number, ''
FROM (
    SELECT t.paper_id, t.part, sum(a.n) AS shared, count(a.n) AS number, count(*) AS things
    FROM ({_THINGS.format(papers="candidate")}) t LEFT JOIN asked a USING (part, thing)
    GROUP BY t.paper_id, t.part HAVING count(a.n) > 0
    UNION ALL
    -- From the asked side, and counted in the index alone: a famous paper is cited by thousands.
    SELECT paper_id, 'cited', sum(n), count(*), (SELECT count(*) FROM catalog_citation c WHERE c.cited_id = paper_id)
    FROM (
        SELECT DISTINCT c.paper_id, a.thing, a.n FROM asked a
        JOIN catalog_citation f ON f.citing_id = a.thing JOIN candidate c ON c.paper_id = f.cited_id
        WHERE a.part = 'cited'
    ) together GROUP BY paper_id
) s
JOIN (SELECT part, sum(n * n) AS square FROM asked GROUP BY part) norm USING (part)
JOIN (VALUES ('references', %(few)s), ('cited', %(few)s), ('authors', 0), ('code', 0)) damped (part, few) USING (part)
UNION ALL
SELECT c.paper_id, 'topics', best.share, 1, n.name FROM candidate c CROSS JOIN LATERAL (
    SELECT t.shared, t.share FROM catalog_placement l JOIN topic t ON t.id = l.topic_id
    WHERE l.paper_id = c.paper_id AND l.retired_at IS NULL ORDER BY t.share DESC, t.shared LIMIT 1
) best JOIN catalog_topic n ON n.id = best.shared
"""  # noqa: S608  # our own text


@dataclass(frozen=True, slots=True)
class Share:
    """How much of one part is shared, from 0 to 1, and how many things; `name` is the topic's."""

    part: str
    value: float
    count: int = 0
    name: str = ""


@dataclass(frozen=True, slots=True)
class Alike:
    """A paper with what it shares; the total is from 0 to 1."""

    paper_id: int
    total: float
    shares: Mapping[str, Share]

    def share(self, part: str) -> float:
        return self.shares[part].value if part in self.shares else 0.0


def alike(papers: Sequence[int], model: str, vector: list[float] | None, limit: int) -> list[Alike]:
    """Return the listed papers most like the asked ones, best first; `vector` is that of `mean_vector`."""
    found = shares_of(papers, model, vector)
    parts = {part for shares in found.values() for part in shares}
    whole = sum(WEIGHTS[part] for part in parts)
    hits = [
        Alike(paper, sum(WEIGHTS[one.part] * one.value for one in shares.values()) / whole, shares)
        for paper, shares in found.items()
    ]
    return sorted(hits, key=lambda hit: (-hit.total, hit.paper_id))[:limit]


def mean_vector(papers: Sequence[int], model: str, text: list[float] | None) -> list[float] | None:
    """Return the mean of what a set and a text mean, a text being one more member; None when nothing has a vector."""
    if not model:
        return None
    with connection.cursor() as cursor:
        cursor.execute(_MEAN, {"papers": list(papers), "model": model, "vector": _sql(text)})
        mean: str | None = cursor.fetchone()[0]
    return json.loads(mean) if mean else None


def shares_of(
    papers: Sequence[int], model: str, vector: list[float] | None
) -> dict[int, dict[str, Share]]:
    """Return what every paper that some part proposes shares with the asked ones. Two queries."""
    near = nearest(model, vector, PROPOSED + len(papers)) if vector else []
    names = {
        "papers": list(papers),
        "near": near,
        "model": model,
        "vector": _sql(vector),
        "proposed": PROPOSED + len(papers),
        "telling": TELLING,
        "fame": FAME,
        "few": FEW,
    }
    found: dict[int, dict[str, Share]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(_SHARES, names)
        for paper, part, value, count, name in cursor.fetchall():
            if value > 0:
                found[paper][part] = Share(part, value, count, name)
    return found


def _sql(vector: list[float] | None) -> str | None:
    return str(vector) if vector else None
