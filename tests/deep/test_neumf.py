"""NeuMF against a loop over pairs."""

import numpy as np
import pytest

from tlbench.methods.deep import neumf
from tlbench.methods.deep.draws import Draws
from tlbench.methods.deep.neumf import NeuMf
from tlbench.rng import stream

torch = pytest.importorskip("torch")


@pytest.fixture
def start(training):
    drawn = NeuMf(factors=6).model(training().target, "target").start(Draws(stream(0)))
    rng = np.random.default_rng(0)
    return {name: value + rng.normal(size=value.shape).astype(np.float32) for name, value in drawn.items()}


def literal(p, u, i):
    x = np.concatenate([p["user_inputs"][u], p["item_inputs"][i]])
    x = np.maximum(x @ p["layer_1"] + p["bias_1"], 0)
    x = np.maximum(x @ p["layer_2"] + p["bias_2"], 0)
    return float(np.concatenate([p["users"][u] * p["items"][i], x]) @ p["output"] + p["bias"][0])


def test_scores_are_those_of_the_layers_one_pair_at_a_time(training, start):
    data = training()
    scorer = NeuMf(factors=6).model(data.target, "target").scorer(start)
    expected = [[literal(start, u, i) - start["bias"][0] for i in range(data.n_items)] for u in (0, 7, 24)]
    np.testing.assert_allclose(scorer(np.array([0, 7, 24])), expected, rtol=1e-4, atol=1e-5)


def test_logits_are_those_of_the_layers_one_pair_at_a_time(start):
    users, items = np.array([[0], [3]]), np.array([[1, 4, 2], [0, 5, 5]])
    tensors = {name: torch.from_numpy(value) for name, value in start.items()}
    found = neumf.logits(tensors, torch.from_numpy(users), torch.from_numpy(items))
    expected = [[literal(start, users[b, 0], items[b, c]) for c in range(3)] for b in range(2)]
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-4, atol=1e-5)


def test_the_gradient_is_that_of_differences(start, assert_gradient):
    users, items = torch.tensor([[0], [3]]), torch.tensor([[1, 4, 2], [0, 5, 5]])

    def loss(values):
        every = neumf.logits(values, users, items)
        return neumf.pointwise(every[:, 0], every[:, 1:])

    assert_gradient(loss, start)


def test_it_learns_who_likes_what(training):
    data = training()
    scores = NeuMf(factors=16, epochs=100, rate=0.02).fit(data, stream(0, "fit"))(np.arange(25))
    touched = data.target.matrix[:25].toarray() > 0
    assert scores[touched].mean() > scores[~touched].mean() + 0.5
