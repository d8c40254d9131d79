"""Everything that R can compute too, against R: reference.R, its printed output, and the values both read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tlbench.rng import stream
from tlbench.stats.bootstrap import KINDS
from tlbench.stats.corrections import adjust_pvalues
from tlbench.stats.crossed import Mean, mean_of
from tlbench.stats.effects import cohen_dz, hedges
from tlbench.stats.equivalence import tost
from tlbench.stats.meta import ScenarioEffect, pool
from tlbench.stats.paired import Paired, pair_values
from tlbench.stats.power import detectable, power_of_t, users_to_detect
from tlbench.stats.ranks import sign, wilcoxon
from tlbench.stats.relative import ratio_of_means
from tlbench.stats.scenarios import friedman
from tlbench.stats.segments import segment
from tlbench.stats.signflip import sign_flip
from tlbench.stats.trend import trend

FOLDER = Path(__file__).parent / "reference"


def _read() -> dict[str, list[float]]:
    lines = (FOLDER / "reference.txt").read_text(encoding="utf-8").splitlines()
    return {line.split()[0]: [float(x) for x in line.split()[1:]] for line in lines if line[0] != "#"}


R = _read()
VALUES = pd.read_csv(FOLDER / "values.csv")
FIRST = VALUES[VALUES.seed == 0]


@pytest.fixture(scope="module")
def once() -> Paired:
    return pair_values(FIRST.candidate, FIRST.control, users=FIRST.user.to_numpy())


@pytest.fixture(scope="module")
def mean(once: Paired) -> Mean:
    return mean_of(once.difference, resolution=once.resolution)


def test_paired_t(mean: Mean) -> None:
    assert [mean.pvalue()] == pytest.approx(R["t.p"], rel=1e-9)
    assert mean.interval(0.95) == pytest.approx(R["t.interval"], rel=1e-9)
    assert [mean.df] == R["t.df"]


def test_equivalence_and_non_inferiority(mean: Mean) -> None:
    found = tost(mean, 0.05)
    assert [found.above, found.below] == pytest.approx(R["tost.above"] + R["tost.below"], rel=1e-9)


def test_standardised_difference_with_its_noncentral_interval(mean: Mean) -> None:
    found = cohen_dz(mean, level=0.95)
    assert [found.value] == pytest.approx(R["dz"], rel=1e-9)
    assert [found.low, found.high] == pytest.approx(R["dz.interval"], rel=1e-6)
    corrected = hedges(found, mean.n_users)
    assert corrected.value is not None
    assert [corrected.value / mean.value * np.sqrt(mean.ms_user)] == pytest.approx(R["hedges.j"], rel=1e-9)


def test_fiellers_interval(once: Paired) -> None:
    found = ratio_of_means(once.difference, once.control, level=0.95, resolution=once.resolution)
    assert [found.low, found.high] == pytest.approx(R["fieller"], rel=1e-9)


def test_crossed_mean_squares_and_reml_components() -> None:
    tables = [VALUES.pivot(index="user", columns="seed", values=side).to_numpy() for side in ("candidate", "control")]
    found = mean_of(tables[0] - tables[1])
    assert [found.ms_user, found.ms_seed, found.ms_rest] == pytest.approx(R["crossed.ms"], rel=1e-9)
    parts = found.components
    assert [parts.user, parts.seed, parts.rest] == pytest.approx(R["crossed.components"], rel=1e-3)
    assert [found.standard_error] == pytest.approx(R["crossed.se"], rel=1e-4)


def test_signs_and_ranks(once: Paired) -> None:
    values = once.user_difference
    assert [sign(values).pvalue] == pytest.approx(R["sign.p"], rel=1e-9)
    assert [wilcoxon(values).pvalue] == pytest.approx(R["wilcoxon.pratt"], rel=1e-9)
    few = np.array([0.11, -0.02, 0.07, 0.31, -0.05, 0.13, 0.021, 0.17, -0.081, 0.24])
    assert [wilcoxon(few).pvalue] == pytest.approx(R["wilcoxon.exact"], rel=1e-9)


def test_exact_sign_flips(once: Paired) -> None:
    values = once.user_difference
    found = sign_flip(values[values != 0][:12], rng=stream(0, "unused"))
    assert found.exact
    assert [found.pvalue] == pytest.approx(R["signflip.exact"], rel=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_bootstrap_intervals_within_monte_carlo_error(kind: str, once: Paired) -> None:
    found = KINDS[kind](once.user_difference, rng=stream(0, "boot", kind), draws=99_999)
    assert [found.low, found.high] == pytest.approx(R[f"boot.{kind}"], abs=3e-4)


@pytest.mark.parametrize("method", ["holm", "hochberg", "bonferroni", "bh", "by"])
def test_corrections(method: str) -> None:
    found = adjust_pvalues([0.001, 0.013, 0.02, 0.04, 0.3], method)  # type: ignore[arg-type]
    assert found == pytest.approx(R[f"adjust.{method}"], rel=1e-9)


def test_power_and_sample_size() -> None:
    # power.t.test leaves out the far tail, so 1e-5 is the agreement to expect
    assert [power_of_t(0.2, 1 / np.sqrt(200), 199, alpha=0.05)] == pytest.approx(R["power"], abs=1e-5)
    components = mean_of(np.array([[1.0], [-1.0]])).components
    unit = type(components)(user=1.0, seed=0.0, rest=0.0)
    assert users_to_detect(unit, 0.05, n_seeds=1, alpha=0.05, power=0.9) == np.ceil(R["power.n"][0])
    assert [detectable(1 / np.sqrt(500), 499, alpha=0.05)] == pytest.approx(R["power.delta"], rel=1e-5)


SCENARIOS = np.array(
    [
        [0.31, 0.28, 0.30, 0.25],
        [0.11, 0.12, 0.09, 0.08],
        [0.22, 0.20, 0.21, 0.19],
        [0.40, 0.35, 0.41, 0.33],
        [0.15, 0.15, 0.13, 0.11],
        [0.27, 0.24, 0.25, 0.26],
    ]
)


def test_friedman_and_nemenyi() -> None:
    found = friedman(SCENARIOS)
    assert [found.statistic, found.pvalue] == pytest.approx(R["friedman"], rel=1e-9)
    assert [found.pairs[0, 3]] == pytest.approx(R["nemenyi.1.4"], rel=1e-6)
    assert [found.critical_difference] == pytest.approx(R["nemenyi.cd"], rel=1e-6)


def test_welchs_test_of_segments(once: Paired) -> None:
    folds = pd.DataFrame({"fold": FIRST.fold.astype(str).to_numpy()}, index=FIRST.user.to_numpy())
    found = segment(once, folds, margin=0.01)[0]
    assert [found.statistic, found.pvalue] == pytest.approx(R["welch"], rel=1e-9)


def test_robust_slope(once: Paired) -> None:
    histories = pd.DataFrame({"history": FIRST.history.to_numpy()}, index=FIRST.user.to_numpy())
    found = trend(once, histories).slopes[0]
    slope, error, pvalue = R["hc3"]
    assert (found.slope, found.pvalue) == pytest.approx((slope, pvalue), rel=1e-8)
    assert (found.high - found.low) / 2 == pytest.approx(error * 2.001717, rel=1e-6)  # qt(0.975, 58)


def test_random_effects_average() -> None:
    effects = [
        ScenarioEffect(str(number), effect, error)
        for number, (effect, error) in enumerate(
            zip([0.041, 0.012, 0.055, -0.004, 0.031], [0.006, 0.008, 0.011, 0.007, 0.009], strict=True)
        )
    ]
    found = pool(effects)
    assert [found.mean, found.tau2, found.q, found.i2] == pytest.approx(R["meta"], rel=1e-9)
    assert [found.low, found.high] == pytest.approx(R["meta.hk"], rel=1e-9)
    assert [found.predicted_low, found.predicted_high] == pytest.approx(R["meta.predict"], rel=1e-9)
    normal = pool(effects, interval="normal")
    assert [normal.low, normal.high] == pytest.approx(R["meta.dl"], rel=1e-9)
