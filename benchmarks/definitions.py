"""What each program computes where definitions differ: one list, three cases, printed by whatever is installed.

    python benchmarks/definitions.py

Items a, b, c are listed in this order; k is 10 where nothing else is said.
"""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Callable

warnings.simplefilter("ignore")

LISTED = ["a", "b", "c"]
CASES = {
    "ndcg, b relevant": ("ndcg", 10, ["b"]),
    "ndcg@1, a b z relevant": ("ndcg", 1, ["a", "b", "z"]),
    "recall@1, a b z relevant": ("recall", 1, ["a", "b", "z"]),
    "precision, b relevant": ("precision", 10, ["b"]),
    "map@1, a b z relevant": ("map", 1, ["a", "b", "z"]),
    "ndcg, nothing relevant": ("ndcg", 10, []),
}


def tlbench(metric: str, k: int, relevant: list[str]) -> object:
    import numpy as np
    from scipy import sparse

    from tlbench.metrics import accuracy  # noqa: F401
    from tlbench.metrics.background import Background
    from tlbench.metrics.base import depths_of, measure, parse_metrics
    from tlbench.metrics.judged import Judged
    from tlbench.metrics.ranking import Ranking

    known = [*LISTED, "z"]
    held = sparse.csr_matrix(np.array([[float(item in relevant) for item in known]]))
    ranking = Ranking(np.array([0]), np.array([[0, 1, 2]], dtype=np.int32), np.array([False]))
    specs = parse_metrics([f"{metric}@{k}"])
    return float(measure(specs, Judged(ranking, held, Background(held), depths_of(specs)))[0, 0])


def pytrec_eval(metric: str, k: int, relevant: list[str]) -> object:
    import pytrec_eval

    name = {"ndcg": "ndcg_cut", "recall": "recall", "precision": "P", "map": "map_cut"}[metric]
    qrels = {"u": dict.fromkeys(relevant, 1) or {"z": 0}}
    run = {"u": {item: float(-at) for at, item in enumerate(LISTED)}}
    return pytrec_eval.RelevanceEvaluator(qrels, {f"{name}.{k}"}).evaluate(run)["u"][f"{name}_{k}"]


def ranx(metric: str, k: int, relevant: list[str]) -> object:
    import ranx

    qrels = ranx.Qrels({"u": dict.fromkeys(relevant, 1) or {"z": 0}})
    run = ranx.Run({"u": {item: float(9 - at) for at, item in enumerate(LISTED)}})
    return float(ranx.evaluate(qrels, run, f"{metric}@{k}"))


def rectools(metric: str, k: int, relevant: list[str]) -> object:
    import pandas as pd
    from rectools import metrics

    kind = {"ndcg": metrics.NDCG, "recall": metrics.Recall, "precision": metrics.Precision, "map": metrics.MAP}[metric]
    reco = pd.DataFrame({"user_id": "u", "item_id": LISTED, "rank": [1, 2, 3]})
    truth = pd.DataFrame({"user_id": ["u"] * len(relevant), "item_id": relevant})
    found = kind(k).calc_per_user(reco, truth)
    return float(found.iloc[0]) if len(found) else "left out"


def lenskit(metric: str, k: int, relevant: list[str]) -> object:
    from lenskit import metrics
    from lenskit.data import ItemList
    from lenskit.metrics.ranking import AveragePrecision

    kinds = {
        "ndcg": metrics.NDCG,
        "recall": metrics.Recall,
        "precision": metrics.Precision,
        "map": AveragePrecision,
    }
    return float(kinds[metric](k).measure_list(ItemList(item_ids=LISTED, ordered=True), ItemList(item_ids=relevant)))


def recbole(metric: str, k: int, relevant: list[str]) -> object:
    import numpy as np

    np.float = float  # type: ignore[attr-defined]  # noqa: NPY001  (it needs a numpy that had this name)
    from recbole.evaluator import metrics

    config = {"metric_decimal_place": 15, "topk": [1]}
    kinds = {"ndcg": metrics.NDCG, "recall": metrics.Recall, "precision": metrics.Precision, "map": metrics.MAP}
    listed = [*LISTED, *"defghij"][:k]  # its lists are always full
    hits = np.array([[item in relevant for item in listed]])
    sizes = () if metric == "precision" else (np.array([len(relevant)]),)
    return float(kinds[metric](config).metric_info(hits, *sizes)[0, -1])


PROGRAMS: tuple[Callable[[str, int, list[str]], object], ...] = (
    tlbench,
    pytrec_eval,
    ranx,
    rectools,
    lenskit,
    recbole,
)


def main() -> None:
    for program in PROGRAMS:
        if importlib.util.find_spec(program.__name__) is None:
            print(f"{program.__name__}: not installed")
            continue
        print(program.__name__)
        for name, case in CASES.items():
            value = program(*case)
            print(f"  {name:<26} {value:.4f}" if isinstance(value, float) else f"  {name:<26} {value}")


if __name__ == "__main__":
    main()
