"""Sign flips: against scipy's permutation test, a literal enumeration, and their own promises."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from tlbench.errors import TlbenchError
from tlbench.rng import stream
from tlbench.stats._kernels_flips import flip_sums, flip_sums_lanes
from tlbench.stats.comparison import compare
from tlbench.stats.corrections import adjust
from tlbench.stats.maxt import adjust_max_t, flipped_t, step_down
from tlbench.stats.paired import Paired, pair_values
from tlbench.stats.signflip import sign_flip

KEY = np.uint64(12345)


def test_few_users_are_enumerated_as_scipy_does() -> None:
    values = stream(0, "few").normal(0.3, 1, size=11)
    expected = stats.permutation_test(
        (values,), np.mean, permutation_type="samples", n_resamples=np.inf, alternative="two-sided"
    )
    found = sign_flip(values, rng=stream(0, "unused"))
    assert found.exact
    assert found.draws == 2**11
    assert found.pvalue == pytest.approx(expected.pvalue, rel=1e-12)


@given(st.lists(st.integers(-5, 5), min_size=1, max_size=8))
def test_ties_of_sums_count_as_hits(tenths: list[int]) -> None:
    values = np.array(tenths) / 10
    sums = [
        abs(sum(sign * ten for sign, ten in zip(signs, tenths, strict=True)))
        for signs in itertools.product((-1, 1), repeat=len(tenths))
    ]
    expected = np.mean([total >= abs(sum(tenths)) for total in sums])
    assert sign_flip(values, rng=stream(0, "unused")).pvalue == pytest.approx(expected, rel=1e-12)


def test_random_flips_agree_with_the_enumeration() -> None:
    values = stream(1, "many").normal(0.35, 1, size=21)
    enumerated = sign_flip(values[:20], rng=stream(2, "unused"))
    assert enumerated.exact
    exact = enumerated.pvalue
    padded = np.append(values[:20], 1e-12)  # a 21st user who moves nothing leaves the exact branch
    found = sign_flip(padded, rng=stream(2, "flips"), draws=200_000)
    assert not found.exact
    assert found.pvalue == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / 200_000))


def test_the_p_value_is_never_zero() -> None:
    found = sign_flip(np.linspace(1, 2, 100), rng=stream(0, "never"), draws=999)
    assert found.pvalue == 1 / 1000


def test_users_without_a_difference_change_nothing() -> None:
    values = stream(3, "zeros").normal(0.1, 1, size=100)
    with_zeros = np.concatenate([values, np.zeros(500)])
    one, two = (sign_flip(x, rng=stream(0, "same"), draws=1000) for x in (values, with_zeros))
    assert one.pvalue == two.pvalue
    assert sign_flip(np.zeros(50), rng=stream(0, "none")).pvalue == 1.0


def test_scale_does_not_change_the_p_value() -> None:
    values = stream(4, "scale").normal(0.1, 1, size=100)
    found = {
        sign_flip(values * scale, rng=stream(0, "same"), draws=1000).pvalue for scale in (1.0, 2.0**-300, 2.0**300)
    }
    assert len(found) == 1


def test_flipped_sums_have_the_moments_of_fair_signs() -> None:
    values = stream(5, "moments").integers(-(2**20), 2**20, size=6400).astype(np.int32)
    sums = flip_sums(values, 20_000, KEY).astype(np.float64)
    spread = np.sqrt((values.astype(np.float64) ** 2).sum())
    assert abs(sums.mean()) < 4 * spread / np.sqrt(20_000)
    assert sums.std() == pytest.approx(spread, rel=0.02)
    assert stats.kstest(sums / spread, "norm").pvalue > 0.001


def test_eight_columns_get_the_same_signs_as_one() -> None:
    values = stream(6, "lanes").integers(-1000, 1000, size=(128, 8)).astype(np.int32)
    together = flip_sums_lanes(values, 500, KEY)
    for lane in range(8):
        assert np.array_equal(together[:, lane], flip_sums(np.ascontiguousarray(values[:, lane]), 500, KEY))


@pytest.mark.parametrize("threads", [1, 2])
def test_the_number_of_threads_does_not_change_a_byte(threads: int) -> None:
    import numba

    values = stream(7, "threads").integers(-(2**20), 2**20, size=6400).astype(np.int32)
    before = numba.get_num_threads()
    numba.set_num_threads(min(threads, before))
    try:
        found = flip_sums(values, 300, KEY)
    finally:
        numba.set_num_threads(before)
    signs = np.sign(flip_sums(np.eye(1, 64, dtype=np.int32)[0], 300, KEY))
    assert set(signs) == {-1, 1}
    assert found.tobytes() == flip_sums(values, 300, KEY).tobytes()


@pytest.mark.parametrize("values", [np.empty(0), np.array([1.0, np.nan]), np.array([1.0, np.inf]), np.ones((2, 2))])
def test_what_cannot_be_flipped_is_refused(values: np.ndarray) -> None:
    with pytest.raises(TlbenchError):
        sign_flip(values, rng=stream(0, "unused"))


def test_no_draws_are_refused() -> None:
    with pytest.raises(TlbenchError, match="0 draws"):
        sign_flip(np.ones(30), rng=stream(0, "unused"), draws=0)


# --- max-T ------------------------------------------------------------------------------------------------------


def candidates(n_users: int, gains: list[float], *, shared: float = 0.8) -> list[Paired]:
    rng = stream(8, "candidates")
    common = rng.normal(size=n_users)
    control = np.zeros(n_users)
    spreads = [shared * common + (1 - shared) * rng.normal(size=n_users) + gain for gain in gains]
    return [pair_values(spread, control) for spread in spreads]


def compared(pairs: list[Paired]) -> list:
    return [compare(p, candidate=f"c{i}", control="b", metric="m") for i, p in enumerate(pairs)]


def test_step_down_is_the_algorithm_written_out() -> None:
    observed = np.array([1.0, 3.0, 2.0])
    flipped = np.abs(stream(9, "step").normal(0, 1.5, size=(500, 3)))
    order = [1, 2, 0]
    raw = [(1 + sum(max(row[j] for j in order[k:]) >= observed[order[k]] for row in flipped)) / 501 for k in range(3)]
    expected = dict(zip(order, np.maximum.accumulate(raw), strict=True))
    assert step_down(observed, flipped) == pytest.approx([expected[j] for j in range(3)])


def test_flipped_t_is_scipys_t_of_flipped_values() -> None:
    columns = stream(10, "t").normal(size=(70, 3))
    t = flipped_t(columns, np.array([70, 70, 70]), rng=stream(0, "flips"), draws=200)
    signs = np.empty((200, 70))
    key = np.uint64(stream(0, "flips").integers(0, 2**64, dtype=np.uint64))
    for user in range(70):
        unit = np.zeros(128, dtype=np.int32)
        unit[user] = 1
        signs[:, user] = flip_sums(unit, 200, key)
    expected = np.abs([stats.ttest_1samp(columns * row[:, None], 0).statistic for row in signs])
    assert t == pytest.approx(expected, rel=1e-5)


def test_one_candidate_alone_needs_no_correction() -> None:
    pairs = candidates(300, [0.1])
    found = adjust_max_t(compared(pairs), pairs, rng=stream(0, "one"), draws=20_000)[0]
    assert found.adjusted == pytest.approx(found.pvalue, abs=0.012)
    assert found.correction == "max-t"


def test_correlated_candidates_cost_less_than_holm_says() -> None:
    pairs = candidates(400, [0.12] * 10, shared=0.95)
    raw = compared(pairs)
    max_t = adjust_max_t(raw, pairs, rng=stream(0, "ten"), draws=20_000)
    holm = adjust(raw)
    assert all(one.adjusted >= one.pvalue - 0.01 for one in max_t)
    assert sum(one.adjusted for one in max_t) < 0.5 * sum(one.adjusted for one in holm)


def test_independent_candidates_cost_what_sidak_says() -> None:
    rng = stream(11, "independent")
    pairs = [pair_values(rng.normal(size=500), np.zeros(500)) for _ in range(6)]
    raw = compared(pairs)
    smallest = min(raw, key=lambda c: c.pvalue)
    found = adjust_max_t(raw, pairs, rng=stream(0, "six"), draws=50_000)[raw.index(smallest)]
    assert found.adjusted == pytest.approx(1 - (1 - smallest.pvalue) ** 6, abs=0.02)


def test_scenarios_with_other_users_share_the_flips_of_those_they_share() -> None:
    rng = stream(12, "scenarios")
    values = rng.normal(0.1, 1, size=200)
    ids = np.array([f"u{i}" for i in range(200)])
    whole = pair_values(values, np.zeros(200), users=ids)
    twin = pair_values(values[::-1], np.zeros(200), users=ids[::-1])
    found = adjust_max_t(compared([whole, twin]), [whole, twin], rng=stream(0, "two"), draws=5000)
    alone = adjust_max_t(compared([whole]), [whole], rng=stream(0, "two"), draws=5000)
    assert found[0].adjusted == pytest.approx(alone[0].adjusted, abs=0.02)


def test_max_t_of_candidates_that_never_differ_is_one() -> None:
    pairs = [pair_values(np.full(5, 0.5), np.full(5, 0.5)), *candidates(5, [0.5])]
    found = adjust_max_t(compared(pairs), pairs, rng=stream(0, "none"), draws=100)
    assert found[0].adjusted == 1.0
    assert adjust_max_t([], [], rng=stream(0, "none")) == []


def test_with_several_seeds_max_t_keeps_the_variance_of_seeds() -> None:
    rng = stream(13, "seeds")
    table = rng.normal(0.02, 0.1, (300, 1)) + rng.normal(0, 0.05, (1, 4)) + rng.normal(0, 0.05, (300, 4))
    pairs = [pair_values(table, np.zeros_like(table))]
    found = adjust_max_t(compared(pairs), pairs, rng=stream(0, "seeds"), draws=20_000)[0]
    assert found.adjusted == pytest.approx(found.pvalue, abs=0.015)
