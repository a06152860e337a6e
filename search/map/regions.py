"""The regions of a map: parts that lie together, each divided into smaller ones, with what gives each its name.

The smallest are k-means clusters of places; Ward's tree (1963) over their middles joins them into larger ones. A region is called by
a topic when both hold mostly the same papers, each topic once over all sizes; else by words that its titles have more often than others.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import log
from typing import TYPE_CHECKING

from search.words import STOP_WORDS, is_cjk, stem

if TYPE_CHECKING:
    from numpy import float64, int64
    from numpy.typing import NDArray

LEVELS = (9, 36, 144, 576)  # regions of each size
_LEAST = 15  # papers that a region of the smallest size has in the mean
_ALIKE = 0.4  # from 0 to 1: how far region and topic must hold the same papers (F₁)
_TERMS = 4
_COMMON = 0.05  # of a region's titles have a term that can stand for it
_WORD = re.compile(r"[^\W\d_]\w*")
_Key = tuple[str, ...]
# What every other title says.
_GENERIC = """
    towards toward via using based approach approaches method methods new novel paper study analysis learning model models
    language large llm llms deep neural network networks
"""
_UNSAID = frozenset(_GENERIC.split())


@dataclass(slots=True)
class Region:
    """`papers` are places in the list of all papers; `parent` is the place of a region in the list of regions."""

    level: int
    parent: int | None
    papers: "NDArray[int64]"
    x: float
    y: float
    reach: float
    topic: int | None = None
    terms: list[str] = field(default_factory=list)


def divide(spots: "NDArray[float64]") -> list[Region]:
    """Divide the map; the larger regions come first, and each level holds all papers."""
    import numpy

    if not len(spots):
        return []
    counts = [count for count in LEVELS if count * _LEAST <= len(spots)]
    counts = counts or [max(1, len(spots) // _LEAST)]
    labels = _clusters(spots, counts[-1])
    regions: list[Region] = []
    above: dict[int, int] = {}  # from a smallest cluster to the region of the last level
    for level, groups in enumerate(_joined(spots, labels, counts)):
        before, above = above, {}
        for group in sorted(set(groups.values())):
            members = [cluster for cluster, one in groups.items() if one == group]
            papers = numpy.flatnonzero(numpy.isin(labels, members))
            x, y = spots[papers].mean(axis=0).tolist()
            reach = float(((spots[papers] - (x, y)) ** 2).sum(axis=1).mean() ** 0.5)
            above |= dict.fromkeys(members, len(regions))
            regions.append(Region(level, before.get(members[0]), papers, x, y, reach))
    return regions


def _clusters(spots: "NDArray[float64]", count: int) -> "NDArray[int64]":
    import numpy
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    count = min(count, len(numpy.unique(spots, axis=0)))
    with threadpool_limits(1):  # sums added in another order end in other clusters
        labels: NDArray[int64] = KMeans(count, n_init=3, random_state=0).fit_predict(spots)
    return labels


def _joined(
    spots: "NDArray[float64]", labels: "NDArray[int64]", counts: Sequence[int]
) -> list[dict[int, int]]:
    """For each level, which group each cluster belongs to."""
    import numpy
    from scipy.cluster.hierarchy import fcluster, ward

    clusters = numpy.unique(labels).tolist()
    if len(clusters) < 2:
        return [dict.fromkeys(clusters, 0)]
    tree = ward(numpy.array([spots[labels == cluster].mean(axis=0) for cluster in clusters]))
    levels = [
        dict(zip(clusters, fcluster(tree, count, "maxclust").tolist(), strict=True))
        for count in counts[:-1]
    ]
    return [*levels, {cluster: cluster for cluster in clusters}]


def name(regions: Sequence[Region], titles: Sequence[str], topics: Mapping[int, set[int]]) -> None:
    """Give each region its terms, and those that a topic fits its name. `topics` holds the papers of each, as places."""
    _give_terms(regions, titles)
    for _, number, topic in sorted(_fits(regions, topics)):
        if regions[number].topic is None and all(one.topic != topic for one in regions):
            regions[number].topic = topic


def telling_terms(groups: "Sequence[NDArray[int64]]", titles: Sequence[str]) -> list[list[str]]:
    """The terms that tell each group of papers (as places among the titles) from the rest."""
    regions = [Region(0, None, papers, 0, 0, 0) for papers in groups]
    _give_terms(regions, titles)
    return [region.terms for region in regions]


def _fits(
    regions: Sequence[Region], topics: Mapping[int, set[int]]
) -> Iterable[tuple[float, int, int]]:
    """How well topics fit regions, where they do; the best has the least number."""
    of_paper = defaultdict(list)
    for topic, papers in topics.items():
        for paper in papers:
            of_paper[paper].append(topic)
    for number, region in enumerate(regions):
        shared = Counter(topic for paper in region.papers.tolist() for topic in of_paper[paper])
        for topic, count in shared.items():
            fit = 2 * count / (len(region.papers) + len(topics[topic]))
            if fit >= _ALIKE:
                yield -fit, number, topic


def _give_terms(regions: Sequence[Region], titles: Sequence[str]) -> None:
    """Choose terms by how many of a region's titles have them, times how much rarer they are in the region around it."""
    phrases = [_phrases(title) for title in titles]
    spelt: dict[_Key, Counter[str]] = defaultdict(Counter)
    for found in phrases:
        for key, text in found.items():
            spelt[key][text] += 1
    everywhere = {key: sum(texts.values()) / len(titles) for key, texts in spelt.items()}
    shares: list[dict[_Key, float]] = []
    for region in regions:
        size = len(region.papers)
        counts = Counter(key for paper in region.papers.tolist() for key in phrases[paper])
        shares.append({key: count / size for key, count in counts.items()})
        around = everywhere if region.parent is None else shares[region.parent]
        common = [key for key, count in counts.items() if count >= max(2, _COMMON * size)]
        region.terms = [
            spelt[key].most_common(1)[0][0] for key in _telling(common, shares[-1], around)
        ]


def _telling(
    keys: Iterable[_Key], here: Mapping[_Key, float], around: Mapping[_Key, float]
) -> list[_Key]:
    def score(key: _Key) -> float:
        return here[key] * log(here[key] / around[key]) * (2.0 if len(key) > 1 else 1.0)

    chosen: list[_Key] = []
    for key in sorted(keys, key=lambda key: (-score(key), key)):
        if here[key] > around[key] and not any(set(key) & set(other) for other in chosen):
            chosen.append(key)
    return chosen[:_TERMS]


def _phrases(title: str) -> dict[_Key, str]:
    """The words of a title and each two neighbours, by their stems, as they are spelt in running text."""
    words = list(_WORD.finditer(title))
    stems = [stem(word[0].lower()) for word in words]
    found: dict[_Key, str] = {}
    for place, word in enumerate(words):
        if _says(word[0]) and word[0].lower() not in _UNSAID:
            found[(stems[place],)] = _in_text(word[0])
        if place == 0:
            continue
        between = title[words[place - 1].end() : word.start()]
        pair = words[place - 1][0], word[0]
        if (
            between in {" ", "-"}
            and all(map(_says, pair))
            and not _UNSAID.issuperset(one.lower() for one in pair)
        ):
            found[stems[place - 1], stems[place]] = between.join(map(_in_text, pair))
    return found


def _says(word: str) -> bool:
    return len(word) > 1 and word.lower() not in STOP_WORDS and not any(map(is_cjk, word))


def _in_text(word: str) -> str:
    """Small letters, but for acronyms and names that have a capital inside."""
    return word if any(letter.isupper() for letter in word[1:]) else word.lower()
