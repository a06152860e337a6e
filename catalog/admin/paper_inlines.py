"""The tables on a paper's page: what is stated of it, and what was taken away."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.html import format_html

from catalog.admin.base import Inline, change_url, link_to
from catalog.admin.forms import CuratorsForm, PlainForm, PlainFormSet, SeenForm
from catalog.evidence import in_words, with_reasons
from catalog.identifiers import Ident, parse_identifier
from catalog.models import (
    Authorship,
    Identifier,
    Link,
    LinkCheck,
    Paper,
    PaperRepository,
    Placement,
    Provenance,
    TitleAlias,
)


class PlacementForm(SeenForm):
    settled_on_saving = frozenset({"placement_once_per_topic", "placement_one_primary"})


class PlacementFormSet(PlainFormSet):
    def clean(self) -> None:
        super().clean()
        if len(self.newly_primary()) > 1:
            raise ValidationError("Only one topic can be the primary one: tick one.")

    def newly_primary(self) -> list[Placement]:
        return [
            form.instance
            for form in self.forms
            if "is_primary" in form.changed_data
            and form.cleaned_data.get("is_primary")
            and not form.cleaned_data.get("DELETE")
        ]


class CurrentInline(Inline):
    """Rows that stand. Ticking "delete" retires them."""

    readonly_fields = ["source", "stated_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(retired_at=None)


class PlacementInline(CurrentInline):
    model = Placement
    form = PlacementForm
    formset = PlacementFormSet
    fields = ["topic", "is_primary", "listed_title", "listed_url", "source"]
    autocomplete_fields = ["topic"]
    verbose_name_plural = "topics it is placed under"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("topic")


class LinkForm(SeenForm):
    settled_on_saving = frozenset({"link_once_per_paper"})


class LinkInline(CurrentInline):
    model = Link
    form = LinkForm
    fields = ["kind", "url", "label", "position", "source", "answers"]
    readonly_fields = [*CurrentInline.readonly_fields, "answers"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        checks = LinkCheck.objects.filter(url=OuterRef("url"))
        known = {f"check_{name}": Subquery(checks.values(name)[:1]) for name in _OF_A_CHECK}
        rows: QuerySet[Any] = super().get_queryset(request).annotate(**known)
        return rows

    @admin.display(description="last asked")
    def answers(self, row: Any) -> str:
        known = {name: getattr(row, f"check_{name}", None) for name in _OF_A_CHECK}
        check = LinkCheck(**known) if known["pk"] else None
        return link_to(check, check.state) if check else "–"


_OF_A_CHECK = ("pk", "outcome", "dead_at")


class PaperRepositoryForm(SeenForm):
    settled_on_saving = frozenset({"repository_once_per_paper"})


class PaperRepositoryInline(CurrentInline):
    model = PaperRepository
    form = PaperRepositoryForm
    fk_name = "paper"
    fields = ["repository", "badge_repository", "url", "position", "source", "why"]
    readonly_fields = [*CurrentInline.readonly_fields, "why"]
    autocomplete_fields = ["repository", "badge_repository"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request).select_related("repository", "badge_repository")
        return with_reasons(rows)

    @admin.display(description="why it is linked")
    def why(self, row: Any) -> str:
        return why_linked(row)


def why_linked(row: Any) -> str:
    """Why a repository is a paper's, of a row that `with_reasons` gave its reasons."""
    words = in_words(getattr(row, "kinds", ())) or "–"
    if getattr(row, "is_doubtful", False):
        return f"{words}; its README names other papers"
    return words


class RetiredForm(PlainForm):
    restore = forms.BooleanField(
        required=False, widget=forms.CheckboxInput(attrs={"aria-label": "Restore"})
    )


class RetiredInline(Inline):
    """Rows that were taken away, to be looked at and brought back."""

    form = RetiredForm
    can_delete = False
    classes = ["collapse"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(retired_at__isnull=False)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [name for name in self.fields or [] if name != "restore" and isinstance(name, str)]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class RetiredPlacementInline(RetiredInline):
    model = Placement
    fields = ["topic", "source", "retired_at", "restore"]
    verbose_name_plural = "topics it was taken out of"


class RetiredLinkInline(RetiredInline):
    model = Link
    fields = ["kind", "url", "source", "retired_at", "restore"]
    verbose_name_plural = "links taken away"


class RetiredRepositoryInline(RetiredInline):
    model = PaperRepository
    fk_name = "paper"
    fields = ["repository", "source", "retired_at", "restore"]
    verbose_name_plural = "repositories taken away"


class IdentifierForm(SeenForm):
    """Takes an identifier in any usual form, also as an address, and keeps the canonical one."""

    settled_on_saving = frozenset({"identifier_names_one_paper"})

    class Meta:
        labels = {"value": "identifier or address"}

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        scheme, value = data.get("scheme"), data.get("value")
        if not scheme or not value:
            return data
        ident = read_identifier(scheme, value)
        if ident is None or ident.scheme != scheme:
            raise ValidationError(
                {"value": _misread(ident, dict(Identifier.Scheme.choices)[scheme])}
            )
        data["value"] = ident.value
        other = Identifier.objects.filter(scheme=scheme, value=ident.value).select_related("paper")
        if taken := other.exclude(pk=self.instance.pk).first():
            raise ValidationError({"value": _taken(taken.paper)})
        return data


def read_identifier(scheme: str, value: str) -> Ident | None:
    """Read a value as the scheme says, where it is not plain by itself."""
    bare = f"openreview:{value}" if scheme == "openreview" and "/" not in value else value
    return parse_identifier(bare)


def _misread(ident: Ident | None, wanted: str) -> str:
    if ident is None:
        return f"This is no identifier of the kind “{wanted}”."
    return f"This reads as “{dict(Identifier.Scheme.choices)[ident.scheme]}”, not as “{wanted}”."


def _taken(paper: Paper) -> str:
    return format_html(
        "“<a href='{}'>{}</a>” has this identifier. If it is the same paper, merge the two; "
        "if not, take it away there first.",
        change_url(paper),
        paper.title,
    )


class IdentifierInline(Inline):
    model = Identifier
    form = IdentifierForm
    fields = ["scheme", "value", "source", "stated_at"]
    readonly_fields = ["source", "stated_at"]


class TitleAliasInline(Inline):
    model = TitleAlias
    form = CuratorsForm
    fields = ["title", "source", "stated_at"]
    readonly_fields = ["source", "stated_at"]
    verbose_name_plural = "other titles"


class AuthorshipForm(PlainForm):
    settled_on_saving = frozenset({"authorship_position_once", "authorship_from_one"})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in {"printed_name", "position"} & set(self.fields):  # none for who may only look
            self.fields[name].required = False

    def clean_position(self) -> int:
        return self.cleaned_data.get("position") or 0


class AuthorshipFormSet(PlainFormSet):
    def validate_unique(self) -> None:
        """Saving renumbers them: whoever is given the place of another moves in there."""


class AuthorshipInline(Inline):
    model = Authorship
    form = AuthorshipForm
    formset = AuthorshipFormSet
    fields = ["position", "author", "printed_name"]
    autocomplete_fields = ["author"]
    verbose_name_plural = "authors"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("author")


class ProvenanceInline(Inline):
    model = Provenance
    form = SeenForm
    fields = ["field", "source", "detail", "stated_at", "locked"]
    readonly_fields = ["field", "source", "detail", "stated_at"]
    can_delete = False
    verbose_name_plural = "who says so (a locked field is changed by curators only)"

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
