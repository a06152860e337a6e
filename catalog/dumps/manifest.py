"""The manifest of a dump: what is in each file, under which licence, and by which sums to know it again."""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from catalog.models import Catalogue

FORMAT = "stemma-dump"
VERSION = 3  # raised when a table is added, or when an older program would misread a dump
NAME = "manifest.json"
CC0 = "https://creativecommons.org/publicdomain/zero/1.0/"

_SUM = re.compile(r"[0-9a-f]{64}")
_FILE = re.compile(r"[a-z_]{1,60}\.(?:jsonl|ttl)\.gz")


class DumpRefused(Exception):
    """Why a dump cannot be loaded or written, in one line."""


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A file of a dump. `last_id`, of papers and people, is the highest number ever given: none is given again."""

    name: str
    about: str
    rows: int
    bytes: int
    sha256: str
    content_bytes: int
    content_sha256: str
    fields: tuple[str, ...] = ()
    last_id: int | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """`latest_at` is the latest moment that a row bears: a dump says nothing of when it was made, so that equal facts are equal bytes."""

    files: tuple[FileEntry, ...]
    latest_at: str | None
    abstracts: str  # "all", or "arxiv" where only those are in it that arXiv gave
    is_demonstration: bool
    site: str
    licences: tuple[dict[str, str], ...] = ()
    version: int = VERSION

    def text(self) -> str:
        facts = {"format": FORMAT, **asdict(self)}
        return json.dumps(facts, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def licences(catalogues: Sequence[Catalogue], *, published: bool) -> tuple[dict[str, str], ...]:
    """What may be done with each part of a dump."""
    rows = [
        {
            "of": "Facts: who wrote, cites and extends what, identifiers, dates, counts",
            "licence": "CC0-1.0",
            "url": CC0,
        }
    ]
    rows += [
        {
            "of": f"The list that “{one.title}” began with: {one.origin_name}",
            "licence": one.licence or "as stated there",
            "url": one.origin_url,
        }
        for one in catalogues
        if one.origin_name
    ]
    rows.append(
        {
            "of": "Abstracts, their authors’ own words: only those that arXiv gives away are here"
            if published
            else "Abstracts, their authors’ own words: those that came from arXiv, it gives away",
            "licence": "CC0-1.0, by arXiv’s terms for descriptive metadata",
            "url": "https://info.arxiv.org/help/api/tou.html",
        }
    )
    return tuple(rows)


def read_manifest(data: bytes) -> Manifest:
    """Read a manifest of a dump that this program can load; DumpRefused for anything else."""
    try:
        facts = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise DumpRefused(f"{NAME} is no JSON: {error}") from error
    if not isinstance(facts, dict) or facts.get("format") != FORMAT:
        raise DumpRefused(f"{NAME} is not that of a Stemma dump")
    version = facts.get("version")
    if type(version) is not int or not 1 <= version <= VERSION:
        raise DumpRefused(
            f"this dump is of version {version}, and this Stemma reads no later one than {VERSION}"
        )
    try:
        return Manifest(
            files=tuple(_entry(row) for row in facts["files"]),
            latest_at=facts["latest_at"],
            abstracts=str(facts["abstracts"]),
            is_demonstration=bool(facts["is_demonstration"]),
            site=str(facts["site"]),
            licences=tuple(facts["licences"]),
            version=version,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise DumpRefused(f"{NAME} is damaged: {error!r}") from error


def _entry(row: dict[str, Any]) -> FileEntry:
    entry = FileEntry(**{**row, "fields": tuple(row["fields"])})
    numbers = (entry.rows, entry.bytes, entry.content_bytes, entry.last_id or 0)
    sound = all(type(number) is int and 0 <= number < 2**62 for number in numbers)
    sound = sound and all(isinstance(field, str) for field in entry.fields)
    if not sound or not _FILE.fullmatch(entry.name) or not _SUM.fullmatch(entry.content_sha256):
        raise ValueError(entry.name)
    return entry
