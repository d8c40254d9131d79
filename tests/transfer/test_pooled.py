"""Pooled models against dense computations of the same formulas, and against their counterparts at weight 0."""

import numpy as np
import pytest
from sklearn.linear_model import ElasticNet, Ridge

from tlbench.errors import TlbenchError
from tlbench.methods.baselines.ease import Ease
from tlbench.methods.baselines.item_knn import ItemKnn
from tlbench.methods.baselines.popularity import Popularity
from tlbench.methods.baselines.rp3beta import Rp3Beta
from tlbench.methods.baselines.slim import Slim
from tlbench.methods.baselines.user_knn import UserKnn
from tlbench.methods.transfer.link_similarity import LinkSimilarity
from tlbench.methods.transfer.linked_ease import LinkedEase
from tlbench.methods.transfer.linked_slim import LinkedSlim
from tlbench.methods.transfer.pooled_ease import PooledEase
from tlbench.methods.transfer.pooled_item_knn import PooledItemKnn
from tlbench.methods.transfer.pooled_popularity import PooledPopularity
from tlbench.methods.transfer.pooled_rp3beta import PooledRp3Beta
from tlbench.methods.transfer.pooled_slim import PooledSlim
from tlbench.methods.transfer.pooled_user_knn import PooledUserKnn
from tlbench.methods.transfer.pooling import pooled, source_weights
from tlbench.methods.transfer.text_knn import TextKnn

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


def test_pooled_item_knn_sums_the_k_strongest_similarities_of_each_domain(training):
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
        near = [
            sorted(part, key=lambda i: (-similarity[i], i))[:k] for part in (range(n_items), range(n_items, x.shape[1]))
        ]
        nearest = near[0] + near[1]
        expected[:, j] = sum(similarity[i] * x[:, i] for i in nearest)
    found = PooledItemKnn(k=k, shrink=shrink, weight=weight).fit(data, RNG(0))(np.arange(data.n_users))
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_pooled_user_knn_sums_target_history_of_the_users_most_alike_in_all_domains(training):
    data = training(n_sources=2)
    target, sources = dense(data)
    x = np.hstack([target, 0.5 * sources[0], 0.2 * sources[1]])
    k, shrink = 6, 2.0
    expected = np.zeros_like(target)
    norms = np.linalg.norm(x, axis=1)
    for u in range(data.n_users):
        similarity = np.zeros(data.n_users)
        for v in range(data.n_users):
            if v != u and target[v].any():
                similarity[v] = x[u] @ x[v] / (norms[u] * norms[v] + shrink)
        for v in sorted(range(data.n_users), key=lambda v: (-np.float32(similarity[v]), v))[:k]:
            expected[u] += similarity[v] * target[v]
    found = PooledUserKnn(k=k, shrink=shrink, weight=(0.5, 0.2)).fit(data, RNG(0))(np.arange(data.n_users))
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_pooled_rp3beta_is_a_three_step_walk_on_the_graph_of_all_domains(training):
    data = training()
    target, (source,) = dense(data)
    x = np.hstack([target, 0.3 * source])
    from_user = x / np.maximum(x.sum(axis=1, keepdims=True), 1e-12)
    item_degree = np.maximum((x > 0).sum(axis=0), 1)
    from_item = (x > 0).T / item_degree[:, None]
    walk = (from_item @ from_user)[:, : data.n_items] / item_degree[: data.n_items] ** 0.6
    np.fill_diagonal(walk, 0.0)
    found = PooledRp3Beta(k=1000, normalise=False, weight=0.3).fit(data, RNG(0))(np.arange(data.n_users))
    np.testing.assert_allclose(found, x @ walk, rtol=1e-4, atol=1e-6)


def test_pooled_slim_is_an_elastic_net_of_each_target_column_on_all_other_columns(training):
    data = training(n_users=80, n_items=10, n_source_items=12)
    target, (source,) = dense(data)
    x = np.hstack([target, 0.5 * source])
    expected = np.zeros_like(target)
    # scikit-learn divides the squared error by the number of rows, not all of which are the target's users
    alpha = 0.02 * data.target.n_active_users / len(x)
    for j in range(data.n_items):
        others = np.delete(np.arange(x.shape[1]), j)
        net = ElasticNet(alpha=alpha, l1_ratio=0.3, positive=True, fit_intercept=False, tol=1e-10, max_iter=100_000)
        expected[:, j] = x[:, others] @ net.fit(x[:, others], x[:, j]).coef_
    found = PooledSlim(alpha=0.02, l1_ratio=0.3, weight=0.5).fit(data, RNG(0))(np.arange(data.n_users))
    np.testing.assert_allclose(found, expected, atol=5e-3)


def below(data, weight):
    """Target rows, and below them the source's in the columns of the target items that its items are linked to."""
    target, (source,) = dense(data)
    links = data.item_alignments[0]
    moved = np.zeros_like(target)
    for s, t, score in zip(links.source_item, links.target_item, links.score, strict=True):
        moved[:, t] = weight * score * source[:, s]
    assert moved.any()
    return target, np.vstack([target, moved])


def test_linked_ease_regresses_each_item_on_all_others_over_the_users_of_both_domains(training):
    data = training()
    target, x = below(data, 0.5)
    expected = np.zeros_like(target)
    for j in range(data.n_items):
        others = np.delete(np.arange(data.n_items), j)
        expected[:, j] = target[:, others] @ Ridge(alpha=30.0, fit_intercept=False).fit(x[:, others], x[:, j]).coef_
    found = LinkedEase(l2=30.0, weight=0.5).fit(data, RNG(0))(np.arange(data.n_users))
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_linked_slim_is_an_elastic_net_over_the_users_of_both_domains(training):
    data = training(n_users=80, n_items=10, n_source_items=12)
    target, x = below(data, 0.5)
    expected = np.zeros_like(target)
    # scikit-learn divides the squared error by the number of rows, not all of which are the target's users
    alpha = 0.02 * data.target.n_active_users / len(x)
    for j in range(data.n_items):
        others = np.delete(np.arange(data.n_items), j)
        net = ElasticNet(alpha=alpha, l1_ratio=0.3, positive=True, fit_intercept=False, tol=1e-10, max_iter=100_000)
        expected[:, j] = target[:, others] @ net.fit(x[:, others], x[:, j]).coef_
    found = LinkedSlim(alpha=0.02, l1_ratio=0.3, weight=0.5).fit(data, RNG(0))(np.arange(data.n_users))
    np.testing.assert_allclose(found, expected, atol=5e-3)


@pytest.mark.parametrize(
    ("method", "counterpart"),
    [
        (PooledEase(weight=0.0), Ease()),
        (PooledItemKnn(weight=0.0), ItemKnn()),
        (PooledUserKnn(weight=0.0), UserKnn()),
        (PooledRp3Beta(weight=0.0), Rp3Beta()),
        (PooledSlim(weight=0.0), Slim()),
        (PooledPopularity(weight=0.0), Popularity()),
        (LinkSimilarity(weight=0.0), ItemKnn()),
        (LinkedEase(weight=0.0), Ease()),
        (LinkedSlim(weight=0.0), Slim()),
        (TextKnn(weight=0.0), ItemKnn()),
    ],
    ids=lambda method: type(method).__name__,
)
def test_a_pooled_model_without_weight_on_the_source_is_its_counterpart(training, method, counterpart):
    data = training()
    users = np.arange(data.n_users)
    np.testing.assert_allclose(method.fit(data, RNG(0))(users), counterpart.fit(data, RNG(0))(users), atol=1e-6)


def test_the_pooled_matrix_has_the_target_first_and_the_weights_as_values(training):
    data = training(n_sources=2)
    target, sources = dense(data)
    found = pooled(data, (0.5, 0.0)).toarray()
    np.testing.assert_array_equal(found, np.hstack([target, 0.5 * sources[0]]))


@pytest.mark.parametrize("weight", [(0.5,), -0.1])
def test_weights_that_do_not_fit_the_sources_are_refused(weight):
    with pytest.raises(TlbenchError, match="weight"):
        source_weights(weight, 2)
