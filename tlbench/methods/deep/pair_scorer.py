"""The fitted model that scores a pair by a product of vectors and a perceptron."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlbench.methods.products import matmul

if TYPE_CHECKING:
    from tlbench.arrays import F32, I64, Bool

_CELLS = 2**21


@dataclass(frozen=True, eq=False)
class PairScorer:
    """Score = ``users . items + output . relu(... relu(user_inputs + item_inputs) layer + bias ...)``.

    Attributes
    ----------
    users, items
        float32, shapes (n_users, f) and (n_items, f): the product's vectors, weighted.
    user_inputs, item_inputs
        float32, shapes (n_users, h) and (n_items, h): what either side adds to the first hidden layer.
    layers
        Weights (h, h') and biases (h',) of the layers after it.
    output
        float32, shape (h'',): weights of the last layer.
    known
        bool, shape (n_users,): whom the model knows; the others have rows of zeros.
    """

    users: F32
    items: F32
    user_inputs: F32
    item_inputs: F32
    layers: tuple[tuple[F32, F32], ...]
    output: F32
    known: Bool

    def __call__(self, users: I64) -> F32:
        """Score all items for some users; see `tlbench.methods.base.Scorer`."""
        scores = matmul(self.users[users], self.items.T)
        step = max(1, _CELLS // max(1, self.item_inputs.size))
        for start in range(0, len(users), step):
            block = users[start : start + step]
            hidden = np.maximum(self.user_inputs[block][:, None, :] + self.item_inputs, 0)
            for weight, bias in self.layers:
                hidden = np.maximum(hidden @ weight + bias, 0)
            scores[start : start + step] += hidden @ self.output
        scores[~self.known[users]] = 0.0
        return scores
