"""What each source says of a paper's fields: kept whether or not it is the value that is shown.

Values are JSON: texts; a list of names; a year; a date as {"day": "2024-02-12", "precision": "day"}; for a withdrawal its
day, or false where the source says that there is none.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from catalog.models import FieldStatement, Paper, Source

Value = Any
FIELDS = (
    "title",
    "abstract",
    "authors",
    "year",
    "venue",
    "distinction",
    "published_on",
    "withdrawn_at",
)
# By what is said again nothing is written: only what differs is, and what is said no more goes.
_KEEP = """
WITH said AS MATERIALIZED (
    SELECT * FROM unnest(%(papers)s::bigint[], %(fields)s::text[], %(values)s::text[]) AS said (paper, field, value)
), gone AS (
    DELETE FROM catalog_fieldstatement f
    WHERE f.source = %(source)s AND f.detail = %(detail)s AND f.paper_id = ANY(%(asked)s) AND f.field = ANY(%(about)s)
        AND NOT EXISTS (SELECT FROM said WHERE said.paper = f.paper_id AND said.field = f.field)
)
INSERT INTO catalog_fieldstatement AS old (paper_id, field, source, detail, value, stated_at)
SELECT said.paper, said.field, %(source)s, %(detail)s, said.value::jsonb, %(now)s
FROM said LEFT JOIN catalog_fieldstatement had
    ON had.paper_id = said.paper AND had.field = said.field AND had.source = %(source)s AND had.detail = %(detail)s
WHERE had.id IS NULL OR had.value <> said.value::jsonb
ON CONFLICT (paper_id, field, source, detail) DO UPDATE SET value = excluded.value, stated_at = excluded.stated_at
"""


def keep_statements(
    source: str,
    said: Mapping[int, Mapping[str, Value]],
    *,
    detail: str = "",
    about: Collection[str] = FIELDS,
) -> None:
    """Keep what a source says of papers (by key) now; of the fields `about`, what it says no more is forgotten.

    None and empty texts and lists are no statement. `detail` tells one list from another.
    """
    rows = [
        (paper, field, json.dumps(value, ensure_ascii=False))
        for paper, values in said.items()
        for field, value in values.items()
        if value is not None and value not in ("", [], ())
    ]
    if not said:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            _KEEP,
            {
                "source": str(source),
                "detail": detail,
                "now": timezone.now(),
                "asked": list(said),
                "about": list(about),
                "papers": [paper for paper, _, _ in rows],
                "fields": [field for _, field, _ in rows],
                "values": [value.replace("\\u0000", "") for _, _, value in rows],
            },
        )


# Values


def dated(day: date | None, precision: str) -> Value:
    return {"day": day.isoformat(), "precision": precision or "day"} if day else None


def withdrawn(moment: datetime | None) -> Value:
    return moment.date().isoformat() if moment else False


def value_of(paper: Paper, field: str) -> Value:
    """The value that is shown, as statements have it."""
    if field == "authors":
        return [row.printed_name for row in paper.authorships.order_by("position")]
    if field == "venue":
        return paper.venue.name if paper.venue else None
    if field == "published_on":
        return dated(paper.published_on, paper.published_precision)
    if field == "withdrawn_at":
        return withdrawn(paper.withdrawn_at)
    return getattr(paper, field)


def as_date(value: Value) -> tuple[date | None, str]:
    """The day and its precision, of a value as statements have it."""
    if not isinstance(value, dict):
        return None, ""
    return date.fromisoformat(value["day"]), str(value["precision"])


def as_moment(value: Value) -> datetime | None:
    if not isinstance(value, str):
        return None
    day = date.fromisoformat(value)
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def in_words(field: str, value: Value) -> str:
    """A value as curators read it."""
    if field == "withdrawn_at":
        return f"withdrawn {value}" if value else "not withdrawn"
    if value in (None, "", []):
        return ""
    if field == "authors":
        return ", ".join(value)
    if field == "published_on":
        day, precision = as_date(value)
        form = {"day": "%-d %b %Y", "month": "%b %Y", "year": "%Y"}[precision]
        return day.strftime(form) if day else ""
    return str(value)


# Who decides where no curator does

# Those that may set a field by themselves, the most trusted first. What others say is shown, and is a curator's to take.
_DECIDE: dict[str, tuple[Source, ...]] = {
    "year": (Source.LIST, Source.ARXIV, Source.DERIVED),
    "venue": (Source.LIST,),
    "distinction": (Source.LIST,),
}
_USUALLY = (Source.ARXIV, Source.LIST, Source.DERIVED)


def best(field: str, statements: Iterable[FieldStatement]) -> FieldStatement | None:
    """The statement that holds when sources decide; of two lists, the one that said it first."""
    order = list(_DECIDE.get(field, _USUALLY))
    said = [row for row in statements if row.field == field and row.source in order]
    return min(
        said, key=lambda row: (order.index(Source(row.source)), row.stated_at, row.pk), default=None
    )
