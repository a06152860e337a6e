"""Figures of a benchmark: times of one kind of thing, and shares."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """Times of one kind of thing in milliseconds, and the most queries that one of them made."""

    part: str
    name: str
    runs: int
    median_ms: float
    p95_ms: float
    max_ms: float
    queries: int | None = None
    note: str = ""

    @classmethod
    def of(cls, part: str, name: str, timings: Sequence[float], **rest: Any) -> "Figure":
        ordered = sorted(timings)
        return cls(
            part,
            name,
            len(ordered),
            round(statistics.median(ordered), 1),
            round(percentile(ordered, 0.95), 1),
            round(ordered[-1], 1),
            **rest,
        )

    @classmethod
    def missing(cls, part: str, reason: object) -> "Figure":
        """Stands where nothing could be measured, and says why in one line."""
        return cls(part, "not measured", 0, 0, 0, 0, note=str(reason).splitlines()[0])


@dataclass(frozen=True, slots=True)
class Score:
    """How well something answers a number of questions, each measure from 0 to 1."""

    part: str
    name: str
    questions: int
    measures: Mapping[str, float]


def percentile(ordered: Sequence[float], share: float) -> float:
    """Return the value that this share of an ordered sequence stays below."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def timed(call: Callable[..., object], *args: object) -> float:
    """Return how many milliseconds a call takes."""
    start = time.perf_counter()
    call(*args)
    return (time.perf_counter() - start) * 1000
