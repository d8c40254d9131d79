"""CoNet against a loop over pairs, and its counterpart as what is left of it without connections."""

from dataclasses import replace

import numpy as np
import pytest

from tlbench.methods.deep.conet import Conet, Inputs, OwnConet, Taken, cross_norms, crossed
from tlbench.methods.deep.draws import Draws
from tlbench.progress import SILENT
from tlbench.rng import stream

torch = pytest.importorskip("torch")


def model(data, method=Conet):
    return method(factors=4).run(data, Draws(stream(0)), SILENT).model


def start(made):
    rng = np.random.default_rng(0)
    drawn = made.start(Draws(stream(0)))
    return {name: (value + 0.3 * rng.normal(size=value.shape)).astype(np.float32) for name, value in drawn.items()}


def literal(p, data, u, i):
    """One pair's logit, layer after layer, from the paper's equations."""
    own = np.concatenate([p["target.users"][u], p["target.items"][i]])
    items = data.source.matrix[u].indices
    mean = p["source.items"][items].mean(axis=0) if len(items) else np.zeros(4)
    there = np.concatenate([p["source.users"][u], mean])
    open_ = float(u in data.overlap)
    for layer in (1, 2):
        cross = open_ * p[f"cross_{layer}"]
        own, there = (
            np.maximum(own @ p[f"target.layer_{layer}"] + p[f"target.bias_{layer}"] + there @ cross, 0),
            np.maximum(there @ p[f"source.layer_{layer}"] + p[f"source.bias_{layer}"] + own @ cross, 0),
        )
    return own @ p["target.output"] + p["target.bias"][0]


def test_scores_are_those_of_the_layers_one_pair_at_a_time(training):
    data = training()
    made = model(data)
    p = start(made)
    expected = [[literal(p, data, u, i) for i in range(data.n_items)] for u in (0, 12, 24)]
    np.testing.assert_allclose(made.scorer(p)(np.array([0, 12, 24])), expected, rtol=1e-4, atol=1e-5)


def test_the_gradient_is_that_of_differences_and_crosses(assert_gradient, training):
    made = model(training())
    p = start(made)
    users, items = torch.tensor([[2], [0], [1]]), torch.tensor([[5, 1], [0, 5], [3, 3]])

    def loss(values):
        own, there = (
            Inputs(Taken.once(values[f"{role}.users"], users), Taken.once(values[f"{role}.items"], rows))
            for role, rows in (("target", items), ("source", items[:, :1]))
        )
        return crossed(values, "target", own, there).square().sum() + cross_norms(values)

    assert_gradient(loss, p)
    tensors = {n: torch.from_numpy(v).requires_grad_() for n, v in p.items()}
    made.logits(tensors, "target", torch.tensor([12]), torch.arange(12)[None], shared=True).sum().backward()
    assert tensors["source.items"].grad.abs().sum() > 0


def test_without_shared_users_it_is_its_counterpart_to_the_bit(training):
    data = replace(training(), overlap=np.empty(0, dtype=np.int64))
    fits = [m(epochs=3).fit(data, stream(0, "fit"))(np.arange(25)) for m in (Conet, OwnConet)]
    np.testing.assert_array_equal(fits[0], fits[1])


def test_it_learns_who_likes_what(training):
    data = training()
    scores = Conet(factors=16, epochs=100, rate=0.02).fit(data, stream(0, "fit"))(np.arange(25))
    touched = data.target.matrix[:25].toarray() > 0
    assert scores[touched].mean() > scores[~touched].mean() + 0.5
