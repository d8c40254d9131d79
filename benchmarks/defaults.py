"""Print the grid on which the default hyper-parameters of the closed-form item models rest.

    python benchmarks/defaults.py --catalogue datasets.toml

Means of ndcg@10 on the validation part; nothing of the test part is looked at.
"""

from __future__ import annotations

import argparse
import itertools
from pathlib import Path

from tlbench.evaluation import Cell, evaluate
from tlbench.execute.plan import complete_parameters
from tlbench.pipeline import splits_of
from tlbench.plugins import register_all
from tlbench.registry import METHODS
from tlbench.scenario.grammar import parse_scenario
from tlbench.split.training import Split
from tlbench.suite import Suite

SCENARIOS = (
    "demo-movies->demo-books",
    "amazon-movies-dense->amazon-books-dense",
    "amazon-books-dense->amazon-movies-dense",
    "amazon-grocery-overlap->amazon-home-overlap",
    "amazon-beauty-overlap->amazon-electronics-overlap",
    "movielens@1m/drama->movielens@1m/comedy",
)
GRID = (
    *(("ease", {"l2": l2}) for l2 in (20, 50, 100, 200, 500)),
    *(
        ("pooled-ease", {"l2": l2, "weight": weight})
        for l2, weight in itertools.product((50, 100, 200, 500), (0.25, 0.5))
    ),
    *(("pooled-item-knn", {"weight": weight}) for weight in (0.25, 0.5, 0.75, 1.0)),
)


def validation_mean(split: Split, name: str, chosen: dict[str, float]) -> float:
    """Mean ndcg@10 over validation users."""
    entry = METHODS.get(name)
    cell = Cell(split.scenario.name, name, complete_parameters(entry, chosen), seed=0)
    return evaluate(split, cell, entry=entry, metrics=("ndcg@10",)).validation["ndcg@10"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--catalogue", type=Path)
    catalogue = parser.parse_args().catalogue
    register_all()
    for text in SCENARIOS if catalogue else SCENARIOS[:1]:
        name = parse_scenario(text)
        split = splits_of(Suite(name=text, scenarios=(name,)), name, catalogue=catalogue).make(1)
        print(text)
        for method, chosen in GRID:
            values = ", ".join(f"{key} {value:g}" for key, value in chosen.items())
            print(f"  {method:<16} {values:<22} {validation_mean(split, method, chosen):.4f}")


if __name__ == "__main__":
    main()
