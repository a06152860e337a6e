"""What search keeps of papers, to be looked at: it is computed, never edited."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from catalog.admin.base import CuratedAdmin, ReadOnlyAdmin
from catalog.admin.forms import PlainForm
from catalog.models import Topic
from search.admin_split import SplitTopicAdmin
from search.models import Embedding, PaperText, Synonym, Word
from search.synonyms import by_words


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


@admin.register(Embedding)
class EmbeddingAdmin(ReadOnlyAdmin):
    list_display = ["paper", "model", "created_at"]
    list_select_related = ["paper"]
    list_filter = ["model"]
    search_fields = ["paper__title"]
    exclude = ["vector"]


admin.site.unregister(Topic)
admin.site.register(Topic, SplitTopicAdmin)
