"""Importing a list in the admin: upload it, look at the plan, apply exactly that plan."""

from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.html import format_html
from kombu.exceptions import OperationalError

from catalog.admin.frame import framed
from catalog.admin.words import in_words
from catalog.curation import note_act, take_time
from catalog.history.groups import group_of_run
from catalog.models import Catalogue
from catalog.roles import catalogues_of, is_narrowed, may_edit
from ingest.admin_answers import Answers
from ingest.admin_plan import brought_along, summarise
from ingest.lists.changes import Change
from ingest.lists.plan import Plan
from ingest.lists.reader import read_list
from ingest.lists.records import ListRefused
from ingest.lists.repair import MAX_BYTES
from ingest.lists.service import Acceptance, Outcome, import_list, plan_list
from ingest.lists.sources import fetch
from ingest.models import UploadedList
from ingest.tasks import refresh_list


class UploadForm(forms.Form):
    """A list, from a file or from the catalogue's address, and where it belongs."""

    catalogue = forms.ModelChoiceField(
        Catalogue.objects.all(), required=False, empty_label="a new catalogue"
    )
    slug = forms.SlugField(
        max_length=60,
        required=False,
        label="Short name",
        help_text="For a new catalogue: lower-case letters, digits and hyphens, as in its address.",
    )
    title = forms.CharField(
        max_length=200, required=False, help_text="For a new catalogue; else the list’s own title."
    )
    file = forms.FileField(
        required=False,
        allow_empty_file=True,
        label="Markdown file",
        help_text="At most 10\u00a0MB.",
    )
    fetch = forms.BooleanField(
        required=False, label="Fetch the list from the catalogue’s address instead"
    )

    def reach(self, user: Any) -> None:
        """Offer the catalogues that the user edits."""
        field: Any = self.fields["catalogue"]
        field.queryset = catalogues_of(user)
        if is_narrowed(user):
            field.required, field.empty_label = True, "choose one"
            del self.fields["slug"], self.fields["title"]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if self.errors:
            return data
        catalogue = data.get("catalogue")
        if not catalogue:
            self._check_new(data.get("slug") or "")
        try:
            data["name"], data["data"] = self._read(catalogue, data)
            read_list(data["data"])
        except ListRefused as error:
            self.add_error("fetch" if data.get("fetch") else "file", str(error))
        return data

    def _check_new(self, slug: str) -> None:
        if not slug:
            raise ValidationError({"slug": "A new catalogue needs a short name."})
        if Catalogue.objects.filter(slug=slug).exists():
            raise ValidationError({"slug": "There is a catalogue of this name: choose it above."})

    def _read(self, catalogue: Catalogue | None, data: dict[str, Any]) -> tuple[str, bytes]:
        if data.get("fetch"):
            if catalogue is None or not catalogue.list_url:
                raise ListRefused("This catalogue has no list address.")
            return catalogue.list_url, fetch(catalogue.list_url, trusted_host=False)
        file: UploadedFile | None = data.get("file")
        if file is None:
            raise ListRefused("Choose a Markdown file.")
        if (file.size or 0) > MAX_BYTES:
            size = (file.size or 0) / 1_048_576
            raise ListRefused(
                f"The file has {size:.0f} MB; a list may have at most {MAX_BYTES // 1_048_576} MB."
            )
        return str(file.name), file.read()


class ImportViews:
    """The pages of an import, for those who may change catalogues."""

    def __init__(self, model_admin: ModelAdmin) -> None:  # type: ignore[type-arg]
        self.admin = model_admin

    def upload(self, request: HttpRequest) -> HttpResponse:
        self._check(request)
        own = catalogues_of(request.user)
        initial = {"catalogue": own.filter(slug=request.GET.get("catalogue")).first()}
        form = UploadForm(request.POST or None, request.FILES or None, initial=initial)
        form.reach(request.user)
        if request.method == "POST" and form.is_valid():
            data = form.cleaned_data
            self._check(request, data["catalogue"], adding=not data["catalogue"])
            kept = UploadedList.objects.keep(
                _user_id(request),
                data["catalogue"].slug if data["catalogue"] else data["slug"],
                data.get("title", ""),
                data["name"],
                data["data"],
            )
            return HttpResponseRedirect(reverse("admin:catalog_catalogue_plan", args=[kept.pk]))
        context = {
            "form": form,
            "title": "Import a list",
            "addressed": own.exclude(list_url=""),
        }
        return framed(self.admin, request, "admin/ingest/import_upload.html", context)

    def plan(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show what a kept list would do; when posted, do what was ticked of exactly that."""
        self._check(request)
        seen = Q(user=_user_id(request)) | Q(user=None)
        kept = get_object_or_404(UploadedList, seen, pk=pk)
        catalogue = Catalogue.objects.filter(slug=kept.slug).first()
        self._check(request, catalogue, adding=catalogue is None)
        try:
            if request.method == "POST" and "_show" not in request.POST:
                return self._applied(request, kept)
            return self._show(request, kept, plan_list(kept.data, kept.slug))
        except ListRefused as error:  # no list for this version, whatever an older one read
            self.admin.message_user(request, str(error), messages.ERROR)
            return HttpResponseRedirect(reverse("admin:catalog_catalogue_import"))

    def _applied(self, request: HttpRequest, kept: UploadedList) -> HttpResponse:
        try:
            return in_words(request, partial(self._apply, request, kept))
        except ListRefused as error:  # a third value that cannot be one
            return self._show(request, kept, plan_list(kept.data, kept.slug), notice=str(error))

    def _show(
        self, request: HttpRequest, kept: UploadedList, plan: Plan, notice: str = ""
    ) -> HttpResponse:
        """The plan; after a form was sent, with all that was ticked, chosen and written in it."""
        loss = plan.great_loss
        asked = request.POST.getlist("all") + request.POST.getlist("_show")
        whole = list(dict.fromkeys(asked or request.GET.getlist("all")))
        answers = Answers.read(request.POST)
        context = {
            "kept": kept,
            "plan": plan,
            "notice": notice,
            "loss": loss[:1].upper() + loss[1:],
            "digest": plan.digest(),
            "answers": answers,
            "summary": summarise(plan, whole, answers),
            "whole": whole,
            "catalogue": plan.catalogue,
            "title": f"Plan for “{plan.catalogue or kept.title or kept.slug}”",
        }
        return framed(self.admin, request, "admin/ingest/import_plan.html", context)

    def _apply(self, request: HttpRequest, kept: UploadedList) -> HttpResponse:
        exists = Catalogue.objects.filter(slug=kept.slug).exists()
        self._check(request, adding=not exists)
        answers = Answers.read(request.POST)
        note_act(f"imported {kept.name}", answers.why)
        along: list[Change] = []

        def accepted(plan: Plan) -> Acceptance | None:
            if "partial" not in request.POST:
                return None
            found = answers.acceptance(plan)
            along.extend(brought_along(plan, found))
            return found

        with transaction.atomic():
            take_time()
            outcome = import_list(
                kept.data,
                kept.slug,
                force=answers.force,
                digest=request.POST.get("digest") or "none",
                user=request.user,  # type: ignore[arg-type]  # staff only
                reason=f"upload of {kept.name}" if kept.user_id else f"list left: {kept.name}",
                acceptance=accepted,
            )
        if outcome.status == "refused":
            too_much = outcome.message == outcome.plan.refusal
            hint = "Nothing was changed: tick the box below if you mean it."
            whole = plan_list(kept.data, kept.slug)
            other = f"{outcome.message} What you ticked is ticked still."
            return self._show(request, kept, whole, notice=hint if too_much else other)
        catalogue = Catalogue.objects.filter(slug=kept.slug).first()
        if catalogue is None:  # nothing of a new catalogue's list was ticked
            whole = plan_list(kept.data, kept.slug)
            return self._show(request, kept, whole, notice="Nothing was ticked: nothing was done.")
        if kept.title and not exists:
            Catalogue.objects.filter(pk=catalogue.pk).update(title=kept.title)
        self._let_go(kept, outcome)
        self.admin.log_change(request, catalogue, f"Imported {kept.name}.")
        self._tell(request, outcome, along)
        if outcome.run is None:
            return HttpResponseRedirect(reverse("admin:catalog_catalogue_changelist"))
        return HttpResponseRedirect(reverse("admin:catalog_catalogue_change", args=[catalogue.pk]))

    def _let_go(self, kept: UploadedList, outcome: Outcome) -> None:
        """Forget a list that was applied; where conflicts are left for later, leave it for them."""
        if outcome.open_conflicts:
            left = UploadedList.objects.leave(kept.slug, kept.name, kept.data)
            if left == kept:
                return
        elif kept.user_id is None:
            UploadedList.objects.settle(kept.slug)
        UploadedList.objects.filter(pk=kept.pk).delete()

    def _tell(self, request: HttpRequest, outcome: Outcome, along: list[Change]) -> None:
        done = _done(outcome)
        if group := outcome.run and group_of_run(outcome.run.pk):
            address = reverse("admin:change_group", args=[group])
            link = '{} <a href="{}">See what it changed, or take it back.</a>'
            done = format_html(link, done, address)
        self.admin.message_user(request, done, messages.SUCCESS)
        if along:
            names = ", ".join(f"“{change.about}”" for change in along[:5])
            more = f" and {len(along) - 5} more" if len(along) > 5 else ""
            text = f"Also applied, because what you ticked needs it: {names}{more}."
            self.admin.message_user(request, text, messages.WARNING)
        if outcome.open_conflicts:
            text = f"Conflicts left for later: {outcome.open_conflicts}."
            self.admin.message_user(request, text, messages.WARNING)

    def import_now(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Send the job that imports from the list address; it leaves a run."""
        self._check(request)
        if request.method != "POST":
            return HttpResponse(status=405, headers={"Allow": "POST"})
        catalogue = get_object_or_404(Catalogue.objects.exclude(list_url=""), pk=pk)
        self._check(request, catalogue)
        try:
            refresh_list.delay(catalogue.slug)
        except OperationalError:
            text, level = "The jobs cannot be reached just now: nothing was sent.", messages.ERROR
        else:
            text = f"The import of “{catalogue}” was sent; what becomes of it stands under Runs."
            level = messages.SUCCESS
        self.admin.message_user(request, text, level)
        return HttpResponseRedirect(reverse("admin:catalog_run_changelist"))

    def _check(
        self, request: HttpRequest, catalogue: Catalogue | None = None, adding: bool = False
    ) -> None:
        """Whether the user may import at all, into this catalogue, or into one yet to be made."""
        allowed = self.admin.has_change_permission(request)
        if catalogue is not None:
            allowed = allowed and may_edit(request.user, catalogue)
        if adding:
            may_add = self.admin.has_add_permission(request) and not is_narrowed(request.user)
            allowed = allowed and may_add
        if not allowed:
            raise PermissionDenied


def _user_id(request: HttpRequest) -> int:
    return int(request.user.pk or 0)


def _done(outcome: Outcome) -> str:
    plan = outcome.plan
    left = f" Left out: {outcome.left}." if outcome.left else ""
    if outcome.resolved:
        left = f" Conflicts resolved: {outcome.resolved}.{left}"
    if not plan:
        if outcome.resolved:
            return left.strip()
        if outcome.left:
            return f"Nothing of the plan was applied.{left}"
        if outcome.run:
            return outcome.run.message or "What you declined is not proposed again."
        return "The list says what the catalogue has already: nothing was changed."
    counts = plan.counts()
    parts = ", ".join(f"{counts[key]} {key}" for key in ("new", "changed", "moved", "gone"))
    return f"Imported: {parts}.{left}"
