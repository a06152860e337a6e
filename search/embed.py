"""The embedding job: give every paper the vector of its present text by the configured model, and nothing else.

What is missing is found in SQL by the hash of the text, so that a run with nothing to do loads no model. Each batch is
committed: a killed run goes on where it stopped.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db import DatabaseError, connection, transaction
from django.db.models import Q

from catalog.locks import EMBED, alone
from catalog.models import Paper, Run
from catalog.models.upkeep import RunStatus
from catalog.running import end_orphans
from search import serving
from search.embeddings import configured_model, encode
from search.index import follow_glossary, refresh_words
from search.nearest import build_indexes
from search.prior import refresh_priors_if_written
from search.similar import refresh_similar

logger = logging.getLogger(__name__)

BATCH = 64
# The text is the title and the abstract, or what the glossary says of names in the title, as one; papers of like length share a
# batch, which wastes no padding.
_FIND = """
WITH texts AS (
    SELECT p.id, concat_ws('. ', title, nullif(CASE WHEN abstract <> '' THEN abstract ELSE said.meanings END, '')) AS text
    FROM catalog_paper p LEFT JOIN (
        SELECT m.paper_id, string_agg(e.meaning, ' ' ORDER BY m.place, e.id) AS meanings
        FROM catalog_glossarymention m JOIN catalog_glossaryentry e ON e.id = m.entry_id GROUP BY 1
    ) said ON said.paper_id = p.id WHERE p.merged_into_id IS NULL
), hashed AS (
    SELECT id, text, encode(sha256(convert_to(text, 'UTF8')), 'hex') AS hash FROM texts
)
SELECT h.id, h.text, h.hash, e.id IS NULL, count(*) OVER (), (SELECT count(*) FROM texts)
FROM hashed h LEFT JOIN search_embedding e ON e.paper_id = h.id AND e.model = %s
WHERE e.text_hash IS DISTINCT FROM h.hash
ORDER BY length(h.text), h.id LIMIT %s
"""
_WRITE = """
INSERT INTO search_embedding (paper_id, model, text_hash, vector, created_at)
SELECT id, %s, hash, vector::vector, now()
FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS made (id, hash, vector) JOIN catalog_paper p USING (id)
ON CONFLICT (paper_id, model) DO UPDATE
SET text_hash = excluded.text_hash, vector = excluded.vector, created_at = excluded.created_at
"""


@dataclass(frozen=True, slots=True)
class Embedded:
    """What a run did: papers that got their first vector, another one, kept theirs; `left` still want one."""

    new: int = 0
    changed: int = 0
    same: int = 0
    failed: int = 0
    left: int = 0
    similar: int = 0  # lists of similar papers rewritten
    words: int = 0  # rows of the word index written

    @property
    def did_something(self) -> bool:
        return bool(self.new or self.changed or self.similar or self.words)


@dataclass(frozen=True, slots=True)
class _Wanting:
    paper_id: int
    text: str
    hash: str
    is_new: bool


# Told how many of how many are done.
Progress = Callable[[int, int], None]


def embed_changed(
    reason: str, *, limit: int | None = None, progress: Progress | None = None
) -> Embedded:
    """Embed what has no vector of its present text by the configured model, then find what became similar.

    Leaves a run when there was something to do, none otherwise: a schedule that finds nothing would bury the others.
    Raises AlreadyRunning, and ModelUnavailable when there is something to embed and no model.
    """
    with alone(EMBED, "The embedding job is running already."):
        model, run, missing = configured_model(), None, 0
        try:
            words = follow_glossary()
            wanting, missing, papers = _find(model, limit)
            run = _start(reason) if wanting else None
            _embed_all(wanting, progress)
            ids = [paper.paper_id for paper in wanting]
            new = sum(paper.is_new for paper in wanting)
            done = Embedded(
                new=new,
                changed=len(wanting) - new,
                same=papers - missing,
                left=missing - len(wanting),
                similar=_refresh_similar(ids),
                words=words + refresh_words([*ids, *_without_words()]),
            )
            refresh_priors_if_written()
        except Exception as error:
            _finish(run or _start(reason), Run.Status.FAILED, Embedded(left=missing), str(error))
            raise
        if done.did_something:
            _finish(run or _start(reason), Run.Status.DONE, done, _message(done))
        _build_indexes()
    return done


def _build_indexes() -> None:
    """An index makes search quick; a run whose vectors are stored has not failed without one."""
    try:
        build_indexes()
    except DatabaseError as error:
        logger.warning("no index of vectors, all are compared: %s", error)


def _embed_all(wanting: Sequence[_Wanting], progress: Progress | None) -> None:
    for start in range(0, len(wanting), BATCH):
        _embed(configured_model(), wanting[start : start + BATCH])
        if progress:
            progress(min(start + BATCH, len(wanting)), len(wanting))
    if wanting:
        serving.forget()


def _refresh_similar(embedded: list[int]) -> int:
    models = serving.serving_models()
    return refresh_similar(models[0], embedded) if models else 0


def _without_words() -> list[int]:
    """Return papers that the word index missed: made or merged by somebody who told nobody."""
    missed = Q(merged_into=None, search_text=None) | Q(
        merged_into__isnull=False, search_text__isnull=False
    )
    return list(Paper.objects.filter(missed).values_list("pk", flat=True))


def _start(reason: str) -> Run:
    """Open a run. We hold the lock: one that is still open belongs to a process that was killed."""
    end_orphans(Run.Job.EMBED, "Interrupted; the next run went on.")
    return Run.objects.create(job=Run.Job.EMBED, reason=reason)


def _finish(run: Run, status: RunStatus, done: Embedded, message: str) -> None:
    for field in ("new", "changed", "same", "failed", "left"):
        setattr(run, field, getattr(done, field))
    run.finish(status, message)


def _message(done: Embedded) -> str:
    return f"{done.similar} lists of similar papers and the words of {done.words} papers rewritten."


def _find(model: str, limit: int | None) -> tuple[list[_Wanting], int, int]:
    """Return the papers to embed, how many there are without a limit, and how many papers there are in all."""
    with connection.cursor() as cursor:
        cursor.execute(_FIND, [model, limit])
        rows = cursor.fetchall()
        if not rows:
            cursor.execute("SELECT count(*) FROM catalog_paper WHERE merged_into_id IS NULL")
            return [], 0, cursor.fetchone()[0]
    return [_Wanting(*row[:4]) for row in rows], rows[0][4], rows[0][5]


def _embed(model: str, batch: Sequence[_Wanting]) -> None:
    vectors = encode(model, [paper.text for paper in batch])
    ids, hashes = [paper.paper_id for paper in batch], [paper.hash for paper in batch]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_WRITE, [model, ids, hashes, [str(vector.tolist()) for vector in vectors]])
