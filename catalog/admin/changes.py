"""All changes in the admin: the latest groups, the rows of one, and taking one back."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_safe

from catalog.admin.frame import framed
from catalog.admin.undoing import (
    SHOWN_OPEN,
    UndoViews,
    address_of,
    check,
    found_group,
    may_change_some,
)
from catalog.history.groups import Group, Wanted, latest
from catalog.history.tables import Model, events_of, model_named, tracked_models
from catalog.history.words import Change, changes
from catalog.keys import read_key
from catalog.models import Run
from catalog.models.upkeep import RunJob

_FEW, _MANY = 20, 100
_TABLES = 5


def urls_of(site: admin.AdminSite) -> list[URLPattern]:
    views, undoing = ChangeViews(site), UndoViews(site)

    def at(route: str, view: Any, name: str) -> URLPattern:
        pattern: URLPattern = path(route, site.admin_view(view), name=name)
        return pattern

    return [
        at("changes/", require_safe(views.listed), "changes"),
        at("changes/<uuid:key>/", require_safe(views.group), "change_group"),
        at("changes/<uuid:key>/undo/", undoing.undo, "change_undo"),
        at("changes/undo/<int:pk>/", undoing.run, "change_undo_run"),
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


class ChangeViews:
    """The pages of all changes, for those who may see the history."""

    def __init__(self, site: admin.AdminSite) -> None:
        self.site = site

    def listed(self, request: HttpRequest) -> HttpResponse:
        check(request)
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
        check(request)
        group = found_group(key)
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
            "can_undo": bool(group.counts) and may_change_some(request, group),
        }
        return framed(self.site, request, "admin/catalog/changes/group.html", context)

    def _parts(self, group: Group, kind: Model | None, after: int) -> list[Part]:
        parts = []
        limit = _MANY if kind else _FEW
        # Of a group that touched many tables, those that tell most; the others are a link away.
        telling = [one for one in group.counts if one.model in SHOWN_OPEN]
        shown_of = telling if len(group.counts) > _TABLES and telling else group.counts
        for count in group.counts if kind else shown_of[:_TABLES]:
            if kind and count.model is not kind:
                continue
            events = events_of(count.model).objects.filter(pgh_context=group.key)
            if kind:
                events = events.filter(pgh_id__gt=after)
            found = changes(count.model, events.order_by("pgh_id"), limit=limit + 1)
            shown = [(one, address_of(one.row)) for one in found[:limit]]
            more = len(found) > limit
            last = found[limit - 1].event.pk if more and kind else 0
            parts.append(Part(count.label, count.noun, shown, more, last))
        return parts


def _read_before(text: str) -> tuple[datetime, uuid.UUID] | None:
    when, _, key = text.partition("_")
    try:
        return datetime.fromisoformat(when), uuid.UUID(key)
    except ValueError:
        return None
