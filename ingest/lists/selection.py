"""Part of a plan: what a curator accepted of it, or all but what was declined before."""

from collections.abc import Collection, Iterable

from catalog.models import Placement
from ingest.lists.changes import (
    Change,
    changes_of,
    new_line_key,
    new_paper_key,
    new_topic_key,
    order_key,
    part_key,
)
from ingest.lists.identity import Known
from ingest.lists.plan import PaperPlan, Plan
from ingest.lists.planner import keep_one_primary, settle_topics
from ingest.lists.rows import RowDiff, Values


def with_needs(changes: Iterable[Change], taken: Collection[str]) -> set[str]:
    """Add what accepted changes need: a paper under a new topic brings the topic."""
    by_key = {change.key: change for change in changes}
    wanted, found = [key for key in taken if key in by_key], set()
    while wanted:
        key = wanted.pop()
        if key not in found:
            found.add(key)
            wanted += [need for need in by_key[key].needs if need in by_key]
    return found


def without_declined(changes: Iterable[Change], declined: Collection[str]) -> set[str]:
    """All changes but those declined, and those that need one of them."""
    by_key = {change.key: change for change in changes}
    left = {change.key for change in by_key.values() if change.fingerprint in declined}
    while True:
        more = {key for key, change in by_key.items() if left & set(change.needs)} - left
        if not more:
            return by_key.keys() - left
        left |= more


def keep(plan: Plan, taken: Collection[str]) -> set[str]:
    """Cut a plan down to the changes named; return the keys of those that were left out."""
    left = {change.key for change in changes_of(plan)} - set(taken)
    if left:
        _Cutter(plan, left).cut()
    return left


class _Cutter:
    def __init__(self, plan: Plan, left: set[str]) -> None:
        self.plan, self.left = plan, left

    def cut(self) -> None:
        self._topics()
        for item in self.plan.papers:
            self._parts(item)
        self._papers()
        self._news()
        settle_topics(self.plan.topics, self.plan.papers, self.plan.gone, self.plan.placed)
        self._topics()  # what was revived is found anew

    def _topics(self) -> None:
        topics = self.plan.topics
        topics.left_out |= {path for path in topics.new if new_topic_key(path) in self.left}
        topics.moved = [m for m in topics.moved if f"topic:{m.topic.pk}:place" not in self.left]
        topics.gone = [t for t in topics.gone if f"topic:{t.pk}:gone" not in self.left]
        topics.revived = [t for t in topics.revived if f"topic:{t.pk}:back" not in self.left]
        if "topics:order" in self.left:
            topics.placed = []

    def _papers(self) -> None:
        new = [
            item for item in self.plan.papers if item.is_new and new_paper_key(item) in self.left
        ]
        self.plan.left_out += new
        self.plan.papers = [item for item in self.plan.papers if item not in new]
        self.plan.gone = [g for g in self.plan.gone if f"paper:{g.paper.pk}:gone" not in self.left]

    def _parts(self, item: PaperPlan) -> None:
        if item.is_first_met or item.is_new:
            return
        for name in [name for name in item.fields if part_key(item, name) in self.left]:
            if name == "title":
                old = item.fields[name][0]
                item.aliases = [alias for alias in item.aliases if alias[0] != old]
            del item.fields[name]
        if part_key(item, "authors") in self.left:
            item.authors = None
        if part_key(item, "other titles") in self.left:
            item.aliases = []
        if part_key(item, "identifiers") in self.left:
            item.add_identifiers, item.drop_identifiers = [], []
        if part_key(item, "repositories") in self.left:
            item.repositories = RowDiff()
        if part_key(item, "links") in self.left:
            item.links = RowDiff()
        self._places(item)

    def _places(self, item: PaperPlan) -> None:
        rows = item.placements
        if part_key(item, "topics") in self.left:
            kept = [(row, values) for row, values in rows.change if "retired_at" not in values]
            rows = item.placements = RowDiff(change=kept)
        change: list[tuple[Placement, Values]] = []
        for row, values in rows.change:
            if "retired_at" not in values and order_key(row.topic_id) in self.left:
                continue
            own = {name: value for name, value in values.items() if name != "is_primary"}
            if own:
                change.append((row, own))
        rows.change = change
        rows.create = {
            key: {name: value for name, value in values.items() if name != "is_primary"}
            for key, values in rows.create.items()
        }
        keep_one_primary(item)

    def _news(self) -> None:
        news = self.plan.announcements
        absent = {item.known for item in self.plan.left_out if item.is_first_met}
        news.create = [
            _without(values, absent)
            for values in news.create
            if new_line_key(values) not in self.left
        ]
        change = [
            (row, {name: v for name, v in values.items() if name != "known" or v not in absent})
            for row, values in news.change
            if f"announcement:{row.pk}:text" not in self.left
        ]
        news.change = [(row, values) for row, values in change if values]
        news.delete = [r for r in news.delete if f"announcement:{r.pk}:gone" not in self.left]


def _without(values: dict[str, object], absent: set[Known]) -> dict[str, object]:
    return {**values, "known": None} if values["known"] in absent else values
