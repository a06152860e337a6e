"""What search keeps of papers, to be looked at: it is computed, never edited."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.postgres.forms import SimpleArrayField
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from catalog.admin.base import CuratedAdmin, ReadOnlyAdmin, on_site
from catalog.admin.forms import PlainForm
from catalog.folding import fold
from catalog.models import GlossaryEntry, GlossaryMention, Topic
from search.admin_split import SplitTopicAdmin
from search.glossary import keep_away
from search.models import Embedding, PaperText, Synonym, Word
from search.receivers import announce_glossary
from search.synonyms import by_words
from search.words import key


@admin.register(PaperText)
class PaperTextAdmin(ReadOnlyAdmin):
    list_display = ["paper", "names"]
    list_select_related = ["paper"]
    search_fields = ["paper__title"]


@admin.register(Word)
class WordAdmin(ReadOnlyAdmin):
    list_display = ["word", "papers"]
    ordering = ["-papers", "word"]
    search_fields = ["word"]


class SynonymForm(PlainForm):
    def clean(self) -> dict[str, Any]:
        """Refuse what would widen no question."""
        given = super().clean() or {}
        short, long = given.get("short"), given.get("long")
        if short and long and not by_words([(short, long)]).others:
            raise ValidationError(
                "This pair would do nothing: each side needs a word of letters or digits, and not both the same."
            )
        return given


@admin.register(Synonym)
class SynonymAdmin(CuratedAdmin):
    """What a curator has touched stays, also when no paper says so any more; what papers say is not deleted."""

    list_display = ["short", "long", "papers", "is_active", "is_curated"]
    list_editable = ["is_active"]
    list_filter = ["is_active", "is_curated"]
    search_fields = ["short", "long"]
    fieldsets = [
        (
            None,
            {
                "fields": ["short", "long", "is_active", "papers"],
                "description": "A pair that papers say cannot be deleted, as it would come back when they are next read. "
                "Take away “used” instead: it stays so. Searches follow a change within fifteen seconds.",
            },
        )
    ]
    readonly_fields = ["papers"]
    form = SynonymForm

    def save_model(self, request: HttpRequest, obj: Synonym, form: Any, change: bool) -> None:
        obj.is_curated = True
        super().save_model(request, obj, form, change)

    def has_delete_permission(self, request: HttpRequest, obj: Synonym | None = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or obj.is_curated)


class LinesField(SimpleArrayField):
    """Names, each on a line of its own: they may have commas."""

    widget = forms.Textarea(attrs={"rows": 3})

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(forms.CharField(max_length=80), delimiter="\n", **kwargs)

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str):
            value = "\n".join(line for line in value.splitlines() if line.strip())
        return super().to_python(value)


class GlossaryEntryForm(PlainForm):
    settled_on_saving = frozenset({"glossary_entry_has_name"})

    others = LinesField(
        required=False,
        label="Other names",
        help_text=GlossaryEntry._meta.get_field("others").help_text,
    )

    class Meta:
        widgets: ClassVar = {"meaning": forms.Textarea(attrs={"rows": 3})}

    def clean(self) -> dict[str, Any]:
        """Refuse names that no title can have, or that are there."""
        given = super().clean() or {}
        names = [given.get("name"), *(given.get("others") or [])]
        if any(name and (not (key(name) and fold(name)) or "/" in fold(name)) for name in names):
            raise ValidationError("A name needs letters or digits, else no title can have it.")
        others = GlossaryEntry.objects.exclude(pk=self.instance.pk)
        if there := others.filter(key=fold(given.get("name") or "")).first():
            self.add_error("name", f"There is an entry of this name: “{there}”.")
        return given


@admin.register(GlossaryEntry)
class GlossaryEntryAdmin(CuratedAdmin):
    """What a curator has touched stays as it is; what Stemma brings is not deleted, as it would come back."""

    form = GlossaryEntryForm
    list_display = [
        "name",
        "others_listed",
        "meaning",
        "papers",
        "is_active",
        "is_curated",
        on_site,
    ]
    list_editable = ["is_active"]
    list_filter = ["is_active", "is_curated"]
    search_fields = ["name", "others", "meaning"]
    fieldsets = [
        (
            None,
            {
                "fields": ["name", "others", "meaning", "is_active"],
                "description": "Papers whose title has one of the names are found by the words of the meaning, too. What "
                "Stemma brings cannot be deleted, as it would come back: take away “used” instead, and it stays so. "
                "Searches follow a change within a minute or two.",
            },
        )
    ]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(number=Count("mentions"))

    def save_model(self, request: HttpRequest, obj: GlossaryEntry, form: Any, change: bool) -> None:
        obj.is_curated = True
        super().save_model(request, obj, form, change)
        if change and "name" in form.changed_data:
            keep_away(form.initial["name"])
        transaction.on_commit(announce_glossary)

    def delete_model(self, request: HttpRequest, obj: GlossaryEntry) -> None:
        super().delete_model(request, obj)
        transaction.on_commit(announce_glossary)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[GlossaryEntry]) -> None:
        super().delete_queryset(request, queryset)
        transaction.on_commit(announce_glossary)

    def has_delete_permission(self, request: HttpRequest, obj: GlossaryEntry | None = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or obj.is_curated)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Which titles have a name is found anew: it goes with the entry, and is not told paper by paper."""
        kept = [entry for entry in objs if not self.has_delete_permission(request, entry)]
        lacking = {self.opts.verbose_name} if kept else set()
        names = [str(entry) for entry in objs]
        return names, {self.opts.verbose_name_plural: len(names)}, lacking, []

    @admin.display(description="other names")
    def others_listed(self, entry: GlossaryEntry) -> str:
        return ", ".join(entry.others)

    @admin.display(description="papers", ordering="number")
    def papers(self, entry: Any) -> int:
        return int(entry.number)


@admin.register(GlossaryMention)
class GlossaryMentionAdmin(ReadOnlyAdmin):
    list_display = ["entry", "paper"]
    list_select_related = ["entry", "paper"]
    search_fields = ["entry__name", "paper__title"]


@admin.register(Embedding)
class EmbeddingAdmin(ReadOnlyAdmin):
    list_display = ["paper", "model", "created_at"]
    list_select_related = ["paper"]
    list_filter = ["model"]
    search_fields = ["paper__title"]
    exclude = ["vector"]


admin.site.unregister(Topic)
admin.site.register(Topic, SplitTopicAdmin)
