"""`ease` against the textbook computation in dense float64."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from tlbench.errors import TlbenchError
from tlbench.methods.baselines.ease import Ease
from tlbench.methods.gram import ease_weights, gram
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
    with pytest.raises(TlbenchError, match="5 items") as refusal:
        ease_weights(gram(x), 0.0)
    assert "l2" in (refusal.value.hint or "")
