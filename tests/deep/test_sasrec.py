"""SASRec against a loop over places, and the order of time in histories."""

import math

import numpy as np
import pytest

from tlbench.methods.deep.draws import Draws
from tlbench.methods.deep.histories import Histories
from tlbench.methods.deep.sasrec import SasRec, encoded, next_item_loss
from tlbench.methods.deep.transformer import LENGTH, Encoder
from tlbench.rng import stream

torch = pytest.importorskip("torch")
ENCODER = Encoder(width=6, blocks=2, heads=2, dropout=0.5)


def parameters(seed=0):
    rng = np.random.default_rng(seed)
    start = {**ENCODER.start(Draws(stream(0))), "items": np.zeros((9, 6), dtype=np.float32)}
    return {name: value + 0.3 * rng.normal(size=value.shape) for name, value in start.items()}


def norm(p, name, x):
    return (x - x.mean()) / math.sqrt(x.var() + 1e-12) * p[f"{name}.scale"] + p[f"{name}.shift"]


def linear(p, name, x):
    return x @ p[f"{name}.weight"] + p[f"{name}.bias"]


def gelu(x):
    return np.array([0.5 * v * (1 + math.erf(v / math.sqrt(2))) for v in x])


def literal(p, items):
    """The encoder one place, one head and one block at a time; items are all known."""
    n = len(items)
    places = p["encoder.positions"][LENGTH - n :]
    hidden = [norm(p, "encoder.input", p["items"][item] + places[t]) for t, item in enumerate(items)]
    for block in range(2):
        name, after = f"encoder.{block}", []
        for t in range(n):
            mixed = []
            for head in (slice(0, 3), slice(3, 6)):
                query = linear(p, f"{name}.query", hidden[t])[head]
                weights = [math.exp(query @ linear(p, f"{name}.key", h)[head] / math.sqrt(3)) for h in hidden[: t + 1]]
                values = [linear(p, f"{name}.value", h)[head] for h in hidden[: t + 1]]
                mixed.append(sum(w * v for w, v in zip(weights, values, strict=True)) / sum(weights))
            x = norm(p, f"{name}.attended", hidden[t] + linear(p, f"{name}.mixed", np.concatenate(mixed)))
            narrow = linear(p, f"{name}.narrow", gelu(linear(p, f"{name}.wide", x)))
            after.append(norm(p, f"{name}.done", x + narrow))
        hidden = after
    return np.array(hidden)


def tensors(p):
    return {name: torch.from_numpy(value) for name, value in p.items()}


def test_the_encoder_is_that_of_a_loop_over_places_heads_and_blocks():
    p = parameters()
    found = encoded(tensors(p), ENCODER, torch.from_numpy(p["items"]), torch.tensor([[4, 0, 8, 3]]))
    np.testing.assert_allclose(found[0].numpy(), literal(p, [4, 0, 8, 3]), rtol=1e-9)


def test_padding_changes_nothing():
    p = parameters()
    rows = torch.tensor([[-1, -1, 4, 0, 8]])
    found = encoded(tensors(p), ENCODER, torch.from_numpy(p["items"]), rows)
    np.testing.assert_allclose(found[0, 2:].numpy(), literal(p, [4, 0, 8]), rtol=1e-9)


def test_a_place_does_not_know_what_comes_later():
    p = parameters()
    items = torch.from_numpy(p["items"])
    one, other = (encoded(tensors(p), ENCODER, items, torch.tensor([[4, 0, last]])) for last in (1, 7))
    assert torch.equal(one[0, :2], other[0, :2])
    assert not torch.equal(one[0, 2], other[0, 2])


def test_the_loss_is_the_mean_over_known_places():
    p = parameters()
    items, others = np.array([[-1, 4, 0, 8], [2, 1, 5, 6]]), np.array([[1, 7], [0, 3]])
    every = torch.from_numpy(p["items"])
    hidden = encoded(tensors(p), ENCODER, every, torch.from_numpy(items)[:, :-1])
    terms = []
    for row, t in [(0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]:
        scores = p["items"][[items[row, t + 1], *others[row]]] @ hidden[row, t].numpy()
        terms.append(-math.log(math.exp(scores[0]) / np.exp(scores).sum()))
    found = next_item_loss(hidden, every, torch.from_numpy(items), torch.from_numpy(others))
    assert float(found) == pytest.approx(sum(terms) / len(terms))


def test_the_gradient_is_that_of_differences(assert_gradient):
    items, others = torch.tensor([[-1, 4, 0, 8], [2, 1, 5, 6]]), torch.tensor([[1, 7], [0, 3]])

    def loss(values):
        hidden = encoded(values, ENCODER, values["items"], items[:, :-1])
        return next_item_loss(hidden, values["items"], items, others)

    assert_gradient(loss, parameters())


def test_histories_follow_time_and_equal_moments_come_at_random(training):
    domain = training().target
    domain.timestamps[:] = domain.timestamps % 3
    orders = []
    for seed in (0, 1):
        histories = Histories.of(domain, Draws(stream(seed)), "target")
        for user in range(30):
            row = domain.matrix[user]
            when = dict(zip(row.indices, domain.timestamps[domain.matrix.indptr[user] :], strict=False))
            items = histories.items[histories.indptr[user] : histories.indptr[user + 1]]
            assert sorted(items) == row.indices.tolist()
            assert [when[i] for i in items] == sorted(when.values())
        orders.append(histories.items.tolist())
    assert orders[0] != orders[1]


def test_it_learns_an_order_that_no_model_of_sets_could(training):
    """Users walk a circle of items; whoever stands at item i goes on to i + 1."""
    from dataclasses import replace

    from scipy import sparse

    data, n = training(), 12
    rows = [(np.arange(5) + start) % n for start in range(n) for _ in range(4)]
    users = np.repeat(np.arange(len(rows)), 5)
    flat = np.concatenate(rows)
    order = np.lexsort((flat, users))
    matrix = sparse.csr_matrix((np.ones(len(flat), np.float32), (users, flat)), shape=(len(rows), n))
    domain = replace(data.target, matrix=matrix, timestamps=np.tile(np.arange(5), len(rows))[order])
    scorer = SasRec(factors=16, epochs=60, rate=0.01, dropout=0.0, n_negatives=8, batch_size=16).fit(
        replace(data, target=domain), stream(0, "fit")
    )
    scores = scorer(np.arange(len(rows)))
    scores[matrix.toarray() > 0] = -np.inf
    assert (scores.argmax(axis=1) == [(row[-1] + 1) % n for row in rows]).mean() > 0.9
