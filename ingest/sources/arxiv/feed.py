"""arXiv's query API: what arXiv says of the papers that bear its identifiers.

Source: arXiv API user's manual (info.arxiv.org/help/api/user-manual.html). Answers come in any order, unknown ids are
left out, and an error can come as an entry of a feed with status 200. Parsing is the `arxiv` package's, which takes
what it can of a damaged feed; so the feed is first read strictly.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from arxiv import _feed
from lxml import etree

from catalog.identifiers import Ident, parse_arxiv
from ingest.http import SourceBroken, SourceRefused

_ATOM = "{http://www.w3.org/2005/Atom}"
_TOTAL = "{http://a9.com/-/spec/opensearch/1.1/}totalResults"


@dataclass(frozen=True, slots=True)
class ArxivRecord:
    """What arXiv says of one paper, title and abstract with the LaTeX and, in the abstract, the line breaks it has."""

    id: str
    version: int
    title: str
    abstract: str
    authors: tuple[str, ...]
    published: date
    revised: date
    categories: tuple[str, ...]  # the primary one first
    doi: str = ""
    journal_ref: str = ""
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed's records, how many its search found in all if it says so, and what was wrong with the entries left out.

    A fault goes by the id of its entry, by "" where the entry has none that can be read.
    """

    records: tuple[ArxivRecord, ...]
    total: int | None
    faults: Mapping[str, str] = field(default_factory=dict)
    entries: int = 0

    @property
    def is_short(self) -> bool:
        """Whether it counts more results than it holds."""
        return self.total is not None and self.total > self.entries


def parse_feed(body: bytes) -> Feed:
    """Read an Atom feed; raise SourceBroken when it is none and SourceRefused when it is arXiv's word of an error."""
    root = _root(body)
    entries = root.findall(f"{_ATOM}entry")
    for entry in entries:
        if "/api/errors" in (entry.findtext(f"{_ATOM}id") or ""):
            summary = " ".join((entry.findtext(f"{_ATOM}summary") or "").split())
            raise SourceRefused(f"arXiv refused: {summary[:200]}", 400)
    records: list[ArxivRecord] = []
    faults: dict[str, str] = {}
    for entry in entries:
        try:
            records.append(_record(entry))
        except (ValueError, TypeError, OverflowError) as error:
            faults[_name_of(entry)] = f"arXiv's entry cannot be read: {error}"
    total = root.findtext(_TOTAL) or ""
    total = total.strip()
    known = int(total) if total.isascii() and total.isdigit() and len(total) < 10 else None
    return Feed(tuple(records), known, faults, len(entries))


def _root(body: bytes) -> etree._Element:
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,  # they would cut the texts in two
        remove_pis=True,
    )
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise SourceBroken(f"arXiv answered with broken XML: {error.msg}") from error
    except ValueError as error:
        raise SourceBroken(f"arXiv answered with something other than XML: {error}") from error
    if root.getroottree().docinfo.doctype:  # type: ignore[union-attr]  # the stubs are too wary
        raise SourceBroken("arXiv answered with a document type, which no feed of its has")
    if root.tag != f"{_ATOM}feed":
        raise SourceBroken(f"arXiv answered with <{etree.QName(root).localname}> instead of a feed")
    return root


def _record(entry: etree._Element) -> ArxivRecord:
    result = _feed._build_result(entry)
    if result is None:
        raise ValueError("it has no id or no date")
    ident = _entry_id(result.entry_id)
    title, abstract = _clean(result.title).strip(), _clean(result.summary).strip()
    if not title:
        raise ValueError("it has no title")
    names = (" ".join(_clean(author.name).split()) for author in result.authors)
    categories = dict.fromkeys(filter(None, [result.primary_category, *result.categories]))
    return ArxivRecord(
        id=ident.value,
        version=ident.version or 1,
        title=title,
        abstract=abstract,
        authors=tuple(name[:200] for name in names if name),
        published=_day(result.published),
        revised=_day(result.updated),
        categories=tuple(_clean(one)[:40] for one in categories),
        doi=_clean(result.doi or "").strip(),
        journal_ref=" ".join(_clean(result.journal_ref or "").split()),
        comment=" ".join(_clean(result.comment or "").split()),
    )


def _entry_id(url: str) -> Ident:
    """Read `http://arxiv.org/abs/1707.08567v1`, whatever host is written there."""
    ident = parse_arxiv(url.partition("/abs/")[2] or url)
    if ident is None:
        raise ValueError("its id is none of arXiv's")
    return ident


def _name_of(entry: etree._Element) -> str:
    with suppress(ValueError):
        return _entry_id((entry.findtext(f"{_ATOM}id") or "").strip()).value
    return ""


def _day(moment: datetime) -> date:
    day = moment.astimezone(UTC).date()
    if not 1985 <= day.year <= 2200:
        raise ValueError(f"it is dated {day}")
    return day


_UNFIT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def _clean(text: str) -> str:
    return _UNFIT.sub("", text)


def withdrawn(record: ArxivRecord) -> bool:
    """Whether the latest version is a withdrawal, which arXiv says in the comment only."""
    return any(
        _WITHDRAWN.match(clause.strip()) and not _OTHERWISE.search(clause)
        for clause in re.split(
            r"[.;\n]\s*|,\s*(?=(?:withdrawn|retracted)\W*$)", record.comment[:_LONGEST_REMARK]
        )
    )


def may_be_withdrawn(record: ArxivRecord) -> bool:
    """Whether the comment speaks of a withdrawal that may be another's: of a submission, or of an older version."""
    return bool(_SPOKEN_OF.search(record.comment)) and not withdrawn(record)


_LONGEST_REMARK = 2000  # a page's worth; the patterns take the square of it
# "This paper has been withdrawn by the authors …", "Paper withdrawn due to …", "Withdrawn", "retracted".
_WITHDRAWN = re.compile(
    r"\W*(?:(?:this|the|our|present|current|arxiv|it|entire|and|latest|author|authors?'s?)\s+)*"
    r"(?:paper|article|submission|manuscript|work|preprint|version|thesis|note|report)?\s*"
    r"(?:\([^)]*\)|,[^,]{0,60},)?\s*"
    r"(?:(?:is|was|has|have|had|been|being|be|must|now|hereby|temporarily|\w+ly)\s+)*"
    r"(?:withdrawn|retracted)\b(?=\W*$|\W+(?:by|due|because|as|since|for|on|in|pending|until|to|owing|after|at|and|from"
    r"|while|with|per|following|upon|the)\b|\s*[:,(\[–—-])"
    r"|.*\b(?:withdrawn|retracted) by (?:the |its )?(?:authors?|arxiv|submitters?)\b"
    r"|(?:the\s+)?authors?\s+(?:has|have)\s+(?:withdrawn|retracted)\s+(?:this|the)\s+(?:paper|article|submission|work)"
    # "We hereby withdraw this paper because …", "I would like to withdraw …", "Withdrawing this paper as …".
    r"|(?:(?:the\s+)?authors?|we|i)\s+(?:(?:would|like|wish|want|have|decided|hereby|voluntarily|had|must|to)\s+)*"
    r"(?:withdraw|retract)\s+(?:this|the|our|my)\s+(?:paper|article|submission|manuscript|work|preprint)\b"
    r"|(?:withdrawing|retracting)\s+(?:this|the|our|my)\s+(?:paper|article|submission|manuscript|work|preprint)\b",
    re.IGNORECASE,
)
# It was withdrawn from elsewhere, or another version was.
_OTHERWISE = re.compile(
    r"\b(?:withdrawn|retracted)\b(?:\s+by\b[^.;]{0,40}?)?\s+from\s+(?!arxiv)"
    r"|\b(?:withdraw|withdrawing)\b[^.;]{0,80}?\s+from\s+(?!arxiv)"
    r"|\b(?:versions?\s+(?:\d|one|two)|v\d+|(?:earlier|previous|prior|older|first|original|old)\s+"
    r"(?:versions?|submissions?|drafts?))\b[^.;]*\b(?:withdrawn|retracted)\b",
    re.IGNORECASE,
)
_SPOKEN_OF = re.compile(
    r"\b(?:withdraw|withdrawn|withdrawing|retract|retracted|withdrawal|retraction)\b", re.IGNORECASE
)
