"""Other training parts, other shuffles, other scenarios, and how well a variance is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from tlbench.errors import TlbenchError
from tlbench.rng import stream
from tlbench.stats.headlines import headlines
from tlbench.stats.other_parts import other_training_parts
from tlbench.stats.placebo_draws import among_shuffles
from tlbench.stats.spread import UNKNOWN, variance_interval


def test_other_training_parts_are_those_of_nadeau_and_bengio_in_r(r: dict[str, list[float]]) -> None:
    found = other_training_parts([0.012, 0.019, 0.007, 0.015, 0.011], n_train=4800, n_test=1200)
    assert [found.difference, found.standard_error, found.low, found.high] == pytest.approx(
        r["nadeau.bengio"], rel=1e-9
    )
    assert found.n_folds == 5


def test_one_fold_says_nothing_of_other_training_parts() -> None:
    with pytest.raises(TlbenchError, match="one fold"):
        other_training_parts([0.1], n_train=4, n_test=1)
    with pytest.raises(TlbenchError, match="0 training"):
        other_training_parts([0.1, 0.2], n_train=0, n_test=1)


def test_a_source_that_beats_nineteen_shuffles_has_a_p_value_of_one_in_twenty() -> None:
    found = among_shuffles(0.05, np.linspace(-0.01, 0.02, 19).tolist())
    assert found.pvalue == pytest.approx(0.05)
    assert found.rank == 1
    assert found.z == pytest.approx((0.05 - 0.005) / np.linspace(-0.01, 0.02, 19).std(ddof=1))


def test_shuffles_that_tie_count_against_the_source() -> None:
    found = among_shuffles(0.02, [0.02, 0.0, 0.03])
    assert found.pvalue == pytest.approx(3 / 4)
    assert found.rank == 3
    assert among_shuffles(0.02, [0.02]).z is None


def test_a_source_that_is_one_of_its_shuffles_is_found_special_as_often_as_alpha() -> None:
    rng = stream(0, "draws")
    found = [among_shuffles(float(g[0]), g[1:].tolist()).pvalue for g in rng.normal(size=(4000, 20))]
    assert np.mean(np.array(found) <= 0.05) == pytest.approx(0.05, abs=0.012)


def test_shuffles_that_are_none_are_refused() -> None:
    with pytest.raises(TlbenchError, match="no shuffle"):
        among_shuffles(0.1, [])
    with pytest.raises(TlbenchError, match="not finite"):
        among_shuffles(0.1, [math.nan])


def test_headlines_are_statsmodels_benjamini_hochberg() -> None:
    pvalues = {"a->b": 0.001, "b->a": 0.02, "c->d": 0.03, "d->c": 0.9}
    found = headlines(pvalues)
    assert list(found.adjusted.values()) == pytest.approx(multipletests(list(pvalues.values()), method="fdr_bh")[1])
    assert found.helped == ("a->b", "b->a", "c->d")
    assert headlines({"a->b": 0.04}).helped == ("a->b",)


def test_false_scenarios_among_those_counted_stay_below_the_rate() -> None:
    rng, shares = stream(1, "fdr"), []
    for _ in range(2000):
        pvalues = {str(i): float(p) for i, p in enumerate([*rng.random(6), *(1e-4 * rng.random(2))])}
        counted = headlines(pvalues).helped
        shares.append(sum(int(name) < 6 for name in counted) / max(len(counted), 1))
    assert np.mean(shares) <= 0.05 * 6 / 8 + 0.01


def test_the_interval_of_a_variance_is_bonetts_in_r(r: dict[str, list[float]], once: np.ndarray) -> None:
    found = variance_interval(once)
    assert [found.low, found.high] == pytest.approx(r["bonett"], rel=1e-9)


def test_the_interval_of_a_variance_covers_it_where_most_users_do_not_differ() -> None:
    rng, covered, naive = stream(2, "bonett"), 0, 0
    for _ in range(1000):
        values = (rng.random(500) < 0.3) * rng.laplace(0, 0.1, 500)
        interval, estimate = variance_interval(values), values.var(ddof=1)
        covered += interval.low * estimate <= 0.3 * 0.02 <= interval.high * estimate
        naive += abs(math.log(estimate / (0.3 * 0.02))) <= 1.96 * math.sqrt(2 / 499)
    assert covered / 1000 >= 0.92
    assert naive / 1000 < 0.75  # what the chi-square interval would have done


def test_few_or_equal_values_say_nothing_of_their_variance() -> None:
    assert variance_interval(np.arange(5.0)) == UNKNOWN
    assert variance_interval(np.zeros(50)) == UNKNOWN
