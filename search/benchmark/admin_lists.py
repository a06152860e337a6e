"""How quick the lists of the admin are with a hundred thousand papers, and how many queries each asks."""

from collections.abc import Iterator

from django.contrib import admin
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalog.models import Catalogue
from search.benchmark.client import page_client
from search.benchmark.figures import Figure, timed
from search.scratch import finish, scratch_database

PAPERS = 100_000
_RUNS = 15
_APPS = {"catalog", "ingest", "search"}
_PAGES = {
    "desk": "index",
    "all changes": "changes",
    "pairs of papers": "catalog_papersuspect_queue",
    "pairs of authors": "catalog_authorsuspect_queue",
    "venues": "catalog_venuesuggestion_queue",
}
_QUERIES = {
    "papers, words": ("paper", "q=number+777"),
    "papers, an identifier": ("paper", "q=2401.00777"),
    "papers, the listed": ("paper", "state=listed"),
    "papers, a year": ("paper", "year=2024"),
    "authors, a name": ("author", "q=Ada+777"),
    "candidates to decide": ("candidate", "status__exact=open"),
    "placements of a topic": ("placement", "topic__id__exact=1"),
}
# Each table of so many rows as a catalogue of a hundred thousand papers has.
_FILL = (
    "INSERT INTO catalog_venue (name, slug, full_name, kind, aliases) SELECT 'Venue ' || n, 'venue-' || n, '', 'conference', '{}' FROM generate_series(1, 200) n",
    "INSERT INTO catalog_topic (catalogue_id, name, heading, slug, path, position, description, hue, curated, listed_path, created_at) "
    "SELECT %(catalogue)s, 'Topic ' || n, 'Topic ' || n, 'topic-' || n, 'topic-' || n, n, '', n %% 16, false, '{}', now() FROM generate_series(1, 200) n",
    "INSERT INTO catalog_author (name, name_key, orcid, created_at) SELECT 'Ada ' || n, 'ada ' || n, '', now() FROM generate_series(1, 80000) n",
    "INSERT INTO catalog_repository (host, owner, name, description, topics, licence, default_branch, is_archived, stars, stars_on, gone_reason, created_at) "
    "SELECT 'github.com', 'owner' || n, 'code', '', '{}', 'MIT', 'main', n %% 20 = 0, n, current_date, '', now() FROM generate_series(1, 30000) n",
    "INSERT INTO catalog_placement (paper_id, topic_id, is_primary, position, listed_title, listed_url, source, stated_at) "
    "SELECT p.id, (SELECT min(id) FROM catalog_topic) + p.id %% 200, true, p.id %% 500, '', '', 'list', now() FROM catalog_paper p",
    "INSERT INTO catalog_authorship (paper_id, author_id, position, printed_name) SELECT p.id, (SELECT min(id) FROM catalog_author) + (p.id * 7 + k * 13) %% 80000, k, 'Ada ' || p.id "
    "FROM catalog_paper p, generate_series(1, 3) k",
    "INSERT INTO catalog_identifier (paper_id, scheme, value, source, stated_at) SELECT id, 'arxiv', '2401.' || lpad(id::text, 5, '0'), 'list', now() FROM catalog_paper WHERE id < 100000",
    "INSERT INTO catalog_paperrepository (paper_id, repository_id, url, position, source, stated_at) "
    "SELECT p.id, (SELECT min(id) FROM catalog_repository) + p.id %% 30000, '', 0, 'list', now() FROM catalog_paper p WHERE p.id %% 3 = 0",
    "INSERT INTO catalog_provenance (paper_id, field, source, detail, stated_at, locked) SELECT id, 'title', 'list', '', now(), false FROM catalog_paper",
    "INSERT INTO catalog_link (paper_id, kind, url, label, position, source, stated_at) SELECT id, 'homepage', 'https://example.org/' || id, '', 0, 'list', now() FROM catalog_paper",
    "INSERT INTO catalog_candidate (catalogue_id, scheme, value, title, abstract, authors, reasons, status, found_at) "
    "SELECT %(catalogue)s, 'arxiv', '2501.' || lpad(n::text, 5, '0'), 'Candidate ' || n, '', '[]', '[]', CASE WHEN n %% 4 = 0 THEN 'open' ELSE 'rejected' END, now() FROM generate_series(1, 20000) n",
    "INSERT INTO catalog_problem (job, kind, message, fingerprint, status, created_at, paper_id) "
    "SELECT 'github', 'odd', 'Odd ' || id, md5(id::text), 'open', now(), id FROM catalog_paper WHERE id %% 20 = 0",
    "INSERT INTO catalog_venuesuggestion (paper_id, source, text, venue_name, distinction, status, found_at) "
    "SELECT id, 'arxiv', 'Accepted at Venue 1', 'Venue 1', '', 'open', now() FROM catalog_paper WHERE id %% 10 = 0",
)


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
    yield Figure.of("admin", "loading", [timed(_load, papers)], note=note)
    finish()


def _load(papers: int) -> None:
    catalogue = Catalogue.objects.create(slug="bench", title="Bench")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO catalog_paper (title, title_key, abstract, year, published_on, published_precision, distinction, journal_ref, comment, categories, created_at, updated_at) "
            "SELECT 'Paper with the number ' || n, 'paper with the number ' || n, '', 2000 + n %% 26, date '2000-01-01' + n %% 9000, 'day', '', '', '', '{}', now(), now() "
            "FROM generate_series(1, %s) n",
            [papers],
        )
        for statement in _FILL:
            cursor.execute(statement, {"catalogue": catalogue.pk})
        cursor.execute("VACUUM ANALYZE")


def _asking() -> Iterator[Figure]:
    user, _ = User.objects.get_or_create(
        username="bench", defaults={"is_staff": True, "is_superuser": True}
    )
    client = page_client()
    client.force_login(user)
    for name, view in _PAGES.items():
        yield _asked(client, name, reverse(f"admin:{view}"))
    for model in sorted(admin.site._registry, key=lambda one: one._meta.label):
        if model._meta.app_label in _APPS:
            name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
            yield _asked(client, f"list of {model._meta.verbose_name_plural}", reverse(name))
    for name, (model_name, query) in _QUERIES.items():
        yield _asked(client, name, f"{reverse(f'admin:catalog_{model_name}_changelist')}?{query}")


def _asked(client: Client, name: str, url: str) -> Figure:
    with CaptureQueriesContext(connection) as queries:
        status = client.get(url).status_code
    number = len(queries)  # what is asked next forgets them
    times = [timed(client.get, url) for _ in range(_RUNS)]
    note = "" if status == 200 else f"HTTP {status}"
    return Figure.of("admin", name, times, queries=number, note=note)
