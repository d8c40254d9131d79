"""One level for a family: claims and intervals hold at once and never contradict each other."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from tlbench.errors import TlbenchError
from tlbench.rng import stream
from tlbench.stats.comparison import compare
from tlbench.stats.family import Family, alone, decide, form_family
from tlbench.stats.paired import Paired, pair_values


def correlated(correlation: list[list[float]], n_users: int, *, key: str = "family") -> list[Paired]:
    """Candidates whose differences are normal with exactly this correlation and a control of mean 1."""
    raw = stream(0, key).normal(size=(n_users, len(correlation)))
    raw -= raw.mean(axis=0)
    whitened = raw @ np.linalg.inv(np.linalg.cholesky(np.atleast_2d(np.cov(raw.T)))).T
    columns = whitened @ np.linalg.cholesky(np.array(correlation)).T
    return [pair_values(1 + column, np.ones(n_users)) for column in columns.T]


@pytest.fixture(scope="module")
def skewed() -> list[Paired]:
    """Twelve sparse, skewed candidates with gains of many sizes, three seeds each."""
    rng = stream(1, "skewed")
    control = np.clip(rng.exponential(0.2, size=(300, 1)), 0, 1) + rng.normal(0, 0.01, size=(300, 3))
    found = []
    for k in range(12):
        moved = (rng.random((300, 1)) < 0.3) * rng.exponential(0.2, (300, 1)) * rng.choice([-1, 1], (300, 1))
        found.append(pair_values(control + 0.004 * (k - 5) + moved + rng.normal(0, 0.02, (300, 3)), control))
    return found


def test_the_level_is_that_of_the_exact_joint_distribution_of_correlated_t(r: dict[str, list[float]]) -> None:
    pairs = correlated([[1, 0.8, 0.3], [0.8, 1, 0.5], [0.3, 0.5, 1]], 800)
    family = form_family(pairs, alpha=0.05, rng=stream(0, "r"), draws=200_000)
    assert stats.t.isf(family.level / 2, 799) == pytest.approx(r["maxt.critical"][0], abs=0.015)


def test_independent_candidates_need_sidaks_level_and_copies_need_none() -> None:
    independent = correlated(np.eye(8).tolist(), 600)
    family = form_family(independent, alpha=0.05, rng=stream(0, "sidak"), draws=100_000)
    assert family.level == pytest.approx(1 - 0.95 ** (1 / 8), rel=0.05)
    copies = form_family([independent[0]] * 8, alpha=0.05, rng=stream(0, "copies"), draws=100_000)
    assert copies.level == pytest.approx(0.05, rel=0.03)


def test_one_comparison_alone_is_not_corrected() -> None:
    pairs = correlated([[1.0]], 50)
    family = form_family(pairs, alpha=0.05, rng=stream(0, "one"))
    assert (family.size, family.level) == (1, alone(0.05).level)
    assert family.adjusted(0.04) == 0.04
    comparison = compare(pairs[0], candidate="a", control="b", metric="m")
    assert decide(comparison, pairs[0], family) == comparison


@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.2])
def test_interval_and_corrected_p_value_never_contradict_each_other(skewed: list[Paired], alpha: float) -> None:
    family = form_family(skewed, alpha=alpha, rng=stream(2, "agree"), draws=2000)
    outcomes = set()
    for paired in skewed:
        found = decide(compare(paired, candidate="a", control="b", metric="m", alpha=alpha), paired, family)
        excluded = found.low > 0 or found.high < 0
        assert excluded == (found.adjusted < alpha)
        assert found.relative_low is not None
        assert found.relative_high is not None
        assert excluded == (found.relative_low > 0 or found.relative_high < 0)
        outcomes.add(excluded)
    assert outcomes == {True, False}


def test_no_p_value_falls_between_level_and_alpha(skewed: list[Paired]) -> None:
    family = form_family(skewed, alpha=0.05, rng=stream(3, "edge"), draws=999)
    for pvalue in (family.level * (1 - 1e-9), family.level * (1 + 1e-9), 1e-300, 0.0, 0.5, 1.0):
        assert (family.adjusted(pvalue) < 0.05) == (pvalue < family.level)
        assert family.adjusted(pvalue) >= max(pvalue, 1 / 1000)


def test_all_intervals_cover_the_truth_at_once_as_often_as_promised() -> None:
    rng, covered = stream(4, "coverage"), 0
    root = np.linalg.cholesky(0.6 + 0.4 * np.eye(6))
    truth = np.array([0.0, 0.0, 0.1, -0.2, 0.3, 0.5])
    for run in range(400):
        columns = truth + rng.normal(size=(120, 6)) @ root.T
        pairs = [pair_values(1 + column, np.ones(120)) for column in columns.T]
        family = form_family(pairs, alpha=0.1, rng=stream(run, "cover"), draws=499)
        found = [decide(compare(p, candidate="a", control="b", metric="m"), p, family) for p in pairs]
        covered += all(one.low <= value <= one.high for one, value in zip(found, truth, strict=True))
    assert covered / 400 == pytest.approx(0.9, abs=0.045)


def test_seeds_that_vary_widen_the_interval_of_the_family_too() -> None:
    rng = stream(5, "seeds")
    noise, shift = rng.normal(size=(200, 3)), np.array([[-0.3, 0.0, 0.3]])
    still = [pair_values(1 + noise, np.ones((200, 3))), pair_values(1 - noise, np.ones((200, 3)))]
    moving = [pair_values(1 + noise + shift, np.ones((200, 3))), still[1]]
    widths = []
    for pairs in (still, moving):
        family = form_family(pairs, alpha=0.05, rng=stream(0, "s"))
        found = decide(compare(pairs[0], candidate="a", control="b", metric="m"), pairs[0], family)
        widths.append(found.high - found.low)
    assert widths[1] > 3 * widths[0]


def test_what_makes_no_family_is_refused() -> None:
    with pytest.raises(TlbenchError, match="without comparisons"):
        form_family([], alpha=0.05, rng=stream(0, "x"))
    with pytest.raises(TlbenchError, match="19 draws"):
        form_family(correlated(np.eye(2).tolist(), 20), alpha=0.05, rng=stream(0, "x"), draws=19)
    with pytest.raises(TlbenchError, match="alpha is 0"):
        alone(0.0)


def test_a_family_says_what_it_is() -> None:
    family = Family(2, 0.05, 0.03, np.array([1.0, 2.0, 3.0]), 10.0)
    assert "largest" not in repr(family)
    assert family.adjusted(2 * float(stats.t.sf(2.5, 10))) == pytest.approx(2 / 4)
