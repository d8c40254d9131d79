"""How long the methods' kernels take beside other libraries, and what they reach.

Run ``python benchmarks/speed/methods.py [--jobs als-ml-1m,...] [--rounds 3]``. Every timing is a process of its own, in
which everything is imported and compiled before the clock starts; ours and the peer's take turns, and ratios of medians
are printed, of wall clock and of processor time, since other work on the machine moves all times alike. Peers:
`implicit` 0.7 for iALS and item neighbours; for EASE the floating-point work itself, n^3 operations as a matrix product
(numpy). Peak memory is that of the whole process. Where a job has a quality to compare, both are printed.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent

PREPARE = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
import numpy as np
import shapes
extra = {}
"""
FINISH = """
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
gib = int(status["VmHWM"].split()[0]) / 2**20
print(json.dumps({"wall": wall, "cpu": cpu, "GiB": gib, **extra}))
"""
CLOCK = """
t, c = time.perf_counter(), time.process_time()
{work}
wall, cpu = time.perf_counter() - t, time.process_time() - c
"""

# Both minimise sum_observed (2 - s)^2 + sum_all s^2 + 0.01 (|U|^2 + |V|^2): weight 2 of an observed pair in the words
# of Hu et al., weight 1 on top of the rest in ours.
OBJECTIVE = """
x, y = users.astype(np.float64), items.astype(np.float64)
rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
observed = sum(float(((2.0 - (x[r] * y[c]).sum(axis=1)) ** 2).sum())
               for r, c in zip(np.array_split(rows, 100), np.array_split(matrix.indices, 100)))
extra["objective"] = observed + float((x.T @ x * (y.T @ y)).sum()) + 0.01 * float((x**2).sum() + (y**2).sum())
"""
ALS_OURS = """
from scipy import sparse
from tlbench.methods.als import BothSides, factorise
def fit(matrix, iterations):
    entries = BothSides.of(matrix, 1.0, 2.0)
    penalties = [np.full(n, 0.01, dtype=np.float32) for n in matrix.shape]
    *_, model = factorise(entries, factors=64, iterations=iterations, user_ridge=penalties[0], item_ridge=penalties[1],
                          user_unobserved=1.0, item_unobserved=1.0, rng=np.random.default_rng(0))
    return model.users, model.items
"""
ALS_PEER = """
from scipy import sparse
from implicit.als import AlternatingLeastSquares
def fit(matrix, iterations):
    model = AlternatingLeastSquares(factors=64, iterations=iterations, alpha=2.0, regularization=0.01, random_state=0,
                                    num_threads={threads})
    model.fit(matrix, show_progress=False)
    return model.user_factors, model.item_factors
"""
KNN_OURS = """
from scipy import sparse
from tlbench.methods import csr
from tlbench.methods.neighbours import nearest
def fit(matrix):
    items = csr.transpose(matrix)
    return nearest(items, items, k=100)
"""
KNN_PEER = """
from scipy import sparse
from implicit.nearest_neighbours import CosineRecommender
def fit(matrix):
    model = CosineRecommender(K=100, num_threads={threads})
    model.fit(matrix, show_progress=False)
    return model.similarity
"""
WARM = "fit(sparse.random(300, 200, 0.1, format='csr', dtype=np.float32, random_state=0){more})\n"
EASE_OURS = """
from tlbench.methods.inverse import invert
rng = np.random.default_rng(0)
def problem(n):
    half = rng.random((n, 64), dtype=np.float32)
    matrix = half @ half.T
    matrix[np.diag_indices(n)] += 100
    return matrix
invert(problem(600))
"""
EASE_PEER = """
rng = np.random.default_rng(0)
"""


@dataclass(frozen=True)
class Job:
    """What is timed: code of ours and of the peer, what divides the seconds, and the ratio to reach."""

    ours: str
    peer: str
    reach: float
    per: int = 1


def _als(shape: str, iterations: int, reach: float, per: int) -> Job:
    load = f"matrix = shapes.load({shape!r})\n"
    work = CLOCK.format(work=f"users, items = fit(matrix, {iterations})")
    warm = WARM.format(more=", 1")
    return Job(ALS_OURS + warm + load + work + OBJECTIVE, ALS_PEER + warm + load + work + OBJECTIVE, reach, per)


def _knn(shape: str) -> Job:
    load = f"matrix = shapes.load({shape!r})\n"
    work = CLOCK.format(work="fit(matrix)")
    return Job(KNN_OURS + WARM.format(more="") + load + work, KNN_PEER + WARM.format(more="") + load + work, 0.8)


def _ease(n: int) -> Job:
    ours = EASE_OURS + f"matrix = problem({n})\n" + CLOCK.format(work="invert(matrix)")
    peer = EASE_PEER + f"left = rng.random(({n // 2}, {n}), dtype=np.float32)\n"
    peer += f"right = rng.random(({n}, {n}), dtype=np.float32)\n" + CLOCK.format(work="left @ right")
    return Job(ours, peer, 1.7)


JOBS = {
    "als-ml-1m": _als("ml-1m", 15, 0.6, 1),
    "als-ml-20m-like": _als("ml-20m-like", 3, 0.6, 3),
    "als-books-like": _als("books-like", 3, 0.4, 3),
    "knn-ml-1m": _knn("ml-1m"),
    "knn-ml-20m-like": _knn("ml-20m-like"),
    "knn-books-like": _knn("books-like"),
    "ease-3700": _ease(3700),
    "ease-10000": _ease(10_000),
    "ease-20000": _ease(20_000),
}


def run(code: str, *, own_threads: bool, threads: int) -> dict[str, float]:
    """Time one process; `own_threads` leaves the linear algebra library one, as `implicit` asks for."""
    # Names of processors and caches that a container may carry for another machine slow numpy's products.
    unwanted = {"OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"}
    environment = {key: value for key, value in os.environ.items() if key not in unwanted}
    environment["NUMBA_NUM_THREADS"] = str(threads)
    environment["OPENBLAS_NUM_THREADS"] = "1" if own_threads else str(threads)
    environment["PYTHONPATH"] = os.pathsep.join([str(HERE), str(HERE.parents[1])])
    done = subprocess.run(
        [sys.executable, "-c", PREPARE + code.replace("{threads}", str(threads)) + FINISH],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", default=",".join(JOBS), help="names, separated by commas")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each side")
    parser.add_argument("--threads", type=int, default=2, help="threads of each side")
    asked = parser.parse_args()
    print("| job | ours s | peer s | ratio | ratio of processor time | to reach | ours GiB | peer GiB | objectives |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name in asked.jobs.split(","):
        job = JOBS[name]
        turns = [_turn(job, name, asked.threads) for _ in range(asked.rounds)]
        print(_line(name, job, [ours for ours, _ in turns], [peer for _, peer in turns]), flush=True)


def _turn(job: Job, name: str, threads: int) -> tuple[dict[str, float], dict[str, float]]:
    product = name.startswith("ease")
    return run(job.ours, own_threads=True, threads=threads), run(job.peer, own_threads=not product, threads=threads)


def _line(name: str, job: Job, ours: list[dict[str, float]], peer: list[dict[str, float]]) -> str:
    def median(results: list[dict[str, float]], key: str) -> float:
        return statistics.median(result[key] for result in results)

    wall = median(ours, "wall") / median(peer, "wall")
    cpu = median(ours, "cpu") / median(peer, "cpu")
    objectives = ""
    if "objective" in ours[0]:
        objectives = f"{median(ours, 'objective'):,.0f} / {median(peer, 'objective'):,.0f}"
    return (
        f"| {name} | {median(ours, 'wall') / job.per:.2f} | {median(peer, 'wall') / job.per:.2f}"
        f" | {wall:.2f} | {cpu:.2f} | {job.reach}"
        f" | {median(ours, 'GiB'):.2f} | {median(peer, 'GiB'):.2f} | {objectives} |"
    )


if __name__ == "__main__":
    main()
