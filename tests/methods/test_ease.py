"""`ease` against the textbook computation in dense float64."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from scipy import sparse

from tlbench.errors import TlbenchError
from tlbench.methods.baselines.ease import Ease
from tlbench.methods.gram import ease_weights, gram, require_room
from tlbench.methods.inverse import TILE, invert
from tlbench.rng import stream


def dense_ease(x, ridge):
    inverse = np.linalg.inv(x.T @ x + np.diag(np.broadcast_to(ridge, x.shape[1])))
    weights = inverse / -np.diag(inverse)
    np.fill_diagonal(weights, 0)
    return weights


def test_scores_are_those_of_a_dense_inverse(training):
    x = training.target.binary.toarray().astype(np.float64)
    scores = Ease(l2=20.0).fit(training, stream(0))(np.arange(training.n_users))
    np.testing.assert_allclose(scores, x @ dense_ease(x, 20.0), atol=1e-5)


def test_each_column_may_have_its_own_penalty():
    x = sparse.random(200, 70, density=0.1, format="csr", dtype=np.float32, random_state=1)
    ridge = np.linspace(1, 30, 70, dtype=np.float32)
    weights = ease_weights(gram(x), ridge)
    np.testing.assert_allclose(weights, dense_ease(x.toarray().astype(np.float64), ridge), atol=1e-5)


def test_gram_is_the_product_with_itself():
    x = sparse.random(300, 150, density=0.1, format="csr", dtype=np.float32, random_state=2)
    np.testing.assert_allclose(gram(x), (x.T @ x).toarray(), rtol=1e-5, atol=1e-6)


def test_a_penalty_that_leaves_the_matrix_singular_is_refused():
    x = sparse.csr_matrix(np.ones((3, 5), dtype=np.float32))
    with pytest.raises(TlbenchError, match="cannot be inverted") as refusal:
        ease_weights(gram(x), 0.0)
    assert "l2" in (refusal.value.hint or "")


@pytest.mark.parametrize("n", [1, TILE, TILE + 1, 2 * TILE + 37])
def test_the_inverse_by_tiles_is_that_of_float64(n):
    x = stream(0, "tests", "inverse").random((n, 40), dtype=np.float32)
    matrix = x @ x.T + np.diag(np.linspace(5, 50, n, dtype=np.float32))
    expected = np.linalg.inv(matrix.astype(np.float64))
    invert(matrix)
    np.testing.assert_allclose(matrix, expected, atol=2e-5 * np.abs(expected).max())


def test_the_inverse_by_tiles_has_the_same_bytes_with_one_thread_and_two():
    x = stream(0, "tests", "inverse").random((TILE + 300, 40), dtype=np.float32)
    start = x @ x.T + 10 * np.eye(len(x), dtype=np.float32)
    results = []
    before = numba.get_num_threads()
    try:
        for threads in (1, min(2, before)):
            numba.set_num_threads(threads)
            matrix = start.copy()
            invert(matrix)
            results.append(matrix.tobytes())
    finally:
        numba.set_num_threads(before)
    assert results[0] == results[1]


def test_more_items_than_memory_allows_are_refused_with_what_is_needed_and_what_fits(monkeypatch):
    monkeypatch.setattr("tlbench.methods.gram.available_memory", lambda: 8 * 2**30)
    require_room(40_000, method="ease", instead="sparse-ease")
    with pytest.raises(
        TlbenchError, match=r"`ease` needs 37\.3 GiB for 100,000 items, 8\.0 GiB are available"
    ) as refusal:
        require_room(100_000, method="ease", instead="sparse-ease")
    assert "`sparse-ease`" in (refusal.value.hint or "")
