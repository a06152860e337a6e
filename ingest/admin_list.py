"""Where a catalogue's list stands: what came of the last import, when the next one is, what waits for a curator."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from catalog.admin.base import change_url
from catalog.admin.frame import framed
from catalog.curation import note_act
from catalog.keys import read_keys
from catalog.models import Catalogue, Problem, Run
from catalog.models.upkeep import RunJob
from catalog.roles import may_edit
from ingest.models import DeclinedChange, UploadedList

_TASK = "ingest.tasks.refresh_lists"
_PER_PAGE = 100


@dataclass(frozen=True, slots=True)
class ListState:
    """What the page of a catalogue says of its list."""

    last: Run | None
    next_at: datetime | None
    waiting: UploadedList | None
    conflicts: int
    declined: int

    @classmethod
    def of(cls, catalogue: Catalogue) -> "ListState":
        runs = Run.objects.filter(job=RunJob.IMPORT_LIST, catalogue=catalogue)
        conflicts = Problem.objects.open().filter(catalogue=catalogue, kind="list-conflict")
        return cls(
            runs.order_by("-started_at", "-pk").first(),
            next_import() if catalogue.list_url else None,
            UploadedList.objects.defer("packed").filter(slug=catalogue.slug, user=None).first(),
            conflicts.count(),
            DeclinedChange.objects.filter(catalogue=catalogue).count(),
        )


def next_import() -> datetime | None:
    """When the schedule fetches the lists next; None when nothing is scheduled."""
    task = PeriodicTask.objects.filter(task=_TASK, enabled=True).order_by("pk").first()
    if task is None:
        return None
    now = timezone.now()
    due, seconds = task.schedule.is_due(task.last_run_at or now)
    return now if due else now + timedelta(seconds=seconds)


class ListViews:
    """The pages beside a catalogue's imports."""

    def __init__(self, model_admin: ModelAdmin) -> None:  # type: ignore[type-arg]
        self.admin = model_admin

    def waiting(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Lead to the plan of the list that was left for the curators, if one was."""
        catalogue = self._catalogue(request, pk)
        left = UploadedList.objects.defer("packed").filter(slug=catalogue.slug, user=None).first()
        if left:
            return HttpResponseRedirect(reverse("admin:catalog_catalogue_plan", args=[left.pk]))
        text = "No list waits for a decision; a conflict is shown with the plan of the next import."
        self.admin.message_user(request, text, messages.INFO)
        return HttpResponseRedirect(change_url(catalogue))

    def declined(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show what the catalogue's curators never want to be asked again; forget what is ticked of it."""
        catalogue = self._catalogue(request, pk)
        rows = DeclinedChange.objects.filter(catalogue=catalogue).select_related("user")
        if request.method == "POST":
            note_act("let a list propose again what was declined")
            ticked = read_keys(request.POST.getlist("row"))
            number, _ = rows.filter(pk__in=ticked).delete()
            text = f"To be proposed again with the next import: {number}."
            self.admin.message_user(request, text, messages.SUCCESS)
            return HttpResponseRedirect(request.get_full_path())
        context = {
            "catalogue": catalogue,
            "page": Paginator(rows, _PER_PAGE).get_page(request.GET.get("page")),
            "title": f"Declined changes of “{catalogue}”",
        }
        return framed(self.admin, request, "admin/ingest/declined.html", context)

    def _catalogue(self, request: HttpRequest, pk: int) -> Catalogue:
        catalogue = get_object_or_404(Catalogue, pk=pk)
        if not (
            self.admin.has_change_permission(request, catalogue)
            and may_edit(request.user, catalogue)
        ):
            raise PermissionDenied
        return catalogue
