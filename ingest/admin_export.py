"""Writing a catalogue as a list in the admin: options, a preview that follows them, downloads."""

from dataclasses import asdict
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse

from catalog.admin.frame import framed
from catalog.curation import note_act
from catalog.models import Catalogue
from catalog.roles import may_edit
from ingest.lists.options import MOST_MONTHS, MOST_WEEKS, ListOptions
from ingest.lists.preview import first_part, rendered
from ingest.lists.splitting import LIMIT, ListFile, as_zip, files_of
from ingest.lists.writer import write_list, write_markdown

_NUMBERS = ("weeks", "months")
_PREVIEWED = 60_000  # characters of a file, until the whole is asked for


class OptionsForm(forms.Form):
    """The options of a list, each as a field."""

    contents = forms.BooleanField(required=False, label="Table of contents")
    section_numbers = forms.BooleanField(required=False, label="Numbered sections")
    entry_numbers = forms.BooleanField(
        required=False, label="Numbered entries", help_text="Else bullets."
    )
    badges = forms.BooleanField(required=False, label="Badges and links")
    news = forms.BooleanField(required=False, label="All announcements, by day")
    weeks = forms.IntegerField(
        required=False, min_value=0, max_value=MOST_WEEKS, label="Latest weeks",
        help_text="How many of the latest weeks are shown with what was new in them.",
    )  # fmt: skip
    months = forms.IntegerField(
        required=False, min_value=0, max_value=MOST_MONTHS, label="Latest months"
    )

    @property
    def options(self) -> ListOptions:
        return ListOptions.read(
            {
                name: value or 0 if name in _NUMBERS else value
                for name, value in self.cleaned_data.items()
            }
        )


class ExportViews:
    """The pages of an export, for those who may look at catalogues; options are kept by those who may change them."""

    def __init__(self, model_admin: ModelAdmin) -> None:  # type: ignore[type-arg]
        self.admin = model_admin

    def page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the list as GitHub would, with the options chosen; posted, remember these."""
        catalogue = self._catalogue(request, pk)
        form = self._form(request, catalogue)
        if request.method == "POST":
            return self._remember(request, catalogue, form)
        options = form.options if form.is_valid() else ListOptions.of(catalogue)
        files = files_of(write_list(catalogue, options))
        context = {
            "form": form,
            "catalogue": catalogue,
            "options": options,
            "may_change": self._may_change(request, catalogue),
            "title": f"“{catalogue}” as a list",
            **self._shown(request, files),
        }
        if request.headers.get("HX-Request"):
            return TemplateResponse(request, "admin/ingest/_preview.html", context)
        return framed(self.admin, request, "admin/ingest/export.html", context)

    def markdown(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The whole list as one file, however long."""
        catalogue = self._catalogue(request, pk)
        text = write_markdown(catalogue, self._options(request, catalogue))
        return _download(text, "text/markdown; charset=utf-8", f"{catalogue.slug}.md")

    def archive(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The files that GitHub shows whole, packed."""
        catalogue = self._catalogue(request, pk)
        files = files_of(write_list(catalogue, self._options(request, catalogue)))
        return _download(as_zip(files), "application/zip", f"{catalogue.slug}.zip")

    def _shown(self, request: HttpRequest, files: list[ListFile]) -> dict[str, Any]:
        name = request.GET.get("file", "")
        file = next((one for one in files if one.name == name), files[0])
        text, is_whole = file.text, True
        if "whole" not in request.GET:
            text, is_whole = first_part(file.text, _PREVIEWED)
        query = request.GET.copy()
        for key in ("file", "whole"):
            query.pop(key, None)
        return {
            "files": files,
            "file": file,
            "size": sum(one.size for one in files),
            "limit": LIMIT,
            "html": rendered(text),
            "is_whole": is_whole,
            "query": query.urlencode(),
        }

    def _form(self, request: HttpRequest, catalogue: Catalogue) -> OptionsForm:
        """What was chosen; where nothing was, what is remembered."""
        if request.method == "POST":
            return OptionsForm(request.POST)
        if "chosen" in request.GET:
            return OptionsForm(request.GET)
        return OptionsForm(asdict(ListOptions.of(catalogue)))

    def _options(self, request: HttpRequest, catalogue: Catalogue) -> ListOptions:
        form = self._form(request, catalogue)
        return form.options if form.is_valid() else ListOptions.of(catalogue)

    def _remember(
        self, request: HttpRequest, catalogue: Catalogue, form: OptionsForm
    ) -> HttpResponse:
        if not self._may_change(request, catalogue):
            raise PermissionDenied
        if form.is_valid():
            note_act("chose how a list is written")
            form.options.remember(catalogue)
            self.admin.message_user(
                request, "Remembered: exports of this list are written so.", messages.SUCCESS
            )
        else:
            self.admin.message_user(request, "Nothing was kept: " + _errors(form), messages.ERROR)
        return HttpResponseRedirect(reverse("admin:catalog_catalogue_write", args=[catalogue.pk]))

    def _may_change(self, request: HttpRequest, catalogue: Catalogue) -> bool:
        allowed = self.admin.has_change_permission(request, catalogue)
        return allowed and may_edit(request.user, catalogue)

    def _catalogue(self, request: HttpRequest, pk: int) -> Catalogue:
        if not self.admin.has_view_permission(request):
            raise PermissionDenied
        return get_object_or_404(Catalogue, pk=pk)


def _errors(form: OptionsForm) -> str:
    return " ".join(str(error) for errors in form.errors.values() for error in errors)


def _download(content: str | bytes, kind: str, name: str) -> HttpResponse:
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type=kind, headers=disposition)
