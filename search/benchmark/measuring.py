"""Everything that is measured on the corpus, as a reader's pages ask for it: in this process, warm."""

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from django.db import DatabaseError

from catalog.models import Paper
from search import nearest as vector_index
from search import serving, synonyms
from search.benchmark import malformed
from search.benchmark.client import page_client
from search.benchmark.corpus import Corpus, CorpusMissing, read_corpus
from search.benchmark.figures import Figure, Score, timed
from search.benchmark.load import drop_slow_indexes, load, make_indexes
from search.benchmark.peers import Peer, PeersMissing, ask_peers
from search.benchmark.questions import Drawn, Questions
from search.embeddings import PACKAGED, ModelUnavailable, encode
from search.evaluation.asking import SEARCHED, Asked, Part, judge
from search.evaluation.measures import Measures
from search.index import refresh_words
from search.nearest import build_indexes, nearest
from search.queries import search
from search.question import read
from search.ranking import rank
from search.scratch import finish, scratch_database
from search.suggestions import suggest

LEXICAL, FUSED, EMBEDDED = "words", "words and vectors", "words and vectors, embedding too"
_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Extent:
    """How many questions are drawn: of each rotating kind, known items, lost sentences, names typed."""

    each: int = 60
    known: int = 1000
    sentences: int = 300
    typed: int = 40
    common: int = 100
    malformed: int = 600


def measured(
    folder: Path, times: int = 1, *, keep: bool = False, extent: Extent | None = None
) -> Iterator[Figure | Score]:
    """Measure on the corpus, and with `times` on so many times as much beside it; `keep` leaves the databases."""
    try:
        corpus = read_corpus(folder)
        encode(PACKAGED, ["loaded before the first is timed"])
    except (CorpusMissing, ModelUnavailable) as error:
        yield Figure.missing("corpus", error)
        return
    extent = extent or Extent()
    try:
        once: dict[str, Figure] = {}
        for figure in _Measuring(corpus, 1, keep, extent).all():
            if isinstance(figure, Figure):
                once[figure.name] = figure
            yield figure
        if times > 1:
            for figure in _Measuring(corpus, times, keep, extent).all():
                yield _grown(figure, once) if isinstance(figure, Figure) else figure
    except DatabaseError as error:
        yield Figure.missing("corpus", error)


def _grown(figure: Figure, once: dict[str, Figure]) -> Figure:
    """Say how many times as long it took as with the corpus alone."""
    before = once.get(figure.name)
    if not (before and before.p95_ms):
        return figure
    note = f"p95 × {figure.p95_ms / before.p95_ms:.1f}, median × {figure.median_ms / max(before.median_ms, 0.1):.1f}"
    return replace(figure, note=f"{figure.note}; {note}" if figure.note else note)


class _Measuring:
    def __init__(self, corpus: Corpus, times: int, keep: bool, extent: Extent) -> None:
        self.corpus = corpus
        self.times = times
        self.keep = keep
        self.extent = extent
        self.part = "corpus" if times == 1 else f"corpus × {times}"
        self.questions = Questions(corpus.rows)
        self.rotating = self.questions.rotating(extent.each)
        self.known = self.questions.known_items(extent.known)

    def all(self) -> Iterator[Figure | Score]:
        yield from self.peers()
        with scratch_database(f"corpus_{self.times}", keep=self.keep):
            yield from self.loading()
            with _counted_anew():
                yield from self.speed()
                yield from self.suggestions()
                yield from malformed.asked(self.part, page_client(), self.extent.malformed)
                yield from self.recall()
                yield from self.quality()

    def loading(self) -> Iterator[Figure]:
        """Fill the database, unless it was kept."""
        if not Paper.objects.exists():
            yield from self._filling()
        yield self._figure("index of vectors", [timed(build_indexes)])
        finish()

    def _filling(self) -> Iterator[Figure]:
        papers = f"{len(self.corpus.rows) * self.times:,} papers"
        indexes = drop_slow_indexes()
        yield self._figure("loading", [timed(load, self.corpus, self.times)], note=papers)
        yield self._figure("words of all papers", [timed(refresh_words)], note=papers)
        yield self._figure("indexes of words", [timed(make_indexes, indexes)])

    def peers(self) -> Iterator[Figure | Score]:
        """The other engines on the same questions, first the timed ones, then the known items."""
        asked = [*self.rotating, *self.known]
        try:
            peers = ask_peers(self.corpus, self.times, [one.text for one in asked])
        except PeersMissing as error:
            yield Figure.missing(f"{self.part}: peers", error)
            return
        for peer in peers:
            if peer.missing:
                yield Figure.missing(f"{self.part}: {peer.engine}", peer.missing)
            else:
                yield from self._peer(peer)

    def _peer(self, peer: Peer) -> Iterator[Figure | Score]:
        count = len(self.rotating)
        note = f"{peer.version}, ten answers; indexed in {peer.built_s:.0f} s"
        yield self._figure(peer.engine, peer.milliseconds[:count], note=note)
        yield self._known_items(peer.engine, peer.found[count:])

    def _known_items(self, name: str, found: Sequence[Sequence[int]]) -> Score:
        each = [
            Measures.of(answers, {one.paper: 1.0})
            for answers, one in zip(found, self.known, strict=True)
        ]
        return self._score(f"three title words, {name}", each)

    def speed(self) -> Iterator[Figure]:
        questions = [read(one.text) for one in self.rotating]
        vectors = {
            one.text: vector.tolist()
            for one, vector in zip(
                questions, encode(PACKAGED, [one.text for one in questions]), strict=True
            )
        }

        def lexical(drawn: Drawn) -> object:
            return rank(read(drawn.text))

        def fused(drawn: Drawn) -> object:
            question = read(drawn.text)
            return rank(question, PACKAGED, vectors[question.text])

        def embedded(drawn: Drawn) -> object:
            question = read(drawn.text)
            return rank(question, PACKAGED, encode(PACKAGED, [question.text])[0].tolist())

        yield from self._asked(LEXICAL, lexical)
        yield self._common_words()
        yield from self._asked(FUSED, fused)
        yield from self._asked(EMBEDDED, embedded)
        note = "as pages call it: with reasons, vectors remembered"
        yield from self._asked("search()", lambda one: search(one.text), note)

    def _common_words(self) -> Figure:
        """The most frequent words alone, each the quickest of three."""
        words = self.questions.common[: self.extent.common]
        spent = {
            word: min(timed(lambda text: rank(read(text)), word) for _ in range(_ROUNDS))
            for word in words
        }
        worst = max(spent, key=spent.__getitem__)
        note = f"the worst: {worst}"
        return self._figure(f"{LEXICAL}, each common word", list(spent.values()), note=note)

    def _asked(self, name: str, ask: Callable[[Drawn], object], note: str = "") -> Iterator[Figure]:
        """Ask every question once to warm up, then in three rounds; tell each question's quickest time as well.

        On a machine that others use, the quickest of three is what the question takes, and the rest what they take.
        """
        for one in self.rotating:
            ask(one)
        rounds = [[timed(ask, one) for one in self.rotating] for _ in range(_ROUNDS)]
        quickest = [min(each) for each in zip(*rounds, strict=True)]
        best = Figure.of("", "", quickest)
        said = f"quickest of {_ROUNDS}: median {best.median_ms}, p95 {best.p95_ms}, worst {best.max_ms}"
        yield self._figure(
            name, [spent for one in rounds for spent in one], "; ".join(filter(None, [said, note]))
        )
        if name == LEXICAL:
            for kind in dict.fromkeys(one.kind for one in self.rotating):
                own = [
                    spent
                    for spent, one in zip(quickest, self.rotating, strict=True)
                    if one.kind == kind
                ]
                yield self._figure(f"{LEXICAL}, {kind}", own, f"quickest of {_ROUNDS}")

    def suggestions(self) -> Iterator[Figure]:
        typed = self.questions.typed(self.extent.typed)
        for text in typed:
            suggest(text)
        yield self._figure(
            "suggestions, letter by letter", [timed(suggest, text) for text in typed]
        )

    def recall(self) -> Iterator[Score | Figure]:
        """How many of the ten nearest by an exact scan the index finds, for questions and for papers."""
        import numpy

        exact = numpy.concatenate([vectors for _, vectors in self.corpus.chunks(self.times)])
        texts = [one.text for one in self.known[: self.extent.sentences]]
        papers = [self.corpus.vectors[one.paper - 1] for one in self.known[: self.extent.sentences]]
        for name, vectors in (("questions", list(encode(PACKAGED, texts))), ("papers", papers)):
            shares, timings = [], []
            for vector in vectors:
                scores = exact @ vector
                least = numpy.partition(scores, -10)[-10:].min()
                began = time.perf_counter()
                found = nearest(PACKAGED, vector.tolist(), 10)
                timings.append((time.perf_counter() - began) * 1000)
                # Not which ten, but whether as near: of two that are equally near either will do.
                right = sum(scores[key - 1] >= least - 1e-4 for key in found)
                shares.append(right / min(10, len(exact)))
            yield self._figure(f"nearest ten, {name}", timings)
            measures = {"recall_10": statistics.fmean(shares)}
            yield Score(self.part, f"nearest ten, {name}", len(shares), measures)

    def quality(self) -> Iterator[Score]:
        asked = [Asked("", one.text, {one.paper: 1.0}) for one in self.known]
        for part, judged in judge(asked, [Part.LEXICAL, Part.FUSED]).items():
            yield self._score(f"three title words, ours, {part}", judged.each)
        if self.times > 1:
            return
        kinds = {
            "claims": self.questions.claims(),
            **self.questions.half_remembered(self.extent.sentences),
        }
        for kind, drawn in kinds.items():
            if not drawn:
                continue
            asked = [Asked("", one.text, {one.paper: 1.0}) for one in drawn]
            for part, judged in judge(asked, SEARCHED).items():
                yield self._score(f"{kind}, {part}", judged.each)

    def _figure(self, name: str, timings: Sequence[float], note: str = "") -> Figure:
        return Figure.of(self.part, name, timings, note=note)

    def _score(self, name: str, each: Sequence[Measures]) -> Score:
        means = asdict(Measures.mean(each))
        return Score(self.part, name, len(each), {one: means[one] for one in ("mrr_10", "ndcg_10")})


@contextmanager
def _counted_anew() -> Iterator[None]:
    """What was remembered of one database is not told of another."""
    for one in (serving, synonyms, vector_index):
        one.forget()
    try:
        yield
    finally:
        for one in (serving, synonyms, vector_index):
            one.forget()
