"""Which topics of a catalogue a text belongs to, judged by the papers nearest to it.

The nearest papers vote for their topics, each with a weight that grows with its likeness; the likeness to the mean of a
topic's papers counts too, so that a small topic can win against a large one nearby. How near the nearest are says
whether the text belongs to the catalogue at all: of one that resembles nothing, every topic would be a guess. While the
model is loading, the papers that a search by words alone finds vote. docs/benchmarks.md has the shares of papers that
come back to their own topic.
"""

import math
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import connection

from catalog.folding import fold_words
from catalog.models import Paper, Placement
from search.embeddings import PACKAGED, configured_model, encode
from search.queries import search

if TYPE_CHECKING:
    from numpy import float32, float64
    from numpy.typing import NDArray

# Chosen among k of 5 to 30, sharpness 8 to 24 and centre weights 0 to 3 on the starter list with 370 abstracts.
_NEAREST = 20
_SHARPNESS = 16.0
_CENTRE = 2.0
_CERTAINTY = 4.7  # turns scores into shares that are right about as often as they say
# The mean cosine of the nearest few at which a text belongs as likely as not, and how quickly that changes. In the starter
# list one placed paper in a hundred is under 0.38, and all 37 titles that were tried from other fields, or without sense,
# are under 0.31; in a small part of it both are lower, since there are fewer papers to be near to.
_AROUND = 5
_BELONGS = 0.37
_BLUR = 0.03
_MANY = 500
_LESS = 0.15
UNLIKELY = 0.1  # a confidence under which no topic is taken to fit
_FOUND = 15  # by words alone
_WORDS = 3  # of a title, fewer of which say little
_SHARED = 0.6  # of its words, as many as titles that belong here mostly share with those found
_STEM = 5  # letters by which two words are taken for forms of one

_PLACED = """
SELECT e.paper_id, l.topic_id, vector_send(e.vector)
FROM search_embedding e
JOIN catalog_paper p ON p.id = e.paper_id AND p.merged_into_id IS NULL
JOIN catalog_placement l ON l.paper_id = e.paper_id AND l.retired_at IS NULL
JOIN catalog_topic t ON t.id = l.topic_id AND t.catalogue_id = %s AND t.retired_at IS NULL
WHERE e.model = %s ORDER BY e.paper_id, l.topic_id
"""
_HEADER_BYTES = 4  # of the binary form of a vector: two 16-bit numbers


@dataclass(frozen=True, slots=True)
class TopicSuggestion:
    """A topic's key, how likely it is the right one (0 to 1)."""

    topic: int
    confidence: float

    @property
    def is_doubtful(self) -> bool:
        return self.confidence < UNLIKELY


@dataclass(frozen=True, slots=True)
class SuggestedTopics:
    """The likeliest topics, best first, and the papers nearest to the text with their cosines."""

    topics: tuple[TopicSuggestion, ...]
    nearest: tuple[tuple[int, float], ...]


class TopicSuggester:
    """Knows a catalogue's placed papers by the configured model; empty when none has a vector yet."""

    def __init__(self, catalogue: int) -> None:
        import numpy

        with connection.cursor() as cursor:
            cursor.execute(_PLACED, [catalogue, configured_model()])
            rows = cursor.fetchall()
        vectors = {paper: data for paper, _, data in rows}
        self.papers = list(vectors)
        self.topics = sorted({topic for _, topic, _ in rows})
        places = {paper: place for place, paper in enumerate(self.papers)}
        columns = {topic: place for place, topic in enumerate(self.topics)}
        self.placed = numpy.zeros((len(self.papers), len(self.topics)))
        for paper, topic, _ in rows:
            self.placed[places[paper], columns[topic]] = 1
        self.vectors = numpy.array(
            [numpy.frombuffer(data, ">f4", offset=_HEADER_BYTES) for data in vectors.values()],
            dtype="float32",
        )

    def suggest(self, texts: Sequence[str], most: int = 3) -> list[SuggestedTopics]:
        """Suggest topics for each text; raises ModelUnavailable."""
        if not texts or not self.papers:
            return [SuggestedTopics((), ())] * len(texts)
        return self.judge(encode(configured_model(), texts), most)

    def judge(self, vectors: "NDArray[float32]", most: int = 3) -> list[SuggestedTopics]:
        likeness = vectors @ self.vectors.T
        scores = self._scores(likeness, vectors @ self._centres().T)
        return [self._best(*row, most) for row in zip(scores, likeness, strict=True)]

    def leave_one_out(self) -> tuple[float, float]:
        """Return how often a placed paper's own topic is suggested first, and among the first three, without it."""
        import numpy

        likeness = self.vectors @ self.vectors.T
        numpy.fill_diagonal(likeness, -2)
        sums = self.placed.T @ self.vectors
        centres = numpy.empty((len(self.papers), len(self.topics)))
        for place, vector in enumerate(self.vectors):
            centres[place] = _unit(sums - self.placed[place][:, None] * vector) @ vector
        order = numpy.argsort(-self._scores(likeness, centres), axis=1, kind="stable")
        hits = numpy.take_along_axis(self.placed, order, axis=1)
        return float(hits[:, 0].mean()), float(hits[:, :3].max(axis=1).mean())

    def _centres(self) -> "NDArray[float64]":
        return _unit(self.placed.T @ self.vectors)

    def _scores(
        self, likeness: "NDArray[float32]", centres: "NDArray[float64]"
    ) -> "NDArray[float64]":
        """One row a text, one column a topic."""
        import numpy

        count = min(_NEAREST, len(self.papers) - 1) or 1
        nearest = numpy.argpartition(-likeness, count - 1, axis=1)[:, :count]
        rows = numpy.arange(len(likeness))[:, None]
        votes = numpy.zeros(likeness.shape)
        votes[rows, nearest] = numpy.exp(_SHARPNESS * likeness[rows, nearest])
        by_topic = votes @ self.placed
        scores: NDArray[float64] = (
            by_topic / by_topic.sum(axis=1, keepdims=True) + _CENTRE * centres
        )
        return scores

    def _best(
        self, scores: "NDArray[float64]", likeness: "NDArray[float32]", most: int
    ) -> SuggestedTopics:
        import numpy

        shares = numpy.exp(_CERTAINTY * (scores - scores.max()))
        shares *= self._belonging(likeness) / shares.sum()
        topics = numpy.argsort(-shares, kind="stable")[:most]
        near = numpy.argsort(-likeness, kind="stable")[:most]
        return SuggestedTopics(
            tuple(TopicSuggestion(self.topics[at], round(float(shares[at]), 4)) for at in topics),
            tuple((self.papers[at], round(float(likeness[at]), 4)) for at in near),
        )

    def _belonging(self, likeness: "NDArray[float32]") -> float:
        """How likely a text belongs to the catalogue at all, by the papers nearest to it; of a small one by fewer."""
        import numpy

        if configured_model() != PACKAGED:  # how near is near, each model has its own measure of
            return 1.0
        around = max(1, min(_AROUND, len(self.papers) // 10))
        near = float(numpy.sort(likeness)[-around:].mean())
        smallness = 1 - min(1.0, math.log(len(self.papers)) / math.log(_MANY))
        return 1 / (1 + math.exp((_BELONGS - _LESS * smallness - near) / _BLUR))


def suggest_by_words(catalogue: int, title: str, most: int = 3) -> SuggestedTopics:
    """Suggest topics by what a search for the words finds, as long as no vector can be computed."""
    words = fold_words(title).split()
    hits = search(" ".join(words)[:300], limit=_FOUND, reasons=False).hits
    topics = _topics_of(catalogue, [hit.paper_id for hit in hits])
    votes: dict[int, float] = defaultdict(float)
    for hit in hits:
        for topic in topics[hit.paper_id]:
            votes[topic] += hit.lexical
    total = sum(votes.values()) or 1.0
    ranked = sorted(votes, key=lambda topic: (-votes[topic], topic))
    telling = _telling(words, [hit.paper_id for hit in hits])
    return SuggestedTopics(
        tuple(
            TopicSuggestion(topic, round(telling * votes[topic] / total, 4))
            for topic in ranked[:most]
        ),
        tuple((hit.paper_id, 0.0) for hit in hits[:most]),
    )


def _telling(words: Sequence[str], papers: Collection[int]) -> float:
    """How much the words of a title say: few, or few that the titles found have too, say little."""
    own = {word[:_STEM] for word in words if len(word) > 3}
    if not own:
        return 0.0
    titles = Paper.objects.filter(pk__in=papers).values_list("title", flat=True)
    found = {word[:_STEM] for title in titles for word in fold_words(title).split()}
    return min(1.0, len(own & found) / _WORDS) * min(1.0, len(own & found) / len(own) / _SHARED)


def _topics_of(catalogue: int, papers: Collection[int]) -> dict[int, list[int]]:
    placed = Placement.objects.current().filter(
        paper__in=papers, topic__catalogue=catalogue, topic__retired_at=None
    )
    found: dict[int, list[int]] = defaultdict(list)
    for paper, topic in placed.values_list("paper", "topic"):
        found[paper].append(topic)
    return found


def _unit(rows: "NDArray[float64]") -> "NDArray[float64]":
    import numpy

    lengths = numpy.linalg.norm(rows, axis=1, keepdims=True)
    unit: NDArray[float64] = rows / numpy.maximum(lengths, 1e-9)
    return unit
