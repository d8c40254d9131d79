"""Pooled models against dense computations of the same formulas, and against their counterparts at weight 0."""

import numpy as np
import pytest

from tlbench.errors import TlbenchError
from tlbench.methods.baselines.ease import Ease
from tlbench.methods.baselines.item_knn import ItemKnn
from tlbench.methods.transfer.pooled_ease import PooledEase
from tlbench.methods.transfer.pooled_item_knn import PooledItemKnn
from tlbench.methods.transfer.pooling import pooled, source_weights

RNG = np.random.default_rng


def dense(data):
    return (data.target.matrix.toarray() > 0).astype(float), [
        (s.matrix.toarray() > 0).astype(float) for s in data.sources
    ]


def test_pooled_ease_is_ridge_regression_of_each_target_column_on_all_other_columns(training):
    data = training(n_sources=2)
    target, sources = dense(data)
    x = np.hstack([target, 0.5 * sources[0], 0.2 * sources[1]])
    expected = np.empty_like(target)
    for j in range(target.shape[1]):
        others = np.delete(np.arange(x.shape[1]), j)
        a = x[:, others]
        expected[:, j] = a @ np.linalg.solve(a.T @ a + 30.0 * np.eye(len(others)), a.T @ x[:, j])
    found = PooledEase(l2=30.0, weight=(0.5, 0.2)).fit(data, RNG(0))(np.arange(data.n_users))
    np.testing.assert_allclose(found, expected, atol=2e-4)


def test_pooled_item_knn_sums_the_k_strongest_similarities_of_all_domains(training):
    data = training()
    target, (source,) = dense(data)
    n_items, weight, k, shrink = target.shape[1], 0.6, 7, 3.0
    x = np.hstack([target, source])
    expected = np.zeros_like(target)
    for j in range(n_items):
        similarity = np.zeros(x.shape[1])
        for i in range(x.shape[1]):
            if i == j:
                continue
            norms = np.linalg.norm(x[:, i]) * np.linalg.norm(target[:, j])
            similarity[i] = (x[:, i] @ target[:, j]) / (norms + shrink) * (weight if i >= n_items else 1.0)
        similarity = similarity.astype(np.float32)
        nearest = sorted(range(x.shape[1]), key=lambda i: (-similarity[i], i))[:k]
        expected[:, j] = sum(similarity[i] * x[:, i] for i in nearest)
    found = PooledItemKnn(k=k, shrink=shrink, weight=weight).fit(data, RNG(0))(np.arange(data.n_users))
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize(
    ("method", "counterpart"),
    [(PooledEase(weight=0.0), Ease()), (PooledItemKnn(weight=0.0), ItemKnn())],
)
def test_a_pooled_model_without_weight_on_the_source_is_its_counterpart(training, method, counterpart):
    data = training()
    users = np.arange(data.n_users)
    np.testing.assert_allclose(method.fit(data, RNG(0))(users), counterpart.fit(data, RNG(0))(users), atol=1e-6)


def test_the_pooled_matrix_has_the_target_first_and_the_weights_as_values(training):
    data = training(n_sources=2)
    target, sources = dense(data)
    found = pooled(data, (0.5, 0.0)).toarray()
    np.testing.assert_array_equal(found, np.hstack([target, 0.5 * sources[0], 0.0 * sources[1]]))


@pytest.mark.parametrize("weight", [(0.5,), -0.1])
def test_weights_that_do_not_fit_the_sources_are_refused(weight):
    with pytest.raises(TlbenchError, match="weight"):
        source_weights(weight, 2)
