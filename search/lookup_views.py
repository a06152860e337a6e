"""A reader's own list of references against the catalogue: which of them are listed, which are not."""

import re

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from catalog.exports.answers import export
from search.asked_papers import survivors
from search.lookup import Found, look_up
from search.reading_lists import MOST, ReadList, read_list

LARGEST = 1_000_000  # bytes of a file, characters of a text
_KEPT = 20_000  # characters of a list that the form still shows beside its answer
_NUMBER = re.compile(r"[0-9]{1,18}")


class LookupForm(forms.Form):
    """A pasted list, or a file with one; the file counts when both are there."""

    text = forms.CharField(
        required=False,
        strip=False,
        max_length=LARGEST,
        error_messages={
            "max_length": "The list is longer than a million characters: give it in parts."
        },
    )
    file = forms.FileField(
        required=False,
        allow_empty_file=True,
        error_messages={"invalid": "The file did not arrive: choose it once more."},
    )

    def clean_file(self) -> str | None:
        file = self.cleaned_data["file"]
        if not isinstance(file, UploadedFile):
            return None
        if (file.size or 0) > LARGEST:
            raise forms.ValidationError("The file is larger than 1 MB: give it in parts.")
        return _decoded(file.read())

    def given(self) -> str:
        """The text to read; NUL characters, which no form field takes, were taken away before."""
        return self.cleaned_data.get("file") or self.cleaned_data.get("text") or ""


def _decoded(content: bytes) -> str:
    """Text of a file: UTF-8, UTF-16 where it says so, else Windows' Western letters."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


@require_http_methods(["GET", "HEAD", "POST"])
def lookup(request: HttpRequest) -> HttpResponse:
    """An empty form, or the answer where it was sent: a list is too long for an address."""
    form, text = LookupForm(), ""
    if request.method == "POST":
        sent = request.POST.copy()
        sent["text"] = sent.get("text", "").replace("\x00", " ")
        form = LookupForm(sent, request.FILES)
        text = form.given() if form.is_valid() else ""
    read = read_list(text) if text.strip() else ReadList("lines")
    found = look_up(read.entries) if read.entries else Found()
    is_asked = request.method == "POST"
    context = {
        "form": form,
        "is_asked": is_asked,
        "read": read,
        "found": found,
        "keys": ",".join(map(str, found.keys)),
        "text": text if len(text) <= _KEPT and not request.FILES else "",
        "most": MOST,
    }
    status = 400 if is_asked and not form.is_valid() else 200
    return render(request, "search/lookup.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def found_in_file(request: HttpRequest, ending: str) -> HttpResponseBase:
    """The papers of some numbers in one of the forms of a list: `papers=12,7`. What is no paper is left out."""
    given = request.POST if request.method == "POST" else request.GET
    numbers = _NUMBER.findall(given.get("papers", ""))[:MOST]
    papers = survivors([int(number) for number in numbers])
    keys = list(dict.fromkeys(paper.pk for paper in papers.values()))
    page = reverse("lookup")
    return export(request, ending, keys, title="Papers looked up", name="stemma-found", page=page)
