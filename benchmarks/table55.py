"""Reproduce Table 55 of Ferrari Dacrema et al. 2021 (additional material, doi:10.1145/3434185) and print both tables.

MovieLens 1M, implicit, the last interaction of each user held out and ranked among 99 candidates that He et al. 2017
drew. Run as ``python benchmarks/table55.py [--data FOLDER]``; the folder holds ``ml-1m.zip`` and ``tois-table55/``.
"""

from __future__ import annotations

import argparse
import gzip
import os
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from tlbench.methods.baselines.ease import Ease
from tlbench.methods.baselines.ials import Ials
from tlbench.methods.baselines.item_knn import ItemKnn
from tlbench.methods.baselines.p3alpha import P3Alpha
from tlbench.methods.baselines.popularity import Popularity
from tlbench.methods.baselines.pure_svd import PureSvd
from tlbench.methods.baselines.rp3beta import Rp3Beta
from tlbench.methods.baselines.slim import Slim
from tlbench.methods.baselines.user_knn import UserKnn
from tlbench.metrics.ranking import Ranker, tie_order
from tlbench.rng import stream
from tlbench.split.training import Domain, Training

METRICS = ("hit@1", "hit@5", "hit@10", "ndcg@5", "ndcg@10")
N_USERS, N_ITEMS = 6040, 3706
TIE_ORDERS = 10

# Hu et al. weigh an interaction 1 + 50 log(1 + 1/10) against 1 for the rest; here the rest weighs the inverse of what
# the interaction has on top, which is the same problem on another scale.
ON_TOP = 50 * float(np.log(1 + 1 / 10))


@dataclass(frozen=True)
class Row:
    """One line of the table: recommender, published values in the order of `METRICS`, tolerance, number of seeds."""

    name: str
    recommender: Any
    published: tuple[float, ...]
    tolerance: float
    seeds: int = 1


ROWS = (
    Row("popularity", Popularity(), (0.1051, 0.3048, 0.4533, 0.2064, 0.2542), 0.001),
    Row(
        "user-knn",
        UserKnn(k=259, shrink=0, similarity="jaccard", direction="from-nearest"),
        (0.1906, 0.5045, 0.6725, 0.3521, 0.4066),
        0.001,
    ),
    Row(
        "item-knn",
        ItemKnn(k=62, shrink=19, similarity="jaccard"),
        (0.1692, 0.4772, 0.6533, 0.3268, 0.3837),
        0.001,
    ),
    Row("p3alpha", P3Alpha(alpha=1.2177, k=1000, normalise=False), (0.1791, 0.4846, 0.6460, 0.3352, 0.3876), 0.003),
    Row(
        "rp3beta",
        Rp3Beta(alpha=1.0807, beta=0.7029, k=546, normalise=True),
        (0.1836, 0.4935, 0.6758, 0.3419, 0.4011),
        0.001,
    ),
    Row("ease", Ease(l2=1320), (0.2225, 0.5629, 0.7192, 0.3986, 0.4494), 0.0005),
    Row("slim", Slim(l1_ratio=1.19e-5, alpha=0.0788, k=544), (0.2207, 0.5576, 0.7162, 0.3953, 0.4468), 0.005),
    Row(
        "ials",
        Ials(factors=46, iterations=10, unobserved=1 / ON_TOP, l2=1e-5 / ON_TOP, exponent=0.0),
        (0.2106, 0.5505, 0.7109, 0.3862, 0.4382),
        0.008,
        seeds=3,
    ),
    Row("pure-svd", PureSvd(factors=52), (0.2132, 0.5339, 0.6937, 0.3783, 0.4303), 0.003),
)


@dataclass(frozen=True)
class Gate:
    """What the table is computed from.

    `training`: all ratings but the held-out ones. `candidates`: int64 (6040, 100) items, the held-out one in a place
    drawn at random. `place`: its place. `dropped`: csr (6040, 100), marks negatives that are the held-out item itself.
    """

    training: Training
    candidates: np.ndarray
    place: np.ndarray
    dropped: sparse.csr_matrix


def load(folder: Path) -> Gate:
    """Read the publisher's ratings and the fixed test rows."""
    with zipfile.ZipFile(folder / "ml-1m.zip") as archive:
        name = next(name for name in archive.namelist() if name.endswith("ratings.dat"))
        table = np.array(archive.read(name).decode("latin-1").replace("::", " ").split(), dtype=np.int64).reshape(-1, 4)
    user = table[:, 0] - 1
    _, first, code = np.unique(table[:, 1], return_index=True, return_inverse=True)
    item = np.argsort(np.argsort(first))[code]
    held_out = np.loadtxt(folder / "tois-table55" / "ml-1m.test.rating", dtype=np.int64)[:, 1]
    kept = item != held_out[user]
    ratings = sparse.csr_matrix((table[kept, 2].astype(np.float32), (user[kept], item[kept])), shape=(N_USERS, N_ITEMS))
    ratings.sort_indices()
    domain = Domain("movielens@1m", ratings, None, None, (1.0, 5.0))
    training = Training(domain, (), np.empty(0, dtype=np.int64), ())
    return _gate(training, held_out, np.array(list(_negatives(folder))))


def _negatives(folder: Path) -> Iterator[list[int]]:
    with gzip.open(folder / "tois-table55" / "ml-1m.test.negative.gz", "rt") as lines:
        for line in lines:
            yield [int(field) for field in line.split("\t")[1:]]


def _gate(training: Training, held_out: np.ndarray, negatives: np.ndarray) -> Gate:
    place = stream(0, "table55", "place").integers(100, size=N_USERS)
    candidates = np.empty((N_USERS, 100), dtype=np.int64)
    others = np.ones((N_USERS, 100), dtype=bool)
    others[np.arange(N_USERS), place] = False
    candidates[others] = negatives.ravel()
    candidates[~others] = held_out
    itself = others & (candidates == held_out[:, None])
    return Gate(training, candidates, place, sparse.csr_matrix(itself))


def measured(gate: Gate, recommender: Any, seeds: int = 1) -> np.ndarray:
    """Fit and rank; the mean of `METRICS` over users, seeds and orders of ties (an equal score takes half a rank)."""
    return np.mean([_one_seed(gate, recommender, seed) for seed in range(seeds)], axis=0)


def _one_seed(gate: Gate, recommender: Any, seed: int) -> np.ndarray:
    scorer = recommender.fit(gate.training, stream(seed, "table55"))
    users = np.arange(N_USERS, dtype=np.int64)
    scores = np.take_along_axis(scorer(users), gate.candidates, axis=1)
    means = []
    for order in range(TIE_ORDERS):
        ranker = Ranker(
            n=10,
            seen=gate.dropped,
            tie_rank=tie_order(order, 100),
            fallback=np.zeros(100, dtype=np.float32),
            method=type(recommender).__name__,
        )
        ranking = ranker.dense(users, scores)
        means.append(_metrics(ranking.items == gate.place[:, None]))
    return np.mean(means, axis=0)


def _metrics(found: np.ndarray) -> list[float]:
    """Hit rate and nDCG of lists with one relevant item each; bool (b, 10), where in the list it was found."""
    hits, gains = found, found / np.log2(np.arange(2, found.shape[1] + 2))
    parts = (hits[:, :1], hits[:, :5], hits[:, :10], gains[:, :5], gains[:, :10])
    return [float(part.sum(axis=1).mean()) for part in parts]


def default_folder() -> Path:
    """The folder of the local catalogue."""
    beside = Path(__file__).parents[2] / "shared" / "data" / "datasets.toml"
    return Path(os.environ.get("TLBENCH_CATALOGUE", beside)).parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=default_folder(), help="folder of the files")
    gate = load(parser.parse_args().data)
    print("| method | whose | " + " | ".join(METRICS) + " | largest difference | allowed |")
    print("|---|---|" + "---|" * (len(METRICS) + 2))
    failed = []
    for row in ROWS:
        start = time.perf_counter()
        ours = measured(gate, row.recommender, row.seeds)
        seconds = time.perf_counter() - start
        worst = float(np.abs(ours - row.published).max())
        if worst > row.tolerance:
            failed.append(row.name)
        print(f"| {row.name} | published | " + " | ".join(f"{value:.4f}" for value in row.published) + " | | |")
        values = " | ".join(f"{value:.4f}" for value in ours)
        print(f"| | ours ({seconds:.1f} s) | {values} | {worst:.4f} | {row.tolerance} |")
    print("\nwithin the tolerances" if not failed else f"\noutside: {', '.join(failed)}")
    raise SystemExit(1 if failed else 0)


if __name__ == "__main__":
    main()
