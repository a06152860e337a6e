"""What pages say of papers to machines: Highwire's `citation_*` tags, JSON-LD of schema.org, COinS."""

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.utils.safestring import SafeString, mark_safe

from catalog.exports.facts import PaperFacts
from catalog.models import Authorship, Venue

_NO_MARKUP = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}
_VENUE_TAGS = {
    Venue.Kind.CONFERENCE: "citation_conference_title",
    Venue.Kind.JOURNAL: "citation_journal_title",
}


def highwire(facts: PaperFacts, base: str) -> list[tuple[str, str]]:
    """The tags that Zotero and Google Scholar read, one for each author."""
    tags = [("citation_title", facts.title)]
    tags += [("citation_author", name.inverted) for name in facts.names]
    tags += [("citation_publication_date", "/".join(f"{part:02}" for part in facts.issued))]
    if facts.is_published:
        tags.append((_VENUE_TAGS[Venue.Kind(facts.venue_kind)], facts.container))
    tags += [
        ("citation_publisher", "" if facts.is_published else facts.container),
        ("citation_doi", facts.identifier("doi")),
        ("citation_arxiv_id", facts.identifier("arxiv")),
        ("citation_pdf_url", facts.pdf_url),
        ("citation_abstract_html_url", base + facts.path),
        ("citation_public_url", facts.url),
        ("citation_keywords", "; ".join(facts.topics)),
        ("citation_abstract", facts.abstract),
    ]
    return [(name, value) for name, value in tags if value]


def coins(facts: PaperFacts, base: str) -> str:
    """An OpenURL of the paper for the title of a span (ocoins.info)."""
    kind = "proceeding" if facts.venue_kind == Venue.Kind.CONFERENCE else "article"
    pairs = [
        ("ctx_ver", "Z39.88-2004"),
        ("rft_val_fmt", "info:ofi/fmt:kev:mtx:journal"),
        ("rft.genre", kind if facts.is_published else "preprint"),
        ("rft.atitle", facts.title),
        ("rft.jtitle", facts.container),
        ("rft.date", "-".join(f"{part:02}" for part in facts.issued)),
    ]
    pairs += [("rft.au", name.inverted) for name in facts.names]
    doi, arxiv = facts.identifier("doi"), facts.identifier("arxiv")
    pairs += [
        ("rft_id", f"info:doi/{doi}" if doi else ""),
        ("rft_id", f"info:arxiv/{arxiv}" if arxiv else ""),
        ("rft_id", "" if doi or arxiv else facts.url or base + facts.permanent_path),
    ]
    return urlencode([(name, value) for name, value in pairs if value], safe=":/,")


def json_ld(thing: dict[str, Any]) -> SafeString:
    """Data for a script element of a type that nothing runs, and that no text within can end."""
    text = json.dumps({"@context": "https://schema.org", **thing}, ensure_ascii=False)
    return mark_safe(text.translate(_NO_MARKUP))  # noqa: S308  # no markup is left in it


def paper_ld(
    facts: PaperFacts, base: str, authorships: Sequence[Authorship] = ()
) -> dict[str, Any]:
    thing: dict[str, Any] = {
        "@type": "ScholarlyArticle",
        "@id": base + facts.permanent_path,
        "url": base + facts.path,
        "name": facts.title,
        "headline": facts.title,
        "author": _authors(facts, base, authorships),
        "datePublished": "-".join(f"{part:02}" for part in facts.issued),
        "abstract": facts.abstract,
        "about": [{"@type": "DefinedTerm", "name": topic} for topic in facts.topics],
        "award": facts.distinction,
        "identifier": [
            {"@type": "PropertyValue", "propertyID": one.scheme, "value": one.value}
            for one in facts.identifiers
        ],
        "sameAs": [
            one.url
            for one in facts.identifiers
            if one.url.lower().startswith(("https://", "http://"))
        ],
        "subjectOf": [{"@type": "SoftwareSourceCode", "codeRepository": url} for url in facts.code],
        "creativeWorkStatus": "Withdrawn" if facts.withdrawn_at else "",
    }
    if facts.container:
        key = "isPartOf" if facts.is_published else "publisher"
        kind = {
            Venue.Kind.JOURNAL: "Periodical",
            Venue.Kind.CONFERENCE: "PublicationVolume",
        }.get(Venue.Kind(facts.venue_kind), "Organization")
        thing[key] = {"@type": kind, "name": facts.container}
    return {name: value for name, value in thing.items() if value}


def _authors(
    facts: PaperFacts, base: str, authorships: Sequence[Authorship]
) -> list[dict[str, str]]:
    if not authorships:
        return [{"@type": "Person", "name": name} for name in facts.authors]
    return [
        {
            "@type": "Person",
            "name": link.printed_name,
            "url": base + link.author.get_absolute_url(),
            **({"sameAs": f"https://orcid.org/{link.author.orcid}"} if link.author.orcid else {}),
        }
        for link in authorships
    ]


def list_ld(title: str, page: str, total: int, base: str) -> dict[str, Any]:
    return {
        "@type": "CollectionPage",
        "@id": base + page,
        "url": base + page,
        "name": title,
        "mainEntity": {"@type": "ItemList", "numberOfItems": total},
    }
