"""Where a field moves."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from catalog.models import Catalogue, Topic, TopicRedirect
from catalog.trends.cited import gaps, most_cited
from catalog.trends.code import rising_code
from catalog.trends.scope import Scope, trends_url
from catalog.trends.surveys import survey_coverage
from catalog.trends.topics import topic_trends


@require_safe
def trends(request: HttpRequest) -> HttpResponse:
    return _page(request, Scope())


@require_safe
def trends_of_catalogue(request: HttpRequest, slug: str) -> HttpResponse:
    return _page(request, Scope(get_object_or_404(Catalogue, slug=slug)))


@require_safe
def trends_of_topic(request: HttpRequest, catalogue: str, path: str) -> HttpResponse:
    topics = Topic.objects.select_related("catalogue", "parent")
    topic = topics.filter(catalogue__slug=catalogue, path=path).first()
    if topic is None:
        moved = TopicRedirect.objects.select_related("topic__catalogue")
        old = get_object_or_404(moved, catalogue__slug=catalogue, path=path)
        return redirect(trends_url(topic=old.topic), permanent=True)
    return _page(request, Scope(topic.catalogue, topic))


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
