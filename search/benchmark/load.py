"""Loading a corpus into an empty database, as quickly as it can be had."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from typing import TYPE_CHECKING

from django.core.management.color import no_style
from django.db import connection, models
from django.db.models import NOT_PROVIDED

from catalog.models import Author, Authorship, Catalogue, Paper, Placement, Source, Topic, Venue
from search.benchmark.corpus import Corpus, Row
from search.embeddings import PACKAGED
from search.models import Embedding

if TYPE_CHECKING:
    from numpy import float32
    from numpy.typing import NDArray

# Indexes that cost less made at once than kept up row by row: all of these kinds, and the postings in their order.
_INDEXES = """
SELECT c.relname, pg_get_indexdef(c.oid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_class t ON t.oid = i.indrelid JOIN pg_am a ON a.oid = c.relam
WHERE starts_with(t.relname, 'search_') AND NOT i.indisunique
    AND (a.amname = 'gin' OR c.relname IN ('posting_by_weight', 'suggestion_word_prefix'))
ORDER BY 1
"""


def load(corpus: Corpus, times: int) -> None:
    """Make listed papers with authors, venues and vectors of the corpus and of its copies; words are not indexed yet."""
    catalogue = Catalogue.objects.create(slug="corpus", title="Corpus")
    topic = Topic.objects.create(catalogue=catalogue, name="Papers", slug="papers", path="papers")
    venues = _venues(corpus.rows)
    writer = _Writer(topic, venues)
    for rows, vectors in corpus.chunks(times):
        writer.write(rows, vectors)
    copied = [Paper, Author, Authorship, Placement, Embedding]
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), copied):
            cursor.execute(statement)
        cursor.execute("ANALYZE")


def drop_slow_indexes() -> list[str]:
    """Drop the indexes of the search tables that are slow to keep up; return the statements that make them again."""
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
        cursor.execute(_INDEXES)
        indexes = cursor.fetchall()
        for name, _ in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
    return [definition for _, definition in indexes]


def make_indexes(definitions: Sequence[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = '1GB'")
        for definition in definitions:
            cursor.execute(definition)
        cursor.execute("VACUUM ANALYZE")
    connection.close()  # and with it its settings


class _Writer:
    """Writes chunks of papers; keys are counted here, so that nothing has to be read back."""

    def __init__(self, topic: Topic, venues: dict[str, int]) -> None:
        self.topic = topic
        self.venues = venues
        self.authors: dict[str, int] = {}
        self.papers = 0
        self.authorships = count(1)

    def write(self, rows: Sequence[Row], vectors: "NDArray[float32]") -> None:
        first = self.papers + 1
        self.papers += len(rows)
        numbered = list(enumerate(rows, first))
        known = len(self.authors)
        for row in rows:
            for name in row.authors:
                self.authors.setdefault(name, len(self.authors) + 1)
        fresh = list(self.authors.items())[known:]
        copy(Author, (Author(pk=key, name=name) for name, key in fresh))
        copy(Paper, (self._paper(key, row) for key, row in numbered))
        copy(Authorship, self._authorships(numbered))
        copy(
            Placement,
            (
                Placement(
                    pk=key, paper_id=key, topic=self.topic, source=Source.LIST,
                    is_primary=True, position=key,
                )
                for key, _ in numbered
            ),
        )  # fmt: skip
        copy(
            Embedding,
            (
                Embedding(pk=key, paper_id=key, model=PACKAGED, text_hash=_hash(row), vector=vector)
                for (key, row), vector in zip(numbered, vectors.round(5), strict=True)
            ),
        )

    def _paper(self, key: int, row: Row) -> Paper:
        return Paper(
            pk=key,
            title=row.title,
            abstract=row.abstract,
            year=row.year,
            venue_id=self.venues[row.venue],
        )

    def _authorships(self, numbered: Sequence[tuple[int, Row]]) -> Iterator[Authorship]:
        for key, row in numbered:
            for position, name in enumerate(row.authors, 1):
                yield Authorship(
                    pk=next(self.authorships),
                    paper_id=key,
                    author_id=self.authors[name],
                    position=position,
                    printed_name=name,
                )


def copy(model: type[models.Model], rows: Iterable[models.Model]) -> None:
    """Insert rows with their keys by COPY: what bulk_create does, several times as quick."""
    fields = [
        one
        for one in model._meta.concrete_fields
        if not (one.generated or one.db_default is not NOT_PROVIDED)
    ]
    columns = ", ".join(f'"{one.column}"' for one in fields)
    with (
        connection.cursor() as cursor,
        cursor.copy(f'COPY "{model._meta.db_table}" ({columns}) FROM STDIN') as target,
    ):
        for row in rows:
            target.write_row(
                [one.get_db_prep_save(one.pre_save(row, True), connection) for one in fields]
            )


def _venues(rows: Sequence[Row]) -> dict[str, int]:
    names = sorted({row.venue for row in rows})
    made = Venue.objects.bulk_create(
        [Venue(name=name, slug=name.lower(), kind=Venue.Kind.CONFERENCE) for name in names]
    )
    return {venue.name: venue.pk for venue in made}


def _hash(row: Row) -> str:
    text = f"{row.title}. {row.abstract}" if row.abstract else row.title
    return hashlib.sha256(text.encode()).hexdigest()
