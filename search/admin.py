"""What search keeps of papers, to be looked at: it is computed, never edited."""

from django.contrib import admin

from catalog.admin.base import ReadOnlyAdmin
from search.models import Embedding, PaperText, Word


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


@admin.register(Embedding)
class EmbeddingAdmin(ReadOnlyAdmin):
    list_display = ["paper", "model", "created_at"]
    list_select_related = ["paper"]
    list_filter = ["model"]
    search_fields = ["paper__title"]
    exclude = ["vector"]
