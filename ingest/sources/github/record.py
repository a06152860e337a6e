"""What GitHub says of one repository, read from an answer. Pure: no network and no database."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from catalog.identifiers import parse_repository
from catalog.models.code import GoneReason
from ingest.cleaning import clean_text

HOST = "github.com"
_MOST_STARS = 2**31 - 1  # what the column holds
_MOST_TOPICS = 50  # GitHub allows 20
_LONGEST_DESCRIPTION = 1000  # GitHub allows 350


@dataclass(frozen=True, slots=True)
class RepositoryRecord:
    """A repository's facts, clean and no longer than their columns."""

    owner: str
    name: str
    stars: int
    host_id: int | None = None
    forks: int | None = None
    licence: str = ""
    is_archived: bool = False
    description: str = ""
    topics: tuple[str, ...] = ()
    pushed_at: datetime | None = None
    default_branch: str = ""

    @property
    def key(self) -> str:
        return name_key(self.owner, self.name)


@dataclass(frozen=True, slots=True)
class Found:
    record: RepositoryRecord
    etag: str = ""


@dataclass(frozen=True, slots=True)
class Unchanged:
    """GitHub says that nothing has changed since the answer of this tag."""

    etag: str


@dataclass(frozen=True, slots=True)
class Gone:
    reason: GoneReason


@dataclass(frozen=True, slots=True)
class Failed:
    reason: str


Outcome = Found | Unchanged | Gone | Failed


@dataclass(frozen=True, slots=True)
class Wanted:
    """A repository to ask about, as we know it."""

    pk: int
    owner: str
    name: str
    host_id: int | None = None
    etag: str = ""


class Senseless(ValueError):
    """An answer that cannot be a repository's."""


def name_key(owner: str, name: str) -> str:
    """Name a repository of GitHub, which ignores case."""
    return f"{owner}/{name}".lower()


def parse_node(node: object) -> RepositoryRecord | Failed:
    """Read a repository as GraphQL gives it; never raises."""
    topics = [
        _inner(_inner(item, "topic"), "name") for item in _list(node, "repositoryTopics", "nodes")
    ]
    return _record(
        number=_inner(node, "databaseId"),
        full_name=_inner(node, "nameWithOwner"),
        stars=_inner(node, "stargazerCount"),
        forks=_inner(node, "forkCount"),
        licence=_inner(_inner(node, "licenseInfo"), "spdxId"),
        archived=_inner(node, "isArchived"),
        description=_inner(node, "description"),
        topics=topics,
        pushed_at=_inner(node, "pushedAt"),
        branch=_inner(_inner(node, "defaultBranchRef"), "name"),
    )


def parse_resource(resource: object) -> RepositoryRecord | Failed:
    """Read a repository as REST gives it; never raises."""
    return _record(
        number=_inner(resource, "id"),
        full_name=_inner(resource, "full_name"),
        stars=_inner(resource, "stargazers_count"),
        forks=_inner(resource, "forks_count"),
        licence=_inner(_inner(resource, "license"), "spdx_id"),
        archived=_inner(resource, "archived"),
        description=_inner(resource, "description"),
        topics=_list(resource, "topics"),
        pushed_at=_inner(resource, "pushed_at"),
        branch=_inner(resource, "default_branch"),
    )


def _record(
    *,
    number: Any,
    full_name: Any,
    stars: Any,
    forks: Any,
    licence: Any,
    archived: Any,
    description: Any,
    topics: Iterable[Any],
    pushed_at: Any,
    branch: Any,
) -> RepositoryRecord | Failed:
    """Without a name, a number and stars that make sense it is no repository; the rest may be missing."""
    try:
        owner, name = _full_name(full_name)
        spdx = clean_text(licence, 60)
        return RepositoryRecord(
            owner=owner,
            name=name,
            host_id=None if number is None else _number(number, "number", 1, 2**63 - 1),
            stars=_number(stars, "number of stars", 0, _MOST_STARS),
            forks=None if forks is None else _number(forks, "number of forks", 0, _MOST_STARS),
            licence="" if spdx.upper() == "NOASSERTION" else spdx,
            is_archived=archived is True,
            description=clean_text(description, _LONGEST_DESCRIPTION),
            topics=_topics(topics),
            pushed_at=_moment(pushed_at),
            default_branch=clean_text(branch, 250),
        )
    except Senseless as error:
        return Failed(f"GitHub's answer makes no sense: {error}")


def _full_name(value: Any) -> tuple[str, str]:
    found = parse_repository(f"https://{HOST}/{value}") if isinstance(value, str) else None
    if found is None or f"{found.owner}/{found.name}" != value:
        raise Senseless(f"its name is {_shown(value)}")
    return found.owner, found.name


def _number(value: Any, what: str, least: int, most: int) -> int:
    if type(value) is not int:
        raise Senseless(f"its {what} is {_shown(value)}")
    if not least <= value <= most:
        shown = str(value) if value.bit_length() < 200 else "endless"
        raise Senseless(f"its {what} is {shown}")
    return value


def _shown(value: Any) -> str:
    """A piece of what came; of something nested, which may be deep, only its kind."""
    return (
        f"“{clean_text(value, 80)}”"
        if isinstance(value, str)
        else f"of the type {type(value).__name__}"
    )


def _topics(values: Iterable[Any]) -> tuple[str, ...]:
    clean = (clean_text(value, 60) for value in values)
    return tuple(dict.fromkeys(filter(None, clean)))[:_MOST_TOPICS]


def _moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value)
        moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (TypeError, ValueError, OverflowError):
        return None
    return moment if 1970 <= moment.year < 2200 else None


def _inner(value: Any, key: str) -> Any:
    return value.get(key) if isinstance(value, dict) else None


def _list(value: Any, *path: str) -> list[Any]:
    for key in path:
        value = _inner(value, key)
    return value if isinstance(value, list) else []
