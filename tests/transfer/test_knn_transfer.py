"""Neighbours in the source, written out user by user."""

import numpy as np

from tlbench.methods.transfer.knn_transfer import KnnTransfer


def test_knn_transfer_sums_target_history_of_the_nearest_source_users(training):
    data = training(n_sources=2)
    target = (data.target.matrix.toarray() > 0).astype(float)
    source = np.hstack([(s.matrix.toarray() > 0).astype(float) for s in data.sources])
    k, shrink = 6, 2.0
    expected = np.zeros_like(target)
    for u in range(data.n_users):
        space = source if source[u].any() else target
        similarity = np.zeros(data.n_users)
        for v in range(data.n_users):
            if v != u and target[v].any():
                similarity[v] = space[u] @ space[v] / (np.linalg.norm(space[u]) * np.linalg.norm(space[v]) + shrink)
        similarity = similarity.astype(np.float32)
        for v in sorted(range(data.n_users), key=lambda v: (-similarity[v], v))[:k]:
            expected[u] += similarity[v] * target[v]
    found = KnnTransfer(k=k, shrink=shrink).fit(data, np.random.default_rng(0))(np.arange(data.n_users))
    np.testing.assert_allclose(found, expected, atol=1e-5)
