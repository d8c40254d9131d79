"""`slim` against scikit-learn's elastic net, `sparse-ease` against `ease` and dense numpy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from tlbench.methods.baselines.ease import Ease
from tlbench.methods.baselines.slim import Slim
from tlbench.methods.baselines.sparse_ease import SparseEase
from tlbench.methods.gram import ease_weights, gram
from tlbench.methods.local import local_ease
from tlbench.methods.slim import slim_weights
from tlbench.rng import stream


@pytest.mark.parametrize(("alpha", "l1_ratio"), [(0.02, 0.3), (0.1, 1e-4), (0.01, 1.0)])
def test_slim_columns_are_those_of_an_elastic_net(training, alpha, l1_ratio):
    from sklearn.linear_model import ElasticNet

    x = training.target.binary.toarray().astype(np.float64)
    strength = alpha * len(x)
    weights = slim_weights(
        gram(training.target.binary), l1=strength * l1_ratio, l2=strength * (1 - l1_ratio), k=1000, tolerance=1e-9
    ).toarray()
    net = ElasticNet(alpha=alpha, l1_ratio=l1_ratio, positive=True, fit_intercept=False, max_iter=10_000, tol=1e-10)
    for item in range(training.n_items - 1):
        others = x.copy()
        others[:, item] = 0
        np.testing.assert_allclose(weights[:, item], net.fit(others, x[:, item]).coef_, atol=2e-4)


def test_slim_scores_with_penalties_that_count_users_as_scikit_learn_does(training):
    x = training.target.binary
    strength = 0.05 * training.target.n_active_users
    weights = slim_weights(gram(x), l1=strength * 0.2, l2=strength * 0.8, k=10)
    scores = Slim(k=10, alpha=0.05, l1_ratio=0.2).fit(training, stream(0))(np.arange(training.n_users))
    np.testing.assert_allclose(scores, (x @ weights).toarray(), rtol=1e-5, atol=1e-6)


def test_slim_keeps_the_largest_weights_of_each_item():
    x = sparse.random(300, 60, density=0.1, format="csr", dtype=np.float32, random_state=5)
    full = slim_weights(gram(x), l1=0.01, l2=1.0, k=60).toarray()
    cut = slim_weights(gram(x), l1=0.01, l2=1.0, k=3).toarray()
    for item in range(60):
        kept = np.flatnonzero(cut[:, item])
        np.testing.assert_array_equal(cut[kept, item], full[kept, item])
        assert len(kept) == 3
        assert full[kept, item].min() >= np.delete(full[:, item], kept).max()


def test_sparse_ease_with_all_items_as_neighbours_is_ease():
    """All items are connected here, so that every pair has a product above zero."""
    rng = stream(0, "tests", "dense")
    x = sparse.csr_matrix((rng.random((200, 25)) < 0.4).astype(np.float32))
    weights = local_ease(x, l2=5.0, neighbours=25).toarray()
    np.testing.assert_allclose(weights, ease_weights(gram(x), 5.0), atol=1e-4)


def test_sparse_ease_is_the_same_without_room_for_all_products(training, monkeypatch):
    roomy = local_ease(training.target.binary, l2=5.0, neighbours=10)
    monkeypatch.setattr("tlbench.methods.local.available_memory", lambda: 0)
    tight = local_ease(training.target.binary, l2=5.0, neighbours=10)
    np.testing.assert_array_equal(tight.toarray(), roomy.toarray())


def test_sparse_ease_keeps_its_quality_where_every_popular_item_meets_every_other():
    rng = stream(0, "tests", "popular")
    x = sparse.csr_matrix((rng.random((400, 120)) < np.linspace(0.8, 0.05, 120)).astype(np.float32))
    weights = local_ease(x, l2=50.0, neighbours=60).toarray()
    dense = ease_weights(gram(x), 50.0)
    assert np.corrcoef((x @ dense).ravel(), (x @ weights).ravel())[0, 1] > 0.9


def test_sparse_ease_solves_the_equations_of_its_neighbours(training):
    x = training.target.binary.toarray().astype(np.float64)
    weights = SparseEase(l2=4.0, neighbours=6).fit(training, stream(0)).weights.toarray()
    products = x.T @ x
    for item in range(training.n_items - 1):
        near = np.flatnonzero(weights[:, item])
        if len(near) < 6:
            continue
        local = products[np.ix_(near, near)] + 4.0 * np.eye(len(near))
        np.testing.assert_allclose(weights[near, item], np.linalg.solve(local, products[near, item]), atol=1e-3)


def test_sparse_ease_ranks_nearly_as_ease(training):
    users = np.arange(80)
    exact = Ease(l2=20.0).fit(training, stream(0))(users)
    sparse_scores = SparseEase(l2=20.0, neighbours=30).fit(training, stream(0))(users)
    assert np.corrcoef(exact.ravel(), sparse_scores.ravel())[0, 1] > 0.98
