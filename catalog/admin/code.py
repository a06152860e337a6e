"""Repositories, their stars, and the papers they belong to."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from catalog import curation
from catalog.admin.base import CuratedAdmin, Inline, ReadOnlyAdmin, column, on_site
from catalog.admin.paper_inlines import PaperRepositoryForm
from catalog.admin.stated import StatedAdmin
from catalog.models import PaperRepository, Repository, RepositoryAlias, StarCount


class RepositoryAliasInline(Inline):
    """Names it had before; lists that print them mean it."""

    model = RepositoryAlias
    verbose_name_plural = "former names"
    fields = ["host", "owner", "name", "stated_at"]
    readonly_fields = ["host", "owner", "name", "stated_at"]
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Repository)
class RepositoryAdmin(CuratedAdmin):
    list_display = ["full_name", "host", "stars", "stars_on", "gone_at", on_site]
    list_filter = ["host", ("gone_at", admin.EmptyFieldListFilter), "is_archived"]
    search_fields = ["owner", "name", "description", "paper_links__paper__title"]
    readonly_fields = [
        "stars",
        "stars_on",
        "forks",
        "topics",
        "licence",
        "default_branch",
        "pushed_at",
        "is_archived",
        "gone_reason",
        "created_at",
    ]
    inlines = [RepositoryAliasInline]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Lists know a repository by its address: another address is another repository."""
        fixed = ["host", "owner", "name"] if obj else []
        return [*super().get_readonly_fields(request, obj), *fixed]

    def save_model(self, request: HttpRequest, obj: Repository, form: Any, change: bool) -> None:
        curation.save_repository(obj, form.changed_data)


@admin.register(RepositoryAlias)
class RepositoryAliasAdmin(ReadOnlyAdmin):
    list_display = ["__str__", "host", column("now", "repository"), "stated_at"]
    list_select_related = ["repository"]
    search_fields = ["owner", "name", "repository__owner", "repository__name"]


@admin.register(StarCount)
class StarCountAdmin(ReadOnlyAdmin):
    list_display = ["repository", "date", "stars"]
    list_select_related = ["repository"]
    search_fields = ["repository__owner", "repository__name"]
    date_hierarchy = "date"


@admin.register(PaperRepository)
class PaperRepositoryAdmin(StatedAdmin):
    form = PaperRepositoryForm
    list_display = [
        "__str__",
        column("paper", "paper"),
        column("stars shown of", "badge_repository"),
        "source",
        "retired_at",
    ]
    list_select_related = ["paper", "repository", "badge_repository"]
    search_fields = ["repository__owner", "repository__name", "paper__title"]
    autocomplete_fields = ["paper", "repository", "badge_repository"]
