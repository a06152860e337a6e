"""Authors and venues."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest

from catalog import curation
from catalog.admin.base import CuratedAdmin, column, on_site, superusers_delete
from catalog.admin.merging import AuthorMerges
from catalog.admin.splitting import AuthorSplits
from catalog.models import Author, Authorship, Venue


class MergedFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("own", "stands for itself"), ("merged", "merged into another")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() in {"own", "merged"}:
            return queryset.filter(merged_into__isnull=self.value() == "own")
        return queryset


@admin.register(Author)
class AuthorAdmin(AuthorSplits, AuthorMerges, CuratedAdmin):
    list_display = ["name", "orcid", "papers", column("merged into", "merged_into"), on_site]
    list_select_related = ["merged_into"]
    list_filter = [MergedFilter]
    search_fields = ["name", "orcid"]
    fields = ["name", "orcid", "merged_into", "created_at"]
    readonly_fields = ["merged_into", "created_at"]
    actions = ["merge"]

    def get_queryset(self, request: HttpRequest) -> Any:
        """With how many papers each has, counted for those that a page shows only."""
        rows = Authorship.objects.filter(author=OuterRef("pk")).order_by().values("author")
        number = Coalesce(Subquery(rows.annotate(number=Count("pk")).values("number")), Value(0))
        return super().get_queryset(request).annotate(number=number)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Author], search_term: str
    ) -> tuple[QuerySet[Author], bool]:
        if request.path.endswith("/autocomplete/"):
            queryset = queryset.filter(merged_into=None)
        found: tuple[QuerySet[Author], bool] = super().get_search_results(
            request, queryset, search_term
        )
        return found

    def save_model(self, request: HttpRequest, obj: Author, form: Any, change: bool) -> None:
        curation.save_author(obj, form.changed_data)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return superusers_delete(request)

    @admin.display(description="papers", ordering="number")
    def papers(self, author: Any) -> int:
        return int(author.number)


@admin.register(Venue)
class VenueAdmin(CuratedAdmin):
    list_display = ["name", "full_name", "kind", "papers", on_site]
    list_filter = ["kind"]
    search_fields = ["name", "full_name", "aliases"]
    prepopulated_fields = {"slug": ["name"]}

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(number=Count("papers"))

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Any]:
        return {} if obj else super().get_prepopulated_fields(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """A slug in use is part of an address; renaming leaves it."""
        return [*super().get_readonly_fields(request, obj), *(["slug"] if obj else [])]

    def save_model(self, request: HttpRequest, obj: Venue, form: Any, change: bool) -> None:
        curation.save_venue(obj, form.changed_data)

    @admin.display(description="papers", ordering="number")
    def papers(self, venue: Any) -> int:
        return int(venue.number)
