"""A plan for the page that shows it: conflicts first, then changes in groups, each with its box, then problems."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from catalog.admin.base import change_url
from catalog.differences import Piece, difference
from catalog.models import Paper
from ingest.admin_answers import Answers, field_of, slug_of
from ingest.lists.changes import Change, Kind, changes_of
from ingest.lists.conflicts import Conflict
from ingest.lists.plan import Plan
from ingest.lists.resolving import Choice, Verdict
from ingest.lists.selection import with_needs
from ingest.lists.service import Acceptance, declined_before

SHOWN = 200  # rows of a group, until all are asked for
BOXES = 9000  # boxes of a plan when all are: a form has at most 10,000 fields
CONFLICTS = 300  # each has two fields, too
_NOUNS = [
    ("entries", "entry"),
    ("papers", "paper"),
    ("topics", "topic"),
    ("announcements", "announcement"),
    ("repositories", "repository"),
    ("links", "link"),
]


@dataclass(frozen=True, slots=True)
class Part:
    """One change with its box."""

    change: Change
    pieces: list[Piece]
    needs: list[Change]
    taken: bool

    @property
    def needed(self) -> str:
        """The names of what it needs, for the script that ticks boxes."""
        return " ".join(change.token for change in self.needs)


@dataclass(slots=True)
class Row:
    """What is about one paper, topic or line of news."""

    about: str
    line: int = 0
    url: str = ""
    parts: list[Part] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Group:
    """Rows under a heading; `more` of them are not shown."""

    name: str
    rows: list[Row]
    total: int
    slug: str = ""
    is_whole: bool = False  # as many rows as the form has room for
    takes_rest: bool = True  # what becomes of those not shown

    @property
    def more(self) -> int:
        return self.total - len(self.rows)


@dataclass(frozen=True, slots=True)
class ShownConflict:
    conflict: Conflict
    field: str
    url: str
    both: list[Piece]  # the list's text before and now
    choice: Choice  # the curator's is kept, unless the form said otherwise


@dataclass(frozen=True, slots=True)
class Summary:
    """What the page shows of a plan."""

    reading: str
    conflicts: list[ShownConflict]
    later: int  # conflicts that there is no room for: they stay open
    changes: list[Group]
    declined: Group
    problems: list[Group]

    @property
    def shown(self) -> str:
        """The names of all changes that have a box."""
        groups = [*self.changes, self.declined]
        return " ".join(
            part.change.token for group in groups for row in group.rows for part in row.parts
        )


def summarise(plan: Plan, whole: Collection[str] = (), answers: Answers | None = None) -> Summary:
    """Put a plan in words; groups whose slug is in `whole` are shown to their end, boxes are ticked as answered."""
    changes = changes_of(plan)
    before = declined_before(plan)
    fresh = [change for change in changes if change.fingerprint not in before]
    old = [change for change in changes if change.fingerprint in before]
    shower = _Shower({change.key: change for change in changes}, whole, answers or Answers())
    conflicts = plan.conflicts
    return Summary(
        _reading(plan),
        [shower.conflict(conflict) for conflict in conflicts[:CONFLICTS]],
        max(0, len(conflicts) - CONFLICTS),
        shower.groups(fresh),
        shower.group("Declined before", "declined", old, proposed=False),
        _problems(plan, whole),
    )


def _reading(plan: Plan) -> str:
    counts = plan.counts()
    words = ", ".join(
        f"{counts[many]:,} {one if counts[many] == 1 else many}" for many, one in _NOUNS
    )
    return f"The list holds {words}. Lines repaired: {counts['repaired_lines']:,}."


class _Shower:
    """Makes rows with boxes of changes, as many as one form holds."""

    def __init__(self, by_key: dict[str, Change], whole: Collection[str], answers: Answers) -> None:
        self.by_key, self.whole, self.answers = by_key, whole, answers
        self.room = BOXES

    def groups(self, changes: Iterable[Change]) -> list[Group]:
        kinds: dict[Kind, list[Change]] = defaultdict(list)
        for change in changes:
            kinds[change.kind].append(change)
        return [
            self.group(str(kind), slug_of(kind), kinds[kind], proposed=True)
            for kind in Kind
            if kinds[kind]
        ]

    def group(self, name: str, slug: str, changes: list[Change], *, proposed: bool) -> Group:
        """One row for each thing: the parts of a paper stand together."""
        things: dict[str, list[Change]] = defaultdict(list)
        for change in changes:
            things[_subject(change)].append(change)
        rows: list[Row] = []
        for parts in list(things.values())[: None if slug in self.whole else SHOWN]:
            if len(parts) > self.room:
                break
            self.room -= len(parts)
            rows.append(self._row(parts, proposed=proposed))
        rest = proposed and self.answers.takes_rest(slug)
        return Group(name, rows, len(things), slug, slug in self.whole, rest)

    def _row(self, changes: list[Change], *, proposed: bool) -> Row:
        first = changes[0]
        return Row(
            first.about,
            first.line,
            _url(first.key),
            [
                Part(
                    change,
                    difference(change.old, change.new) if change.shows_both else [],
                    [self.by_key[need] for need in change.needs if need in self.by_key],
                    self.answers.takes(change, proposed=proposed),
                )
                for change in changes
            ],
        )

    def conflict(self, conflict: Conflict) -> ShownConflict:
        name = field_of(conflict)
        return ShownConflict(
            conflict,
            name,
            change_url(conflict.subject),
            difference(conflict.base, conflict.theirs),
            self.answers.choices.get(name, Choice(Verdict.OURS)),
        )


def _subject(change: Change) -> str:
    return ":".join(change.key.split(":")[:2]) if change.part else change.key


def _url(key: str) -> str:
    """The admin page of a stored paper."""
    kind, number, *_ = f"{key}:".split(":")
    return change_url(Paper(pk=int(number))) if kind == "paper" and number.isdecimal() else ""


def _problems(plan: Plan, whole: Collection[str]) -> list[Group]:
    kinds: dict[str, list[Any]] = defaultdict(list)
    for problem in plan.problems:
        if problem.kind != "list-conflict":  # these are shown above
            kinds[problem.kind].append(problem)
    groups = []
    for kind, found in sorted(kinds.items()):
        slug = f"problem-{kind}"
        most = None if slug in whole else SHOWN
        rows = [Row(problem.message, problem.line) for problem in found[:most]]
        groups.append(Group(kind.replace("-", " ").capitalize(), rows, len(found), slug))
    return groups


def brought_along(plan: Plan, accepted: Acceptance) -> list[Change]:
    """Changes that were not ticked, but that ticked ones need."""
    changes = changes_of(plan)
    every = with_needs(changes, accepted.taken)
    return [change for change in changes if change.key in every - set(accepted.taken)]
