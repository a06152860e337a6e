"""Similar papers: each listed paper's nearest ones by cosine, exact, kept in the catalogue for its pages."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from django.db import connection, transaction

from catalog.models import SimilarPaper

if TYPE_CHECKING:
    from numpy import float32
    from numpy.typing import NDArray

KEPT = 10
_BLOCK = 512
# The last digits of a score depend on the machine: only what readers could see is worth a write.
_SAME_SCORE = 1e-4

# vector_send is the type's binary form: two 16-bit numbers, then big-endian floats.
_VECTORS = """
SELECT e.paper_id, vector_send(e.vector)
FROM search_embedding e JOIN catalog_paper p ON p.id = e.paper_id
WHERE e.model = %s AND p.merged_into_id IS NULL AND EXISTS (
    SELECT FROM catalog_placement l WHERE l.paper_id = e.paper_id AND l.retired_at IS NULL
)
ORDER BY e.paper_id
"""
_HEADER_BYTES = 4

# A paper's neighbours with their cosines, nearest first.
Neighbours = list[tuple[int, float]]


def refresh_similar(model: str, embedded: Sequence[int]) -> int:
    """Bring the lists of similar papers up to date; return how many were rewritten.

    `embedded` are papers with new vectors. Papers that came to be listed, or are listed no more, are noticed too; only
    the lists that any of them can touch are computed again.
    """
    import numpy

    with connection.cursor() as cursor:
        cursor.execute(_VECTORS, [model])
        rows = cursor.fetchall()
    ids = [paper for paper, _ in rows]
    kept = _kept()
    gone = kept.keys() - set(ids)
    fresh = (set(embedded) | set(ids) - kept.keys()) & set(ids)
    if not (gone or fresh):
        return 0
    vectors = numpy.stack([numpy.frombuffer(data, ">f4", offset=_HEADER_BYTES) for _, data in rows])
    vectors = vectors.astype("float32")
    places = _touched(ids, vectors, kept, fresh, gone)
    changed: dict[int, Neighbours] = {paper: [] for paper in gone}
    for place, neighbours in _nearest(vectors, places):
        named = [(ids[other], score) for other, score in neighbours]
        if _differs(kept.get(ids[place], []), named):
            changed[ids[place]] = named
    _write(changed)
    return len(changed)


def _kept() -> dict[int, Neighbours]:
    kept: dict[int, Neighbours] = defaultdict(list)
    rows = SimilarPaper.objects.order_by("paper", "rank").values_list("paper", "other", "score")
    for paper, other, score in rows.iterator():
        kept[paper].append((other, score))
    return kept


def _touched(
    ids: list[int],
    vectors: "NDArray[float32]",
    kept: dict[int, Neighbours],
    fresh: set[int],
    gone: set[int],
) -> list[int]:
    """Return the places of papers whose list holds a paper that changed, or should hold one now."""
    import numpy

    if 4 * len(fresh) > len(ids):
        return list(range(len(ids)))
    moved = fresh | gone
    places = [place for place, paper in enumerate(ids) if paper in fresh]
    nearest = (vectors @ vectors[places].T).max(axis=1) if places else numpy.full(len(ids), -1.0)
    return [
        place
        for place, paper in enumerate(ids)
        if paper in fresh
        or len(kept[paper]) < KEPT
        or nearest[place] > kept[paper][-1][1]
        or any(other in moved for other, _ in kept[paper])
    ]


def _nearest(
    vectors: "NDArray[float32]", places: Sequence[int]
) -> Iterator[tuple[int, list[tuple[int, float]]]]:
    """Yield each place with the places nearest to it; the lower place first where two are equally near."""
    import numpy

    count = min(KEPT, len(vectors) - 1)
    for start in range(0, len(places), _BLOCK):
        block = numpy.asarray(places[start : start + _BLOCK])
        scores = vectors[block] @ vectors.T
        scores[numpy.arange(len(block)), block] = -2  # not similar to itself
        found = numpy.argpartition(-scores, count, axis=1)[:, :count]
        for place, row, others in zip(block.tolist(), scores, found.tolist(), strict=True):
            best = sorted(others, key=lambda other: (-row[other], other))
            yield place, [(other, round(float(row[other]), 6)) for other in best]


def _differs(one: Neighbours, other: Neighbours) -> bool:
    return [paper for paper, _ in one] != [paper for paper, _ in other] or any(
        abs(a - b) > _SAME_SCORE for (_, a), (_, b) in zip(one, other, strict=True)
    )


def _write(changed: dict[int, Neighbours]) -> None:
    papers = sorted(changed)
    for start in range(0, len(papers), _BLOCK):
        block = papers[start : start + _BLOCK]
        with transaction.atomic():
            SimilarPaper.objects.filter(paper__in=block).delete()
            SimilarPaper.objects.bulk_create(
                SimilarPaper(paper_id=paper, other_id=other, rank=rank, score=score)
                for paper in block
                for rank, (other, score) in enumerate(changed[paper], 1)
            )
