"""The graph as data: the dumps that are offered, what is in each, and their files."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db.models import Sum
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    JsonResponse,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header, http_date
from django.views.decorators.http import require_safe

from catalog.dumps.kept import archive, archive_size, pieces
from catalog.dumps.linked import WORDS
from catalog.dumps.manifest import CC0, NAME, VERSION
from catalog.exports.answers import base_of
from catalog.exports.embedded import json_ld
from catalog.models import Dump, DumpFile

SUMS = "SHA256SUMS"
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


@require_safe
def data_index(request: HttpRequest) -> HttpResponse:
    """What there is, what it means, what may be done with it, and how a copy is made of it."""
    dumps = [_shown(dump) for dump in _dumps()]
    latest = dumps[0] if dumps else None
    context = {
        "dumps": dumps,
        "latest": latest,
        "words": WORDS,
        "version": VERSION,
        "json_ld": json_ld(_dataset(latest, base_of(request))) if latest else "",
    }
    return render(request, "catalog/data.html", context)


@require_safe
def data_index_json(request: HttpRequest) -> HttpResponse:
    """The same for machines."""
    base = base_of(request)
    rows = [
        {
            "date": one["dump"].date,
            "made_at": one["dump"].made_at,
            "url": base + one["dump"].get_absolute_url(),
            "archive": base + one["archive"],
            "archive_bytes": one["archive_size"],
            "papers": one["papers"],
            "abstracts": one["facts"]["abstracts"],
            "licences": one["facts"]["licences"],
            "files": [{**row, "url": base + row["url"]} for row in one["files"]],
        }
        for one in map(_shown, _dumps())
    ]
    return JsonResponse({"format": "stemma-dump", "version": VERSION, "dumps": rows})


@require_safe
def dump_detail(request: HttpRequest, day: date) -> HttpResponse:
    """One dump: its files, what is in each, and their sums."""
    dump = get_object_or_404(_dumps(), date=day)
    return render(request, "catalog/dump.html", {"one": _shown(dump), "sums": SUMS})


@require_safe
def latest(request: HttpRequest, rest: str = "") -> HttpResponse:
    """The newest dump under an address that stays: /data/latest/papers.jsonl.gz, /data/latest/stemma.tar."""
    dump = Dump.objects.first()
    if dump is None:
        raise Http404("No dump has been made yet.")
    rest = f"{dump}.tar" if rest == "stemma.tar" else rest
    return HttpResponseRedirect(dump.url_of(rest) if rest else dump.get_absolute_url())


@require_safe
def dump_file(request: HttpRequest, day: date, name: str) -> HttpResponseBase:
    dump = get_object_or_404(Dump, date=day)
    files = list(dump.files.all())
    if name == SUMS:
        text = "".join(f"{file.sha256}  {file.name}\n" for file in files)
        return HttpResponse(text, content_type="text/plain; charset=utf-8")
    if name == f"{dump}.tar":
        response = _whole(request, archive(files, str(dump), dump.made_at), archive_size(files))
        return _named(response, dump, name, "application/x-tar")
    file = next((file for file in files if file.name == name), None)
    if file is None:
        raise Http404
    kind = "application/json" if name == NAME else "application/gzip"
    return _named(_of_file(request, file), dump, name, kind)


def _of_file(request: HttpRequest, file: DumpFile) -> HttpResponseBase:
    """The file, the part of it that was asked for, or the word that the asker has it."""
    tag = f'"{file.sha256}"'
    response: HttpResponseBase | None = get_conditional_response(request, etag=tag)
    if response is None:
        response = _part(request, file, tag) or _whole(request, pieces(file), file.size)
        response["ETag"] = tag
        response["Accept-Ranges"] = "bytes"
    return response


def _whole(request: HttpRequest, data: Iterator[bytes], size: int) -> HttpResponseBase:
    response = HttpResponse() if request.method == "HEAD" else StreamingHttpResponse(data)
    response["Content-Length"] = str(size)
    return response


def _part(request: HttpRequest, file: DumpFile, tag: str) -> HttpResponseBase | None:
    """The answer to a request for one range, so that a download that broke off can go on; None for the whole."""
    asked = _RANGE.fullmatch(request.headers.get("Range", "").strip())
    if not asked or asked[0] == "bytes=-" or request.headers.get("If-Range", tag) != tag:
        return None
    first, last = asked.groups()
    start = int(first) if first else max(0, file.size - int(last))
    stop = min(file.size, int(last) + 1) if first and last else file.size
    if start >= stop:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{file.size}"})
    response = _whole(request, pieces(file, start, stop), stop - start)
    response.status_code = 206
    response["Content-Range"] = f"bytes {start}-{stop - 1}/{file.size}"
    return response


def _named(response: HttpResponseBase, dump: Dump, name: str, kind: str) -> HttpResponseBase:
    if response.status_code in {200, 206}:
        response["Content-Type"] = kind
        response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
        response["Last-Modified"] = http_date(dump.made_at.timestamp())
    response["X-Robots-Tag"] = "noindex"
    return response


def _dumps() -> Any:
    return Dump.objects.annotate(size=Sum("files__size", default=0)).prefetch_related("files")


def _shown(dump: Any) -> dict[str, Any]:
    """A dump as a page shows it."""
    facts = dump.facts
    rows = {file["name"]: file["rows"] for file in facts["files"]}
    return {
        "dump": dump,
        "facts": facts,
        "papers": rows.get("papers.jsonl.gz", 0),
        "citations": rows.get("citations.jsonl.gz", 0),
        "rows": sum(file["rows"] for file in facts["files"] if file["fields"]),
        "archive": dump.url_of(f"{dump}.tar"),
        "archive_size": archive_size(dump.files.all()),
        "files": [{**file, "url": dump.url_of(file["name"])} for file in facts["files"]],
    }


def _dataset(latest: dict[str, Any], base: str) -> dict[str, Any]:
    """What search engines for data sets read."""
    return {
        "@type": "Dataset",
        "name": "Stemma: the graph as data",
        "description": "Research papers of one field with people, topics, code, citations and typed relations, each with who says so.",
        "url": base + reverse("data-index"),
        "license": CC0,
        "dateModified": latest["dump"].made_at.isoformat(),
        "isAccessibleForFree": True,
        "distribution": [
            {
                "@type": "DataDownload",
                "encodingFormat": "application/x-tar",
                "contentUrl": base + latest["archive"],
            }
        ],
    }
