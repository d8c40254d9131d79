"""LightGCN against dense matrices."""

import numpy as np
import pytest

from tlbench.methods.deep import lightgcn
from tlbench.methods.deep.draws import Draws
from tlbench.methods.deep.lightgcn import LightGcn
from tlbench.rng import stream

torch = pytest.importorskip("torch")
_graph = pytest.importorskip("tlbench.methods.deep._graph")

BATCH = ([0, 3, 3], [1, 2, 5], [4, 0, 7])


def dense_graph(matrix):
    """The paper's D^-1/2 A D^-1/2 over users and items together."""
    n_users, n_items = matrix.shape
    a = np.zeros((n_users + n_items,) * 2)
    a[:n_users, n_users:] = matrix.toarray() > 0
    a[n_users:, :n_users] = a[:n_users, n_users:].T
    degree = a.sum(axis=1)
    scale = np.divide(1, np.sqrt(degree), out=np.zeros_like(degree), where=degree > 0)
    return scale[:, None] * a * scale


def literal(parameters, matrix, layers):
    every = np.concatenate([parameters["users"], parameters["items"]]).astype(float)
    graph, total = dense_graph(matrix), every.copy()
    for _ in range(layers):
        every = graph @ every
        total += every
    total /= layers + 1
    return total[: matrix.shape[0]], total[matrix.shape[0] :]


@pytest.mark.parametrize("layers", [0, 1, 3])
def test_scores_are_products_of_averages_over_the_graph(training, layers):
    data = training()
    model = LightGcn(factors=5, layers=layers).model(data.target, "target")
    start = model.start(Draws(stream(0)))
    users, items = literal(start, data.target.matrix, layers)
    users[np.diff(data.target.matrix.indptr) == 0] = 0
    np.testing.assert_allclose(model.scorer(start)(np.arange(30)), users @ items.T, atol=1e-6)


def test_the_loss_is_the_papers(training):
    data = training()
    start = LightGcn(factors=5).model(data.target, "target").start(Draws(stream(0)))
    users, items = literal(start, data.target.matrix, 2)
    expected = 0.0
    for u, i, j in zip(*BATCH, strict=True):
        margin = users[u] @ items[i] - users[u] @ items[j]
        expected += np.log(1 + np.exp(-margin)) / 3
        for own in (start["users"][u], start["items"][i], start["items"][j]):
            expected += 0.1 * (own**2).sum() / 2 / 3
    tensors = {name: torch.from_numpy(value) for name, value in start.items()}
    graph = _graph.Graph.of(data.target.matrix)
    found = lightgcn.loss(tensors, graph, tuple(map(torch.tensor, BATCH)), layers=2, l2=0.1)
    assert float(found) == pytest.approx(expected, rel=1e-5)


@pytest.mark.filterwarnings("ignore:Sparse CSR tensor support:UserWarning")
def test_the_gradient_through_the_graph_is_that_of_differences(training, assert_gradient):
    data = training()
    start = LightGcn(factors=3).model(data.target, "target").start(Draws(stream(0)))
    weights = _graph.Graph.of(data.target.matrix).to_users
    product = _graph.Product(weights.matrix.double(), weights.transposed.double())
    graph = _graph.Graph(product, product.back)
    batch = tuple(map(torch.tensor, BATCH))
    assert_gradient(lambda values: lightgcn.loss(values, graph, batch, layers=2, l2=0.1), start)


def test_it_learns_who_likes_what(training):
    data = training()
    scores = LightGcn(factors=16, epochs=60, rate=0.02).fit(data, stream(0, "fit"))(np.arange(25))
    touched = data.target.matrix[:25].toarray() > 0
    assert scores[touched].mean() > scores[~touched].mean() + 0.5
