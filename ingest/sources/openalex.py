"""OpenAlex: a second word on what papers build on, how often they are cited and where they appeared.

Source: docs.openalex.org, "Get lists of entities". Papers are asked for by DOI, 50 in one request. A paper of arXiv that
appeared elsewhere has two records there, the preprint's under arXiv's own DOI: both are taken together.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from catalog.identifiers import ACL, ARXIV, DOI, OPENALEX
from catalog.models import Source
from catalog.statements import dated
from ingest.citations import Edges, Known, OtherWork, PaperPart, earlier_visits, identifiers_of
from ingest.cleaning import clean_count, clean_day, clean_text, clean_venue, clean_year
from ingest.http import Answer, SourceBroken, SourceClient, SourceRefused
from ingest.http.client import JSON
from ingest.sources.venues import SuggestedVenue

_FIELDS = "id,doi,referenced_works,referenced_works_count,cited_by_count,title,publication_year,publication_date,primary_location"
_ARXIV_DOI = "10.48550/arxiv."
_ACL_DOI = "10.18653/v1/"
_MOST_VALUES = 50
_PER_PAGE = 200
_MOST_PAGES = 5
_FEW = 5  # unknown papers in a row that may be the truth
_MOST_MERGED = 50  # records asked for one by one in a batch
_ID = re.compile(
    r"(?:https?://(?:api\.)?openalex\.org/(?:works/)?)?(W[0-9]{4,12})", re.IGNORECASE | re.ASCII
)
_MAIL = re.compile(r"(?:mailto:)?([^@\s<>]+@[^@\s<>]+\.[^@\s<>]+)")


# Parsing


@dataclass(frozen=True, slots=True)
class WorkRecord:
    """One record in an answer. `references` is None where the answer says nothing of them."""

    id: str
    doi: str
    references: tuple[str, ...] | None
    is_whole: bool  # as many references as it counts
    reference_count: int | None
    citation_count: int | None
    venue: SuggestedVenue | None = None
    said: Mapping[str, Any] = field(default_factory=dict)


def parse_record(row: Any) -> WorkRecord | None:
    """Read one record; None when it is none. Whatever the row holds, nothing is raised."""
    if not isinstance(row, dict) or not (name := parse_id(row.get("id"))):
        return None
    listed, count = row.get("referenced_works"), clean_count(row.get("referenced_works_count"))
    is_list = isinstance(listed, list)
    ids = [parse_id(one) for one in listed] if isinstance(listed, list) else []
    doi = row.get("doi")
    return WorkRecord(
        id=name,
        doi=_bare(doi) if isinstance(doi, str) else "",
        references=tuple(dict.fromkeys(filter(None, ids))) if is_list else None,
        is_whole=is_list and all(ids) and count is not None and len(ids) >= count,
        reference_count=count,
        citation_count=clean_count(row.get("cited_by_count")),
        venue=_venue(row),
        said={
            "title": clean_text(row.get("title")),
            "year": clean_year(row.get("publication_year")),
            "published_on": dated(clean_day(row.get("publication_date")), "day"),
        },
    )


def _venue(row: dict[str, Any]) -> SuggestedVenue | None:
    location = row.get("primary_location")
    place = location.get("source") if isinstance(location, dict) else None
    if not isinstance(place, dict) or place.get("type") == "repository":
        return None
    return clean_venue(place.get("display_name"), row.get("publication_year"))


def parse_id(value: Any) -> str:
    """Read W123 from a record's id or address; empty when it is none."""
    found = _ID.fullmatch(value.strip()) if isinstance(value, str) else None
    return found[1].upper() if found else ""


def _bare(doi: str) -> str:
    return re.sub(r"^(?:https?://)?(?:dx\.)?doi\.org/", "", doi.strip().lower())


def joined(records: Sequence[WorkRecord], expected: Iterable[str] = ()) -> Known | None:
    """Take the records of one paper together; None without any.

    Its references are whole only when every record gives its own whole, those included that it had before.
    """
    if not records:
        return None
    ids = tuple(sorted({record.id for record in records}))
    references = dict.fromkeys(name for record in records for name in record.references or ())
    works = tuple(
        OtherWork(name, identifiers=(f"{OPENALEX}:{name}",))
        for name in references
        if name not in ids
    )
    is_whole = all(record.is_whole for record in records) and set(expected) <= set(ids)
    return Known(
        identifiers=tuple(f"{OPENALEX}:{name}" for name in ids),
        references=Edges(works, is_whole),
        reference_count=_largest(record.reference_count for record in records),
        citing_count=_largest(record.citation_count for record in records),
        venue=next((record.venue for record in records if record.venue), None),
        said=next((record.said for record in records if record.venue), records[0].said),
    )


def _largest(counts: Iterable[int | None]) -> int | None:
    return max((count for count in counts if count is not None), default=None)


# Asking


class Citations(PaperPart):
    source = Source.OPENALEX
    schemes = frozenset({ARXIV, DOI, ACL, OPENALEX})
    batch = 100

    def fetch(self, client: SourceClient, subjects: Sequence[int]) -> dict[int, Known | None]:
        """Return what is known of these papers; None for unknown ones."""
        known = identifiers_of(subjects, self.schemes)
        by_doi = _owners(known, _dois)
        by_id = _owners(known, _ids)
        found: dict[int, dict[str, WorkRecord]] = defaultdict(dict)
        for record in _ask(client, "doi", list(by_doi)):
            for paper in by_doi.get(record.doi, ()):
                found[paper][record.id] = record
        unmet = _unmet(known, found)
        for record in _ask(client, "openalex", unmet):
            for paper in by_id.get(record.id, ()):
                found[paper][record.id] = record
        merged = _merged(client, [name for name in unmet if not _is_met(name, by_id, found)])
        for name, record in merged.items():
            for paper in by_id[name]:
                found[paper][record.id] = record
        if len(subjects) >= _FEW and not found and earlier_visits(self.source, subjects):
            raise SourceBroken(
                f"OpenAlex knows none of {len(subjects)} papers, of which it knew some before"
            )
        return {
            paper: joined(list(found[paper].values()), set(_ids(known[paper])) - merged.keys())
            for paper in subjects
        }


def _dois(rows: Iterable[tuple[str, str]]) -> list[str]:
    """The DOIs under which a paper can be found, arXiv's and the Anthology's own among them."""
    prefixes = {ARXIV: _ARXIV_DOI, ACL: _ACL_DOI, DOI: ""}
    names = [(prefixes[scheme] + value).lower() for scheme, value in rows if scheme in prefixes]
    return [
        name for name in names if not re.search(r"[|,\s!]", name)
    ]  # these have a meaning in a filter


def _ids(rows: Iterable[tuple[str, str]]) -> list[str]:
    return [value for scheme, value in rows if scheme == OPENALEX]


def _owners(known: Mapping[int, list[tuple[str, str]]], names: Any) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for paper, rows in known.items():
        for name in names(rows):
            found[name].append(paper)
    return found


def _unmet(
    known: Mapping[int, list[tuple[str, str]]], found: Mapping[int, Mapping[str, WorkRecord]]
) -> list[str]:
    """Ids that a paper bears here and that did not come by a DOI."""
    return [
        name
        for paper, rows in known.items()
        for name in _ids(rows)
        if name not in found.get(paper, {})
    ]


def _is_met(
    name: str, owners: Mapping[str, list[int]], found: Mapping[int, Mapping[str, WorkRecord]]
) -> bool:
    return all(name in found.get(paper, {}) for paper in owners[name])


def _merged(client: SourceClient, names: Sequence[str]) -> dict[str, WorkRecord]:
    """What records that are not listed any more have become: asked for alone, a merged one leads to its successor.

    Source: docs.openalex.org, "Get a single work", which costs nothing of the allowance.
    """
    found = {}
    for name in names[:_MOST_MERGED]:
        params = {"select": _FIELDS} | _who(client)
        answer = client.get(f"/works/{name}", params, accept={404}, types=JSON | {"text/html"})
        if answer.status != 404 and (record := parse_record(answer.json())):
            found[name] = record
    return found


def _ask(client: SourceClient, by: str, values: Sequence[str]) -> list[WorkRecord]:
    records = []
    for start in range(0, len(values), _MOST_VALUES):
        wanted = "|".join(values[start : start + _MOST_VALUES])
        for page in range(1, _MOST_PAGES + 1):
            rows, total = _page(client, f"{by}:{wanted}", page)
            records += [record for row in rows if (record := parse_record(row))]
            if not rows or page * _PER_PAGE >= total:
                break
    return records


def _page(client: SourceClient, wanted: str, page: int) -> tuple[list[Any], int]:
    params = {"filter": wanted, "select": _FIELDS, "per-page": str(_PER_PAGE), "page": str(page)}
    params |= _who(client)
    try:
        answer = client.get("/works", params, check=_check)
    except SourceRefused as error:
        if error.status in {401, 403}:
            hint = "check OPENALEX_API_KEY" if client.key else "OPENALEX_API_KEY is wanted"
            text = f"OpenAlex refused with status {error.status}; {hint}"
            raise SourceRefused(text, error.status) from error
        raise
    return _read(answer)


def _who(client: SourceClient) -> dict[str, str]:
    """Our key and address, where there are any."""
    who = {"api_key": client.key} if client.key else {}
    mail = _MAIL.fullmatch(settings.INGEST_CONTACT)
    return who | ({"mailto": mail[1]} if mail else {})


def _check(answer: Answer) -> None:
    _read(answer)


def _read(answer: Answer) -> tuple[list[Any], int]:
    """The rows of a page, and how many there are in all. No message shows the address: the key is in it."""
    try:
        page = json.loads(answer.body)
    except (ValueError, RecursionError) as error:
        raise SourceBroken("OpenAlex answered with broken JSON") from error
    rows = page.get("results") if isinstance(page, dict) else None
    if not isinstance(rows, list):
        raise SourceBroken("OpenAlex answered without a list of works")
    meta = page.get("meta")
    total = clean_count(meta.get("count")) if isinstance(meta, dict) else None
    return rows, len(rows) if total is None else total
