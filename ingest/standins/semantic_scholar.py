"""The Semantic Scholar Graph API: papers alone and in batches, and who cites them."""

import json
import re
from typing import Any

from .messages import Asked, Reply, json_reply
from .world import ARXIV_DOI, Work, World, number_of, s2_id

MOST_IDS = 500
MOST_ROWS = 1000  # of one page
LAST_ROW = 10_000
SCHEMES = {"arxiv": "ArXiv", "doi": "DOI", "acl": "ACL", "corpusid": "CorpusId"}
FIELDS = {
    *(
        "paperId",
        "corpusId",
        "externalIds",
        "url",
        "title",
        "abstract",
        "venue",
        "publicationVenue",
    ),
    *("year", "referenceCount", "citationCount", "influentialCitationCount", "isOpenAccess"),
    *("openAccessPdf", "publicationTypes", "publicationDate", "journal", "authors", "tldr"),
    *("fieldsOfStudy", "references", "citations"),
}
EDGE_FIELDS = {"contexts", "intents", "isInfluential", "contextsWithIntent"}
Wanted = dict[str, set[str]]  # field, and the fields wanted of what is nested in it


class Refused(Exception):
    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


def answer(world: World, asked: Asked) -> Reply:
    try:
        return json_reply(_answer(world, asked))
    except Refused as error:
        return json_reply({"error": str(error)}, error.status)


def _answer(world: World, asked: Asked) -> Any:
    prefix = "/graph/v1/paper/"
    if not asked.path.startswith(prefix):
        raise Refused("Not found", 404)
    rest = asked.path.removeprefix(prefix)
    if rest == "batch":
        return _batch(world, asked)
    if asked.method != "GET":
        raise Refused("Method not allowed", 405)
    for edge in ("references", "citations"):
        if rest.endswith(f"/{edge}"):
            return _edges(world, _one(world, rest.removesuffix(f"/{edge}")), edge, asked.query)
    return _Answer(world, asked.query).paper(_one(world, rest))


def _batch(world: World, asked: Asked) -> list[Any]:
    if asked.method != "POST":
        raise Refused("Method not allowed", 405)
    try:
        ids = json.loads(asked.body)["ids"]
    except (ValueError, KeyError, TypeError) as error:
        raise Refused("The body must be a JSON object with ids") from error
    if not isinstance(ids, list) or len(ids) > MOST_IDS:
        raise Refused(f"Too many ids: at most {MOST_IDS} in one batch")
    about = _Answer(world, asked.query)
    works = [_find(world, str(text)) for text in ids]
    if not any(works):
        raise Refused("No valid paper ids given")
    return [about.paper(work) if work else None for work in works]


def _one(world: World, text: str) -> Work:
    work = _find(world, text)
    if work is None:
        raise Refused(f"Paper with id {text} not found", 404)
    return work


def _find(world: World, text: str) -> Work | None:
    if re.fullmatch(r"[0-9a-f]{40}", text):
        work = world.work("s2", text)
    elif text.startswith("10."):
        work = world.work("DOI", text)
    else:
        prefix, _, value = text.partition(":")
        scheme = SCHEMES.get(prefix.lower())
        if scheme == "ArXiv":
            value = re.sub(r"v\d+$", "", value)
        work = world.work(scheme, value) if scheme else None
    return work if work and work.s2_id else None


def _edges(world: World, work: Work, edge: str, query: dict[str, str]) -> dict[str, Any]:
    offset, limit = _number(query, "offset", 0), _number(query, "limit", 100)
    if not 1 <= limit <= MOST_ROWS:
        raise Refused(f"limit must be between 1 and {MOST_ROWS}")
    if offset + limit >= LAST_ROW:
        raise Refused(f"offset + limit must be below {LAST_ROW}")
    name = "citedPaper" if edge == "references" else "citingPaper"
    if edge == "references" and work.references_withheld:
        return {"offset": offset, "data": None}
    wanted = query.get("fields", "title").replace(f"{name}.", "").split(",")
    extra = EDGE_FIELDS & {field.strip() for field in wanted}
    about = _Answer(world, {"fields": ",".join(set(wanted) - extra)})
    keys = work.references if edge == "references" else about.citing.get(work.key, [])
    rows = []
    for key in keys[offset : offset + limit]:
        row: dict[str, Any] = {field: field == "isInfluential" or [] for field in sorted(extra)}
        rows.append(row | {name: about.paper(world.works[key])})
    more = {"next": offset + limit} if offset + limit < len(keys) else {}
    return {"offset": offset} | more | {"data": rows}


def _number(query: dict[str, str], name: str, default: int) -> int:
    text = query.get(name) or str(default)
    if not text.isdecimal():
        raise Refused(f"{name} must be a whole number")
    return int(text)


def _wanted(text: str, allowed: set[str]) -> Wanted:
    wanted: Wanted = {"paperId": set()}
    unknown = []
    for name in filter(None, (part.strip() for part in text.split(","))):
        field, _, nested = name.partition(".")
        deep = nested and field in {"references", "citations"}
        if field not in allowed or (deep and nested not in FIELDS - {"references", "citations"}):
            unknown.append(name)
        wanted.setdefault(field, set()).update([nested] if nested else [])
    if unknown:
        raise Refused(f"Unrecognized or unsupported fields: [{', '.join(unknown)}]")
    return wanted


class _Answer:
    """Papers with the fields asked for; holds how many nested rows the answer has room for."""

    def __init__(self, world: World, query: dict[str, str]) -> None:
        self.world = world
        self.wanted = _wanted(query.get("fields", "title"), FIELDS)
        self.citing = world.citing()
        self.room = {"references": world.nested_rows, "citations": world.nested_rows}

    def paper(self, work: Work) -> dict[str, Any]:
        answer = self._facts(work, set(self.wanted))
        for edge in ("references", "citations"):
            if edge in self.wanted:
                answer[edge] = self._nested(work, edge)
        return answer

    def _nested(self, work: Work, edge: str) -> list[dict[str, Any]]:
        keys = work.references if edge == "references" else self.citing.get(work.key, [])
        if edge == "references" and work.references_withheld:
            keys = []
        keys = keys[: self.room[edge]]  # beyond it the service leaves rows out and says nothing
        self.room[edge] -= len(keys)
        fields = {"paperId"} | (self.wanted[edge] or {"title"})
        return [self._facts(self.world.works[key], fields) for key in keys]

    def _facts(self, work: Work, fields: set[str]) -> dict[str, Any]:
        facts = _facts(work, len(self.citing.get(work.key, [])))
        return {name: value for name, value in facts.items() if name in fields}


def _facts(work: Work, cited: int) -> dict[str, Any]:
    known = bool(work.s2_id)
    pages = {"url": work.open_access_url, "status": "GREEN"} if work.open_access_url else None
    venue = {"id": s2_id(work.venue)[:32], "name": work.venue, "type": "conference"}
    return {
        "paperId": work.s2_id or None,
        "corpusId": work.corpus_id if known else None,
        "externalIds": _external_ids(work) if known else None,
        "url": f"https://www.semanticscholar.org/paper/{work.s2_id}" if known else None,
        "title": work.title,
        "abstract": work.abstract or None,
        "venue": work.venue,
        "publicationVenue": venue if work.venue else None,
        "year": work.year,
        "referenceCount": len(work.references),
        "citationCount": cited + work.more_citations,
        "influentialCitationCount": (cited + work.more_citations) // 10,
        "isOpenAccess": pages is not None,
        "openAccessPdf": pages,
        "fieldsOfStudy": ["Computer Science"],
        "publicationTypes": ["JournalArticle"],
        "publicationDate": work.published and work.published.isoformat(),
        "journal": {"name": work.venue} if work.venue else None,
        "authors": [{"authorId": str(number_of(name)), "name": name} for name in work.authors],
        "tldr": {"model": "tldr@v2.0.0", "text": f"In short: {work.title}."} if known else None,
    }


def _external_ids(work: Work) -> dict[str, Any]:
    """From 2022 on a paper of arXiv alone has arXiv's DOI there."""
    ids: dict[str, Any] = dict(work.external_ids)
    if "ArXiv" in ids and "DOI" not in ids and (work.year or 0) >= 2022:
        ids["DOI"] = ARXIV_DOI.replace("arxiv", "arXiv") + ids["ArXiv"]
    return ids | {"CorpusId": work.corpus_id}
