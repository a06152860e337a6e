"""What a reading list says, before anything is compared with the database."""

from dataclasses import dataclass, field
from datetime import date

from catalog.identifiers import Ident, RepositoryName


class ListRefused(Exception):
    """The list cannot be imported; the message is one line for the person who tried."""


@dataclass(frozen=True, slots=True)
class ListProblem:
    """Something mended or not understood. `key` names it from import to import, without its line.

    `entry` is the line of the entry that it is about, 0 when it is about none.
    """

    line: int
    kind: str
    message: str
    key: str = ""
    entry: int = 0

    def as_json(self) -> dict[str, object]:
        return {"line": self.line, "kind": self.kind, "message": self.message}


@dataclass(frozen=True, slots=True)
class ListedVenue:
    """Where and when, as an entry tells it; every part may be absent."""

    name: str = ""
    year: int | None = None
    distinction: str = ""


@dataclass(frozen=True, slots=True)
class ListedRepository:
    """The repository a badge leads to, and the one whose stars it shows when that is another."""

    target: RepositoryName
    badge: RepositoryName | None = None


@dataclass(frozen=True, slots=True)
class ListedLink:
    """A typed link; `kind` is one of catalog's link kinds."""

    kind: str
    url: str
    label: str = ""


TopicPath = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One paper under one topic."""

    line: int
    topic: TopicPath
    title: str
    url: str
    identifiers: tuple[Ident, ...] = ()
    authors: tuple[str, ...] = ()
    venue: ListedVenue = ListedVenue()
    repositories: tuple[ListedRepository, ...] = ()
    links: tuple[ListedLink, ...] = ()
    other_titles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AnnouncementLine:
    """A dated line that names a paper as new."""

    line: int
    date: date
    title: str
    url: str
    identifiers: tuple[Ident, ...] = ()
    venue_text: str = ""


@dataclass(frozen=True, slots=True)
class Origin:
    """The list that a list was made from, and its licence."""

    name: str = ""
    url: str = ""
    licence: str = ""


@dataclass(slots=True)
class ReadingList:
    """Everything read from one list, in its order."""

    title: str = ""
    origin: Origin = Origin()
    topics: list[TopicPath] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    announcements: list[AnnouncementLine] = field(default_factory=list)
    problems: list[ListProblem] = field(default_factory=list)
    repaired_lines: int = 0
    badges: int = 0
