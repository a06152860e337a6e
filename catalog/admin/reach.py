"""What an editor of certain catalogues can change in the admin: nothing of the others."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import model_format_dict
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import HttpRequest

from catalog import curation
from catalog.link_desk import in_use
from catalog.models import Catalogue, LinkCheck, Paper, Repository, Topic
from catalog.roles import catalogues_of, is_narrowed, is_shared, reachable, reaches

ELSEWHERE = "This belongs to a catalogue that is not among yours."
_NAMED = 3


def may_reach(request: HttpRequest, row: Model | None) -> bool:
    """Whether the user's permissions reach a row; asked once in a request, however many tables a page has."""
    if not narrowed(request):
        return True
    if row is None or row.pk is None:
        return True
    known: dict[Any, bool] = request.__dict__.setdefault("_reach", {})
    key = (type(row), row.pk)
    if key not in known:
        known[key] = reaches(
            request.user, type(row)._default_manager.filter(pk=row.pk).first() or row
        )
    return known[key]


def narrowed(request: HttpRequest) -> bool:
    """Whether the user edits certain catalogues only."""
    if "_narrowed" not in request.__dict__:
        request.__dict__["_narrowed"] = is_narrowed(request.user)
    return bool(request.__dict__["_narrowed"])


class OwnFilter(admin.SimpleListFilter):
    """For an editor of certain catalogues: what is within reach, among all that there is."""

    title = "whose"
    parameter_name = "whose"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("mine", "of my catalogues")] if narrowed(request) else []

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() != "mine" or not narrowed(request):
            return queryset
        if queryset.model is Repository:  # shared by all; those that papers within reach use
            return queryset.filter(pk__in=in_use(request.user).values("pk"))
        return reachable(request.user, queryset)


class _RowWithin:
    """A form whose row must be within reach also as it is going to be."""

    user: Any

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]  # of the form it is mixed into
        form: Any = self
        if not form.errors and form.has_changed() and not reaches(self.user, form.instance):
            form.add_error(None, ELSEWHERE)


class _RowsWithin:
    """Rows of a table that must be within reach, before and after they are changed or deleted."""

    user: Any

    def clean(self) -> None:
        super().clean()  # type: ignore[misc]  # of the set of forms it is mixed into
        formset: Any = self
        for form in formset.forms:
            row = form.instance
            if not form.is_valid() or not form.has_changed():
                continue
            stored = type(row)._default_manager.filter(pk=row.pk).first() if row.pk else None
            if any(one and not reaches(self.user, one) for one in (row, stored)):
                raise ValidationError(
                    f"“{stored or row}” is not in one of your catalogues: leave it as it is."
                )


class NarrowedAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic for mypy only
    """Lists show all rows to whoever may see them; what is changed is within reach."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        if not super().has_add_permission(request):
            return False
        closed = is_shared(self.model) or self.model is Catalogue
        return not (closed and narrowed(request))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and self._is_open(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and self._is_open(request, obj)

    def _is_open(self, request: HttpRequest, obj: Any) -> bool:
        if is_shared(self.model) and narrowed(request):
            return False
        return may_reach(request, obj)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form: Any = super().get_form(request, obj, change, **kwargs)
        if not narrowed(request):
            return form
        return type(form)(form.__name__, (_RowWithin, form), {"user": request.user})

    def get_changelist_formset(self, request: HttpRequest, **kwargs: Any) -> Any:
        return _within(super().get_changelist_formset(request, **kwargs), request)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return super().formfield_for_foreignkey(
            db_field, request, **_own_choices(db_field, request, kwargs)
        )

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        """To choose from: of topics and catalogues one's own."""
        found, may_repeat = super().get_search_results(request, queryset, search_term)
        if request.path.endswith("/autocomplete/") and self.model in (Topic, Catalogue):
            found = reachable(request.user, found)
        return found, may_repeat

    def get_list_filter(self, request: HttpRequest) -> Any:
        filters = [*super().get_list_filter(request)]
        is_told_apart = not is_shared(self.model) or self.model in (LinkCheck, Repository)
        return [*filters, OwnFilter] if is_told_apart and narrowed(request) else filters

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions: dict[str, Any] = super().get_actions(request)
        return {
            name: (_guarded(function, str(words)), name, words)
            for name, (function, _, words) in actions.items()
        }


class NarrowedInline(admin.TabularInline):  # type: ignore[type-arg]
    """Rows on the page of another row: they are open where that one is."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_add_permission(request, obj) and may_reach(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and may_reach(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and may_reach(request, obj)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return super().formfield_for_foreignkey(
            db_field, request, **_own_choices(db_field, request, kwargs)
        )

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)
        fields = {field.name for field in self.model._meta.concrete_fields}
        # Only a place of a paper can be in another catalogue than the page that it is on.
        return (
            _within(formset, request)
            if "topic" in fields and self.parent_model is Paper
            else formset
        )


def _within(formset: Any, request: HttpRequest) -> Any:
    if not narrowed(request):
        return formset
    return type(formset.__name__, (_RowsWithin, formset), {"user": request.user})


def _own_choices(db_field: Any, request: HttpRequest, given: dict[str, Any]) -> dict[str, Any]:
    if db_field.remote_field.model is Catalogue and narrowed(request):
        return {"queryset": catalogues_of(request.user), **given}
    return given


def _guarded(function: Callable[..., Any], words: str) -> Callable[..., Any]:
    """An action that does nothing at all when some of the selected are out of reach, and that the history can name."""

    @wraps(function)
    def act(model_admin: Any, request: HttpRequest, queryset: Any) -> Any:
        if narrowed(request):
            chosen = set(queryset.order_by().values_list("pk", flat=True))
            rows = queryset.model._default_manager.filter(pk__in=chosen)
            beyond = chosen - set(reachable(request.user, rows).values_list("pk", flat=True))
            if number := len(beyond):
                named = rows.filter(pk__in=sorted(beyond)[:_NAMED])
                names = ", ".join(f"“{str(row)[:60]}”" for row in named)
                more = " and others" if number > _NAMED else ""
                text = (
                    f"Nothing was changed: {number} of the selected {'is' if number == 1 else 'are'} "
                    f"not in your catalogues: {names}{more}."
                )
                model_admin.message_user(request, text, messages.ERROR)
                return None
        said = words % model_format_dict(model_admin.opts) if "%(" in words else words
        plural = model_admin.opts.verbose_name_plural
        curation.note_act(f"{said} ({plural})", request.POST.get("why", "").strip())
        return function(model_admin, request, queryset)

    return act


__all__ = ["ELSEWHERE", "NarrowedAdmin", "NarrowedInline", "may_reach", "narrowed"]
