"""Bootstrap intervals: against scipy, and what they promise of bytes, threads and strange input."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from tlbench.errors import TlbenchError
from tlbench.rng import stream
from tlbench.stats._kernels_resample import resample_sums
from tlbench.stats.bootstrap import KINDS, bca, percentile, studentised, two_way
from tlbench.stats.crossed import mean_of


def skewed(n: int = 150, *, name: str = "skewed") -> np.ndarray:
    return stream(0, name).gamma(0.5, 1.0, size=n) - 0.3


@pytest.mark.parametrize(("kind", "method"), [("percentile", "percentile"), ("bca", "BCa")])
def test_intervals_are_scipys(kind: str, method: str) -> None:
    values = skewed()
    rng = np.random.default_rng(0)
    expected = stats.bootstrap((values,), np.mean, n_resamples=20_000, method=method, rng=rng).confidence_interval
    found = KINDS[kind](values, rng=stream(0, "own", kind), draws=20_000)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=0.006)


def test_sparse_and_few_valued_differences_are_drawn_right_by_their_shortcuts() -> None:
    sparse = np.concatenate([skewed(300, name="sparse"), np.zeros(1200)])
    hits = np.concatenate([np.ones(600), -np.ones(400), np.zeros(9000)])
    for values in (sparse, hits):
        found = percentile(values, rng=stream(0, "short"), draws=40_000)
        expected = stats.bootstrap(
            (values,), np.mean, n_resamples=4000, method="percentile", batch=100, rng=np.random.default_rng(1)
        ).confidence_interval
        half = values.std() / np.sqrt(len(values))
        assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=0.09 * half)


def test_resampled_sums_have_the_moments_of_drawing_with_replacement() -> None:
    values = stream(1, "moments").integers(-1000, 1000, size=777).astype(np.int32)
    sums = resample_sums(values, np.full(20_000, 777), np.uint64(5)).astype(np.float64)
    assert sums.mean() == pytest.approx(values.sum(), abs=4 * values.std() * np.sqrt(777 / 20_000))
    assert sums.std() == pytest.approx(values.std() * np.sqrt(777), rel=0.02)
    odd = resample_sums(values, np.array([1, 0, 3]), np.uint64(5))
    assert odd[1] == 0
    assert odd[0] in values


def test_the_p_value_of_a_bootstrap_is_the_level_at_which_its_interval_meets_zero() -> None:
    values = skewed(name="meets") - 0.12
    for kind, make in (("percentile", percentile), ("bca", bca)):
        pvalue = make(values, rng=stream(0, kind), draws=50_000).pvalue
        at = make(values, rng=stream(0, kind), draws=50_000, level=1 - pvalue)
        assert min(abs(at.low), abs(at.high)) < 0.002


def test_the_studentised_p_value_is_near_the_t_test_for_normal_values() -> None:
    values = stream(2, "normal").normal(0.15, 1, size=120)
    found = studentised(values, rng=stream(0, "stud"), draws=50_000)
    assert found.pvalue == pytest.approx(stats.ttest_1samp(values, 0).pvalue, abs=0.01)


def test_the_two_way_interval_covers_the_variance_of_seeds() -> None:
    rng = stream(3, "two-way")
    table = rng.normal(0, 1, (300, 1)) + rng.normal(0, 0.5, (1, 8)) + rng.normal(0, 0.3, (300, 8))
    found = two_way(table, rng=stream(0, "draws"), draws=5000)
    mean = mean_of(table)
    spread = (found.high - found.low) / 3.92
    assert spread == pytest.approx(np.sqrt(mean.variance * 7 / 8), rel=0.12)
    assert spread > 1.8 * table.mean(axis=1).std() / np.sqrt(300)


@pytest.mark.parametrize("kind", KINDS)
def test_values_without_spread_give_an_interval_of_nothing(kind: str) -> None:
    same = KINDS[kind](np.zeros(10), rng=stream(0, "same"), draws=100)
    assert (same.low, same.high, same.pvalue) == (0.0, 0.0, 1.0)
    constant = KINDS[kind](np.full(10, 0.25), rng=stream(0, "same"), draws=100)
    assert (constant.low, constant.high) == pytest.approx((0.25, 0.25))
    assert constant.pvalue < 0.05


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scale", [1e-200, 1e90])
def test_two_users_and_odd_scales_give_finite_intervals(kind: str, scale: float) -> None:
    found = KINDS[kind](np.array([0.1, 0.4]) * scale, rng=stream(0, "two"), draws=200)
    assert np.isfinite([found.low, found.high]).all()
    assert 0 < found.pvalue <= 1


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_stream_gives_the_same_bytes(kind: str) -> None:
    found = {KINDS[kind](skewed(), rng=stream(0, "bytes"), draws=300) for _ in range(2)}
    assert len(found) == 1


def test_what_is_not_finite_is_refused() -> None:
    with pytest.raises(TlbenchError, match="value 1 is nan"):
        bca(np.array([0.1, np.nan]), rng=stream(0, "nan"))
    with pytest.raises(TlbenchError, match="0 draws"):
        percentile(np.ones(3), rng=stream(0, "none"), draws=0)
