"""Catalogues and their topics."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from catalog.models import Catalogue, Topic, TopicRedirect
from catalog.months import months_chart
from catalog.paper_lists import PaperList, papers_under
from catalog.topic_trees import catalogue_trees, tree


@require_safe
def topic_index(request: HttpRequest) -> HttpResponse:
    return render(request, "catalog/topics.html", {"catalogues": catalogue_trees()})


@require_safe
def catalogue_detail(request: HttpRequest, slug: str) -> HttpResponse:
    catalogue = get_object_or_404(Catalogue, slug=slug)
    topics = catalogue.topics.filter(retired_at=None)
    papers = papers_under(topics)
    block = PaperList(request, papers, topics=topics)
    context = {
        "catalogue": catalogue,
        "branches": tree(topics),
        "chart": months_chart(papers),
        "list": block,
    }
    return render(request, "catalog/catalogue.html", context, status=block.status)


@require_safe
def topic_detail(request: HttpRequest, catalogue: str, path: str) -> HttpResponse:
    topic = Topic.objects.select_related("catalogue").filter(catalogue__slug=catalogue, path=path)
    if (found := topic.first()) is None:
        moved = TopicRedirect.objects.select_related("topic__catalogue")
        old = get_object_or_404(moved, catalogue__slug=catalogue, path=path)
        return redirect(old.topic, permanent=True)
    return _topic_page(request, found)


def _topic_page(request: HttpRequest, topic: Topic) -> HttpResponse:
    papers = papers_under(topic.subtree)
    block = PaperList(request, papers, topics=topic.subtree)
    context = {
        "topic": topic,
        "ancestors": topic.ancestors,
        "branches": tree(topic.subtree.exclude(pk=topic.pk)),
        "chart": months_chart(papers),
        "list": block,
    }
    return render(request, "catalog/topic.html", context, status=block.status)
