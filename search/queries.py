"""Search: from what a reader types to the papers that answer it, best first."""

from dataclasses import dataclass

from catalog.identifiers import Ident
from catalog.models import Paper, SimilarPaper
from search.named import Named, find_named
from search.question import Question, clean, read
from search.ranking import MAX_RANKED, Ranked, rank
from search.serving import serving_vector
from search.texts import texts_of
from search.why import CLOSE_IN_MEANING, Fragments, explain

__all__ = ["Fragments", "Hit", "Results", "search", "similar"]


@dataclass(frozen=True, slots=True)
class Hit:
    """One paper that answers a query; `why` is text in pieces, each with whether it is a match to mark."""

    paper_id: int
    score: float
    why: Fragments = ()

    @property
    def reason(self) -> str:
        """Why, as plain text."""
        return "".join(text for text, _ in self.why)


@dataclass(frozen=True, slots=True)
class Results:
    """What a query gave. `hits` is one page of `total`; `capped` says that there are more than `total`."""

    query: str
    hits: tuple[Hit, ...] = ()
    total: int = 0
    target: Paper | None = None  # the one paper that an identifier or address names
    not_listed: Ident | None = None  # an identifier that no paper here has
    by_meaning: bool = False  # whether the vectors took part
    capped: bool = False


def search(text: str, *, limit: int = 20, offset: int = 0) -> Results:
    """Return the papers that answer `text`, in an order that never changes between two pages.

    Never fails, whatever the text: what is neither an identifier nor an operator is read as words.
    """
    query = clean(text)
    if named := find_named(query):
        return _named_results(query, named, slice(offset, offset + limit))
    question = read(query)
    model, vector = serving_vector(question.text) if question.terms else ("", None)
    ranked = rank(question, model, vector) if question.text else []
    return Results(
        query,
        _hits(ranked[offset : offset + limit], question),
        len(ranked),
        by_meaning=vector is not None,
        capped=len(ranked) >= MAX_RANKED,
    )


def similar(paper_id: int, *, limit: int = 10) -> tuple[Hit, ...]:
    """Return the papers nearest in meaning, as last computed."""
    rows = SimilarPaper.objects.filter(paper=paper_id).order_by("rank")[:limit]
    return tuple(Hit(row.other_id, row.score, CLOSE_IN_MEANING) for row in rows)


def _named_results(query: str, named: Named, page: slice) -> Results:
    return Results(
        query,
        tuple(Hit(paper.pk, 5.0, named.why) for paper in named.papers[page]),
        len(named.papers),
        target=named.papers[0] if len(named.papers) == 1 else None,
        not_listed=named.not_listed,
    )


def _hits(ranked: list[Ranked], question: Question) -> tuple[Hit, ...]:
    if not ranked:
        return ()
    texts = {texts.paper_id: texts for texts in texts_of([row.paper_id for row in ranked])}
    return tuple(
        Hit(row.paper_id, row.score, explain(texts[row.paper_id], question))
        for row in ranked
        if row.paper_id in texts
    )
