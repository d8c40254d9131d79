# ruff: noqa: T201, NPY001
"""Print what RecTools, LensKit or RecBole compute on case.json, for tests that must run without them.

Run in this folder, in an environment that has the library: python peers.py rectools > rectools.json

Where a library's definition is another than ours, the difference is taken off here, in words and once; what cannot be
taken off is not compared (docs/metrics.md says what).
"""

import json
import sys
import warnings
from importlib.metadata import version
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd

warnings.simplefilter("ignore")

CASE = json.loads(Path(__file__).with_name("case.json").read_text(encoding="utf-8"))
SCORES, PART, RATINGS = (np.array(CASE[name]) for name in ("scores", "part", "ratings"))
N_USERS, N_ITEMS = PART.shape
LISTS = CASE["lists"]
HELD = [np.flatnonzero(row == 2).tolist() for row in PART]
GENRES = sorted(set(chain.from_iterable(CASE["genres"])))
CUTS = (1, 5, 20, 60)  # the last is beyond the catalogue
TAIL = 0.8


def table(rows, *columns):
    return pd.DataFrame(list(rows), columns=list(columns))


def show(library, found):
    lines = [f'"{name}": {json.dumps(value, separators=(",", ":"))}' for name, value in found.items()]
    print(f'{{"library": "{library} {version(library)}",\n' + ",\n".join(lines) + "\n}")


def of_users(users, values):
    """Keep the users whom a library measures at all."""
    kept = [(int(u), float(v)) for u, v in zip(users, values, strict=True) if np.isfinite(v)]
    return {"users": [u for u, _ in kept], "values": [v for _, v in kept]}


def of_run(users, value):
    return {"users": [int(u) for u in users], "value": float(value)}


# --- RecTools ----------------------------------------------------------------------------------------------------


def rectools():
    from rectools import metrics
    from rectools.metrics.distances import PairwiseDistanceCalculator

    class Cosine(PairwiseDistanceCalculator):
        """RecTools leaves the distance to the user; ours is 1 - cosine of the categories."""

        vectors = np.array([[genre in have for genre in GENRES] for have in CASE["genres"]], dtype=float)
        vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-300)

        def _get_distances_for_item_pairs(self, items_0, items_1):
            return 1 - (self.vectors[items_0] * self.vectors[items_1]).sum(axis=1)

    reco = table(
        ((u, i, at + 1) for u, row in enumerate(LISTS) for at, i in enumerate(row)), "user_id", "item_id", "rank"
    )
    truth = table(((u, i) for u, row in enumerate(HELD) for i in row), "user_id", "item_id")
    before = table(zip(*np.nonzero(PART == 1), strict=True), "user_id", "item_id")
    found = {}
    for k in CUTS:
        judged = {
            "ndcg": metrics.NDCG(k, divide_by_achievable=True),
            "recall": metrics.Recall(k),
            "precision": metrics.Precision(k),
            "hit": metrics.HitRate(k),
            "mrr": metrics.MRR(k),
            "f1": metrics.F1Beta(k),
        }
        for name, metric in judged.items():
            values = metric.calc_per_user(reco, truth)
            found[f"{name}@{k}"] = of_users(values.index, values)
        known = {"novelty": metrics.MeanInvUserFreq(k), "popularity": metrics.AvgRecPopularity(k)}
        for name, metric in known.items():
            values = metric.calc_per_user(reco, before)
            found[f"{name}@{k}"] = of_users(values.index, values)
        values = metrics.IntraListDiversity(k, Cosine()).calc_per_user(reco)
        found[f"diversity@{k}"] = of_users(values.index, values)
        share = metrics.CatalogCoverage(k, normalize=True).calc(reco, range(N_ITEMS))
        found[f"coverage@{k}"] = of_run(range(N_USERS), share)
    return found


# --- LensKit -----------------------------------------------------------------------------------------------------


def lenskit():
    from lenskit import metrics
    from lenskit.data import ItemList
    from lenskit.metrics.ranking import AveragePrecision
    from lenskit.metrics.ranking._dcg import DiscountWeight

    weight = DiscountWeight(lambda ranks: np.log2(ranks + 1))  # its own logarithm starts at position 2
    lists = [ItemList(item_ids=np.array(row, dtype=np.int64), ordered=True) for row in LISTS]
    held = [
        ItemList(item_ids=np.array(row, dtype=np.int64), rating=RATINGS[u, row].astype(float))
        for u, row in enumerate(HELD)
    ]
    found = {}
    for k in CUTS:
        judged = {
            "ndcg": metrics.NDCG(k, weight=weight),
            "graded-ndcg": metrics.NDCG(k, weight=weight, gain="rating"),
            "dcg": metrics.DCG(k, weight=weight),
            "capped-recall": metrics.Recall(k),  # it divides by min(k, R)
            "hit": metrics.Hit(k),
        }
        for name, metric in judged.items():
            some = [u for u in range(N_USERS) if HELD[u] and LISTS[u]]
            found[f"{name}@{k}"] = of_users(some, [metric.measure_list(lists[u], held[u]) for u in some])
        some = [u for u in range(N_USERS) if LISTS[u] and HELD[u]]
        found[f"mrr@{k}"] = of_users(some, [metrics.RecipRank(k).measure_list(lists[u], held[u]) for u in some])
        full = [u for u in some if len(LISTS[u]) >= k or len(HELD[u]) <= len(LISTS[u])]
        average = AveragePrecision(k)  # it divides by min(R, length of the list)
        found[f"map@{k}"] = of_users(full, [average.measure_list(lists[u], held[u]) for u in full])
        inequality = metrics.ListGini(k, items=N_ITEMS)
        counted = [inequality.compute_list_data(row, None) for row in lists if len(row)]
        found[f"gini@{k}"] = of_run(range(N_USERS), inequality.global_aggregate(counted))
    rated = [u for u in range(N_USERS) if HELD[u] and np.ptp(SCORES[u])]
    predicted = [ItemList(item_ids=held[u].ids(), scores=SCORES[u, HELD[u]].astype(float)) for u in rated]
    for name, metric in {"mae": metrics.MAE(), "rmse": metrics.RMSE()}.items():
        parts = [metric.compute_list_data(own, held[u]) for own, u in zip(predicted, rated, strict=True)]
        found[name] = of_run(rated, metric.global_aggregate(parts))
    return found


# --- RecBole -----------------------------------------------------------------------------------------------------


def recbole():
    np.float, np.bool = float, bool  # it needs a numpy that had these names
    from recbole.evaluator import metrics
    from scipy.stats import rankdata

    config = {"metric_decimal_place": 15, "topk": [1], "tail_ratio": TAIL}
    popularity = dict(enumerate((PART == 1).sum(axis=0).tolist()))
    tail_of = {
        i: (count, -i) for i, count in popularity.items()
    }  # of equal items ours puts the higher code in the tail
    renamed = {i: at for at, i in enumerate(sorted(tail_of, key=tail_of.get))}
    found = {}
    for k in (1, 5, 20):
        full = [u for u in range(N_USERS) if len(LISTS[u]) >= k]  # it holds lists in a matrix without gaps
        items = np.array([LISTS[u][:k] for u in full])
        hits = np.array([[i in HELD[u] for i in LISTS[u][:k]] for u in full])
        sizes = np.array([len(HELD[u]) for u in full])
        some = sizes > 0
        judged = {
            "hit": metrics.Hit(config).metric_info(hits),
            "mrr": metrics.MRR(config).metric_info(hits),
            "map": metrics.MAP(config).metric_info(hits, sizes),
            "recall": metrics.Recall(config).metric_info(hits, sizes),
            "ndcg": metrics.NDCG(config).metric_info(hits, sizes),
            "precision": metrics.Precision(config).metric_info(hits),
        }
        for name, values in judged.items():
            found[f"{name}@{k}"] = of_users(np.array(full)[some], values[some, k - 1])
        spread = metrics.AveragePopularity(config)
        values = spread.metric_info(spread.get_pop(items, popularity))
        found[f"popularity@{k}"] = of_users(full, values[:, k - 1])
        tail = metrics.TailPercentage(config)
        in_tail = tail.get_tail(np.vectorize(renamed.get)(items), {renamed[i]: n for i, n in popularity.items()})
        found[f"tail-share@{k}"] = of_users(full, tail.metric_info(in_tail)[:, k - 1])
        found[f"coverage@{k}"] = of_run(full, metrics.ItemCoverage(config).get_coverage(items, N_ITEMS))
        found[f"gini@{k}"] = of_run(full, metrics.GiniIndex(config).get_gini(items, N_ITEMS))
        # Its entropy is in nats and divided by the number of distinct items.
        nats = metrics.ShannonEntropy(config).get_entropy(items) * len(np.unique(items))
        found[f"entropy@{k}"] = of_run(full, nats / np.log(2))
    auc = metrics.GAUC(config)
    users, values = [], []
    for u in range(N_USERS):
        listed = np.array(LISTS[u], dtype=int)
        if 0 < len(HELD[u]) < len(listed) and np.ptp(SCORES[u]):
            places = rankdata(-SCORES[u, listed])[np.isin(listed, HELD[u])]
            sizes = (np.array([float(n)]) for n in (len(listed), len(HELD[u])))
            users.append(u)
            values.append(auc.metric_info(np.array([[places.sum()]]), *sizes))
    found["auc"] = of_users(users, values)
    rated = [u for u in range(N_USERS) if HELD[u] and np.ptp(SCORES[u])]
    predicted, true = (np.concatenate([of[u, HELD[u]] for u in rated]) for of in (SCORES, RATINGS))
    found["mae"] = of_run(rated, metrics.MAE(config).metric_info(predicted, true))
    found["rmse"] = of_run(rated, metrics.RMSE(config).metric_info(predicted, true))
    return found


if __name__ == "__main__":
    asked = sys.argv[1]
    show(asked, {"rectools": rectools, "lenskit": lenskit, "recbole": recbole}[asked]())
