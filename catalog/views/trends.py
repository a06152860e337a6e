"""Where a field moves."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from catalog.addresses import find_address
from catalog.models import Catalogue
from catalog.trends.cited import gaps, most_cited
from catalog.trends.code import rising_code
from catalog.trends.scope import Scope, trends_url
from catalog.trends.surveys import survey_coverage
from catalog.trends.topics import topic_trends
from catalog.views.moved import moved_to


@require_safe
def trends(request: HttpRequest) -> HttpResponse:
    return _page(request, Scope())


@require_safe
def trends_of_catalogue(request: HttpRequest, slug: str) -> HttpResponse:
    return _page(request, Scope(get_object_or_404(Catalogue, slug=slug)))


@require_safe
def trends_of_topic(request: HttpRequest, catalogue: str, path: str) -> HttpResponse:
    found = find_address(catalogue, path)
    if found is None:
        raise Http404
    if found.topic is None or not found.is_own:
        url = trends_url(found.catalogue, found.topic)
        return moved_to(request, url, for_good=not found.is_gone)
    return _page(request, Scope(found.topic.catalogue, found.topic))


def _page(request: HttpRequest, scope: Scope) -> HttpResponse:
    context = {
        "scope": scope,
        "trends": topic_trends(scope),
        "code": rising_code(scope),
        "cited": most_cited(scope),
        "gaps": gaps(scope),
        "coverage": survey_coverage(scope),
        "catalogues": Catalogue.objects.all(),
    }
    return render(request, "catalog/trends.html", context)
