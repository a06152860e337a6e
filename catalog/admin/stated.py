"""Pages of rows that a curator's hand retires instead of deleting."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest

from catalog import curation
from catalog.admin.base import CuratedAdmin
from catalog.models import Placement


class RetiredFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("current", "current"), ("retired", "retired")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() in {"current", "retired"}:
            return queryset.filter(retired_at__isnull=self.value() == "current")
        return queryset


class StatedAdmin(CuratedAdmin):
    """Rows of a paper. What is removed here is retired, so that no import brings it back."""

    list_filter: ClassVar[Any] = [RetiredFilter, "source"]
    readonly_fields = ["source", "stated_at", "retired_at"]
    actions = ["restore"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*super().get_readonly_fields(request, obj), *(["paper"] if obj else [])]

    def save_model(
        self, request: HttpRequest, obj: Any, form: "ModelForm[Any]", change: bool
    ) -> None:
        if isinstance(obj, Placement):
            curation.save_placements(obj.paper, [obj], primary=obj if obj.is_primary else None)
        else:
            curation.save_rows(obj.paper, [obj])

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        if isinstance(obj, Placement):
            curation.save_placements(obj.paper, [], [obj])
        else:
            curation.save_rows(obj.paper, [], [obj])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for row in queryset.select_related("paper"):
            self.delete_model(request, row)

    @admin.action(description="Restore the selected retired rows", permissions=["change"])
    def restore(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        rows = list(queryset.filter(retired_at__isnull=False))
        for row in rows:
            curation.restore(row)
        self.message_user(request, f"Restored: {len(rows)}.", messages.SUCCESS)
