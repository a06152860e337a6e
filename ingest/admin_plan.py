"""A plan for the page that shows it: conflicts first, then changes in groups, each with its box, then problems."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from catalog.admin.base import change_url
from catalog.differences import Piece, difference
from catalog.models import Paper
from ingest.lists.changes import Change, Kind, changes_of
from ingest.lists.conflicts import Conflict
from ingest.lists.plan import Plan
from ingest.lists.resolving import Choice, Verdict
from ingest.lists.selection import with_needs
from ingest.lists.service import Acceptance, declined_before

SHOWN = 200  # rows of a group, until all are asked for
MOST = 2000  # rows of a group when all are: a form has at most 10,000 fields
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

    @property
    def more(self) -> int:
        return self.total - len(self.rows)


@dataclass(frozen=True, slots=True)
class ShownConflict:
    conflict: Conflict
    field: str
    url: str
    both: list[Piece]  # the list's text before and now


@dataclass(frozen=True, slots=True)
class Summary:
    """What the page shows of a plan."""

    reading: str
    conflicts: list[ShownConflict]
    changes: list[Group]
    declined: Group
    problems: list[Group]
    total: int  # changes that can be ticked


def summarise(plan: Plan, whole: Collection[str] = ()) -> Summary:
    """Put a plan in words; groups whose slug is in `whole` are shown to their end."""
    changes = changes_of(plan)
    before = declined_before(plan)
    fresh = [change for change in changes if change.fingerprint not in before]
    old = [change for change in changes if change.fingerprint in before]
    by_key = {change.key: change for change in changes}
    groups = _groups(fresh, by_key, whole)
    return Summary(
        _reading(plan),
        [_conflict(conflict) for conflict in plan.conflicts],
        groups,
        Group("Declined before", _rows(old, by_key, taken=False), len(old), "declined"),
        _problems(plan, whole),
        len(fresh),
    )


def _reading(plan: Plan) -> str:
    counts = plan.counts()
    words = ", ".join(
        f"{counts[many]:,} {one if counts[many] == 1 else many}" for many, one in _NOUNS
    )
    return f"The list holds {words}. Lines repaired: {counts['repaired_lines']:,}."


def slug_of(kind: Kind) -> str:
    return kind.name.lower().replace("_", "-")


def _groups(
    changes: Iterable[Change], by_key: dict[str, Change], whole: Collection[str]
) -> list[Group]:
    kinds: dict[Kind, list[Change]] = defaultdict(list)
    for change in changes:
        kinds[change.kind].append(change)
    groups = []
    for kind in Kind:
        rows = _rows(kinds[kind], by_key)
        if rows:
            most = MOST if slug_of(kind) in whole else SHOWN
            groups.append(Group(str(kind), rows[:most], len(rows), slug_of(kind)))
    return groups


def _rows(changes: Iterable[Change], by_key: dict[str, Change], *, taken: bool = True) -> list[Row]:
    """One row for each thing: the parts of a paper stand together."""
    rows: dict[str, Row] = {}
    for change in changes:
        subject = ":".join(change.key.split(":")[:2]) if change.part else change.key
        row = rows.setdefault(subject, Row(change.about, change.line, _url(change.key)))
        pieces = difference(change.old, change.new) if change.shows_both else []
        needs = [by_key[need] for need in change.needs if need in by_key]
        row.parts.append(Part(change, pieces, needs, taken))
    return list(rows.values())


def _url(key: str) -> str:
    """The admin page of a stored paper."""
    kind, number, *_ = f"{key}:".split(":")
    return change_url(Paper(pk=int(number))) if kind == "paper" and number.isdecimal() else ""


def _conflict(conflict: Conflict) -> ShownConflict:
    subject: Any = conflict.subject
    return ShownConflict(
        conflict,
        field_of(conflict),
        change_url(subject),
        difference(conflict.base, conflict.theirs),
    )


def field_of(conflict: Conflict) -> str:
    """The name of a conflict's fields in the form."""
    return sha256(conflict.key.encode()).hexdigest()[:16]


def _problems(plan: Plan, whole: Collection[str]) -> list[Group]:
    kinds: dict[str, list[Any]] = defaultdict(list)
    for problem in plan.problems:
        if problem.kind != "list-conflict":  # these are shown above
            kinds[problem.kind].append(problem)
    groups = []
    for kind, found in sorted(kinds.items()):
        slug = f"problem-{kind}"
        most = MOST if slug in whole else SHOWN
        rows = [Row(problem.message, problem.line) for problem in found[:most]]
        groups.append(Group(kind.replace("-", " ").capitalize(), rows, len(found), slug))
    return groups


def acceptance(plan: Plan, posted: Any) -> Acceptance | None:
    """What the form says of the plan it showed; None when it is the whole of it."""
    if "partial" not in posted:
        return None
    ticked, rest, whole = (set(posted.getlist(name)) for name in ("take", "rest", "all"))
    changes = changes_of(plan)
    taken = {change.key for change in changes if change.token in ticked}
    groups = summarise(plan, whole).changes if rest else []
    for group in groups:
        if group.slug in rest:
            shown = {part.change.key for row in group.rows for part in row.parts}
            before = declined_before(plan)
            taken |= {
                change.key
                for change in changes
                if slug_of(change.kind) == group.slug
                and change.key not in shown
                and change.fingerprint not in before
            }
    choices = {}
    for conflict in plan.conflicts:
        name = field_of(conflict)
        verdict = posted.get(f"verdict-{name}", "")
        if verdict in set(Verdict):
            choices[conflict.key] = Choice(Verdict(verdict), posted.get(f"text-{name}", ""))
    return Acceptance(taken, choices, decline=posted.get("left") == "never")


def brought_along(plan: Plan, accepted: Acceptance) -> list[Change]:
    """Changes that were not ticked, but that ticked ones need."""
    changes = changes_of(plan)
    every = with_needs(changes, accepted.taken)
    return [change for change in changes if change.key in every - set(accepted.taken)]
