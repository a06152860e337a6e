"""Groups of papers that belong together, by the vectors of their texts: what a topic could be split into.

The groups are k-means clusters; how many there are is the number that sets them apart best (silhouette, Rousseeuw 1987). The
same papers and vectors give the same groups, whatever the order they come in.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from catalog.readable import readable
from search.map.regions import telling_terms
from search.models import Embedding
from search.serving import serving_models

if TYPE_CHECKING:
    from numpy import float32, int64
    from numpy.typing import NDArray

LEAST = 6  # papers of which groups can be told apart at all
MOST = 4000  # papers that are grouped while somebody waits
MOST_GROUPS = 8
_SAMPLE = 1000  # papers that the number of groups is judged by


@dataclass(frozen=True, slots=True)
class Cluster:
    """Papers that belong together, those nearest to their middle first, and a name for them."""

    name: str
    papers: tuple[int, ...]


@dataclass(slots=True)
class Clusters:
    """The groups, the largest first; `without` are papers that have no vector. `refusal` says why there are none."""

    clusters: list[Cluster] = field(default_factory=list)
    without: list[int] = field(default_factory=list)
    refusal: str = ""


def suggest_clusters(titles: Mapping[int, str], wanted: int = 0) -> Clusters:
    """Group papers, given with their titles, into `wanted` groups, or into as many as set them apart best."""
    papers = sorted(titles)
    if len(papers) > MOST:
        return Clusters(refusal=f"Groups are suggested for at most {MOST:,} papers at a time.")
    models = serving_models()
    rows = Embedding.objects.filter(paper__in=papers, model=models[0] if models else "")
    vectors = dict(rows.values_list("paper", "vector"))
    known = [paper for paper in papers if paper in vectors]
    without = [paper for paper in papers if paper not in vectors]
    if len(known) < LEAST:
        why = (
            "None of its papers has a vector yet: they are computed in the background."
            if papers and not known
            else f"Groups can be told apart among {LEAST} papers or more that have vectors; here are {len(known)}."
        )
        return Clusters(without=without, refusal=why)
    groups = _groups(_matrix([vectors[paper] for paper in known]), wanted)
    if len(groups) < 2:
        return Clusters(without=without, refusal="Its papers are too much alike to tell groups apart.")  # fmt: skip
    terms = telling_terms(groups, [readable(titles[paper]) for paper in known])
    names = _names(terms)
    clusters = [
        Cluster(name, tuple(known[place] for place in group.tolist()))
        for name, group in zip(names, groups, strict=True)
    ]
    return Clusters(clusters, without)


def _matrix(vectors: Sequence[Any]) -> "NDArray[float32]":
    import numpy

    matrix: NDArray[float32] = numpy.array(
        [one.to_list() if hasattr(one, "to_list") else one for one in vectors], dtype=numpy.float32
    )
    return matrix


def _groups(matrix: "NDArray[float32]", wanted: int) -> "list[NDArray[int64]]":
    """The places of each group's papers, those nearest to its middle first."""
    import numpy
    from threadpoolctl import threadpool_limits

    different = len(numpy.unique(matrix, axis=0))
    most = min(MOST_GROUPS, different - 1, len(matrix) // 2)
    if most < 2:
        return []
    with threadpool_limits(1):  # sums added in another order end in other clusters
        counts = [min(max(wanted, 2), most)] if wanted else range(2, most + 1)
        fits = [(_told_apart(matrix, labels), -count, labels, middles) for count in counts for labels, middles in [_clustered(matrix, count)]]  # fmt: skip
        _, _, labels, middles = max(fits, key=lambda fit: fit[:2])
    groups = []
    for label in numpy.unique(labels).tolist():
        places = numpy.flatnonzero(labels == label)
        far = ((matrix[places] - middles[label]) ** 2).sum(axis=1)
        groups.append(places[numpy.argsort(far, kind="stable")])
    return sorted(groups, key=lambda places: (-len(places), int(places.min())))


def _clustered(matrix: "NDArray[float32]", count: int) -> "tuple[NDArray[int64], NDArray[float32]]":
    from sklearn.cluster import KMeans

    means = KMeans(count, n_init=5, random_state=0).fit(matrix)
    return means.labels_, means.cluster_centers_


def _told_apart(matrix: "NDArray[float32]", labels: "NDArray[int64]") -> float:
    from sklearn.metrics import silhouette_score

    sample = _SAMPLE if len(matrix) > _SAMPLE else None
    return round(float(silhouette_score(matrix, labels, sample_size=sample, random_state=0)), 6)


def _names(terms: Sequence[Sequence[str]]) -> list[str]:
    """A name for each group of what its titles say more than the others; no two alike."""
    names: list[str] = []
    for number, said in enumerate(terms, 1):
        text = " and ".join(said[:2]) or f"Group {number}"
        name = text[:1].upper() + text[1:]
        while name in names:
            name = f"{name} {number}"
        names.append(name[:200])
    return names
