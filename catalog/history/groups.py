"""Groups of changes: what one request, action, command or run did. The latest come first, a page at a time."""

import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection
from pghistory.models import Context

from catalog.history.tables import Model, events_of, tracked_models
from catalog.history.words import By, hands_of

PAGE = 40


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows of one table a group touched, each counted as often as it did."""

    model: Model
    added: int = 0
    changed: int = 0
    removed: int = 0

    @property
    def label(self) -> str:
        return self.model._meta.label_lower

    @property
    def noun(self) -> str:
        options = self.model._meta
        total = self.added + self.changed + self.removed
        return str(options.verbose_name if total == 1 else options.verbose_name_plural)

    @property
    def words(self) -> str:
        said = [("added", self.added), ("changed", self.changed), ("removed", self.removed)]
        return f"{self.noun}: " + ", ".join(f"{number:,} {verb}" for verb, number in said if number)


@dataclass(slots=True)
class Group:
    """One group of changes, with who made them and why."""

    key: uuid.UUID
    when: datetime
    by: By
    address: str
    undoes: uuid.UUID | None
    undone_by: "list[tuple[uuid.UUID, datetime]]" = field(default_factory=list)
    counts: list[Count] = field(default_factory=list)

    @property
    def total(self) -> int:
        return sum(one.added + one.changed + one.removed for one in self.counts)

    @property
    def act(self) -> str:
        return self.by.act or "made changes"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which groups are asked for."""

    person: int | None = None
    job: str = ""
    run: int | None = None
    model: Model | None = None
    since: date | None = None
    until: date | None = None
    text: str = ""
    before: tuple[datetime, uuid.UUID] | None = None  # the last one of the page before


def latest(wanted: Wanted | None = None, limit: int = PAGE) -> tuple[list[Group], bool]:
    """The latest groups of those wanted, and whether there are more."""
    conditions, values = _conditions(wanted or Wanted())
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    statement = (
        "SELECT c.id, c.created_at, c.metadata FROM pghistory_context c "  # noqa: S608  # values are parameters
        f"{where} ORDER BY c.created_at DESC, c.id DESC LIMIT %s"
    )
    contexts = list(Context.objects.raw(statement, [*values, limit + 1]))
    return _groups(contexts[:limit]), len(contexts) > limit


def _conditions(wanted: Wanted) -> tuple[list[str], list[Any]]:
    conditions: list[str] = []
    values: list[Any] = []

    def add(condition: str, *given: Any) -> None:
        conditions.append(condition)
        values.extend(given)

    if wanted.person:
        add("c.metadata ? 'user' AND c.metadata->>'user' = %s", str(wanted.person))
    if wanted.job:
        add("c.metadata ? 'job' AND c.metadata->>'job' = %s", wanted.job)
    if wanted.run:
        add("c.metadata ? 'run' AND c.metadata->>'run' = %s", str(wanted.run))
    if wanted.model:
        table = events_of(wanted.model)._meta.db_table
        add(f'EXISTS (SELECT FROM "{table}" e WHERE e.pgh_context_id = c.id)')
    if wanted.since:
        add("c.created_at >= %s::date", wanted.since)
    if wanted.until:
        add("c.created_at < %s::date", wanted.until + timedelta(days=1))
    if wanted.text:
        words = "concat_ws(' ', c.metadata->>'act', c.metadata->>'why', c.metadata->>'reason')"
        add(f"strpos(lower({words}), lower(%s)) > 0", wanted.text)
    if wanted.before:
        add("(c.created_at, c.id) < (%s, %s)", *wanted.before)
    return conditions, values


def group_named(key: uuid.UUID) -> Group | None:
    context = Context.objects.filter(pk=key).first()
    return next(iter(_groups([context])), None) if context else None


def group_of_run(run: int) -> uuid.UUID | None:
    """The group that holds what a run changed, if it changed anything."""
    found, _ = latest(Wanted(run=run), limit=1)
    return found[0].key if found else None


def runs_of(group: uuid.UUID) -> list[int]:
    """The runs that a group of changes tells of."""
    context = Context.objects.filter(pk=group).first()
    run = context.metadata.get("run") if context else None
    return [int(run)] if run else []


def _groups(contexts: list[Context]) -> list[Group]:
    hands = hands_of(contexts)
    counts = _counts([one.pk for one in contexts])
    undone = _undone([one.pk for one in contexts])
    return [
        Group(
            one.pk,
            one.created_at,
            hands[one.pk],
            str(one.metadata.get("url") or ""),
            _key(one.metadata.get("undoes")),
            undone[one.pk],
            counts[one.pk],
        )
        for one in contexts
    ]


def _counts(keys: list[Any]) -> dict[Any, list[Count]]:
    """What each group touched, of all tables in one statement."""
    found: dict[Any, list[Count]] = defaultdict(list)
    if not keys:
        return found
    parts = [
        f"SELECT {number}, pgh_context_id, "  # noqa: S608  # names of our own tables
        "count(*) FILTER (WHERE pgh_label = 'insert'), "
        "count(*) FILTER (WHERE pgh_label = 'update'), "
        "count(*) FILTER (WHERE pgh_label = 'delete') "
        f'FROM "{events_of(model)._meta.db_table}" WHERE pgh_context_id = ANY(%s) GROUP BY 2'
        for number, model in enumerate(tracked_models())
    ]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), [keys] * len(parts))
        for number, key, added, changed, removed in sorted(
            cursor.fetchall(), key=lambda row: row[0]
        ):
            found[key].append(Count(tracked_models()[number], added, changed, removed))
    return found


def _undone(keys: Iterable[Any]) -> dict[Any, list[tuple[uuid.UUID, datetime]]]:
    """By which groups each was taken back."""
    found: dict[Any, list[tuple[uuid.UUID, datetime]]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT metadata->>'undoes', id, created_at FROM pghistory_context "
            "WHERE metadata ? 'undoes' AND metadata->>'undoes' = ANY(%s) ORDER BY created_at",
            [[str(key) for key in keys]],
        )
        for undone, key, when in cursor.fetchall():
            found[uuid.UUID(undone)].append((key, when))
    return found


def _key(value: Any) -> uuid.UUID | None:
    try:
        return uuid.UUID(str(value)) if value else None
    except ValueError:
        return None
