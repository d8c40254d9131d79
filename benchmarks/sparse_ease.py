"""What `sparse-ease` loses against exact EASE where both run, and what it takes where only it runs.

    python benchmarks/sparse_ease.py --catalogue datasets.toml [--large]

Means on the test part, both with their default parameters. `--large` fits 100,000 items of a synthetic power law (a
quarter of Amazon Books) and prints seconds and the peak memory of the process.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "speed"))

import shapes

from tlbench.evaluation import Cell, evaluate
from tlbench.execute.plan import complete_parameters
from tlbench.methods.local import local_ease
from tlbench.pipeline import splits_of
from tlbench.plugins import register_all
from tlbench.registry import METHODS
from tlbench.scenario.grammar import parse_scenario
from tlbench.suite import Suite

# The source plays no part: baselines see the target only.
SCENARIOS = (
    "movielens@latest-small->movielens@1m",
    "amazon-movies-dense->amazon-books-dense",
    "amazon-grocery-overlap->amazon-home-overlap",
    "amazon-arts-overlap->amazon-office-overlap",
)
METRICS = ("ndcg@10", "recall@20")
LARGE = 100_000


def compare(text: str, catalogue: Path) -> str:
    """One row: items, the means and seconds of both, the loss."""
    name = parse_scenario(text)
    split = splits_of(Suite(name=text, scenarios=(name,)), name, catalogue=catalogue).make(1)
    means, seconds = {}, {}
    for method in ("ease", "sparse-ease"):
        entry = METHODS.get(method)
        result = evaluate(split, Cell(text, method, complete_parameters(entry, {}), 0), entry=entry, metrics=METRICS)
        means[method], seconds[method] = result.values[list(METRICS)].mean(), result.timing["fit"]
    exact, sparse = means["ease"], means["sparse-ease"]
    columns = [f"{exact[m]:.4f} | {sparse[m]:.4f} | {100 * (sparse[m] / exact[m] - 1):+.1f} %" for m in METRICS]
    times = f"{seconds['ease']:.1f} | {seconds['sparse-ease']:.1f}"
    return f"| {name.target} | {split.training.n_items:,} | {' | '.join(columns)} | {times} |"


def large() -> str:
    """Fit the items of Amazon Books that are drawn first."""
    matrix = shapes.load("books-like")[:, :LARGE].tocsr()
    local_ease(matrix[:1000, :500].tocsr(), l2=100.0, neighbours=20)  # compiles
    start = time.perf_counter()
    weights = local_ease(matrix, l2=100.0, neighbours=400)
    seconds = time.perf_counter() - start
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return (
        f"{LARGE:,} items, {matrix.nnz:,} interactions: {seconds:.0f} s, {weights.nnz:,} weights, "
        f"{int(status['VmHWM'].split()[0]) / 2**20:.1f} GiB (the exact matrix alone: {4 * LARGE**2 / 2**30:.1f} GiB)"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--catalogue", type=Path)
    parser.add_argument("--large", action="store_true")
    asked = parser.parse_args()
    if asked.large:
        print(large())
    if asked.catalogue:
        register_all()
        names = " | ".join(f"{m} ease | sparse-ease | loss" for m in METRICS)
        print(f"| target | items | {names} | s ease | s sparse-ease |")
        print("|---|" + "--:|" * 9)
        for text in SCENARIOS:
            print(compare(text, asked.catalogue), flush=True)


if __name__ == "__main__":
    main()
