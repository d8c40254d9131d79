"""PTUPCDR against a loop over pairs, and what it leaves as its counterpart has it."""

from dataclasses import replace

import numpy as np
import pytest

from tlbench.methods.deep.draws import Draws
from tlbench.methods.deep.gmf import Gmf
from tlbench.methods.deep.ptupcdr import Ptupcdr
from tlbench.methods.deep.samples import Pairs
from tlbench.progress import SILENT
from tlbench.rng import stream

torch = pytest.importorskip("torch")


def made(data, **parameters):
    run = Ptupcdr(factors=4, hidden=5, pretraining=2, scale=0.5, **parameters).run(
        data, Draws(stream(0, "fit")), SILENT
    )
    rng = np.random.default_rng(0)
    start = {
        name: (v + 0.3 * rng.normal(size=v.shape)).astype(np.float32) for name, v in run.model.start(run.draws).items()
    }
    return run.model, start


def literal(model, p, user):
    """One user's mapped vector, from the paper's equations."""
    items = model.items[model.source.matrix[user].indices].astype(float)
    hidden = np.maximum(items @ p["bridge.event"] + p["bridge.event_bias"], 0)
    weights = np.exp(hidden @ p["bridge.attention"][:, 0])
    preferences = sum(w * v for w, v in zip(weights, items, strict=True)) / weights.sum()
    hidden = np.maximum(preferences @ p["bridge.hidden"] + p["bridge.hidden_bias"], 0)
    matrix = (hidden @ p["bridge.matrix"] + p["bridge.matrix_bias"]).reshape(4, 4)
    return model.users[user] @ matrix


def test_a_cold_user_is_scored_by_its_own_bridge_and_the_others_as_by_the_counterpart(training):
    model, p = made(training())
    scores = model.scorer(p)(np.arange(30))
    own = model.own.scorer({name: p[name] for name in ("users", "items", "output", "bias")})(np.arange(30))
    np.testing.assert_array_equal(scores[:25], own[:25])
    for user in range(25, 29):
        np.testing.assert_allclose(
            scores[user], (literal(model, p, user) * p["output"]) @ p["items"].T, rtol=1e-4, atol=1e-5
        )
    assert not scores[29].any()


def test_the_loss_is_that_of_its_pairs_one_at_a_time(training):
    model, p = made(training())
    pairs = Pairs(*(np.array(each) for each in ([12, 3, 20], [0, 1, 2], [[5, 6], [7, 8], [9, 10]])))
    rows = np.array([True, False, True])
    expected = []
    for place in (0, 2):
        vector = literal(model, p, pairs.users[place]) * p["output"]
        for sign, item in ((1, pairs.items[place]), *((-1, other) for other in pairs.negatives[place])):
            expected.append(np.log(1 + np.exp(-sign * (vector @ p["items"][item] + p["bias"][0]))))
    tensors = {name: torch.from_numpy(value) for name, value in p.items()}
    assert float(model.bridge_loss(tensors, pairs, rows)) == pytest.approx(np.mean(expected), rel=1e-4)


@pytest.mark.filterwarnings("ignore:Sparse CSR tensor support:UserWarning")
def test_the_bridges_gradient_is_that_of_differences_and_leaves_the_target_alone(training, assert_gradient):
    model, p = made(training())
    histories = model.histories
    wide = type(histories)(histories.matrix.double(), histories.transposed.double())
    exact = replace(model, users=model.users.astype(np.float64), items=model.items.astype(np.float64))
    exact.__dict__["histories"] = wide
    bridge = {name: value for name, value in p.items() if name.startswith("bridge.")}
    users = np.array([12, 20, 24])
    assert_gradient(lambda values: exact.bridged(values, users).square().sum(), bridge)
    tensors = {name: torch.from_numpy(value).requires_grad_() for name, value in p.items()}
    pairs = Pairs(users, np.array([0, 1, 2]), np.array([[5], [6], [7]]))
    model.bridge_loss(tensors, pairs, np.ones(3, dtype=bool)).backward()
    assert {name for name, value in tensors.items() if value.grad is not None} == set(bridge)


def test_users_with_target_history_get_the_counterparts_bits(training):
    data, options = training(), {"factors": 8, "epochs": 3}
    fits = [
        each.fit(data, stream(0, "fit"))(np.arange(25)) for each in (Ptupcdr(**options, pretraining=2), Gmf(**options))
    ]
    np.testing.assert_array_equal(fits[0], fits[1])


def test_it_learns_what_a_cold_user_likes(training):
    """The target repeats what the source says; users 20 to 24 lose their target rows."""
    data = training(n_items=15)
    copied = data.source.matrix.copy()
    target = copied.toarray()
    target[20:] = 0
    domain = replace(data.target, matrix=type(copied)(target), timestamps=None)
    fitted = Ptupcdr(factors=8, epochs=150, rate=0.02, pretraining=100).fit(
        replace(data, target=domain), stream(0, "fit")
    )
    scores, liked = fitted(np.arange(20, 25)), copied[20:25].toarray() > 0
    assert scores[liked].mean() > scores[~liked].mean() + 0.2
