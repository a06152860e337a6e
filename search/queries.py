"""Search: from what a reader types to the papers that answer it, best first."""

from dataclasses import dataclass

from catalog.identifiers import Ident
from catalog.models import Paper

Fragments = tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """One paper that answers a query; `why` is text in pieces, each with whether it is a match to mark."""

    paper_id: int
    score: float
    why: Fragments = ()


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
    """Return the papers that answer `text`, in an order that never changes between two pages."""
    papers = Paper.objects.listed().filter(title__icontains=text.replace("\x00", "").strip())
    hits = tuple(Hit(paper.pk, 1.0) for paper in papers[offset : offset + limit])
    return Results(text, hits, papers.count())
