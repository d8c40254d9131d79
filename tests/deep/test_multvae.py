"""Mult-VAE against numpy."""

import numpy as np
import pytest

from tlbench.methods.deep import multvae
from tlbench.methods.deep.draws import Draws
from tlbench.methods.deep.multvae import MultVae
from tlbench.progress import SILENT
from tlbench.rng import stream

torch = pytest.importorskip("torch")


def model(data):
    return MultVae(factors=3, hidden=5).run(data, Draws(stream(0)), SILENT).model


def start(data):
    rng = np.random.default_rng(0)
    drawn = model(data).start(Draws(stream(0)))
    return {name: (value + 0.2 * rng.normal(size=value.shape)).astype(np.float32) for name, value in drawn.items()}


def layers(p, row):
    hidden = np.tanh(row / np.linalg.norm(row) @ p["encoder_1"] + p["encoder_1_bias"])
    both = hidden @ p["encoder_2"] + p["encoder_2_bias"]
    decoded = np.tanh(both[:3] @ p["decoder_1"] + p["decoder_1_bias"])
    return both[:3], both[3:], decoded @ p["decoder_2"] + p["decoder_2_bias"]


def test_scores_are_the_last_layers(training):
    data = training()
    p, rows = start(data), data.target.matrix.toarray()
    expected = [layers(p, rows[user])[2] for user in (0, 5, 24)]
    np.testing.assert_allclose(model(data).scorer(p)(np.array([0, 5, 24])), expected, rtol=1e-4, atol=1e-5)


def test_the_loss_is_likelihood_and_divergence(training):
    data = training()
    p, rows = start(data), data.target.matrix.toarray()[[0, 5]]
    expected = 0.0
    for row in rows:
        mean, log_variance, logits = layers(p, row)
        expected -= (row * np.log(np.exp(logits) / np.exp(logits).sum())).sum() / 2
        for m, v in zip(mean, log_variance, strict=True):
            expected += 0.3 * 0.5 * (m**2 + np.exp(v) - v - 1) / 2  # KL of two normal distributions
    tensors = {name: torch.from_numpy(value) for name, value in p.items()}
    assert float(multvae.loss(tensors, torch.from_numpy(rows), beta=0.3)) == pytest.approx(expected, rel=1e-5)


def test_the_gradient_is_that_of_differences(training, assert_gradient):
    data = training()
    rows = torch.from_numpy(data.target.matrix.toarray()[[0, 5]].astype(np.float64))
    assert_gradient(lambda values: multvae.loss(values, rows, beta=0.3), start(data))


def test_codes_vary_by_their_whole_standard_deviation_in_training(training):
    """RecBole 1.2 multiplies the shock by 0.01, which makes a plain autoencoder of it."""
    data = training()
    p = {name: np.zeros_like(value) for name, value in start(data).items()}
    p["decoder_1"][:] = np.eye(3, 5)
    p["decoder_2"][:] = np.eye(5, 12)
    tensors = {name: torch.from_numpy(value) for name, value in p.items()}
    rows = torch.ones((4000, 12)) / 12
    generator = torch.Generator().manual_seed(0)
    found = float(multvae.loss(tensors, rows, beta=0.0, generator=generator))
    shocks = np.random.default_rng(0).normal(size=(400_000, 3))
    logits = np.concatenate([np.tanh(shocks), np.zeros((len(shocks), 9))], axis=1)
    expected = (np.log(np.exp(logits).sum(axis=1)) - logits.mean(axis=1)).mean()
    assert found == pytest.approx(expected, abs=0.01)
    assert found > np.log(12) + 0.03


def test_it_learns_who_likes_what(training):
    data = training()
    scores = MultVae(factors=16, hidden=32, epochs=100, rate=0.01).fit(data, stream(0, "fit"))(np.arange(25))
    touched = data.target.matrix[:25].toarray() > 0
    assert scores[touched].mean() > scores[~touched].mean() + 0.5
