"""A second look at the best hits by a cross-encoder, which reads question and paper together (Nogueira and Cho 2019).

Off unless `RERANKER_MODEL` names the folder of a model that sentence-transformers can load: it is slow on a processor, and the
catalogue's own ranking does without. It reorders hits of one tier only (search.ranking): what is named exactly stays first.
"""

import logging
import threading
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from math import floor
from typing import Any

from django.conf import settings

from search.ranking import Ranked
from search.texts import texts_of

logger = logging.getLogger(__name__)

MOST = 30  # hits that are looked at again
_LONGEST = 2000  # characters of a paper that are read
_predicting = threading.Lock()  # a tokenizer serves one thread at a time


def rerank(question: str, ranked: Sequence[Ranked]) -> list[Ranked]:
    """Return the hits with the best in the order of the cross-encoder, each within its tier; as they were without one."""
    model = _model(settings.RERANKER_MODEL) if settings.RERANKER_MODEL and question else None
    if model is None:
        return list(ranked)
    best = list(ranked[:MOST])
    texts = {
        one.paper_id: f"{one.title}. {one.abstract}"
        for one in texts_of([hit.paper_id for hit in best])
    }
    pairs = [(question, texts.get(hit.paper_id, "")[:_LONGEST]) for hit in best]
    with _predicting:
        judged = [float(score) for score in model.predict(pairs, show_progress_bar=False)]
    order = sorted(
        range(len(best)), key=lambda place: (-floor(best[place].score), -judged[place], place)
    )
    # Scores go on falling, so that pages and the JSON stay in one order.
    scores = sorted((hit.score for hit in best), reverse=True)
    return [
        replace(best[place], score=score) for place, score in zip(order, scores, strict=True)
    ] + list(ranked[MOST:])


@lru_cache(maxsize=1)
def _model(name: str) -> Any:
    """The cross-encoder, loaded once a process; None when it cannot be, which is said once."""
    from sentence_transformers import CrossEncoder

    try:
        return CrossEncoder(name, device="cpu", num_labels=1)
    except (OSError, ValueError, RuntimeError, ImportError) as error:
        logger.warning("reranking model %s cannot be loaded: %s", name, error)
        return None
