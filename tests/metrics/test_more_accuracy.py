"""Graded gains, F1, whole rankings: against trec_eval, scikit-learn and literal computations."""

import warnings

import numpy as np
import pytest
from scipy import sparse
from small_split import random_rows
from test_accuracy import CUTS, cases, values

from tlbench.errors import TlbenchError
from tlbench.metrics.background import Background
from tlbench.metrics.base import measure, parse_metrics
from tlbench.metrics.judged import Judged
from tlbench.metrics.ranking import Ranker, tie_order


@pytest.mark.parametrize("case", list(cases()))
def test_graded_ndcg_agrees_with_trec_eval_on_ratings_as_gains(case):
    import pytrec_eval

    ranking, relevant = case
    qrels = {
        str(u): {str(i): int(v) for i, v in zip(relevant[u].indices, relevant[u].data, strict=True)}
        for u in range(relevant.shape[0])
    }
    run = {
        str(u): {str(item): 1000.0 - at for at, item in enumerate(row) if item >= 0} or {"none": 0.0}
        for u, row in enumerate(ranking.items)
    }
    cuts = ",".join(map(str, CUTS))
    theirs = pytrec_eval.RelevanceEvaluator(qrels, {f"ndcg_cut.{cuts}"}).evaluate(run)
    ours = values([f"graded-ndcg@{k}" for k in CUTS], ranking, relevant)
    for k in CUTS:
        expected = [theirs[str(u)][f"ndcg_cut_{k}"] for u in range(relevant.shape[0])]
        np.testing.assert_allclose(ours[f"graded-ndcg@{k}"], expected, atol=1e-12)


@pytest.mark.parametrize("case", list(cases()))
def test_f1_capped_recall_and_dcg_follow_from_what_trec_eval_was_compared_with(case):
    ranking, relevant = case
    found = values(
        [f"{base}@{k}" for base in ("f1", "capped-recall", "dcg", "precision", "recall", "ndcg") for k in CUTS],
        ranking,
        relevant,
    )
    n_relevant = np.diff(relevant.indptr)
    for k in CUTS:
        precision, recall = found[f"precision@{k}"], found[f"recall@{k}"]
        total = precision + recall
        harmonic = np.divide(2 * precision * recall, total, out=np.zeros_like(total), where=total > 0)
        np.testing.assert_allclose(found[f"f1@{k}"], harmonic, atol=1e-12)
        np.testing.assert_allclose(
            found[f"capped-recall@{k}"], recall * n_relevant / np.minimum(n_relevant, k), atol=1e-12
        )
        ideal = np.array([(1 / np.log2(np.arange(2, min(k, r) + 2))).sum() for r in n_relevant])
        np.testing.assert_allclose(found[f"dcg@{k}"], found[f"ndcg@{k}"] * ideal, atol=1e-12)


def test_graded_ndcg_without_ratings_is_ndcg():
    ranking, relevant = next(cases())
    ones = sparse.csr_matrix((np.ones_like(relevant.data), relevant.indices, relevant.indptr), shape=relevant.shape)
    found = values(["graded-ndcg@10", "ndcg@10"], ranking, ones)
    np.testing.assert_array_equal(found["graded-ndcg@10"], found["ndcg@10"])


# --- whole rankings ----------------------------------------------------------------------------------------------


def whole(levels, n_users=40, n_items=70):
    """Scores (with ties where `levels` is small), seen and held-out items, disjoint, and what the ranker finds."""
    rng = np.random.default_rng(levels)
    scores = rng.integers(0, levels, (n_users, n_items)).astype(np.float32)
    part = rng.choice(3, (n_users, n_items), p=[0.6, 0.3, 0.1])
    part[0][part[0] == 2] = 0  # the first user has nothing held out
    seen, relevant = (sparse.csr_matrix((part == p).astype(np.float32)) for p in (1, 2))
    ranker = Ranker(
        n=5,
        seen=seen,
        tie_rank=tie_order(0, n_items),
        fallback=scores[0],
        method="m",
    )
    users = np.arange(n_users)
    ranking = ranker.dense(users, scores)
    held = ranker.holdout(users, scores, relevant, ranking.cold)
    return scores, part, relevant, Judged(ranking, relevant, Background(seen), (5,), held)


@pytest.mark.parametrize("levels", [2, 5, 10**6])
def test_auc_agrees_with_scikit_learn(levels):
    from sklearn.metrics import roc_auc_score

    scores, part, _, judged = whole(levels)
    found = measure(parse_metrics(["auc"]), judged)[:, 0]
    assert found[0] == 0
    for u in range(1, len(scores)):
        candidates = part[u] != 1
        expected = roc_auc_score(part[u][candidates] == 2, scores[u][candidates])
        assert found[u] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("levels", [2, 10**6])
def test_positions_and_r_precision_are_those_of_the_whole_sorted_ranking(levels):
    import pytrec_eval

    scores, part, relevant, judged = whole(levels)
    order = tie_order(0, scores.shape[1])
    qrels, run, at = {}, {}, 0
    for u, row in enumerate(scores):
        listed = [i for i in np.lexsort((order, -row)) if part[u][i] != 1]
        for item in relevant[u].indices:
            assert judged.holdout.position[at] == listed.index(item) + 1
            assert judged.holdout.score[at] == row[item]
            at += 1
        assert judged.holdout.n_candidates[u] == len(listed)
        qrels[str(u)] = {str(i): 1 for i in relevant[u].indices}
        run[str(u)] = {str(item): 1000.0 - place for place, item in enumerate(listed)}
    theirs = pytrec_eval.RelevanceEvaluator(qrels, {"Rprec"}).evaluate(run)
    found = measure(parse_metrics(["r-precision"]), judged)[:, 0]
    np.testing.assert_allclose(found, [theirs[str(u)]["Rprec"] if qrels[str(u)] else 0 for u in range(len(scores))])


def test_auc_of_a_user_whose_every_unseen_item_is_held_out_is_one_half():
    scores = np.array([[3, 2, 1]], dtype=np.float32)
    relevant, seen = sparse.csr_matrix(np.array([[1.0, 1, 0]])), sparse.csr_matrix(np.array([[0.0, 0, 1]]))
    ranker = Ranker(n=1, seen=seen, tie_rank=tie_order(0, 3), fallback=scores[0], method="m")
    ranking = ranker.dense(np.array([0]), scores)
    held = ranker.holdout(np.array([0]), scores, relevant, ranking.cold)
    assert measure(parse_metrics(["auc"]), Judged(ranking, relevant, Background(seen), (), held)).tolist() == [[0.5]]


def test_a_metric_that_looks_at_held_out_scores_without_saying_so_is_refused():
    ranking, relevant = next(cases())
    with pytest.raises(TlbenchError, match="without saying so"):
        values(["auc"], ranking, relevant)


@pytest.mark.slow  # ranx compiles for half a minute
def test_f1_r_precision_and_graded_ndcg_agree_with_ranx():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import ranx

        rng = np.random.default_rng(3)
        ranking, relevant = next(cases())
        relevant = random_rows(rng, 200, 60, 40, 1)
        names = [f"u{u:03d}" for u in range(200)]
        qrels = {
            n: {str(i): int(v) for i, v in zip(r.indices, r.data, strict=True)}
            for n, r in zip(names, relevant, strict=True)
        }
        run = {
            n: {str(item): 1000.0 - at for at, item in enumerate(row) if item >= 0} or {"none": 0.0}
            for n, row in zip(names, ranking.items, strict=True)
        }
        theirs = ranx.evaluate(ranx.Qrels(qrels), ranx.Run(run), ["f1@10", "ndcg@10"], return_mean=False)
    ours = values(["f1@10", "graded-ndcg@10"], ranking, relevant)
    np.testing.assert_allclose(ours["f1@10"], theirs["f1@10"], atol=1e-12)
    np.testing.assert_allclose(ours["graded-ndcg@10"], theirs["ndcg@10"], atol=1e-12)
