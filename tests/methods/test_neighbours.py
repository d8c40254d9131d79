"""Neighbour search and `item-knn` against plain dense numpy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from tlbench.methods.baselines.item_knn import ItemKnn
from tlbench.methods.neighbours import nearest
from tlbench.rng import stream


def dense_similarity(left, right, similarity, shrink):
    dot = left @ right.T
    if similarity == "dot":
        return dot
    squares_left, squares_right = (left**2).sum(axis=1)[:, None], (right**2).sum(axis=1)
    with np.errstate(invalid="ignore"):
        if similarity == "cosine":
            out = dot / (np.sqrt(squares_left * squares_right) + shrink)
        else:
            out = dot / (squares_left + squares_right - dot + shrink)
    return np.nan_to_num(out)


def dense_top(similarities, k):
    """Keep the k largest of each row above zero; of equals the lower column."""
    out = np.zeros_like(similarities)
    for row, values in enumerate(similarities):
        order = np.argsort(-values, kind="stable")[:k]
        order = order[values[order] > 0]
        out[row, order] = values[order]
    return out


@pytest.mark.parametrize("similarity", ["cosine", "jaccard"])
@pytest.mark.parametrize("shrink", [0.0, 7.0])
def test_item_knn_scores_are_those_of_dense_numpy(training, similarity, shrink):
    x = training.target.binary.toarray().astype(np.float64)
    similarities = dense_similarity(x.T, x.T, similarity, shrink).astype(np.float32).astype(np.float64)
    np.fill_diagonal(similarities, 0)
    scores = ItemKnn(k=6, shrink=shrink, similarity=similarity).fit(training, stream(0))(np.arange(training.n_users))
    np.testing.assert_allclose(scores, x @ dense_top(similarities, 6).T, atol=1e-5)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    shape=st.tuples(st.integers(1, 30), st.integers(1, 40), st.integers(1, 20)),
    k=st.integers(1, 50),
    similarity=st.sampled_from(["cosine", "jaccard", "dot"]),
)
def test_nearest_of_two_matrices_is_the_dense_top(seed, shape, k, similarity):
    n_left, n_right, width = shape
    left, right = (
        sparse.random(n, width, density=0.3, format="csr", dtype=np.float32, random_state=seed + n)
        for n in (n_left, n_right)
    )
    for matrix in (left, right):
        matrix.data[:] = 1
    found = nearest(left, right, k=k, similarity=similarity, shrink=1.0, own=None)
    dense = dense_similarity(left.toarray().astype(np.float64), right.toarray().astype(np.float64), similarity, 1.0)
    np.testing.assert_allclose(found.toarray(), dense_top(dense.astype(np.float32), k), rtol=1e-5)


def test_own_names_the_column_that_is_the_row_itself():
    pooled = sparse.csr_matrix(np.ones((7, 3), dtype=np.float32))
    found = nearest(pooled[4:], pooled, k=7, own=4)
    assert found.shape == (3, 7)
    assert (found.toarray()[[0, 1, 2], [4, 5, 6]] == 0).all()
    assert found.nnz == 3 * 6
