"""Acts on many rows, recorded so that they can be taken back exactly.

Before and after an act PostgreSQL writes down, as JSON, every row that it may reach; what differs is kept with the act.
Taking it back puts each column back that is still as the act left it. What was changed since stays, and is named.
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.apps import apps
from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, connection, models, transaction
from django.db.models import Q
from django.utils import timezone

from catalog.curation.refusal import Refused
from catalog.dumps.tables import is_computed
from catalog.history.contexts import current_group
from catalog.models import Act, Paper, Placement

Scope = Callable[[], Mapping[type[models.Model], Q]]
Row = dict[str, Any]
# Columns that only say when a row was last written.
_SILENT = frozenset({"updated_at"})
_MOST_NAMED = 50
_TELLING = ("value", "url", "printed_name", "field", "name")
_REGROUPING = frozenset({Act.Kind.MERGE_PAPERS, Act.Kind.MERGE_AUTHORS, Act.Kind.SPLIT_AUTHOR})


@contextmanager
def recorded(
    kind: str,
    title: str,
    subjects: Iterable[int],
    scope: Scope,
    user: AbstractBaseUser | None = None,
    together: UUID | None = None,
) -> Iterator[Act]:
    """Record what the body changes of the rows in the scope; call it inside a transaction.

    The act has no key, and is not stored, when nothing was changed.
    """
    act = Act(kind=kind, title=title, subjects=list(subjects), together=together)
    act.done_by_id = user.pk if user else None
    act.group = current_group()
    before = _rows(scope())
    yield act
    after = _rows(scope(), {model: rows.keys() for model, rows in before.items()})
    act.rows = {
        model._meta.label: difference
        for model in after
        if (difference := _difference(before.get(model, {}), after[model]))
    }
    if act.rows:
        act.save()


def _rows(
    scope: Mapping[type[models.Model], Q],
    also: Mapping[type[models.Model], Collection[int]] | None = None,
) -> dict[type[models.Model], dict[int, Row]]:
    """The rows of each table as JSON, by key."""
    found = {}
    for model, condition in scope.items():
        keys = set(model._base_manager.filter(condition).order_by().values_list("pk", flat=True))
        found[model] = _as_json(model, keys | set((also or {}).get(model, ())))
    return found


def _as_json(model: type[models.Model], keys: Collection[int]) -> dict[int, Row]:
    table, key = _quoted(model._meta.db_table), _quoted(_key(model))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT t.{key}, to_jsonb(t) FROM {table} t WHERE t.{key} = ANY(%s)",  # noqa: S608  # our own names
            [list(keys)],
        )
        return {pk: json.loads(row) for pk, row in cursor.fetchall()}


def _difference(before: Mapping[int, Row], after: Mapping[int, Row]) -> dict[str, list[Any]]:
    changed = []
    for key, old in before.items():
        new = after.get(key)
        if new is not None and new != old:
            columns = [name for name in old if old[name] != new[name]]
            changed.append(
                [key, {name: old[name] for name in columns}, {name: new[name] for name in columns}]
            )
    parts: dict[str, list[Any]] = {
        "changed": changed,
        "added": [row for key, row in after.items() if key not in before],
        "deleted": [row for key, row in before.items() if key not in after],
    }
    return {name: rows for name, rows in parts.items() if rows}


# Taking back


def undo(act: Act, user: AbstractBaseUser | None = None) -> list[str]:
    """Give back exactly what the act changed; return what was left because it was changed since, in words.

    Acts that build upon one another are taken back in the opposite order: the latest first.
    """
    stored = Act.objects.select_for_update().get(pk=act.pk)
    if stored.undone_at:
        raise Refused("This was taken back already.")
    if later := first_to_undo(stored):
        raise Refused(f"First take back what was done later: “{later[0]}”.")
    undoing = _Undoing({apps.get_model(label): parts for label, parts in stored.rows.items()})
    left = undoing.undo()
    Act.objects.filter(pk=act.pk).update(
        undone_at=timezone.now(), undone_by=user.pk if user else None, left=left
    )
    act.refresh_from_db()
    return left


def first_to_undo(act: Act) -> list[Act]:
    """Later merges and splits that stand and built upon what this act did, the latest first."""
    rows, ends = _touched(act), _ends(act)
    later = Act.objects.standing().filter(pk__gt=act.pk, kind__in=_REGROUPING)
    found = []
    for other in later.filter(subjects__overlap=sorted({*act.subjects, *ends})).order_by("-pk"):
        alike = _things(act) == _things(other)
        on_them = act.kind in _REGROUPING and set(act.subjects) & set(other.subjects)
        taken_in = ends & set(other.subjects[1:])
        if (alike and (on_them or taken_in)) or rows & _touched(other):
            found.append(other)
    return found


def _things(act: Act) -> str:
    """Of what kind the subjects of an act are."""
    return "author" if act.kind in {Act.Kind.MERGE_AUTHORS, Act.Kind.SPLIT_AUTHOR} else "paper"


def _touched(act: Act) -> set[tuple[str, int]]:
    """The rows that an act changed, added or deleted."""
    found = set()
    for label, parts in act.rows.items():
        key = _key(apps.get_model(label))
        found |= {(label, row[0]) for row in parts.get("changed", ())}
        for name in ("added", "deleted"):
            found |= {(label, row[key]) for row in parts.get(name, ())}
    return found


def _ends(act: Act) -> set[int]:
    """The papers (or authors) that the rows named before the act: they must still stand for themselves."""
    found: set[int] = set()
    for label, parts in act.rows.items():
        columns = [
            one.column
            for one in apps.get_model(label)._meta.concrete_fields
            if one.is_relation and one.related_model._meta.model_name == _things(act)
        ]
        rows = [row[1] for row in parts.get("changed", ())] + parts.get("deleted", [])
        found |= {row[name] for row in rows for name in columns if row.get(name)}
    return found


@dataclass
class _Undoing:
    """The rows of one act on their way back."""

    parts: Mapping[type[models.Model], Mapping[str, list[Any]]]
    left: list[str] = field(default_factory=list)
    delete: list[tuple[type[models.Model], int]] = field(default_factory=list)
    change: list[tuple[type[models.Model], int, Row]] = field(default_factory=list)
    insert: list[tuple[type[models.Model], Row]] = field(default_factory=list)

    def undo(self) -> list[str]:
        for model, parts in self.parts.items():
            self._compare(model, parts)
        try:
            with transaction.atomic():
                self._at_once()
                _check_now()
        except IntegrityError:  # something has taken the place of a row
            self._one_by_one()
        if len(self.left) > _MOST_NAMED:
            more = len(self.left) - _MOST_NAMED
            self.left = [*self.left[:_MOST_NAMED], f"and {more:,} more"]
        return self.left

    def _compare(self, model: type[models.Model], parts: Mapping[str, list[Any]]) -> None:
        """Sort out what is still as the act left it."""
        key = _key(model)
        keys = [row[0] for row in parts.get("changed", ())]
        keys += [row[key] for name in ("added", "deleted") for row in parts.get(name, ())]
        now = _as_json(model, keys)
        for row in parts.get("added", ()):
            current = now.get(row[key])
            if current is None:
                continue
            if _same(current, row):
                self.delete.append((model, row[key]))
            else:
                self._leave(model, current, "was changed since")
        for pk, before, after in parts.get("changed", ()):
            self._compare_columns(model, pk, now.get(pk), before, after)
        for row in parts.get("deleted", ()):
            if row[key] not in now:
                self.insert.append((model, row))

    def _compare_columns(
        self, model: type[models.Model], pk: int, now: Row | None, before: Row, after: Row
    ) -> None:
        if now is None:
            self._leave(model, {**after, _key(model): pk}, "was deleted since")
            return
        columns = {name: old for name, old in before.items() if now.get(name) == after[name]}
        if columns:
            self.change.append((model, pk, columns))
        if lost := [name for name in before if name not in columns and name not in _SILENT]:
            words = " and ".join(_column_words(model, name) for name in lost)
            self._leave(model, now, f"{words} changed since")

    def _leave(self, model: type[models.Model], row: Row, why: str) -> None:
        if is_computed(model):  # nobody has changed it: it follows from other rows
            return
        self.left.append(f"{_row_words(model, row)}: {why}")

    def _at_once(self) -> None:
        groups: dict[tuple[type[models.Model], tuple[str, ...]], list[Row]] = {}
        for model, pk, columns in self.change:
            groups.setdefault((model, tuple(columns)), []).append({**columns, _key(model): pk})
        for (model, names), rows in groups.items():
            if model is Placement and "is_primary" in names:  # there is never a moment with two
                keys = [row["id"] for row in rows]
                Placement.objects.filter(pk__in=keys).update(is_primary=False)
        deleted = dict(_grouped((model, pk) for model, pk in self.delete))
        _delete(
            Placement, deleted.pop(Placement, [])
        )  # nothing hangs on one, and it may be primary
        for (model, names), rows in groups.items():
            _update(model, names, rows)
        for model, keys in deleted.items():
            _delete(model, keys)
        for model, rows in _grouped(self.insert):
            _insert(model, rows)

    def _one_by_one(self) -> None:
        """Each row by itself, again and again while one more finds its place; name those that find none."""
        steps: list[tuple[type[models.Model], Row, Callable[[], None]]] = []
        for model, pk in self.delete:
            steps.append((model, {_key(model): pk}, lambda m=model, k=pk: _delete(m, [k])))  # type: ignore[misc]
        for model, pk, columns in self.change:
            row = {**columns, _key(model): pk}
            names = tuple(columns)
            steps.append((model, row, lambda m=model, n=names, r=row: _update(m, n, [r])))  # type: ignore[misc]
        for model, row in self.insert:
            steps.append((model, row, lambda m=model, r=row: _insert(m, [r])))  # type: ignore[misc]
        waiting = steps
        while waiting:
            failed = [step for step in waiting if not _tried(step[2])]
            if len(failed) == len(waiting):
                break
            waiting = failed
        for model, row, _ in waiting:
            self._leave(model, row, "something else has taken its place")


def _tried(step: Callable[[], None]) -> bool:
    try:
        with transaction.atomic():
            step()
            _check_now()
    except IntegrityError:
        return False
    return True


def _check_now() -> None:
    """Have the database check what it would else check at the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def _same(one: Row, other: Row) -> bool:
    return all(one.get(name) == other[name] for name in other if name not in _SILENT)


def _grouped(pairs: Iterable[tuple[type[models.Model], Any]]) -> Iterable[tuple[Any, list[Any]]]:
    groups: dict[type[models.Model], list[Any]] = {}
    for model, one in pairs:
        groups.setdefault(model, []).append(one)
    return groups.items()


def _delete(model: type[models.Model], keys: list[int]) -> None:
    """Through Django: what was computed of a row goes with it."""
    model._base_manager.filter(pk__in=keys).delete()


def _update(model: type[models.Model], names: tuple[str, ...], rows: list[Row]) -> None:
    table, key = _quoted(model._meta.db_table), _quoted(_key(model))
    columns = ", ".join(f"{_quoted(name)} = new.{_quoted(name)}" for name in names)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} t SET {columns} FROM jsonb_populate_recordset(NULL::{table}, %s::jsonb) new "  # noqa: S608
            f"WHERE t.{key} = new.{key}",
            [json.dumps(rows, ensure_ascii=False)],
        )


def _insert(model: type[models.Model], rows: list[Row]) -> None:
    table = _quoted(model._meta.db_table)
    names = ", ".join(
        _quoted(one.column)
        for one in model._meta.concrete_fields
        if not isinstance(one, models.GeneratedField)
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({names}) SELECT {names} FROM jsonb_populate_recordset(NULL::{table}, %s::jsonb)",  # noqa: S608
            [json.dumps(rows, ensure_ascii=False)],
        )


def _key(model: type[models.Model]) -> str:
    return str(model._meta.pk.column)


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)


# In words


def _column_words(model: type[models.Model], column: str) -> str:
    found = next(one for one in model._meta.concrete_fields if one.column == column)
    return str(found.verbose_name)


def _row_words(model: type[models.Model], row: Row) -> str:
    """What a row is about: as its page is called where it still stands, else by what it holds."""
    name = str(model._meta.verbose_name)
    current = model._base_manager.filter(pk=row[_key(model)]).first()
    if isinstance(current, Paper) or "title" in row:
        return f"{name} “{row.get('title') or current}”"
    if current is not None:
        return f"{name} “{current}”"
    told = next((row[part] for part in _TELLING if row.get(part)), "") or _last_words(
        model, row[_key(model)]
    )
    return f"{name} “{told}”" if told else f"{name} {row[_key(model)]}"


def _last_words(model: type[models.Model], pk: int) -> str:
    """What the history has of a row that is gone."""
    events = getattr(model, "pgh_event_model", None)
    event = (
        events._default_manager.filter(pgh_obj_id=pk).order_by("-pk").first() if events else None
    )
    parts = (getattr(event, part, "") for part in (*_TELLING, "topic", "repository"))
    return next((str(part) for part in parts if part), "")
