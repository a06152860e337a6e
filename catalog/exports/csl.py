"""Papers as CSL-JSON, as citation processors, Zotero and Pandoc read it (citationstyles.org)."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from catalog.exports.facts import PaperFacts
from catalog.exports.names import Name
from catalog.models import Venue

_TYPES = {
    Venue.Kind.CONFERENCE: "paper-conference",
    Venue.Kind.JOURNAL: "article-journal",
    Venue.Kind.PREPRINT: "article",
    Venue.Kind.OTHER: "document",
}


def write_csl(papers: Iterable[PaperFacts], base: str) -> Iterator[str]:
    yield "["
    for number, facts in enumerate(papers):
        yield (",\n" if number else "\n") + json.dumps(csl(facts, base), ensure_ascii=False)
    yield "\n]\n"


def csl(facts: PaperFacts, base: str) -> dict[str, Any]:
    arxiv = facts.identifier("arxiv")
    item = {
        "id": facts.key,
        "type": _TYPES[Venue.Kind(facts.venue_kind)] if facts.venue_kind else "article",
        "title": facts.title,
        "author": [_name(name) for name in facts.names],
        "issued": {"date-parts": [list(facts.issued)]} if facts.issued else None,
        "container-title": facts.container if facts.is_published else "",
        "container-title-short": facts.venue
        if facts.is_published and facts.venue != facts.container
        else "",
        "publisher": "" if facts.is_published else facts.container or ("arXiv" if arxiv else ""),
        "number": f"arXiv:{arxiv}" if arxiv else "",
        "DOI": facts.identifier("doi"),
        "URL": facts.url or base + facts.path,
        "abstract": facts.abstract,
        "keyword": ", ".join(facts.topics),
        "note": facts.note,
    }
    return {name: value for name, value in item.items() if value}


def _name(name: Name) -> dict[str, str]:
    if not name.given:
        return {"literal": name.family}
    parts = {
        "family": name.family,
        "given": name.given,
        "non-dropping-particle": name.particle,
        "suffix": name.suffix,
    }
    return {part: text for part, text in parts.items() if text}
