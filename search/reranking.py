"""A second look at the best hits by a cross-encoder, which reads question and paper together (Nogueira and Cho 2019).

Off unless `RERANKER_MODEL` names the folder of a model that sentence-transformers can load: it is slow on a processor, and the
catalogue's own ranking does without. A web process loads it at its start, beside the first requests, which go without; every
other process waits for it. It reorders hits of one tier only (search.ranking): what is named exactly stays first.
"""

import logging
import threading
from collections.abc import Sequence
from dataclasses import replace
from math import floor
from typing import Any

from django.conf import settings

from search.ranking import Ranked
from search.texts import texts_of

logger = logging.getLogger(__name__)

MOST = 30  # hits that are looked at again
_LONGEST = 2000  # characters of a paper that are read
_models: dict[str, Any] = {}  # None for what cannot be loaded
_loading = threading.Lock()
_predicting = threading.Lock()  # a tokenizer serves one thread at a time
_waits = True  # False in a web process


def rerank(question: str, ranked: Sequence[Ranked]) -> list[Ranked]:
    """Return the hits with the best in the order of the cross-encoder, each within its tier; as they were without one."""
    model = _model() if question else None
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


def warm_up(after: threading.Thread | None = None) -> None:
    """Load the cross-encoder in the background, once `after` has ended. From here on no request waits for it."""
    global _waits
    _waits = False
    if name := settings.RERANKER_MODEL:
        threading.Thread(
            target=_load_after, args=[after, name], name="load reranker", daemon=True
        ).start()


def say_what_fails(sender: object, **kwargs: Any) -> str:
    """What the page about the state of the data says of the cross-encoder; nothing while all is well."""
    failed = _models.get(settings.RERANKER_MODEL, ...) is None
    return (
        "The model that looks at the best hits again cannot be loaded; searches go without."
        if failed
        else ""
    )


def _load_after(other: threading.Thread | None, name: str) -> None:
    if other:
        other.join()  # two threads would import the same library at once
    _load(name)


def _model() -> Any:
    """The cross-encoder; None without one, while it loads beside a web process, and when it cannot be loaded."""
    name = settings.RERANKER_MODEL
    if name and _waits:
        _load(name)
    return _models.get(name)


def _load(name: str) -> None:
    """Load a model once a process, or say once that it cannot be."""
    with _loading:
        if name in _models:
            return
        try:
            from sentence_transformers import CrossEncoder

            _models[name] = CrossEncoder(name, device="cpu", num_labels=1)
        except Exception as error:  # each library of the model has its own kinds
            logger.warning(
                "reranking model %s cannot be loaded, search goes without: %s", name, error
            )
            _models[name] = None
