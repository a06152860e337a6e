"""Semantic Scholar: which works a paper builds on, which cite it, how many there are, where it appeared.

Source: the Academic Graph API's reference (api.semanticscholar.org/api-docs/graph). Up to 500 papers are asked about at
once; unknown ones come back as null in their place. Nested references and citations are cut without a word once an
answer holds 9,999 of them, so what is fewer than counted is asked for again: in batches small enough, then by page.
"""

import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

from catalog.identifiers import ACL, ARXIV, DOI, S2, parse_arxiv, parse_identifier
from catalog.models import Source
from catalog.statements import dated
from ingest.citations import (
    MOST_LISTED,
    Edges,
    Known,
    Note,
    OtherWork,
    PaperPart,
    earlier_visits,
    identifiers_of,
)
from ingest.cleaning import (
    clean_count,
    clean_day,
    clean_names,
    clean_text,
    clean_url,
    clean_venue,
    clean_year,
    fits,
    key_of_title,
)
from ingest.http import Answer, SourceBroken, SourceBusy, SourceClient, SourceRefused
from ingest.http.transport import TooLarge
from ingest.sources.venues import SuggestedVenue

_FACTS = ("externalIds", "title", "year", "citationCount")
_FIELDS = ",".join(
    [*_FACTS, "referenceCount", "venue", "openAccessPdf", "abstract", "authors", "publicationDate"]
    + [f"{side}.{fact}" for side in ("references", "citations") for fact in _FACTS]
)
_PREFIXES = {ARXIV: "ARXIV:", DOI: "DOI:", ACL: "ACL:", S2: ""}
_PAGE = 1000
_MOST_PAGES = 30  # of one list: it ends at MOST_LISTED, and pages may be shorter than asked for
_MOST_OF = 0.8  # of what is counted is listed; the counts are a little off
_FEW = 5  # nulls in a row that may be the truth
_ENOUGH_WORKS = 120_000  # in one batch: the memory of the worker has an end
_ENOUGH_SECONDS = (
    30.0  # in one batch: what it is about is lost with the worker, and others wait for it
)
_LONGEST_ABSTRACT = 20_000
_S2 = re.compile(r"[0-9a-f]{40}")


# Parsing


@dataclass(frozen=True, slots=True)
class Listing:
    """The works that an answer lists at one side of a paper, and how many rows it had for them."""

    works: tuple[OtherWork, ...]
    rows: int

    @property
    def is_clear(self) -> bool:
        """Whether every row names a work: one that is null may stand for any."""
        return len(self.works) == self.rows


@dataclass(frozen=True, slots=True)
class WorkRecord:
    """One paper in an answer. A listing is None where the answer says nothing."""

    identifiers: tuple[str, ...]
    reference_count: int | None
    citation_count: int | None
    references: Listing | None
    citations: Listing | None
    venue: SuggestedVenue | None = None
    full_text: str = ""
    said: Mapping[str, Any] = field(default_factory=dict)


def parse_record(row: Any) -> WorkRecord | None:
    """Read one paper of a batch; None when it is unknown. Whatever the row holds, nothing is raised."""
    if not isinstance(row, dict):
        return None
    copy = row.get("openAccessPdf")
    return WorkRecord(
        identifiers=_identifiers(row),
        reference_count=clean_count(row.get("referenceCount")),
        citation_count=clean_count(row.get("citationCount")),
        references=parse_listing(row.get("references")),
        citations=parse_listing(row.get("citations")),
        venue=clean_venue(row.get("venue"), row.get("year")),
        full_text=clean_url(copy.get("url")) if isinstance(copy, dict) else "",
        said=_said(row),
    )


def _said(row: dict[str, Any]) -> dict[str, Any]:
    """What the record says of fields that curators may choose from."""
    people = row.get("authors")
    names = (
        [one.get("name") if isinstance(one, dict) else None for one in people or ()]
        if isinstance(people, list)
        else []
    )
    return {
        "title": clean_text(row.get("title")),
        "abstract": clean_text(row.get("abstract"), _LONGEST_ABSTRACT),
        "authors": clean_names(names),
        "year": clean_year(row.get("year")),
        "published_on": dated(clean_day(row.get("publicationDate")), "day"),
    }


def parse_listing(rows: Any) -> Listing | None:
    if not isinstance(rows, list):
        return None
    return Listing(tuple(work for row in rows if (work := parse_work(row))), len(rows))


def parse_page(answer: Any, side: str) -> Listing | None:
    """Read a page of references or citations; None when the publisher withholds them."""
    rows = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(rows, list):
        return None
    name = "citedPaper" if side == "references" else "citingPaper"
    return parse_listing([row.get(name) if isinstance(row, dict) else None for row in rows])


def parse_work(row: Any) -> OtherWork | None:
    """Read the other end of an edge; None when nothing names it."""
    if not isinstance(row, dict):
        return None
    title, identifiers = clean_text(row.get("title")), _identifiers(row)
    key = clean_text(row.get("paperId"), 200)
    if not key and title:
        key = key_of_title(title)
    if not key and identifiers:
        key = identifiers[0][:200]
    if not key:
        return None
    return OtherWork(
        key=key.lower() if _S2.fullmatch(key.lower()) else key,
        title=title,
        identifiers=identifiers,
        year=clean_year(row.get("year")),
        citation_count=clean_count(row.get("citationCount")),
    )


def _identifiers(row: dict[str, Any]) -> tuple[str, ...]:
    """Its identifiers as scheme:value, those that say most surely which paper it is first."""
    outside = row.get("externalIds")
    names = outside if isinstance(outside, dict) else {}
    own = clean_text(row.get("paperId")).lower()
    found = {S2: f"{S2}:{own}"} if _S2.fullmatch(own) else {}
    for label in ("ArXiv", "DOI", "ACL"):
        text = names.get(label)
        if not isinstance(text, str):
            continue
        ident = parse_arxiv(text) if label == "ArXiv" else parse_identifier(text)
        if ident and ident.scheme in {ARXIV, DOI, ACL}:
            found.setdefault(ident.scheme, f"{ident.scheme}:{ident.value}")
    ordered = (found.get(scheme) for scheme in (S2, ARXIV, DOI, ACL))
    return tuple(name for name in ordered if name and fits(name))


# Asking


class Citations(PaperPart):
    source = Source.SEMANTIC_SCHOLAR
    schemes = frozenset(_PREFIXES)
    batch = 500

    def fetch(self, client: SourceClient, subjects: Sequence[int]) -> dict[int, Known | None]:
        """Return what is known of these papers; None for unknown ones.

        When the source gives up in the middle, or when there is more than a worker holds, some are left for later.
        """
        names = _names(identifiers_of(subjects, self.schemes))
        seen = earlier_visits(self.source, subjects)
        ask = _Asking(client, {paper for paper in subjects if paper in seen})
        found = ask.by_names({paper: names[paper] for paper in subjects if names.get(paper)})
        short = {paper: Note.of(visit).short for paper, visit in seen.items()}
        known = ask.completed({paper: one for paper, one in found.items() if one}, short)
        unknown = [paper for paper in subjects if found.get(paper) is None]
        return {**dict.fromkeys(unknown), **known}


def _names(identifiers: Mapping[int, list[tuple[str, str]]]) -> dict[int, list[str]]:
    """What the papers can be asked for by, in the order in which it is tried."""
    order = list(_PREFIXES)
    return {
        paper: [
            _PREFIXES[scheme] + value
            for scheme, value in sorted(rows, key=lambda row: order.index(row[0]))
        ]
        for paper, rows in identifiers.items()
    }


@dataclass(frozen=True, slots=True)
class _Pages:
    """What pages list. `is_limited`: the source lists no further; `is_odd`: they cannot be all."""

    edges: Edges
    rows: int
    is_limited: bool = False
    is_odd: bool = False


class _Asking:
    """The questions of one batch."""

    def __init__(self, client: SourceClient, found_before: set[int]) -> None:
        self.client = client
        self.found_before = found_before
        self.headers = {"x-api-key": client.key} if client.key else {}
        self.name: dict[int, str] = {}  # by which each paper was found
        self.short: Mapping[int, str] = {}  # the counts at which asking again gave no more before

    def by_names(self, names: Mapping[int, list[str]]) -> dict[int, WorkRecord | None]:
        """Ask by each paper's first name, and for those unknown by the next one."""
        found: dict[int, WorkRecord | None] = {}
        waiting = dict(names)
        turn = 0
        while waiting:
            asked = {paper: rest[turn] for paper, rest in waiting.items()}
            records = self._batch(asked)
            for paper, record in records.items():
                found[paper] = record
                if record:
                    self.name[paper] = asked[paper]
            turn += 1
            waiting = {
                paper: rest
                for paper, rest in waiting.items()
                if records[paper] is None and len(rest) > turn
            }
        return found

    def _batch(self, asked: Mapping[int, str]) -> dict[int, WorkRecord | None]:
        """Ask once for many; in halves when the answer is more than a client takes."""
        papers = list(asked)
        try:
            rows = self._post([asked[paper] for paper in papers], papers)
        except SourceBroken as error:
            if not isinstance(error.__cause__, TooLarge) or len(papers) == 1:
                raise
            half = len(papers) // 2
            return {
                **self._batch({paper: asked[paper] for paper in papers[:half]}),
                **self._batch({paper: asked[paper] for paper in papers[half:]}),
            }
        return {paper: parse_record(row) for paper, row in zip(papers, rows, strict=True)}

    def _post(self, ids: list[str], papers: list[int]) -> list[Any]:
        suspicious = len(papers) >= _FEW and bool(self.found_before.intersection(papers))

        def check(answer: Answer) -> None:
            if answer.status == 400:
                return
            rows = answer.json()
            if not isinstance(rows, list) or len(rows) != len(ids):
                raise SourceBroken(
                    f"Semantic Scholar did not answer with {len(ids)} papers, as it was asked"
                )
            if any(row is not None and not isinstance(row, dict) for row in rows):
                raise SourceBroken("Semantic Scholar answered with something other than papers")
            if _is_shuffled(ids, rows):
                raise SourceBroken(
                    "Semantic Scholar answered in another order than it was asked in"
                )
            if suspicious and not any(rows):
                raise SourceBroken(
                    f"Semantic Scholar knows none of {len(ids)} papers, of which it knew some before"
                )

        answer = self.client.post(
            "/paper/batch",
            {"ids": ids},
            {"fields": _FIELDS},
            headers=self.headers,
            accept=(400,),
            check=check,
        )
        if answer.status != 400:
            rows: list[Any] = answer.json()
            return rows
        message = _message(answer)
        if "no valid paper ids" in message.lower():
            return [None] * len(ids)
        raise SourceRefused(
            f"Semantic Scholar refused with status 400: {message}".rstrip(": "), 400
        )

    # What was cut

    def completed(
        self, records: Mapping[int, WorkRecord], short: Mapping[int, str]
    ) -> dict[int, Known]:
        """Ask again for lists that are shorter than counted, unless that gave no more at the same counts before.

        What was odd is asked for twice.
        """
        self.short = short
        done: dict[int, Known] = {}
        cut: dict[int, WorkRecord] = {}
        for paper, record in records.items():
            before = short.get(paper, "")
            if not _lacks(record):
                done[paper] = _known(record)
            elif before and _counts(record) == before.removesuffix("!"):
                done[paper] = replace(_known(record), short=before, is_cut=before.endswith("!"))
            else:
                cut[paper] = record
        held = sum(map(_size, records.values()))
        end = time.monotonic() + _ENOUGH_SECONDS
        try:
            for paper, known in self._asked_again(cut, _room(records.values())):
                done[paper] = known
                held += len(known.references.works) + len(known.citing.works)
                if held > _ENOUGH_WORKS or time.monotonic() > end:
                    break
        except (SourceBroken, SourceBusy):
            if not done:
                raise
        return done

    def _asked_again(
        self, cut: Mapping[int, WorkRecord], room: tuple[int, int]
    ) -> Iterable[tuple[int, Known]]:
        again = dict(cut)
        for group in _groups(cut, room):
            try:
                answers = self._batch({paper: self.name[paper] for paper in group})
            except SourceRefused as error:
                if error.status in {401, 403}:
                    raise
                continue
            for paper in group:
                record = answers[paper]
                if record is None:
                    continue
                again[paper] = _longer(again[paper], record)
                if not _lacks(again[paper]):
                    yield paper, _known(again.pop(paper))
        for paper, record in again.items():
            yield paper, self._paged(paper, record)

    def _paged(self, paper: int, record: WorkRecord) -> Known:
        known = _known(record)
        limited = is_odd = False
        if _falls_short(record.references, record.reference_count):
            pages = self._pages(paper, "references", record.reference_count)
            known = replace(known, references=_union(pages.edges, record.references))
            record = replace(record, references=Listing((), pages.rows))
            is_odd |= pages.is_odd
        if _falls_short(record.citations, record.citation_count):
            pages = self._pages(paper, "citations", record.citation_count)
            known = replace(known, citing=_union(pages.edges, record.citations))
            record = replace(record, citations=Listing((), pages.rows))
            limited, is_odd = pages.is_limited, is_odd | pages.is_odd
        if not is_odd and not _lacks(record):
            return known
        counts = _counts(record)
        if is_odd and self.short.get(paper) != f"{counts}?":
            return replace(known, short=f"{counts}?")
        return replace(known, short=counts + "!" * limited, is_cut=limited)

    def _pages(self, paper: int, side: str, count: int | None) -> _Pages:
        """All that is listed at one side. What is not given, or given as nothing where some are counted, is no statement.

        Nor is a list that ends with far less than is counted, or whose pages do not lead on.
        """
        works: list[OtherWork] = []
        offset = rows = 0
        for _ in range(_MOST_PAGES):
            try:
                page, following = self._page(paper, side, offset)
            except SourceRefused as error:
                if error.status in {401, 403}:
                    raise
                return _Pages(Edges(tuple(works)), rows)
            if page is None:
                return _Pages(Edges(tuple(works)), rows)
            works.extend(page.works)
            rows += page.rows
            if not page.rows or following is None:
                is_odd = 0 < rows < _MOST_OF * (count or 0)
                is_whole = rows == len(works) and (rows > 0 or not count) and not is_odd
                return _Pages(Edges(tuple(works), is_whole), rows, is_odd=is_odd)
            if following <= offset:
                break
            offset = following
            if offset >= MOST_LISTED:
                is_whole = rows == len(works) and rows >= (count or 0)
                return _Pages(Edges(tuple(works), is_whole), rows, rows < (count or 0))
        return _Pages(Edges(tuple(works)), rows, is_odd=True)

    def _page(self, paper: int, side: str, offset: int) -> tuple[Listing | None, int | None]:
        def check(answer: Answer) -> None:
            page = answer.json()
            if not isinstance(page, dict) or not isinstance(page.get("data", ""), list | None):
                raise SourceBroken(f"Semantic Scholar answered with something other than {side}")

        answer = self.client.get(
            f"/paper/{quote(self.name[paper], safe=':/()')}/{side}",
            {
                "fields": ",".join(_FACTS),
                "offset": str(offset),
                "limit": str(min(_PAGE, MOST_LISTED - offset)),
            },
            headers=self.headers,
            check=check,
        )
        page = answer.json()
        return parse_page(page, side), clean_count(page.get("next"))


def _is_shuffled(ids: Sequence[str], rows: Sequence[Any]) -> bool:
    """Whether a row names another paper that was asked about, at whose place stands something else.

    Two ids may be of one work there: then both rows are the same.
    """
    places = {name.lower(): place for place, name in enumerate(ids)}
    said = [
        {
            prefix.lower() + value.lower()
            for scheme, _, value in (name.partition(":") for name in _identifiers(row))
            if (prefix := _PREFIXES.get(scheme)) is not None
        }
        if row
        else set()
        for row in rows
    ]
    return any(
        names and ids[place].lower() not in names and other != place and not names & said[other]
        for place, names in enumerate(said)
        for other in {places[name] for name in names if name in places}
    )


def _message(answer: Answer) -> str:
    try:
        body = answer.json()
    except SourceBroken:
        return ""
    text = body.get("error") or body.get("message") if isinstance(body, dict) else ""
    return clean_text(text, 200)


# Whether anything is missing


def _falls_short(listing: Listing | None, count: int | None) -> bool:
    return (listing.rows if listing else 0) < (count or 0)


def _lacks(record: WorkRecord) -> bool:
    return _falls_short(record.references, record.reference_count) or _falls_short(
        record.citations, record.citation_count
    )


def _counts(record: WorkRecord) -> str:
    return f"{record.reference_count or 0}/{record.citation_count or 0}"


def _size(record: WorkRecord) -> int:
    return sum(len(one.works) for one in (record.references, record.citations) if one)


def _known(record: WorkRecord) -> Known:
    return Known(
        identifiers=record.identifiers,
        references=_edges(record.references, record.reference_count),
        citing=_edges(record.citations, record.citation_count),
        reference_count=record.reference_count,
        citing_count=record.citation_count,
        venue=record.venue,
        full_text=record.full_text,
        said=record.said,
    )


def _edges(listing: Listing | None, count: int | None) -> Edges:
    """A list without a count may have been cut: it says what is there, not what is not."""
    if listing is None:
        return Edges()
    return Edges(
        listing.works, is_whole=count is not None and listing.rows >= count and listing.is_clear
    )


def _union(edges: Edges, listing: Listing | None) -> Edges:
    """What pages and the batch list together: a page that is withheld takes nothing back."""
    if edges.is_whole or listing is None:
        return edges
    return Edges((*edges.works, *listing.works))


def _longer(one: WorkRecord, other: WorkRecord) -> WorkRecord:
    """The facts of the later answer, with the longer lists of the two."""

    def choose(side: Callable[[WorkRecord], Listing | None]) -> Listing | None:
        return max((side(other), side(one)), key=lambda listing: listing.rows if listing else -1)

    return replace(
        other,
        references=choose(lambda record: record.references),
        citations=choose(lambda record: record.citations),
    )


def _room(records: Iterable[WorkRecord]) -> tuple[int, int]:
    """How many references and citations the answer held in all: that many fit into another one too."""
    references = citations = 0
    for record in records:
        references += record.references.rows if record.references else 0
        citations += record.citations.rows if record.citations else 0
    return references, citations


def _groups(cut: Mapping[int, WorkRecord], room: tuple[int, int]) -> list[list[int]]:
    """Papers whose lists fit into one answer together; those that fill it alone are left to be paged."""
    groups: list[list[int]] = []
    left = (0, 0)
    for paper, record in sorted(cut.items(), key=lambda item: -(item[1].citation_count or 0)):
        need = (record.reference_count or 0, record.citation_count or 0)
        if need[0] > room[0] or need[1] > room[1]:
            continue
        if not groups or need[0] > left[0] or need[1] > left[1]:
            groups.append([])
            left = room
        groups[-1].append(paper)
        left = (left[0] - need[0], left[1] - need[1])
    return groups
