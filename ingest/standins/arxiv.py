"""arXiv's query interface: Atom out of `id_list` and `search_query`."""

import fnmatch
import hashlib
import re
import textwrap
from collections.abc import Callable
from datetime import UTC, datetime
from xml.sax.saxutils import escape

from .messages import Asked, Reply
from .world import ARXIV_ID, ArxivRecord, World

MOST_RESULTS = 2000
TOKEN = re.compile(r'\(|\)|(?:\w+:)?(?:"[^"]*"|\[[^\]]*\]|[^\s()"]+)')
KIND = {"content-type": "application/atom+xml; charset=utf-8"}
FEED = """<?xml version='1.0' encoding='UTF-8'?>
<feed xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/" xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns="http://www.w3.org/2005/Atom">
  <id>{id}</id>
  <title>{title}</title>
  <updated>{now}</updated>
  <opensearch:itemsPerPage>{per_page}</opensearch:itemsPerPage>
  <opensearch:totalResults>{total}</opensearch:totalResults>
  <opensearch:startIndex>{start}</opensearch:startIndex>
{entries}</feed>
"""

Test = Callable[[ArxivRecord], bool]
Found = tuple[ArxivRecord, int]  # and the version to show


class Refused(Exception):
    """A question that arXiv answers with its error feed."""


def answer(world: World, asked: Asked) -> Reply:
    if asked.path != "/api/query":
        return Reply(404, b"Not found", {"content-type": "text/plain"})
    if asked.method != "GET":
        return Reply(405, b"Method not allowed", {"content-type": "text/plain"})
    try:
        return _answer(world, asked.query)
    except Refused as error:
        return Reply(400, _error_feed(str(error)).encode(), dict(KIND))


def _answer(world: World, query: dict[str, str]) -> Reply:
    start, most = _number(query, "start", 0), _number(query, "max_results", 10)
    if most > MOST_RESULTS:
        raise Refused(f"max_results must be at most {MOST_RESULTS}, not {most}")
    found = _find(world, query)
    page = found[start : start + most]
    title = f"arXiv Query: search_query={query.get('search_query', '')}"
    title += f"&id_list={query.get('id_list', '')}&start={start}&max_results={most}"
    entries = "".join(entry(record, version) for record, version in page)
    return Reply(200, feed(title, entries, len(found), start, most).encode(), dict(KIND))


def _number(query: dict[str, str], name: str, default: int) -> int:
    text = query.get(name) or str(default)
    if not text.isdecimal():
        raise Refused(f"{name} must be a whole number")
    return int(text)


def _find(world: World, query: dict[str, str]) -> list[Found]:
    """All that match, in the order to answer; ids in another order than they were asked in."""
    search, ids = query.get("search_query", "").strip(), query.get("id_list", "")
    found: list[Found] = []
    if ids:
        found = _by_id(world, [part.strip() for part in ids.split(",") if part.strip()])
    elif search:
        found = [(record, record.version) for record in world.arxiv.values()]
    if search:
        matches = _Query(search).read()
        found = [item for item in found if matches(item[0])]
    return _sorted(found, query)


def _by_id(world: World, ids: list[str]) -> list[Found]:
    found = []
    for text in ids:
        match = ARXIV_ID.fullmatch(text)
        if match is None:
            raise Refused(f"incorrect id format for {text}")
        record = world.record(match["id"])
        version = int(match["version"] or 0)
        if record and version <= record.version:
            found.append((record, version or record.version))
    return found


def _sorted(found: list[Found], query: dict[str, str]) -> list[Found]:
    by = query.get("sortBy") or "relevance"
    descending = (query.get("sortOrder") or "descending") == "descending"
    if by == "submittedDate":
        return sorted(found, key=lambda item: (item[0].published, item[0].id), reverse=descending)
    if by == "lastUpdatedDate":
        return sorted(found, key=lambda item: (item[0].updated, item[0].id), reverse=descending)
    if by != "relevance":
        raise Refused("sortBy must be in: relevance, lastUpdatedDate, submittedDate")
    mixed = sorted(found, key=lambda item: hashlib.sha256(item[0].id.encode()).digest())
    return mixed[::-1] if mixed == found else mixed


class _Query:
    """Reads `cat:cs.CL AND (ti:"long logs" OR abs:fog) ANDNOT all:tide`. Plain words are joined by OR."""

    def __init__(self, text: str) -> None:
        self.tokens = TOKEN.findall(text)
        self.rest = self.tokens[::-1]

    def read(self) -> Test:
        test = self._either()
        if self.rest:
            raise Refused(f"the query cannot be read at {self.rest[-1]}")
        return test

    def _either(self) -> Test:
        test = self._both()
        while self.rest and self.rest[-1] not in {")", "AND", "ANDNOT"}:
            if self.rest[-1] == "OR":
                self.rest.pop()
            test = _or(test, self._both())
        return test

    def _both(self) -> Test:
        test = self._one()
        while self.rest and self.rest[-1] in {"AND", "ANDNOT"}:
            word = self.rest.pop()
            test = _and(test, self._one(), wanted=word == "AND")
        return test

    def _one(self) -> Test:
        if not self.rest or self.rest[-1] in {")", "AND", "ANDNOT", "OR"}:
            raise Refused("the query ends where a term was expected")
        token = self.rest.pop()
        if token != "(":  # noqa: S105
            return _term(token)
        test = self._either()
        if not self.rest or self.rest.pop() != ")":
            raise Refused("a parenthesis of the query is not closed")
        return test


def _or(one: Test, other: Test) -> Test:
    return lambda record: one(record) or other(record)


def _and(one: Test, other: Test, *, wanted: bool) -> Test:
    return lambda record: one(record) and other(record) is wanted


def _term(token: str) -> Test:
    prefix, colon, value = token.partition(":")
    if not colon:
        prefix, value = "all", token
    if prefix in {"submittedDate", "lastUpdatedDate"}:
        return _between(prefix, value)
    value = " ".join(value.strip('"').lower().split())
    if prefix == "cat":
        return lambda record: any(
            fnmatch.fnmatchcase(category.lower(), value) for category in record.categories
        )
    if prefix not in {"all", "ti", "abs", "au", "co", "jr"}:
        raise Refused(f"the query has an unknown field {prefix}")
    pattern = re.compile(rf"(?<!\w){re.escape(value)}(?!\w)")
    return lambda record: bool(pattern.search(_text(record, prefix)))


def _text(record: ArxivRecord, prefix: str) -> str:
    parts = {
        "ti": record.title,
        "abs": record.abstract,
        "au": " ".join(record.authors),
        "co": record.comment,
        "jr": record.journal_ref,
    }
    text = " ".join([*parts.values(), *record.categories]) if prefix == "all" else parts[prefix]
    return " ".join(text.lower().split())


def _between(prefix: str, value: str) -> Test:
    match = re.fullmatch(r"\[\s*(\d{8,14}|\*)\s+TO\s+(\d{8,14}|\*)\s*\]", value)
    if match is None:
        raise Refused(f"{prefix} must be a range of dates")
    first, last = match.groups()

    def inside(record: ArxivRecord) -> bool:
        when = record.published if prefix == "submittedDate" else record.updated
        text = f"{when:%Y%m%d%H%M%S}"
        late = last == "*" or text <= last.ljust(14, "9" if len(last) < 12 else "0")
        return late and (first == "*" or text >= first.ljust(14, "0"))

    return inside


def feed(title: str, entries: str = "", total: int = 0, start: int = 0, per_page: int = 10) -> str:
    return FEED.format(
        id=f"https://arxiv.org/api/{hashlib.sha256(title.encode()).hexdigest()[:27]}",
        title=escape(title),
        now=_stamp(datetime.now(UTC)),
        per_page=per_page,
        total=total,
        start=start,
        entries=entries,
    )


def _error_feed(message: str) -> str:
    address = "https://arxiv.org/api/errors#" + escape(re.sub(r"\s+", "_", message))
    fault = f"""  <entry>
    <id>{address}</id>
    <title>Error</title>
    <updated>{_stamp(datetime.now(UTC))}</updated>
    <summary>{escape(message)}</summary>
    <author>
      <name>arXiv api core</name>
    </author>
  </entry>
"""
    return feed("arXiv Search Results", fault, 1, 0, 1)


def entry(record: ArxivRecord, version: int) -> str:
    name = f"{record.id}v{version}"
    lines = [
        f"<id>http://arxiv.org/abs/{name}</id>",
        f"<title>{escape(_wrapped_title(record.title))}</title>",
        f"<updated>{_stamp(record.updated)}</updated>",
        f'<link href="https://arxiv.org/abs/{name}" rel="alternate" type="text/html"/>',
        f'<link href="https://arxiv.org/pdf/{name}" rel="related" type="application/pdf" title="pdf"/>',
        f"<summary>{escape(_wrapped_abstract(record.abstract))}</summary>",
        *(
            f'<category term="{escape(category)}" scheme="http://arxiv.org/schemas/atom"/>'
            for category in record.categories
        ),
        f"<published>{_stamp(record.published)}</published>",
    ]
    if record.comment:
        lines.append(f"<arxiv:comment>{escape(record.comment)}</arxiv:comment>")
    lines.append(f'<arxiv:primary_category term="{escape(record.categories[0])}"/>')
    if record.journal_ref:
        lines.append(f"<arxiv:journal_ref>{escape(record.journal_ref)}</arxiv:journal_ref>")
    for author in record.authors:
        lines.append(f"<author>\n      <name>{escape(author)}</name>\n    </author>")
    if record.doi:
        doi = escape(record.doi, {'"': "&quot;"})
        lines.append(f"<arxiv:doi>{doi}</arxiv:doi>")
        lines.append(f'<link rel="related" href="https://doi.org/{doi}" title="doi"/>')
    return "  <entry>\n" + "".join(f"    {line}\n" for line in lines) + "  </entry>\n"


def _wrapped_title(title: str) -> str:
    return (
        title
        if "\n" in title
        else "\n  ".join(textwrap.wrap(title, 66, break_on_hyphens=False)) or title
    )


def _wrapped_abstract(abstract: str) -> str:
    """Lines of some eighty letters, as arXiv keeps them; line breaks of the record stay."""
    if "\n" in abstract:
        return abstract
    return "  " + "\n".join(textwrap.wrap(abstract, 80, break_on_hyphens=False)) + "\n"


def _stamp(when: datetime) -> str:
    return f"{when.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
