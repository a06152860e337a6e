"""Repositories, their stars, and the papers they belong to."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest

from catalog import curation
from catalog.admin.base import CuratedAdmin, Inline, ReadOnlyAdmin, column, on_site
from catalog.admin.paper_inlines import PaperRepositoryForm, why_linked
from catalog.admin.stated import StatedAdmin
from catalog.evidence import doubtful, with_reasons
from catalog.link_desk import ANOTHERS_STARS, RENAMED, in_use
from catalog.models import (
    Evidence,
    EvidenceKind,
    PaperRepository,
    Repository,
    RepositoryAlias,
    StarCount,
)
from catalog.roles import may_edit_paper


class RepositoryFilter(admin.SimpleListFilter):
    title = "what became of it"
    parameter_name = "look"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("gone", "gone from its host"),
            ("archived", "archived"),
            ("renamed", "renamed"),
            ("unused", "linked by no paper now"),
        ]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Repository]
    ) -> QuerySet[Repository]:
        used = in_use().values("pk")
        match self.value():
            case "gone":
                return queryset.filter(pk__in=used, gone_at__isnull=False)
            case "archived":
                return queryset.filter(pk__in=used, is_archived=True, gone_at=None)
            case "renamed":
                return queryset.filter(RENAMED, pk__in=used)
            case "unused":
                return queryset.exclude(pk__in=used)
        return queryset


class CodeFilter(admin.SimpleListFilter):
    title = "what to look at"
    parameter_name = "look"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("badge", "badge counts another repository’s stars"),
            ("doubtful", "README names another paper"),
            ("listed", "only a list says so"),
        ]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[PaperRepository]
    ) -> QuerySet[PaperRepository]:
        current = queryset.filter(retired_at=None, paper__merged_into=None)
        match self.value():
            case "badge":
                return current.filter(ANOTHERS_STARS)
            case "doubtful":
                return current.filter(doubtful())
            case "listed":
                reasons = Evidence.objects.filter(
                    paper=OuterRef("paper"), repository=OuterRef("repository")
                )
                return current.filter(~Exists(reasons.exclude(kind=EvidenceKind.LIST)))
        return queryset


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
    list_display = [
        "full_name", "host", "stars", "stars_on", "formerly", "is_archived", "gone_at", on_site,
    ]  # fmt: skip
    list_filter = [
        RepositoryFilter, "host", ("gone_at", admin.EmptyFieldListFilter), "is_archived",
    ]  # fmt: skip
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

    def get_queryset(self, request: HttpRequest) -> QuerySet[Repository]:
        return super().get_queryset(request).prefetch_related("aliases")

    @admin.display(description="formerly", empty_value="–")
    def formerly(self, row: Repository) -> str | None:
        return ", ".join(map(str, row.aliases.all())) or None

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
    list_filter = ["date"]
    ordering = ["-pk"]
    search_fields = ["repository__owner", "repository__name"]


@admin.register(PaperRepository)
class PaperRepositoryAdmin(StatedAdmin):
    form = PaperRepositoryForm
    list_display = [
        "__str__",
        column("paper", "paper"),
        column("stars shown of", "badge_repository"),
        "why",
        "source",
        "stated_at",
        "retired_at",
    ]
    list_filter: ClassVar[Any] = [CodeFilter, *StatedAdmin.list_filter]
    list_select_related = ["paper", "repository", "badge_repository"]
    search_fields = ["repository__owner", "repository__name", "paper__title"]
    autocomplete_fields = ["paper", "repository", "badge_repository"]
    actions = ["restore", "count_own_stars"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[PaperRepository]:
        return with_reasons(super().get_queryset(request))

    @admin.display(description="why it is linked")
    def why(self, row: Any) -> str:
        return why_linked(row)

    @admin.action(description="Count the stars of the linked repository", permissions=["change"])
    def count_own_stars(self, request: HttpRequest, queryset: QuerySet[PaperRepository]) -> None:
        """Mend badges that count another repository's stars."""
        curation.note_act("mended badges that counted another repository's stars")
        wrong = queryset.filter(ANOTHERS_STARS, retired_at=None).select_related("paper")
        rows = list(wrong)
        mine = [row for row in rows if may_edit_paper(request.user, row.paper)]
        number = curation.count_own_stars(mine)
        text = f"Mended: {number}."
        if left := len(rows) - len(mine):
            text += f" Left as they are, because you may not change them: {left}."
        self.message_user(request, text, messages.SUCCESS)
