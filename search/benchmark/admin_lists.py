"""How quick the admin is with a hundred thousand papers, and how many queries each of its lists, filters and pages asks."""

import gc
from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Max
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalog.models import Author, Catalogue, Paper, PaperSuspect, Topic, Venue
from search.benchmark import admin_rows
from search.benchmark.client import page_client
from search.benchmark.figures import Figure, timed
from search.scratch import finish, scratch_database

PAPERS = 100_000
_RUNS = 15
_TRIES = 3  # of each choice of a filter, of which the quickest counts
_APPS = {"catalog", "ingest", "search"}
_PAGES = {
    "desk": "index",
    "all changes": "changes",
    "pairs of papers": "catalog_papersuspect_queue",
    "pairs of authors": "catalog_authorsuspect_queue",
    "venues": "catalog_venuesuggestion_queue",
    "trees of topics": "catalog_topic_trees",
    "import of a list": "catalog_catalogue_import",
}
_QUERIES = {
    "papers, words": ("paper", "q=number+777"),
    "papers, a frequent word": ("paper", "q=paper"),
    "papers, an identifier": ("paper", "q=2401.00777"),
    "papers, by title": ("paper", "o=1"),
    "papers, by venue, the last page": ("paper", "o=3&p=900"),
    "authors, a name": ("author", "q=Ada+777"),
    "placements of a topic": ("placement", "topic__id__exact=1"),
}


def measured(papers: int = PAPERS, *, keep: bool = False) -> Iterator[Figure]:
    with scratch_database(f"admin_{papers}", keep=keep):
        yield from _filling(papers)
        yield from _asking()


def _filling(papers: int) -> Iterator[Figure]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM catalog_paper")
        if cursor.fetchone() == (papers,):
            return
    note = f"{papers:,} papers"
    yield Figure.of("admin", "loading", [timed(admin_rows.fill, papers)], note=note)
    finish()


def _asking() -> Iterator[Figure]:
    user, _ = User.objects.get_or_create(
        username="bench", defaults={"is_staff": True, "is_superuser": True}
    )
    client = page_client()
    client.force_login(user)
    client.get(reverse("admin:index"))
    gc.collect()
    gc.freeze()  # as the processes that serve pages do
    for name, view in _PAGES.items():
        yield _asked(client, name, reverse(f"admin:{view}"))
    for name, url in _rows_and_their_pages():
        yield _asked(client, name, url)
    for model in sorted(admin.site._registry, key=lambda one: one._meta.label):
        if model._meta.app_label in _APPS:
            yield from _list_of(client, user, admin.site._registry[model])
    for name, (model_name, query) in _QUERIES.items():
        yield _asked(client, name, f"{reverse(f'admin:catalog_{model_name}_changelist')}?{query}")


def _rows_and_their_pages() -> Iterator[tuple[str, str]]:
    """The largest of each kind."""
    largest = Paper.objects.aggregate(pk=Max("pk"))["pk"]
    topic = Topic.objects.aggregate(pk=Max("pk"))["pk"]
    pages: dict[str, tuple[str, Any]] = {
        "a paper of 300 authors": ("catalog_paper_change", largest),
        "history of a paper": ("catalog_paper_history", largest),
        "a topic of 20,000 papers": ("catalog_topic_change", topic),
        "history of a topic": ("catalog_topic_history", topic),
        "an author": ("catalog_author_change", Author.objects.aggregate(pk=Max("pk"))["pk"]),
        "a venue": ("catalog_venue_change", Venue.objects.aggregate(pk=Max("pk"))["pk"]),
        "a pair": ("catalog_papersuspect_change", PaperSuspect.objects.open()[:1].get().pk),
        "a catalogue": ("catalog_catalogue_change", Catalogue.objects.get().pk),
        "tree of topics": ("catalog_topic_tree", Catalogue.objects.get().slug),
        "split of a topic": ("catalog_topic_split", topic),
        "merging of a topic": ("catalog_topic_merge", topic),
    }
    for name, (view, key) in pages.items():
        yield name, reverse(f"admin:{view}", args=[key])
    yield "choosing a paper", _choosing("placement", "paper")
    yield "choosing an author", _choosing("authorship", "author")
    yield "merging of papers", f"{reverse('admin:catalog_paper_merge')}?ids={largest},{largest - 1}"


def _choosing(model: str, field: str) -> str:
    wanted = f"app_label=catalog&model_name={model}&field_name={field}&term=777"
    return f"{reverse('admin:autocomplete')}?{wanted}"


def _list_of(client: Client, user: User, model_admin: Any) -> Iterator[Figure]:
    """A list as it opens, with words looked for, and with each choice of its filters."""
    options = model_admin.opts
    name = str(options.verbose_name_plural)
    url = reverse(f"admin:{options.app_label}_{options.model_name}_changelist")
    yield _asked(client, f"list of {name}", url)
    if model_admin.search_fields:
        yield _asked(client, f"list of {name}, words", f"{url}?q=number+777")
    request = RequestFactory().get(url)
    request.user = user
    listed: ChangeList = model_admin.get_changelist_instance(request)
    choices = [
        choice["query_string"]
        for one in listed.filter_specs
        for choice in list(one.choices(listed))[1:_MOST]
    ]
    if choices:
        yield _filtered(client, f"list of {name}, filtered", url, choices)


_MOST = 9  # choices of a filter that are tried


def _filtered(client: Client, name: str, url: str, choices: list[str]) -> Figure:
    """One time for each choice; the note names the slowest."""
    times: dict[str, float] = {}
    number = 0
    for choice in choices:
        with CaptureQueriesContext(connection) as queries:
            client.get(url + choice)
        number = max(number, len(queries))
        times[choice] = min(timed(client.get, url + choice) for _ in range(_TRIES))
    worst = max(times, key=times.__getitem__)
    note = f"the slowest of {len(times)}: {worst}"
    return Figure.of("admin", name, list(times.values()), queries=number, note=note)


def _asked(client: Client, name: str, url: str) -> Figure:
    with CaptureQueriesContext(connection) as queries:
        status = client.get(url, follow=True).status_code
    number = len(queries)  # what is asked next forgets them
    times = [timed(_follow, client, url) for _ in range(_RUNS)]
    note = "" if status == 200 else f"HTTP {status}"
    return Figure.of("admin", name, times, queries=number, note=note)


def _follow(client: Client, url: str) -> object:
    return client.get(url, follow=True)
