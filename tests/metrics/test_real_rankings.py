"""On the lists of a real method for real users, every accuracy metric is that of trec_eval and of RecTools."""

import warnings

import numpy as np
import pytest
from test_accuracy import values

from tlbench.data import load
from tlbench.metrics import popularity  # noqa: F401
from tlbench.metrics.background import background_of
from tlbench.metrics.ranking import Ranker, tie_order
from tlbench.scenario.build import build_scenario
from tlbench.scenario.grammar import parse_scenario
from tlbench.scenario.scenario import Filters
from tlbench.split.split import make_split

CUTS = (1, 5, 20, 2000)  # the last is beyond the catalogue


@pytest.fixture(scope="module")
def real(catalogue):
    """Item-item lists on a slice of MovieLens 100k, where many scores are equal and many users have few held out."""
    scenario = build_scenario(
        parse_scenario("movielens@100k/drama->movielens@100k/comedy"),
        Filters(5),
        lambda text: load(text, catalogue=catalogue),
    )
    split = make_split(scenario, "ratio")
    rows = split.training.target.binary
    scores = (rows @ (rows.T @ rows)).toarray().astype(np.float32)
    background = background_of(split)
    ranker = Ranker(
        n=split.training.n_items,
        seen=rows,
        tie_rank=tie_order(0, split.training.n_items),
        fallback=background.popularity.astype(np.float32),
        method="real",
    )
    ranking = ranker.dense(split.users, scores[split.users])
    return ranking, split.test[split.users], background


def test_trec_eval_agrees_on_real_lists(real):
    import pytrec_eval

    ranking, relevant, _ = real
    cuts = ",".join(map(str, CUTS))
    qrels = {str(u): {str(i): int(v) for i, v in zip(r.indices, r.data, strict=True)} for u, r in enumerate(relevant)}
    run = {
        str(u): {str(item): 1e6 - at for at, item in enumerate(row) if item >= 0} for u, row in enumerate(ranking.items)
    }
    binary = {user: dict.fromkeys(items, 1) for user, items in qrels.items()}
    wanted = {f"{name}.{cuts}" for name in ("ndcg_cut", "recall", "P", "success", "map_cut")} | {"recip_rank"}
    theirs = pytrec_eval.RelevanceEvaluator(binary, wanted).evaluate(run)
    graded = pytrec_eval.RelevanceEvaluator(qrels, {f"ndcg_cut.{cuts}"}).evaluate(run)
    n_relevant = np.diff(relevant.indptr)
    pairs = {"ndcg": "ndcg_cut", "recall": "recall", "precision": "P", "hit": "success"}
    ours = values([f"{b}@{k}" for b in (*pairs, "map", "mrr", "graded-ndcg") for k in CUTS], ranking, relevant)

    def column(found, name):
        return np.array([found[str(u)][name] for u in range(len(n_relevant))])

    for k in CUTS:
        for base, name in pairs.items():
            np.testing.assert_allclose(ours[f"{base}@{k}"], column(theirs, f"{name}_{k}"), atol=1e-12)
        average = column(theirs, f"map_cut_{k}") * n_relevant / np.minimum(k, n_relevant)
        np.testing.assert_allclose(ours[f"map@{k}"], average, atol=1e-12)
        np.testing.assert_allclose(ours[f"graded-ndcg@{k}"], column(graded, f"ndcg_cut_{k}"), atol=1e-12)
        first = column(theirs, "recip_rank")
        np.testing.assert_allclose(ours[f"mrr@{k}"], np.where(first >= 1 / k, first, 0), atol=1e-12)


def test_rectools_agrees_on_real_lists(real):
    import pandas as pd

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        metrics = pytest.importorskip("rectools.metrics")

    ranking, relevant, background = real
    k = 10
    items = ranking.items[:, :k]
    users = np.repeat(np.arange(len(items)), k)
    reco = pd.DataFrame({"user_id": users, "item_id": items.ravel(), "rank": np.tile(np.arange(1, k + 1), len(items))})
    reco = reco[reco.item_id >= 0]
    held = relevant.tocoo()
    truth = pd.DataFrame({"user_id": held.row, "item_id": held.col})
    seen = background.training.tocoo()
    before = pd.DataFrame({"user_id": seen.row, "item_id": seen.col})
    theirs = {
        "ndcg": metrics.NDCG(k, divide_by_achievable=True).calc_per_user(reco, truth),
        "recall": metrics.Recall(k).calc_per_user(reco, truth),
        "precision": metrics.Precision(k).calc_per_user(reco, truth),
        "hit": metrics.HitRate(k).calc_per_user(reco, truth),
        "mrr": metrics.MRR(k).calc_per_user(reco, truth),
        "f1": metrics.F1Beta(k).calc_per_user(reco, truth),
        "novelty": metrics.MeanInvUserFreq(k).calc_per_user(reco, before),
        "popularity": metrics.AvgRecPopularity(k).calc_per_user(reco, before),
    }
    ours = values([f"{base}@{k}" for base in theirs], ranking, relevant, background=background)
    for base, expected in theirs.items():
        np.testing.assert_allclose(ours[f"{base}@{k}"], expected.sort_index(), atol=1e-12, err_msg=base)
