"""Edges between papers."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.text import Truncator

from catalog import curation
from catalog.admin.base import CuratedAdmin, ReadOnlyAdmin, column
from catalog.admin.forms import CuratorsForm
from catalog.admin.stated import RetiredFilter
from catalog.models import Citation, CitationCount, CitingWork, Reference, Relation, Source


@admin.register(Citation)
class CitationAdmin(CuratedAdmin):
    form = CuratorsForm
    list_display = ["__str__", column("citing", "citing"), column("cited", "cited"), "source"]
    list_select_related = ["citing", "cited"]
    list_filter = ["source", "stated_at"]
    ordering = ["-pk"]
    search_fields = ["citing__title", "cited__title"]
    autocomplete_fields = ["citing", "cited"]
    readonly_fields = ["source", "stated_at"]

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
    list_filter = ["source", "counted_on"]
    search_fields = ["paper__title"]


class UndecidedFilter(admin.SimpleListFilter):
    title = "decision"
    parameter_name = "decision"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("undecided", "derived, undecided"),
            ("confirmed", "a curator's"),
            ("rejected", "rejected by a curator"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        by_curator = {"source": Source.CURATOR}
        match self.value():
            case "undecided":
                return queryset.filter(source=Source.DERIVED, retired_at=None)
            case "confirmed":
                return queryset.filter(retired_at=None, **by_curator)
            case "rejected":
                return queryset.filter(retired_at__isnull=False, **by_curator)
        return queryset


class RelationForm(CuratorsForm):
    def clean(self) -> dict[str, Any] | None:
        given = super().clean() or {}
        system, paper = given.get("system"), given.get("object")
        if system and paper and system.introduced_by_id != paper.pk:
            self.add_error("system", "This system is not of the second paper.")
        return given


@admin.register(Relation)
class RelationAdmin(CuratedAdmin):
    """What is removed here is retired in the curator's name: whoever derives relations finds it said that this is none."""

    form = RelationForm
    list_display = [
        column("paper", "subject"),
        "kind",
        column("other", "object"),
        column("system", "system"),
        "words",
        "source",
        "stated_by",
        "retired_at",
    ]
    list_display_links = ["kind"]
    list_select_related = ["subject", "object", "stated_by", "system"]
    list_filter = [UndecidedFilter, RetiredFilter, "kind", "source"]
    search_fields = ["subject__title", "object__title", "note", "system__name"]
    autocomplete_fields = ["subject", "object", "system"]
    readonly_fields = ["source", "stated_by", "stated_at", "retired_at"]
    actions = ["confirm", "reject"]

    @admin.display(description="words")
    def words(self, relation: Relation) -> str:
        return Truncator(relation.note).chars(300)

    @admin.action(description="Confirm the selected relations", permissions=["change"])
    def confirm(self, request: HttpRequest, queryset: QuerySet[Relation]) -> None:
        number = curation.confirm_relations(queryset, _curator(request))
        self.message_user(request, f"Confirmed: {number}. They are yours now.", messages.SUCCESS)

    @admin.action(description="Reject the selected relations", permissions=["change"])
    def reject(self, request: HttpRequest, queryset: QuerySet[Relation]) -> None:
        number = curation.reject_relations(queryset, _curator(request))
        text = f"Rejected: {number}. They will not be derived again."
        self.message_user(request, text, messages.SUCCESS)

    def get_actions(self, request: HttpRequest) -> Any:
        actions = super().get_actions(request)
        if "reject" in actions:  # two words for one thing would be one too many
            actions.pop("delete_selected", None)
        return actions

    def save_model(self, request: HttpRequest, obj: Relation, form: Any, change: bool) -> None:
        obj.stated_by_id = request.user.pk
        obj.stated_at, obj.retired_at = timezone.now(), None
        obj.save()

    def delete_model(self, request: HttpRequest, obj: Relation) -> None:
        curation.reject_relations(Relation.objects.filter(pk=obj.pk), _curator(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Relation]) -> None:
        curation.reject_relations(queryset, _curator(request))


def _curator(request: HttpRequest) -> AbstractBaseUser:
    assert isinstance(request.user, AbstractBaseUser)  # noqa: S101  # the admin lets nobody else in
    return request.user
