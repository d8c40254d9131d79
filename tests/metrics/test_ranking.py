"""The top-n against a literal sort, and what it refuses."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from small_split import random_rows

from tlbench.errors import TlbenchError
from tlbench.metrics.ranking import Ranker, tie_order


def literal_rank(scores, seen, n, tie_rank, fallback):
    """Sort every row whole."""
    out = np.full((len(scores), n), -1, dtype=np.int32)
    for i, row in enumerate(scores):
        row = fallback if np.all(row == row[0]) else row
        left = np.setdiff1d(np.arange(len(row)), seen[i].indices)
        best = left[np.lexsort((tie_rank[left], -row[left].astype(np.float64)))][:n]
        out[i, : len(best)] = best
    return out


def ranker(seen, n, **other):
    n_items = seen.shape[1]
    arguments = {
        "tie_rank": tie_order(0, n_items),
        "fallback": np.arange(n_items, dtype=np.float32),
        "method": "m",
    }
    return Ranker(n=n, seen=seen, **(arguments | other))


def ranked(scores, seen, n, **other):
    return ranker(seen, n, **other).dense(np.arange(len(scores)), scores)


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    n_items=st.integers(1, 150),
    n=st.integers(1, 40),
    levels=st.sampled_from([1, 2, 5, 10**6]),
    share_seen=st.floats(0, 1),
)
def test_the_kernel_lists_what_a_whole_sort_lists(seed, n_items, n, levels, share_seen):
    rng = np.random.default_rng(seed)
    scores = rng.integers(-levels, levels, (7, n_items)).astype(np.float32)
    seen = random_rows(rng, 7, n_items, int(share_seen * n_items))
    tie_rank, fallback = tie_order(seed, n_items), rng.integers(0, 3, n_items).astype(np.float32)
    ranking = ranked(scores, seen, n, tie_rank=tie_rank, fallback=fallback)
    np.testing.assert_array_equal(ranking.items, literal_rank(scores, seen, n, tie_rank, fallback))


def test_minus_infinity_keeps_an_item_out_and_plus_infinity_comes_first():
    scores = np.array([[-np.inf, 1, np.inf, 0]], dtype=np.float32)
    assert ranked(scores, sparse.csr_matrix((1, 4)), 4).items.tolist() == [[2, 1, 3, -1]]


def test_the_two_zeros_are_equal():
    scores = np.array([[0.0, -0.0, 0.0, -0.0, -1]], dtype=np.float32)
    order = np.array([3, 0, 2, 1, 4], dtype=np.int32)
    assert ranked(scores, sparse.csr_matrix((1, 5)), 5, tie_rank=order).items.tolist() == [[1, 3, 2, 0, 4]]


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("n_items", [5, 700, 5000])
def test_factors_are_ranked_as_their_product_is(n_items, bias):
    rng = np.random.default_rng(n_items)
    users, items = rng.integers(-3, 4, (300, 8)), rng.integers(-3, 4, (n_items, 8))  # whole numbers: sums are exact
    users[::7] = 0
    weight = rng.integers(-3, 4, n_items) if bias else np.zeros(n_items)
    scores = (users @ items.T + weight * users.any(axis=1, keepdims=True)).astype(np.float32)
    seen = random_rows(rng, 300, n_items, min(n_items, 40))
    asked = rng.permutation(300)[:200]
    one = ranker(seen, 15)
    expected = one.dense(asked, scores[asked])
    found = one.factors(
        asked, users.astype(np.float32), items.astype(np.float32), weight.astype(np.float32) if bias else None
    )
    np.testing.assert_array_equal(found.items, expected.items)
    np.testing.assert_array_equal(found.cold, expected.cold)


@pytest.mark.parametrize("signs", [(1, 4), (-3, 4), (-3, 0)])
@pytest.mark.parametrize(("n_items", "per_item"), [(3, 2), (60, 30), (600, 30), (600, 3), (600, 1)])
def test_sparse_weights_are_ranked_as_their_product_is(n_items, per_item, signs):
    """Whole numbers, so that sums cancel and tie; few and many items touched; lists longer than what is touched."""
    rng = np.random.default_rng(n_items + per_item)
    rows, weights = random_rows(rng, 90, 40, 5), random_rows(rng, 40, n_items, per_item)
    for matrix in (rows, weights):
        matrix.data[:] = rng.integers(*signs, matrix.nnz)
    rows.data[rows.indptr[7] : rows.indptr[8]] = 0
    one = ranker(random_rows(rng, 90, n_items, n_items // 8), 20)
    asked = rng.permutation(90)[:70]
    expected = one.dense(asked, (rows @ weights).toarray()[asked].astype(np.float32))
    found = one.weighted(asked, rows, weights)
    np.testing.assert_array_equal(found.items, expected.items)
    np.testing.assert_array_equal(found.cold, expected.cold)


@pytest.mark.parametrize("per_item", [1, 30])
def test_sparse_weights_of_minus_infinity_keep_an_item_out_and_nan_is_an_error(per_item):
    rng = np.random.default_rng(0)
    rows, weights = random_rows(rng, 20, 40, 5), random_rows(rng, 40, 600, per_item)
    rows.data[:] = 1
    weights.data[::3] = -np.inf
    one = ranker(random_rows(rng, 20, 600, 5), 600)
    with np.errstate(invalid="ignore"):
        scores = (rows @ weights).toarray().astype(np.float32)
    expected, found = one.dense(np.arange(20), scores), one.weighted(np.arange(20), rows, weights)
    np.testing.assert_array_equal(found.items, expected.items)
    weights.data[:] = np.nan
    with pytest.raises(TlbenchError, match="is not a number"):
        one.weighted(np.arange(20), rows, weights)


@pytest.mark.parametrize("n", [3, 40])
@pytest.mark.parametrize("scores", [[1, 2, 2, -np.inf, 0, -0.0, 3] * 4, [2.0] * 28])
def test_the_same_scores_for_all_are_ranked_as_if_each_user_had_them(n, scores):
    rng = np.random.default_rng(n)
    row = np.array(scores, dtype=np.float32)
    one = ranker(random_rows(rng, 50, 28, 9), n)
    asked = rng.permutation(50)[:30]
    expected, found = one.dense(asked, np.tile(row, (30, 1))), one.same(asked, row)
    np.testing.assert_array_equal(found.items, expected.items)
    np.testing.assert_array_equal(found.cold, expected.cold)


def test_the_same_score_for_all_that_is_no_number_is_an_error():
    with pytest.raises(TlbenchError, match="is not a number"):
        ranker(sparse.csr_matrix((2, 3)), 1).same(np.arange(2), np.array([1, np.nan, 0], dtype=np.float32))


def test_factors_that_are_not_numbers_are_an_error():
    factors = np.ones((3, 2), dtype=np.float32)
    factors[2] = np.nan
    with pytest.raises(TlbenchError, match="gave user row 2"):
        ranker(sparse.csr_matrix((3, 3)), 1).factors(np.arange(3), factors, np.ones((3, 2), dtype=np.float32), None)


def test_ties_are_listed_in_the_random_order_and_not_by_item_code():
    scores = np.zeros((1, 50), dtype=np.float32)
    scores[0, 0] = -1
    order = tie_order(3, 50)
    items = ranked(scores, sparse.csr_matrix((1, 50)), 49, tie_rank=order).items[0]
    assert items.tolist() == [item for item in np.argsort(order) if item != 0]
    assert items.tolist() != sorted(items)


def test_the_tie_order_is_a_permutation_that_depends_on_the_seed():
    assert sorted(tie_order(1, 100)) == list(range(100))
    assert tie_order(1, 100).tolist() != tie_order(2, 100).tolist()


def test_a_constant_row_is_ranked_by_the_fallback_and_reported():
    scores = np.array([[2, 2, 2], [2, 2, 1]], dtype=np.float32)
    ranking = ranked(scores, sparse.csr_matrix((2, 3)), 1, fallback=np.array([0, 0, 9], dtype=np.float32))
    assert ranking.items[0].tolist() == [2]
    assert ranking.cold.tolist() == [True, False]


def test_short_lists_are_filled_up_with_minus_one():
    seen = sparse.csr_matrix(np.array([[1, 0, 1], [1, 1, 1]]))
    scores = np.array([[3, 2, 1], [3, 2, 1]], dtype=np.float32)
    assert ranked(scores, seen, 3).items.tolist() == [[1, -1, -1], [-1, -1, -1]]


def test_scores_are_not_written_to():
    scores = np.broadcast_to(np.arange(5, dtype=np.float32), (4, 5))
    before = scores.copy()
    ranked(scores, random_rows(np.random.default_rng(0), 4, 5, 3), 2)
    np.testing.assert_array_equal(scores, before)


@pytest.mark.parametrize("at", [0, 31, 32, 99])
def test_a_nan_is_an_error_that_names_the_method_and_the_user(at):
    scores = np.arange(200, dtype=np.float32).reshape(2, 100)
    scores[1, at] = np.nan
    with pytest.raises(TlbenchError, match="method `broken` gave user row 1 a score that is not a number"):
        ranked(scores, sparse.csr_matrix((2, 100)), 3, method="broken")


def test_scores_of_the_wrong_shape_or_type_are_refused():
    with pytest.raises(TlbenchError, match="float64"):
        ranked(np.zeros((2, 4)), sparse.csr_matrix((2, 4)), 1)
    with pytest.raises(TlbenchError, match=r"shape \(3, 4\)"):
        ranker(sparse.csr_matrix((3, 4)), 1).dense(np.arange(2), np.zeros((3, 4), dtype=np.float32))
