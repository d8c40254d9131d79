"""What baycomp, scikit-posthocs and autorank do too, against what they printed: peers.py beside peers.txt."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tlbench.rng import stream
from tlbench.stats.bayes import signed_rank
from tlbench.stats.scenarios import friedman

FOLDER = Path(__file__).parent / "reference"
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


def _read() -> dict[str, list[float]]:
    lines = (FOLDER / "peers.txt").read_text(encoding="utf-8").splitlines()
    return {line.split()[0]: [float(x) for x in line.split()[1:]] for line in lines if line[0] != "#"}


PEERS = _read()


@pytest.mark.parametrize("rope", ["0", "0.01", "0.05"])
def test_bayesian_signed_rank_is_baycomps(rope: str) -> None:
    values = pd.read_csv(FOLDER / "values.csv")
    first = values[values.seed == 0]
    difference = (first.candidate - first.control).to_numpy()
    found = signed_rank(difference, float(rope), rng=stream(0, "bayes", rope), draws=20_000)
    assert [found.worse, found.same, found.better] == pytest.approx(PEERS[f"signed-rank.{rope}"], abs=0.012)


@pytest.mark.parametrize("posthoc", ["nemenyi", "conover"])
def test_comparisons_of_mean_ranks_are_scikit_posthocs(posthoc: str) -> None:
    found = friedman(SCENARIOS, posthoc=posthoc)  # type: ignore[arg-type]
    assert found.pairs.ravel() == pytest.approx(PEERS[posthoc], abs=1e-7)
    assert [found.statistic, found.pvalue] == pytest.approx(PEERS["friedman"], rel=1e-9)


def test_critical_difference_and_mean_ranks_are_autoranks() -> None:
    found = friedman(SCENARIOS)
    assert [found.critical_difference] == pytest.approx(PEERS["autorank.cd"], rel=1e-4)
    assert found.mean_ranks == pytest.approx(PEERS["autorank.meanrank"], rel=1e-9)
