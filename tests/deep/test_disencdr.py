"""DisenCDR: encoders, divergences and losses against dense matrices and loops, and its counterpart to the bit."""

import math
from dataclasses import replace

import numpy as np
import pytest

from tlbench.methods.deep.disencdr import Codes, DisenCdr, OwnDisenCdr
from tlbench.methods.deep.draws import Draws
from tlbench.methods.deep.two_domains import LabelledItems
from tlbench.methods.deep.vbge import Gaussian
from tlbench.progress import SILENT
from tlbench.rng import stream

torch = pytest.importorskip("torch")


def made(data, method=DisenCdr):
    run = method(factors=4, batch_size=64, divergence=0.5).run(data, Draws(stream(0)), SILENT)
    rng = np.random.default_rng(0)
    start = run.model.start(run.draws)
    return run.model, {name: (v + 0.3 * rng.normal(size=v.shape)).astype(np.float32) for name, v in start.items()}


def tensors(p):
    return {name: torch.from_numpy(value) for name, value in p.items()}


def leaky(x):
    return np.where(x > 0, x, 0.1 * x)


def mean_rows(pattern):
    return pattern / np.maximum(pattern.sum(axis=1, keepdims=True), 1)


def layer(p, name, forth, back, x):
    """One layer with dense means: there, back, joined with the start."""
    out = leaky(forth @ x @ p[f"{name}.out"] + p[f"{name}.out_bias"])
    found = {}
    for head in ("next", "mean", "size"):
        if f"{name}.{head}.back" in p:
            around = leaky(back @ out @ p[f"{name}.{head}.back"] + p[f"{name}.{head}.back_bias"])
            found[head] = np.hstack([around, x]) @ p[f"{name}.{head}.joined"] + p[f"{name}.{head}.joined_bias"]
    return found


def softplus(x):
    return np.log1p(np.exp(x)) + 1e-3


def literal(data, p):
    """What every encoder gives without chance: means and deviations by name, and those of both domains."""
    found, crossing = {}, {}
    for role, domain in (("target", data.target), ("source", data.source)):
        pattern = domain.matrix.toarray()
        ways = mean_rows(pattern.T), mean_rows(pattern)
        for kind, vectors in (("users", "users"), ("items", "items"), ("share", "users")):
            order = ways if kind != "items" else ways[::-1]
            hidden = np.maximum(layer(p, f"{role}.{kind}.0", *order, p[f"{role}.{vectors}"].astype(float))["next"], 0)
            last = layer(p, f"{role}.{kind}.1", *order, hidden)
            found[f"{role}.{kind}"] = last["mean"], softplus(last["size"])
        crossing[role] = ways, domain.matrix.nnz / (data.target.matrix.nnz + data.source.matrix.nnz)
    mixed = sum(
        share * np.maximum(layer(p, f"{role}.cross.0", *ways, p[f"{role}.cross"].astype(float))["next"], 0)
        for role, (ways, share) in crossing.items()
    )
    last = {role: layer(p, f"{role}.cross.1", *ways, mixed) for role, (ways, _) in crossing.items()}
    both = [sum(crossing[role][1] * last[role][head] for role in last) for head in ("mean", "size")]
    return found, (both[0], softplus(both[1]))


def kl(mean, size, to_mean, to_size):
    total = 0.0
    for m, s, n, t in zip(mean, size, to_mean, to_size, strict=True):
        total += math.log(t / s) + (s * s + (m - n) ** 2) / (2 * t * t) - 0.5
    return total


def test_scores_are_products_of_what_a_user_is_in_one_and_in_both_domains(training):
    data = training()
    model, p = made(data)
    found, both = literal(data, p)
    users = found["target.users"][0].copy()
    users[data.overlap] += both[0][data.overlap]
    scores = model.scorer(p)(np.arange(30))
    expected = users @ found["target.items"][0].T
    np.testing.assert_allclose(scores[:25], expected[:25], rtol=1e-4, atol=1e-4)
    assert not scores[25:].any()


def test_losses_are_those_of_pairs_and_of_divergences_one_at_a_time(training):
    data = training()
    model, p = made(data)
    found, both = literal(data, p)
    codes = Codes.of(model, tensors(p), {})
    batch = LabelledItems(torch.tensor([3, 12]), torch.tensor([[0, 5], [1, 2]]))
    entropy = 0.0
    for user, items in ((3, (0, 5)), (12, (1, 2))):
        vector = found["target.users"][0][user] + (both[0][user] if user in data.overlap else 0)
        for sign, item in zip((-1, 1), items, strict=True):
            entropy += np.log1p(np.exp(sign * vector @ found["target.items"][0][item])) / 4
    nnz, zero, one = data.target.matrix.nnz, np.zeros(4), np.ones(4)
    own = sum(kl(*(each[u] for each in found["target.users"]), zero, one) for u in range(25)) / nnz
    items = sum(kl(*(each[i] for each in found["target.items"]), zero, one) for i in range(12)) / nnz
    assert float(codes.loss(model, "target", batch)) == pytest.approx(entropy + 0.5 * (own + items), rel=1e-4)
    crossing = 0.0
    for user in data.overlap:
        code = both[0][user], both[1][user]
        crossing += 0.1 * kl(*code, zero, one)
        crossing += 0.9 * sum(
            kl(*code, *(each[user] for each in found[f"{role}.share"])) for role in ("target", "source")
        )
    per_user = nnz / 25 + data.source.matrix.nnz / 19
    assert float(codes.shared_divergence(model)) == pytest.approx(crossing / len(data.overlap) / per_user / 2, rel=1e-4)


def test_the_gradient_is_that_of_differences_and_crosses(assert_gradient, training):
    data = training()
    rng = np.random.default_rng(0)
    start = {name: rng.normal(size=(5, 3)) for name in ("mean", "raw", "to_mean", "to_raw")}

    def loss(values):
        here, there = Gaussian.of(values["mean"], values["raw"]), Gaussian.of(values["to_mean"], values["to_raw"])
        rows = torch.tensor([0, 2, 3])
        return here.divergence(rows, there) + here.divergence(rows)

    assert_gradient(loss, start)
    model, p = made(data)
    values = {name: value.requires_grad_() for name, value in tensors(p).items()}
    codes = Codes.of(model, values, {})
    codes.users("target")[12].sum().backward()
    assert values["source.cross"].grad.abs().sum() > 0
    assert values["source.users"].grad is None


def test_without_shared_users_it_is_its_counterpart_to_the_bit(training):
    data = replace(training(), overlap=np.empty(0, dtype=np.int64))
    fits = [each(factors=4, epochs=3).fit(data, stream(0, "fit"))(np.arange(25)) for each in (DisenCdr, OwnDisenCdr)]
    np.testing.assert_array_equal(fits[0], fits[1])


def test_it_learns_who_likes_what(training):
    data = training()
    scores = DisenCdr(factors=16, epochs=150, rate=0.02, dropout=0.0, divergence=0.001).fit(data, stream(0, "fit"))(
        np.arange(25)
    )
    touched = data.target.matrix[:25].toarray() > 0
    assert scores[touched].mean() > scores[~touched].mean() + 0.5
