from django.urls import path, re_path

from search import explorer, similar_views, views
from search.proposing import propose

urlpatterns = [
    path("search", views.results, name="search"),
    path("search.json", views.results_in_json, name="search-json"),
    re_path(r"^search\.(?P<ending>bib|ris|csv|atom)$", views.results_in_file, name="search-file"),
    path("search/suggest.json", views.suggestions, name="search-suggest"),
    path("search/why/<int:pk>", views.why, name="search-why"),
    path("similar", similar_views.similar_papers, name="similar"),
    path("similar.json", similar_views.similar_in_json, name="similar-json"),
    path("graph", explorer.explorer, name="graph"),
    path("graph.json", explorer.explorer_in_json, name="graph-json"),
    path("graph.graphml", explorer.explorer_in_graphml, name="graph-graphml"),
    path("propose", propose, name="propose"),
]
