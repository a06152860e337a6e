"""What the tables say of pairs of papers, in a fixed number of statements however many papers there are."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from catalog.duplicates.titles import Title
from catalog.duplicates.verdict import Facts
from catalog.folding import fold
from catalog.identifiers import URL, Ident, parse_identifier
from catalog.models import (
    Announcement,
    Authorship,
    Identifier,
    Link,
    Paper,
    Placement,
    Problem,
    RejectedIdentifier,
    Relation,
    TitleAlias,
    Venue,
)
from catalog.models.upkeep import RunJob

Pair = tuple[int, int]

_SAME_WORK = ("same-work", "same-record")
_NAMED = re.compile(r"\b(arxiv|doi|acl|openreview|s2|openalex):(\S+?)[,):]?(?=\s|$)")
_TITLES = re.compile("“(.+?)” and “(.+?)” as one work")
_AT_ONCE = 5_000
_LETTERS = 800  # of an abstract are compared
# Papers of the same first two authors, a few years apart at most; of whoever signs more than a hundred, none.
_SAME_PEOPLE = """
WITH lead AS (
    SELECT a.paper_id, p.year, a.author_id AS first, coalesce(b.author_id, 0) AS second
    FROM catalog_authorship a JOIN catalog_paper p ON p.id = a.paper_id AND p.merged_into_id IS NULL
    LEFT JOIN catalog_authorship b ON b.paper_id = a.paper_id AND b.position = 2
    WHERE a.position = 1 AND length(p.abstract) > 200 AND (%(about)s::bigint[] IS NULL OR a.author_id IN (
        SELECT author_id FROM catalog_authorship WHERE position = 1 AND paper_id = ANY(%(about)s)
    ))
), crowded AS (
    SELECT first, second FROM lead GROUP BY first, second HAVING count(*) BETWEEN 2 AND 100
)
SELECT one.paper_id, other.paper_id FROM crowded JOIN lead one USING (first, second) JOIN lead other USING (first, second)
WHERE one.paper_id < other.paper_id AND coalesce(abs(one.year - other.year), 0) <= 2
"""
_SAME_BEGINNING = """
SELECT array_agg(id) FROM catalog_paper WHERE merged_into_id IS NULL AND length(abstract) > 200
GROUP BY md5(left(regexp_replace(lower(left(abstract, 400)), '[^a-z0-9]+', '', 'g'), 160))
HAVING count(*) BETWEEN 2 AND 20
"""
_ALIKE = """
SELECT asked.one, asked.other, similarity(left(a.abstract, %(letters)s), left(b.abstract, %(letters)s))
FROM unnest(%(ones)s::bigint[], %(others)s::bigint[]) AS asked (one, other)
JOIN catalog_paper a ON a.id = asked.one JOIN catalog_paper b ON b.id = asked.other
WHERE length(a.abstract) > 200 AND length(b.abstract) > 200
"""

# Letters in common by the trigram indexes, what begins like a title by the indexes of its key. Keys are compared byte by
# byte there, whatever the collation. An OR of these would read every title, and so would a join to both tables at once.
_NEAR = """
WITH asked AS MATERIALIZED (SELECT DISTINCT key FROM unnest(%(keys)s::text[]) AS asked (key)),
begun AS MATERIALIZED (
    SELECT DISTINCT left(key, letters) AS key FROM asked, generate_series(%(least)s, length(key)) AS letters
)
SELECT p.id FROM asked JOIN catalog_paper p ON p.title_key %% asked.key
UNION SELECT a.paper_id FROM asked JOIN catalog_titlealias a ON a.title_key %% asked.key
UNION SELECT p.id FROM begun JOIN catalog_paper p ON p.title_key = begun.key
UNION SELECT a.paper_id FROM begun JOIN catalog_titlealias a ON a.title_key = begun.key
UNION SELECT p.id FROM asked JOIN catalog_paper p
    ON length(asked.key) >= %(least)s AND p.title_key ~>=~ asked.key AND p.title_key ~<~ (asked.key || chr(1114111))
UNION SELECT a.paper_id FROM asked JOIN catalog_titlealias a
    ON length(asked.key) >= %(least)s AND a.title_key ~>=~ asked.key AND a.title_key ~<~ (asked.key || chr(1114111))
"""
_NEAR_LETTERS = 0.4  # of the threes of letters of both titles
_LEAST_LETTERS = 8  # of a title that another one may begin with


def titles(only: Collection[int] | None = None) -> dict[int, list[str]]:
    """All titles of each public paper, its own first."""
    found: dict[int, list[str]] = {}
    papers = Paper.objects.public().order_by("pk")
    aliases = TitleAlias.objects.filter(paper__merged_into=None).order_by("pk")
    if only is not None:
        papers, aliases = papers.filter(pk__in=only), aliases.filter(paper__in=only)
    for pk, title in papers.values_list("pk", "title").iterator():
        found[pk] = [title]
    for pk, title in aliases.values_list("paper", "title").iterator():
        if pk in found and title not in found[pk]:
            found[pk].append(title)
    return found


def near_titles(papers: Collection[int]) -> set[int]:
    """Papers with a title that has many letters in common with one of these papers', or begins like it; these as well."""
    keys: set[str] = set()
    for texts in titles(papers).values():
        for text in texts:
            title = Title.of(text)
            keys |= {fold(text), title.key}
            keys |= {key for key in (title.plain, title.head) if len(key) >= _LEAST_LETTERS}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('pg_trgm.similarity_threshold', %s, true)", [str(_NEAR_LETTERS)]
        )
        cursor.execute(_NEAR, {"keys": sorted(keys), "least": _LEAST_LETTERS})
        return {pk for (pk,) in cursor.fetchall()} | set(papers)


def facts_of(papers: Collection[int]) -> dict[int, Facts]:
    authors: dict[int, list[str]] = defaultdict(list)
    rows = Authorship.objects.filter(paper__in=papers).order_by("paper", "position")
    for pk, name in rows.values_list("paper", "printed_name"):
        authors[pk].append(name)
    identifiers: dict[int, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for pk, scheme, value in Identifier.objects.filter(paper__in=papers).values_list(
        "paper", "scheme", "value"
    ):
        identifiers[pk][scheme].append(value)
    return {
        paper.pk: Facts(
            paper.pk,
            authors[paper.pk],
            paper.year,
            paper.venue_label,
            bool(paper.venue and paper.venue.kind == Venue.Kind.PREPRINT),
            identifiers[paper.pk],
        )
        for paper in Paper.objects.public()
        .filter(pk__in=papers)
        .select_related("venue")
        .defer("abstract", "comment", "journal_ref")
    }


# Who says that two are one


def said_to_be_one(about: Collection[int] | None = None) -> dict[Pair, list[str]]:
    """Pairs that a source, a relation, a listed address or a title has as one, each with the words for it.

    `about`: addresses and titles of these few papers, and what has one of their identifiers in it.
    """
    found: dict[Pair, list[str]] = defaultdict(list)
    for one, other, words in (*_by_problems(), *_by_relations(), *_by_addresses(about)):
        pair = (min(one, other), max(one, other))
        if one != other and words not in found[pair]:
            found[pair].append(words)
    public = set(
        Paper.objects.public()
        .filter(pk__in={key for pair in found for key in pair})
        .values_list("pk", flat=True)
    )
    return {pair: words for pair, words in found.items() if public.issuperset(pair)}


def _by_relations() -> Iterator[tuple[int, int, str]]:
    rows = Relation.objects.current().filter(kind=Relation.Kind.SAME_WORK)
    for one, other in rows.values_list("subject", "object"):
        yield one, other, "a relation has them as the same work"


def _by_problems() -> Iterator[tuple[int, int, str]]:
    """A source that has one record for two papers leaves a problem that names its identifier, or both titles."""
    named: list[tuple[int, Ident, str]] = []
    quoted: list[tuple[int, set[str], str]] = []
    rows = Problem.objects.open().filter(kind__in=_SAME_WORK, paper__isnull=False)
    for paper, job, message in rows.values_list("paper_id", "job", "message"):
        who = "arXiv" if job == RunJob.ARXIV else message.partition(" has ")[0][:40]
        words = f"{who} has them as one work"
        named += [(paper, Ident(one[1], one[2]), words) for one in _NAMED.finditer(message)]
        quoted += [(paper, set(pair), words) for pair in _TITLES.findall(message)]
    yield from _held(named)
    titled: dict[str, list[int]] = defaultdict(list)
    wanted = {title for _, pair, _ in quoted for title in pair}
    for pk, title in Paper.objects.public().filter(title__in=wanted).values_list("pk", "title"):
        titled[title].append(pk)
    for paper, pair, words in quoted:
        yield from ((paper, other, words) for title in pair for other in titled[title])


def _by_addresses(about: Collection[int] | None) -> Iterator[tuple[int, int, str]]:
    """Addresses and titles of one paper that are an identifier of another."""
    named: list[tuple[int, Ident, str]] = []
    placed = Placement.objects.current().exclude(listed_url="")
    sources: tuple[tuple[QuerySet[Any], str, str], ...] = (
        (placed, "listed_url", "the list links one under {}, an identifier of the other"),
        (
            Link.objects.current().filter(kind=Link.Kind.PAPER), "url",
            "the full text of one is {}, an identifier of the other",
        ),
        (
            Announcement.objects.exclude(url="").exclude(paper=None), "url",
            "one is announced under {}, an identifier of the other",
        ),
        (
            Paper.objects.public().filter(title__iregex=_LIKE_AN_IDENTIFIER), "title",
            "the title of one is {}, an identifier of the other",
        ),
        (
            TitleAlias.objects.filter(title__iregex=_LIKE_AN_IDENTIFIER), "title",
            "another title of one is {}, an identifier of the other",
        ),
    )  # fmt: skip
    pieces = _pieces(about or ())
    for rows, field, words in sources:
        paper_field = "pk" if rows.model is Paper else "paper"
        if about is not None:
            rows = rows.filter(_of_these(about, pieces, paper_field, field))
        for paper, text in rows.values_list(paper_field, field):
            ident = parse_identifier(text)
            if ident:
                named.append((paper, ident, words.format(text if ident.scheme == URL else ident)))
    yield from _held(named)
    # A DOI that arXiv gives to each of its papers, beside the arXiv identifier it holds.
    dois = Identifier.objects.filter(scheme="doi", value__istartswith="10.48550/arxiv.")
    if about is not None:
        dois = dois.filter(_of_these(about, pieces, "paper", "value"))
    own = [
        (paper, Ident("arxiv", value[len("10.48550/arxiv.") :]), f"the DOI of one is arXiv’s for the other ({value})")
        for paper, value in dois.values_list("paper", "value")
    ]  # fmt: skip
    yield from _held(own)


def _pieces(papers: Collection[int]) -> str:
    """A pattern of what tells the identifiers of these papers: of each the piece that stays, however it is written."""
    values = Identifier.objects.filter(paper__in=papers).values_list("value", flat=True)
    found = {max(re.split(r"[\W_]+", value), key=_telling) for value in values}
    return "|".join(sorted(re.escape(piece) for piece in found if piece))


def _telling(piece: str) -> tuple[bool, int]:
    return any(letter.isdigit() for letter in piece), len(piece)


def _of_these(papers: Collection[int], pieces: str, paper_field: str, field: str) -> Q:
    own = Q(**{f"{paper_field}__in": papers})
    return own | Q(**{f"{field}__iregex": pieces}) if pieces else own


_LIKE_AN_IDENTIFIER = r"^(arxiv:|doi:|https?://)?\s*\S*\d\S*$"


def _held(named: Iterable[tuple[int, Ident, str]]) -> Iterator[tuple[int, int, str]]:
    """Those whose identifier another paper bears, unless a curator said that it is none of the paper's."""
    asked = list(named)
    values = {ident.value for _, ident, _ in asked}
    holders = {
        (scheme, value): paper
        for scheme, value, paper in Identifier.objects.filter(value__in=values).values_list(
            "scheme", "value", "paper"
        )
    }
    rejected = set(
        RejectedIdentifier.objects.filter(value__in=values).values_list("paper", "scheme", "value")
    )
    for paper, ident, words in asked:
        holder = holders.get((ident.scheme, ident.value))
        if holder and holder != paper and (paper, ident.scheme, ident.value) not in rejected:
            yield paper, holder, words


# Abstracts


def same_people(about: Collection[int] | None = None) -> set[Pair]:
    """Pairs with the same first two authors; `about`: of the first authors of these papers."""
    with connection.cursor() as cursor:
        cursor.execute(_SAME_PEOPLE, {"about": None if about is None else list(about)})
        return set(cursor.fetchall())


def same_beginnings() -> set[Pair]:
    """Pairs whose abstracts begin with the same letters."""
    with connection.cursor() as cursor:
        cursor.execute(_SAME_BEGINNING)
        groups = [sorted(row[0]) for row in cursor.fetchall()]
    return {(one, other) for group in groups for one in group for other in group if one < other}


def alike_abstracts(pairs: Collection[Pair]) -> dict[Pair, float]:
    """How alike the beginnings of the abstracts are, of pairs that have two."""
    asked = sorted(pairs)
    found: dict[Pair, float] = {}
    with connection.cursor() as cursor:
        for start in range(0, len(asked), _AT_ONCE):
            some = asked[start : start + _AT_ONCE]
            names: dict[str, Any] = {
                "ones": [a for a, _ in some],
                "others": [b for _, b in some],
                "letters": _LETTERS,
            }
            cursor.execute(_ALIKE, names)
            found |= {(one, other): share for one, other, share in cursor.fetchall()}
    return found
