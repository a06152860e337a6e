"""The job that keeps systems and derived relations as the texts have them.

It reads all titles and abstracts, and writes what has changed: what is no longer said is retired, what a curator decided on
stays as the curator left it. A fixed number of statements, and none that writes when nothing has changed.
"""

import json
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from catalog.curation.locks import hold_off_curators
from catalog.folding import fold
from catalog.history.contexts import by_run
from catalog.locks import SYSTEMS, alone
from catalog.models import Paper, Relation, Run, Source, System
from catalog.models.graph import RelationKind
from catalog.readable import readable
from catalog.running import running
from catalog.systems.relations import Derived, Named, Pair, Reading, Text, dated

# What the outcome depends on, as one number: texts, dates, citations, and the words of curators.
_CONTENT = """
SELECT (
    SELECT coalesce(sum(hashtextextended(concat_ws('|', id, title, abstract, published_on, published_precision, year), 0)), 0)
    FROM catalog_paper WHERE merged_into_id IS NULL
)::text || ' ' || (
    SELECT coalesce(sum(hashtextextended(citing_id || ' ' || cited_id, 0)), 0) FROM catalog_citation
)::text || ' ' || (
    SELECT coalesce(sum(hashtextextended(s::text, 0)), 0) FROM catalog_system s WHERE source = 'curator'
)::text || ' ' || (
    SELECT coalesce(sum(hashtextextended(r::text, 0)), 0) FROM catalog_relation r WHERE source = 'curator'
)::text
"""
_CITES = """
SELECT DISTINCT c.citing_id, c.cited_id FROM unnest(%s::bigint[], %s::bigint[]) AS asked (citing, cited)
JOIN catalog_citation c ON c.citing_id = asked.citing AND c.cited_id = asked.cited
"""
_WRITE_SYSTEMS = """
WITH new AS MATERIALIZED (
    SELECT n.paper, n.key, n.name, ARRAY(SELECT jsonb_array_elements_text(n.aliases::jsonb))::varchar[] AS aliases, n.note
    FROM unnest(%(papers)s::bigint[], %(keys)s::text[], %(names)s::text[], %(aliases)s::text[], %(notes)s::text[])
        AS n (paper, key, name, aliases, note)
), gone AS (
    UPDATE catalog_system s SET retired_at = %(now)s
    WHERE s.source = 'derived' AND s.retired_at IS NULL
        AND NOT EXISTS (SELECT FROM new n WHERE n.paper = s.introduced_by_id AND n.key = s.key)
    RETURNING s.id
), made AS (
    INSERT INTO catalog_system AS old (introduced_by_id, key, name, aliases, note, source, stated_at)
    SELECT n.paper, n.key, n.name, n.aliases, n.note, 'derived', %(now)s FROM new n JOIN catalog_paper p ON p.id = n.paper
    ON CONFLICT (introduced_by_id, key) DO UPDATE SET
        name = excluded.name, aliases = excluded.aliases, note = excluded.note, stated_at = excluded.stated_at, retired_at = NULL
    WHERE old.source = 'derived' AND (
        old.retired_at IS NOT NULL OR (old.name, old.aliases, old.note) IS DISTINCT FROM (excluded.name, excluded.aliases, excluded.note)
    )
    RETURNING xmax = 0 AS is_new
)
SELECT count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE NOT is_new), (SELECT count(*) FROM gone) FROM made
"""
_WRITE_RELATIONS = """
WITH new AS MATERIALIZED (
    SELECT n.*, s.id AS system
    FROM unnest(%(subjects)s::bigint[], %(objects)s::bigint[], %(kinds)s::text[], %(notes)s::text[], %(keys)s::text[])
        AS n (subject, object, kind, note, key)
    JOIN catalog_system s ON s.introduced_by_id = n.object AND s.key = n.key
    JOIN catalog_paper p ON p.id = n.subject
), gone AS (
    UPDATE catalog_relation r SET retired_at = %(now)s
    WHERE r.source = 'derived' AND r.system_id IS NOT NULL AND r.retired_at IS NULL
        AND NOT EXISTS (SELECT FROM new n WHERE n.subject = r.subject_id AND n.object = r.object_id AND n.kind = r.kind)
    RETURNING r.id
), made AS (
    INSERT INTO catalog_relation AS old (subject_id, object_id, kind, note, system_id, source, stated_at)
    SELECT n.subject, n.object, n.kind, n.note, n.system, 'derived', %(now)s FROM new n
    WHERE NOT EXISTS (
        SELECT FROM catalog_relation r
        WHERE r.subject_id = n.subject AND r.object_id = n.object AND r.kind = n.kind AND r.source = 'curator'
    )
    ON CONFLICT (subject_id, object_id, kind, source) DO UPDATE SET
        note = excluded.note, system_id = excluded.system_id, stated_at = excluded.stated_at, retired_at = NULL
    WHERE old.retired_at IS NOT NULL OR (old.note, old.system_id) IS DISTINCT FROM (excluded.note, excluded.system_id)
    RETURNING xmax = 0 AS is_new
)
SELECT count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE NOT is_new), (SELECT count(*) FROM gone) FROM made
"""


def find_changed(reason: str, *, always: bool = False) -> Run | None:
    """Look for systems and relations anew if anything has changed since; return the run, or None where there was no need."""
    with alone(SYSTEMS, "Systems are being looked for already."):
        content = _content()
        last = Run.objects.filter(job=Run.Job.SYSTEMS, status=Run.Status.DONE).first()
        if not always and last and last.details.get("content") == content:
            return None
        with running(Run.Job.SYSTEMS, reason) as run:
            find(run)
            run.details["content"] = content
            systems, relations = run.details["systems"], run.details["relations"]
            run.message = f"{systems:,} systems, {relations:,} relations to their papers."
        return run


def find(run: Run) -> None:
    """Bring systems and derived relations up to date, and count in the run what was done."""
    curated = list(System.objects.filter(source=Source.CURATOR))
    standing = [row for row in curated if row.retired_at is None]
    trusted = [
        Named(row.introduced_by_id, row.name, tuple(row.aliases), row.note, in_title=True, is_trusted=True)
        for row in standing
    ]  # fmt: skip
    reading = Reading(list(_texts()), trusted)
    decided = {(row.introduced_by_id, fold(name)) for row in curated for name in row.names}
    systems = [one for one in reading.systems if one.key not in decided]
    derived = reading.relations([*systems, *trusted], _citations)
    relations = _undecided(derived)
    with transaction.atomic(), by_run(run):
        hold_off_curators()
        of_systems = _write_systems(systems)
        of_relations = _write_relations(relations)
    run.new, run.changed = of_systems[0] + of_relations[0], of_systems[1] + of_relations[1]
    run.same = len(systems) + len(relations) - run.new - run.changed
    run.details = {
        "systems": len(systems) + len(trusted),
        "relations": len(relations),
        "retired": of_systems[2] + of_relations[2],
    }


def _texts() -> Iterator[Text]:
    rows = Paper.objects.public().order_by("pk")
    columns = ("pk", "title", "abstract", "published_on", "published_precision", "year")
    for pk, title, abstract, published_on, precision, year in rows.values_list(*columns):
        yield Text(pk, _plain(title), _plain(abstract), dated(published_on, precision, year))


def _plain(text: str) -> str:
    return " ".join(readable(text).split())


def _citations(pairs: Collection[Pair]) -> set[Pair]:
    asked = list(pairs)
    with connection.cursor() as cursor:
        cursor.execute(_CITES, [[one for one, _ in asked], [other for _, other in asked]])
        return set(cursor.fetchall())


def _undecided(derived: Iterable[Derived]) -> list[Derived]:
    """Leave out what a curator has decided on: the same relation, any where it was said that the name means another thing,
    and a mere mention of what the curator knows more of."""
    said, rejected, known = set(), set(), set()
    rows = Relation.objects.filter(source=Source.CURATOR)
    for subject, object_, kind, retired_at in rows.values_list(
        "subject", "object", "kind", "retired_at"
    ):
        said.add((subject, object_, kind))
        if retired_at is None:
            known.add((subject, object_))
        elif kind == RelationKind.MENTIONS:
            rejected.add((subject, object_))
    return [
        one
        for one in derived
        if (one.subject, one.object, one.kind) not in said
        and (one.subject, one.object) not in rejected
        and not (one.kind == RelationKind.MENTIONS and (one.subject, one.object) in known)
    ]


def _write_systems(systems: Collection[Named]) -> tuple[int, int, int]:
    """Store systems; return how many are new, changed and retired."""
    names: dict[str, Any] = {
        "papers": [one.paper for one in systems],
        "keys": [one.key[1] for one in systems],
        "names": [one.name for one in systems],
        "aliases": [json.dumps(one.aliases) for one in systems],
        "notes": [one.said for one in systems],
        "now": timezone.now(),
    }
    return _write(_WRITE_SYSTEMS, names)


def _write_relations(relations: Collection[Derived]) -> tuple[int, int, int]:
    """Store derived relations; return how many are new, changed and retired."""
    names: dict[str, Any] = {
        "subjects": [one.subject for one in relations],
        "objects": [one.object for one in relations],
        "kinds": [str(one.kind) for one in relations],
        "notes": [one.note for one in relations],
        "keys": [one.system[1] for one in relations],
        "now": timezone.now(),
    }
    return _write(_WRITE_RELATIONS, names)


def _write(statement: str, names: dict[str, Any]) -> tuple[int, int, int]:
    with connection.cursor() as cursor:
        cursor.execute(statement, names)
        new, changed, gone = cursor.fetchone()
        return new, changed, gone


def _content() -> str:
    with connection.cursor() as cursor:
        cursor.execute(_CONTENT)
        content: str = cursor.fetchone()[0]
        return content
