"""What the admin pages of all models share."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminSplitDateTime, AdminTextareaWidget
from django.db import models, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html

from catalog.admin.forms import KnownSelect, PlainForm, PlainFormSet
from catalog.admin.history import WithHistory
from catalog.admin.reach import NarrowedAdmin, NarrowedInline
from catalog.admin.searching import SearchedAdmin
from catalog.admin.words import in_words as in_words  # for the pages built on these

_FIELDS: Any = {
    models.TextField: {"widget": AdminTextareaWidget(attrs={"rows": 3})},
    models.URLField: {"assume_scheme": "https"},
}
_FIELDS_IN_ROWS: Any = {
    models.TextField: {"widget": forms.Textarea(attrs={"rows": 1, "cols": 28})},
    models.URLField: {"assume_scheme": "https", "widget": forms.URLInput(attrs={"size": 30})},
}


class CuratedAdmin(NarrowedAdmin, WithHistory, SearchedAdmin):
    """A page of the admin that remembers who did what and why, changes nothing out of the user's reach, and whose errors
    are words, whatever happens between two curators.
    """

    form = PlainForm
    formfield_overrides = _FIELDS
    list_per_page = 50
    show_full_result_count = False

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Date and time stand in two boxes, of which Django labels neither."""
        field: Any = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and isinstance(field.widget, AdminSplitDateTime):
            for box, part in zip(field.widget.widgets, ("date", "time"), strict=True):
                box.attrs["aria-label"] = f"{field.label}, {part}"
        return field

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.note_request(
            request, "changed" if any([*args[:1], kwargs.get("object_id")]) else "added"
        )
        return in_words(request, partial(super().changeform_view, request, *args, **kwargs))

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.note_request(request, "changed")
        return in_words(request, partial(super().changelist_view, request, *args, **kwargs))

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.note_request(request, "removed")
        return in_words(request, partial(super().delete_view, request, *args, **kwargs))

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """What is computed of a row is deleted by nobody, but goes with the row that a superuser deletes."""
        deleted, counts, lacking, protected = super().get_deleted_objects(objs, request)
        if superusers_delete(request):
            lacking = set(lacking) & {self.opts.verbose_name}
        return deleted, counts, lacking, protected

    @transaction.atomic
    def response_action(
        self, request: HttpRequest, queryset: "QuerySet[Any]"
    ) -> HttpResponse | None:
        """An action is carried out for all rows or for none."""
        response = super().response_action(request, queryset)
        if isinstance(response, TemplateResponse) and response.context_data is not None:
            response.context_data["asks_why"] = self.asks_why  # on the page that asks once more
        return response


class ReadOnlyAdmin(CuratedAdmin):
    """What jobs write: to be looked at."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class Inline(NarrowedInline):
    form = PlainForm
    formset = PlainFormSet
    formfield_overrides = _FIELDS_IN_ROWS
    extra = 0

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", KnownSelect(db_field, self.admin_site))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


def superusers_delete(request: HttpRequest) -> bool:
    """Whoever else wants a thing gone unlists, retires or merges it: that can be taken back."""
    return bool(request.user.is_active and getattr(request.user, "is_superuser", False))


@admin.display(description="on the site")
def on_site(row: Any) -> str:
    return format_html('<a href="{}">View on site</a>', row.get_absolute_url())


def link_to(row: Any, text: str = "") -> str:
    """A link to the admin page of a row, by its title."""
    return format_html('<a href="{}">{}</a>', change_url(row), text or row)


def change_url(row: Any) -> str:
    from django.urls import reverse

    options = row._meta
    return reverse(f"admin:{options.app_label}_{options.model_name}_change", args=[row.pk])


def column(description: str, path: str) -> Callable[[Any], str]:
    """A column that shows the row at the end of `path` as a link to its admin page."""

    @admin.display(description=description, ordering=path)
    def show(row: Any) -> str:
        other = row
        for name in path.split("__"):
            other = getattr(other, name) if other else None
        return link_to(other) if other else "–"

    return show
