"""The queue of venues that sources suggest: listed as → suggested, with the evidence, accepted or rejected with one click."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Case, Count, F, Q, QuerySet, TextChoices, Value, When
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse

from catalog import curation
from catalog.admin.acts import offer_undo
from catalog.admin.base import ReadOnlyAdmin, column
from catalog.admin.frame import framed
from catalog.admin.words import in_words
from catalog.folding import fold
from catalog.keys import read_keys
from catalog.models import FieldStatement, Source, Venue, VenueSuggestion
from catalog.roles import reachable

_PER_PAGE = 40
MOST_AT_ONCE = 500  # lines to look at
_MOST_CHOSEN = 5000  # rows of an action


class Kind(TextChoices):
    """What a suggestion rests on, the strongest first."""

    REFERENCE = "reference", "a journal reference on arXiv"
    REMARK = "remark", "the authors’ remark on arXiv"
    IDENTIFIER = "identifier", "an identifier of the proceedings"
    LIST = "list", "another line of the list"
    SERVICE = "service", "a citation service"


_KIND = Case(
    When(source=Source.ARXIV, paper__journal_ref=F("text"), then=Value(Kind.REFERENCE)),
    When(source=Source.ARXIV, then=Value(Kind.REMARK)),
    When(source__in=[Source.ACL, Source.CROSSREF, Source.OPENREVIEW], then=Value(Kind.IDENTIFIER)),
    When(source=Source.LIST, then=Value(Kind.LIST)),
    default=Value(Kind.SERVICE),
)


@dataclass
class Line:
    """One suggestion as the queue shows it."""

    row: Any
    agree: list[str] = field(default_factory=list)  # other sources that name the venue
    disagree: list[str] = field(default_factory=list)

    @property
    def kind(self) -> str:
        return str(Kind(self.row.kind).label)

    @property
    def listed(self) -> str:
        label, year = self.row.paper.venue_label or "no venue", self.row.paper.year
        return f"{label} {year}" if year and str(year) not in label else label

    @property
    def year_words(self) -> str:
        listed, suggested = self.row.paper.year, self.row.year
        if not suggested:
            return "names no year"
        if not listed:
            return f"the year {suggested} is new"
        if listed == suggested:
            return "the year agrees"
        return f"the year goes from {listed} to {suggested}"

    @property
    def links(self) -> list[tuple[str, str]]:
        return [
            (str(one), one.url)
            for one in self.row.paper.identifiers.all()
            if one.url.startswith("http")
        ][:4]

    @property
    def seen(self) -> str:
        """What the curator saw: an acceptance after it has changed is asked again."""
        paper = self.row.paper
        return f"{self.row.pk}:{paper.venue_id or 0}:{paper.year or 0}"


@admin.register(VenueSuggestion)
class VenueSuggestionAdmin(ReadOnlyAdmin):
    """Where sources say that papers appeared. The queue is for deciding; the list shows what was decided."""

    change_list_template = "admin/catalog/venue_change_list.html"
    list_display = [
        "venue_name",
        "year",
        "distinction",
        "paper_",
        "listed_as",
        "text",
        "source",
        "status",
        "decided_by",
    ]
    list_select_related = ["paper__venue", "decided_by"]
    list_filter = ["status", "source", "venue_name"]
    search_fields = ["venue_name", "text", "paper__title"]
    actions = ["accept", "reject", "reopen"]

    paper_ = staticmethod(column("paper", "paper"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[VenueSuggestion]:
        """What waits comes first."""
        order = Case(When(status=VenueSuggestion.Status.OPEN, then=0), default=1)
        return super().get_queryset(request).order_by(order, "pk")

    @admin.display(description="listed as")
    def listed_as(self, suggestion: VenueSuggestion) -> str:
        return suggestion.paper.venue_label or "–"

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("catalog.change_venuesuggestion")

    @admin.action(description="Accept", permissions=["decide"])
    def accept(self, request: HttpRequest, queryset: QuerySet[VenueSuggestion]) -> None:
        if rows := self._chosen(request, queryset):
            self._accept(request, rows, "")

    @admin.action(description="Reject", permissions=["decide"])
    def reject(self, request: HttpRequest, queryset: QuerySet[VenueSuggestion]) -> None:
        if rows := self._chosen(request, queryset):
            curation.note_act("rejected suggested venues")
            number = curation.reject_venues(rows, request.user)  # type: ignore[arg-type]  # staff only
            self.message_user(request, f"Rejected: {number:,}.", messages.SUCCESS)

    @admin.action(description="Decide again on rejected ones", permissions=["decide"])
    def reopen(self, request: HttpRequest, queryset: QuerySet[VenueSuggestion]) -> None:
        if rows := self._chosen(request, queryset):
            number = curation.reopen_venues(rows)
            self.message_user(request, f"To be decided again: {number:,}.", messages.SUCCESS)

    def _chosen(
        self, request: HttpRequest, queryset: QuerySet[VenueSuggestion]
    ) -> QuerySet[VenueSuggestion] | None:
        """The rows of an action, free of what the list joins to them; None where they are too many."""
        keys = list(queryset.order_by().values_list("pk", flat=True)[: _MOST_CHOSEN + 1])
        if len(keys) > _MOST_CHOSEN:
            text = f"At most {_MOST_CHOSEN:,} at once: narrow the search or the filters."
            self.message_user(request, text, messages.ERROR)
            return None
        return VenueSuggestion.objects.filter(pk__in=keys)

    # The queue

    def get_urls(self) -> list[URLPattern]:
        def at(route: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
            def answer(request: HttpRequest) -> HttpResponse:
                return in_words(request, partial(view, request))

            return path(
                route, self.admin_site.admin_view(answer), name=f"catalog_venuesuggestion_{name}"
            )

        return [
            at("queue/", self.queue_view, "queue"),
            at("queue/all/", self.all_view, "accept_all"),
            *super().get_urls(),
        ]

    def queue_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            if not self.has_decide_permission(request):
                raise PermissionDenied
            return self._decide(request)
        rows = waiting(request.user)
        kind = request.GET.get("kind", "")
        kinds = _kinds(rows)
        if kind in Kind.values:
            rows = rows.filter(kind=kind)
        page = Paginator(rows, _PER_PAGE).get_page(request.GET.get("page"))
        context = {
            "title": "Venues that sources suggest",
            "page": page,
            "lines": _lines(page.object_list),
            "kinds": kinds,
            "kind": kind if kind in Kind.values else "",
            "may_decide": self.has_decide_permission(request),
        }
        return framed(self, request, "admin/catalog/venue_queue.html", context)

    def _decide(self, request: HttpRequest) -> HttpResponse:
        verb = "accept" if "accept" in request.POST else "reject"
        wanted = request.POST.get(verb, "")
        chosen = list(waiting(request.user).filter(pk__in=_keys([wanted])))
        back = self._back(request, chosen)
        if not chosen:
            _check_reach(request, _keys([wanted]))
            messages.warning(request, "This was decided meanwhile.")
        elif verb == "reject":
            curation.note_act("rejected a suggested venue")
            rows = VenueSuggestion.objects.filter(pk=chosen[0].pk)
            curation.reject_venues(rows, request.user)  # type: ignore[arg-type]  # staff only
            messages.success(request, f"Rejected: {chosen[0]} for “{chosen[0].paper}”.")
        elif _line(chosen[0]).seen != wanted:
            messages.warning(request, f"“{chosen[0].paper}” was changed meanwhile: look again.")
        else:
            self._accept(request, VenueSuggestion.objects.filter(pk=chosen[0].pk), back)
        return HttpResponseRedirect(back)

    def _back(self, request: HttpRequest, chosen: list[VenueSuggestion]) -> str:
        """The same place of the queue: where the next row comes up."""
        asked = {name: request.POST[name] for name in ("kind", "page") if request.POST.get(name)}
        rows = waiting(request.user)
        if asked.get("kind") in Kind.values:
            rows = rows.filter(kind=asked["kind"])
        order = list(rows.values_list("pk", flat=True)[: _PER_PAGE * 50])
        place = order.index(chosen[0].pk) if chosen and chosen[0].pk in order else None
        beside = order[place + 1 : place + 2] or order[:1] if place is not None else []
        mark = f"#row-{beside[0]}" if beside else ""
        query = f"?{urlencode(asked)}" if asked else ""
        return f"{reverse('admin:catalog_venuesuggestion_queue')}{query}{mark}"

    def all_view(self, request: HttpRequest) -> HttpResponse:
        """All of one kind, after a look at each."""
        if not self.has_decide_permission(request):
            raise PermissionDenied
        kind = request.GET.get("kind", "")
        if kind not in Kind.values:
            return HttpResponseRedirect(reverse("admin:catalog_venuesuggestion_queue"))
        rows = waiting(request.user).filter(kind=kind)
        if request.method == "POST":
            return self._accept_all(request, rows)
        context = {
            "title": f"Accept all that rest on {Kind(kind).label}",
            "lines": _lines(rows[:MOST_AT_ONCE]),
            "number": rows.count(),
            "most": MOST_AT_ONCE,
        }
        return framed(self, request, "admin/catalog/venue_accept_all.html", context)

    def _accept_all(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse:
        queue = reverse("admin:catalog_venuesuggestion_queue")
        seen = set(request.POST.getlist("seen")[:MOST_AT_ONCE])
        _check_reach(request, _keys(seen))
        standing = {line.seen: line.row for line in _lines(rows.filter(pk__in=_keys(seen)))}
        agreed = [row.pk for mark, row in standing.items() if mark in seen]
        if len(agreed) < len(seen):
            text = f"Changed or decided meanwhile, and left: {len(seen) - len(agreed)}."
            messages.warning(request, text)
        if agreed:
            self._accept(request, VenueSuggestion.objects.filter(pk__in=agreed), queue)
        return HttpResponseRedirect(queue)

    def _accept(self, request: HttpRequest, rows: Iterable[VenueSuggestion], back: str) -> None:
        curation.note_act("accepted suggested venues")
        try:
            act = curation.accept_venues(rows, request.user)  # type: ignore[arg-type]  # staff only
        except curation.Refused as error:
            messages.warning(request, str(error))
            return
        offer_undo(request, f"Accepted: {act.title}.", act, back)


def waiting(user: Any) -> "QuerySet[Any]":
    """What a user may decide on, the strongest first."""
    rows = (
        VenueSuggestion.objects.filter(status=VenueSuggestion.Status.OPEN, paper__merged_into=None)
        .annotate(kind=_KIND)
        .select_related("paper__venue")
        .prefetch_related("paper__identifiers")
    )
    rows = reachable(user, rows)
    order = Case(
        *(When(kind=kind, then=place) for place, kind in enumerate(Kind.values)), default=9
    )
    preprint = Case(
        When(Q(paper__venue=None) | Q(paper__venue__kind=Venue.Kind.PREPRINT), then=0), default=1
    )
    return rows.order_by(preprint, order, "pk")


def _check_reach(request: HttpRequest, keys: list[int]) -> None:
    """Refuse what the queue does not show to who is asking."""
    rows = VenueSuggestion.objects.filter(pk__in=keys)
    if reachable(request.user, rows).count() < rows.count():
        raise PermissionDenied


def _kinds(rows: "QuerySet[Any]") -> list[tuple[str, str, int]]:
    counted = rows.order_by().values("kind").annotate(number=Count("pk"))
    found = dict(counted.values_list("kind", "number"))
    return [
        (kind.value, str(kind.label), found[kind.value]) for kind in Kind if kind.value in found
    ]


def _keys(seen: Iterable[str]) -> list[int]:
    return read_keys(one.partition(":")[0] for one in seen)


def _line(row: Any) -> Line:
    return _lines([row])[0]


def _lines(rows: Iterable[Any]) -> list[Line]:
    """The rows with what other sources say of the venue."""
    lines = [Line(row) for row in rows]
    papers = {line.row.paper_id for line in lines}
    said = FieldStatement.objects.filter(paper__in=papers, field="venue")
    words: dict[int, list[tuple[str, str]]] = {}
    for one in said.order_by("source"):
        words.setdefault(one.paper_id, []).append((str(one.get_source_display()), str(one.value)))
    others = VenueSuggestion.objects.filter(paper__in=papers).exclude(
        status=VenueSuggestion.Status.REJECTED
    )
    for other in others:
        words.setdefault(other.paper_id, []).append(
            (str(other.get_source_display()), other.venue_name)
        )
    for line in lines:
        own = (str(line.row.get_source_display()), line.row.venue_name)
        for source, name in dict.fromkeys(words.get(line.row.paper_id, ())):
            if (source, name) == own:
                continue
            if fold(name) == fold(line.row.venue_name):
                line.agree.append(source)
            else:
                line.disagree.append(f"{source}: {name}")
    return lines
