"""Asking sources about what is to be added: arXiv by ids and by title, Semantic Scholar and OpenAlex by other identifiers."""

import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.conf import settings

from catalog.folding import fold
from catalog.identifiers import ACL, ARXIV, DOI, S2, Ident, parse_arxiv, parse_identifier
from catalog.models import Paper, Source
from catalog.readable import readable
from ingest.adding.facts import Facts, fact, identifier_fact
from ingest.cleaning import clean_text, clean_venue, clean_year
from ingest.http import SourceBroken, SourceClient, SourceRefused
from ingest.lists.identity import near_titles
from ingest.sources.arxiv import _witnesses
from ingest.sources.arxiv.ask import fetch_ids, fetch_page
from ingest.sources.arxiv.feed import ArxivRecord
from ingest.sources.venues import SuggestedVenue

MOST_IDS = 90  # of arXiv in one question, with room for witnesses
MOST_WORKS = 200  # of Semantic Scholar in one question
_FOUND = 10
_MOST_WORDS = 12
_WORD = re.compile(r"[A-Za-z0-9]+")
_COMMON = frozenset(
    (
        *(
            "an",
            "and",
            "are",
            "as",
            "at",
            "be",
            "by",
            "can",
            "do",
            "for",
            "from",
            "how",
            "in",
            "into",
        ),
        *(
            "is",
            "it",
            "its",
            "of",
            "on",
            "or",
            "that",
            "the",
            "their",
            "to",
            "via",
            "we",
            "what",
            "with",
        ),
    )
)
_S2_PREFIXES = {ARXIV: "ARXIV:", DOI: "DOI:", ACL: "ACL:", S2: ""}
_S2_FIELDS = "externalIds,title,abstract,year,venue,authors,publicationDate"
_OPENALEX_FIELDS = "id,doi,display_name,publication_year,publication_date,authorships,primary_location,abstract_inverted_index"
_LONGEST_ABSTRACT = 10_000


# arXiv


def by_arxiv_ids(client: SourceClient, ids: Sequence[str]) -> dict[str, ArxivRecord]:
    """Ask for at most MOST_IDS records. What arXiv does not know is missing.

    One unknown id alone empties an answer, which is a sign of failure too: one that arXiv has answered for goes with it.
    """
    known = _witnesses(list(ids))
    feed = fetch_ids(client, [*ids, *known[:1]], known) if known else _without_witness(client, ids)
    wanted = set(ids)
    return {record.id: record for record in feed.records if record.id in wanted}


def _without_witness(client: SourceClient, ids: Sequence[str]) -> Any:
    """Of the first papers of a catalogue: a paper that has always been on arXiv vouches for the answer."""
    return fetch_ids(client, [*ids, *(one for one in _EVER_THERE if one not in ids)])


_EVER_THERE = ("1706.03762",)


def by_title(client: SourceClient, title: str) -> list[ArxivRecord]:
    """Return arXiv's papers of nearly this title, those of exactly this one first."""
    question = title_query(title)
    if not question:
        return []
    feed = fetch_page(client, question, 0, _FOUND)
    shown = readable(title)
    near = [one for one in feed.records if near_titles(shown, readable(one.title))]
    return sorted(near, key=lambda one: fold(readable(one.title)) != fold(shown))


def title_query(title: str) -> str:
    """Words that a title must have, in arXiv's language; empty when it has none that tell anything."""
    words = [word.lower() for word in _WORD.findall(readable(title)) if len(word) > 1]
    telling = [word for word in dict.fromkeys(words) if word not in _COMMON]
    if not telling or (len(telling) == 1 and len(telling[0]) < 6):
        return ""
    return " AND ".join(f"ti:{word}" for word in telling[:_MOST_WORDS])


# Semantic Scholar


def by_semantic_scholar(client: SourceClient, idents: Sequence[Ident]) -> dict[Ident, Facts]:
    """Ask for the papers of identifiers; what it does not know is missing."""
    names = {f"{_S2_PREFIXES[one.scheme]}{one.value}": one for one in idents if asks_s2(one)}
    if not names:
        return {}
    headers = {"x-api-key": client.key} if client.key else {}
    try:
        answer = client.post(
            "/paper/batch", {"ids": list(names)}, {"fields": _S2_FIELDS}, headers=headers
        )
    except SourceRefused as error:
        if error.status == 400:  # what it answers when it knows none of them
            return {}
        raise
    rows = answer.json()
    if not isinstance(rows, list) or len(rows) != len(names):
        raise SourceBroken("Semantic Scholar answered for other papers than were asked about")
    found = zip(names.values(), rows, strict=True)
    return {ident: facts for ident, row in found if (facts := facts_of_s2(row))}


def asks_s2(ident: Ident) -> bool:
    return ident.scheme in _S2_PREFIXES


def facts_of_s2(row: Any) -> Facts:
    """Read one paper of a batch. Whatever it holds, nothing is raised."""
    if not isinstance(row, dict) or not clean_text(row.get("title")):
        return {}
    people = row.get("authors")
    printed = [one.get("name") for one in people if isinstance(one, dict)] if isinstance(people, list) else []  # fmt: skip
    outside = row.get("externalIds")
    names = outside if isinstance(outside, dict) else {}
    idents = [
        ident
        for label in ("ArXiv", "DOI", "ACL")
        if isinstance(text := names.get(label), str)
        and (ident := parse_arxiv(text) if label == "ArXiv" else parse_identifier(text))
        and ident.scheme in {ARXIV, DOI, ACL}
    ]
    venue = clean_venue(row.get("venue"), row.get("year"))
    return _facts(
        Source.SEMANTIC_SCHOLAR,
        title=clean_text(row.get("title")),
        authors=[name for one in printed if (name := clean_text(one, 200))],
        abstract=clean_text(row.get("abstract"), _LONGEST_ABSTRACT),
        year=clean_year(row.get("year")),
        day=clean_text(row.get("publicationDate"), 10),
        venue=venue,
        idents=idents,
    )


# OpenAlex


def may_ask_openalex() -> bool:
    """It wants a key; without one a site leaves it alone."""
    return bool(settings.SOURCES["openalex"]["key"])


def by_openalex(client: SourceClient, ident: Ident) -> Facts:
    """Ask for the paper of one DOI; empty when it does not know it."""
    params = {"select": _OPENALEX_FIELDS, "api_key": client.key}
    answer = client.get(f"/works/doi:{ident.value}", params, accept={404})
    return facts_of_openalex(answer.json()) if answer.status == 200 else {}


def facts_of_openalex(row: Any) -> Facts:
    if not isinstance(row, dict) or not clean_text(row.get("display_name")):
        return {}
    rows = row.get("authorships")
    people = [one.get("author") for one in rows if isinstance(one, dict)] if isinstance(rows, list) else []  # fmt: skip
    names = [one.get("display_name") for one in people if isinstance(one, dict)]
    place = row.get("primary_location")
    where = place.get("source") if isinstance(place, dict) else None
    is_printed = isinstance(where, dict) and where.get("type") != "repository"
    venue = clean_venue(where.get("display_name"), row.get("publication_year")) if is_printed and isinstance(where, dict) else None  # fmt: skip
    doi = parse_identifier(clean_text(row.get("doi")))
    return _facts(
        Source.OPENALEX,
        title=clean_text(row.get("display_name")),
        authors=[name for one in names if (name := clean_text(one, 200))],
        abstract=_unfolded(row.get("abstract_inverted_index")),
        year=clean_year(row.get("publication_year")),
        day=clean_text(row.get("publication_date"), 10),
        venue=venue,
        idents=[doi] if doi else [],
    )


def _unfolded(index: Any) -> str:
    """An abstract from the places of its words."""
    if not isinstance(index, dict):
        return ""
    places = [
        (place, word)
        for word, some in index.items()
        if isinstance(some, list)
        for place in some
        if isinstance(place, int)
    ]
    words = [word for _, word in sorted(places, key=lambda pair: pair[0])]
    return clean_text(" ".join(words[:3000]), _LONGEST_ABSTRACT)


def _facts(
    source: Source,
    *,
    title: str,
    authors: list[str],
    abstract: str,
    year: int | None,
    day: str,
    venue: SuggestedVenue | None,
    idents: Iterable[Ident],
) -> Facts:
    facts: dict[str, Any] = {"title": title, "authors": authors, "abstract": abstract, "year": year}
    if _is_day(day):
        facts |= {"published_on": day, "published_precision": Paper.Precision.DAY.value}
    if venue and not _is_preprint(venue.name):
        facts |= {"venue": venue.name[:120], "distinction": venue.distinction[:100]}
    said: Facts = {name: fact(value, source) for name, value in facts.items() if value}
    if rows := [identifier_fact(str(ident), source) for ident in idents]:
        said["identifiers"] = {"value": rows, "source": "", "detail": ""}
    return said


def _is_preprint(name: str) -> bool:
    return fold(name) in {"arxiv", "arxivorg", "corr", "arxivcornelluniversity"}


def _is_day(text: str) -> bool:
    try:
        return 1500 < date.fromisoformat(text).year < 2200
    except ValueError:
        return False
