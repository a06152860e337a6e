"""The rows that the lists of the admin are measured with: each table as large as with a hundred thousand papers."""

from django.db import connection

from catalog.models import Catalogue

# Each table of so many rows as a catalogue of a hundred thousand papers has.
_ROWS = (
    "INSERT INTO catalog_venue (name, slug, full_name, kind, aliases) SELECT 'Venue ' || n, 'venue-' || n, '', 'conference', '{}' FROM generate_series(1, 200) n",
    "INSERT INTO catalog_topic (catalogue_id, name, heading, slug, path, position, description, hue, curated, listed_path, created_at) "
    "SELECT %(catalogue)s, 'Topic ' || n, 'Topic ' || n, 'topic-' || n, 'topic-' || n, n, '', n %% 16, false, '{}', now() FROM generate_series(1, 200) n",
    "INSERT INTO catalog_author (name, name_key, orcid, created_at) SELECT 'Ada ' || n, 'ada' || n, '', now() FROM generate_series(1, 80000) n",
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
    "INSERT INTO catalog_titlealias (paper_id, title, title_key, source, stated_at) SELECT id, title || ' (v2)', title_key || 'v2', 'list', now() FROM catalog_paper WHERE id %% 5 = 0",
    "INSERT INTO catalog_announcement (catalogue_id, paper_id, date, position, title, title_key, url, venue_text, source, stated_at) "
    "SELECT %(catalogue)s, id, date '2024-01-01' + (id %% 700)::int, 0, title, title_key, '', '', 'list', now() FROM catalog_paper WHERE id %% 5 = 0",
    "INSERT INTO catalog_papersuspect (first_id, second_id, score, reasons, status, found_at) "
    "SELECT id, id + 1, 0.5 + id %% 50 / 100.0, '{nearly the same title}', CASE WHEN id %% 3 = 0 THEN 'distinct' ELSE 'open' END, now() FROM catalog_paper WHERE id %% 20 = 1",
    "INSERT INTO catalog_authorsuspect (first_id, second_id, score, reasons, status, found_at) "
    "SELECT id, id + 1, 0.6, '{the same name}', 'open', now() FROM catalog_author WHERE id %% 20 = 1",
    "INSERT INTO catalog_linkcheck (url, host, outcome, reason, moved_to, failures, next_at, failing_since, dead_at) SELECT url, 'example.org', "
    "(ARRAY['ok', 'ok', 'ok', 'ok', 'ok', 'soft', 'hard', 'moved'])[1 + id %% 8], '', '', CASE WHEN id %% 8 IN (5, 6) THEN 1 ELSE 0 END, now(), CASE WHEN id %% 8 IN (5, 6) THEN now() END, CASE WHEN id %% 80 = 6 THEN now() END FROM catalog_link",
    "INSERT INTO catalog_codesuggestion (paper_id, host, owner, name, url, kind, quote, status, found_at) "
    "SELECT id, 'github.com', 'owner' || id, 'code', 'https://github.com/owner' || id || '/code', 'abstract', 'Code is there.', 'open', now() FROM catalog_paper WHERE id %% 50 = 0",
    "INSERT INTO catalog_proposal (kind, status, token, form, before, after, taken, note, seen_at, credit, answer, created_at, paper_id) SELECT 'fix', "
    "CASE WHEN id %% 3 = 0 THEN 'open' ELSE 'rejected' END, md5(id::text), md5('form' || id), '{}', '{\"title\": \"Another\"}', '{}', 'A slip.', '', '', '', now(), id FROM catalog_paper WHERE id %% 50 = 0",
    "INSERT INTO catalog_relation (subject_id, object_id, kind, source, note, stated_at) SELECT id, id - 1, 'extends', 'derived', '', now() FROM catalog_paper WHERE id %% 5 = 0",
    "INSERT INTO catalog_system (introduced_by_id, name, key, aliases, note, source, stated_at) SELECT id, 'System' || id, 'system' || id, '{}', '', 'derived', now() FROM catalog_paper WHERE id %% 10 = 0",
    "INSERT INTO catalog_citation (citing_id, cited_id, source, stated_at) SELECT p.id, 1 + (p.id * 7 + k * 131) %% (SELECT max(id) FROM catalog_paper), 'semantic_scholar', now() "
    "FROM catalog_paper p, generate_series(1, 5) k WHERE p.id <> 1 + (p.id * 7 + k * 131) %% (SELECT max(id) FROM catalog_paper) ON CONFLICT DO NOTHING",
    "INSERT INTO catalog_reference (citing_id, source, key, title, text, stated_at, identifiers) SELECT id, 'semantic_scholar', 'k' || id, 'Reference ' || id, '', now(), '{}' FROM catalog_paper",
    "INSERT INTO catalog_fieldstatement (paper_id, field, source, detail, value, stated_at) SELECT id, 'title', 'arxiv', '', to_jsonb(title), now() FROM catalog_paper",
    "INSERT INTO catalog_starcount (repository_id, date, stars) SELECT id, current_date - k, id %% 1000 + k FROM catalog_repository, generate_series(1, 10) k",
    "INSERT INTO ingest_visit (source, kind, subject, visited_at, outcome, etag, reason) SELECT 'arxiv', 'paper', id, now(), 'found', '', '' FROM catalog_paper",
    'INSERT INTO catalog_run (job, status, reason, started_at, finished_at, new, changed, same, skipped, failed, "left", message, details, batch, deaths, holder, requests) '
    "SELECT 'arxiv', 'done', 'schedule', now() - n * interval '1 hour', now(), 1, 2, 3, 0, 0, 0, '', '{}', '[]', 0, '', 1 FROM generate_series(1, 5000) n",
    # A paper of three hundred authors, and one topic that holds every fifth paper.
    "INSERT INTO catalog_authorship (paper_id, author_id, position, printed_name) SELECT (SELECT max(id) FROM catalog_paper), id, 10 + row_number() OVER (ORDER BY id), name FROM catalog_author ORDER BY id LIMIT 300",
    "INSERT INTO catalog_placement (paper_id, topic_id, is_primary, position, listed_title, listed_url, source, stated_at) "
    "SELECT id, (SELECT max(id) FROM catalog_topic), false, id %% 500, '', '', 'list', now() FROM catalog_paper WHERE id %% 5 = 0 ON CONFLICT DO NOTHING",
    "INSERT INTO catalog_venuesuggestion (paper_id, source, text, venue_name, distinction, status, found_at) "
    "SELECT id, 'arxiv', 'Accepted at Venue 1', 'Venue 1', '', 'open', now() FROM catalog_paper WHERE id %% 10 = 0",
)


def fill(papers: int) -> None:
    catalogue = Catalogue.objects.create(slug="bench", title="Bench")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO catalog_paper (title, title_key, abstract, year, published_on, published_precision, distinction, journal_ref, comment, categories, created_at, updated_at) "
            "SELECT 'Paper with the number ' || n, 'paperwiththenumber' || n, '', 2000 + n %% 26, date '2000-01-01' + n %% 9000, 'day', '', '', '', '{}', now(), now() "
            "FROM generate_series(1, %s) n",
            [papers],
        )
        for statement in _ROWS:
            cursor.execute(statement, {"catalogue": catalogue.pk})
        cursor.execute("VACUUM ANALYZE")
