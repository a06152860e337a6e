"""Changes of rows in plain words: what it is about, who did it and why, old and new values."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import OuterRef, QuerySet, Subquery

from catalog import statements
from catalog.history.tables import SILENT, Model, columns_of, events_of
from catalog.models import FieldStatement, Source
from catalog.models.upkeep import RunJob

# What names a row to a reader, the telling column first.
_TELLING = (
    "title", "name", "printed_name", "url", "field", "query", "message", "text", "path", "short",
)  # fmt: skip
_PLACES = (
    "topic", "repository", "author", "announcement", "catalogue", "object", "cited", "user",
)  # fmt: skip
_OWNERS = ("paper", "introduced_by", "subject", "citing")
# What an added or removed row need not say of itself, beside what it is about.
# `token` and `form` are known to the sender of a proposal alone.
_SAID = {
    "id", "created_at", "found_at", "source", "position", "fingerprint", "token", "form", *_OWNERS,
}  # fmt: skip
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class By:
    """Whose hand it was, and what it was for."""

    group: Any = None  # its key
    who: str = ""
    act: str = ""
    why: str = ""
    run: int | None = None
    is_person: bool = False
    job: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one row. `parts` are its columns with their old and new values."""

    event: Any
    model: Model
    when: datetime
    by: By
    kind: str  # added, changed, removed
    about: str
    row: models.Model | None  # as it stands now
    parts: list[tuple[str, str, str]]
    columns: tuple[str, ...] = ()

    @property
    def noun(self) -> str:
        return str(self.model._meta.verbose_name)

    @property
    def what(self) -> str:
        verb = {"added": " added", "removed": " deleted"}.get(self.kind, "")
        return f"{self.noun} {self.about}".strip() + verb

    @property
    def label(self) -> str:
        return self.model._meta.label_lower

    @property
    def key(self) -> int:
        return int(self.event.pgh_obj_id)


_KINDS = {"insert": "added", "update": "changed", "delete": "removed"}


def changes(
    model: Model, events: "QuerySet[Any]", *, owner: bool = True, limit: int | None = None
) -> list[Change]:
    """What these events say, in a fixed number of queries. `owner` names the paper that a row belongs to."""
    event_model = events_of(model)
    later = event_model.objects.filter(
        pgh_obj_id=OuterRef("pgh_obj_id"), pgh_id__gt=OuterRef("pgh_id")
    )
    following = Subquery(later.order_by("pgh_id").values("pgh_id")[:1])
    found = list(events.annotate(following=following).select_related("pgh_context")[:limit])
    if not found:
        return []
    next_events = event_model.objects.in_bulk({one.following for one in found} - {None})
    rows = model._default_manager.in_bulk({one.pgh_obj_id for one in found})
    names = Names(model, [*found, *next_events.values(), *rows.values()])
    hands = hands_of(one.pgh_context for one in found)
    return [
        _change(
            model,
            one,
            next_events.get(one.following) or rows.get(one.pgh_obj_id),
            rows.get(one.pgh_obj_id),
            names,
            hands[one.pgh_context_id],
            owner,
        )
        for one in found
    ]


def _change(
    model: Model, event: Any, after: Any, row: Any, names: "Names", by: By, owner: bool
) -> Change:
    kind = _KINDS[event.pgh_label]
    fields = [field for field in columns_of(model) if field.name not in SILENT]
    parts, columns = [], []
    for field in fields:
        if kind == "changed" and after is not None:
            old, new = getattr(event, field.attname), getattr(after, field.attname)
            if old == new:
                continue
            columns.append(field.name)
            parts.append(
                (str(field.verbose_name), names.value(field, event), names.value(field, after))
            )
        elif kind != "changed" and field.name not in _SAID and not _is_empty(field, event):
            value = names.value(field, event)
            parts.append(
                (str(field.verbose_name), *(("", value) if kind == "added" else (value, "")))
            )
    about = names.row(event, owner=owner)
    return Change(event, model, event.pgh_created_at, by, kind, about, row, parts, tuple(columns))


def _is_empty(field: Any, event: Any) -> bool:
    value = getattr(event, field.attname)
    return value in (None, "", [], {}) or (not field.is_relation and value == field.get_default())


class Names:
    """Readable values of columns, with one query for each table that they point to."""

    def __init__(self, model: Model, rows: Iterable[Any]) -> None:
        self.model = model
        self.pointed: dict[str, dict[Any, Any]] = {}
        wanted: dict[str, set[Any]] = defaultdict(set)
        fields = [field for field in model._meta.concrete_fields if field.is_relation]
        for row in rows:
            for field in fields:
                wanted[field.name].add(getattr(row, field.attname))
        for field in fields:
            target: Any = field.related_model
            self.pointed[field.name] = target._default_manager.in_bulk(wanted[field.name] - {None})

    def value(self, field: Any, row: Any) -> str:
        value = getattr(row, field.attname)
        if self.model is FieldStatement and field.name == "value":
            value = statements.in_words(row.field, value)
        if field.name in self.pointed:
            if not value:
                return "–"
            return str(self.pointed[field.name].get(value, f"one that is gone (#{value})"))[
                :_LONGEST
            ]
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, datetime):
            return f"{value:%Y-%m-%d %H:%M}"
        if isinstance(value, list):
            return ", ".join(map(str, value))[:_LONGEST] or "–"
        if isinstance(value, dict):
            return _dict_words(value)[:_LONGEST] or "–"
        if field.choices:
            return str(dict(field.flatchoices).get(value, value)) or "–"
        return str(value)[:_LONGEST] if value not in (None, "") else "–"

    def row(self, row: Any, *, owner: bool = True) -> str:
        """What tells a row from the others of its table, and the paper it belongs to."""
        texts = [self._own(row)]
        if owner:
            owners = [self._name(name, row) for name in _OWNERS if name in self.pointed]
            texts += [f"of “{owner}”" for owner in owners if owner]
        return " ".join(text for text in texts if text)[:_LONGEST]

    def _own(self, row: Any) -> str:
        columns = {field.name for field in self.model._meta.concrete_fields}
        if "owner" in columns:
            return f"{row.owner}/{row.name}"
        said = (getattr(row, name) for name in _TELLING if name in columns)
        if telling := next(filter(None, said), ""):
            by = f" ({Source(row.source).label})" if self.model is FieldStatement else ""
            return f"{telling}{by}"
        if {"first", "second"} <= self.pointed.keys():
            return f"“{self._name('first', row)}” and “{self._name('second', row)}”"
        if "scheme" in columns:
            return f"{row.scheme}:{row.value}"
        return " ".join(
            filter(None, (self._name(name, row) for name in _PLACES if name in self.pointed))
        )

    def _name(self, name: str, row: Any) -> str:
        key = getattr(row, f"{name}_id")
        return str(self.pointed[name].get(key, f"#{key}")) if key else ""


def _dict_words(value: dict[str, Any]) -> str:
    """What JSON holds, without its signs: "venue: ICLR; year: 2024"."""
    parts = []
    for name, one in value.items():
        words = ", ".join(map(str, one)) if isinstance(one, list) else one
        if words not in (None, "", {}):
            parts.append(f"{str(name).replace('_', ' ')}: {words}")
    return "; ".join(parts)


def hands_of(contexts: Iterable[Any]) -> dict[Any, By]:
    """Whose hand each group of changes was, by its key; of what none tells, nobody's."""
    known = {one.pk: one.metadata for one in contexts if one is not None}
    users = {_number(said.get("user")) for said in known.values()} - {0}
    people = {
        user.pk: user.get_username()
        for user in get_user_model()._default_manager.filter(pk__in=users)
    }
    found: dict[Any, By] = {key: _by(key, said, people) for key, said in known.items()}
    found[None] = By(who="unknown")
    return found


def _by(key: Any, said: dict[str, Any], people: dict[Any, str]) -> By:
    user = _number(said.get("user"))
    job = str(said.get("job") or "")
    labels = dict(RunJob.choices)
    who = people.get(user, f"somebody who is gone (#{user})") if user else ""
    task = str(said.get("task") or "").rpartition(".")[2].replace("_", " ")
    if not who:
        name = labels.get(job, job) or task
        who = f"a job: {name}" if name else "a command"
    act = str(said.get("act") or "")
    if not act and job:
        act = str(labels.get(job, job))
    reason = str(said.get("why") or said.get("reason") or "")
    return By(key, who, act, reason, _number(said.get("run")) or None, bool(user), job)


def _number(value: Any) -> int:
    try:
        return int(value or 0)
    except (TypeError, ValueError):
        return 0
