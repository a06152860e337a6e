"""The facts that the stand-in tells: records, repositories, works and who cites whom."""

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import RLock
from typing import Any, Self, TypeVar

from ingest.lists.repair import mend_characters

from .stars import stars_on

ARXIV_ID = re.compile(
    r"(?P<id>\d{4}\.\d{4,5}|[a-z]+(?:-[a-z]+)?(?:\.[A-Z]{2})?/\d{7})(?:v(?P<version>\d+))?"
)
ARXIV_DOI = "10.48550/arxiv."
Row = TypeVar("Row")
_CLASSES = ["cs.CL", "cs.LG"]  # where the data has none
LICENCES = ["MIT", "Apache-2.0", "BSD-3-Clause", "GPL-3.0", ""]

_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})")


@dataclass
class ArxivRecord:
    id: str
    title: str
    version: int = 1
    authors: list[str] = field(default_factory=list)
    abstract: str = ""
    published: datetime = datetime(2023, 1, 2, 9, 0, tzinfo=UTC)
    updated: datetime = datetime(2023, 1, 2, 9, 0, tzinfo=UTC)
    categories: list[str] = field(default_factory=lambda: ["cs.LG"])  # the primary one first
    doi: str = ""
    journal_ref: str = ""
    comment: str = ""


@dataclass
class RepositoryRecord:
    id: int
    owner: str
    name: str
    stars: int = 0
    forks: int = 0
    licence: str = ""  # SPDX; empty for none
    description: str | None = None
    topics: list[str] = field(default_factory=list)
    archived: bool = False
    pushed_at: datetime = datetime(2024, 1, 2, 9, 0, tzinfo=UTC)
    default_branch: str = "main"
    former_names: list[str] = field(default_factory=list)  # "owner/name", lately or long ago
    gone: int | None = None  # 404 or 451; 500 when asking for it fails
    readme: str | None = None
    readme_name: str = "README.md"
    is_invented: bool = False  # whose stars are those of the day it is asked for

    @property
    def full_name(self) -> str:
        return f"{self.owner}/{self.name}"


@dataclass
class Work:
    """A paper as the citation services know it. Without an `s2_id` it is a bare reference there."""

    key: str
    s2_id: str
    corpus_id: int
    title: str
    year: int | None = None
    venue: str = ""
    published: date | None = None
    external_ids: dict[str, str] = field(default_factory=dict)  # ArXiv, DOI, ACL
    references: list[str] = field(default_factory=list)  # keys
    open_access_url: str = ""
    more_citations: int = 0  # citing works that are counted but not listed
    authors: list[str] = field(default_factory=list)
    abstract: str = ""
    references_withheld: bool = False  # by the publisher, as Semantic Scholar then says


@dataclass
class World:
    """What exists. Change it while a stand-in runs only with `lock` held.

    With `invent` every repository and arXiv id that is asked for exists, with facts made from its
    name: for demonstrations only, as its numbers are nobody's. `papers` are those whose titles and
    authors are known. With `invent_code` only repositories are made up; `births` tell since when
    there is one, and of `papers` without data there are title, authors and month.
    """

    arxiv: dict[str, ArxivRecord] = field(default_factory=dict)
    repositories: dict[int, RepositoryRecord] = field(default_factory=dict)
    works: dict[str, Work] = field(default_factory=dict)
    invent: bool = False
    invent_code: bool = False
    births: dict[str, date] = field(default_factory=dict)  # by "owner/name", in lower case
    papers: dict[str, tuple[str, list[str]]] = field(
        default_factory=dict
    )  # arXiv id: title, authors
    openalex_merged: dict[str, str] = field(default_factory=dict)  # a record, and what it became
    token: str | None = None  # the one that GitHub takes; None for any
    rest_allowance: int = 60  # GitHub requests an hour without a token
    token_allowance: int = 5000  # the same with one, and GraphQL points
    nested_rows: int = 9999  # Semantic Scholar, in one answer
    openalex_allowance: int = 100_000  # credits a day
    lock: RLock = field(default_factory=RLock, repr=False, compare=False)

    @classmethod
    def load(cls, folder: str | Path, *, invent: bool = False) -> Self:
        """Read a folder of JSON lines; only `arxiv_records.jsonl` must be there.

        FileNotFoundError and ValueError say in a line what is wrong.
        """
        folder = Path(folder)
        world = cls(invent=invent)
        for row in _rows(folder / "arxiv_records.jsonl", _record_of):
            world.add_record(row)
        if (path := folder / "citations.jsonl").exists():
            for citing, cited in _rows(path, lambda row: (row["citing"], row["cited"])):
                world.cite(citing, cited)
        if (path := folder / "repositories.jsonl").exists():
            for repository in _rows(path, _repository_of):
                world.repositories[repository.id] = repository
        return world

    @classmethod
    def small(cls, *, invent: bool = False) -> Self:
        """A world of eight invented papers and four repositories that holds the awkward cases."""
        from .small import fill

        world = cls(invent=invent)
        fill(world)
        return world

    # papers

    def add_record(self, record: ArxivRecord, **facts: Any) -> Work:
        """Add a paper of arXiv, and the work that the citation services make of it."""
        self.arxiv[record.id] = record
        known = self.works.get(record.id)
        work = Work(
            key=record.id,
            s2_id=s2_id(record.id),
            corpus_id=number_of(record.id),
            title=" ".join(record.title.split()),
            year=record.published.year,
            venue=record.journal_ref or "arXiv.org",
            published=record.published.date(),
            external_ids={"ArXiv": record.id} | ({"DOI": record.doi} if record.doi else {}),
            references=known.references if known else [],
            open_access_url=f"https://arxiv.org/pdf/{record.id}",
            authors=record.authors,
            abstract=" ".join(record.abstract.split()),
        )
        for name, value in facts.items():
            setattr(work, name, value)
        self.works[work.key] = work
        return work

    def add_work(self, key: str, title: str, **facts: Any) -> Work:
        """Add a paper that the citation services know and arXiv need not."""
        work = Work(key, s2_id(key), number_of(key), title)
        for name, value in facts.items():
            setattr(work, name, value)
        self.works[key] = work
        return work

    def cite(self, citing: str, cited: str) -> None:
        """Let one work cite another; an arXiv id that is no work yet becomes one."""
        for key in (citing, cited):
            if key not in self.works:
                self._bare_work(key)
        references = self.works[citing].references
        if cited not in references:
            references.append(cited)

    def _bare_work(self, key: str) -> None:
        when = month_of(key)
        self.add_work(
            key,
            f"arXiv:{key}",
            external_ids={"ArXiv": key},
            year=when.year if when else None,
            published=when.date() if when else None,
        )

    def citing(self) -> dict[str, list[str]]:
        """For each work that is cited, the keys of those that cite it."""
        found: dict[str, list[str]] = {}
        for work in self.works.values():
            for key in work.references:
                found.setdefault(key, []).append(work.key)
        return found

    def record(self, arxiv_id: str) -> ArxivRecord | None:
        """The record of an id without version; the class in `math.GT/…` says nothing."""
        arxiv_id = re.sub(r"\.[A-Z]{2}/", "/", arxiv_id)
        found = self.arxiv.get(arxiv_id)
        if found is None and self.invent and (when := month_of(arxiv_id)):
            found = _invented_record(arxiv_id, when, *self.papers.get(arxiv_id, ()))
            bare = self.works.get(arxiv_id)
            self.add_record(found, more_citations=bare.more_citations if bare else 0)
        if found is None and self.invent_code:
            found = self._bare_record(arxiv_id)
        return found

    def _bare_record(self, arxiv_id: str) -> ArxivRecord | None:
        """What is known of a listed paper without data: title, authors and month."""
        title, authors = self.papers.get(arxiv_id, ("", []))
        when = month_of(arxiv_id)
        if not (authors and when):
            return None
        record = ArxivRecord(
            arxiv_id, title, authors=authors, published=when, updated=when, categories=_CLASSES
        )
        self.add_record(record)
        return record

    def work(self, scheme: str, value: str) -> Work | None:
        """The work with an external id: ArXiv, DOI, ACL, CorpusId or s2."""
        value = value.strip().lower()
        if scheme == "DOI" and value.startswith(ARXIV_DOI):
            scheme, value = "ArXiv", value.removeprefix(ARXIV_DOI)
        if scheme == "ArXiv":
            self.record(value)  # which may invent it
            value = re.sub(r"\.[a-z]{2}/", "/", value)
        for work in self.works.values():
            if scheme == "s2":
                mine = work.s2_id
            elif scheme == "CorpusId":
                mine = str(work.corpus_id)
            else:
                mine = work.external_ids.get(scheme, "")
            if mine and mine.lower() == value:
                return work
        return None

    # repositories

    def repository(self, owner: str, name: str) -> RepositoryRecord | None:
        """The repository of a name, present or former; compare `full_name` to know which."""
        wanted = f"{owner}/{name}".lower()
        for repository in self.repositories.values():
            if repository.full_name.lower() == wanted:
                if repository.is_invented:
                    repository.stars = self.stars_of(wanted)
                return repository
        for repository in self.repositories.values():
            if wanted in map(str.lower, repository.former_names):
                return repository
        if not (self.invent or self.invent_code):
            return None
        invented = _invented_repository(owner, name, self.stars_of(wanted))
        self.repositories[invented.id] = invented
        return invented

    def stars_of(self, full_name: str, day: date | None = None) -> int:
        """The made-up stars of a repository today, or on another day."""
        name = full_name.lower()
        today = day or datetime.now(UTC).date()
        return stars_on(number_of(name), self.births.get(name), today)


def s2_id(key: str) -> str:
    return hashlib.sha1(key.encode(), usedforsecurity=False).hexdigest()


def number_of(key: str) -> int:
    """A number that stays the same for a key, and differs between keys."""
    return 100_000_000 + int(s2_id(key)[:8], 16)


def month_of(arxiv_id: str) -> datetime | None:
    """When a paper appeared, as its id tells: the month, and within it the order."""
    digits = arxiv_id.rpartition("/")[2].replace(".", "")
    if not ARXIV_ID.fullmatch(arxiv_id) or not 1 <= int(digits[2:4]) <= 12:
        return None
    year = int(digits[:2])
    month = datetime(year + (1900 if year > 90 else 2000), int(digits[2:4]), 1, tzinfo=UTC)
    return month + timedelta(seconds=20 * int(digits[4:]))


def _rows(path: Path, read: Callable[[dict[str, Any]], Row]) -> list[Row]:
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            if line.strip():
                rows.append(read(json.loads(line)))
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{path}, line {number}: {error!r}") from error
    return rows


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None


def _record_of(row: dict[str, Any]) -> ArxivRecord:
    arxiv_id = row["arxiv_id"]
    published = _time(row.get("published")) or month_of(arxiv_id)
    if published is None:
        raise ValueError(f"{arxiv_id} is no arXiv id")
    updated = _time(row.get("updated")) or published
    return ArxivRecord(
        id=arxiv_id,
        title=_mended(row["title"]),
        version=row.get("version") or (2 if updated > published else 1),
        authors=[_mended(name) for name in row.get("authors") or []],
        abstract=_mended(row.get("abstract") or ""),
        published=published,
        updated=updated,
        categories=row.get("categories") or _CLASSES,
        doi=row.get("doi") or "",
        journal_ref=row.get("journal_ref") or "",
        comment=row.get("comment") or "",
    )


def _mended(text: str) -> str:
    """A text of records that were gathered second-hand: wrongly decoded, or with JSON's escapes left in."""
    text = _ESCAPE.sub(lambda match: chr(int(match[1] or match[2], 16)), mend_characters(text))
    return text.rstrip("\\")


def _repository_of(row: dict[str, Any]) -> RepositoryRecord:
    """The keys are the fields of `RepositoryRecord`."""
    when = _time(row.get("pushed_at"))
    return RepositoryRecord(**row | ({"pushed_at": when} if when else {}))


def _invented_record(
    arxiv_id: str, when: datetime, title: str = "", authors: Sequence[str] = ()
) -> ArxivRecord:
    return ArxivRecord(
        id=arxiv_id,
        title=title or f"An invented paper that stands in for {arxiv_id}",
        authors=list(authors) or ["Ada Standin", "Ben Example"],
        abstract="This record was invented for a demonstration.\nNothing in it is a fact.",
        published=when,
        updated=when,
    )


def _invented_repository(owner: str, name: str, stars: int) -> RepositoryRecord:
    seed = number_of(f"{owner}/{name}".lower())
    return RepositoryRecord(
        id=seed,
        owner=owner,
        name=name,
        stars=stars,
        forks=stars // (5 + seed % 9),
        licence=LICENCES[seed % len(LICENCES)],
        description="Invented for a demonstration",
        topics=["demonstration"],
        pushed_at=datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=seed % 12_000),
        is_invented=True,
    )
