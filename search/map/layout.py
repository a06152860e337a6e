"""Where papers lie on the map: vectors of some hundred numbers brought to two, those alike side by side.

The whole map is t-SNE's (van der Maaten and Hinton 2008) by openTSNE (Poličar, Stražar and Zupan 2024), with a fixed seed and in one
thread, since sums that are added in another order end in another picture. It begins from the principal components, or from where
papers lay. A paper that comes later is put in the middle of those nearest to it, and nobody else moves.
"""

from collections import Counter
from collections.abc import Iterable
from math import cos, sin
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy
    from numpy import float32, float64, int64
    from numpy.typing import NDArray

ROUNDS = 500
ROUNDS_AGAIN = 125  # from where papers lay: more of them move papers and no longer mend neighbours; docs/benchmarks.md
_PERPLEXITY = 30  # about how many neighbours a paper is to keep
_FEW = 12  # papers that have too few neighbours for t-SNE
_NEAREST = 5  # papers whose middle a new one is put in; docs/benchmarks.md
_LARGE = 10_000  # papers, of which forces are interpolated on a grid
_AT_ONCE = 20_000_000  # likenesses of two papers that are in memory together
_GRAINS = 5000  # of the map's width: nearer than one, two papers are one point
_ANGLE = 2.39996  # the golden angle, by which points that would lie on one another are turned away


def laid_out(
    vectors: "NDArray[float32]", before: "NDArray[float64]", rounds: int = ROUNDS
) -> "NDArray[float64]":
    """Place all papers. `before` says where each lay, NaN where it is new; where most are known it begins from there."""
    import numpy

    known = ~numpy.isnan(before[:, 0])
    begins = int(known.sum()) > len(vectors) / 2
    if len(vectors) < _FEW:
        spots = _components(vectors)
    else:
        spots = _embedded(vectors, filled(vectors, before) if begins else None, rounds)
    return apart(turned(spots, before, known) if known.any() else _laid_flat(spots))


def filled(vectors: "NDArray[float32]", before: "NDArray[float64]") -> "NDArray[float64]":
    """Keep what is known, and put each other paper in the middle of the known ones nearest to it."""
    import numpy

    known = numpy.flatnonzero(~numpy.isnan(before[:, 0]))
    spots = before.copy()
    missing = numpy.flatnonzero(numpy.isnan(before[:, 0]))
    spots[missing] = middles(before[known], nearest(vectors[missing], [vectors[known]]))
    return spots


def middles(spots: "NDArray[float64]", nearest: "NDArray[int64]") -> "NDArray[float64]":
    """The middle of the spots that each row names."""
    import numpy

    found: NDArray[float64] = numpy.median(spots[nearest], axis=1)
    return found


def nearest(
    asked: "NDArray[float32]", among: "Iterable[NDArray[float32]]", count: int = _NEAREST
) -> "NDArray[int64]":
    """The places of the nearest by cosine, nearest first; the earlier of two alike. `among` may come in blocks."""
    import numpy

    likes = numpy.full((len(asked), count), -numpy.inf, dtype="float32")
    places = numpy.zeros((len(asked), count), dtype="int64")
    passed = 0
    for block in among:
        rows = max(1, _AT_ONCE // max(1, len(block)))
        for start in range(0, len(asked), rows):
            some = slice(start, start + rows)
            _keep_largest(likes[some], places[some], asked[some] @ block.T, passed)
        passed += len(block)
    return places[:, :passed]


def _keep_largest(
    likes: "NDArray[float32]", places: "NDArray[int64]", alike: "NDArray[float32]", passed: int
) -> None:
    """Let each row of likenesses take the places of smaller ones; as many papers have been passed before."""
    import numpy

    for number, row in enumerate(alike):
        best = _largest(row, likes.shape[1])
        both = numpy.concatenate((likes[number], row[best]))
        order = _largest(both, likes.shape[1])
        likes[number] = both[order]
        places[number] = numpy.concatenate((places[number], passed + best))[order]


def _largest(row: "NDArray[float32]", count: int) -> "NDArray[int64]":
    """The places of the largest numbers, the largest first; the earlier of two alike."""
    import numpy

    there = numpy.arange(len(row))
    if count < len(row):
        there = numpy.flatnonzero(row >= numpy.partition(row, -count)[-count])
    found: NDArray[int64] = there[numpy.argsort(-row[there], kind="stable")[:count]]
    return found


def _embedded(
    vectors: "NDArray[float32]", begin: "NDArray[float64] | None", rounds: int
) -> "NDArray[float64]":
    import numpy
    from openTSNE import TSNEEmbedding
    from openTSNE.affinity import PerplexityBasedNN
    from openTSNE.initialization import pca

    affinities = PerplexityBasedNN(
        vectors,
        perplexity=min(_PERPLEXITY, (len(vectors) - 1) / 3),
        metric="cosine",
        n_jobs=1,
        random_state=0,
    )
    made = TSNEEmbedding(
        pca(vectors, random_state=0) if begin is None else begin,
        affinities,
        negative_gradient_method="fft" if len(vectors) > _LARGE else "bh",
        n_jobs=1,
        random_state=0,
    )
    if begin is None:  # papers find their neighbours first, drawn together more than they are alike
        made = made.optimize(rounds // 2, exaggeration=12, momentum=0.5)
    made = made.optimize(rounds, momentum=0.8)
    return numpy.asarray(made, dtype="float64")


def _components(vectors: "NDArray[float32]") -> "NDArray[float64]":
    """The two directions in which a few papers differ most."""
    import numpy

    if len(vectors) < 2:
        return numpy.zeros((len(vectors), 2))
    centred = vectors.astype("float64") - vectors.mean(axis=0)
    left, lengths, _ = numpy.linalg.svd(centred, full_matrices=False)
    spots = numpy.zeros((len(vectors), 2))
    count = min(2, len(lengths))
    spots[:, :count] = left[:, :count] * lengths[:count] * 10
    return spots * _signs(spots)


def _laid_flat(spots: "NDArray[float64]") -> "NDArray[float64]":
    """Turn a new map so that it is wider than high, as screens are."""
    import numpy

    if len(spots) < 2:
        return spots
    centred = spots - spots.mean(axis=0)
    _, axes = numpy.linalg.eigh(centred.T @ centred)
    flat: NDArray[float64] = centred @ axes[:, ::-1]
    return flat * _signs(flat)


def _signs(spots: "NDArray[float64]") -> "NDArray[float64]":
    """Which way an axis points is the library's whim: its largest number is made positive."""
    import numpy

    peaks = numpy.take_along_axis(spots, abs(spots).argmax(axis=0)[None], axis=0)
    signs: NDArray[float64] = numpy.where(peaks < 0, -1.0, 1.0)
    return signs


def turned(
    spots: "NDArray[float64]", before: "NDArray[float64]", known: "NDArray[numpy.bool_]"
) -> "NDArray[float64]":
    """Move, turn and mirror a map, so that what was known lies as near to where it was as it can (Procrustes)."""
    import numpy

    was, now = before[known].mean(axis=0), spots[known].mean(axis=0)
    left, _, right = numpy.linalg.svd((spots[known] - now).T @ (before[known] - was))
    result: NDArray[float64] = (spots - now) @ (left @ right) + was
    return result


def apart(
    spots: "NDArray[float64]", fixed: "NDArray[numpy.bool_] | None" = None
) -> "NDArray[float64]":
    """Lay what would lie on the same point beside one another; what is fixed stays."""
    import numpy

    grain = (float(numpy.ptp(spots, axis=0).max()) if len(spots) else 0.0) / _GRAINS or 0.1
    cells = [(round(x / grain), round(y / grain)) for x, y in spots.tolist()]
    stays = [False] * len(cells) if fixed is None else fixed.tolist()
    taken = Counter(cell for cell, stay in zip(cells, stays, strict=True) if stay)
    result = spots.copy()
    for place, (cell, stay) in enumerate(zip(cells, stays, strict=True)):
        if stay:
            continue
        number = taken[cell]
        taken[cell] += 1
        angle, radius = number * _ANGLE, 2 * grain * number**0.5
        result[place] += (radius * cos(angle), radius * sin(angle))
    return result
