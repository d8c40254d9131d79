"""What a folder of many cells costs to report, to resume and to forecast.

    python benchmarks/speed/many_cells.py [--seeds 31] [--keep FOLDER]

The folder is that of a real suite over the synthetic domains: nine scenarios, five folds, eight methods and their
placebos; with 31 seeds it holds 9,990 cells. They get drawn values, because to compute them would take hours; all else
is written by the run itself. Printed are wall clock, processor time and the peak of memory of `report`, of `run` with
nothing to do, of `run --dry-run` and of `compare`, each in a fresh process.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from itertools import combinations
from pathlib import Path
from unittest import mock

import numpy as np
import pandas as pd
from machine import cost_of, stated_load

from tlbench.evaluation import RunResult, chooses
from tlbench.execute import tasks
from tlbench.pipeline import run_suite
from tlbench.plugins import register_all
from tlbench.suite import read_request

DOMAINS = ("demo-movies", "demo-noise", "demo-books")
OPTIONS = {
    "name": "many-cells",
    "baselines": ["popularity", "ease", "ials", "item-knn"],
    "methods": ["pooled-ease", "cmf", "emcdr", "pooled-item-knn"],
    "metrics": ["ndcg@10"],
    "protocol": "k-fold:5",
    "placebo": True,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=31, help="of each method that draws")
    parser.add_argument("--keep", type=Path, help="folder in which the results stay, or already are")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch, stated_load():
        measure(asked.keep or Path(scratch) / "results", asked.seeds)


def measure(out, seeds):
    """Fill a folder, and print what each command costs on it."""
    if not (out / "report.json").exists():
        start = time.perf_counter()
        fill(out, seeds)
        print(f"filled in {time.perf_counter() - start:.0f} s")
    cells = sum(1 for _ in out.rglob("seed-*.users.parquet"))
    print(f"{cells:,} cells\n\n| | wall s | processor s | MiB |\n|---|---|---|---|", flush=True)
    tlbench = [sys.executable, "-m", "tlbench"]
    for name, command in {
        "report": ["report", str(out)],
        "run, nothing to do": ["run", str(out / "suite.toml"), "--out", str(out), "-q"],
        "run --dry-run": ["run", str(out / "suite.toml"), "--out", str(out), "--dry-run"],
        "compare": ["compare", f"{out}::ials", f"{out}::cmf"],
    }.items():
        cost = cost_of([*tlbench, *command])
        print(f"| {name} | {cost.wall:.1f} | {cost.processor:.1f} | {cost.peak:.0f} |", flush=True)


def fill(out, seeds):
    """Run the suite with drawn values in the place of computed ones, and without waiting for the disk."""
    register_all()
    request = read_request(None, {**OPTIONS, "scenarios": list(scenarios()), "seeds": seeds})
    with mock.patch.object(tasks, "evaluate", drawn), mock.patch.object(os, "fsync"):
        run_suite(request.suite, out)


def scenarios():
    """Each domain as target, with each other one and with both as sources."""
    for target in DOMAINS:
        others = [name for name in DOMAINS if name != target]
        for number in (1, 2):
            yield from (f"{'+'.join(sources)}->{target}" for sources in combinations(others, number))


def drawn(split, cell, *, metrics, **_):
    """Draw what `tlbench.evaluation.evaluate` would compute."""
    rng = np.random.default_rng([cell.seed, cell.fold, len(cell.method), *cell.label.encode()])
    ids = pd.Index(split.scenario.target.users.gather(split.users).to_list(), name="user", dtype=object)
    values = pd.DataFrame({name: rng.beta(1, 9, len(ids)) for name in metrics}, index=ids)
    validation = dict.fromkeys(metrics, 0.1) if chooses(cell) else {}
    return RunResult(cell, split.digest, values, validation, 0, {"compile": 0.0, "fit": 0.1, "score": 0.1, "rank": 0.1})


if __name__ == "__main__":
    main()
