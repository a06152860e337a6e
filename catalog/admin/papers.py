"""Papers, with everything that is stated of them on one page."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Prefetch, QuerySet
from django.forms import BaseModelFormSet, ModelForm
from django.http import HttpRequest

from catalog import curation
from catalog.admin import paper_inlines as inlines
from catalog.admin.base import CuratedAdmin, ReadOnlyAdmin, column, on_site, superusers_delete
from catalog.admin.bulk_edit import BulkEdits
from catalog.admin.facts import WithFacts
from catalog.admin.forms import CuratorsForm, SeenForm
from catalog.admin.merging import PaperMerges
from catalog.admin.reach import narrowed
from catalog.admin.stated import StatedAdmin
from catalog.folding import one_line
from catalog.identifiers import parse_identifier
from catalog.models import (
    Authorship,
    Catalogue,
    CitationKey,
    Identifier,
    Link,
    Paper,
    PaperMeasure,
    PaperRepository,
    Placement,
    Provenance,
    RejectedIdentifier,
    SimilarPaper,
    TitleAlias,
)
from catalog.roles import catalogues_of

# A form takes ten thousand fields; a paper of more authors has them on their own page.
_MOST_AUTHORS = 400


class PaperForm(SeenForm):
    def clean_title(self) -> str:
        title = one_line(self.cleaned_data["title"])
        if not title:
            raise ValidationError("Give it a title.")
        return title

    def clean(self) -> dict[str, Any]:
        """A date without more is a day; without a date there is no precision."""
        data: dict[str, Any] = super().clean() or {}
        if not data.get("published_on"):
            data["published_precision"] = ""
        elif not data.get("published_precision"):
            data["published_precision"] = Paper.Precision.DAY
        return data


class ListedFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("listed", "listed"),
            ("unlisted", "unlisted"),
            ("merged", "merged into another"),
            ("locked", "with a curator’s word"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Paper]) -> QuerySet[Paper]:
        listed = Placement.objects.current().order_by().values("paper")
        match self.value():
            case "listed":
                return queryset.filter(merged_into=None, pk__in=listed)
            case "unlisted":
                return queryset.filter(merged_into=None).exclude(pk__in=listed)
            case "merged":
                return queryset.filter(merged_into__isnull=False)
            case "locked":
                locked = Provenance.objects.filter(locked=True).values("paper")
                return queryset.filter(pk__in=locked)
        return queryset


class CatalogueFilter(admin.SimpleListFilter):
    title = "catalogue"
    parameter_name = "catalogue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(one.slug, str(one)) for one in Catalogue.objects.all()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Paper]) -> QuerySet[Paper]:
        """Those that it lists or once listed."""
        if not self.value():
            return queryset
        placed = Placement.objects.filter(topic__catalogue__slug=self.value()).order_by()
        return queryset.filter(pk__in=placed.values("paper"))


@admin.register(Paper)
class PaperAdmin(PaperMerges, BulkEdits, WithFacts, CuratedAdmin):
    form = PaperForm
    change_form_template = "admin/catalog/paper/change_form.html"
    list_display = ["title", "authors_short", "venue", "year", "topic", "idents", on_site]
    list_select_related = ["venue"]
    # No hierarchy of dates: it would find the papers of a filter twice more.
    list_filter = [ListedFilter, CatalogueFilter, "year", "published_on", "venue"]
    ordering = ["-pk"]
    search_fields = [
        "title",
        "aliases__title",
        "identifiers__value",
        "authorships__printed_name",
        "authorships__author__name",
    ]
    search_help_text = "A title, an author, or an identifier in any form."
    autocomplete_fields = ["venue"]
    readonly_fields = ["merged_into", "created_at", "updated_at"]
    fieldsets = [
        (None, {"fields": ["title", "abstract"]}),
        (
            "Publication",
            {
                "fields": [
                    ("venue", "year"),
                    "distinction",
                    ("published_on", "published_precision"),
                ]
            },
        ),
        ("State", {"fields": ["withdrawn_at", "merged_into", ("created_at", "updated_at")]}),
    ]
    inlines = [
        inlines.PlacementInline,
        inlines.AuthorshipInline,
        inlines.IdentifierInline,
        inlines.TitleAliasInline,
        inlines.LinkInline,
        inlines.PaperRepositoryInline,
        inlines.ProvenanceInline,
        inlines.RetiredPlacementInline,
        inlines.RetiredLinkInline,
        inlines.RetiredRepositoryInline,
    ]
    actions = ["edit_many", "merge", "unlist"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Paper]:
        people = Authorship.objects.order_by("position")
        places = Placement.objects.current().filter(is_primary=True).select_related("topic")
        return (
            super()
            .get_queryset(request)
            .prefetch_related(
                "identifiers",
                Prefetch("authorships", queryset=people),
                Prefetch("placements", queryset=places, to_attr="primary_placements"),
            )
        )

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Paper | None:
        """One paper, without what the list needs: the page's own tables load their rows."""
        try:
            return Paper.objects.select_related("merged_into").get(pk=object_id)
        except (Paper.DoesNotExist, ValueError):
            return None

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Paper], search_term: str
    ) -> tuple[QuerySet[Paper], bool]:
        if request.path.endswith("/autocomplete/"):
            queryset = queryset.filter(merged_into=None)
        ident = parse_identifier(search_term)
        if ident:
            named = Identifier.objects.filter(scheme=ident.scheme, value=ident.value)
            return queryset.filter(pk__in=named.values("paper")), False
        found: tuple[QuerySet[Paper], bool] = super().get_search_results(
            request, queryset, search_term
        )
        return found

    def get_inlines(self, request: HttpRequest, obj: Paper | None = None) -> list[Any]:
        left_out: set[Any] = set()
        if obj and obj.authorships.count() > _MOST_AUTHORS:
            left_out.add(inlines.AuthorshipInline)
        if obj is None:
            left_out |= {inlines.ProvenanceInline, *_RETIRED}
        return [inline for inline in self.inlines if inline not in left_out]

    def has_delete_permission(self, request: HttpRequest, obj: Paper | None = None) -> bool:
        return superusers_delete(request)

    # Columns

    @admin.display(description="authors")
    def authors_short(self, paper: Paper) -> str:
        names = [row.printed_name for row in paper.authorships.all()]
        return ", ".join(names[:2]) + (f" and {len(names) - 2} more" if len(names) > 2 else "")

    @admin.display(description="primary topic")
    def topic(self, paper: Any) -> str:
        return paper.primary_placements[0].topic.name if paper.primary_placements else "–"

    @admin.display(description="identifiers")
    def idents(self, paper: Paper) -> str:
        return ", ".join(str(row) for row in paper.identifiers.all())

    # Saving

    def save_model(
        self, request: HttpRequest, obj: Paper, form: "ModelForm[Any]", change: bool
    ) -> None:
        curation.save_paper(obj, form.changed_data, request.user)  # type: ignore[arg-type]  # staff only

    def save_formset(
        self,
        request: HttpRequest,
        form: Any,
        formset: "BaseModelFormSet[Any, Any]",
        change: bool,
    ) -> None:
        rows = formset.save(commit=False)
        if formset.has_changed():
            _save_rows(form.instance, formset, rows, request.user)

    @admin.action(description="Unlist the selected papers", permissions=["change"])
    def unlist(self, request: HttpRequest, queryset: QuerySet[Paper]) -> None:
        own = catalogues_of(request.user) if narrowed(request) else None
        number = curation.unlist(queryset, own)
        text = f"Unlisted: {number}. They stay known, and no import lists them again."
        if own is not None:
            text = (
                f"Taken out of your catalogues: {number}. What other catalogues list stays there."
            )
        self.message_user(request, text, messages.SUCCESS)


_RETIRED = {
    inlines.RetiredPlacementInline,
    inlines.RetiredLinkInline,
    inlines.RetiredRepositoryInline,
}


def _save_rows(paper: Paper, formset: Any, rows: list[Any], user: Any) -> None:
    """Hand what one table of the page says to the service that knows what it means."""
    removed = formset.deleted_objects
    if issubclass(formset.form, inlines.RetiredForm):
        for form in formset.forms:
            if form.cleaned_data.get("restore"):
                curation.restore(form.instance)
    elif formset.model is Placement:
        primary = formset.newly_primary()
        curation.save_placements(
            paper, _with_more_than_a_tick_less(formset, rows), removed, next(iter(primary), None)
        )
    elif formset.model in (Link, PaperRepository):
        curation.save_rows(paper, rows, removed)
    elif formset.model is Identifier:
        curation.save_identifiers(paper, rows, removed)
    elif formset.model is Authorship:
        curation.save_authorships(paper, rows, removed, user)
    elif formset.model is Provenance:
        for row in rows:
            curation.set_lock(row, row.locked)
    elif formset.model is TitleAlias:
        curation.save_aliases(paper, rows, removed)


def _with_more_than_a_tick_less(formset: Any, rows: list[Placement]) -> list[Placement]:
    """Leave out placements that only stop being the primary one: that says nothing about the place."""
    unticked = {
        form.instance.pk
        for form in formset.initial_forms
        if form.changed_data == ["is_primary"] and not form.cleaned_data.get("is_primary")
    }
    return [row for row in rows if row.pk is None or row.pk not in unticked]


@admin.register(Identifier)
class IdentifierAdmin(CuratedAdmin):
    form = inlines.IdentifierForm
    list_display = ["value", "scheme", column("paper", "paper"), "source", "stated_at"]
    list_select_related = ["paper"]
    list_filter = ["scheme", "source", "stated_at"]
    search_fields = ["value", "paper__title"]
    autocomplete_fields = ["paper"]
    readonly_fields = ["source", "stated_at"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*super().get_readonly_fields(request, obj), *(["paper"] if obj else [])]

    def save_model(
        self, request: HttpRequest, obj: Identifier, form: "ModelForm[Any]", change: bool
    ) -> None:
        curation.save_identifiers(obj.paper, [obj])

    def delete_model(self, request: HttpRequest, obj: Identifier) -> None:
        curation.save_identifiers(obj.paper, [], [obj])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Identifier]) -> None:
        for row in queryset.select_related("paper"):
            self.delete_model(request, row)


@admin.register(RejectedIdentifier)
class RejectedIdentifierAdmin(CuratedAdmin):
    """Deleting one lets the next import add it again."""

    list_display = ["value", "scheme", column("paper", "paper"), "stated_at"]
    list_select_related = ["paper"]
    list_filter = ["scheme"]
    search_fields = ["value", "paper__title"]
    autocomplete_fields = ["paper"]


@admin.register(TitleAlias)
class TitleAliasAdmin(CuratedAdmin):
    form = CuratorsForm
    list_display = ["title", column("paper", "paper"), "source", "stated_at"]
    list_select_related = ["paper"]
    list_filter = ["source"]
    search_fields = ["title", "paper__title"]
    autocomplete_fields = ["paper"]
    readonly_fields = ["source", "stated_at"]

    def save_model(
        self, request: HttpRequest, obj: TitleAlias, form: "ModelForm[Any]", change: bool
    ) -> None:
        curation.save_aliases(obj.paper, [obj])

    def delete_model(self, request: HttpRequest, obj: TitleAlias) -> None:
        curation.save_aliases(obj.paper, [], [obj])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[TitleAlias]) -> None:
        for row in queryset.select_related("paper"):
            self.delete_model(request, row)


@admin.register(Provenance)
class ProvenanceAdmin(CuratedAdmin):
    list_display = ["field", column("paper", "paper"), "source", "detail", "stated_at", "locked"]
    list_select_related = ["paper"]
    list_filter = ["locked", "source", "field", "stated_at"]
    search_fields = ["paper__title", "detail"]
    readonly_fields = ["paper", "field", "source", "detail", "stated_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(
        self, request: HttpRequest, obj: Provenance, form: "ModelForm[Any]", change: bool
    ) -> None:
        curation.set_lock(obj, obj.locked)


@admin.register(Authorship)
class AuthorshipAdmin(CuratedAdmin):
    form = inlines.AuthorshipForm
    list_display = [
        "printed_name",
        column("author", "author"),
        column("paper", "paper"),
        "position",
    ]
    list_select_related = ["author", "paper"]
    search_fields = ["printed_name", "author__name", "paper__title"]
    autocomplete_fields = ["author", "paper"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["paper"] if obj else []

    def save_model(
        self, request: HttpRequest, obj: Authorship, form: "ModelForm[Any]", change: bool
    ) -> None:
        curation.save_authorships(obj.paper, [obj], [], request.user)  # type: ignore[arg-type]  # staff only

    def delete_model(self, request: HttpRequest, obj: Authorship) -> None:
        curation.save_authorships(obj.paper, [], [obj], request.user)  # type: ignore[arg-type]  # staff only

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Authorship]) -> None:
        for row in queryset.select_related("paper"):
            self.delete_model(request, row)


@admin.register(Link)
class LinkAdmin(StatedAdmin):
    form = inlines.LinkForm
    list_display = ["url", "kind", column("paper", "paper"), "source", "retired_at"]
    list_select_related = ["paper"]
    list_filter = [*StatedAdmin.list_filter, "kind"]
    search_fields = ["url", "label", "paper__title"]
    autocomplete_fields = ["paper"]


@admin.register(CitationKey)
class CitationKeyAdmin(ReadOnlyAdmin):
    """Given by exports, and never changed: texts cite by them."""

    list_display = ["key", column("paper", "paper")]
    list_select_related = ["paper"]
    search_fields = ["key", "paper__title"]
    ordering = ["key"]


@admin.register(SimilarPaper)
class SimilarPaperAdmin(ReadOnlyAdmin):
    list_display = ["paper", "rank", column("similar to it", "other"), "score"]
    list_select_related = ["paper", "other"]
    search_fields = ["paper__title"]
    ordering = ["paper", "rank"]


@admin.register(PaperMeasure)
class PaperMeasureAdmin(ReadOnlyAdmin):
    """What the graph job computed, to be looked at."""

    list_display = [column("paper", "paper"), "pagerank", "community", "computed_at"]
    list_select_related = ["paper"]
    search_fields = ["paper__title"]
    ordering = ["-pagerank"]
