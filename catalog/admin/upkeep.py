"""What jobs leave for a curator: runs to look at, problems and candidates to decide on."""

from django.contrib import admin, messages
from django.db import IntegrityError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from catalog import curation
from catalog.admin.base import CuratedAdmin, ReadOnlyAdmin, change_url, column
from catalog.history.groups import group_of_run
from catalog.history.large import is_at_work
from catalog.models import Candidate, Problem, Run, SourceState


@admin.register(Run)
class RunAdmin(ReadOnlyAdmin):
    list_display = [
        "started_at",
        "job",
        "status",
        "catalogue",
        "new",
        "changed",
        "same",
        "skipped",
        "failed",
        "requests",
        "left",
        "reason",
    ]
    list_select_related = ["catalogue"]
    list_filter = ["job", "status", "catalogue"]
    search_fields = ["message", "reason"]
    date_hierarchy = "started_at"
    readonly_fields = ["changes"]
    actions = ["end"]

    @admin.display(description="what it changed")
    def changes(self, run: Run) -> str:
        group = group_of_run(run.pk)
        if group is None:
            return "Nothing that the history knows of."
        address = reverse("admin:change_group", args=[group])
        return format_html('<a href="{}">The changes, and the way to take them back</a>', address)

    def has_end_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("catalog.change_run")

    @admin.action(description="End what waits", permissions=["end"])
    def end(self, request: HttpRequest, queryset: QuerySet[Run]) -> None:
        """What a process is at now ends by itself; what waits, for its source or for a worker, can be given up."""
        waiting = queryset.filter(status=Run.Status.RUNNING, holder="")
        undos = [run.pk for run in waiting.filter(job=Run.Job.TAKE_BACK) if not is_at_work(run)]
        number = self._end(waiting.filter(pk__in=undos), "nothing was taken back.")
        others = waiting.exclude(job=Run.Job.TAKE_BACK)
        number += self._end(others, "the next run goes on from there.")
        text = (
            f"Ended: {number}. Runs that are at work, and those that have ended, stay as they are."
        )
        self.message_user(request, text, messages.SUCCESS)

    def _end(self, runs: QuerySet[Run], what: str) -> int:
        return runs.update(
            status=Run.Status.INTERRUPTED,
            finished_at=timezone.now(),
            message=f"Ended by a curator; {what}",
        )


@admin.register(SourceState)
class SourceStateAdmin(ReadOnlyAdmin):
    """How each source behaves. Its own wish to be left alone is obeyed; our caution can be cut short."""

    list_display = [
        "source",
        "answered_at",
        "failures",
        "reason",
        "open_until",
        "busy_until",
        "allowance_left",
        "allowance_resets_at",
    ]
    actions = ["close"]

    def has_close_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("catalog.change_sourcestate")

    @admin.action(description="Try again now", permissions=["close"])
    def close(self, request: HttpRequest, queryset: QuerySet[SourceState]) -> None:
        number = queryset.update(open_until=None, failures=0)
        text = f"To be asked again with the next run: {number}. What a source asked for itself still holds."
        self.message_user(request, text, messages.SUCCESS)


@admin.register(Problem)
class ProblemAdmin(ReadOnlyAdmin):
    """To be decided on with the actions of the list; what it is about is mended on its own page."""

    list_display = [
        "message",
        "kind",
        "line",
        "catalogue",
        "about",
        "where",
        "status",
        "decided_by",
    ]
    list_select_related = ["catalogue", "paper", "decided_by"]
    list_filter = ["status", "kind", "catalogue", "job"]
    search_fields = ["message", "paper__title"]
    date_hierarchy = "created_at"
    readonly_fields = ["where"]
    actions = ["resolve", "ignore", "reopen"]

    about = staticmethod(column("paper", "paper"))

    @admin.display(description="where to decide")
    def where(self, problem: Problem) -> str:
        """A conflict between a list and a curator is resolved with the plan of the import."""
        if problem.kind != "list-conflict" or problem.catalogue_id is None:
            return "–"
        url = reverse("admin:catalog_catalogue_waiting", args=[problem.catalogue_id])
        return format_html('<a href="{}">Plan of the import</a>', url)

    def _decide(
        self, request: HttpRequest, queryset: QuerySet[Problem], status: str, verb: str
    ) -> None:
        number = curation.decide_problems(queryset, status, request.user)  # type: ignore[arg-type]  # staff only
        self.message_user(request, f"{verb}: {number}.", messages.SUCCESS)

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("catalog.change_problem")

    @admin.action(description="Mark as resolved", permissions=["decide"])
    def resolve(self, request: HttpRequest, queryset: QuerySet[Problem]) -> None:
        self._decide(request, queryset, Problem.Status.RESOLVED, "Resolved")

    @admin.action(description="Ignore from now on", permissions=["decide"])
    def ignore(self, request: HttpRequest, queryset: QuerySet[Problem]) -> None:
        self._decide(request, queryset, Problem.Status.IGNORED, "Ignored")

    @admin.action(description="Reopen", permissions=["decide"])
    def reopen(self, request: HttpRequest, queryset: QuerySet[Problem]) -> None:
        self._decide(request, queryset, Problem.Status.OPEN, "Reopened")


@admin.register(Candidate)
class CandidateAdmin(CuratedAdmin):
    change_form_template = "admin/catalog/candidate_change_form.html"
    list_display = ["title", "source", "suggested_topic", "sure", "published_on", "status"]
    list_select_related = ["suggested_topic"]
    list_filter = ["status", "catalogue", "suggested_topic"]
    search_fields = ["title", "value", "abstract"]
    date_hierarchy = "found_at"
    autocomplete_fields = ["suggested_topic"]
    readonly_fields = [
        "catalogue",
        "title",
        "source",
        "people",
        "abstract",
        "published_on",
        "sure",
        "why",
        "status",
        "paper",
        "found_at",
        "decided_at",
        "decided_by",
    ]
    fields = [*readonly_fields[:3], "suggested_topic", *readonly_fields[3:]]
    actions = ["accept", "reject"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.display(description="identifier")
    def source(self, candidate: Candidate) -> str:
        from catalog.identifiers import identifier_url

        url = identifier_url(candidate.scheme, candidate.value)
        name = f"{candidate.scheme}:{candidate.value}"
        return format_html('<a href="{}">{}</a>', url, name) if url.startswith("http") else name

    @admin.display(description="confidence", ordering="confidence", empty_value="–")
    def sure(self, candidate: Candidate) -> str | None:
        return None if candidate.confidence is None else f"{candidate.confidence:.0%}"

    @admin.display(description="authors", empty_value="–")
    def people(self, candidate: Candidate) -> str:
        return ", ".join(candidate.authors)

    @admin.display(description="reasons", empty_value="–")
    def why(self, candidate: Candidate) -> str:
        return "; ".join(candidate.reasons)

    @admin.action(description="Accept under the suggested topic", permissions=["change"])
    def accept(self, request: HttpRequest, queryset: QuerySet[Candidate]) -> None:
        accepted = 0
        for candidate in queryset.exclude(status=Candidate.Status.ACCEPTED):
            accepted += self._accept(request, candidate)
        self.message_user(request, f"Accepted: {accepted}.", messages.SUCCESS)

    @admin.action(description="Reject", permissions=["change"])
    def reject(self, request: HttpRequest, queryset: QuerySet[Candidate]) -> None:
        number = curation.reject_candidates(queryset, request.user)  # type: ignore[arg-type]  # staff only
        self.message_user(request, f"Rejected: {number}.", messages.SUCCESS)

    def response_change(self, request: HttpRequest, obj: Candidate) -> HttpResponse:
        if "_accept" in request.POST and self._accept(request, obj) and obj.paper:
            return HttpResponseRedirect(change_url(obj.paper))
        if "_reject" in request.POST and obj.status == Candidate.Status.OPEN:
            curation.reject_candidates([obj], request.user)  # type: ignore[arg-type]  # staff only
        if {"_accept", "_reject"} & set(request.POST):
            return HttpResponseRedirect(reverse("admin:catalog_candidate_changelist"))
        return super().response_change(request, obj)

    def _accept(self, request: HttpRequest, candidate: Candidate) -> bool:
        try:
            paper = curation.accept_candidate(candidate, request.user)  # type: ignore[arg-type]  # staff only
        except (curation.Refused, IntegrityError) as error:
            meanwhile = f"“{candidate}” was not accepted: somebody added the same paper meanwhile."
            text = str(error) if isinstance(error, curation.Refused) else meanwhile
            self.message_user(request, text, messages.ERROR)
            return False
        self.log_change(request, candidate, f"Accepted as “{paper}”.")
        return True
