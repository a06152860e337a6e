"""Imports and exports of lists, on the pages of the catalogues they belong to; and what was asked when."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import URLPattern, path
from django_celery_beat.admin import PeriodicTaskAdmin
from django_celery_beat.models import PeriodicTask

from catalog.admin.base import ReadOnlyAdmin
from catalog.admin.catalogues import CatalogueAdmin
from catalog.admin.papers import PaperAdmin
from catalog.admin.searching import any_of, with_words, words_of
from catalog.identifiers import parse_identifier
from catalog.models import Author, Authorship, Catalogue, Paper
from ingest.admin_adding import AddViews
from ingest.admin_export import ExportViews
from ingest.admin_import import ImportViews
from ingest.admin_list import ListState, ListViews
from ingest.models import Visit
from search.queries import search
from search.ranking import MAX_RANKED


class ListedCatalogueAdmin(CatalogueAdmin):
    """A catalogue's page with its list: how imports stand, import with a plan first, import now, export."""

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*super().get_readonly_fields(request, obj), *(["the_list"] if obj else [])]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = [name for name in super().get_fields(request, obj) if name != "the_list"]
        return [*fields, "the_list"] if obj else fields

    @admin.display(description="The list")
    def the_list(self, catalogue: Catalogue) -> str:
        context = {"catalogue": catalogue, "state": ListState.of(catalogue)}
        return render_to_string("admin/ingest/_list_state.html", context)

    def get_urls(self) -> list[URLPattern]:
        views, lists, exports = ImportViews(self), ListViews(self), ExportViews(self)
        wrap = self.admin_site.admin_view

        def at(route: str, view: Any, name: str) -> URLPattern:
            pattern: URLPattern = path(route, wrap(view), name=f"catalog_catalogue_{name}")
            return pattern

        return [
            at("import/", views.upload, "import"),
            at("import/<int:pk>/", views.plan, "plan"),
            at("<int:pk>/import-now/", views.import_now, "import_now"),
            at("<int:pk>/waiting-list/", lists.waiting, "waiting"),
            at("<int:pk>/declined/", lists.declined, "declined"),
            at("<int:pk>/as-list/", exports.page, "write"),
            at("<int:pk>/list.md", exports.markdown, "export"),
            at("<int:pk>/list.zip", exports.archive, "archive"),
            *super().get_urls(),
        ]


class AddedPaperAdmin(PaperAdmin):
    """Papers are added by looking them up; the bare form is there for what no source knows."""

    def get_urls(self) -> list[URLPattern]:
        by_hand: URLPattern = path(
            "add/by-hand/",
            self.admin_site.admin_view(self.add_view),
            name="catalog_paper_add_by_hand",
        )
        return [*AddViews(self).urls(), by_hand, *super().get_urls()]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Paper], search_term: str
    ) -> tuple[QuerySet[Paper], bool]:
        """What readers would find, and whatever has these words in its title or in an author's name, listed or not."""
        words = words_of(search_term)
        if parse_identifier(search_term) or not words:
            return super().get_search_results(request, queryset, search_term)
        if request.path.endswith("/autocomplete/"):
            queryset = queryset.filter(merged_into=None)
        results = search(search_term, limit=MAX_RANKED, reasons=False)
        found = [hit.paper_id for hit in results.hits]
        people = Author.objects.filter(with_words(Author, "name", words)).order_by()
        written = Authorship.objects.filter(author__in=people.values("pk")).order_by()
        titled = with_words(Paper, "title", words)
        met = [Q(pk__in=found), titled, Q(pk__in=written.values("paper"))]
        return any_of(queryset, met), False


@admin.register(Visit)
class VisitAdmin(ReadOnlyAdmin):
    """What each source was last asked about, and what came of it."""

    list_display = ["source", "kind", "subject", "outcome", "visited_at", "reason"]
    list_filter = ["source", "outcome"]
    search_fields = ["=subject", "reason"]
    date_hierarchy = "visited_at"
    actions = ["ask_again"]

    def has_forget_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("ingest.delete_visit")

    @admin.action(description="Ask again with the next run", permissions=["forget"])
    def ask_again(self, request: HttpRequest, queryset: QuerySet[Visit]) -> None:
        number, _ = queryset.delete()
        self.message_user(request, f"To be asked about again: {number}.", messages.SUCCESS)


class ScheduleAdmin(PeriodicTaskAdmin):  # type: ignore[misc]  # the package has no types
    """The package's own, whose actions would be open to whoever may look."""

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions: dict[str, Any] = super().get_actions(request)
        return actions if self.has_change_permission(request) else {}


admin.site.unregister(PeriodicTask)
admin.site.register(PeriodicTask, ScheduleAdmin)
admin.site.unregister(Catalogue)
admin.site.register(Catalogue, ListedCatalogueAdmin)
admin.site.unregister(Paper)
admin.site.register(Paper, AddedPaperAdmin)
