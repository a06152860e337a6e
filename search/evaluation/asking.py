"""Asking questions as pages do, by the parts of search and by all of it, and judging the answers."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from search.embeddings import query_vector
from search.evaluation.measures import Measures
from search.named import find_named
from search.nearest import nearest
from search.question import clean, read
from search.ranking import rank
from search.serving import serving_models
from search.shares import alike, mean_vector

DEPTH = 100


class Part(StrEnum):
    LEXICAL = "lexical"
    VECTOR = "vector"
    FUSED = "fused"
    SIMILAR = "similar"  # to the paper that asks


SEARCHED = (Part.LEXICAL, Part.VECTOR, Part.FUSED)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with what is wanted of it: papers, and how right each is. `paper` is the one that asks, if one does."""

    kind: str
    text: str
    wanted: Mapping[int, float]
    paper: int | None = None


@dataclass(slots=True)
class Judged:
    """One part's answers to many questions, in their order."""

    part: Part
    each: list[Measures] = field(default_factory=list)
    milliseconds: list[float] = field(default_factory=list)


def judge(
    questions: Sequence[Asked],
    parts: Sequence[Part],
    settings: Mapping[str, float] | None = None,
    progress: Callable[[], None] = lambda: None,
) -> dict[Part, Judged]:
    """Ask every question of every part. `settings` replace those of the ranking."""
    model = next(iter(serving_models()), "")
    judged = {part: Judged(part) for part in parts}
    for question in questions:
        vector = query_vector(clean(question.text), model) if model else None
        for part in parts:
            began = time.perf_counter()
            found = _find(part, question, model, vector, settings or {})
            judged[part].milliseconds.append((time.perf_counter() - began) * 1000)
            kept = [paper for paper in found if paper != question.paper][:DEPTH]
            judged[part].each.append(Measures.of(kept, question.wanted))
        progress()
    return judged


def _find(
    part: Part,
    asked: Asked,
    model: str,
    vector: list[float] | None,
    settings: Mapping[str, float],
) -> list[int]:
    """The papers that a part finds, best first. What names a paper outright is no matter of ranking."""
    if part == Part.SIMILAR:
        return _similar(asked.paper, model)
    if part == Part.FUSED and (named := find_named(clean(asked.text))):
        return [paper.pk for paper in named.papers]
    if part == Part.VECTOR:
        return nearest(model, vector, DEPTH + 1) if vector else []
    question = read(asked.text)
    if not question.text:
        return []
    ranked = rank(question, model, vector if part == Part.FUSED else None, settings)
    return [row.paper_id for row in ranked]


def _similar(paper: int | None, model: str) -> list[int]:
    """What the page of similar papers shows for a paper; nothing for a question that no paper asks."""
    papers = [paper] if paper else []
    return (
        [one.paper_id for one in alike(papers, model, mean_vector(papers, model, None), DEPTH)]
        if papers
        else []
    )
