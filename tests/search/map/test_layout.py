"""Where papers lie: the same each time, those alike side by side, and nobody moved by who comes later."""

import tracemalloc

import numpy
import pytest

from search.map.layout import ROUNDS_AGAIN, apart, filled, laid_out, nearest, turned


def groups(count, each, seed=0):
    """Vectors of unit length in groups of a direction of their own."""
    chance = numpy.random.default_rng(seed)
    middles = numpy.repeat(numpy.eye(count, 32), each, axis=0)
    vectors = middles + 0.1 * chance.standard_normal(middles.shape)
    return (vectors / numpy.linalg.norm(vectors, axis=1, keepdims=True)).astype("float32")


def nowhere(count):
    return numpy.full((count, 2), numpy.nan)


def away(spots, others):
    return numpy.hypot(*(spots - others).T)


def test_papers_of_a_group_lie_together_and_a_second_time_in_the_same_places():
    vectors = groups(4, 15)
    spots = laid_out(vectors, nowhere(60))
    assert (laid_out(vectors, nowhere(60)) == spots).all()
    middles = spots.reshape(4, 15, 2).mean(axis=1)
    nearest = [int(away(middles, spot).argmin()) for spot in spots]
    assert nearest == sorted([0, 1, 2, 3] * 15)
    assert numpy.ptp(spots, axis=0)[0] > numpy.ptp(spots, axis=0)[1]  # as wide as screens are


def test_a_new_paper_is_put_among_those_like_it_and_no_other_moves():
    vectors = groups(4, 15)
    spots = laid_out(vectors[:-1], nowhere(59))
    before = numpy.vstack([spots, nowhere(1)])
    with_new = filled(vectors, before)
    assert (with_new[:-1] == spots).all()
    others = spots[45:]
    assert away(others, with_new[-1]).min() < away(others, others.mean(axis=0)).max()


def test_the_nearest_are_the_same_in_blocks_and_the_earlier_of_two_alike():
    chance = numpy.random.default_rng(0)
    asked, among = (chance.integers(-3, 4, (n, 8)).astype("float32") for n in (20, 180))
    every = numpy.argsort(-(asked @ among.T), axis=1, kind="stable")
    assert (nearest(asked, [among], 7) == every[:, :7]).all()
    assert (nearest(asked, [among[:3], among[3:100], among[100:]], 7) == every[:, :7]).all()
    assert nearest(asked, [among[:2]], 7).shape == (20, 2)


def test_memory_does_not_grow_with_the_map():
    asked, among = (numpy.ones((count, 4), "float32") for count in (2000, 40_000))
    tracemalloc.start()
    nearest(asked, [among])
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 100_000_000  # all likenesses would be 320 MB


def test_a_whole_map_that_is_drawn_again_stays_about_as_it_was():
    vectors = groups(4, 20)
    spots = laid_out(vectors[:72], nowhere(72))
    again = laid_out(vectors, numpy.vstack([spots, nowhere(8)]), ROUNDS_AGAIN)
    moved = away(again[:72], spots) / numpy.ptp(spots, axis=0).max()
    assert numpy.median(moved) < 0.2


@pytest.mark.parametrize("count", [0, 1, 2, 3, 11, 12])
def test_few_papers_have_places_of_their_own(count):
    spots = laid_out(groups(count, 1).reshape(count, 32), nowhere(count))
    assert spots.shape == (count, 2)
    assert numpy.isfinite(spots).all()
    assert len(numpy.unique(spots, axis=0)) == count


def test_papers_of_one_text_do_not_lie_on_one_another():
    same = numpy.repeat(groups(1, 1), 5, axis=0)
    assert len(numpy.unique(laid_out(same, nowhere(5)), axis=0)) == 5
    spots = numpy.array([[0.0, 0.0], [10.0, 0.0], [0.0, 0.0]])
    fixed = numpy.array([False, True, True])
    result = apart(spots, fixed)
    assert (result[fixed] == spots[fixed]).all()
    assert 0 < away(result[:1], spots[:1])[0] < 1


def test_a_turned_and_mirrored_map_is_turned_back():
    spots = groups(3, 5)[:, :2].astype("float64")
    mirrored = spots @ numpy.array([[0.0, 1.0], [1.0, 0.0]]) + 7
    assert turned(mirrored, spots, numpy.ones(15, bool)) == pytest.approx(spots)
