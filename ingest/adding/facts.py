"""What is known of a paper that is about to be added, fact by fact, each with who says so."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from catalog.identifiers import ACL, DOI, RepositoryName, parse_identifier, parse_repository
from catalog.models import Paper, Source
from ingest.sources.arxiv.feed import ArxivRecord
from ingest.sources.arxiv.venues import suggested_venue

Facts = dict[str, dict[str, Any]]
BIBTEX = "BibTeX"

_ADDRESS = re.compile(
    r"(?:https?://|(?<![\w./@-])(?:www\.)?(?:github|gitlab|codeberg|bitbucket)\.(?:com|org)/)[^\s<>\"{}|\\^`]+",
    re.IGNORECASE,
)
_BEHIND = ".,;:!?)]}'\"”’"


def fact(value: Any, source: Source, detail: str = "") -> dict[str, Any]:
    """One fact as drafts keep it."""
    return {"value": value, "source": source.value, "detail": detail}


def said_by(said: Mapping[str, Any]) -> str:
    """Who says a fact, in words."""
    if said.get("source") == Source.DERIVED and said.get("detail"):
        return str(said["detail"])
    label = Source(said["source"]).label if said.get("source") else ""
    return f"{label}, {said['detail']}" if label and said.get("detail") else str(label)


def merged(first: Facts, second: Facts) -> Facts:
    """The facts of two sources, the first one's word before the second's; identifiers and code of both."""
    both = {**second, **first}
    for name in ("identifiers", "repositories"):
        rows = [*first.get(name, {}).get("value", []), *second.get(name, {}).get("value", [])]
        unique = {row["key"]: row for row in reversed(rows)}
        if unique:
            both[name] = {"value": list(reversed(unique.values())), "source": "", "detail": ""}
    return both


# arXiv


def facts_of_record(record: ArxivRecord) -> Facts:
    """What arXiv says, and the code that its texts name."""
    facts = {
        "title": fact(" ".join(record.title.split()), Source.ARXIV),
        "authors": fact(list(record.authors), Source.ARXIV),
        "abstract": fact(record.abstract, Source.ARXIV),
        "published_on": fact(record.published.isoformat(), Source.ARXIV),
        "published_precision": fact(Paper.Precision.DAY.value, Source.ARXIV),
        "year": fact(record.published.year, Source.ARXIV),
    }
    if venue := suggested_venue(record.journal_ref, record.comment):
        where = "its journal reference" if record.journal_ref else "the authors’ comment there"
        facts["venue"] = fact(venue.name, Source.ARXIV, where)
        if venue.year:
            facts["year"] = fact(venue.year, Source.ARXIV, where)
        if venue.distinction:
            facts["distinction"] = fact(venue.distinction, Source.ARXIV, where)
    idents = [identifier_fact(f"arxiv:{record.id}", Source.ARXIV)]
    idents += [
        identifier_fact(str(ident), Source.ARXIV)
        for word in record.doi.replace(",", " ").split()
        if (ident := parse_identifier(word)) and ident.scheme in {DOI, ACL}
    ]
    facts["identifiers"] = {"value": idents, "source": "", "detail": ""}
    code = repositories_in({"abstract": record.abstract, "comment": record.comment})
    facts["repositories"] = {"value": code, "source": "", "detail": ""}
    return {name: said for name, said in facts.items() if said["value"]}


def identifier_fact(ident: str, source: Source) -> dict[str, Any]:
    return {"key": ident, "source": source.value}


def repositories_in(texts: Mapping[str, str]) -> list[dict[str, Any]]:
    """The repositories that texts of arXiv's name, each with where: "named in the comment"."""
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    for place, text in texts.items():
        for name in repositories_named(text):
            row = {
                "key": name.url,
                "source": Source.ARXIV.value,
                "evidence": f"named in the {place}",
            }
            found.setdefault(name.key, row)
    return list(found.values())


def repositories_named(text: str) -> Iterable[RepositoryName]:
    """Repositories whose addresses stand in a text, also with a full stop or a bracket behind them."""
    for match in _ADDRESS.finditer(text.replace("\\_", "_").replace("\\%", "%")):
        name = parse_repository(match[0].rstrip(_BEHIND))
        if name:
            yield name


# arXiv's record as JSON, so that it need not be asked for again


def packed(record: ArxivRecord) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in asdict(record).items()
    }


def unpacked(stored: Mapping[str, Any]) -> ArxivRecord:
    values = dict(stored)
    for name in ("published", "revised"):
        values[name] = date.fromisoformat(values[name])
    for name in ("authors", "categories"):
        values[name] = tuple(values[name])
    return ArxivRecord(**values)
