"""An author's papers by whom they were written with, to tell two people of one name apart; and the names they print."""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path

from catalog import curation
from catalog.admin.acts import offer_undo
from catalog.admin.base import change_url
from catalog.admin.frame import framed
from catalog.admin.words import in_words
from catalog.keys import read_keys
from catalog.models import Author, Authorship, Paper
from catalog.roles import is_narrowed

_MOST_NAMED = 12  # co-authors of a group
_MOST = 1000  # papers


@dataclass
class Group:
    """Papers that hang together by their co-authors."""

    rows: list[Any] = field(default_factory=list)
    people: Counter[str] = field(default_factory=Counter)
    number: int = 0

    @property
    def named(self) -> str:
        names = [name for name, _ in self.people.most_common(_MOST_NAMED)]
        more = len(self.people) - len(names)
        return ", ".join(names) + (f" and {more} more" if more > 0 else "")

    @property
    def years(self) -> str:
        known = sorted({row.paper.year for row in self.rows if row.paper.year})
        return f"{known[0]}–{known[-1]}" if len(known) > 1 else str(known[0]) if known else ""


def groups_of(author: Author) -> list[Group]:
    """The papers of an author, those together that share a co-author, the largest group first; three statements."""
    rows: list[Any] = list(
        Authorship.objects.filter(author=author)
        .select_related("paper__venue")
        .order_by("-paper__year", "paper__title", "pk")[:_MOST]
    )
    beside: dict[int, list[tuple[int, str]]] = defaultdict(list)
    others = Authorship.objects.filter(paper__in=[row.paper_id for row in rows]).exclude(
        author=author
    )
    for paper, key, name in others.order_by("position").values_list(
        "paper", "author", "printed_name"
    ):
        beside[paper].append((key, name))
    leader = {row.paper_id: row.paper_id for row in rows}

    def lead(paper: int) -> int:
        while leader[paper] != paper:
            leader[paper] = leader[leader[paper]]
            paper = leader[paper]
        return paper

    first: dict[int, int] = {}
    for row in rows:
        for key, _ in beside[row.paper_id]:
            if key in first:
                leader[lead(row.paper_id)] = lead(first[key])
            first.setdefault(key, row.paper_id)
    groups: dict[int, Group] = defaultdict(Group)
    for row in rows:
        group = groups[lead(row.paper_id)]
        row.beside = ", ".join(name for _, name in beside[row.paper_id][:6])
        row.more = max(0, len(beside[row.paper_id]) - 6)
        group.rows.append(row)
        group.people.update(name for _, name in beside[row.paper_id])
    ordered = sorted(groups.values(), key=lambda group: -len(group.rows))
    for number, group in enumerate(ordered, 1):
        group.number = number
    return ordered


class SplitForm(forms.Form):
    papers = forms.ModelMultipleChoiceField(
        Paper.objects.none(),
        error_messages={"required": "Tick the papers that are another person’s."},
    )
    to = forms.ModelChoiceField(
        Author.objects.filter(merged_into=None), required=False, label="an author who is known"
    )
    name = forms.CharField(required=False, max_length=200, label="or the name of a new one")

    def __init__(self, author: Author, site: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        papers: Any = self.fields["papers"]
        papers.queryset = author.papers.all()
        self.fields["to"].widget = AutocompleteSelect(
            Authorship._meta.get_field("author"),
            site,
            choices=self.fields["to"].choices,  # type: ignore[attr-defined]
        )


class AuthorSplits(admin.ModelAdmin):  # type: ignore[type-arg]
    """The page that splits an author, and the choice of the name shown."""

    change_form_template = "admin/catalog/author/change_form.html"

    def get_urls(self) -> list[URLPattern]:
        def at(route: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
            def answer(request: HttpRequest, **kwargs: Any) -> HttpResponse:
                return in_words(request, partial(view, request, **kwargs))

            return path(route, self.admin_site.admin_view(answer), name=f"catalog_author_{name}")

        return [
            at("<int:pk>/split/", self.split_view, "split"),
            at("<int:pk>/name/", self.name_view, "name"),
            *super().get_urls(),
        ]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if (author := context.get("original")) is not None:
            context["variants"] = variants_of(author)
            context["may_split"] = self._may_split(request, author)
        return super().render_change_form(request, context, *args, **kwargs)

    def _may_split(self, request: HttpRequest, author: Author) -> bool:
        return self.has_change_permission(request, author) and not is_narrowed(request.user)

    def _author(self, request: HttpRequest, pk: int) -> Author:
        author = Author.objects.filter(pk=pk, merged_into=None).first()
        if author is None:
            raise Http404
        if not self._may_split(request, author):
            raise PermissionDenied
        return author

    def split_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        author = self._author(request, pk)
        form = SplitForm(
            author, self.admin_site, request.POST if request.method == "POST" else None,
            initial={"name": author.name},
        )  # fmt: skip
        if form.is_valid() and (done := self._split(request, author, form)):
            return done
        groups = groups_of(author)
        ticked = set(read_keys(request.POST.getlist("papers")))
        chosen = request.GET.get("group", "")
        if request.method != "POST" and chosen:
            rows = [row for group in groups if str(group.number) == chosen for row in group.rows]
            ticked = {row.paper_id for row in rows}
        context = {
            "title": f"Split {author}",
            "author": author,
            "form": form,
            "groups": groups,
            "ticked": ticked,
            "media": form.media,
        }
        return framed(self, request, "admin/catalog/split.html", context)

    def _split(self, request: HttpRequest, author: Author, form: SplitForm) -> HttpResponse | None:
        data = form.cleaned_data
        papers = [paper.pk for paper in data["papers"]]
        name = "" if data["to"] else data["name"]
        curation.note_act("split an author")
        try:
            other, act = curation.split_author(author, papers, data["to"], name, request.user)  # type: ignore[arg-type]  # staff only
        except curation.Refused as error:
            form.add_error(None, str(error))
            return None
        self.log_change(request, author, f"Gave {len(papers)} papers to {other} (#{other.pk}).")
        self.log_change(request, other, f"Took {len(papers)} papers from {author} (#{author.pk}).")
        text = f"{other} has {len(papers)} of the papers now; imports leave it so."
        offer_undo(request, text, act, change_url(author))
        return HttpResponseRedirect(change_url(other))

    def name_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show an author by one of the names that papers print."""
        author = self._author(request, pk)
        if request.method != "POST":
            return HttpResponseRedirect(change_url(author))
        name = request.POST.get("name", "")
        if name not in {variant for variant, _, _ in variants_of(author)}:
            messages.error(request, "No paper prints this name any more.")
            return HttpResponseRedirect(change_url(author))
        curation.note_act("chose the name of an author")
        author.name = name
        curation.save_author(author, ["name"])
        self.log_change(request, author, f"Is shown as {name}.")
        messages.success(request, f"Is shown as {name}. Papers go on printing what they print.")
        return HttpResponseRedirect(change_url(author))


def variants_of(author: Author) -> list[tuple[str, int, str]]:
    """Each name that the author's papers print, on how many, and one of the papers."""
    found: dict[str, list[str]] = defaultdict(list)
    rows = Authorship.objects.filter(author=author).order_by("-paper__year", "pk")
    for name, title in rows.values_list("printed_name", "paper__title")[:_MOST]:
        found[name].append(title)
    ordered = sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
    return [(name, len(titles), titles[0]) for name, titles in ordered]
