"""The sentence of an abstract that is nearest in meaning to a question: computed when somebody asks why."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from search.embeddings import ModelUnavailable, encode, query_vector
from search.serving import serving_models
from search.texts import PaperTexts
from search.words import sentences

MOST_PAPERS = 5  # asked about at once: the model serves one thread at a time
_MOST = 30  # sentences of one abstract
_MOST_EACH = 8  # of several
_LONGEST = 1000


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence with its cosine to the question."""

    text: str
    similarity: float


def nearest_sentences(question: str, papers: Iterable[PaperTexts]) -> dict[int, Sentence]:
    """Return each paper's nearest sentence, by the model that serves; papers without an abstract are left out.

    Of several papers only the first ones are read, and the beginnings of their abstracts.
    """
    asked_of = list(islice(papers, MOST_PAPERS))
    most = _MOST if len(asked_of) == 1 else _MOST_EACH
    model = next(iter(serving_models()), "")
    asked = query_vector(question, model) if model and question else None
    rows = [
        (texts.paper_id, sentence[:_LONGEST])
        for texts in asked_of
        for sentence in sentences(texts.abstract)[:most]
    ]
    if asked is None or not rows:
        return {}
    try:
        vectors = encode(model, [sentence for _, sentence in rows])
    except ModelUnavailable:
        return {}
    best: dict[int, Sentence] = {}
    for (paper, sentence), vector in zip(rows, vectors, strict=True):
        similarity = float(vector @ asked)
        if paper not in best or similarity > best[paper].similarity:
            best[paper] = Sentence(sentence, similarity)
    return best
