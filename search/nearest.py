"""The nearest vectors: by an index of each model that has many, by looking at all of them where that is cheaper.

The index is pgvector's HNSW (Malkov and Yashunin 2018) over half-precision numbers, one for each model, since vectors of
different models have different lengths. It is read iteratively: what a filter leaves out is made up for by reading on
(pgvector 0.8, "Iterative index scans"). A filter that lets few papers through is cheaper without it: then all that it lets
through are compared.
"""

import hashlib
import time
from typing import Any

from django.db import connection

from search.filters import LISTED, Filter

EXACT_BELOW = 5000  # vectors that are compared sooner than an index is read; docs/benchmarks.md
_MOST_NUMBERS = 4000  # of a vector that pgvector can index
_TRUSTED_FOR = 15.0  # seconds; a page need not look for indexes each time
# Of a connection.
_SETTINGS = {
    "hnsw.ef_search": "200",
    "hnsw.iterative_scan": "strict_order",
    "hnsw.max_scan_tuples": "50000",
}
# With an older version all vectors are compared: its index would leave a filter with too few.
_IS_ITERATIVE = "extname = 'vector' AND string_to_array(extversion, '.')::int[] >= '{0,8}'"

_EXACT = """
        SELECT x.paper_id, x.vector <=> %(vector)s::vector AS distance FROM search_embedding x
        WHERE x.model = %(model)s AND %(vector)s::vector IS NOT NULL AND {listed} AND {typed}
        ORDER BY distance, x.paper_id LIMIT %(nearest)s"""
_BY_INDEX = """
        SELECT x.paper_id, x.vector::halfvec({length}) <=> %(vector)s::halfvec({length}) AS distance FROM search_embedding x
        WHERE x.model = {model} AND {listed}{also}
        ORDER BY x.vector::halfvec({length}) <=> %(vector)s::halfvec({length}) LIMIT %(nearest)s"""
# Which of the two is done is known once the papers that the filter lets through are counted, up to some thousands.
_FILTERED = """
        WITH allowed AS MATERIALIZED (
            SELECT x.paper_id FROM search_papertext x WHERE {typed} LIMIT {most} + 1
        )
        (
            SELECT x.paper_id, x.vector <=> %(vector)s::vector AS distance
            FROM search_embedding x JOIN allowed USING (paper_id)
            WHERE (SELECT count(*) FROM allowed) <= {most} AND x.model = %(model)s AND {listed}
            ORDER BY distance, x.paper_id LIMIT %(nearest)s
        ) UNION ALL ({by_index}
        )"""

_indexes: tuple[float, dict[str, int]] | None = None


def nearest_sql(model: str, typed: Filter) -> str:
    """Return a query for `paper_id` and `distance` of the listed papers nearest to `vector` that pass a filter.

    Its parameters are vector, model and nearest (how many), and those of the filter.
    """
    length = indexed_models().get(model)
    if length is None:
        return _EXACT.format(listed=LISTED, typed=typed.sql)
    # The planner must see which index is meant; the statement has parameters, so that % is doubled.
    names = {"listed": LISTED, "model": _quoted(model).replace("%", "%%"), "length": length}
    if typed.is_open:
        return _BY_INDEX.format(also="", **names)
    also = f" AND (SELECT count(*) FROM allowed) > {EXACT_BELOW} AND {typed.sql}"  # noqa: S608  # our own text
    by_index = _BY_INDEX.format(also=also, **names)
    return _FILTERED.format(typed=typed.sql, most=EXACT_BELOW, listed=LISTED, by_index=by_index)


def nearest(model: str, vector: list[float], limit: int) -> list[int]:
    """Return the listed papers nearest to a vector, nearest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT paper_id FROM ({nearest_sql(model, Filter())}) x ORDER BY distance, paper_id",  # noqa: S608
            {"model": model, "vector": str(vector), "nearest": limit},
        )
        return [paper for (paper,) in cursor.fetchall()]


def indexed_models() -> dict[str, int]:
    """Return the models whose vectors have an index, each with their length, as it was some seconds ago."""
    global _indexes
    known = _indexes
    if known is None or time.monotonic() - known[0] > _TRUSTED_FOR:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT d.description FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
                "JOIN pg_description d ON d.objoid = c.oid AND d.objsubid = 0 "
                "WHERE i.indrelid = 'search_embedding'::regclass AND i.indisvalid AND c.relname LIKE 'nearest_%%'"
            )
            pairs = [text.split(" ", 1) for (text,) in cursor.fetchall()]
        _indexes = known = time.monotonic(), {model: int(length) for length, model in pairs}
    return known[1]


def forget() -> None:
    """Look for indexes anew at the next query."""
    global _indexes
    _indexes = None


def build_indexes() -> list[str]:
    """Give the vectors of each model that has many an index, drop those of models that are gone; return what was built.

    Not in a transaction: pages go on searching while an index is built.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT FROM pg_extension WHERE {_IS_ITERATIVE}")
        if not cursor.fetchall():
            return []
        cursor.execute(
            "SELECT model, min(vector_dims(vector)), count(*) FROM search_embedding GROUP BY 1 ORDER BY 1"
        )
        counted = cursor.fetchall()
        _drop_broken(cursor, {_name(model) for model, _, _ in counted})
        forget()
        wanted = [
            (model, length)
            for model, length, count in counted
            if count >= EXACT_BELOW and length <= _MOST_NUMBERS and model not in indexed_models()
        ]
        for model, length in wanted:
            _build(cursor, model, length)
    forget()
    return [model for model, _ in wanted]


def _build(cursor: Any, model: str, length: int) -> None:
    """The description of the index says what it is of; it is written last.

    One process builds: several would share memory, of which containers have little.
    """
    cursor.execute("SET maintenance_work_mem = '512MB'; SET max_parallel_maintenance_workers = 0")
    try:
        cursor.execute(
            f"CREATE INDEX {_concurrently()} {_name(model)} ON search_embedding "
            f"USING hnsw ((vector::halfvec({length})) halfvec_cosine_ops) WHERE model = {_quoted(model)}"
        )
    finally:
        if not connection.needs_rollback:
            cursor.execute("RESET maintenance_work_mem; RESET max_parallel_maintenance_workers")
    cursor.execute(f"COMMENT ON INDEX {_name(model)} IS {_quoted(f'{length} {model}')}")


def _concurrently() -> str:
    return "" if connection.in_atomic_block else "CONCURRENTLY"


def _drop_broken(cursor: Any, kept: set[str]) -> None:
    """Drop what a killed build left, and indexes of models that have no vectors."""
    cursor.execute(
        "SELECT c.relname, i.indisvalid AND obj_description(c.oid, 'pg_class') IS NOT NULL "
        "FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
        "WHERE i.indrelid = 'search_embedding'::regclass AND c.relname LIKE 'nearest_%%'"
    )
    for name, is_whole in cursor.fetchall():
        if not is_whole or name not in kept:
            cursor.execute(f"DROP INDEX {_concurrently()} {name}")


def _name(model: str) -> str:
    return f"nearest_{hashlib.sha256(model.encode()).hexdigest()[:12]}"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def set_up_connection(sender: object, connection: Any, **kwargs: Any) -> None:
    """Tell a new connection how to read the indexes; an older pgvector, which knows no iterative scan, has none."""
    with connection.cursor() as cursor:
        columns = ", ".join(
            f"set_config('{name}', '{value}', false)" for name, value in _SETTINGS.items()
        )
        cursor.execute(f"SELECT {columns} FROM pg_extension WHERE {_IS_ITERATIVE}")  # noqa: S608  # our own text
