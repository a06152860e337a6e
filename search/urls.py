from django.urls import path
from django.views.decorators.http import conditional_page

from catalog import converters
from search import explorer, lookup_views, opensearch, similar_views, views
from search.map import views as map_views
from search.proposals import views as proposal_views
from search.proposing import propose

converters.register()

urlpatterns = [
    path("search", views.results, name="search"),
    path("search.json", views.results_in_json, name="search-json"),
    path("search.<ending:ending>", conditional_page(views.results_in_file), name="search-file"),
    path("search/suggest.json", views.suggestions, name="search-suggest"),
    path("search/why/<int:pk>", views.why, name="search-why"),
    path("similar", similar_views.similar_papers, name="similar"),
    path("similar.json", similar_views.similar_in_json, name="similar-json"),
    path("graph", explorer.explorer, name="graph"),
    path("graph.json", explorer.explorer_in_json, name="graph-json"),
    path("graph.graphml", explorer.explorer_in_graphml, name="graph-graphml"),
    path("map", map_views.field_map, name="map"),
    path("map.json", map_views.map_in_json, name="map-json"),
    path("map/marked.json", map_views.marked_in_json, name="map-marked"),
    path("map/names.json", map_views.names_in_json, name="map-names"),
    path("lookup", lookup_views.lookup, name="lookup"),
    path("lookup.<ending:ending>", lookup_views.found_in_file, name="lookup-file"),
    path("opensearch.xml", conditional_page(opensearch.description), name="opensearch"),
    path("propose", propose, name="propose"),
    path("suggest", proposal_views.suggest, name="suggest"),
    path("fix/paper/<int:pk>/", proposal_views.fix_paper, name="fix-paper"),
    path("fix/topic/<int:pk>/", proposal_views.fix_topic, name="fix-topic"),
    path("proposals/<str:token>/", proposal_views.proposal, name="proposal"),
    path("contributors/", proposal_views.contributors, name="contributors"),
]
