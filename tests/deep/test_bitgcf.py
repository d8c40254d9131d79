"""BiTGCF against dense matrices, and its counterpart as what is left of it without an exchange."""

from dataclasses import replace

import numpy as np
import pytest

from tlbench.methods.deep.bitgcf import Bitgcf, OwnBitgcf, domain_loss, propagated
from tlbench.methods.deep.draws import Draws
from tlbench.methods.deep.two_domains import LabelledItems
from tlbench.progress import SILENT
from tlbench.rng import stream

torch = pytest.importorskip("torch")


def model(data, **options):
    return Bitgcf(factors=4, **options).run(data, Draws(stream(0)), SILENT).model


def unit(rows):
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)


def literal(p, data, layers, keep):
    """The paper's two layers, user by user where domains exchange."""
    now, kept, graphs, degrees = {}, {}, {}, {}
    for role, domain in (("target", data.target), ("source", data.source)):
        a = (domain.matrix.toarray() > 0).astype(float)
        degrees[role] = a.sum(axis=1)
        rows, columns = np.maximum(degrees[role], 1), np.maximum(a.sum(axis=0), 1)
        graphs[role] = a / np.sqrt(rows[:, None] * columns)
        now[role] = [p[f"{role}.users"].astype(float), p[f"{role}.items"].astype(float)]
        kept[role] = [list(now[role])]
    for _ in range(layers):
        for role, graph in graphs.items():
            users, items = now[role]
            to_users, to_items = graph @ items, graph.T @ users
            now[role] = [users + to_users + users * to_users, items + to_items + items * to_items]
        for u in data.overlap:
            t, s = now["target"][0][u].copy(), now["source"][0][u].copy()
            n_t, n_s = degrees["target"][u], degrees["source"][u]
            common = (n_t * t + n_s * s) / (n_t + n_s)
            now["target"][0][u] = (keep * t + (1 - keep) * s + common) / 2
            now["source"][0][u] = (keep * s + (1 - keep) * t + common) / 2
        for role in graphs:
            kept[role].append([unit(now[role][0]), unit(now[role][1])])
    return {
        role: tuple(np.concatenate([pair[side] for pair in kept[role]], axis=1) for side in (0, 1)) for role in kept
    }


def test_scores_are_products_of_what_the_layers_leave(training):
    data = training()
    made = model(data, keep=0.7)
    start = made.start(Draws(stream(1)))
    users, items = literal(start, data, 2, 0.7)["target"]
    users[np.r_[25:30]] = 0
    np.testing.assert_allclose(made.scorer(start)(np.arange(30)), users @ items.T, atol=2e-6)


def test_the_loss_is_cross_entropy_and_squares_of_own_vectors(training):
    data = training()
    made = model(data)
    start = made.start(Draws(stream(1)))
    tensors = {name: torch.from_numpy(value) for name, value in start.items()}
    vectors = propagated(tensors, made.graphs, made.exchange, layers=2)
    batch = LabelledItems(torch.tensor([12, 3]), torch.tensor([[1, 4], [2, 0]]))
    users, items = literal(start, data, 2, 0.8)["target"]
    expected = 0.0
    for u, row in ((12, (1, 4)), (3, (2, 0))):
        for item, sign in zip(row, (1, -1), strict=True):
            expected += np.log(1 + np.exp(-sign * (users[u] @ items[item]))) / 4
            expected += 0.1 * (start["target.items"][item] ** 2).sum() / 2 / 2
        expected += 0.1 * (start["target.users"][u] ** 2).sum() / 2 / 2
    assert float(domain_loss(tensors, vectors, "target", batch, l2=0.1)) == pytest.approx(expected, rel=1e-5)


def test_the_gradient_crosses_from_target_scores_to_source_items(training):
    data = training()
    made = model(data)
    tensors = {n: torch.from_numpy(v).requires_grad_() for n, v in made.start(Draws(stream(1))).items()}
    users, items = propagated(tensors, made.graphs, made.exchange, layers=2)["target"]
    (users[12] @ items[3]).backward()
    assert tensors["source.items"].grad.abs().sum() > 0


def test_without_shared_users_it_is_its_counterpart_to_the_bit(training):
    data = replace(training(), overlap=np.empty(0, dtype=np.int64))
    fits = [method(epochs=3).fit(data, stream(0, "fit"))(np.arange(30)) for method in (Bitgcf, OwnBitgcf)]
    assert fits[0].tobytes() == fits[1].tobytes()


def test_a_user_who_is_new_to_the_target_gets_scores_from_the_source(training):
    data = training()
    target = data.target.matrix.toarray()
    target[20] = 0
    from scipy import sparse

    domain = replace(data.target, matrix=sparse.csr_matrix(target), timestamps=None)
    data = replace(data, target=domain)
    bitgcf, own = (method(epochs=3).fit(data, stream(0, "fit")) for method in (Bitgcf, OwnBitgcf))
    assert np.ptp(bitgcf(np.array([20]))) > 0
    assert np.ptp(own(np.array([20]))) == 0
