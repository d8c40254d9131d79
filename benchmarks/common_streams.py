"""What sharing random numbers is worth: the standard error of a method over its counterpart, with and without.

    python benchmarks/common_streams.py ["amazon-movies-dense->amazon-books-dense"] [--seeds 3]

Each method and its counterpart are fitted to one split, once with the same streams (as the program does) and once with
the streams of another seed. Printed is the paired standard error of the mean difference in ndcg@10 over users and seeds
in per cent of the counterpart's mean, and the difference itself, for the method and for its placebo.
"""

from __future__ import annotations

import argparse
import os
from functools import lru_cache
from pathlib import Path

import numpy as np

from tlbench.evaluation import Cell, evaluate
from tlbench.pipeline import splits_of
from tlbench.plugins import register_all
from tlbench.registry import METHODS, MethodEntry
from tlbench.scenario.grammar import parse_scenario
from tlbench.split.training import Split
from tlbench.suite import Suite

METHODS_SHOWN = ("emcdr", "emcdr-items", "ials-prior", "instance-weighted", "cmf", "bpr-warm")
METRIC = "ndcg@10"
ELSEWHERE = 1_000
"""Added to the seed for streams that nothing else shares."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenario", nargs="?", default="amazon-movies-dense->amazon-books-dense")
    parser.add_argument("--seeds", type=int, default=3)
    given = parser.parse_args()
    register_all(())
    name = parse_scenario(given.scenario)
    split = splits_of(
        Suite("streams", (name,), metrics=(METRIC,)), name, catalogue=Path(os.environ["TLBENCH_CATALOGUE"])
    ).make(1)
    values = lru_cache(maxsize=None)(lambda *cell: _values(split, *cell))
    print(f"{'method':<36} {'own streams':>24} {'common streams':>24}")
    for entry in map(METHODS.get, METHODS_SHOWN):
        for placebo in (None, entry.placebo):
            shown = [_difference(entry, placebo, values, given.seeds, shift) for shift in (ELSEWHERE, 0)]
            label = entry.name if placebo is None else f"{entry.name}~{placebo}"
            print(f"{label:<36} {shown[0]:>24} {shown[1]:>24}", flush=True)


def _values(split: Split, method: str, placebo: str | None, seed: int) -> np.ndarray:
    entry = METHODS.get(method)
    cell = Cell(split.scenario.name, method, {}, seed, placebo)
    return evaluate(split, cell, entry=entry, metrics=(METRIC,)).values[METRIC].to_numpy()


def _difference(entry: MethodEntry, placebo: str | None, values, seeds: int, shift: int) -> str:
    """Return the mean difference and its standard error, users and seeds crossed, in per cent of the counterpart."""
    control = np.stack([values(str(entry.counterpart), None, seed) for seed in range(seeds)])
    candidate = np.stack([values(entry.name, placebo, seed + shift) for seed in range(seeds)])
    difference = candidate - control
    n_seeds, n_users = difference.shape
    by_user, by_seed, mean = difference.mean(axis=0), difference.mean(axis=1), difference.mean()
    user = n_seeds * by_user.var(ddof=1)
    seed = n_users * by_seed.var(ddof=1) if n_seeds > 1 else 0.0
    rest = difference - by_user[None, :] - by_seed[:, None] + mean
    error = (rest**2).sum() / max(1, (n_seeds - 1) * (n_users - 1))
    variance = max(user + seed - error, user, 0.0) / (n_seeds * n_users)
    scale = 100.0 / control.mean()
    return f"{scale * mean:+.2f} % (se {scale * np.sqrt(variance):.2f})"


if __name__ == "__main__":
    main()
