"""Catalogues and their topics."""

from dataclasses import replace

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from catalog.addresses import WAS, fate_of, find_address
from catalog.exports.answers import FORMATS, ExportLink, export_links, twin
from catalog.models import Catalogue, Paper, Topic
from catalog.months import months_chart
from catalog.paper_lists import PaperList, papers_under
from catalog.topic_trees import catalogue_trees, tree
from catalog.tree_history import formerly
from catalog.trends.scope import Scope, trends_url
from catalog.trends.topic_facts import TopicFacts
from catalog.views.moved import moved_to


@require_safe
def topic_index(request: HttpRequest) -> HttpResponse:
    context = {
        "catalogues": catalogue_trees(),
        "exports": _whole(),
        "total": Paper.objects.public().count(),
    }
    return render(request, "catalog/topics.html", context)


def _whole() -> list[ExportLink]:
    """All papers of all catalogues."""
    return [
        replace(one, url=reverse("whole-export", args=[ending]))
        for ending, one in zip(FORMATS, export_links(""), strict=True)
    ]


@require_safe
def catalogue_detail(request: HttpRequest, slug: str, ending: str = "") -> HttpResponseBase:
    catalogue = get_object_or_404(Catalogue, slug=slug)
    topics = catalogue.topics.filter(retired_at=None)
    papers = papers_under(topics)
    block = PaperList(request, papers, title=catalogue.title, name=slug, topics=topics)
    if ending:
        return block.export(ending, catalogue.get_absolute_url())
    context = {
        "catalogue": catalogue,
        "branches": tree(topics),
        "chart": months_chart(papers),
        "trends_url": trends_url(catalogue),
        "fate": fate_of(catalogue, None, request.GET.get(WAS, "")),
        "list": block,
    }
    return render(request, "catalog/catalogue.html", context, status=block.status)


@require_safe
def topic_detail(
    request: HttpRequest, catalogue: str, path: str, ending: str = ""
) -> HttpResponseBase:
    if (found := find_address(catalogue, path)) is None:
        raise Http404
    if found.topic and found.is_own:
        return _topic_page(request, found.topic, ending)
    if not ending:
        return moved_to(request, found.url, for_good=not found.is_gone)
    if found.topic is None or found.is_gone:  # another topic's papers are no export of this one
        text = f"“{found.meant.name}” is no topic of this catalogue any more.\n"
        return HttpResponse(text, status=410, content_type="text/plain; charset=utf-8")
    return moved_to(request, twin(found.topic.get_absolute_url(), ending))


def _topic_page(request: HttpRequest, topic: Topic, ending: str) -> HttpResponseBase:
    papers = papers_under(topic.subtree)
    block = PaperList(
        request, papers, title=topic.label, name=topic.path.replace("/", "-"), topics=topic.subtree
    )
    if ending:
        return block.export(ending, topic.get_absolute_url())
    scope = Scope(topic.catalogue, topic)
    context = {
        "topic": topic,
        "ancestors": topic.ancestors,
        "fate": fate_of(topic.catalogue, topic, request.GET.get(WAS, "")),
        "branches": tree(topic.subtree.exclude(pk=topic.pk)),
        "chart": months_chart(papers),
        "about": TopicFacts(scope),
        "past": formerly(topic),
        "merged": topic.absorbed.order_by("-retired_at", "pk"),
        "trends_url": scope.url,
        "list": block,
    }
    return render(request, "catalog/topic.html", context, status=block.status)
