"""Every accuracy metric against two other programs on random and adversarial lists, and by hand."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from small_split import random_rows

from tlbench.errors import TlbenchError
from tlbench.metrics import accuracy  # noqa: F401
from tlbench.metrics.background import Background
from tlbench.metrics.base import depths_of, measure, parse_metrics
from tlbench.metrics.judged import Judged
from tlbench.metrics.ranking import Ranker, Ranking, tie_order

BASES = ("ndcg", "recall", "precision", "hit", "mrr", "map", "capped-recall", "f1", "graded-ndcg")
CUTS = (1, 3, 10, 25)


def lists(rng, n_users, n_items, depth):
    """Draw lists of `depth` items that are filled up with -1 where a user has fewer left."""
    items = np.full((n_users, depth), -1, dtype=np.int32)
    for row in items:
        length = min(n_items, rng.integers(0, depth + 1) if rng.random() < 0.3 else depth)
        row[:length] = rng.choice(n_items, length, replace=False)
    return Ranking(np.arange(n_users), items, np.zeros(n_users, dtype=bool))


def values(names, ranking, relevant, *, background=None):
    specs = parse_metrics(names)
    table = measure(specs, Judged(ranking, relevant, background or Background(relevant), depths_of(specs)))
    return dict(zip(names, table.T, strict=True))


def as_dictionaries(ranking, relevant):
    qrels = {str(u): {str(i): 1 for i in relevant[u].indices} for u in range(relevant.shape[0])}
    run = {
        str(u): {str(item): 1000.0 - at for at, item in enumerate(row) if item >= 0} or {"none": 0.0}
        for u, row in enumerate(ranking.items)
    }
    return qrels, run


def cases():
    rng = np.random.default_rng(7)
    yield lists(rng, 200, 60, 25), random_rows(rng, 200, 60, 40, 1)  # often more held-out items than the cut
    yield lists(rng, 200, 2000, 25), random_rows(rng, 200, 2000, 3, 1)  # hardly any hit
    yield lists(rng, 100, 12, 12), random_rows(rng, 100, 12, 12, 1)  # the cut is beyond the catalogue


@pytest.fixture(params=range(3))
def case(request):
    return list(cases())[request.param]


def test_the_metrics_agree_with_trec_eval(case):
    import pytrec_eval

    ranking, relevant = case
    names = [f"{base}@{k}" for base in BASES for k in CUTS]
    ours = values(names, ranking, relevant)
    qrels, run = as_dictionaries(ranking, relevant)
    cuts = ",".join(map(str, CUTS))
    measures = {f"{name}.{cuts}" for name in ("ndcg_cut", "recall", "P", "success", "map_cut")} | {"recip_rank"}
    theirs = pytrec_eval.RelevanceEvaluator(qrels, measures).evaluate(run)
    n_relevant = np.diff(relevant.indptr)
    for k in CUTS:
        for base, name in {"ndcg": "ndcg_cut", "recall": "recall", "precision": "P", "hit": "success"}.items():
            expected = [theirs[str(u)][f"{name}_{k}"] for u in range(len(n_relevant))]
            np.testing.assert_allclose(ours[f"{base}@{k}"], expected, atol=1e-12)
        expected = np.array([theirs[str(u)][f"map_cut_{k}"] for u in range(len(n_relevant))])
        np.testing.assert_allclose(ours[f"map@{k}"], expected * n_relevant / np.minimum(k, n_relevant), atol=1e-12)
    whole = np.array([theirs[str(u)]["recip_rank"] for u in range(len(n_relevant))])
    for k in CUTS:
        np.testing.assert_allclose(ours[f"mrr@{k}"], np.where(whole >= 1 / k, whole, 0), atol=1e-12)


@pytest.mark.slow  # ranx compiles for half a minute
def test_the_metrics_agree_with_ranx(case):
    ranking, relevant = case
    pairs = {"ndcg": "ndcg", "recall": "recall", "precision": "precision", "hit": "hit_rate", "mrr": "mrr"}
    ours = values([f"{base}@{k}" for base in BASES for k in CUTS], ranking, relevant)
    qrels, run = as_dictionaries(ranking, relevant)
    n_relevant = np.diff(relevant.indptr)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # ranx compiles strings with invalid escapes
        import ranx

        theirs = ranx.evaluate(
            ranx.Qrels(qrels),
            ranx.Run(run),
            [f"{name}@{k}" for name in (*pairs.values(), "map") for k in CUTS],
            return_mean=False,
        )
    order = np.argsort(np.argsort([str(u) for u in range(len(n_relevant))]))
    for k in CUTS:
        for base, name in pairs.items():
            np.testing.assert_allclose(ours[f"{base}@{k}"], theirs[f"{name}@{k}"][order], atol=1e-12)
        expected = theirs[f"map@{k}"][order] * n_relevant / np.minimum(k, n_relevant)
        np.testing.assert_allclose(ours[f"map@{k}"], expected, atol=1e-12)


def test_the_metrics_agree_with_ir_measures(case):
    import ir_measures
    from ir_measures import RR, P, R, Success, nDCG

    ranking, relevant = case
    pairs = {"ndcg": nDCG, "recall": R, "precision": P, "hit": Success, "mrr": RR}
    ours = values([f"{base}@{k}" for base in pairs for k in CUTS], ranking, relevant)
    qrels, run = as_dictionaries(ranking, relevant)
    names = {str(measure @ k): f"{base}@{k}" for base, measure in pairs.items() for k in CUTS}
    seen = 0
    for result in ir_measures.iter_calc([m @ k for m in pairs.values() for k in CUTS], qrels, run):
        assert ours[names[str(result.measure)]][int(result.query_id)] == pytest.approx(result.value, abs=1e-12)
        seen += 1
    assert seen == len(names) * relevant.shape[0]


def test_a_list_by_hand():
    """Held out are 3 items; the list hits at positions 1 and 3."""
    relevant = sparse.csr_matrix(np.array([[1, 0, 1, 0, 0, 1]]))
    ranking = Ranking(np.array([0]), np.array([[2, 1, 5, 3]], dtype=np.int32), np.array([False]))
    found = values([f"{base}@4" for base in BASES] + ["mrr@1", "ndcg@2", "map@2"], ranking, relevant)
    log3 = np.log2(3)
    assert found["ndcg@4"] == pytest.approx((1 + 0.5) / (1 + 1 / log3 + 0.5))
    assert found["ndcg@2"] == pytest.approx(1 / (1 + 1 / log3))
    assert found["recall@4"] == pytest.approx(2 / 3)
    assert found["precision@4"] == pytest.approx(0.5)
    assert found["hit@4"] == 1
    assert found["mrr@1"] == found["mrr@4"] == 1
    assert found["map@4"] == pytest.approx((1 + 2 / 3) / 3)
    assert found["map@2"] == pytest.approx(1 / 2)


def test_a_user_without_held_out_items_scores_zero_everywhere():
    ranking = lists(np.random.default_rng(0), 3, 20, 10)
    for column in values([f"{base}@5" for base in BASES], ranking, sparse.csr_matrix((3, 20))).values():
        np.testing.assert_array_equal(column, 0.0)


def test_a_cut_beyond_the_list_counts_the_missing_positions_as_misses():
    relevant = sparse.csr_matrix(np.array([[1, 1, 0]]))
    ranking = Ranking(np.array([0]), np.array([[0, -1, -1]], dtype=np.int32), np.array([False]))
    found = values(["precision@10", "recall@10", "ndcg@10"], ranking, relevant)
    assert found["precision@10"] == pytest.approx(0.1)
    assert found["recall@10"] == pytest.approx(0.5)
    assert found["ndcg@10"] == pytest.approx(1 / (1 + 1 / np.log2(3)))


# --- invariants --------------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32), n_items=st.integers(1, 60), depth=st.integers(1, 30), most=st.integers(1, 40))
def test_bounds_growth_and_order_hold_for_every_list(seed, n_items, depth, most):
    rng = np.random.default_rng(seed)
    relevant = random_rows(rng, 12, n_items, min(most, n_items))
    ranking = lists(rng, 12, n_items, depth)
    cuts = range(1, depth + 1)
    found = values([f"{base}@{k}" for base in BASES for k in cuts], ranking, relevant)
    for column in found.values():
        assert (column >= 0).all()
        assert (column <= 1).all()
    for base in ("recall", "hit", "mrr"):
        growing = np.stack([found[f"{base}@{k}"] for k in cuts])
        assert (np.diff(growing, axis=0) >= 0).all()


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32), n_items=st.integers(2, 60), k=st.integers(1, 30))
def test_the_list_that_starts_with_the_held_out_items_scores_one_and_no_list_more(seed, n_items, k):
    rng = np.random.default_rng(seed)
    relevant = random_rows(rng, 8, n_items, n_items, 1)
    names = [f"{base}@{k}" for base in BASES]
    best = rank_by(relevant.toarray(), k)
    perfect, other = values(names, best, relevant), values(names, lists(rng, 8, n_items, k), relevant)
    for base in ("ndcg", "hit", "mrr", "map", "capped-recall", "graded-ndcg"):
        np.testing.assert_array_equal(perfect[f"{base}@{k}"], 1.0)
    for name in names:
        assert (perfect[name] >= other[name]).all()


def rank_by(scores, k):
    scores = scores.astype(np.float32)
    nothing = sparse.csr_matrix(scores.shape)
    order = tie_order(0, scores.shape[1])
    ranker = Ranker(n=k, seen=nothing, tie_rank=order, fallback=scores[0], method="m")
    return ranker.dense(np.arange(len(scores)), scores)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_permuting_users_permutes_values_and_relabelling_items_changes_nothing(seed):
    rng = np.random.default_rng(seed)
    relevant, ranking = random_rows(rng, 15, 40, 10), lists(rng, 15, 40, 10)
    names = [f"{base}@{k}" for base in BASES for k in (3, 10)]
    plain = values(names, ranking, relevant)
    users, labels = rng.permutation(15), rng.permutation(40).astype(np.int32)
    permuted = values(names, Ranking(users, ranking.items[users], ranking.cold), relevant[users])
    renamed_items = np.where(ranking.items >= 0, labels[ranking.items], -1).astype(np.int32)
    renamed_relevant = relevant[:, np.argsort(labels)]
    renamed_relevant.sort_indices()
    renamed = values(names, Ranking(ranking.users, renamed_items, ranking.cold), renamed_relevant)
    for name in names:
        np.testing.assert_array_equal(permuted[name], plain[name][users])
        np.testing.assert_array_equal(renamed[name], plain[name])


# --- names -------------------------------------------------------------------------------------------------------


def test_names_become_metrics_in_the_order_given():
    specs = parse_metrics(["recall@20", "ndcg@10"])
    assert [(spec.name, spec.entry.name, spec.k) for spec in specs] == [
        ("recall@20", "recall", 20),
        ("ndcg@10", "ndcg", 10),
    ]


@pytest.mark.parametrize(
    ("names", "message", "hint"),
    [
        ([], "no metric", "--metrics"),
        (["ndgc@10"], "unknown metric `ndgc`", "did you mean `ndcg`"),
        (["ndcg"], "`ndcg` lacks its cut", "ndcg@10"),
        (["ndcg@"], "has the cut ``", "ndcg@10"),
        (["ndcg@0"], "cut `0`", "ndcg@10"),
        (["ndcg@-5"], "cut `-5`", "ndcg@10"),
        (["ndcg@ten"], "cut `ten`", "ndcg@10"),
        (["ndcg@010"], "cut `010`", "ndcg@10"),
        (["hit@5", "hit@5"], "named twice", "once"),
    ],
)
def test_a_wrong_name_is_refused_with_the_way_out(names, message, hint):
    with pytest.raises(TlbenchError, match=message) as caught:
        parse_metrics(names)
    assert hint in caught.value.hint


def test_an_impossible_value_stops_the_run():
    from tlbench.metrics.base import MetricSpec
    from tlbench.registry import MetricEntry

    ranking = lists(np.random.default_rng(0), 2, 5, 3)
    spec = MetricSpec("odd@3", 3, MetricEntry("odd", lambda judged, k: np.array([0.5, 1.5]), "", ""))
    with pytest.raises(TlbenchError, match=r"`odd@3` gave 1\.5 for user row 1, outside 0 to 1"):
        measure([spec], Judged(ranking, sparse.csr_matrix((2, 5)), Background(sparse.csr_matrix((2, 5))), (3,)))
