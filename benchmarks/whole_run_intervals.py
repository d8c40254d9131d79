"""How well standard errors of whole-run differences say how much other users would move them: jackknife and bootstrap.

    python benchmarks/whole_run_intervals.py

Two methods list 10 items of a power-law catalogue for users drawn anew many times over. Printed is the standard error
that each way estimates, on average, over the true standard deviation of the difference; below 1 intervals are too
narrow.
"""

from __future__ import annotations

import numpy as np

from tlbench.metrics import accuracy  # noqa: F401  (it registers the primary metric)
from tlbench.metrics.aggregate import Gathered, jackknife_variance, measure_run
from tlbench.metrics.base import MetricSpec, parse_metrics

SHAPES = ((360, 500), (360, 5_000))  # users, items
STEEPNESS = (0.8, 1.0)  # of the two methods' power laws
K, REPEATS, ESTIMATED, DRAWS = 10, 200, 15, 100
NAMES = ("coverage@10", "gini@10", "entropy@10")


def lists(rng: np.random.Generator, n_users: int, n_items: int, slope: float) -> Gathered:
    """Draw K distinct items per user, item of rank r in proportion to r^-slope (Gumbel's trick)."""
    keys = rng.gumbel(size=(n_users, n_items)) - slope * np.log(np.arange(n_items) + 1.0)
    items = np.argpartition(-keys, K, axis=1)[:, :K].astype(np.int32)
    nothing = np.zeros(n_users)
    return Gathered(items, n_items, nothing, nothing, np.zeros(n_users, dtype=np.int64))


def values(specs: tuple[MetricSpec, ...], run: Gathered, weights: np.ndarray) -> np.ndarray:
    return np.array([spec.entry.compute(run, weights, spec.k) for spec in specs])


def errors(
    specs: tuple[MetricSpec, ...], pair: list[Gathered], rng: np.random.Generator
) -> tuple[list[float], np.ndarray]:
    """Standard errors of the difference: the jackknife's, the bootstrap's."""
    first, second = (measure_run(specs, run) for run in pair)
    jackknife = [np.sqrt(jackknife_variance((first[name] - second[name]).to_numpy())) for name in NAMES]
    n = len(pair[0].items)
    drawn = []
    for _ in range(DRAWS):
        weights = np.bincount(rng.integers(0, n, n), minlength=n).astype(float)
        drawn.append(values(specs, pair[0], weights) - values(specs, pair[1], weights))
    return jackknife, np.std(drawn, axis=0, ddof=1)


def main() -> None:
    rng = np.random.default_rng(0)
    specs = parse_metrics(["ndcg@10", *NAMES])[1:]
    print(f"{'users':>6} {'items':>6} {'way':<10} {'  '.join(NAMES)}")
    for n_users, n_items in SHAPES:
        truth, estimated = [], []
        for repeat in range(REPEATS):
            pair = [lists(rng, n_users, n_items, slope) for slope in STEEPNESS]
            ones = np.ones(n_users)
            truth.append(values(specs, pair[0], ones) - values(specs, pair[1], ones))
            if repeat < ESTIMATED:
                estimated.append(errors(specs, pair, rng))
        spread = np.std(truth, axis=0, ddof=1)
        for at, way in enumerate(("jackknife", "bootstrap")):
            ratio = np.mean([found[at] for found in estimated], axis=0) / spread
            print(f"{n_users:>6} {n_items:>6} {way:<10} {'  '.join(f'{one:>11.2f}' for one in ratio)}", flush=True)


if __name__ == "__main__":
    main()
