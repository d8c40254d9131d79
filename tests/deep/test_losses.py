"""Losses against a loop over their terms."""

import math

import numpy as np
import pytest

from tlbench.methods.deep.losses import pairwise, pointwise, squares

torch = pytest.importorskip("torch")


def numbers(*shape):
    return np.random.default_rng(sum(shape)).normal(size=shape) * 2


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def test_pairwise_is_the_mean_log_chance_that_the_interaction_wins():
    positive, negative = numbers(5), numbers(5, 3)
    literal = [-math.log(sigmoid(positive[b] - negative[b, c])) for b in range(5) for c in range(3)]
    found = pairwise(torch.from_numpy(positive), torch.from_numpy(negative))
    assert float(found) == pytest.approx(sum(literal) / 15)


def test_pointwise_is_the_mean_cross_entropy():
    positive, negative = numbers(4), numbers(4, 2)
    literal = [-math.log(sigmoid(x)) for x in positive] + [-math.log(1 - sigmoid(x)) for x in negative.ravel()]
    found = pointwise(torch.from_numpy(positive), torch.from_numpy(negative))
    assert float(found) == pytest.approx(sum(literal) / 12)


def test_squares_are_halved_and_divided_by_the_batch():
    first, second = numbers(4, 3), numbers(4, 2)
    literal = (sum(x * x for x in first.ravel()) + sum(x * x for x in second.ravel())) / 2 / 4
    assert float(squares(torch.from_numpy(first), torch.from_numpy(second))) == pytest.approx(literal)
