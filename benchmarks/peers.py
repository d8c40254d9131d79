"""Compare what our baselines reach with other libraries, on one split of MovieLens 1M, at the same hyper-parameters.

    python benchmarks/peers.py --catalogue datasets.toml [--rectools PYTHON]

Needs `tlbench[implicit]`. RecTools pins an older pandas, so that its EASE is fitted by a Python of its own, where
`--rectools` names one. All models are fitted on the same training part and ranked and measured by tlbench: ndcg@10 and
recall@20 on test, the mean over three seeds for models that draw.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from tlbench.evaluation import Cell, evaluate
from tlbench.execute.plan import complete_parameters
from tlbench.methods.scorers import ItemItemScorer
from tlbench.pipeline import splits_of
from tlbench.plugins import register_all
from tlbench.progress import SILENT, Progress
from tlbench.registry import METHODS, method
from tlbench.scenario.grammar import parse_scenario
from tlbench.split.training import Split, Training
from tlbench.suite import Suite

# The source plays no part: baselines see the target only.
SCENARIO = "movielens@latest-small->movielens@1m"
METRICS = ("ndcg@10", "recall@20")
SEEDS = 3
# implicit weighs an observed pair `alpha` and any other 1; ours weighs it 1 + unobserved and any other `unobserved`.
UNOBSERVED, RIDGE = 0.1, 0.5
PAIRS: tuple[tuple[tuple[str, Mapping[str, Any]], tuple[str, Mapping[str, Any]]], ...] = (
    (
        ("ials", {"factors": 64, "iterations": 15, "unobserved": UNOBSERVED, "l2": RIDGE, "exponent": 0.0}),
        ("implicit-als", {"alpha": 1 + 1 / UNOBSERVED, "regularization": RIDGE / UNOBSERVED}),
    ),
    (
        ("bpr-mf", {"factors": 64, "epochs": 100, "rate": 0.05, "l2": 0.01}),
        ("implicit-bpr", {"learning_rate": 0.05, "regularization": 0.01, "iterations": 100}),
    ),
    (("item-knn", {"k": 100, "shrink": 0.0}), ("implicit-knn", {"neighbours": 100})),
)
EASE = {"l2": 500.0}

CHILD = """
import sys, numpy as np, pandas as pd
from scipy import sparse
from rectools import Columns
from rectools.dataset import Dataset
from rectools.models import EASEModel
matrix = sparse.load_npz(sys.argv[1]).tocoo()
frame = pd.DataFrame({Columns.User: matrix.row, Columns.Item: matrix.col})
frame[Columns.Weight], frame[Columns.Datetime] = 1.0, "2000-01-01"
data = Dataset.construct(frame)
model = EASEModel(regularization=float(sys.argv[3])).fit(data)
items = data.item_id_map.convert_to_external(np.arange(model.weight.shape[0]))
weights = np.zeros((matrix.shape[1], matrix.shape[1]), dtype=np.float32)
weights[np.ix_(items, items)] = model.weight
np.save(sys.argv[2], weights)
"""


@method("rectools-ease", family="baseline", deterministic=True, reference="RecTools, EASEModel", on_request=True)
@dataclass(frozen=True)
class RectoolsEase:
    """EASE as RecTools fits it, in a Python that has it."""

    python: str = "python"
    l2: float = 500.0

    def fit(self, data: Training, rng: np.random.Generator, *, progress: Progress = SILENT) -> ItemItemScorer:  # noqa: ARG002
        """Hand the target over, take the weights back."""
        with tempfile.TemporaryDirectory() as folder:
            given, found = Path(folder, "training.npz"), Path(folder, "weights.npy")
            sparse.save_npz(given, data.target.binary)
            subprocess.run([self.python, "-c", CHILD, str(given), str(found), str(self.l2)], check=True)
            return ItemItemScorer(data.target.binary, np.load(found))


def reached(split: Split, name: str, chosen: Mapping[str, Any]) -> str:
    """Mean of each metric over users and seeds, as a line of a table."""
    entry = METHODS.get(name)
    parameters = complete_parameters(entry, chosen)
    seeds = range(1 if entry.deterministic else SEEDS)
    runs = [
        evaluate(split, Cell(SCENARIO, name, parameters, seed), entry=entry, metrics=METRICS).values for seed in seeds
    ]
    means = [np.mean([run[metric].mean() for run in runs]) for metric in METRICS]
    return f"| {name} | {means[0]:.4f} | {means[1]:.4f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--catalogue", type=Path, required=True)
    parser.add_argument("--rectools", help="a Python that has RecTools")
    asked = parser.parse_args()
    register_all()
    name = parse_scenario(SCENARIO)
    split = splits_of(Suite(name="peers", scenarios=(name,), protocol="ratio"), name, catalogue=asked.catalogue).make(1)
    print(f"| method | {' | '.join(METRICS)} |\n|:--|--:|--:|")
    for ours, theirs in PAIRS:
        print(reached(split, *ours), reached(split, *theirs), sep="\n", flush=True)
    print(reached(split, "ease", EASE))
    if asked.rectools:
        print(reached(split, "rectools-ease", {"python": asked.rectools, **EASE}))


if __name__ == "__main__":
    main()
