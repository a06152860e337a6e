"""Merging duplicates: choose which to keep, see what will move, confirm; and take a merge back."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import URLPattern, path, reverse

from catalog import curation
from catalog.admin.acts import offer_undo
from catalog.admin.base import change_url
from catalog.admin.frame import framed
from catalog.admin.words import in_words
from catalog.identifiers import EXCLUSIVE
from catalog.keys import read_keys
from catalog.models import Act, Author, Paper, PaperSuspect, Placement
from catalog.roles import may_merge

_MOST = 20


class MergeForm(forms.Form):
    """Which of the chosen rows to keep."""

    survivor = forms.IntegerField(error_messages={"required": "Choose the one to keep."})

    def __init__(self, rows: list[Any], data: QueryDict | None = None) -> None:
        super().__init__(data)
        self.rows = rows

    def clean_survivor(self) -> Any:
        key = self.cleaned_data["survivor"]
        survivor = next((row for row in self.rows if row.pk == key), None)
        if survivor is None:
            raise forms.ValidationError("Choose the one to keep.")
        return survivor


class Merges(admin.ModelAdmin):  # type: ignore[type-arg]
    """The action "merge", its page, and the page that takes a merge back."""

    change_form_template = "admin/catalog/merge_change_form.html"
    # What differs between papers and authors.
    undone: str  # what a merge taken back does and does not bring back
    merge_rows: Callable[..., list[Act]]
    unmerge_row: Callable[..., Any]
    describe: Callable[..., dict[str, Any]]
    warning: Callable[..., str]

    def get_urls(self) -> list[URLPattern]:
        def at(route: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
            full = f"{self.opts.app_label}_{self.opts.model_name}_{name}"

            def answer(request: HttpRequest, **kwargs: Any) -> HttpResponse:
                return in_words(request, partial(view, request, **kwargs))

            return path(route, self.admin_site.admin_view(answer), name=full)

        return [
            at("merge/", self.merge_view, "merge"),
            at("<int:pk>/unmerge/", self.unmerge_view, "unmerge"),
            *super().get_urls(),
        ]

    @admin.action(description="Merge the selected into one", permissions=["change"])
    def merge(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        keys = list(queryset.values_list("pk", flat=True)[: _MOST + 1])
        if not 2 <= len(keys) <= _MOST:
            self.message_user(request, f"Select two or more, at most {_MOST}.", messages.ERROR)
            return None
        return HttpResponseRedirect(f"{self._url('merge')}?ids={','.join(map(str, sorted(keys)))}")

    def merge_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_change_permission(request):
            raise PermissionDenied
        rows = self._chosen(request.GET.get("ids", ""))
        self._check(request, rows)
        form = MergeForm(rows, request.POST if request.method == "POST" else None)
        if form.is_valid():
            survivor = form.cleaned_data["survivor"]
            others = [row for row in rows if row.pk != survivor.pk]
            curation.note_act(
                f"merged {self.opts.verbose_name_plural}", request.POST.get("why", "").strip()
            )
            try:
                acts = self.merge_rows(survivor, others, request.user)
            except curation.Refused as error:
                form.add_error(None, str(error))
            else:
                self._report(request, survivor, others, acts[0])
                return HttpResponseRedirect(change_url(survivor))
        context = {"form": form, "rows": [self.describe(row) for row in rows]}
        context |= {
            "warning": self.warning(rows),
            "title": f"Merge {self.opts.verbose_name_plural}",
        }
        return framed(self, request, "admin/catalog/merge.html", context)

    def unmerge_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self.model._default_manager.filter(pk=pk).select_related("merged_into").first()
        if row is None or row.merged_into is None:
            raise Http404
        self._check(request, [row, row.merged_into])
        if request.method == "POST":
            curation.note_act(
                f"parted {self.opts.verbose_name_plural}", request.POST.get("why", "").strip()
            )
            act = curation.merge_of(row)
            try:
                survivor = self.unmerge_row(row, request.user)
            except curation.Refused as error:
                self.message_user(request, str(error), messages.ERROR)
                return HttpResponseRedirect(change_url(row))
            self.log_change(request, row, f"Parted from “{survivor}” again.")
            self.message_user(request, f"“{row}” stands for itself again.", messages.SUCCESS)
            if act and act.left:
                left = "; ".join(act.left)
                self.message_user(request, f"Left as it is now: {left}.", messages.WARNING)
            return HttpResponseRedirect(change_url(row))
        context = {"row": row, "undone": self.undone, "title": f"Part the {self.opts.verbose_name}"}
        return framed(self, request, "admin/catalog/unmerge.html", context)

    def _check(self, request: HttpRequest, rows: list[Any]) -> None:
        may_change = all(self.has_change_permission(request, row) for row in rows)
        if not (may_change and may_merge(request.user, rows)):
            raise PermissionDenied

    def _chosen(self, ids: str) -> list[Any]:
        keys = read_keys(ids.split(","))[:_MOST]
        rows = list(self.model._default_manager.filter(pk__in=keys).order_by("pk"))
        if len(rows) < 2:
            raise Http404
        return rows

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """With what was merged into the row, to be taken back."""
        if (row := context.get("original")) is not None:
            context["taken_in"] = self._taken_in(row)
        return super().render_change_form(request, context, *args, **kwargs)

    def _taken_in(self, row: Any) -> list[Act]:
        kind = Act.Kind.MERGE_PAPERS if self.model is Paper else Act.Kind.MERGE_AUTHORS
        acts = Act.objects.standing().filter(kind=kind, subjects__contains=[row.pk])
        return list(acts.filter(subjects__0=row.pk).defer("rows").order_by("-pk")[:_MOST])

    def _report(self, request: HttpRequest, survivor: Any, others: list[Any], act: Act) -> None:
        for other in others:
            self.log_change(request, other, f"Merged into “{survivor}”.")
        names = ", ".join(f"“{other}”" for other in others)
        self.log_change(request, survivor, f"Took in {names}.")
        verb = "lead" if len(others) > 1 else "leads"
        offer_undo(request, f"{names} now {verb} here.", act, change_url(survivor))

    def _url(self, name: str) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{name}")


def _paper_facts(row: Paper) -> dict[str, Any]:
    places = Placement.objects.current().filter(paper=row).select_related("topic")
    people = [author.printed_name for author in row.authorships.all()]
    return {
        "row": row,
        "facts": [
            ("Year", row.year or "–"),
            ("Authors", ", ".join(people[:3]) + (" …" if len(people) > 3 else "") or "–"),
            ("Identifiers", ", ".join(map(str, row.identifiers.all())) or "–"),
            ("Topics", ", ".join(place.topic.name for place in places) or "–"),
            ("Other titles", row.aliases.count()),
            ("Links", row.links.count()),
            ("Repositories", row.repository_links.count()),
            ("Citations", row.cites.count() + row.cited_by.count()),
        ],
    }


def _two_works(rows: list[Paper]) -> str:
    """Two identifiers of a registry that gives only one may tell two works apart."""
    seen: dict[str, set[str]] = {}
    for row in rows:
        for ident in row.identifiers.filter(scheme__in=EXCLUSIVE):
            seen.setdefault(ident.get_scheme_display(), set()).add(ident.value)
    names = [name for name, values in seen.items() if len(values) > 1]
    keys = [row.pk for row in rows]
    decided = PaperSuspect.objects.filter(
        first__in=keys, second__in=keys, status=PaperSuspect.Status.DISTINCT
    )
    said = [
        f"“{pair.first}” and “{pair.second}” were found not to be the same." for pair in decided
    ]
    if names:
        said.insert(
            0, f"They have different identifiers of {' and '.join(names)}: they may be two works."
        )
    return " ".join(said)


def _author_facts(row: Author) -> dict[str, Any]:
    papers = row.papers.order_by("-year", "-pk")
    titles = [paper.title for paper in papers[:3]]
    more = " …" if papers.count() > len(titles) else ""
    return {
        "row": row,
        "facts": [
            ("ORCID", row.orcid or "–"),
            ("Papers", papers.count()),
            ("Such as", "; ".join(titles) + more or "–"),
        ],
    }


def _no_warning(rows: list[Author]) -> str:
    return ""


class PaperMerges(Merges):
    undone = (
        "All that was its own comes back. What was changed since the merge stays, and is named."
    )
    merge_rows = staticmethod(curation.merge_papers)
    unmerge_row = staticmethod(curation.unmerge_paper)
    describe = staticmethod(_paper_facts)
    warning = staticmethod(_two_works)


class AuthorMerges(Merges):
    undone = "The papers that were theirs come back. What was changed since the merge stays, and is named."
    merge_rows = staticmethod(curation.merge_authors)
    unmerge_row = staticmethod(curation.unmerge_author)
    describe = staticmethod(_author_facts)
    warning = staticmethod(_no_warning)
