"""How long ranking and measuring take, beside other programs, each in a process of its own, in turns.

    python benchmarks/speed/evaluate.py                      # ML-1M shape
    python benchmarks/speed/evaluate.py --shape ml-20m --peer lenskit=PYTHON --peer torch=PYTHON

A turn runs every contestant once; times are medians over turns, ratios are ours over theirs. ``--peer`` names an
interpreter that has a package that this one lacks; what is not installed, takes longer than ``--limit`` or wants more
than ``--memory`` is named as not run. ``OPENBLAS_CORETYPE`` and
``OPENBLAS_L2_SIZE`` are removed from the contestants' environment, because a core type chosen for old processors slows
the product that all share.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

THREADS = 2
FACTORS = 64
TOP = 20
NAMES = [f"{base}@{TOP}" for base in ("ndcg", "recall", "precision", "hit", "mrr", "map")]
SHAPES = {  # users, items, seen items per user, held-out items per user
    "ml-1m": (6_040, 3_700, 132, 17),
    "ml-20m": (138_493, 27_278, 116, 14),
    "amazon-books": (10_000, 367_982, 12, 2),
    "netflix": (477_000, 17_770, 0, 10),
}


# --- input: the same for all -------------------------------------------------------------------------------------


def rows_of(rng, n_users: int, n_items: int, mean: int):
    """Draw a csr of `mean` items per user on average, popular items more often."""
    import numpy as np
    from scipy import sparse

    total = n_users * mean
    pairs = rng.integers(0, n_users, total, dtype=np.int64) * n_items
    pairs += (n_items * rng.random(total, dtype=np.float32) ** 2).astype(np.int64).clip(0, n_items - 1)
    pairs = np.unique(pairs)
    indptr = np.searchsorted(pairs, np.arange(n_users + 1) * n_items)
    indices = (pairs % n_items).astype(np.int32)
    return sparse.csr_matrix((np.ones(len(indices), np.float32), indices, indptr), shape=(n_users, n_items))


class Input:
    """Factors, seen and held-out items of a shape, and random lists for measuring alone."""

    def __init__(self, shape: str) -> None:
        import numpy as np

        self.n_users, self.n_items, seen, held = SHAPES[shape]
        rng = np.random.default_rng(0)
        self.users = rng.standard_normal((self.n_users, FACTORS), dtype=np.float32)
        self.items = rng.standard_normal((self.n_items, FACTORS), dtype=np.float32)
        self.seen = rows_of(rng, self.n_users, self.n_items, seen)
        self.held = rows_of(rng, self.n_users, self.n_items, held)

    def lists(self):
        """Random lists that hit now and then: int32 (n_users, TOP), each item once in a list."""
        import numpy as np

        rng = np.random.default_rng(1)
        first = (self.n_items * rng.random(self.n_users) ** 2).astype(np.int64)[:, None]
        return ((first + np.arange(TOP) * 7) % self.n_items).astype(np.int32)


# --- contestants: take the input, return what is timed -----------------------------------------------------------


def product(data: Input) -> Callable[[], object]:
    """The matrix product alone, block by block into the same memory."""
    import numpy as np

    size = block_size(data)
    out = np.empty((size, data.n_items), dtype=np.float32)

    def run() -> None:
        for start in range(0, data.n_users, size):
            part = data.users[start : start + size]
            np.matmul(part, data.items.T, out=out[: len(part)])

    return run


def block_size(data: Input) -> int:
    return max(1, 2**25 // data.n_items)


def tlbench(data: Input) -> Callable[[], object]:
    """Scores, masking, top 20 and six metrics of every user."""
    import numpy as np

    from tlbench.metrics import accuracy  # noqa: F401
    from tlbench.metrics.background import Background
    from tlbench.metrics.base import depths_of, measure, parse_metrics
    from tlbench.metrics.blocks import blocks, resolve_block_size
    from tlbench.metrics.judged import Judged
    from tlbench.metrics.ranking import Ranker, tie_order

    specs = parse_metrics(NAMES)
    background = Background(data.seen)
    everyone = np.arange(data.n_users)

    def run():
        order, popularity = tie_order(0, data.n_items), background.popularity.astype(np.float32)
        ranker = Ranker(n=TOP, seen=data.seen, tie_rank=order, fallback=popularity, method="bench")
        values = []
        for block in blocks(data.n_users, resolve_block_size(None, data.n_items, dense=False)):
            lists = ranker.factors(everyone[block], data.users, data.items, None)
            values.append(measure(specs, Judged(lists, data.held[block], background, depths_of(specs))))
        return np.concatenate(values)

    return run


def torch(data: Input) -> Callable[[], object]:
    """Scores, masking and top 20."""
    import numpy as np
    import torch

    torch.set_num_threads(THREADS)
    users, items = torch.from_numpy(data.users), torch.from_numpy(data.items)
    size = block_size(data)

    def run():
        lists = []
        for start in range(0, data.n_users, size):
            scores = users[start : start + size] @ items.T
            part = data.seen[start : start + size]
            rows = np.repeat(np.arange(part.shape[0]), np.diff(part.indptr))
            scores[torch.from_numpy(rows), torch.from_numpy(part.indices.astype(np.int64))] = -torch.inf
            lists.append(torch.topk(scores, TOP).indices)
        return torch.cat(lists)

    return run


def numpy(data: Input) -> Callable[[], object]:
    """Scores, masking and top 20 with argpartition."""
    import numpy as np

    size = block_size(data)

    def run():
        lists = []
        for start in range(0, data.n_users, size):
            scores = data.users[start : start + size] @ data.items.T
            part = data.seen[start : start + size]
            scores[np.repeat(np.arange(part.shape[0]), np.diff(part.indptr)), part.indices] = -np.inf
            best = np.argpartition(scores, -TOP, axis=1)[:, -TOP:]
            kept = np.take_along_axis(scores, best, axis=1)
            lists.append(np.take_along_axis(best, np.argsort(-kept, axis=1), axis=1))
        return np.concatenate(lists)

    return run


def implicit(data: Input) -> Callable[[], object]:
    """Scores, masking and top 20."""
    from implicit.cpu.topk import topk

    size = block_size(data)

    def run():
        return [
            topk(
                data.items,
                data.users[start : start + size],
                TOP,
                filter_query_items=data.seen[start : start + size],
                num_threads=THREADS,
            )
            for start in range(0, data.n_users, size)
        ]

    return run


def rectools(data: Input) -> Callable[[], object]:
    """Scores, masking and top 20, then six metrics from tables."""
    import numpy as np
    from rectools.models.rank import Distance, ImplicitRanker

    ranker = ImplicitRanker(Distance.DOT, data.users, data.items, num_threads=THREADS)
    everyone = np.arange(data.n_users)

    def run():
        return ranker.rank(everyone, k=TOP, filter_pairs_csr=data.seen)

    return run


# --- measuring alone: everybody gets the lists in the form that it likes -----------------------------------------


def tlbench_metrics(data: Input) -> Callable[[], object]:
    import numpy as np

    from tlbench.metrics import accuracy  # noqa: F401
    from tlbench.metrics.background import Background
    from tlbench.metrics.base import depths_of, measure, parse_metrics
    from tlbench.metrics.judged import Judged
    from tlbench.metrics.ranking import Ranking

    specs, background = parse_metrics(NAMES), Background(data.seen)
    ranking = Ranking(np.arange(data.n_users), data.lists(), np.zeros(data.n_users, dtype=bool))
    return lambda: measure(specs, Judged(ranking, data.held, background, depths_of(specs)))


def dictionaries(data: Input):
    lists = data.lists().tolist()
    held = data.held
    qrels = {
        str(u): dict.fromkeys(map(str, held.indices[held.indptr[u] : held.indptr[u + 1]].tolist()), 1)
        for u in range(data.n_users)
    }
    qrels = {u: items for u, items in qrels.items() if items}
    run = {u: {str(item): float(TOP - at) for at, item in enumerate(lists[int(u)])} for u in qrels}
    return qrels, run


def frames(data: Input, user: str, item: str, rank: str):
    import numpy as np
    import pandas as pd

    held = data.held
    whose = np.repeat(np.arange(data.n_users), np.diff(held.indptr))
    truth = pd.DataFrame({user: whose, item: held.indices})
    lists = data.lists()
    ranks = np.tile(np.arange(1, TOP + 1), data.n_users)
    return pd.DataFrame({user: np.repeat(np.arange(data.n_users), TOP), item: lists.ravel(), rank: ranks}), truth


def pytrec_eval(data: Input) -> Callable[[], object]:
    import pytrec_eval

    qrels, run = dictionaries(data)
    wanted = {f"{name}.{TOP}" for name in ("ndcg_cut", "recall", "P", "success", "map_cut")} | {"recip_rank"}
    evaluator = pytrec_eval.RelevanceEvaluator(qrels, wanted)
    return lambda: evaluator.evaluate(run)


def ir_measures(data: Input) -> Callable[[], object]:
    import ir_measures
    from ir_measures import AP, RR, P, R, Success, nDCG

    qrels, run = dictionaries(data)
    wanted = [m @ TOP for m in (nDCG, R, P, Success, RR, AP)]
    return lambda: list(ir_measures.iter_calc(wanted, qrels, run))


def ranx(data: Input) -> Callable[[], object]:
    import ranx

    qrels, run = dictionaries(data)
    qrels, run = ranx.Qrels(qrels), ranx.Run(run)
    wanted = [f"{name}@{TOP}" for name in ("ndcg", "recall", "precision", "hit_rate", "mrr", "map")]
    return lambda: ranx.evaluate(qrels, run, wanted, return_mean=False)


def rectools_metrics(data: Input) -> Callable[[], object]:
    from rectools import metrics

    reco, truth = frames(data, "user_id", "item_id", "rank")
    kinds = ("NDCG", "Recall", "Precision", "HitRate", "MRR", "MAP")
    wanted = {kind: getattr(metrics, kind)(k=TOP) for kind in kinds}
    return lambda: metrics.calc_metrics(wanted, reco, truth)


def lenskit(data: Input) -> Callable[[], object]:
    from lenskit import metrics
    from lenskit.data import ItemListCollection

    reco, truth = frames(data, "user_id", "item_id", "rank")
    lists, held = ItemListCollection.from_df(reco, ["user_id"]), ItemListCollection.from_df(truth, ["user_id"])
    analysis = metrics.RunAnalysis()
    for kind in ("NDCG", "Recall", "Precision", "Hit", "RecipRank"):  # it has no average precision
        analysis.add_metric(getattr(metrics, kind)(TOP))
    return lambda: analysis.measure(lists, held)


RANKING = (product, tlbench, torch, numpy, implicit, rectools)
MEASURING = (tlbench_metrics, pytrec_eval, rectools_metrics, ranx, ir_measures, lenskit)
CONTESTANTS = {contestant.__name__: contestant for contestant in (*RANKING, *MEASURING)}
PACKAGES = {"product": "numpy", "tlbench_metrics": "tlbench", "rectools_metrics": "rectools"}


# --- a contestant's process --------------------------------------------------------------------------------------


def child(name: str, shape: str, repeat: int, memory_gb: int) -> None:
    """Warm up, then time the contestant; prints seconds and the highest resident memory of the timed part."""
    import resource
    import warnings

    resource.setrlimit(resource.RLIMIT_DATA, (memory_gb * 2**30, memory_gb * 2**30))

    warnings.simplefilter("ignore")
    sys.path.pop(0)  # this folder has a file of our own name
    package = PACKAGES.get(name, name)
    if importlib.util.find_spec(package) is None:
        print(json.dumps({"missing": package}))
        return
    data = Input(shape)
    run = CONTESTANTS[name](data)
    run()
    before = forget_peak()
    seconds = []
    for _ in range(repeat):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    print(json.dumps({"seconds": min(seconds), "peak": memory("VmHWM"), "before": before}))


def memory(key: str) -> float:
    """Resident memory of this process in MB, now (VmRSS) or at its highest (VmHWM); 0 where Linux does not tell."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(key)), 0.0)


def forget_peak() -> float:
    """Start the highest resident memory anew, so that making the input does not count; return what is held now."""
    clear = Path("/proc/self/clear_refs")
    if clear.exists():
        clear.write_text("5")
    return memory("VmRSS")


# --- the race ----------------------------------------------------------------------------------------------------


def race(names: list[str], options: argparse.Namespace) -> None:
    """Let all run in turns, then print medians; who is too slow or too large once does not run again."""
    peers = dict(peer.split("=", 1) for peer in options.peer)
    environment = {key: value for key, value in os.environ.items() if not key.startswith("OPENBLAS_")}
    environment |= {key: str(THREADS) for key in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")}
    environment["PYTHONPATH"] = str(Path(__file__).parents[2])
    found: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    out: dict[str, str] = {}
    for _ in range(options.turns):
        for name in names:
            if name in out:
                continue
            python = peers.get(PACKAGES.get(name, name), sys.executable)
            given = {"child": name, "shape": options.shape, "repeat": options.repeat, "memory": options.memory}
            command = [python, __file__, *(part for key, value in given.items() for part in (f"--{key}", str(value)))]
            try:
                done = subprocess.run(
                    command, env=environment, capture_output=True, text=True, check=False, timeout=options.limit
                )
            except subprocess.TimeoutExpired:
                out[name] = f"too long, over {options.limit} s with making its input"
                continue
            answer = json.loads(done.stdout.splitlines()[-1]) if not done.returncode else {}
            if "seconds" in answer:
                found[name].append(answer)
            else:
                last = (done.stderr.strip().splitlines() or ["it ended without a word"])[-1]
                out[name] = f"no {answer['missing']}" if answer else last[:100]
    show(found, out)


def show(found: dict[str, list[dict[str, float]]], out: dict[str, str]) -> None:
    ours = next(name for name in found if name.startswith("tlbench"))
    times = {name: [run["seconds"] for run in runs] for name, runs in found.items()}
    print(f"{'contestant':<18} {'median s':>9} {'least s':>9} {'peak MB':>8} {'of it input':>12} {'ours/theirs':>12}")
    for name, seconds in times.items():
        if not seconds:
            print(f"{name:<18} not run: {out[name]}")
            continue
        ratio = statistics.median(times[ours]) / statistics.median(seconds) if times[ours] else float("nan")
        peak, before = (max(run[key] for run in found[name]) for key in ("peak", "before"))
        middle = statistics.median(seconds)
        print(f"{name:<18} {middle:>9.3f} {min(seconds):>9.3f} {peak:>8.0f} {before:>12.0f} {ratio:>12.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", choices=SHAPES, default="ml-1m")
    parser.add_argument("--turns", type=int, default=5, help="how often every contestant's process runs")
    parser.add_argument("--repeat", type=int, default=5, help="timed repetitions in a process; the least counts")
    parser.add_argument("--only", help="contestants, separated by commas")
    parser.add_argument("--peer", metavar="PACKAGE=PYTHON", action="append", default=[], help="may be repeated")
    parser.add_argument("--limit", type=int, default=300, help="most seconds of a contestant's process")
    parser.add_argument("--memory", type=int, default=12, help="most GB of a contestant's process")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(options.child, options.shape, options.repeat, options.memory)
        return
    for group in (RANKING, MEASURING):
        wanted = [contestant.__name__ for contestant in group]
        if options.only:
            wanted = [name for name in wanted if name in options.only.split(",")]
        if options.shape == "netflix" and group is RANKING:
            continue
        if wanted:
            print(f"\n{options.shape}: {SHAPES[options.shape][0]} users, {SHAPES[options.shape][1]} items")
            race(wanted, options)


if __name__ == "__main__":
    main()
