"""What every source's part of a job looks like: which things are due, fetch, then store."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Protocol, Self

from catalog.models import Source
from ingest.http import SourceClient
from ingest.visits import Scope, Seen


@dataclass(frozen=True, slots=True)
class Tally:
    """How many things a batch, or a run, found new, changed, the same, skipped and failed."""

    new: int = 0
    changed: int = 0
    same: int = 0
    skipped: int = 0
    failed: int = 0
    problems: int = 0

    def __add__(self, other: Self) -> "Tally":
        return Tally(
            **{one.name: getattr(self, one.name) + getattr(other, one.name) for one in fields(self)}
        )

    @property
    def done(self) -> int:
        return self.new + self.changed + self.same + self.skipped + self.failed


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a batch; `seen` says so for each thing, and the run goes on behind them."""

    tally: Tally
    seen: dict[int, Seen] = field(default_factory=dict)


class UsedUp(Exception):
    """The source's allowance is used up for now: the rest waits for a later run, and nothing failed."""


class Part(Protocol):
    """One source's part of a job. Fetching writes nothing, storing asks nobody."""

    source: Source
    kind: str  # what its subjects are keys of
    batch: int  # how many things one fetch may ask about

    def begin(self) -> None:
        """Put in order, once in a run and before anything is asked, what was left behind; in a transaction as below."""
        return None

    def due(self, scope: Scope, limit: int | None) -> list[int]:
        """Return keys of the things to ask about next."""

    def count(self, scope: Scope) -> int:
        """Return how many things are due."""

    def fetch(self, client: SourceClient, subjects: Sequence[int]) -> Any:
        """Ask the source about these things; raise a SourceError, or UsedUp before anything was asked."""

    def store(self, subjects: Sequence[int], fetched: Any) -> Stored:
        """Write what was fetched. Runs in a transaction, alone among imports and curators."""
