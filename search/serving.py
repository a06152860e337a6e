"""Which model's vectors answer queries: the configured one once it covers the catalogue, until then its predecessor."""

import time

from django.db import connection

from search.embeddings import configured_model, query_vector
from search.models import PaperText

COVERS = 0.95
_TRUSTED_FOR = 15.0  # seconds; a page need not count vectors each time

_COUNT = """
WITH listed AS (SELECT DISTINCT paper_id FROM catalog_placement WHERE retired_at IS NULL)
SELECT '', count(*) FROM listed
UNION ALL
SELECT model, count(*) FROM search_embedding JOIN listed USING (paper_id) GROUP BY model
"""

_known: tuple[float, list[str]] | None = None
_indexed: tuple[float, int] | None = None


def serving_vector(text: str) -> tuple[str, list[float] | None]:
    """Return the model that answers and the text's vector by it; None when no model can answer now."""
    for name in serving_models():
        if vector := query_vector(text, name):
            return name, vector
    return "", None


def serving_models() -> list[str]:
    """Return the models whose vectors may answer, best first; none when there are no vectors yet."""
    global _known
    known = _known
    if known is None or time.monotonic() - known[0] > _TRUSTED_FOR:
        with connection.cursor() as cursor:
            cursor.execute(_COUNT)
            counts: dict[str, int] = dict(cursor.fetchall())
        _known = known = time.monotonic(), by_coverage(counts.pop(""), counts)
    return known[1]


def indexed_papers() -> int:
    """Return how many papers the word index holds, as it was some seconds ago: rarity is no matter of one paper."""
    global _indexed
    indexed = _indexed
    if indexed is None or time.monotonic() - indexed[0] > _TRUSTED_FOR:
        _indexed = indexed = time.monotonic(), PaperText.objects.count()
    return indexed[1]


def forget() -> None:
    """Count anew at the next query, because the index has been written."""
    global _known, _indexed
    _known = _indexed = None


def by_coverage(listed: int, counts: dict[str, int]) -> list[str]:
    """Put the configured model first if it covers the listed papers, then go by the number of vectors."""
    configured = configured_model()
    covers = counts.get(configured, 0) >= COVERS * listed
    return sorted(
        counts, key=lambda name: (not (covers and name == configured), -counts[name], name)
    )
