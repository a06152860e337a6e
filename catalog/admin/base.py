"""What the admin pages of all models share."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextareaWidget
from django.db import IntegrityError, OperationalError, models, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.html import format_html
from psycopg import errors

from catalog.admin.forms import PlainForm, PlainFormSet

# What a write ends with that waited too long for another, or whose lock another took.
_GAVE_WAY = (errors.QueryCanceled, errors.LockNotAvailable, errors.DeadlockDetected)
_FIELDS: Any = {
    models.TextField: {"widget": AdminTextareaWidget(attrs={"rows": 3})},
    models.URLField: {"assume_scheme": "https"},
}
_FIELDS_IN_ROWS: Any = {
    models.TextField: {"widget": forms.Textarea(attrs={"rows": 1, "cols": 28})},
    models.URLField: {"assume_scheme": "https", "widget": forms.URLInput(attrs={"size": 30})},
}


def in_words(
    request: HttpRequest, view: Callable[[], HttpResponse], back: str = ""
) -> HttpResponse:
    """What the view answers; or, when others are writing at the same time, words instead of an error."""
    if request.method != "POST":
        return view()
    try:
        with transaction.atomic():
            return view()
    except IntegrityError:
        text = "somebody else changed the same rows meanwhile. Please look and try again."
    except OperationalError as error:
        if not isinstance(error.__cause__, _GAVE_WAY):
            raise
        text = "an import is running. Please try again in a moment."
    messages.error(request, f"Nothing was saved: {text}")
    return HttpResponseRedirect(back or request.get_full_path())


class CuratedAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic for mypy only
    """A page of the admin whose errors are words, whatever happens between two curators."""

    form = PlainForm
    formfield_overrides = _FIELDS
    list_per_page = 50
    show_full_result_count = False

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return in_words(request, partial(super().changeform_view, request, *args, **kwargs))

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return in_words(request, partial(super().changelist_view, request, *args, **kwargs))

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return in_words(request, partial(super().delete_view, request, *args, **kwargs))

    @transaction.atomic
    def response_action(
        self, request: HttpRequest, queryset: "QuerySet[Any]"
    ) -> HttpResponse | None:
        """An action is carried out for all rows or for none."""
        return super().response_action(request, queryset)


class ReadOnlyAdmin(CuratedAdmin):
    """What jobs write: to be looked at."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class Inline(admin.TabularInline):  # type: ignore[type-arg]
    form = PlainForm
    formset = PlainFormSet
    formfield_overrides = _FIELDS_IN_ROWS
    extra = 0


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
