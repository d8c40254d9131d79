"""A map with one hidden layer, learned by minibatch gradient descent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlbench.methods.products import one_blas_thread

if TYPE_CHECKING:
    from tlbench.arrays import F32, F64

BATCH = 128
RATE = 0.003
DECAY = (0.9, 0.999)
TINY = 1e-8


@dataclass(frozen=True, eq=False)
class Perceptron:
    """x -> tanh(x A + a) B + b; float64, shapes (f, h), (h,), (h, g), (g,)."""

    first: F64
    first_bias: F64
    second: F64
    second_bias: F64

    def __call__(self, source: F32) -> F32:
        """Map rows, float32, shape (n, g)."""
        with one_blas_thread():
            hidden = np.tanh(source @ self.first + self.first_bias)
            mapped: F32 = (hidden @ self.second + self.second_bias).astype(np.float32)
            return mapped


def learn_perceptron(
    source: F32, target: F32, *, l2: float, hidden: int, epochs: int, rng: np.random.Generator
) -> Perceptron:
    """Minimise ``mean_u |t_u - map(s_u)|^2 + l2 / n (|A|^2 + |B|^2)`` by Adam on shuffled minibatches.

    Parameters
    ----------
    source, target
        float32, shapes (n, f) and (n, g): rows of the same users.
    l2
        Penalty on the weights, in the units of `tlbench.methods.transfer.mapping.linear_map`.
    hidden
        Width of the hidden layer.
    epochs
        Passes over the rows.
    rng
        Draws the start (uniform, Glorot and Bengio 2010) and the order of the rows.
    """
    n = len(source)
    left, right = source.astype(np.float64), target.astype(np.float64)
    weights = _start(left.shape[1], hidden, right.shape[1], rng)
    moments = [(np.zeros_like(each), np.zeros_like(each)) for each in weights]
    step = 0
    with one_blas_thread():
        for _ in range(epochs):
            order = rng.permutation(n)
            for begin in range(0, n, BATCH):
                rows = order[begin : begin + BATCH]
                step += 1
                for place, slope in enumerate(gradient(weights, left[rows], right[rows], l2 / n)):
                    mean = DECAY[0] * moments[place][0] + (1 - DECAY[0]) * slope
                    square = DECAY[1] * moments[place][1] + (1 - DECAY[1]) * slope**2
                    moments[place] = (mean, square)
                    length = RATE * np.sqrt(1 - DECAY[1] ** step) / (1 - DECAY[0] ** step)
                    weights[place] = weights[place] - length * mean / (np.sqrt(square) + TINY)
    return Perceptron(*weights)


def gradient(weights: list[F64], source: F64, target: F64, penalty: float) -> list[F64]:
    """Slope of the loss at the weights (A, a, B, b) on a batch, in their order and shapes."""
    first, first_bias, second, second_bias = weights
    hidden = np.tanh(source @ first + first_bias)
    error = 2.0 * (hidden @ second + second_bias - target) / len(source)
    back = (error @ second.T) * (1.0 - hidden**2)
    return [
        source.T @ back + 2.0 * penalty * first,
        back.sum(axis=0),
        hidden.T @ error + 2.0 * penalty * second,
        error.sum(axis=0),
    ]


def _start(n_in: int, hidden: int, n_out: int, rng: np.random.Generator) -> list[F64]:
    first, second = np.sqrt(6.0 / (n_in + hidden)), np.sqrt(6.0 / (hidden + n_out))
    return [
        rng.uniform(-first, first, (n_in, hidden)),
        np.zeros(hidden),
        rng.uniform(-second, second, (hidden, n_out)),
        np.zeros(n_out),
    ]
