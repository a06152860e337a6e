"""Edges between papers."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from catalog.admin.base import CuratedAdmin, ReadOnlyAdmin, column
from catalog.admin.forms import CuratorsForm
from catalog.admin.stated import RetiredFilter
from catalog.models import Citation, CitationCount, CitingWork, Reference, Relation


@admin.register(Citation)
class CitationAdmin(CuratedAdmin):
    form = CuratorsForm
    list_display = ["__str__", column("citing", "citing"), column("cited", "cited"), "source"]
    list_select_related = ["citing", "cited"]
    list_filter = ["source"]
    search_fields = ["citing__title", "cited__title"]
    autocomplete_fields = ["citing", "cited"]
    readonly_fields = ["source", "stated_at"]
    date_hierarchy = "stated_at"

    def save_model(self, request: HttpRequest, obj: Citation, form: Any, change: bool) -> None:
        obj.stated_at = timezone.now()
        obj.save()


@admin.register(Reference)
class ReferenceAdmin(CuratedAdmin):
    list_display = ["__str__", column("citing", "citing"), "year", "source", "stated_at"]
    list_select_related = ["citing"]
    list_filter = ["source"]
    search_fields = ["title", "text", "key", "citing__title"]
    autocomplete_fields = ["citing"]
    readonly_fields = ["identifiers", "citation_count", "stated_at"]


@admin.register(CitingWork)
class CitingWorkAdmin(ReadOnlyAdmin):
    list_display = ["__str__", column("cited", "cited"), "year", "citation_count", "source"]
    list_select_related = ["cited"]
    list_filter = ["source"]
    search_fields = ["title", "key", "cited__title"]


@admin.register(CitationCount)
class CitationCountAdmin(ReadOnlyAdmin):
    list_display = [column("paper", "paper"), "source", "references", "citing", "counted_on"]
    list_display_links = ["source"]
    list_select_related = ["paper"]
    list_filter = ["source"]
    search_fields = ["paper__title"]
    date_hierarchy = "counted_on"


@admin.register(Relation)
class RelationAdmin(CuratedAdmin):
    """What is removed here is retired: whoever derives relations finds it said that this is none."""

    form = CuratorsForm
    list_display = [
        column("paper", "subject"),
        "kind",
        column("other", "object"),
        "source",
        "stated_by",
        "retired_at",
    ]
    list_display_links = ["kind"]
    list_select_related = ["subject", "object", "stated_by"]
    list_filter = [RetiredFilter, "kind", "source"]
    search_fields = ["subject__title", "object__title", "note"]
    autocomplete_fields = ["subject", "object"]
    readonly_fields = ["source", "stated_by", "stated_at", "retired_at"]

    def save_model(self, request: HttpRequest, obj: Relation, form: Any, change: bool) -> None:
        obj.stated_by_id = request.user.pk
        obj.stated_at, obj.retired_at = timezone.now(), None
        obj.save()

    def delete_model(self, request: HttpRequest, obj: Relation) -> None:
        obj.retired_at, obj.stated_by_id = timezone.now(), request.user.pk
        obj.save()

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Relation]) -> None:
        queryset.update(retired_at=timezone.now(), stated_by=request.user.pk)
