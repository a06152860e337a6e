import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.evaluation.measures import Measures, chance_of_difference


@pytest.mark.parametrize(
    ("found", "wanted", "expected"),
    [
        ([7, 1], {7: 1.0}, {"hit_1": 1, "hit_5": 1, "mrr_10": 1, "ndcg_10": 1, "recall_100": 1}),
        ([1, 7], {7: 1.0}, {"hit_1": 0, "hit_5": 1, "mrr_10": 0.5, "ndcg_10": 1 / math.log2(3)}),
        ([*range(10), 77], {77: 1.0}, {"hit_10": 0, "mrr_10": 0, "ndcg_10": 0, "recall_100": 1}),
        ([1, 2], {1: 1.0, 2: 2.0}, {"ndcg_10": (1 + 2 / math.log2(3)) / (2 + 1 / math.log2(3))}),
        ([1], {1: 1.0, 2: 1.0}, {"recall_100": 0.5, "hit_1": 1}),
        ([], {1: 1.0}, {"hit_10": 0, "mrr_10": 0, "ndcg_10": 0, "recall_100": 0}),
        ([1], {}, {"ndcg_10": 0, "recall_100": 0}),
    ],
)
def test_a_ranking_is_judged_by_what_is_wanted(found, wanted, expected):
    measured = Measures.of(found, wanted)
    for name, value in expected.items():
        assert getattr(measured, name) == pytest.approx(value), name


@given(st.lists(st.integers(0, 30), unique=True), st.dictionaries(st.integers(0, 30), st.just(1.0)))
def test_no_measure_leaves_its_bounds(found, wanted):
    one = Measures.of(found, wanted)
    values = (one.hit_1, one.hit_5, one.hit_10, one.mrr_10, one.ndcg_10, one.recall_100)
    assert all(0 <= value <= 1 + 1e-9 for value in values)
    assert one.hit_1 <= one.hit_5 <= one.hit_10


def test_the_mean_of_two_questions():
    one, other = Measures.of([1], {1: 1.0}), Measures.of([2], {1: 1.0})
    assert Measures.mean([one, other]).hit_1 == 0.5
    assert Measures.mean([]).hit_1 == 0


def test_settings_that_are_alike_differ_by_chance_and_others_do_not():
    assert chance_of_difference([1, 0, 1], [1, 0, 1]) == 1
    assert chance_of_difference([1.0] * 40, [0.5] * 40) < 0.001
    mixed = [1.0, 0.0] * 20
    assert chance_of_difference(mixed, mixed[::-1]) > 0.5
    assert chance_of_difference(mixed, [0.5] * 40) == chance_of_difference(mixed, [0.5] * 40)
