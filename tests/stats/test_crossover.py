"""Where a gain ceases to be positive, against literal computations and another library."""

import math

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression

from tlbench.errors import TlbenchError
from tlbench.stats.crossover import crossover, never_rising, positive_range

SIZES = np.array([0.0, 1.0, 2.0, 5.0, 10.0])


def gains(users, means, *, spread=1.0, seed=0):
    """Differences of users who are judged at the smaller sizes only where their history is short."""
    rng = np.random.default_rng(seed)
    taste = rng.normal(scale=spread / 2, size=(users, 1))
    values = np.asarray(means) + taste + rng.normal(scale=spread / 2, size=(users, len(means)))
    values[: users // 3, -1] = np.nan
    return values


def test_the_fit_that_never_rises_is_that_of_another_library():
    rng = np.random.default_rng(1)
    for _ in range(50):
        values, weights = rng.normal(size=7), rng.integers(1, 9, 7).astype(float)
        known = IsotonicRegression(increasing=False).fit_transform(np.arange(7), values, sample_weight=weights)
        assert never_rising(values, weights) == pytest.approx(known)


def test_the_range_ends_where_the_line_between_two_points_is_zero():
    x = np.array([0.0, 1.0, 3.0])
    assert positive_range(x, np.array([4.0, 2.0, -2.0])) == (-math.inf, 2.0)
    assert positive_range(x, np.array([-1.0, 1.0, 2.0])) == (0.5, math.inf)
    assert positive_range(x, np.array([-1.0, 1.0, -1.0])) == (0.5, 2.0)
    assert positive_range(x, np.array([-1.0, 0.0, -1.0])) == (math.inf, -math.inf)


def test_a_planted_end_lies_in_its_interval_and_the_interval_shrinks_with_users():
    # The line over log(1 + size) through 0.4 at 2 and -0.2 at 5 is zero at two thirds of the way.
    truth = math.expm1(math.log(3) + (math.log(6) - math.log(3)) * 2 / 3)
    widths = []
    for users in (400, 6_400):
        found = crossover(
            gains(users, [1.0, 0.8, 0.4, -0.2, -0.5]), SIZES, np.full(5, 0.2), rng=np.random.default_rng(2)
        )
        assert found.monotone
        assert found.start.at == -math.inf
        assert found.end.low < truth < found.end.high
        widths.append(found.end.high - found.end.low)
    assert widths[1] < widths[0] / 2


def test_intervals_of_the_end_cover_a_planted_one_as_often_as_they_say():
    truth = math.expm1(math.log(3) + (math.log(6) - math.log(3)) * 2 / 3)
    hits = 0
    for seed in range(200):
        values = gains(300, [1.0, 0.8, 0.4, -0.2, -0.5], seed=seed)
        found = crossover(values, SIZES, np.full(5, 0.3), rng=np.random.default_rng(seed), draws=300)
        hits += found.end.low <= truth <= found.end.high
    assert 180 <= hits <= 199


def test_a_gain_that_rises_beyond_its_band_is_joined_point_by_point():
    values = gains(3_000, [-0.5, -0.1, 0.4, 0.5, 0.5])
    found = crossover(values, SIZES, np.full(5, 0.05), rng=np.random.default_rng(3))
    assert not found.monotone
    assert 1 < found.start.at < 2
    assert found.end.at == math.inf
    assert found.positive


def test_an_end_beyond_the_last_size_is_infinite_in_the_interval_too():
    found = crossover(gains(200, [1.0, 0.8, 0.4, 0.2, 0.0]), SIZES, np.full(5, 0.5), rng=np.random.default_rng(4))
    assert found.end.high == math.inf
    assert 2 < found.end.low < 10


def test_a_gain_that_is_nowhere_positive_has_no_range():
    found = crossover(gains(2_000, [-1.0] * 5), SIZES, np.full(5, 0.1), rng=np.random.default_rng(5))
    assert not found.positive


@pytest.mark.parametrize("sizes", [[0.0], [0.0, 2.0, 1.0]])
def test_sizes_that_do_not_ascend_are_refused(sizes):
    with pytest.raises(TlbenchError, match="do not ascend"):
        crossover(np.ones((3, len(sizes))), np.array(sizes), np.ones(len(sizes)), rng=np.random.default_rng(0))


def test_a_size_at_which_nobody_is_judged_is_refused():
    with pytest.raises(TlbenchError, match="nobody is judged at 1"):
        crossover(np.array([[1.0, np.nan]]), np.array([0.0, 1.0]), np.ones(2), rng=np.random.default_rng(0))
