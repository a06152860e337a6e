"""Search: from what a reader types to the papers that answer it, best first."""

from collections.abc import Sequence
from dataclasses import dataclass

from catalog.identifiers import Ident
from catalog.models import Paper, SimilarPaper
from catalog.readable import readable
from search.conditions import as_reason, met_conditions
from search.facets import Choice, Facet, count_facets
from search.filters import Filter, make_filter
from search.models import Word
from search.named import Named, find_named
from search.question import Question, clean, read
from search.ranking import MAX_RANKED, NAMED, SETTINGS, SLIPPED, Ranked, rank
from search.reranking import rerank
from search.serving import serving_vector
from search.sorting import in_order, matching
from search.spelling import did_you_mean
from search.texts import texts_of
from search.why import CLOSE_IN_MEANING, LIKE_TYPED, Fragments, explain_all
from search.words import plain_words

__all__ = ["Fragments", "Hit", "Results", "search", "similar"]


_LONG = 5  # words of a phrase that nobody means to the letter
_SURE = 10  # hits whose words are surely meant as they were typed


@dataclass(frozen=True, slots=True)
class Hit:
    """One paper that answers a query; `why` is text in pieces, each with whether it is a match to mark."""

    paper_id: int
    score: float
    why: Fragments = ()
    lexical: float = 0.0
    cosine: float | None = None  # to the query, by the model that serves

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
    by_words: bool = (
        False  # whether it was words that were asked for: conditions alone rank nothing
    )
    by_meaning: bool = False  # whether the vectors took part
    capped: bool = False
    sort: str = "relevance"
    notes: tuple[str, ...] = ()  # what was looked up in vain
    relaxed: bool = False  # no paper has a phrase as it was typed: it was read as words
    facets: tuple[Facet, ...] = ()
    did_you_mean: str = ""


def search(
    text: str,
    *,
    limit: int = 20,
    offset: int = 0,
    sort: str = "",
    choice: Choice | None = None,
    facets: bool = False,
    reasons: bool = True,
) -> Results:
    """Return the papers that answer `text`, in an order that never changes between two pages.

    Never fails, whatever the text: what is neither an identifier nor an operator is read as words. `choice` is what is
    chosen of the facets, which are counted when `facets` is set. Without `reasons` no hit says why it is one: reading the
    texts of a thousand takes long.
    """
    query = clean(text)
    if named := find_named(query):
        return _named_results(query, named, slice(offset, offset + limit))
    return _Searching(query, read(query), choice or Choice(), sort).results(
        offset, limit, facets=facets, reasons=reasons
    )


class _Searching:
    def __init__(self, query: str, question: Question, choice: Choice, sort: str) -> None:
        self.query = query
        self.question = question
        self.choice = choice
        ranks = bool(question.text)
        self.sort = sort or question.sort or ("relevance" if ranks else "date")
        self.model, self.vector = serving_vector(question.text) if question.terms else ("", None)
        self.typed = make_filter(question.conditions)

    def results(self, offset: int, limit: int, *, facets: bool, reasons: bool) -> Results:
        found = self._found(self.typed.and_also(self.choice.nodes()) if self.choice else self.typed)
        relaxed = not found and self._is_phrase_doubtful()
        if relaxed:
            self.question = self.question.without_phrases()
            self.typed = make_filter(self.question.conditions)
            found = self._found(
                self.typed.and_also(self.choice.nodes()) if self.choice else self.typed
            )
        page = self._ordered(found)[offset : offset + limit]
        return Results(
            self.query,
            _hits(page, self.question if reasons else None),
            len(found),
            by_words=bool(self.question.text),
            by_meaning=self.vector is not None,
            capped=bool(self.question.text) and len(found) >= MAX_RANKED,
            sort=self.sort,
            notes=tuple(dict.fromkeys(self.typed.notes)),
            relaxed=relaxed and bool(found),
            facets=tuple(self._facets(found)) if facets else (),
            did_you_mean=self._meant(found) if facets and not offset else "",
        )

    def _found(self, chosen: Filter) -> list[Ranked]:
        if self.question.text:
            return rank(self.question, self.model, self.vector, typed=self.typed, chosen=chosen)
        if not (self.question.conditions or self.choice or self.question.sort):
            return []
        sort = "date" if self.sort == "relevance" else self.sort
        return [Ranked(paper, 0.0, 0.0, None) for paper in matching(chosen, sort)]

    def _meant(self, found: Sequence[Ranked]) -> str:
        """The query with its slips mended, unless a title, a system or a person is called just so."""
        if any(one.score >= NAMED and one.score != SLIPPED for one in found):
            return ""
        return did_you_mean(self.query, _title_words(found[:_SURE])) or ""

    def _is_phrase_doubtful(self) -> bool:
        """Whether a phrase has a word that no paper has, or is a whole title or sentence, of which a sign may be wrong."""
        phrases = [set(plain_words(text)) for text in self.question.phrases]
        words = set[str]().union(*phrases)
        if any(len(phrase) >= _LONG for phrase in phrases):
            return True
        return bool(words) and Word.objects.filter(word__in=words).count() < len(words)

    def _everything(self) -> list[Ranked]:
        """What is found when nothing is chosen."""
        return self._found(self.typed) if self.choice else []

    def _ordered(self, found: list[Ranked]) -> list[Ranked]:
        if not self.question.text:  # conditions find in order
            return found
        if self.sort == "relevance":
            return rerank(self.question.text, found)
        rows = {row.paper_id: row for row in found}
        return [rows[paper] for paper in in_order(list(rows), self.sort)]

    def _facets(self, found: list[Ranked]) -> Sequence[Facet]:
        every = self._everything() if self.choice else found
        return count_facets([row.paper_id for row in every], self.choice)


def _title_words(found: Sequence[Ranked]) -> set[str]:
    """The words of the titles of what was found: whoever typed one of them meant it."""
    titles = Paper.objects.filter(pk__in=[one.paper_id for one in found]).values_list(
        "title", flat=True
    )
    return {word for title in titles for word in plain_words(readable(title))}


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


def _hits(ranked: Sequence[Ranked], question: Question | None) -> tuple[Hit, ...]:
    """The hits, each with why it answers the question where one is given; what was merged away since is none."""
    keys = [row.paper_id for row in ranked]
    why: dict[int, Fragments]
    if question and question.text:
        near = {row.paper_id for row in ranked if (row.cosine or 0) >= SETTINGS["least_cosine"]}
        why = explain_all(texts_of(keys), question, near)
        why |= {
            row.paper_id: LIKE_TYPED
            for row in ranked
            if why.get(row.paper_id) == () and row.lexical > 0
        }
    elif question and question.conditions:
        met = met_conditions(list(texts_of(keys)), question.conditions)
        why = {paper: as_reason(matches) for paper, matches in met.items()}
    else:
        there = Paper.objects.filter(pk__in=keys, merged_into=None).values_list("pk", flat=True)
        why = dict.fromkeys(there, ())
    return tuple(
        Hit(row.paper_id, row.score, why[row.paper_id], row.lexical, row.cosine)
        for row in ranked
        if row.paper_id in why
    )
