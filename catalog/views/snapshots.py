"""Catalogues as they were on earlier days: to be read only, and for no search engine."""

from datetime import date
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from catalog.addresses import find_address
from catalog.models import Catalogue
from catalog.snapshots import Snapshot
from catalog.tree_history import Day, began, days

_DAYS = 50


class DayForm(forms.Form):
    """The day to look at."""

    on = forms.DateField(
        label="Day",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "Write the day like 2025-03-01."},
    )


@require_safe
def catalogue_past(request: HttpRequest, slug: str) -> HttpResponse:
    """The days on which the tree changed, and what changed."""
    catalogue = get_object_or_404(Catalogue, slug=slug)
    form = DayForm(request.GET)
    if form.is_valid() and form.cleaned_data["on"]:
        return redirect("catalogue-at", catalogue.slug, form.cleaned_data["on"])
    page = Paginator(days(catalogue), _DAYS).get_page(request.GET.get("page"))
    context = {"page": page, "form": form, **_frame(catalogue)}
    status = 200 if form.is_valid() else 400
    return _unindexed(render(request, "catalog/past.html", context, status=status))


@require_safe
def catalogue_at(request: HttpRequest, slug: str, day: date) -> HttpResponse:
    """The tree at the end of a day."""
    catalogue = get_object_or_404(Catalogue, slug=slug)
    if refusal := _nothing_to_see(catalogue, day):
        return _refused(request, catalogue, day, refusal)
    snapshot = Snapshot(catalogue, day)
    context = {
        "snapshot": snapshot,
        "branches": snapshot.branches(),
        "total": snapshot.counts.get(0, 0),
        **_frame(catalogue, day),
    }
    return _unindexed(render(request, "catalog/snapshot.html", context))


@require_safe
def topic_at(request: HttpRequest, slug: str, day: date, path: str) -> HttpResponse:
    """The papers under a topic at the end of a day."""
    catalogue = get_object_or_404(Catalogue, slug=slug)
    if refusal := _nothing_to_see(catalogue, day):
        return _refused(request, catalogue, day, refusal)
    snapshot = Snapshot(catalogue, day)
    one = snapshot.at(path)
    address = find_address(catalogue.slug, path)
    if one is None:
        was = snapshot.path_of(address.meant.pk, address.heir) if address else None
        if was:
            return redirect("topic-at", catalogue.slug, day, was)
        if address is None:
            raise Http404
        refusal = f"There was no topic “{address.meant.name}” on that day."
        return _refused(request, catalogue, day, refusal)
    page = snapshot.papers(one, request.GET.get("page"))
    now = catalogue.topics.select_related("catalogue", "merged_into__catalogue").filter(
        pk=one.topic.pk
    )
    context = {
        "snapshot": snapshot,
        "one": one,
        "now": now.first(),
        "above": snapshot.above(one),
        "branches": snapshot.branches(one.topic.pk),
        "page": page,
        "papers": snapshot.shown(page.object_list),
        **_frame(catalogue, day),
    }
    return _unindexed(render(request, "catalog/snapshot_topic.html", context))


def _nothing_to_see(catalogue: Catalogue, day: date) -> str:
    """Why there is no snapshot of a day; nothing where there is one."""
    first = began(catalogue)
    if first is None:
        return "This catalogue has no topics yet, and so no history."
    if day < first.date():
        return f"The history of this catalogue goes back to {_written(first.date())}: nothing is known of the time before."
    if day > timezone.now().date():
        return "That day is yet to come."
    return ""


def _written(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def _frame(catalogue: Catalogue, day: date | None = None) -> dict[str, Any]:
    """What every page of the past shows: the days to go to, and today's page."""
    first = began(catalogue)
    every = [one.day for one in days(catalogue)]
    return {
        "catalogue": catalogue,
        "day": day,
        "first": first.date() if first else None,
        "today": timezone.now().date(),
        "earlier": next((one for one in every if day and one < day), None),
        "later": next((one for one in reversed(every) if day and one > day), None),
    }


def _refused(request: HttpRequest, catalogue: Catalogue, day: date, why: str) -> HttpResponse:
    latest: list[Day] = list(days(catalogue)[:_DAYS])
    page = Paginator(latest, _DAYS).get_page(1)
    context = {"why": why, "page": page, "form": DayForm(), **_frame(catalogue, day)}
    return _unindexed(render(request, "catalog/past.html", context, status=404))


def _unindexed(response: HttpResponse) -> HttpResponse:
    response["X-Robots-Tag"] = "noindex"
    return response
