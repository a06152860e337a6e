"""OpenAlex: works by filter and by id. A paper of arXiv published elsewhere has two records there."""

import base64
import binascii
import time
from dataclasses import dataclass, field
from typing import Any

from .messages import Asked, Reply, json_reply
from .world import ARXIV_DOI, Work, World, number_of

MOST_VALUES = 100
MOST_PER_PAGE = 200
LAST_ROW = 10_000  # of plain paging
DAY = 86_400
DOI = "https://doi.org/"
HOME = "https://openalex.org/"
FILTERS = {"doi", "openalex", "openalex_id", "ids.openalex", "cites"}


class Refused(Exception):
    """A question with a fault in it."""


@dataclass
class Openalex:
    """Keeps how many of the day's credits are used: a list costs one, a single work nothing."""

    used: int = 0
    reset: float = field(default_factory=lambda: time.time() + DAY)

    def answer(self, world: World, asked: Asked) -> Reply:
        allowance = world.openalex_allowance
        cost = int(asked.path == "/works")
        if cost and self.used >= allowance:
            reply = json_reply(
                {"error": "Rate limit exceeded", "message": "No credits are left"}, 429
            )
            reply.headers["retry-after"] = str(int(self.reset - time.time()))
        else:
            self.used += cost
            reply = _reply(world, asked)
        left = max(allowance - self.used, 0)
        reply.headers |= {
            "x-ratelimit-limit": str(allowance),
            "x-ratelimit-remaining": str(left),
            "x-ratelimit-credits-used": str(cost),
            "x-ratelimit-reset": str(max(int(self.reset - time.time()), 0)),
            "x-ratelimit-limit-usd": f"{allowance / 10_000:g}",
            "x-ratelimit-remaining-usd": f"{left / 10_000:g}",
            "x-ratelimit-cost-usd": f"{cost / 10_000:g}",
        }
        return reply


def _reply(world: World, asked: Asked) -> Reply:
    if asked.method != "GET":
        return json_reply({"error": "Method not allowed"}, 405)
    try:
        if asked.path == "/works":
            return json_reply(_page(world, asked.query))
        if asked.path.startswith("/works/"):
            return _single(world, asked)
    except Refused as error:
        return json_reply({"error": "Invalid query parameters error.", "message": str(error)}, 400)
    return _missing()


def _missing() -> Reply:
    page = b"<!doctype html><title>404 Not Found</title><h1>Not Found</h1>"
    return Reply(404, page, {"content-type": "text/html; charset=utf-8"})


def _single(world: World, asked: Asked) -> Reply:
    text = asked.path.removeprefix("/works/")
    if became := world.openalex_merged.get(text):
        return Reply(301, b"", {"location": became})
    records = _Records(world)
    found = records.by_doi(text) if _is_doi(text) else records.by_id(text)
    if found is None:
        return _missing()
    return json_reply(_selected(records.work(found), asked.query.get("select")))


def _page(world: World, query: dict[str, str]) -> dict[str, Any]:
    records = _Records(world)
    found = _filtered(records, query.get("filter", ""))
    per_page = _number(query, "per-page" if "per-page" in query else "per_page", 25)
    if not 1 <= per_page <= MOST_PER_PAGE:
        raise Refused(f"per-page parameter must be between 1 and {MOST_PER_PAGE}")
    meta: dict[str, Any] = {"count": len(found), "db_response_time_ms": 1, "per_page": per_page}
    if "cursor" in query:
        start = _cursor_start(query["cursor"])
        rows = found[start : start + per_page]
        meta |= {"page": None, "next_cursor": _cursor(start + per_page) if rows else None}
    else:
        page = max(_number(query, "page", 1), 1)
        if page * per_page > LAST_ROW:
            raise Refused(f"Maximum results size of {LAST_ROW} records is exceeded: use a cursor")
        rows = found[(page - 1) * per_page : page * per_page]
        meta |= {"page": page}
    select = query.get("select")
    results = [_selected(records.work(row), select) for row in rows]
    return {"meta": meta, "results": results, "group_by": []}


def _number(query: dict[str, str], name: str, default: int) -> int:
    text = query.get(name) or str(default)
    if not text.isdecimal():
        raise Refused(f"{name} must be a whole number")
    return int(text)


def _cursor(start: int) -> str:
    return base64.urlsafe_b64encode(f"row {start}".encode()).decode()


def _cursor_start(cursor: str) -> int:
    if cursor == "*":
        return 0
    try:
        return int(base64.urlsafe_b64decode(cursor.encode()).decode().removeprefix("row "))
    except (ValueError, binascii.Error) as error:
        raise Refused("cursor is invalid") from error


def _selected(work: dict[str, Any], select: str | None) -> dict[str, Any]:
    if not select:
        return work
    names = [name.strip() for name in select.split(",")]
    for name in names:
        if name not in work:
            raise Refused(f"{name} is not a valid select field")
    return {name: work[name] for name in names}


def _is_doi(text: str) -> bool:
    return text.lower().startswith(("doi:", "10.", "https://doi.org/", "http://doi.org/"))


@dataclass(frozen=True)
class Record:
    id: str  # W…
    doi: str
    work: Work
    preprint: bool


class _Records:
    """The records of all works. A citation by a preprint goes to the preprint, any other to the published record."""

    def __init__(self, world: World) -> None:
        self.of_work: dict[str, list[Record]] = {}
        for work in list(world.works.values()):
            self.of_work[work.key] = _records_of(work)
        self.world = world
        self.all = [record for records in self.of_work.values() for record in records]
        self.ids = {record.id: record for record in self.all}
        self.dois = {record.doi: record for record in self.all if record.doi}
        self.references = {record.id: self._references(record) for record in self.all}
        self.citing: dict[str, list[Record]] = {}
        for record in self.all:
            for cited in self.references[record.id]:
                self.citing.setdefault(cited.id, []).append(record)

    def _references(self, record: Record) -> list[Record]:
        found = [self.of_work[key] for key in record.work.references]
        return [records[0 if record.preprint else -1] for records in found if records]

    def by_doi(self, text: str) -> Record | None:
        doi = text.strip().lower().removeprefix("doi:")
        doi = doi.removeprefix("http://doi.org/").removeprefix(DOI)
        if doi not in self.dois and self.world.invent and doi.startswith(ARXIV_DOI):
            work = self.world.work("DOI", doi)
            for record in _records_of(work) if work else []:
                self.ids[record.id] = record
                self.references.setdefault(record.id, [])
                if record.doi:
                    self.dois[record.doi] = record
        return self.dois.get(doi)

    def by_id(self, text: str) -> Record | None:
        return self.ids.get(text.strip().rpartition("/")[2].upper())

    def work(self, record: Record) -> dict[str, Any]:
        references = [HOME + cited.id for cited in self.references[record.id]]
        cited = len(self.citing.get(record.id, []))
        return _facts(record) | {
            "referenced_works_count": len(references),
            "referenced_works": references,
            "cited_by_count": cited + (record.work.more_citations if record.preprint else 0),
        }


def _records_of(work: Work) -> list[Record]:
    """The preprint's record first. A reference that nobody matched has none."""
    if not work.s2_id:
        return []
    records = []
    arxiv_id, doi = work.external_ids.get("ArXiv"), work.external_ids.get("DOI", "").lower()
    if arxiv_id:
        name = f"W{number_of('preprint ' + work.key)}"
        records.append(Record(name, ARXIV_DOI + arxiv_id.lower(), work, preprint=True))
    if doi or not arxiv_id:
        records.append(Record(f"W{number_of(work.key)}", doi, work, preprint=False))
    return records


def _filtered(records: _Records, text: str) -> list[Record]:
    parts = [part.partition(":") for part in text.split(",") if part]
    kept: set[str] | None = None
    for name, _, values in parts:
        if name not in FILTERS:
            known = ", ".join(sorted(FILTERS))
            raise Refused(f"{name} is not a valid field. Valid fields are: {known}")
        wanted = values.split("|")
        if len(wanted) > MOST_VALUES:
            raise Refused(f"At most {MOST_VALUES} values can be joined by | in the filter {name}")
        matching = _matching(records, name, wanted)
        kept = matching if kept is None else kept & matching
    found = records.ids if kept is None else kept
    return [records.ids[name] for name in sorted(found)]


def _matching(records: _Records, name: str, wanted: list[str]) -> set[str]:
    if name == "doi":
        return {record.id for record in map(records.by_doi, wanted) if record}
    works = [record for record in map(records.by_id, wanted) if record]
    if name == "cites":
        return {citing.id for work in works for citing in records.citing.get(work.id, [])}
    return {work.id for work in works}


def _facts(record: Record) -> dict[str, Any]:
    work = record.work
    location = _location(record)
    doi = DOI + record.doi if record.doi else None
    ids = {"openalex": HOME + record.id} | ({"doi": doi} if doi else {})
    published = work.published.isoformat() if work.published else None
    return {
        "id": HOME + record.id,
        "doi": doi,
        "title": work.title,
        "display_name": work.title,
        "publication_year": work.year,
        "publication_date": published,
        "ids": ids,
        "language": "en",
        "primary_location": location,
        "locations": [location],
        "locations_count": 1,
        "type": "preprint" if record.preprint else "article",
        "open_access": {"is_oa": record.preprint, "oa_url": location["pdf_url"]},
        "authorships": [
            {
                "author_position": "first" if number == 0 else "middle",
                "author": {"id": f"{HOME}A{number_of(name)}", "display_name": name, "orcid": None},
                "raw_author_name": name,
                "institutions": [],
            }
            for number, name in enumerate(work.authors)
        ],
        "is_retracted": False,
        "is_paratext": False,
        "updated_date": "2026-01-02T03:04:05",
    }


def _location(record: Record) -> dict[str, Any]:
    work = record.work
    if record.preprint:
        arxiv_id = work.external_ids["ArXiv"]
        name, kind = "arXiv (Cornell University)", "repository"
        page, pdf = f"http://arxiv.org/abs/{arxiv_id}", f"https://arxiv.org/pdf/{arxiv_id}"
    else:
        name, kind = work.venue, "journal" if "Journal" in work.venue else "conference"
        page, pdf = DOI + record.doi if record.doi else "", ""
    source = {"id": f"{HOME}S{number_of(name)}", "display_name": name, "type": kind}
    return {
        "is_oa": bool(pdf),
        "landing_page_url": page or None,
        "pdf_url": pdf or None,
        "source": source if name else None,
        "version": "submittedVersion" if record.preprint else "publishedVersion",
    }
