"""What became of a row: each change with its time, its hand, its old and new values."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, models, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from catalog import curation
from catalog.admin.base import in_words
from catalog.models import (
    Author,
    Identifier,
    Link,
    Paper,
    PaperRepository,
    Placement,
    Repository,
    Topic,
    Venue,
)

_MOST = 300
# Columns that follow from others, or that only say when.
_SILENT = {"title_key", "name_key", "updated_at", "stated_at", "path", "slug"}
# Columns that other pages change, with their own ways back.
_NOT_REVERTED = {"merged_into", "retired_at", "curated", "heading"}


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one row. `parts` are its columns with their old and new values."""

    event: Any
    when: datetime
    who: str
    what: str
    parts: list[tuple[str, str, str]]
    columns: tuple[str, ...] = ()
    is_own: bool = False  # of the row itself, not of one that belongs to it

    @property
    def can_be_reverted(self) -> bool:
        return self.is_own and bool(set(self.columns) - _NOT_REVERTED)


def changes_of(row: models.Model) -> list[Change]:
    """The latest changes of a row and of the rows that belong to it, newest first."""
    changes = _own_changes(row)
    if isinstance(row, Paper):
        for model in (Placement, Identifier, Link, PaperRepository):
            changes += _changes(model, paper=row)
    changes.sort(key=lambda change: change.when, reverse=True)
    return changes[:_MOST]


def _own_changes(row: models.Model) -> list[Change]:
    return _changes(type(row), is_own=True, pgh_obj_id=row.pk)


def _changes(model: type[models.Model], is_own: bool = False, **condition: Any) -> list[Change]:
    """Each event holds the row before a change; the next event, or the row, is how it was after."""
    events = model.pgh_event_model.objects  # type: ignore[attr-defined]  # set by pghistory
    found = list(
        events.filter(**condition).select_related("pgh_context").order_by("-pgh_id")[:_MOST]
    )
    now = model._default_manager.in_bulk({event.pgh_obj_id for event in found})
    names = _names(model, [*found, *now.values()])
    people = _people(found)
    changes = []
    later: dict[int, Any] = dict(now)
    for event in found:
        after = None if event.pgh_label == "delete" else later.get(event.pgh_obj_id)
        change = _change(model, event, after, names, people)
        changes.append(replace(change, is_own=is_own))
        later[event.pgh_obj_id] = event
    return changes


def _change(model: type[models.Model], event: Any, after: Any, names: Any, people: Any) -> Change:
    what = model._meta.verbose_name or ""
    who = people.get(_user_id(event), "")
    if after is None:
        text = names.row(event) or str(event.pgh_obj_id)
        return Change(event, event.pgh_created_at, who, f"{what} deleted", [("was", text, "")])
    columns = [
        field
        for field in model._meta.concrete_fields
        if field.name not in _SILENT
        and getattr(event, field.attname) != getattr(after, field.attname)
    ]
    parts = [
        (str(field.verbose_name), names.value(field, event), names.value(field, after))
        for field in columns
    ]
    about = names.row(event)
    return Change(
        event,
        event.pgh_created_at,
        who,
        f"{what} {about}".strip(),
        parts,
        tuple(field.name for field in columns),
    )


class _Names:
    """Readable values of columns, with one query for each table that they point to."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[Any, Any]] = {}

    def value(self, field: Any, row: Any) -> str:
        value = getattr(row, field.attname)
        if field.name in self.rows:
            return str(self.rows[field.name].get(value, f"#{value}")) if value else "–"
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, datetime):
            return f"{value:%Y-%m-%d %H:%M}"
        return str(value) if value not in (None, "") else "–"

    def row(self, event: Any) -> str:
        """What a row of a paper's tables is about; empty for the paper itself."""
        for name in ("topic", "repository"):
            if name in self.rows:
                return str(self.rows[name].get(getattr(event, f"{name}_id"), ""))
        return str(getattr(event, "url", "") or getattr(event, "value", ""))


def _names(model: type[models.Model], rows: Iterable[Any]) -> _Names:
    names, wanted = _Names(), defaultdict(set)
    fields: list[Any] = [field for field in model._meta.concrete_fields if field.is_relation]
    for row in rows:
        for field in fields:
            wanted[field.name].add(getattr(row, field.attname))
    for field in fields:
        ids = wanted[field.name] - {None}
        names.rows[field.name] = field.related_model._default_manager.in_bulk(ids)
    return names


def _people(events: Iterable[Any]) -> dict[int, str]:
    users = get_user_model()._default_manager.in_bulk({_user_id(event) for event in events} - {0})
    return {key: user.get_username() for key, user in users.items()}


def _user_id(event: Any) -> int:
    metadata = event.pgh_context.metadata if event.pgh_context else {}
    return int(metadata.get("user") or 0)


class WithHistory(admin.ModelAdmin):  # type: ignore[type-arg]
    """The History page shows every change, an import's too, and takes back an edit of the row itself."""

    object_history_template = "admin/catalog/history.html"

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_revert"
        view = self.admin_site.admin_view(require_POST(self.revert_view))
        return [
            path("<path:object_id>/revert/<int:event_id>/", view, name=name),
            *super().get_urls(),
        ]

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        row = self.get_object(request, unquote(object_id))
        context = {
            "changes": changes_of(row) if row else [],
            "can_change": self.has_change_permission(request, row),
            "revert_name": f"admin:{self.opts.app_label}_{self.opts.model_name}_revert",
            **(extra_context or {}),
        }
        return super().history_view(request, object_id, context)

    def revert_view(self, request: HttpRequest, object_id: str, event_id: int) -> HttpResponse:
        row = self.get_object(request, unquote(object_id))
        if row is None:
            raise Http404
        if not self.has_change_permission(request, row):
            raise PermissionDenied
        change = next(
            (change for change in _own_changes(row) if change.event.pk == event_id),
            None,
        )
        if change is None or not change.can_be_reverted:
            raise Http404
        options = self.opts
        name = f"admin:{options.app_label}_{options.model_name}_history"
        page = reverse(name, args=[row.pk])
        return in_words(request, partial(self._revert, request, row, change, page), back=page)

    def _revert(self, request: HttpRequest, row: Any, change: Change, page: str) -> HttpResponse:
        columns = [name for name in change.columns if name not in _NOT_REVERTED]
        try:
            with transaction.atomic():
                _put_back(row, change.event, columns, request.user)
        except (ValidationError, IntegrityError, curation.Refused):
            message = "The old values cannot be put back: something else has taken their place."
            self.message_user(request, message, messages.ERROR)
            return HttpResponseRedirect(page)
        words = ", ".join(str(row._meta.get_field(name).verbose_name) for name in columns)
        self.log_change(request, row, f"Put back the old {words}.")
        self.message_user(request, f"The old {words} is back.", messages.SUCCESS)
        return HttpResponseRedirect(page)


def _put_back(row: Any, event: Any, columns: list[str], user: Any) -> None:
    for name in columns:
        attribute = row._meta.get_field(name).attname
        setattr(row, attribute, getattr(event, attribute))
    row.full_clean(validate_constraints=False)
    if isinstance(row, Paper):
        curation.save_paper(row, columns, user)
    elif isinstance(row, Topic):
        curation.save_topic(row, columns)
    elif isinstance(row, Venue):
        curation.save_venue(row, columns)
    elif isinstance(row, Author):
        curation.save_author(row, columns)
    elif isinstance(row, Repository):
        curation.save_repository(row, columns)
    else:
        row.save(update_fields=columns)
