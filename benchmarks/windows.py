"""How many windows of `rolling:W` narrow an interval most per processor second, on pairs with timestamps.

    python benchmarks/windows.py ["amazon-grocery-overlap->amazon-home-overlap" ...] [--windows 1,2,3,4,6,8]

Each method and its counterpart are fitted in every window and judged as the program judges them: a user's values are
averaged over the windows that judge the user. A row of the table is one method at one W: users judged, the mean
difference in ndcg@10 in per cent of the counterpart's mean, the half-width of its 95 % interval in the same unit, the
processor seconds of all windows, and what a second buys: ``1 / (half-width^2 * seconds)`` as a multiple of W = 1.
"""

from __future__ import annotations

import argparse
import csv
import os
import time
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from scipy import stats

from tlbench.evaluation import Cell, evaluate
from tlbench.pipeline import splits_of
from tlbench.plugins import register_all
from tlbench.registry import METHODS, MethodEntry
from tlbench.scenario.grammar import parse_scenario
from tlbench.split.split import Splits
from tlbench.store.folds import average
from tlbench.suite import Suite

SCENARIOS = (
    "amazon-grocery-overlap->amazon-home-overlap",
    "amazon-beauty-overlap->amazon-electronics-overlap",
    "movielens@1m/drama->movielens@1m/comedy",
)
METHODS_SHOWN = ("pooled-item-knn", "pooled-rp3beta", "emcdr", "ials-prior")
METRIC = "ndcg@10"
FIELDS = ("scenario", "windows", "method", "users", "gain", "half_width", "seconds", "per_second")


@dataclass(frozen=True)
class Measured:
    """One method over all windows: a value per judged user, and the processor seconds that they took."""

    values: pd.Series
    seconds: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenarios", nargs="*", default=SCENARIOS)
    parser.add_argument("--windows", default="1,2,3,4,6,8")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "windows.csv")
    given = parser.parse_args()
    register_all(())
    with given.out.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, FIELDS)
        table.writeheader()
        for scenario in given.scenarios:
            for row in rows_of(scenario, [int(text) for text in given.windows.split(",")]):
                table.writerow(row)
                file.flush()
                print(*row.values(), sep="  ", flush=True)


def rows_of(scenario: str, windows: list[int]) -> list[dict[str, object]]:
    """Judge every method with each number of windows."""
    name = parse_scenario(scenario)
    found: list[dict[str, object]] = []
    for number in windows:
        suite = Suite("windows", (name,), metrics=(METRIC,), protocol=f"rolling:{number}")
        splits = splits_of(suite, name, catalogue=Path(os.environ["TLBENCH_CATALOGUE"]))
        measured = {entry.name: _measure(splits, entry) for entry in _entries()}
        for method in METHODS_SHOWN:
            row = _compare(measured[method], measured[str(METHODS.get(method).counterpart)])
            first = next((each for each in found if each["method"] == method), row)
            worth = (first["half_width"] / row["half_width"]) ** 2 * first["seconds"] / row["seconds"]  # type: ignore[operator]
            found.append(
                {"scenario": scenario, "windows": number, "method": method, **row, "per_second": round(worth, 2)}
            )
    return found


def _entries() -> list[MethodEntry]:
    chosen = [METHODS.get(name) for name in METHODS_SHOWN]
    counterparts = {str(entry.counterpart): METHODS.get(str(entry.counterpart)) for entry in chosen}
    return [*counterparts.values(), *chosen]


def _measure(splits: Splits, entry: MethodEntry) -> Measured:
    tables, seconds = [], 0.0
    for split in splits:
        # Of a later seed, so that nothing is fitted for the choice among methods.
        cell = Cell(split.scenario.name, entry.name, {}, 1, fold=split.fold)
        start = time.process_time()
        tables.append(evaluate(split, cell, entry=entry, metrics=(METRIC,)).values)
        seconds += time.process_time() - start
    return Measured(average(tables)[METRIC], seconds)


def _compare(candidate: Measured, control: Measured) -> dict[str, object]:
    difference = candidate.values - control.values
    scale = 100.0 / control.values.mean()
    half = stats.t.ppf(0.975, len(difference) - 1) * difference.std() / len(difference) ** 0.5
    return {
        "users": len(difference),
        "gain": round(scale * difference.mean(), 3),
        "half_width": round(scale * half, 3),
        "seconds": round(candidate.seconds + control.seconds, 2),
    }


if __name__ == "__main__":
    main()
