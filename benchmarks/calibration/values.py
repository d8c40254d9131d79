"""Real per-user values to calibrate on: a few methods on real data sets, kept as arrays that are not committed.

Run from the repository's root: python benchmarks/calibration/values.py --catalogue ../shared/data/datasets.toml
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from tlbench.data import load
from tlbench.evaluation import Cell, evaluate
from tlbench.execute.plan import complete_parameters
from tlbench.plugins import register_all
from tlbench.registry import METHODS
from tlbench.scenario.build import build_scenario
from tlbench.scenario.grammar import parse_scenario
from tlbench.scenario.scenario import Filters
from tlbench.split.split import make_split

FOLDER = Path("build/calibration")
METRICS = ("ndcg@10", "recall@20", "hit@10", "mrr@10")
SCENARIOS = {
    "movielens-1m": "movielens@100k->movielens@1m",
    "amazon-movies-dense": "amazon-books-dense->amazon-movies-dense",
    "amazon-home-overlap": "amazon-grocery-overlap->amazon-home-overlap",
}
"""Data sets by name; only the target counts, since all methods here are baselines."""

METHODS_RUN = ("popularity", "item-knn", "ease")
SEEDS = 10
L2 = tuple(float(f"{x:.4g}") for x in np.geomspace(20, 5000, 20))
"""Twenty correlated candidates: EASE at twenty strengths."""


def values_of(name: str, catalogue: Path) -> dict[str, np.ndarray]:
    """Per-user values, a (users, metrics) array per method; with seeds (users, metrics, seeds)."""
    scenario = build_scenario(parse_scenario(SCENARIOS[name]), Filters(), lambda text: load(text, catalogue=catalogue))
    split = make_split(scenario, "ratio", seed=0)

    def run(method: str, seed: int = 0, **chosen: float) -> np.ndarray:
        entry = METHODS.get(method)
        cell = Cell(scenario.name, method, complete_parameters(entry, chosen), seed)
        return evaluate(split, cell, entry=entry, metrics=METRICS).values.to_numpy()

    found = {method: run(method) for method in METHODS_RUN}
    found["ials"] = np.stack([run("ials", seed) for seed in range(SEEDS)], axis=2)
    if name == "amazon-movies-dense":
        found["candidates"] = np.stack([run("ease", l2=l2)[:, 0] for l2 in L2], axis=1)
    return found


def kept(name: str) -> dict[str, np.ndarray]:
    """Read what was made."""
    with np.load(FOLDER / f"{name}.npz") as found:
        return dict(found)


def main() -> None:
    """Make the values of all data sets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--catalogue", type=Path, required=True)
    chosen = parser.parse_args()
    register_all(())
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in SCENARIOS:
        found = values_of(name, chosen.catalogue)
        np.savez(FOLDER / f"{name}.npz", **found)
        means = ", ".join(f"{method} {table[:, 0].mean():.4f}" for method, table in found.items())
        print(f"{name}: {len(found['ease']):,} users, {METRICS[0]}: {means}", flush=True)


if __name__ == "__main__":
    main()
