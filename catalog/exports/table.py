"""Papers as a table for spreadsheets: CSV (RFC 4180), one row a paper."""

import csv
import io
from collections.abc import Iterable, Iterator

from catalog.exports.facts import PaperFacts

COLUMNS = (
    "key", "title", "authors", "year", "date", "venue", "distinction", "topics", "arxiv", "doi", "openreview", "acl",
    "url", "code", "stars", "citations", "withdrawn", "abstract",
)  # fmt: skip
# A spreadsheet would take such a cell for a formula (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_csv(papers: Iterable[PaperFacts], base: str) -> Iterator[str]:
    yield "\ufeff" + _line(COLUMNS)  # the mark tells Excel that it is UTF-8
    for facts in papers:
        yield _line(map(_safe, _row(facts, base)))


def _line(cells: Iterable[object]) -> str:
    file = io.StringIO()
    csv.writer(file).writerow(cells)
    return file.getvalue()


def _row(facts: PaperFacts, base: str) -> list[object]:
    return [
        facts.key,
        facts.title,
        "; ".join(facts.authors),
        facts.year or "",
        _date(facts),
        facts.venue,
        facts.distinction,
        "; ".join(facts.topics),
        *(facts.identifier(scheme) for scheme in ("arxiv", "doi", "openreview", "acl")),
        base + facts.path,
        " ".join(facts.code),
        "" if facts.stars is None else facts.stars,
        "" if facts.citations is None else facts.citations,
        f"{facts.withdrawn_at:%Y-%m-%d}" if facts.withdrawn_at else "",
        facts.abstract,
    ]


def _date(facts: PaperFacts) -> str:
    """The date it bears, no more exact than it is known."""
    if not facts.published_on:
        return ""
    length = {"day": 10, "month": 7}.get(facts.precision, 4)
    return facts.published_on.isoformat()[:length]


def _safe(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
