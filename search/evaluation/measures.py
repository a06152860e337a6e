"""Measures of ranked answers, each from 0 to 1, and a test of whether two rankings differ.

Source: Järvelin and Kekäläinen 2002 for nDCG, with the gain as graded (as trec_eval and BEIR have it, not 2^gain − 1).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Self

_DEPTH = 10
_DRAWS = 10_000


@dataclass(frozen=True, slots=True)
class Measures:
    """Of one question, or their means over many."""

    hit_1: float = 0.0
    hit_5: float = 0.0
    hit_10: float = 0.0
    mrr_10: float = 0.0
    ndcg_10: float = 0.0
    recall_100: float = 0.0

    @classmethod
    def of(cls, found: Sequence[int], wanted: Mapping[int, float]) -> Self:
        """Judge a ranking by what is wanted: each right answer with how right it is."""
        right = [place for place, one in enumerate(found, 1) if wanted.get(one, 0) > 0]
        first = right[0] if right else 0
        best = sorted(wanted.values(), reverse=True)
        gained = [max(wanted.get(one, 0.0), 0.0) for one in found]
        ideal = _discounted(best)
        relevant = sum(gain > 0 for gain in best)
        return cls(
            hit_1=float(first == 1),
            hit_5=float(1 <= first <= 5),
            hit_10=float(1 <= first <= _DEPTH),
            mrr_10=1 / first if 1 <= first <= _DEPTH else 0.0,
            ndcg_10=_discounted(gained) / ideal if ideal else 0.0,
            recall_100=sum(place <= 100 for place in right) / relevant if relevant else 0.0,
        )

    @classmethod
    def mean(cls, many: Sequence["Measures"]) -> Self:
        names = [one.name for one in fields(cls)]
        count = len(many) or 1
        return cls(**{name: sum(getattr(one, name) for one in many) / count for name in names})


def _discounted(gains: Sequence[float]) -> float:
    return sum(gain / math.log2(place + 1) for place, gain in enumerate(gains[:_DEPTH], 1))


def chance_of_difference(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """How likely two settings that are alike differ at least so much by chance, over the same questions.

    A randomisation test in pairs (Smucker, Allan and Carterette 2007): the sign of each difference is drawn, 10,000
    times and always the same.
    """
    import numpy

    differences = numpy.asarray(ours, dtype=float) - numpy.asarray(theirs, dtype=float)
    differences = differences[differences != 0]
    if not len(differences):
        return 1.0
    draws = numpy.random.default_rng(0).choice([-1.0, 1.0], size=(_DRAWS, len(differences)))
    drawn = numpy.abs(draws @ differences)
    as_large = int((drawn >= abs(differences.sum()) - 1e-12).sum())
    return (as_large + 1) / (_DRAWS + 1)
