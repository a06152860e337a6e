"""Looking for words in the lists of the admin: by the keys of titles and names, which are indexed by their letters."""

from collections.abc import Sequence
from functools import reduce
from operator import and_, or_
from typing import Any

from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.text import smart_split, unescape_string_literal

from catalog.folding import fold
from catalog.models import Author, Paper, TitleAlias

FEW = 2000  # rows: so many are asked for by their keys
_MOST_WORDS = 12  # of a search that count
_KEYS: dict[tuple[type[Model], str], str] = {
    (Paper, "title"): "title_key",
    (TitleAlias, "title"): "title_key",
    (Author, "name"): "name_key",
}


class SearchedAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic for mypy only
    """All words stand in one field of another table, or among the row's own fields.

    Each table is asked by itself: joined, all rows of all of them would be read.
    """

    def get_search_results(
        self, request: HttpRequest, queryset: "QuerySet[Any]", search_term: str
    ) -> "tuple[QuerySet[Any], bool]":
        fields = [str(field) for field in self.get_search_fields(request)]
        if any(not field[0].isalpha() for field in fields):  # "=subject": to be met as a whole
            return super().get_search_results(request, queryset, search_term)
        words = words_of(search_term)
        if not words or not fields:
            return queryset, False
        own = [field for field in fields if "__" not in field]
        met = [with_words(self.model, field, words) for field in fields if field not in own]
        if own:
            met.append(reduce(and_, (_in_one_of(self.model, own, word) for word in words)))
        return any_of(queryset, met), False


def any_of(queryset: "QuerySet[Any]", met: Sequence[Q]) -> "QuerySet[Any]":
    """Rows that meet one of these, by their keys where they are few: a page asks for its rows again and again.

    Each is asked for by itself, with an index of its own; an OR of them reads the whole table.
    """
    rows = queryset.model._default_manager.order_by()
    keys: set[Any] = set()
    for condition in met:
        keys.update(rows.filter(condition).values_list("pk", flat=True)[: FEW + 1])
        if len(keys) > FEW:
            return queryset.filter(reduce(or_, met))
    return queryset.filter(pk__in=keys)


def with_words(model: type[Model], field: str, words: Sequence[str]) -> Q:
    """Rows that have all words in one field, which may be one of another table: "paper__title"."""
    first, _, rest = field.partition("__")
    if not rest:
        return reduce(and_, (_has_word(model, field, word) for word in words))
    other: Any = model._meta.get_field(first).related_model
    rows = other._default_manager.order_by().filter(with_words(other, rest, words))
    return Q(**{f"{first}__in": rows.values("pk")})


def words_of(text: str) -> list[str]:
    """The words that somebody looks for; what stands in quotes is one."""
    found = []
    for part in smart_split(text.replace("\x00", "")):
        is_quoted = len(part) > 1 and part[0] == part[-1] and part[0] in "\"'"
        found.append(unescape_string_literal(part) if is_quoted else part)
    return [word for word in found if word][:_MOST_WORDS]


def _in_one_of(model: type[Model], fields: Sequence[str], word: str) -> Q:
    return reduce(or_, (_has_word(model, field, word) for field in fields))


def _has_word(model: type[Model], field: str, word: str) -> Q:
    key = fold(word)
    if (model, field) in _KEYS and any(letter.isalnum() for letter in key):
        return Q(**{f"{_KEYS[model, field]}__contains": key})
    return Q(**{f"{field}__icontains": word})
