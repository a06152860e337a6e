"""The search box in the reader's own browser: an OpenSearch description (OpenSearch 1.1, draft 6)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from catalog.exports.answers import base_of


@require_safe
def description(request: HttpRequest) -> HttpResponse:
    context = {"base": base_of(request)}
    kind = "application/opensearchdescription+xml; charset=utf-8"
    return render(request, "search/opensearch.xml", context, content_type=kind)
