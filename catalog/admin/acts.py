"""What was done to many rows at once, with the way to take it back: offered right after it, and kept in a list."""

from collections.abc import Iterable
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.views.decorators.http import require_POST

from catalog import curation
from catalog.admin.base import ReadOnlyAdmin, change_url
from catalog.admin.frame import framed
from catalog.admin.words import in_words
from catalog.history.rights import OF_AUTHORS, may_undo
from catalog.keys import asked_row
from catalog.models import Act, Author, Paper

_MOST_NAMED = 100


def offer_undo(request: HttpRequest, text: str, act: Act, back: str = "") -> None:
    """Say that something was done, with a button that takes it back at once."""
    button = format_html(
        '{} <form method="post" action="{}" class="undo"><input type="hidden" name="csrfmiddlewaretoken" value="{}">'
        '<input type="hidden" name="next" value="{}"><button type="submit" data-key="u">Undo</button></form>',
        text,
        reverse("admin:catalog_act_undo", args=[act.pk]),
        get_token(request),
        back,
    )
    messages.success(request, button)


def safe_next(request: HttpRequest) -> str:
    """Where to go on afterwards: a page of this site only."""
    from django.utils.http import url_has_allowed_host_and_scheme

    address = request.POST.get("next", "")
    here = {request.get_host()}
    return address if url_has_allowed_host_and_scheme(address, here, request.is_secure()) else ""


@admin.register(Act)
class ActAdmin(ReadOnlyAdmin):
    """Merges, splits and edits of many papers."""

    list_display = ["title_short", "kind", "done_by", "done_at", "undone_at"]
    list_select_related = ["done_by"]
    list_filter = ["kind", ("undone_at", admin.EmptyFieldListFilter)]
    search_fields = ["title"]
    date_hierarchy = "done_at"

    @admin.display(description="what")
    def title_short(self, act: Act) -> str:
        return Truncator(act.title).chars(160)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("rows")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.undo_view))
        return [path("<int:pk>/undo/", view, name="catalog_act_undo"), *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        act = self._act(object_id)
        if request.method == "POST" or not self.has_view_permission(request, act):
            raise PermissionDenied
        context = {
            "title": "What was done",
            "act": act,
            "tables": tables_of(act),
            "subjects": _subjects(act),
            "first": [] if act.undone_at else curation.first_to_undo(act),
            "may_undo": act.undone_at is None and may_undo(request.user, act),
        }
        return framed(self, request, "admin/catalog/act.html", context)

    def undo_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        act = self._act(str(pk))
        if not may_undo(request.user, act):
            raise PermissionDenied
        page = reverse("admin:catalog_act_change", args=[act.pk])
        return in_words(request, partial(self._undo, request, act, page), back=page)

    def _undo(self, request: HttpRequest, act: Act, page: str) -> HttpResponse:
        curation.note_act(f"took back: {act.title}", request.POST.get("why", "").strip())
        curation.note_undoing(act)
        try:
            left = curation.undo_together(act, request.user)  # type: ignore[arg-type]  # staff only
        except curation.Refused as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(page)
        messages.success(request, f"Taken back: {act.title}.")
        if left:
            messages.warning(request, _left_words(left))
        for row in _rows_of(act):
            self.log_change(request, row, f"Taken back: {act.title}.")
        return HttpResponseRedirect(safe_next(request) or page)

    def _act(self, pk: str) -> Act:
        act = asked_row(Act.objects.all(), pk)
        if act is None:
            raise Http404
        return act


def _left_words(left: Iterable[str]) -> SafeString:
    items = format_html_join("", "<li>{}</li>", ((line,) for line in left))
    return format_html("Changed since, and left as it is now:<ul>{}</ul>", items)


def tables_of(act: Act) -> list[tuple[str, dict[str, int]]]:
    """How many rows of each table the act changed, added and deleted."""
    from django.apps import apps

    return [
        (
            str(apps.get_model(label)._meta.verbose_name_plural),
            {name: len(parts.get(name, ())) for name in ("changed", "added", "deleted")},
        )
        for label, parts in act.rows.items()
    ]


def _rows_of(act: Act) -> list[Any]:
    model: Any = Author if act.kind in OF_AUTHORS else Paper
    rows = model.objects.in_bulk(act.subjects[:_MOST_NAMED])
    return [rows[key] for key in act.subjects[:_MOST_NAMED] if key in rows]


def _subjects(act: Act) -> list[tuple[str, str]]:
    return [(str(row), change_url(row)) for row in _rows_of(act)]
