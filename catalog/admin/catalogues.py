"""Catalogues, their topics, what is placed under them, what they announced."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html

from catalog import curation
from catalog.admin.base import (
    CuratedAdmin,
    Inline,
    change_url,
    column,
    on_site,
    superusers_delete,
)
from catalog.admin.forms import SeenForm
from catalog.admin.paper_inlines import PlacementForm
from catalog.admin.stated import StatedAdmin
from catalog.admin.topic_trees import WithTree
from catalog.curation.topic_moves import check_place, clean_name
from catalog.models import (
    Announcement,
    Catalogue,
    HarvestQuery,
    Paper,
    Placement,
    Source,
    Topic,
    TopicRedirect,
)
from catalog.roles import catalogues_of, may_edit


class HarvestQueryInline(Inline):
    """What arXiv's search is asked for this catalogue; its new answers become candidates."""

    model = HarvestQuery
    fields = ["query", "is_active"]


@admin.register(Catalogue)
class CatalogueAdmin(CuratedAdmin):
    list_display = ["title", "slug", "papers", "list_url", on_site]
    search_fields = ["title", "slug"]
    prepopulated_fields = {"slug": ["title"]}
    readonly_fields = ["created_at"]
    inlines = [HarvestQueryInline]

    def get_queryset(self, request: HttpRequest) -> Any:
        merged = Paper.objects.exclude(merged_into=None)
        current = Placement.objects.current().filter(topic__catalogue=OuterRef("pk")).order_by()
        papers = current.exclude(paper__in=merged.values("pk")).values("topic__catalogue")
        number = papers.annotate(number=Count("paper", distinct=True)).values("number")
        rows = super().get_queryset(request)
        return rows.annotate(number=Coalesce(Subquery(number), 0))

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Any]:
        return {} if obj else super().get_prepopulated_fields(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """A slug in use is part of addresses, and names the catalogue to imports."""
        return [*super().get_readonly_fields(request, obj), *(["slug"] if obj else [])]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return superusers_delete(request)

    @admin.display(description="papers", ordering="number")
    def papers(self, catalogue: Any) -> int:
        return int(catalogue.number)


@admin.register(HarvestQuery)
class HarvestQueryAdmin(CuratedAdmin):
    list_display = ["query", "catalogue", "is_active"]
    list_select_related = ["catalogue"]
    list_filter = ["is_active", "catalogue"]
    search_fields = ["query"]


class TopicForm(SeenForm):
    """A topic's own page."""

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        topic, called = self.instance, self.cleaned_data.get("name")
        catalogue = topic.catalogue if topic.pk else self.cleaned_data.get("catalogue")
        if called and catalogue and not topic.retired_at and "parent" in self.cleaned_data:
            try:
                clean_name(catalogue, called, self.cleaned_data["parent"], topic)
            except curation.Refused as error:
                self.add_error("name", str(error))
        return cleaned

    def clean_parent(self) -> Topic | None:
        parent: Topic | None = self.cleaned_data["parent"]
        if parent and parent.retired_at:
            raise ValidationError("That topic was retired; restore it first.")
        try:
            if parent and parent.pk != self.instance.parent_id:
                check_place(self.instance, parent)
        except curation.Refused as error:
            raise ValidationError(str(error)) from error
        return parent


class TopicList(ChangeList):
    """Topics with the papers directly under each, counted in one statement: a count for each topic reads every place twice."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        current = Placement.objects.current().filter(topic__in=self.result_list).order_by()
        merged = Paper.objects.exclude(merged_into=None)
        current = current.exclude(paper__in=merged.values("pk"))
        numbers = dict(current.values_list("topic").annotate(Count("pk")))
        for topic in self.result_list:
            topic.paper_count = numbers.get(topic.pk, 0)


@admin.register(Topic)
class TopicAdmin(WithTree, CuratedAdmin):
    form = TopicForm
    list_display = ["indented", "catalogue", "papers", "position", "curated", "retired_at", on_site]
    list_display_links = ["indented"]
    list_select_related = ["catalogue"]
    list_filter = ["catalogue", ("retired_at", admin.EmptyFieldListFilter), "curated"]
    search_fields = ["name", "heading", "path"]
    autocomplete_fields = ["catalogue", "parent"]
    readonly_fields = ["heading", "path", "curated", "merged_into", "created_at", "retired_at"]
    fields = [
        "catalogue",
        "parent",
        "name",
        "position",
        "description",
        "hue",
        "heading",
        "path",
        "curated",
        "merged_into",
        ("created_at", "retired_at"),
    ]
    actions = ["restore"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Topic]:
        queryset: QuerySet[Topic] = Topic.objects.order_by("catalogue", "position", "pk")
        if request.path.endswith("/autocomplete/"):
            return queryset.filter(retired_at=None)
        return queryset

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return TopicList

    def get_readonly_fields(self, request: HttpRequest, obj: Topic | None = None) -> list[str]:
        fixed = [*super().get_readonly_fields(request, obj)]
        if obj:
            fixed.append("catalogue")
        if obj and obj.parent_id:
            fixed.append("hue")
        return fixed

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Topics are removed one by one: each may have something to say against it."""
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    @admin.display(description="topic", ordering="position")
    def indented(self, topic: Topic) -> str:
        return format_html("{}{}", "\u2003" * topic.depth, topic.name)

    @admin.display(description="papers")
    def papers(self, topic: Any) -> int:
        return int(topic.paper_count)

    def has_change_permission(self, request: HttpRequest, obj: Topic | None = None) -> bool:
        own = obj is None or may_edit(request.user, obj.catalogue)
        return own and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Topic | None = None) -> bool:
        own = obj is None or may_edit(request.user, obj.catalogue)
        return own and super().has_delete_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Topic, form: Any, change: bool) -> None:
        if not may_edit(request.user, obj.catalogue):
            raise PermissionDenied
        made = curation.save_topic(obj, form.changed_data, request.user)  # type: ignore[arg-type]  # staff only
        if made and change:
            self.offer_undo(request, made)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        topic = self.get_object(request, object_id)
        if topic is None or not self.has_delete_permission(request, topic):
            return super().delete_view(request, object_id, extra_context)
        try:
            curation.check_removal(topic)
        except curation.Refused as error:
            self.message_user(request, str(error), messages.ERROR)
            return HttpResponseRedirect(change_url(topic))
        return super().delete_view(request, object_id, extra_context)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Removed placements that a topic remembers are no obstacle: the topic is retired then."""
        _, counts, permissions, _ = super().get_deleted_objects(objs, request)
        return [str(topic) for topic in objs], counts, permissions, []

    def delete_model(self, request: HttpRequest, obj: Topic) -> None:
        change = curation.retire_topic(obj, request.user)  # type: ignore[arg-type]  # staff only
        if change:
            self.offer_undo(request, change)

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: int) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:catalog_topic_changelist"))

    @admin.action(description="Restore the selected retired topics", permissions=["change"])
    def restore(self, request: HttpRequest, queryset: QuerySet[Topic]) -> None:
        own = queryset.filter(catalogue__in=catalogues_of(request.user))
        number = 0
        for topic in own.filter(retired_at__isnull=False).order_by("path"):
            if not Topic.objects.filter(pk=topic.pk, retired_at__isnull=False).exists():
                number += 1  # with one below it
                continue
            try:
                curation.bring_back_topic(topic, request.user)  # type: ignore[arg-type]  # staff only
                number += 1
            except curation.Refused as error:
                text = f"“{topic.name}” stays retired: {error}"
                self.message_user(request, text, messages.ERROR)
        self.message_user(request, f"Restored: {number}.", messages.SUCCESS)


@admin.register(TopicRedirect)
class TopicRedirectAdmin(CuratedAdmin):
    list_display = ["path", "catalogue", column("leads to", "topic"), "created_at"]
    list_select_related = ["catalogue", "topic"]
    list_filter = ["catalogue"]
    search_fields = ["path", "topic__name"]
    autocomplete_fields = ["catalogue", "topic"]
    readonly_fields = ["created_at"]


@admin.register(Placement)
class PlacementAdmin(StatedAdmin):
    form = PlacementForm
    list_display = [
        "__str__",
        column("paper", "paper"),
        column("topic", "topic"),
        "is_primary",
        "source",
        "retired_at",
    ]
    list_select_related = ["paper", "topic"]
    list_filter = [*StatedAdmin.list_filter, "topic__catalogue", "topic"]
    search_fields = ["paper__title", "topic__name"]
    autocomplete_fields = ["paper", "topic"]


@admin.register(Announcement)
class AnnouncementAdmin(CuratedAdmin):
    """A line of a list is edited, not deleted: the next import would bring it back."""

    list_display = ["title", "date", "catalogue", column("paper", "paper"), "source"]
    list_select_related = ["catalogue", "paper"]
    list_filter = ["catalogue", ("paper", admin.EmptyFieldListFilter), "source"]
    search_fields = ["title", "paper__title"]
    autocomplete_fields = ["catalogue", "paper"]
    readonly_fields = ["source", "stated_at"]
    date_hierarchy = "date"

    def save_model(self, request: HttpRequest, obj: Announcement, form: Any, change: bool) -> None:
        curation.save_announcement(obj)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def has_delete_permission(self, request: HttpRequest, obj: Announcement | None = None) -> bool:
        listed = obj is not None and obj.source == Source.LIST
        return not listed and super().has_delete_permission(request, obj)
