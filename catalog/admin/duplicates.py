"""The queue of pairs that may be one: side by side, decided with one key."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.views.decorators.http import require_safe

from catalog import curation
from catalog.admin.acts import offer_undo
from catalog.admin.base import ReadOnlyAdmin
from catalog.admin.comparison import compared_authors, compared_papers
from catalog.admin.frame import framed
from catalog.admin.words import in_words
from catalog.keys import asked_row
from catalog.models import AuthorSuspect, PaperSuspect
from catalog.models.duplicates import SuspectStatus
from catalog.roles import is_narrowed, may_edit_paper, may_merge, reachable


class SuspectAdmin(ReadOnlyAdmin):
    """A list of pairs, and a page for each where it is decided."""

    list_display = ["pair", "likely", "why", "status", "decided_by", "way_back"]
    list_display_links = None  # the pair is a link itself
    list_select_related = ["first", "second", "decided_by"]
    list_filter = ["status"]
    ordering = ["-score", "pk"]
    actions = ["distinct", "reopen"]
    change_list_template = "admin/catalog/suspect_change_list.html"
    # What differs between papers and authors.
    compare: Callable[[int, int], Any]
    merge_rows: Callable[..., Any]
    merge_permission: str

    # Columns

    @admin.display(description="pair")
    def pair(self, suspect: Any) -> str:
        page = self._url("change", suspect.pk)
        return format_html('<a href="{}">{}</a><br>{}', page, suspect.first, suspect.second)

    @admin.display(description="likely", ordering="score")
    def likely(self, suspect: Any) -> str:
        return f"{suspect.score:.0%}"

    @admin.display(description="why")
    def why(self, suspect: Any) -> str:
        return "; ".join(suspect.reasons) or "–"

    @admin.display(description="way back")
    def way_back(self, suspect: Any) -> str:
        if suspect.status != SuspectStatus.MERGED:
            return "–"
        return format_html('<a href="{}">Undo …</a>', self._url("undo", suspect.pk))

    # Pages

    def get_urls(self) -> list[URLPattern]:
        def at(route: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
            def answer(request: HttpRequest, **kwargs: Any) -> HttpResponse:
                return in_words(request, partial(view, request, **kwargs))

            full = f"{self.opts.app_label}_{self.opts.model_name}_{name}"
            return path(route, self.admin_site.admin_view(answer), name=full)

        return [
            at("queue/", require_safe(self.queue_view), "queue"),
            at("<int:pk>/undo/", require_safe(self.undo_view), "undo"),
            *super().get_urls(),
        ]

    def queue_view(self, request: HttpRequest) -> HttpResponse:
        """The likeliest pair that waits."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return HttpResponseRedirect(self._next(request))

    def undo_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Lead to the merge of a pair that was merged."""
        suspect = self._suspect(str(pk))
        if not self.has_view_permission(request, suspect):
            raise PermissionDenied
        merged = suspect.second if suspect.second.merged_into_id else suspect.first
        act = curation.merge_of(merged)
        if act is None:
            messages.warning(request, "This merge is not on record: part them on their own pages.")
            return HttpResponseRedirect(self._url("changelist"))
        return HttpResponseRedirect(reverse("admin:catalog_act_change", args=[act.pk]))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        return in_words(request, partial(self._pair_view, request, object_id))

    def _pair_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        suspect = self._suspect(object_id)
        if not self.has_view_permission(request, suspect):
            raise PermissionDenied
        if request.method == "POST":
            return self._decide(request, suspect)
        papers, rows, better = type(self).compare(suspect.first_id, suspect.second_id)
        context = {
            "title": "One or two?",
            "suspect": suspect,
            "sides": papers,
            "rows": rows,
            "better": better,
            "may_decide": self.has_decide_permission(request, suspect),
            "may_merge": self._may_merge(request, suspect),
            "next_url": self._next(request, suspect),
            "waiting": self._waiting(request).count(),
            "is_open": suspect.status in {SuspectStatus.OPEN, SuspectStatus.GONE},
        }
        return framed(self, request, "admin/catalog/suspect.html", context)

    def _decide(self, request: HttpRequest, suspect: Any) -> HttpResponse:
        if not (self.has_decide_permission(request, suspect) or self._may_merge(request, suspect)):
            raise PermissionDenied
        if "_distinct" in request.POST:
            if not self.has_decide_permission(request, suspect):
                raise PermissionDenied
            curation.note_act("not the same")
            chosen = self.model._default_manager.filter(pk=suspect.pk)
            if curation.decide_distinct(chosen, request.user):  # type: ignore[arg-type]  # staff only
                messages.success(request, "Remembered: not the same.")
            else:
                messages.warning(request, "This pair was decided meanwhile.")
        elif "_reopen" in request.POST:
            if not self.has_decide_permission(request, suspect):
                raise PermissionDenied
            curation.reopen(self.model._default_manager.filter(pk=suspect.pk))
            messages.success(request, "The pair is to be decided again.")
            return HttpResponseRedirect(self._url("change", suspect.pk))
        elif "_merge" in request.POST:
            return self._merge(request, suspect)
        return HttpResponseRedirect(self._next(request, suspect))

    def _merge(self, request: HttpRequest, suspect: Any) -> HttpResponse:
        if not self._may_merge(request, suspect):
            raise PermissionDenied
        by_key = {str(row.pk): row for row in (suspect.first, suspect.second)}
        kept = by_key.get(request.POST.get("keep", ""))
        if kept is None:
            messages.error(request, "Choose the one to keep.")
            return HttpResponseRedirect(self._url("change", suspect.pk))
        other = suspect.second if kept == suspect.first else suspect.first
        curation.note_act(f"merged two {self.model.__name__.removesuffix('Suspect').lower()}s")
        try:
            acts = type(self).merge_rows(kept, [other], request.user)
        except curation.Refused as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(self._url("change", suspect.pk))
        self.log_change(request, other, f"Merged into “{kept}”.")
        self.log_change(request, kept, f"Took in “{other}”.")
        here = self._url("change", suspect.pk)
        offer_undo(request, f"“{other}” now leads to “{kept}”.", acts[0], here)
        return HttpResponseRedirect(self._next(request, suspect))

    def _next(self, request: HttpRequest, suspect: Any = None) -> str:
        """The next pair that waits, in the order of the list; the list when none does."""
        rows = self._waiting(request).order_by("-score", "pk")
        if suspect is not None:
            after = Q(score__lt=suspect.score) | Q(score=suspect.score, pk__gt=suspect.pk)
            following = rows.filter(after).first()
        else:
            following = rows.first()
        if following is None:
            return f"{self._url('changelist')}?status__exact=open"
        return self._url("change", following.pk)

    def _waiting(self, request: HttpRequest) -> "QuerySet[Any]":
        """What waits for whoever asks; an editor of certain catalogues has only what they can decide."""
        return reachable(request.user, self.model._default_manager.open())

    def _suspect(self, pk: str) -> Any:
        rows = self.model._default_manager.select_related("first", "second", "decided_by")
        found = asked_row(rows, pk)
        if found is None:
            raise Http404
        return found

    def _url(self, name: str, *args: Any) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{name}", args=args)

    # Who may

    def has_decide_permission(self, request: HttpRequest, suspect: Any = None) -> bool:
        return request.user.has_perm(f"catalog.change_{self.opts.model_name}")

    def _may_merge(self, request: HttpRequest, suspect: Any) -> bool:
        allowed = request.user.has_perm(self.merge_permission)
        return allowed and may_merge(request.user, [suspect.first, suspect.second])

    # Of many

    @admin.action(description="Not the same", permissions=["decide"])
    def distinct(self, request: HttpRequest, queryset: "QuerySet[Any]") -> None:
        curation.note_act("not the same")
        number = curation.decide_distinct(self._chosen(queryset), request.user)  # type: ignore[arg-type]  # staff only
        messages.success(request, f"Remembered as not the same: {number}.")

    @admin.action(description="Decide again", permissions=["decide"])
    def reopen(self, request: HttpRequest, queryset: "QuerySet[Any]") -> None:
        number = curation.reopen(self._chosen(queryset))
        messages.success(request, f"To be decided again: {number}.")

    def _chosen(self, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        """The same rows, free of what the list joins to them."""
        keys = list(queryset.values_list("pk", flat=True))
        found: QuerySet[Any] = self.model._default_manager.filter(pk__in=keys)
        return found


@admin.register(PaperSuspect)
class PaperSuspectAdmin(SuspectAdmin):
    search_fields = ["first__title", "second__title"]
    compare = staticmethod(compared_papers)
    merge_rows = staticmethod(curation.merge_papers)
    merge_permission = "catalog.change_paper"

    def has_decide_permission(self, request: HttpRequest, suspect: Any = None) -> bool:
        if not super().has_decide_permission(request, suspect):
            return False
        pair = (suspect.first, suspect.second) if suspect else ()
        return all(may_edit_paper(request.user, paper) for paper in pair)


@admin.register(AuthorSuspect)
class AuthorSuspectAdmin(SuspectAdmin):
    search_fields = ["first__name", "second__name"]
    compare = staticmethod(compared_authors)
    merge_rows = staticmethod(curation.merge_authors)
    merge_permission = "catalog.change_author"

    def has_decide_permission(self, request: HttpRequest, suspect: Any = None) -> bool:
        return super().has_decide_permission(request, suspect) and not is_narrowed(request.user)
