"""A plan in words for the page that shows it: groups of rows, none of them endless."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any

from ingest.lists.plan import PaperPlan, Plan
from ingest.lists.records import TopicPath

SHOWN = 200
_NOUNS = [
    ("entries", "entry"),
    ("papers", "paper"),
    ("topics", "topic"),
    ("announcements", "announcement"),
    ("repositories", "repository"),
    ("links", "link"),
]


@dataclass(frozen=True, slots=True)
class Row:
    """One thing the plan does: what it is about, and the details."""

    text: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """Rows under a heading; `more` of them are not shown."""

    name: str
    rows: list[Row]
    total: int

    @property
    def more(self) -> int:
        return self.total - len(self.rows)


@dataclass(frozen=True, slots=True)
class Summary:
    """What the page shows of a plan."""

    reading: str
    changes: list[Group]
    problems: list[Group]


def summarise(plan: Plan) -> Summary:
    return Summary(_reading(plan), _changes(plan), _problems(plan))


def _reading(plan: Plan) -> str:
    counts = plan.counts()
    words = ", ".join(
        f"{counts[many]:,} {one if counts[many] == 1 else many}" for many, one in _NOUNS
    )
    return f"The list holds {words}. Lines repaired: {counts['repaired_lines']:,}."


def _changes(plan: Plan) -> list[Group]:
    topics, news = plan.topics, plan.announcements
    groups = [
        _group("New topics", topics.new, lambda path: Row(_path(path))),
        _group(
            "Moved or renamed topics",
            topics.moved,
            lambda pair: Row(pair[0].heading, (f"now {_path(pair[1])}",)),
        ),
        _group("Topics no longer in the list", topics.gone, lambda topic: Row(topic.name)),
        _group("New papers", plan.new, _new_paper),
        _group("Changed papers", plan.changed, _changed_paper),
        _group("Papers moved to another topic", plan.moved, _moved_paper),
        _group("Papers no longer in the list", plan.gone, _gone_paper),
        _group("New announcements", news.create, _new_announcement),
        _group("Changed announcements", news.change, lambda pair: Row(pair[0].title)),
        _group("Announcements no longer in the list", news.delete, lambda row: Row(row.title)),
    ]
    return [group for group in groups if group.total]


def _group(name: str, items: Iterable[Any], row: Any) -> Group:
    found = list(items)
    return Group(name, [row(item) for item in islice(found, SHOWN)], len(found))


def _path(path: TopicPath) -> str:
    return " › ".join(path)


def _new_paper(plan: PaperPlan) -> Row:
    topics = dict.fromkeys(_path(entry.topic) for entry in plan.known.entries)
    known = () if plan.is_first_met else ("known already, listed here from now on",)
    return Row(plan.facts.title, ("; ".join(topics), *known))


def _changed_paper(plan: PaperPlan) -> Row:
    notes = [
        f"{name.replace('_', ' ')}: {_value(old)} → {_value(new)}"
        for name, (old, new) in plan.fields.items()
    ]
    if plan.authors is not None and plan.paper:
        old = ", ".join(row.printed_name for row in plan.paper.authorships.all())
        notes.append(f"authors: {_value(old)} → {', '.join(plan.authors)}")
    notes += [f"another title: {title}" for title, _ in plan.aliases]
    notes += [f"identifier added: {ident}" for ident in plan.add_identifiers]
    notes += [f"identifier taken away: {ident}" for ident in plan.drop_identifiers]
    notes += _rows("repository", plan.repositories, "/".join)
    notes += _rows("link", plan.links, str)
    if "topics" in plan.changed_parts:
        notes += _places(plan)
    return Row(plan.paper.title if plan.paper else plan.facts.title, tuple(notes))


def _value(value: Any) -> str:
    return str(value) if value not in (None, "") else "nothing"


def _rows(noun: str, diff: Any, words: Any) -> list[str]:
    notes = [f"{noun} added: {words(key)}" for key in diff.create]
    notes += [f"{noun} changed: {row}" for row, _ in diff.change]
    return notes + [f"{noun} no longer listed: {row}" for row in diff.retire]


def _places(plan: PaperPlan) -> list[str]:
    came = [_path(key) for key in plan.placements.create if isinstance(key, tuple)]
    came += [row.topic.name for row, values in plan.placements.change if "retired_at" in values]
    left = [row.topic.name for row in plan.placements.retire]
    return [f"into {name}" for name in came] + [f"out of {name}" for name in left]


def _moved_paper(plan: PaperPlan) -> Row:
    return Row(plan.paper.title if plan.paper else plan.facts.title, tuple(_places(plan)))


def _gone_paper(gone: Any) -> Row:
    names = ", ".join(placement.topic.name for placement in gone.placements)
    return Row(gone.paper.title, (f"was under {names}",))


def _new_announcement(values: dict[str, Any]) -> Row:
    day = values["date"]
    return Row(values["title"], (f"{day.day} {day:%b %Y}",))


def _problems(plan: Plan) -> list[Group]:
    kinds: dict[str, list[Any]] = defaultdict(list)
    for problem in plan.problems:
        kinds[problem.kind].append(problem)
    return [
        _group(
            kind.replace("-", " ").capitalize(),
            found,
            lambda problem: Row(problem.message, (f"line {problem.line}",)),
        )
        for kind, found in sorted(kinds.items())
    ]
