"""What comes in and what goes out, for all the protocols."""

import json
from dataclasses import dataclass, field
from typing import Any

SOURCES = ("arxiv", "github", "semantic_scholar", "openalex")


@dataclass(frozen=True)
class Seen:
    """One request as it arrived; times are those of `time.monotonic()`."""

    source: str
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    at: float
    ended_at: float | None = None  # when the last of the answer was about to leave


@dataclass(frozen=True)
class Asked:
    """A request as a protocol reads it: the path begins after the address of the source."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    url: str  # where the whole stand-in is, for addresses inside answers


@dataclass
class Reply:
    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


def json_reply(data: Any, status: int = 200, headers: dict[str, str] | None = None) -> Reply:
    kind = {"content-type": "application/json; charset=utf-8"}
    return Reply(status, json.dumps(data, ensure_ascii=False).encode(), kind | (headers or {}))
