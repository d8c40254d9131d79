"""`user-knn`, `p3alpha` and `rp3beta` against plain dense numpy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from tlbench.methods.baselines.p3alpha import P3Alpha
from tlbench.methods.baselines.rp3beta import Rp3Beta
from tlbench.methods.baselines.user_knn import UserKnn
from tlbench.methods.walks import walk_weights
from tlbench.rng import stream


def keep_top(values, k):
    """Keep the k largest of each row above zero; of equals the lower column."""
    out = np.zeros_like(values)
    for row, line in enumerate(values):
        order = np.argsort(-line, kind="stable")[:k]
        out[row, order] = np.maximum(line[order], 0)
    return out


def dense_walk(x, alpha, beta, k, normalise):
    touched = (x > 0).astype(np.float64)
    to_items = np.where(x > 0, (x / x.sum(axis=1, keepdims=True)) ** alpha, 0)
    to_users = np.where(x.T > 0, (touched.T / touched.T.sum(axis=1, keepdims=True)) ** alpha, 0)
    weights = (to_users @ to_items) / touched.sum(axis=0) ** beta
    np.fill_diagonal(weights, 0)
    weights = keep_top(weights, k)
    if normalise:
        weights = weights / weights.sum(axis=1, keepdims=True)
    return keep_top(weights.T, k).T


@pytest.mark.parametrize("normalise", [True, False])
@pytest.mark.parametrize(("alpha", "beta"), [(1.0, 0.0), (1.3, 0.6), (0.5, 1.2)])
def test_walk_weights_are_those_of_dense_numpy(alpha, beta, normalise):
    """Values without ties, so that the cuts are the same whatever the rounding."""
    x = sparse.random(60, 40, density=0.2, format="csr", dtype=np.float32, random_state=4)
    weights = walk_weights(x, alpha=alpha, beta=beta, k=7, normalise=normalise)
    expected = dense_walk(x.toarray().astype(np.float64), alpha, beta, 7, normalise)
    np.testing.assert_allclose(weights.toarray(), expected, rtol=1e-4)


def test_rp3beta_sums_the_weights_of_the_items_of_a_user(training):
    x = training.target.binary
    weights = walk_weights(x, alpha=1.0, beta=0.6, k=100, normalise=True).toarray()
    scores = Rp3Beta().fit(training, stream(0))(np.arange(training.n_users))
    np.testing.assert_allclose(scores, x.toarray() @ weights, rtol=1e-5, atol=1e-6)


def test_p3alpha_is_rp3beta_that_does_not_hold_back_popular_items(training):
    users = np.arange(training.n_users)
    without = Rp3Beta(k=9, alpha=1.2, beta=0.0, normalise=False).fit(training, stream(0))(users)
    np.testing.assert_allclose(P3Alpha(k=9, alpha=1.2).fit(training, stream(0))(users), without, rtol=1e-6)


@pytest.mark.parametrize("direction", ["to-nearest", "from-nearest"])
def test_user_knn_scores_are_those_of_dense_numpy(training, direction):
    x = training.target.binary.toarray().astype(np.float64)
    norms = np.sqrt(x.sum(axis=1))
    similarities = x @ x.T / (np.outer(norms, norms) + 3)
    np.fill_diagonal(similarities, 0)
    kept = keep_top(similarities.astype(np.float32), 5)
    scores = UserKnn(k=5, shrink=3, direction=direction).fit(training, stream(0))(np.arange(len(x)))
    np.testing.assert_allclose(scores, (kept if direction == "to-nearest" else kept.T) @ x, rtol=1e-5, atol=1e-6)
