"""The tree of a catalogue's topics on one page: moved, renamed, merged, and all of it undone."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from catalog import curation
from catalog.admin.base import ReadOnlyAdmin
from catalog.admin.frame import framed
from catalog.admin.words import in_words
from catalog.curation import Place, Refused
from catalog.keys import read_key
from catalog.models import Catalogue, Placement, Topic, TreeChange
from catalog.numbering import numbered
from catalog.roles import catalogues_of, may_edit
from catalog.tree_history import formerly

_CHANGES = 10
_TOTALS = """
SELECT a.above, count(DISTINCT l.paper_id)
FROM unnest(%s::bigint[], %s::bigint[]) a (above, below)
JOIN catalog_placement l ON l.topic_id = a.below AND l.retired_at IS NULL
JOIN catalog_paper p ON p.id = l.paper_id AND p.merged_into_id IS NULL
GROUP BY a.above
"""


@dataclass(slots=True)
class Row:
    """A topic of the page, with what lies below it."""

    topic: Topic
    number: str
    papers: int
    total: int = 0
    rows: "list[Row]" = field(default_factory=list)
    is_first: bool = False
    is_last: bool = False


class TreePage:
    """What the page of a tree shows."""

    def __init__(self, catalogue: Catalogue, chosen: int = 0, done: int = 0) -> None:
        self.catalogue = catalogue
        topics = Topic.objects.current().filter(catalogue=catalogue)
        self._topics = list(topics.select_related("parent"))
        for topic in self._topics:
            topic.catalogue = catalogue
        self._direct = self._counts()
        self.order = numbered(self._topics)
        self.chosen = next((one for one in self.order if one.topic.pk == chosen), None)
        changes = catalogue.tree_changes.select_related("made_by").defer("rows")
        self.changes = list(changes[:_CHANGES])
        self.done = next((one for one in self.changes if one.pk == done), None)

    def _counts(self) -> dict[int, int]:
        placed = Placement.objects.current().filter(
            topic__catalogue=self.catalogue, paper__merged_into=None
        )
        rows = placed.order_by().values("topic").annotate(number=Count("paper"))
        return {row["topic"]: row["number"] for row in rows}

    @property
    def rows(self) -> list[Row]:
        """The topics at the top, each with those below it."""
        rows = {
            one.topic.pk: Row(one.topic, one.number, self._direct.get(one.topic.pk, 0))
            for one in self.order
        }
        totals = self._totals()
        roots: list[Row] = []
        for row in rows.values():
            above = rows.get(row.topic.parent_id or 0)
            (above.rows if above else roots).append(row)
        for siblings in [roots, *(row.rows for row in rows.values())]:
            if siblings:
                siblings[0].is_first = siblings[-1].is_last = True
        for key, row in rows.items():
            row.total = totals.get(key, row.papers)
        return roots

    def _totals(self) -> dict[int, int]:
        """The papers under each topic that has subtopics and below it, each once, in one statement."""
        pairs = [
            (above.topic.pk, below.topic.pk)
            for above in self.order
            for below in self.order
            if below.topic.path.startswith(f"{above.topic.path}/")
        ]
        pairs += [(above, above) for above in {above for above, _ in pairs}]
        with connection.cursor() as cursor:
            cursor.execute(_TOTALS, [[above for above, _ in pairs], [below for _, below in pairs]])
            return dict(cursor.fetchall())

    @property
    def targets(self) -> list[Any]:
        """Where the chosen topic can be put: not itself, nor what lies below it."""
        if self.chosen is None:
            return []
        own = self.chosen.topic
        below = f"{own.path}/"
        return [
            one
            for one in self.order
            if one.topic.pk != own.pk and not one.topic.path.startswith(below)
        ]

    @property
    def others(self) -> list[Any]:
        """What the chosen topic can be merged into."""
        return [one for one in self.order if self.chosen and one.topic.pk != self.chosen.topic.pk]

    @property
    def papers_of_chosen(self) -> int:
        return self._direct.get(self.chosen.topic.pk, 0) if self.chosen else 0

    @property
    def is_empty(self) -> bool:
        """Whether nothing speaks against removing the chosen topic."""
        return bool(
            self.chosen
            and not self.papers_of_chosen
            and all(one.topic.parent_id != self.chosen.topic.pk for one in self.order)
        )

    @property
    def past(self) -> list[Any]:
        """What the chosen topic was called, and where it lay."""
        return formerly(self.chosen.topic) if self.chosen else []

    @property
    def retired(self) -> QuerySet[Topic]:
        rows = self.catalogue.topics.filter(retired_at__isnull=False)
        return rows.select_related("merged_into").order_by("name", "pk")


class WithTree(admin.ModelAdmin):  # type: ignore[type-arg]
    """The pages of the tree beside those of single topics."""

    change_list_template = "admin/catalog/topic/change_list.html"

    def get_urls(self) -> list[URLPattern]:
        def at(route: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
            def answer(request: HttpRequest, **kwargs: Any) -> HttpResponse:
                back = reverse("admin:catalog_topic_trees") if name == "undo" else ""
                return in_words(request, partial(view, request, **kwargs), back)

            wrapped = self.admin_site.admin_view(answer)
            pattern: URLPattern = path(route, wrapped, name=f"catalog_topic_{name}")
            return pattern

        return [
            at("tree/", require_safe(self.trees_view), "trees"),
            at("tree/<slug:slug>/", self.tree_view, "tree"),
            at("tree/undo/<int:pk>/", require_POST(self.undo_view), "undo"),
            at("<int:pk>/merge/", self.merge_view, "merge"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        context = {"trees": catalogues_of(request.user), **(extra_context or {})}
        return super().changelist_view(request, context)

    def may_arrange(self, request: HttpRequest, catalogue: Catalogue) -> bool:
        return self.has_change_permission(request) and may_edit(request.user, catalogue)

    def trees_view(self, request: HttpRequest) -> HttpResponse:
        """The trees there are; the one there is at once."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        catalogues = list(Catalogue.objects.all())
        if len(catalogues) == 1:
            return HttpResponseRedirect(tree_url(catalogues[0]))
        context = {"catalogues": catalogues, "title": "Trees of topics"}
        return framed(self, request, "admin/catalog/topic/trees.html", context)

    def tree_view(self, request: HttpRequest, slug: str) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        catalogue = get_object_or_404(Catalogue, slug=slug)
        if request.method == "POST":
            return self._arrange(request, catalogue)
        tree = TreePage(
            catalogue, number_of(request.GET, "topic") or 0, number_of(request.GET, "done") or 0
        )
        context = {
            "tree": tree,
            "catalogue": catalogue,
            "can_arrange": self.may_arrange(request, catalogue),
            "can_add": self.has_add_permission(request),
            "can_remove": self.has_delete_permission(request),
            "title": f"Topics of {catalogue}",
        }
        return framed(self, request, "admin/catalog/topic/tree.html", context)

    def _arrange(self, request: HttpRequest, catalogue: Catalogue) -> HttpResponse:
        if not self.may_arrange(request, catalogue):
            raise PermissionDenied
        wish = _Wish(self, request, catalogue)
        try:
            return self.changed(request, catalogue, wish.carry_out(), wish.topic)
        except Refused as error:
            self.message_user(request, str(error), messages.ERROR)
            return HttpResponseRedirect(tree_url(catalogue, topic=wish.topic))

    def changed(
        self,
        request: HttpRequest,
        catalogue: Catalogue,
        change: TreeChange | None,
        topic: int | None = None,
    ) -> HttpResponse:
        """Back to the tree, where the change is shown with a way to undo it."""
        if change:
            curation.note_act(change.words)
            return HttpResponseRedirect(tree_url(catalogue, topic=topic, done=change.pk))
        return HttpResponseRedirect(tree_url(catalogue, topic=topic))

    def offer_undo(self, request: HttpRequest, change: TreeChange) -> None:
        """Say what was done on another page than the tree's, with the way to take it back."""
        url = tree_url(change.catalogue, done=change.pk)
        text = format_html('{}. <a href="{}">Undo it beside the tree</a>', change.words, url)
        self.message_user(request, text, messages.SUCCESS)

    def undo_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        change = get_object_or_404(TreeChange.objects.select_related("catalogue"), pk=pk)
        if not self.may_arrange(request, change.catalogue):
            raise PermissionDenied
        topic = number_of(request.POST, "topic")
        curation.note_undoing(change)
        try:
            undone = curation.undo_tree_change(change, _user(request))
        except Refused as error:
            self.message_user(request, f"Not undone: {error}", messages.ERROR)
            return HttpResponseRedirect(tree_url(change.catalogue, topic=topic))
        return self.changed(request, change.catalogue, undone, topic)

    def merge_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask what to merge a topic into, show what will move, and do it."""
        source = get_object_or_404(Topic.objects.select_related("catalogue", "parent"), pk=pk)
        if not self.may_arrange(request, source.catalogue):
            raise PermissionDenied
        asked = request.POST if request.method == "POST" else request.GET
        into = number_of(asked, "into")
        target = source.catalogue.topics.select_related("parent").filter(pk=into or 0).first()
        preview = curation.preview_merge(source, target) if target else None
        seen = request.POST.get("seen", preview.digest if preview else "")
        if request.method == "POST" and preview and seen != preview.digest:
            text = "Something has changed meanwhile. This is how it is by now: please look again."
            self.message_user(request, text, messages.ERROR)
        elif request.method == "POST" and target:
            try:
                change = curation.merge_topics(source, target, _user(request))
            except Refused as error:
                self.message_user(request, str(error), messages.ERROR)
                return HttpResponseRedirect(tree_url(source.catalogue, topic=source.pk))
            return self.changed(request, source.catalogue, change, target.pk)
        context = {
            "source": source,
            "target": target,
            "preview": preview,
            "tree": TreePage(source.catalogue, source.pk),
            "title": f"Merge “{source.name}” into another topic",
        }
        return framed(self, request, "admin/catalog/topic/merge.html", context)


class _Wish:
    """One change that a form of the tree asks for."""

    def __init__(self, page: WithTree, request: HttpRequest, catalogue: Catalogue) -> None:
        self.page = page
        self.request = request
        self.catalogue = catalogue
        self.user = _user(request)
        self.asked = request.POST
        what, _, key = self.asked.get("do", "").partition(":")
        self.what = what
        self.topic = read_key(key) or number_of(self.asked, "topic")

    def carry_out(self) -> TreeChange | None:
        wishes: dict[str, Callable[[], TreeChange | None]] = {
            "move": self._move,
            "rename": self._rename,
            "add": self._add,
            "remove": self._remove,
            "restore": self._restore,
            **{name: partial(self._step, name) for name in ("up", "down", "in", "out")},
        }
        if self.what not in wishes:
            raise Refused("That is nothing that can be done to a tree.")
        return wishes[self.what]()

    def _own(self) -> Topic:
        topic = self.catalogue.topics.select_related("parent").filter(pk=self.topic or 0).first()
        if topic is None:
            raise Refused("That topic is there no more: somebody removed it meanwhile.")
        return topic

    def _move(self) -> TreeChange | None:
        seen: int | str | None = "anywhere"
        if "seen_under" in self.asked:
            seen = number_of(self.asked, "seen_under")
        place = Place(_place(self.asked, "parent"), _place(self.asked, "before"))
        return curation.place_topic(self._own(), place, self.user, seen)

    def _step(self, way: str) -> TreeChange | None:
        """One place up or down among its siblings, in under the one above it, or out beside its parent."""
        topic = self._own()
        siblings = self._children(topic.parent_id)
        if topic.pk not in siblings:
            raise Refused(f"“{topic.name}” was retired; restore it first.")
        at = siblings.index(topic.pk)
        parent = topic.parent_id
        if way == "up" and at:
            place = Place(parent, siblings[at - 1])
        elif way == "down" and at + 1 < len(siblings):
            place = Place(parent, siblings[at + 2] if at + 2 < len(siblings) else None)
        elif way == "in" and at:
            place = Place(siblings[at - 1])
        elif way == "out" and topic.parent:
            around = self._children(topic.parent.parent_id)
            behind = around.index(topic.parent.pk) + 1 if topic.parent.pk in around else 0
            place = Place(topic.parent.parent_id, [*around, None][behind])
        else:
            raise Refused(f"“{topic.name}” cannot go further that way.")
        return curation.place_topic(topic, place, self.user, topic.parent_id)

    def _children(self, parent: int | None) -> list[int]:
        rows = self.catalogue.topics.filter(parent=parent, retired_at=None)
        return list(rows.order_by("position", "pk").values_list("pk", flat=True))

    def _rename(self) -> TreeChange | None:
        name, seen = self.asked.get("name", ""), self.asked.get("seen_as")
        return curation.rename_topic(self._own(), name, self.user, seen)

    def _add(self) -> TreeChange | None:
        if not self.page.has_add_permission(self.request):
            raise PermissionDenied
        place = Place(_place(self.asked, "parent"))
        self.topic = self.topic or place.parent
        return curation.add_topic(self.catalogue, self.asked.get("name", ""), place, self.user)

    def _remove(self) -> TreeChange | None:
        topic = self._own()
        if not self.page.has_delete_permission(self.request, topic):
            raise PermissionDenied
        self.topic = topic.parent_id
        return curation.retire_topic(topic, self.user)

    def _restore(self) -> TreeChange | None:
        return curation.bring_back_topic(self._own(), self.user)


def tree_url(catalogue: Catalogue, **chosen: int | None) -> str:
    """The page of a catalogue's tree, with a topic chosen and a change just done."""
    url = reverse("admin:catalog_topic_tree", args=[catalogue.slug])
    given = {name: key for name, key in chosen.items() if key}
    return f"{url}?{urlencode(given)}" if given else url


def number_of(asked: QueryDict, name: str) -> int | None:
    return read_key(str(asked.get(name, "")))


def _place(asked: QueryDict, name: str) -> int | None:
    """A key, or None where nothing is given; what is no key is nowhere to go."""
    if not asked.get(name):
        return None
    key = number_of(asked, name)
    if key is None:
        raise Refused("There is no such place in the tree.")
    return key


def _user(request: HttpRequest) -> Any:
    if not request.user.is_authenticated:
        raise Http404
    return request.user


@admin.register(TreeChange)
class TreeChangeAdmin(ReadOnlyAdmin):
    """All that curators did to trees; undone on the page of the tree."""

    list_display = ["words", "catalogue", "made_by", "made_at", "undone_at"]
    list_select_related = ["catalogue", "made_by"]
    list_filter = ["catalogue"]
    search_fields = ["words"]
    date_hierarchy = "made_at"
    exclude = ["rows"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[TreeChange]:
        return super().get_queryset(request).defer("rows")
