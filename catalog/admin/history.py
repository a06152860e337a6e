"""What became of a row: each change with its time, its hand, its old and new values."""

from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, models, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from catalog import curation
from catalog.admin.frame import framed
from catalog.admin.words import in_words
from catalog.history.tables import events_of, is_tracked
from catalog.history.words import Change, changes
from catalog.keys import read_key
from catalog.models import (
    Author,
    Authorship,
    AuthorSuspect,
    Catalogue,
    CodeSuggestion,
    Identifier,
    Link,
    NamedAuthor,
    Paper,
    PaperRepository,
    PaperSuspect,
    Placement,
    RejectedIdentifier,
    Repository,
    System,
    TitleAlias,
    Topic,
    TopicRedirect,
    Venue,
    VenueSuggestion,
)

_MOST = 300
# Columns that other pages change, with their own ways back.
_NOT_REVERTED = {"merged_into", "retired_at", "curated", "heading"}
# Rows of these are put back by the service that a curator's edit goes through; others with the group they belong to.
_REVERTED: tuple[type[models.Model], ...] = (Paper, Topic, Venue, Author, Repository, Catalogue)
_AROUND: dict[type[models.Model], list[tuple[type[models.Model], str]]] = {
    Paper: [
        (Placement, "paper"),
        (Identifier, "paper"),
        (RejectedIdentifier, "paper"),
        (TitleAlias, "paper"),
        (Authorship, "paper"),
        (Link, "paper"),
        (PaperRepository, "paper"),
        (System, "introduced_by"),
        (NamedAuthor, "paper"),
        (VenueSuggestion, "paper"),
        (CodeSuggestion, "paper"),
        (PaperSuspect, "first"),
        (PaperSuspect, "second"),
    ],
    Author: [(NamedAuthor, "author"), (AuthorSuspect, "first"), (AuthorSuspect, "second")],
    Topic: [(TopicRedirect, "topic")],
}


def changes_of(row: models.Model) -> list[Change]:
    """The latest changes of a row and of the rows that belong to it, newest first."""
    found = _own_changes(row)
    for model, by in _AROUND.get(type(row), []):
        events = events_of(model).objects.filter(**{by: row}).order_by("-pgh_id")
        found += changes(model, events, owner=False, limit=_MOST)
    found.sort(key=lambda change: change.when, reverse=True)
    return found[:_MOST]


def _own_changes(row: models.Model) -> list[Change]:
    if not is_tracked(type(row)):
        return []
    events = events_of(type(row)).objects.filter(pgh_obj_id=row.pk).order_by("-pgh_id")
    return changes(type(row), events, limit=_MOST)


def _can_be_reverted(row: models.Model, change: Change) -> bool:
    is_own = type(row) is change.model and change.kind == "changed"
    return is_own and type(row) in _REVERTED and bool(set(change.columns) - _NOT_REVERTED)


class WithHistory(admin.ModelAdmin):  # type: ignore[type-arg]
    """The History page shows every change, an import's too, and takes back an edit of the row itself.

    Forms and actions ask for a reason, which the history keeps beside what was done.
    """

    object_history_template = "admin/catalog/history.html"

    @property
    def asks_why(self) -> bool:
        """Whether changes here have a history that a reason could stand in."""
        return is_tracked(self.model)

    def note_request(self, request: HttpRequest, verb: str) -> None:
        if request.method == "POST" and self.asks_why:
            words = f"{verb} {self.opts.verbose_name_plural}"
            curation.note_act(words, request.POST.get("why", "").strip())

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        saves = add or self.has_change_permission(request, obj)
        context["asks_why"] = self.asks_why and saves
        return super().render_change_form(request, context, add, change, form_url, obj)

    def get_urls(self) -> list[URLPattern]:
        urls: list[URLPattern] = super().get_urls()
        if self.model not in _REVERTED:
            return urls
        name = f"{self.opts.app_label}_{self.opts.model_name}_revert"
        view = self.admin_site.admin_view(require_POST(self.revert_view))
        return [path("<path:object_id>/revert/<int:event_id>/", view, name=name), *urls]

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        row = self.get_object(request, unquote(object_id))
        if row is None and (gone := self._history_of_the_gone(request, object_id)):
            return gone
        can_change = self.has_change_permission(request, row)
        context = {
            "changes": [
                (change, can_change and _can_be_reverted(row, change))
                for change in (changes_of(row) if row else [])
                if row
            ],
            "is_tracked": is_tracked(self.model),
            "can_see_groups": request.user.has_perm("pghistory.view_context"),
            "revert_name": f"admin:{self.opts.app_label}_{self.opts.model_name}_revert",
            **(extra_context or {}),
        }
        return super().history_view(request, object_id, context)

    def _history_of_the_gone(self, request: HttpRequest, object_id: str) -> HttpResponse | None:
        """What became of a row that was deleted: who did it, and the way to have it back."""
        key = read_key(object_id)
        if key is None or not is_tracked(self.model) or not self.has_view_permission(request):
            return None
        events = events_of(self.model).objects.filter(pgh_obj_id=key).order_by("-pgh_id")
        found = changes(self.model, events, limit=_MOST)
        if not found:
            return None
        context = {
            "title": f"History of a deleted {self.opts.verbose_name}",
            "subtitle": found[0].about,
            "changes": [(change, False) for change in found],
            "is_tracked": True,
            "can_see_groups": request.user.has_perm("pghistory.view_context"),
        }
        return framed(self, request, "admin/catalog/history_gone.html", context)

    def revert_view(self, request: HttpRequest, object_id: str, event_id: int) -> HttpResponse:
        row = self.get_object(request, unquote(object_id))
        if row is None:
            raise Http404
        if not self.has_change_permission(request, row):
            raise PermissionDenied
        change = next((one for one in _own_changes(row) if one.event.pk == event_id), None)
        if change is None or not _can_be_reverted(row, change):
            raise Http404
        options = self.opts
        name = f"admin:{options.app_label}_{options.model_name}_history"
        page = reverse(name, args=[row.pk])
        return in_words(request, partial(self._revert, request, row, change, page), back=page)

    def _revert(self, request: HttpRequest, row: Any, change: Change, page: str) -> HttpResponse:
        columns = [name for name in change.columns if name not in _NOT_REVERTED]
        words = ", ".join(str(row._meta.get_field(name).verbose_name) for name in columns)
        curation.note_act(f"put back the old {words}")
        try:
            with transaction.atomic():
                _put_back(row, change.event, columns, request.user)
        except curation.Refused as error:
            self.message_user(request, f"Not put back: {error}", messages.ERROR)
            return HttpResponseRedirect(page)
        except (ValidationError, IntegrityError):
            message = "The old values cannot be put back: something else has taken their place."
            self.message_user(request, message, messages.ERROR)
            return HttpResponseRedirect(page)
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
        curation.save_topic(row, columns, user)
    elif isinstance(row, Venue):
        curation.save_venue(row, columns)
    elif isinstance(row, Author):
        curation.save_author(row, columns)
    elif isinstance(row, Repository):
        curation.save_repository(row, columns)
    else:
        row.save(update_fields=columns)
