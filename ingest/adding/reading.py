"""From what a curator pasted to drafts: identifiers, addresses, BibTeX, titles, one or hundreds."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from pylatexenc.latex2text import LatexNodes2Text

from catalog.identifiers import ARXIV, Ident, RepositoryName, arxiv_month
from catalog.models import Paper, Source
from catalog.readable import printable
from ingest.adding.facts import BIBTEX, Facts, fact, identifier_fact
from ingest.models import Draft
from ingest.sources.venues import venue_in
from search.asked_papers import Name
from search.reading_lists import ReadList, Sought, read_list

MOST = 500  # entries of a paste
LONGEST = 1_000_000  # characters

_INSIDE = re.compile(
    r"\(?<?(?:https?://[^\s<>\"]+|\b10\.[0-9]{4,9}/[^\s\"<>]+|\barxiv[:\s]\s*[a-z-]*/?[0-9][0-9.v]+)>?\)?",
    re.IGNORECASE,
)
_MARKDOWN = re.compile(r"!?\[([^\]]*)\]\([^)]*\)|[*`]+|(?<!\w)_+|_+(?!\w)")
_LINK = re.compile(r"\[([^\]]{6,})\]\(")
_PREPRINT = re.compile(r"\W*(?:arxiv|corr\b|biorxiv|medrxiv)", re.IGNORECASE)
_LETTERS = re.compile(r"[^\W\d_]")
_EDGES = ' \t.,;:|·–—-()[]<>"“”'
_CONVERTER = LatexNodes2Text(math_mode="verbatim")
_MOST_BRACES = 200
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_LONGEST_TITLE = 1000
_LONGEST_ABSTRACT = 10_000


def read_pasted(text: str) -> ReadList:
    """Read entries of any form, mixed; never fails."""
    return read_list(printable(text), is_mixed=True)


def drafts_of(entries: Sequence[Sought]) -> list[Draft]:
    """Drafts of entries, not saved yet, with what the entries themselves say."""
    return [_draft(entry) for entry in entries]


def _draft(entry: Sought) -> Draft:
    facts = _facts(entry)
    title = facts["title"]["value"] if entry.fields and "title" in facts else _title(entry)
    asked = {"names": [_stored(name) for name in entry.names], "title": title, "year": entry.year}
    return Draft(position=entry.line, shown=entry.shown[:200], asked=asked, facts=facts)


def _stored(name: Name) -> list[Any]:
    match name:
        case int():
            return ["paper", name]
        case RepositoryName():
            return ["code", name.host, name.owner, name.name, name.inner_url]
    return [name.scheme, name.value]


def _title(entry: Sought) -> str:
    """A line without the addresses and marks around its title; empty when nothing is left of it."""
    if not entry.names:
        return _MARKDOWN.sub(r"\1", entry.title).strip()[:_LONGEST_TITLE]
    linked = _LINK.search(entry.title)
    text = _INSIDE.sub(" ", _MARKDOWN.sub(r"\1", linked[1] if linked else entry.title))
    text = " ".join(text.split()).strip(_EDGES)
    return text[:_LONGEST_TITLE] if len(_LETTERS.findall(text)) > 5 else ""


def _facts(entry: Sought) -> Facts:
    """What BibTeX says; of a plain line only its identifiers, which are the curator's word."""
    idents = [name for name in entry.names if isinstance(name, Ident)]
    source = Source.DERIVED if entry.fields else Source.CURATOR
    facts: Facts = {}
    if idents:
        rows = [identifier_fact(str(ident), source) for ident in idents]
        facts["identifiers"] = {"value": rows, "source": "", "detail": ""}
    if code := [name for name in entry.names if isinstance(name, RepositoryName)]:
        rows = [
            {"key": name.url, "source": Source.CURATOR.value, "evidence": "pasted"} for name in code
        ]
        facts["repositories"] = {"value": rows, "source": "", "detail": ""}
    if day := next((arxiv_month(one.value) for one in idents if one.scheme == ARXIV), None):
        facts["published_on"] = fact(day.isoformat(), Source.DERIVED, "arXiv identifier")
        facts["published_precision"] = fact(Paper.Precision.MONTH.value, Source.DERIVED)
        facts["year"] = fact(day.year, Source.DERIVED, "arXiv identifier")
    return facts | (_bibtex(dict(entry.fields), entry) if entry.fields else {})


def _bibtex(fields: dict[str, str], entry: Sought) -> Facts:
    facts: Facts = {}
    if title := plain(entry.title)[:_LONGEST_TITLE]:
        facts["title"] = _by_bibtex(title)
    if names := authors_in(fields.get("author", "")):
        facts["authors"] = _by_bibtex(names)
    if abstract := plain(fields.get("abstract", ""))[:_LONGEST_ABSTRACT]:
        facts["abstract"] = _by_bibtex(abstract)
    if entry.year:
        facts["year"] = _by_bibtex(entry.year)
    printed = plain(fields.get("booktitle") or fields.get("journal") or "")
    is_printed = printed and not _PREPRINT.match(printed)
    venue = venue_in(printed, must_be_known=False) if is_printed else None
    if venue and venue.name:
        facts["venue"] = _by_bibtex(venue.name[:120])
        if venue.distinction:
            facts["distinction"] = _by_bibtex(venue.distinction[:100])
    month = fields.get("month", "").strip("{} ").lower()[:3]
    if entry.year and month in _MONTHS:
        day = date(entry.year, _MONTHS.index(month) + 1, 1)
        facts["published_on"] = _by_bibtex(day.isoformat())
        facts["published_precision"] = _by_bibtex(Paper.Precision.MONTH.value)
    return facts


def _by_bibtex(value: Any) -> dict[str, Any]:
    return fact(value, Source.DERIVED, BIBTEX)


def plain(text: str) -> str:
    """BibTeX's text without its braces and with its accents set; formulas stay as they are."""
    text = " ".join(text.split())
    if "\\" in text and text.count("{") <= _MOST_BRACES:
        try:
            text = _CONVERTER.latex_to_text(text)
        except Exception:  # other people's LaTeX may be no LaTeX: it has no error of its own
            text = text.replace("\\", "")
    if "$" not in text:
        text = text.replace("{", "").replace("}", "")
    return " ".join(text.split())


def authors_in(text: str) -> list[str]:
    """The names of a BibTeX author field in reading order: "Xiao, Guangxuan and Han, Song" are two people."""
    names = []
    for printed in _people(" ".join(text.split())):
        last, comma, first = printed.partition(",")
        name = f"{first.rpartition(',')[2].strip()} {last.strip()}" if comma else printed
        name = plain(name)[:200].strip()
        if name and name.lower() not in {"others", "et al.", "et al"}:
            names.append(name)
    return names


def _people(text: str) -> list[str]:
    """Split at " and " outside of braces: {Barnes and Noble} is one author."""
    found, depth, start, place = [], 0, 0, 0
    while place < len(text):
        depth += {"{": 1, "}": -1}.get(text[place], 0)
        if depth <= 0 and text.startswith(" and ", place):
            found.append(text[start:place].strip())
            start = place = place + 5
            continue
        place += 1
    return [name for name in [*found, text[start:].strip()] if name]
