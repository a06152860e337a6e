"""How a tree of topics was at any time, put together from what each change left behind.

Each event of a topic holds the row before a change; the next event, or the row itself, is how it was after. Numbers are
computed from all topics of that time, since a topic's number changes when others move.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import groupby, zip_longest
from typing import Any

from django.db.models import Max, Min

from catalog.models import Catalogue, Topic
from catalog.numbering import Numbered, numbered
from catalog.topics import DEEPEST

_COLUMNS = ("name", "path", "parent_id", "position", "hue", "merged_into_id")
_MOST_SHOWN = 12


@dataclass(frozen=True, slots=True)
class PastTopic:
    """A topic as it was for a while: from `since` up to `until`, None for now."""

    pk: int
    name: str
    path: str
    parent_id: int | None
    position: int
    hue: int
    merged_into_id: int | None
    since: datetime
    until: datetime | None

    def was_at(self, moment: datetime) -> bool:
        return self.since <= moment and (self.until is None or moment < self.until)


@dataclass(frozen=True, slots=True)
class Phase:
    """What a topic was called, its number, and what it lay under, until when."""

    number: str
    name: str
    above: str  # the names of the topics above it
    path: str
    since: datetime
    until: datetime | None

    @property
    def day(self) -> date:
        """The last day that ended with it."""
        return ((self.until or self.since) - timedelta(days=1)).date()

    def is_other_than(self, other: "Phase") -> bool:
        return (self.number, self.name, self.above) != (other.number, other.name, other.above)

    @property
    def is_shown(self) -> bool:
        """Whether a day ended with it, so that a snapshot shows it."""
        return self.until is not None and self.since.date() <= self.day


def versions(catalogue: Catalogue) -> Sequence[PastTopic]:
    """Every state in which a topic of the catalogue was current."""
    return _versions(catalogue.pk, _marker(catalogue))


def _marker(catalogue: Catalogue) -> tuple[int, int]:
    """Names the state of a tree's history: another one after each change."""
    model = Topic.pgh_event_model  # type: ignore[attr-defined]  # set by pghistory
    latest = model.objects.filter(catalogue=catalogue.pk).aggregate(latest=Max("pgh_id"))["latest"]
    newest = catalogue.topics.aggregate(latest=Max("pk"))["latest"]
    return latest or 0, newest or 0


@lru_cache(maxsize=8)
def _versions(catalogue: int, marker: tuple[int, int]) -> Sequence[PastTopic]:
    events: dict[int, list[dict[str, Any]]] = defaultdict(list)
    model = Topic.pgh_event_model  # type: ignore[attr-defined]
    rows = model.objects.filter(catalogue=catalogue, pgh_label__in=["update", "delete"])
    columns = ("pgh_obj_id", "pgh_created_at", "created_at", "retired_at", *_COLUMNS)
    for row in rows.order_by("pgh_id").values(*columns):
        of_topic = events[row["pgh_obj_id"]]
        # Of one transaction the first tells what was before it; what lay between nobody saw.
        if not of_topic or of_topic[-1]["pgh_created_at"] != row["pgh_created_at"]:
            of_topic.append(row)
    topics = Topic.objects.filter(catalogue=catalogue)
    now = {row["pk"]: row for row in topics.values("pk", "created_at", "retired_at", *_COLUMNS)}
    return [
        one for pk in events.keys() | now.keys() for one in _of_topic(pk, events[pk], now.get(pk))
    ]


def _of_topic(
    pk: int, events: Sequence[dict[str, Any]], now: dict[str, Any] | None
) -> Iterable[PastTopic]:
    states: list[tuple[dict[str, Any], datetime | None]] = [
        (row, row["pgh_created_at"]) for row in events
    ]
    if now is not None:
        states.append((now, None))
    since = states[0][0]["created_at"]
    if states[0][1] and since >= states[0][1]:  # made and changed in one transaction
        since = states[0][1] - timedelta(microseconds=1)
    for row, changed in states:
        # A dump brings retired topics without what was before.
        until = min(filter(None, (changed, row["retired_at"])), default=None)
        if until is None or since < until:
            values = {name: row[name] for name in _COLUMNS}
            yield PastTopic(pk=pk, since=since, until=until, **values)
        since = max(since, changed) if changed else since


Tree = Mapping[int, PastTopic]


def tree_at(found: Iterable[PastTopic], moment: datetime) -> list[Numbered[PastTopic]]:
    """The topics that were current at a moment, numbered as they were then."""
    return numbered([one for one in found if one.was_at(moment)])


def _trees(found: Iterable[PastTopic]) -> Iterator[tuple[datetime, Tree]]:
    """Each moment at which the tree changed, with the topics from then on; one mapping, changed as it goes."""
    come: dict[datetime, list[PastTopic]] = defaultdict(list)
    gone: dict[datetime, list[PastTopic]] = defaultdict(list)
    for one in found:
        come[one.since].append(one)
        if one.until:
            gone[one.until].append(one)
    tree: dict[int, PastTopic] = {}
    for moment in sorted(come.keys() | gone.keys()):
        for one in gone.get(moment, ()):
            tree.pop(one.pk, None)
        for one in come.get(moment, ()):
            tree[one.pk] = one
        yield moment, tree


# One topic


def formerly(topic: Topic) -> list[Phase]:
    """What a topic was before it became what it is, latest first.

    A day has one line, for what it began with; and one for each other name or place that the topic had meanwhile.
    """
    every = phases(topic.catalogue, topic.pk)
    shown: list[Phase] = []
    named: dict[date, set[tuple[str, str]]] = defaultdict(set)
    for one in every:
        if one.until is None:
            continue
        of_day = named[one.until.date()]
        if not of_day or (one.name, one.above) not in of_day:
            shown.append(one)
        of_day.add((one.name, one.above))
    now = every[-1] if every and every[-1].until is None else None
    shown = [
        one
        for one, following in zip_longest(shown, [*shown[1:], *([now] if now else [])])
        if one and (following is None or one.is_other_than(following))
    ]
    return shown[::-1][:_MOST_SHOWN]


def phases(catalogue: Catalogue, topic: int) -> Sequence[Phase]:
    """All that a topic was, earliest first, one that is no more included."""
    return _phases(catalogue.pk, _marker(catalogue), topic)


@lru_cache(maxsize=1024)
def _phases(catalogue: int, marker: tuple[int, int], pk: int) -> Sequence[Phase]:
    states: list[tuple[datetime, tuple[str, str, str, str] | None]] = []
    for moment, tree in _trees(_versions(catalogue, marker)):
        state = _state(tree, pk)
        if (states or state) and (not states or states[-1][1] != state):
            states.append((moment, state))
    ends = [*(moment for moment, _ in states[1:]), None]
    return [
        Phase(*state, since=since, until=until)
        for (since, state), until in zip(states, ends, strict=True)
        if state is not None
    ]


def _state(tree: Tree, pk: int) -> tuple[str, str, str, str] | None:
    """A topic's number, name, what is above it, and its path."""
    here = tree.get(pk)
    if here is None:
        return None
    numbers = [_place(tree, here)]
    above: list[str] = []
    parent = tree.get(here.parent_id or 0)
    while parent is not None and len(above) < DEEPEST:
        above.insert(0, parent.name)
        numbers.insert(0, _place(tree, parent))
        parent = tree.get(parent.parent_id or 0)
    return ".".join(map(str, numbers)), here.name, " › ".join(above), here.path


def _place(tree: Tree, own: PastTopic) -> int:
    """Which of its siblings a topic is, from 1."""
    parent = own.parent_id if own.parent_id in tree else None
    before = (own.position, own.pk)
    return 1 + sum(
        (one.position, one.pk) < before
        for one in tree.values()
        if (one.parent_id if one.parent_id in tree else None) == parent
    )


# The whole tree


def began(catalogue: Catalogue) -> datetime | None:
    """Since when the history of a tree goes; None for a tree that never had a topic."""
    model = Topic.pgh_event_model  # type: ignore[attr-defined]
    firsts = [
        catalogue.topics.aggregate(first=Min("created_at"))["first"],
        model.objects.filter(catalogue=catalogue.pk).aggregate(first=Min("created_at"))["first"],
    ]
    return min(filter(None, firsts), default=None)


def end_of(day: date) -> datetime:
    """The moment that a snapshot of a day shows."""
    return datetime.combine(day, time.max, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Day:
    """A day on which a tree changed, with what changed from its beginning to its end."""

    day: date
    changes: list[str]


def days(catalogue: Catalogue) -> Sequence[Day]:
    """The days on which the tree changed, latest first, each with what changed in words."""
    return _days(catalogue.pk, _marker(catalogue))


@lru_cache(maxsize=32)
def _days(catalogue: int, marker: tuple[int, int]) -> Sequence[Day]:
    merged: dict[int, int | None] = dict(
        Topic.objects.filter(catalogue=catalogue)
        .exclude(merged_into=None)
        .values_list("pk", "merged_into")
    )
    ends: dict[date, list[Numbered[PastTopic]]] = {}
    of_day: tuple[date, Tree] | None = None
    trees = _trees(_versions(catalogue, marker))
    for day, group in groupby(trees, key=lambda pair: pair[0].date()):
        for _, tree in group:
            of_day = day, dict(tree)
        if of_day:
            ends[day] = numbered(of_day[1].values())
    found: list[Day] = []
    before: list[Numbered[PastTopic]] = []
    for day, after in ends.items():
        found.append(Day(day, _differences(before, after, merged) if before else _first(after)))
        before = after
    return [one for one in reversed(found) if one.changes]


def _first(tree: Sequence[Numbered[PastTopic]]) -> list[str]:
    return [f"the first {'topic' if len(tree) == 1 else f'{len(tree)} topics'}"] if tree else []


def _differences(
    before: list[Numbered[PastTopic]],
    after: list[Numbered[PastTopic]],
    merged: Mapping[int, int | None],
) -> list[str]:
    """What became of the topics, in words; that numbers moved on is left out."""
    old = {one.topic.pk: one for one in before}
    new = {one.topic.pk: one for one in after}
    words = []
    for one in after:
        was = old.get(one.topic.pk)
        if was is None:
            words.append(f"added {_called(one)}")
            continue
        if was.topic.name != one.topic.name:
            words.append(f"{_called(was)} became {_called(one)}")
        if was.topic.parent_id != one.topic.parent_id:
            above = new.get(one.topic.parent_id or 0)
            where = f"under {_called(above)}" if above else "to the top"
            words.append(f"{_called(was)} went {where}, as {one.number}")
    for one in before:
        if one.topic.pk not in new:
            into = new.get(merged.get(one.topic.pk) or 0)
            words.append(
                f"{_called(one)} was merged into {_called(into)}"
                if into
                else f"{_called(one)} left"
            )
    if not words and _order(before) != _order(after):
        words.append("another order")
    return words


def _called(one: Numbered[PastTopic]) -> str:
    return f"{one.number} “{one.topic.name}”"


def _order(tree: list[Numbered[PastTopic]]) -> list[int]:
    return [one.topic.pk for one in tree]
