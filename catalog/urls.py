from collections.abc import Callable
from typing import Any

from django.templatetags.static import static
from django.urls import URLPattern, path
from django.utils.functional import lazy
from django.views.decorators.http import conditional_page
from django.views.generic import RedirectView

from catalog import converters
from catalog.views import (
    data,
    glossary,
    home,
    new,
    papers,
    people,
    repositories,
    snapshots,
    status,
    systems,
    topics,
    trends,
    whole,
)

converters.register()


def page(route: str, view: Callable[..., Any], name: str) -> URLPattern:
    """A page that answers 304 to a browser that has it already."""
    return path(route, conditional_page(view), name=name)


def pages(route: str, view: Callable[..., Any], name: str) -> list[URLPattern]:
    """A page of papers, and the same papers as references and as a feed at its address with another ending."""
    return [
        page(f"{route.rstrip('/')}.<ending:ending>", view, f"{name}-export"),
        page(route, view, name),
    ]


urlpatterns = [
    page("", home.home, "home"),
    page("papers.<ending:ending>", whole.whole_catalogue, "whole-export"),
    page("topics/", topics.topic_index, "topic-index"),
    *pages("topics/<slug:slug>/", topics.catalogue_detail, "catalogue-detail"),
    *pages("topics/<slug:catalogue>/<tree:path>/", topics.topic_detail, "topic-detail"),
    page("catalogues/<slug:slug>/at/", snapshots.catalogue_past, "catalogue-past"),
    page("catalogues/<slug:slug>/at/<day:day>/", snapshots.catalogue_at, "catalogue-at"),
    page("catalogues/<slug:slug>/at/<day:day>/<tree:path>/", snapshots.topic_at, "topic-at"),
    page("papers/<int:pk>/", papers.paper_detail, "paper"),
    *pages("papers/<int:pk>/<text:slug>/", papers.paper_detail, "paper-detail"),
    page("abs/<tree:text>", papers.by_arxiv_id, "abs"),
    page("pdf/<tree:text>", papers.by_arxiv_id, "pdf"),
    page("authors/", people.author_index, "author-index"),
    page("authors/<int:pk>/", people.author_detail, "author"),
    *pages("authors/<int:pk>/<text:slug>/", people.author_detail, "author-detail"),
    page("venues/", people.venue_index, "venue-index"),
    *pages("venues/<slug:slug>/", people.venue_detail, "venue-detail"),
    page("repositories/", repositories.repository_index, "repository-index"),
    *pages(
        "repositories/<text:host>/<text:owner>/<text:name>/",
        repositories.repository_detail,
        "repository-detail",
    ),
    page("systems/", systems.system_index, "system-index"),
    page("systems/<int:pk>/", systems.system_detail, "system"),
    page("systems/<int:pk>/<text:slug>/", systems.system_detail, "system-detail"),
    page("glossary/", glossary.glossary_index, "glossary-index"),
    page("glossary/<text:key>/", glossary.glossary_detail, "glossary-detail"),
    page("years/", people.year_index, "year-index"),
    *pages("years/<int:year>/", people.year_detail, "year-detail"),
    *pages("new/", new.new_index, "new-index"),
    *pages("new/<int:year>/w<int:week>/", new.new_week, "new-week"),
    *pages("new/<int:year>/<int:month>/", new.new_month, "new-month"),
    page("data/", data.data_index, "data-index"),
    page("data.json", data.data_index_json, "data-index-json"),
    path("data/latest/", data.latest, name="dump-latest"),
    path("data/latest/<text:rest>", data.latest, name="dump-latest-file"),
    page("data/<day:day>/", data.dump_detail, "dump-detail"),
    path("data/<day:day>/<text:name>", data.dump_file, name="dump-file"),
    # Their form has a token of its own each time: nothing to answer 304 about.
    path("trends/", trends.trends, name="trends"),
    path("trends/<slug:slug>/", trends.trends_of_catalogue, name="trends-catalogue"),
    path("trends/<slug:catalogue>/<tree:path>/", trends.trends_of_topic, name="trends-topic"),
    page("status", status.status, "status"),
    path("robots.txt", whole.robots, name="robots"),
    page("sitemap.xml", whole.sitemap, "sitemap"),
    page("sitemap-<int:number>.xml", whole.sitemap_part, "sitemap-part"),
    path("favicon.ico", RedirectView.as_view(url=lazy(static, str)("favicon.svg")), name="favicon"),
]
