"""Taking changes back in the admin: what would happen, doing exactly that, and how far a job is that does it."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import NoReverseMatch, reverse
from django_htmx.http import HttpResponseClientRefresh

from catalog import curation
from catalog.admin.acts import tables_of
from catalog.admin.frame import framed
from catalog.admin.words import in_words
from catalog.history import large, undo
from catalog.history.groups import Group, group_named
from catalog.history.plan import TablePlan, plan_undo
from catalog.history.rights import may_change, why_not
from catalog.history.tables import SILENT, Model, columns_of, events_of, model_named
from catalog.history.words import Names
from catalog.keys import read_key
from catalog.models import Paper, Placement, Run, Topic

SHOWN_OPEN = (Paper, Topic, Placement)
_FEW = 20
_OBSTACLES = 200
_NOT_SENT = "The jobs cannot be reached just now. Try again in a moment."
_CHANGED = "Something was changed since this page was shown: nothing was taken back. This is what would happen now."


@dataclass(slots=True)
class UndoPart:
    """What taking back does to one table, with some of its rows."""

    noun: str
    words: str
    is_open: bool
    samples: list[tuple[str, str, str, list[tuple[str, str, str]]]] = field(default_factory=list)
    more: int = 0


class UndoViews:
    """The pages of taking back, for those who may see the history and change some of what is in it."""

    def __init__(self, site: admin.AdminSite) -> None:
        self.site = site

    def undo(self, request: HttpRequest, key: uuid.UUID) -> HttpResponse:
        """Show what taking a group back, or one row of it, would do; when posted, do exactly that."""
        check(request)
        group = found_group(key)
        only = _read_row(request.GET.get("row", ""))
        if not may_change_some(request, group):
            raise PermissionDenied
        if run := _under_way(group.key):
            return HttpResponseRedirect(reverse("admin:change_undo_run", args=[run.pk]))
        if request.method == "POST":
            return in_words(request, partial(self._take_back, request, group, only))
        return self._show(request, group, only)

    def _take_back(
        self, request: HttpRequest, group: Group, only: tuple[Model, int] | None
    ) -> HttpResponse:
        for_good = _offers_for_good(group) and request.POST.get("for_good") == "1"
        shown = request.POST.get("digest") or "none"
        why = " ".join(request.POST.get("why", "").split())[:500]
        plan = plan_undo(group.key, only)
        if plan.size() > undo.LARGE:
            if plan.digest() != shown:
                return self._show(request, group, only, _CHANGED)
            if reason := why_not(request.user, plan):
                return self._show(request, group, only, reason)
            run = large.ask(group.key, request.user, for_good=for_good, digest=shown, why=why)
            return self._begin(request, run)
        try:
            with transaction.atomic():
                done = undo.take_back(
                    group.key,
                    request.user,
                    only=only,
                    for_good=for_good,
                    digest=shown,
                    why=why,
                    why_not=partial(why_not, request.user),
                )
        except undo.Outdated:
            return self._show(request, group, only, _CHANGED)
        except curation.Refused as error:
            return self._show(request, group, only, f"Nothing was taken back. {error}")
        messages.success(request, large.words(done))
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
            "acts": [(one, one.title, tables_of(one)) for one in would.plan.acts],
            "trees": would.plan.trees,
            "is_anything": bool(would.plan),
            "parts": [_undo_part(table) for table in would.plan.tables if table],
            "obstacles": [(one, address_of(rows.get((one.model, one.key)))) for one in obstacles],
            "obstacle_count": len(would.obstacles),
            "more_obstacles": max(0, len(would.obstacles) - _OBSTACLES),
            "unlisted": len(would.unlisted),
            "is_large": would.is_large,
            "was_tried": would.was_tried or not would.plan,
            "digest": would.digest,
            "forbidden": would.refusal or why_not(request.user, would.plan),
            "offers_for_good": only is None and _offers_for_good(group),
            # What comes on schedule would come again; a file is mended and imported anew.
            "for_good": not group.by.is_person,
        }
        return framed(self.site, request, "admin/catalog/changes/undo.html", context)

    # By a job

    def _begin(self, request: HttpRequest, run: Run) -> HttpResponse:
        def send() -> None:
            if not large.send(run):
                messages.error(request, _NOT_SENT)

        transaction.on_commit(send)
        return HttpResponseRedirect(reverse("admin:change_undo_run", args=[run.pk]))

    def run(self, request: HttpRequest, pk: int) -> HttpResponse:
        """How far a job is that takes a group back, and what became of it."""
        check(request)
        run = get_object_or_404(Run.objects.filter(job=Run.Job.TAKE_BACK), pk=pk)
        group = found_group(uuid.UUID(run.details["group"]))
        if request.method == "POST":
            if not may_change_some(request, group):
                raise PermissionDenied
            return in_words(request, partial(self._go_on, request, run, group))
        done, total = large.progress_of(run)
        is_running = run.status == Run.Status.RUNNING
        if "HX-Request" in request.headers and not is_running:
            return HttpResponseClientRefresh()
        context = {
            "title": "Taking changes back",
            "run": run,
            "group": group,
            "is_running": is_running,
            "is_done": run.status == Run.Status.DONE,
            "waits": is_running and not large.is_at_work(run),
            "done": done,
            "total": total,
            "left": run.details.get("left", [])[:_OBSTACLES],
            "more_left": max(0, run.left - _OBSTACLES),
            "may_go_on": may_change_some(request, group),
            "can_agree": run.status == Run.Status.REFUSED and bool(run.details.get("refused")),
        }
        name = "_undo_progress" if "HX-Request" in request.headers else "undo_run"
        return framed(self.site, request, f"admin/catalog/changes/{name}.html", context)

    def _go_on(self, request: HttpRequest, run: Run, group: Group) -> HttpResponse:
        """Send a job again that no worker has; or do what was tried out, and leave what found its place taken."""
        if why_not(request.user, plan_undo(group.key)):
            raise PermissionDenied
        if run.status == Run.Status.RUNNING:
            return self._begin(request, run)
        refused = run.details.get("refused") or []
        if run.status != Run.Status.REFUSED or not refused:
            raise PermissionDenied
        asked = run.details
        again = large.ask(
            group.key,
            request.user,
            for_good=asked["for_good"],
            digest=asked["digest"],
            why=asked["why"],
            agreed=[(label, key) for label, key in refused],
        )
        return self._begin(request, again)


def check(request: HttpRequest) -> None:
    if not request.user.has_perm("pghistory.view_context"):
        raise PermissionDenied


def found_group(key: uuid.UUID) -> Group:
    group = group_named(key)
    if group is None:
        raise Http404
    return group


def may_change_some(request: HttpRequest, group: Group) -> bool:
    return any(may_change(request.user, count.model) for count in group.counts)


def address_of(row: Any) -> str:
    """The admin page of a row that is there."""
    if row is None or row.pk is None:
        return ""
    options = row._meta
    try:
        return reverse(f"admin:{options.app_label}_{options.model_name}_change", args=[row.pk])
    except NoReverseMatch:
        return ""


def _under_way(key: uuid.UUID) -> Run | None:
    """The job that takes a group back at this time."""
    runs = Run.objects.filter(job=Run.Job.TAKE_BACK, status=Run.Status.RUNNING)
    return runs.filter(details__group=str(key)).first()


def _undo_part(table: TablePlan) -> UndoPart:
    verbs = [
        ("put back", len(table.restores)),
        ("return", len(table.returns)),
        ("go, as they were added", len(table.removals)),
    ]
    words = ", ".join(f"{number:,} {verb}" for verb, number in verbs if number)
    part = UndoPart(table.noun, words, table.model in SHOWN_OPEN)
    part.samples = [*_samples(table)][:_FEW]
    total = len(table.restores) + len(table.returns) + len(table.removals)
    part.more = max(0, total - len(part.samples))
    return part


def _samples(table: TablePlan) -> Iterator[tuple[str, str, str, list[tuple[str, str, str]]]]:
    keys = [*list(table.restores)[:_FEW], *sorted(table.removals)[:_FEW]]
    rows = table.model._default_manager.in_bulk(keys)
    wanted = [pk for key in list(table.restores)[:_FEW] for pk, _ in table.restores[key]]
    back = list(table.returns.values())[:_FEW]
    events = events_of(table.model).objects.in_bulk([*wanted, *back])
    names = Names(table.model, [*rows.values(), *events.values()])
    for key in list(table.restores)[:_FEW]:
        if row := rows.get(key):
            values = list(_values(table, key, row, events, names))
            yield names.row(row), address_of(row), "", values
    for pk in back:
        yield names.row(events[pk]), "", "returns", []
    for key in sorted(table.removals)[:_FEW]:
        if row := rows.get(key):
            yield names.row(row), address_of(row), "goes", []


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


def _offers_for_good(group: Group) -> bool:
    """Whether a job did it, that may come again."""
    return group.by.run is not None and bool(group.by.job)


def _read_row(text: str) -> tuple[Model, int] | None:
    """Read "catalog.placement:12"; nothing for nothing, 404 for what names no row."""
    if not text:
        return None
    label, _, number = text.partition(":")
    model, key = model_named(label), read_key(number)
    if model is None or key is None:
        raise Http404
    return model, key
