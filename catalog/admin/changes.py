"""All changes in the admin: the latest groups, the rows of one, and taking one back."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.views.decorators.http import require_safe

from catalog import curation
from catalog.admin.frame import framed
from catalog.admin.words import in_words
from catalog.history import undo
from catalog.history.groups import Group, Wanted, group_named, latest
from catalog.history.plan import TablePlan, UndoPlan, plan_undo
from catalog.history.tables import SILENT, Model, columns_of, events_of, model_named, tracked_models
from catalog.history.words import Change, Names, changes
from catalog.keys import read_key
from catalog.models import Author, Paper, Placement, Repository, Run, Topic, Venue
from catalog.models.upkeep import RunJob
from catalog.roles import is_narrowed, is_shared, reachable, reaches

# What is added around papers, like their authors, goes and comes with them, whoever may change it by itself.
_COME_WITH_PAPERS = (Author, Venue, Repository)
_SHOWN_OPEN = (Paper, Topic, Placement)
_FEW, _MANY = 20, 100
_TABLES = 5
_OBSTACLES = 200
# More rows than this of an editor of certain catalogues are not looked at one by one.
_MOST_NARROWED = 5000


def urls_of(site: admin.AdminSite) -> list[URLPattern]:
    views = ChangeViews(site)

    def at(route: str, view: Any, name: str) -> URLPattern:
        pattern: URLPattern = path(route, site.admin_view(view), name=name)
        return pattern

    return [
        at("changes/", require_safe(views.listed), "changes"),
        at("changes/<uuid:key>/", require_safe(views.group), "change_group"),
        at("changes/<uuid:key>/undo/", views.undo, "change_undo"),
    ]


class ChangeFilter(forms.Form):
    """Which groups of changes are wanted."""

    person = forms.ModelChoiceField(
        User.objects.filter(is_staff=True).order_by("username"),
        required=False,
        empty_label="anybody",
    )
    job = forms.ChoiceField(choices=[("", "any"), *RunJob.choices], required=False)
    kind = forms.ChoiceField(required=False)
    since = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))
    text = forms.CharField(required=False, max_length=200, label="Words of it")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [(one._meta.label_lower, str(one._meta.verbose_name)) for one in tracked_models()]
        kind = self.fields["kind"]
        assert isinstance(kind, forms.ChoiceField)  # noqa: S101  # as declared above
        kind.choices = [("", "anything"), *sorted(names, key=lambda name: name[1])]

    def wanted(self, before: tuple[datetime, uuid.UUID] | None) -> Wanted:
        data = self.cleaned_data
        return Wanted(
            person=data["person"].pk if data["person"] else None,
            job=data["job"],
            model=model_named(data["kind"]) if data["kind"] else None,
            since=data["since"],
            until=data["until"],
            text=data["text"],
            before=before,
        )


@dataclass(slots=True)
class Part:
    """What a page shows of one table."""

    label: str
    noun: str
    changes: list[tuple[Change, str]]
    more: bool = False
    after: int = 0


@dataclass(slots=True)
class UndoPart:
    """What taking back does to one table, with some of its rows."""

    noun: str
    words: str
    is_open: bool
    samples: list[tuple[str, str, str, list[tuple[str, str, str]]]] = field(default_factory=list)
    more: int = 0


class ChangeViews:
    """The pages of all changes, for those who may see the history."""

    def __init__(self, site: admin.AdminSite) -> None:
        self.site = site

    def listed(self, request: HttpRequest) -> HttpResponse:
        _check(request)
        given = request.GET.copy()
        before = _read_before(given.pop("before", [""])[-1])
        form = ChangeFilter(given)
        groups, has_more = latest(form.wanted(before)) if form.is_valid() else ([], False)
        older = given.copy()
        if groups:
            older["before"] = f"{groups[-1].when.isoformat()}_{groups[-1].key}"
        context = {
            "title": "Changes",
            "form": form,
            "groups": groups,
            "older": older.urlencode() if has_more else "",
            "first_page": given.urlencode(),
            "is_later": before is not None,
            "is_filtered": any(given.values()),
        }
        return framed(self.site, request, "admin/catalog/changes/list.html", context)

    def group(self, request: HttpRequest, key: uuid.UUID) -> HttpResponse:
        _check(request)
        group = _group(key)
        kind = model_named(request.GET.get("kind", ""))
        run = (
            Run.objects.select_related("catalogue").filter(pk=group.by.run).first()
            if group.by.run
            else None
        )
        context = {
            "title": f"Changes of {group.by.who}",
            "group": group,
            "run": run,
            "kind": kind._meta.label_lower if kind else "",
            "parts": self._parts(group, kind, read_key(request.GET.get("after", "")) or 0),
            "can_undo": bool(group.counts) and _may_change_some(request, group),
        }
        return framed(self.site, request, "admin/catalog/changes/group.html", context)

    def _parts(self, group: Group, kind: Model | None, after: int) -> list[Part]:
        parts = []
        limit = _MANY if kind else _FEW
        # Of a group that touched many tables, those that tell most; the others are a link away.
        telling = [one for one in group.counts if one.model in _SHOWN_OPEN]
        shown_of = telling if len(group.counts) > _TABLES and telling else group.counts
        for count in group.counts if kind else shown_of[:_TABLES]:
            if kind and count.model is not kind:
                continue
            events = events_of(count.model).objects.filter(pgh_context=group.key)
            if kind:
                events = events.filter(pgh_id__gt=after)
            found = changes(count.model, events.order_by("pgh_id"), limit=limit + 1)
            shown = [(one, self._address(one.row)) for one in found[:limit]]
            more = len(found) > limit
            last = found[limit - 1].event.pk if more and kind else 0
            parts.append(Part(count.label, count.noun, shown, more, last))
        return parts

    def undo(self, request: HttpRequest, key: uuid.UUID) -> HttpResponse:
        """Show what taking a group back, or one row of it, would do; when posted, do exactly that."""
        _check(request)
        group = _group(key)
        only = _read_row(request.GET.get("row", ""))
        if not _may_change_some(request, group):
            raise PermissionDenied
        if request.method == "POST":
            return in_words(request, partial(self._take_back, request, group, only))
        return self._show(request, group, only)

    def _take_back(
        self, request: HttpRequest, group: Group, only: tuple[Model, int] | None
    ) -> HttpResponse:
        curation.hold_off_imports()
        for_good = _offers_for_good(group) and request.POST.get("for_good") == "1"
        shown = request.POST.get("digest") or "none"
        if plan_undo(group.key, only).digest() != shown:
            notice = "Something was changed since this page was shown: nothing was taken back. This is what would happen now."
            return self._show(request, group, only, notice)
        if forbidden := _forbidden(request, plan_undo(group.key, only, for_good=for_good)):
            return self._show(request, group, only, forbidden)
        why = request.POST.get("why", "").strip()
        try:
            with transaction.atomic():
                done = undo.take_back(
                    group.key, request.user, only=only, for_good=for_good, why=why
                )
        except curation.Refused as error:
            return self._show(request, group, only, f"Nothing was taken back. {error}")
        size = done.plan.size()
        text = f"Taken back: {size:,} row{'' if size == 1 else 's'}."
        if done.obstacles:
            text += f" {len(done.obstacles):,} stayed as they are, because they were changed since."
        messages.success(request, text)
        return HttpResponseRedirect(reverse("admin:change_group", args=[group.key]))

    def _show(
        self,
        request: HttpRequest,
        group: Group,
        only: tuple[Model, int] | None,
        notice: str = "",
    ) -> HttpResponse:
        would = undo.preview(group.key, only)
        obstacles = would.obstacles[:_OBSTACLES]
        rows = _rows_of([(one.model, one.key) for one in obstacles])
        context = {
            "title": "Take changes back",
            "notice": notice,
            "group": group,
            "parts": [self._undo_part(table) for table in would.plan.tables if table],
            "obstacles": [
                (one, self._address(rows.get((one.model, one.key)))) for one in obstacles
            ],
            "obstacle_count": len(would.obstacles),
            "more_obstacles": max(0, len(would.obstacles) - _OBSTACLES),
            "unlisted": len(would.unlisted),
            "is_large": would.plan.size() > undo.TRIED_OUT,
            "digest": would.digest,
            "forbidden": would.refusal or _forbidden(request, would.plan),
            "offers_for_good": only is None and _offers_for_good(group),
            # What comes on schedule would come again; a file is mended and imported anew.
            "for_good": not group.by.is_person,
        }
        return framed(self.site, request, "admin/catalog/changes/undo.html", context)

    def _undo_part(self, table: TablePlan) -> UndoPart:
        verbs = [
            ("put back", len(table.restores)),
            ("return", len(table.returns)),
            ("go, as they were added", len(table.removals)),
        ]
        words = ", ".join(f"{number:,} {verb}" for verb, number in verbs if number)
        part = UndoPart(table.noun, words, table.model in _SHOWN_OPEN)
        part.samples = [*self._samples(table)][:_FEW]
        part.more = max(
            0, len(table.restores) + len(table.returns) + len(table.removals) - len(part.samples)
        )
        return part

    def _samples(
        self, table: TablePlan
    ) -> Iterator[tuple[str, str, str, list[tuple[str, str, str]]]]:
        keys = [*list(table.restores)[:_FEW], *sorted(table.removals)[:_FEW]]
        rows = table.model._default_manager.in_bulk(keys)
        wanted = [pk for key in list(table.restores)[:_FEW] for pk, _ in table.restores[key]]
        back = list(table.returns.values())[:_FEW]
        events = events_of(table.model).objects.in_bulk([*wanted, *back])
        names = Names(table.model, [*rows.values(), *events.values()])
        for key in list(table.restores)[:_FEW]:
            if row := rows.get(key):
                values = list(_values(table, key, row, events, names))
                yield names.row(row), self._address(row), "", values
        for pk in back:
            yield names.row(events[pk]), "", "returns", []
        for key in sorted(table.removals)[:_FEW]:
            if row := rows.get(key):
                yield names.row(row), self._address(row), "goes", []

    def _address(self, row: Any) -> str:
        """The admin page of a row that is there."""
        if row is None or row.pk is None:
            return ""
        options = row._meta
        try:
            return reverse(f"admin:{options.app_label}_{options.model_name}_change", args=[row.pk])
        except NoReverseMatch:
            return ""


def _values(
    table: TablePlan, key: int, row: Any, events: dict[int, Any], names: Names
) -> Iterator[tuple[str, str, str]]:
    for pk, columns in table.restores[key]:
        for one in columns_of(table.model):
            wanted = columns is None or one.name in columns
            same = getattr(row, one.attname) == getattr(events[pk], one.attname)
            if wanted and not same and one.name not in SILENT:
                yield str(one.verbose_name), names.value(one, row), names.value(one, events[pk])


def _rows_of(pairs: list[tuple[Model, int]]) -> dict[tuple[Model, int], Any]:
    found: dict[tuple[Model, int], Any] = {}
    for model in {model for model, _ in pairs}:
        rows = model._default_manager.in_bulk([key for one, key in pairs if one is model])
        found |= {(model, key): row for key, row in rows.items()}
    return found


def _check(request: HttpRequest) -> None:
    if not request.user.has_perm("pghistory.view_context"):
        raise PermissionDenied


def _group(key: uuid.UUID) -> Group:
    group = group_named(key)
    if group is None:
        raise Http404
    return group


def _may_change(request: HttpRequest, model: Model) -> bool:
    options = model._meta
    if is_shared(model) and is_narrowed(request.user):
        return False
    return request.user.has_perm(f"{options.app_label}.change_{options.model_name}")


def _may_change_some(request: HttpRequest, group: Group) -> bool:
    return any(_may_change(request, count.model) for count in group.counts)


def _forbidden(request: HttpRequest, plan: UndoPlan) -> str:
    """Why the user may not take this back; empty if they may."""
    for table in plan.tables:
        if not table:
            continue
        if table.model in _COME_WITH_PAPERS and not table.restores:
            continue
        if not _may_change(request, table.model):
            return f"You may not change {table.noun}: ask somebody who may to take this back."
        if is_narrowed(request.user) and not _reaches_all(request.user, table):
            return "Some of it is not in your catalogues: ask somebody who edits all of them to take this back."
    return ""


def _reaches_all(user: Any, table: TablePlan) -> bool:
    keys = [*table.removals, *table.retires, *table.restores]
    if len(keys) + len(table.returns) > _MOST_NARROWED:
        return False
    rows = table.model._default_manager.filter(pk__in=keys)
    if rows.exclude(
        pk__in=reachable(user, table.model._default_manager.all()).values("pk")
    ).exists():
        return False
    fields = columns_of(table.model)
    return all(
        reaches(user, table.model(**{one.attname: getattr(event, one.attname) for one in fields}))
        for event in events_of(table.model).objects.filter(pk__in=table.events)
    )


def _offers_for_good(group: Group) -> bool:
    return group.by.run is not None


def _read_before(text: str) -> tuple[datetime, uuid.UUID] | None:
    when, _, key = text.partition("_")
    try:
        return datetime.fromisoformat(when), uuid.UUID(key)
    except ValueError:
        return None


def _read_row(text: str) -> tuple[Model, int] | None:
    """Read "catalog.placement:12"; nothing for nothing, 404 for what names no row."""
    if not text:
        return None
    label, _, number = text.partition(":")
    model, key = model_named(label), read_key(number)
    if model is None or key is None:
        raise Http404
    return model, key
