"""The named things that papers introduce."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.postgres.forms import SimpleArrayField
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.text import Truncator

from catalog import curation
from catalog.admin.base import CuratedAdmin, column, on_site
from catalog.admin.forms import PlainForm
from catalog.admin.stated import RetiredFilter
from catalog.models import System


class SystemForm(PlainForm):
    # A name of the same paper that becomes this one's is taken over on saving.
    settled_on_saving = frozenset({"system_once_per_paper"})

    aliases = SimpleArrayField(
        forms.CharField(max_length=60),
        required=False,
        help_text=System._meta.get_field("aliases").help_text,
    )


@admin.register(System)
class SystemAdmin(CuratedAdmin):
    """Two that are one become one by adding the name of the other as an alias; one that is two, by taking it away.

    What is removed here is retired: its name is not found again in that paper.
    """

    form = SystemForm
    list_display = [
        "name",
        column("introduced by", "introduced_by"),
        "aliases_listed",
        "papers",
        "words",
        "source",
        "retired_at",
        on_site,
    ]
    list_select_related = ["introduced_by"]
    list_filter = [RetiredFilter, "source"]
    search_fields = ["name", "aliases", "introduced_by__title"]
    autocomplete_fields = ["introduced_by"]
    fields = ["name", "aliases", "introduced_by", "note", "source", "stated_at", "retired_at"]
    readonly_fields = ["source", "stated_at", "retired_at"]
    actions = ["restore"]

    def get_queryset(self, request: HttpRequest) -> Any:
        current = Q(relations__retired_at=None)
        speaking = Count("relations__subject", filter=current, distinct=True)
        return super().get_queryset(request).annotate(number=speaking)

    def save_model(self, request: HttpRequest, obj: System, form: Any, change: bool) -> None:
        curation.save_system(obj)

    def delete_model(self, request: HttpRequest, obj: System) -> None:
        curation.remove_systems([obj])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[System]) -> None:
        curation.remove_systems(queryset)

    @admin.action(description="Restore the selected retired systems", permissions=["change"])
    def restore(self, request: HttpRequest, queryset: QuerySet[System]) -> None:
        number = curation.restore_systems(queryset)
        self.message_user(request, f"Restored: {number}.", messages.SUCCESS)

    @admin.display(description="aliases")
    def aliases_listed(self, system: System) -> str:
        return ", ".join(system.aliases)

    @admin.display(description="papers", ordering="number")
    def papers(self, system: Any) -> int:
        return int(system.number)

    @admin.display(description="words")
    def words(self, system: System) -> str:
        return Truncator(system.note).chars(200)
