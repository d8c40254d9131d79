"""NeuMF: a product of vectors beside a perceptron over users and items."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from tlbench.methods.deep.losses import pointwise
from tlbench.methods.deep.method import SPACE as DEEP_SPACE
from tlbench.methods.deep.method import DeepMethod
from tlbench.methods.deep.pair_scorer import PairScorer
from tlbench.methods.deep.samples import PairSampler, known_users
from tlbench.methods.deep.training import Arrays, Run, Tensors, dropped, noise, to_tensor
from tlbench.registry import Choice, Dimension, IntRange, Range, method

if TYPE_CHECKING:
    from torch import Generator, Tensor

    from tlbench.arrays import Bool
    from tlbench.methods.deep.draws import Draws
    from tlbench.progress import Progress
    from tlbench.split.training import Domain, Training

START = 0.01
SPACE: dict[str, Dimension] = {
    **DEEP_SPACE,
    "factors": Choice((16, 32, 64)),
    "n_negatives": IntRange(1, 8),
    "dropout": Range(0.0, 0.5),
}
"""Searched here and by the methods that reuse this model."""


@dataclass(frozen=True, eq=False)
class NeuMfModel:
    """One domain's NeuMF; parameters as `start` names them.

    Attributes
    ----------
    domain, name
        What is learned from, and its role, which names the draws.
    factors, n_negatives, dropout, batch_size
        As in `NeuMf`.
    also_known
        bool, shape (n_users,): users without interactions here whom pre-training knows; None is nobody.
    """

    domain: Domain
    name: str
    factors: int
    n_negatives: int
    dropout: float
    batch_size: int
    also_known: Bool | None = None

    @cached_property
    def sampler(self) -> PairSampler:
        """The domain's interactions."""
        return PairSampler.of(self.domain.matrix, self.name)

    def start(self, draws: Draws) -> Arrays:
        """Draw the vectors of the product (``users``, ``items``), those of the perceptron (``user_inputs``,
        ``item_inputs``), and its layers 2f -> f -> f/2, whose last joins the product in ``output``.
        """
        n_users, n_items = self.domain.matrix.shape
        f, role = self.factors, self.name

        def vectors(name: str, n: int) -> Arrays:
            return {name: draws.normal("start", role, name, shape=(n, f), scale=START)}

        return {
            **vectors("users", n_users),
            **vectors("items", n_items),
            **vectors("user_inputs", n_users),
            **vectors("item_inputs", n_items),
            "layer_1": draws.glorot("start", role, "layer 1", shape=(2 * f, f)),
            "bias_1": np.zeros(f, dtype=np.float32),
            "layer_2": draws.glorot("start", role, "layer 2", shape=(f, f // 2)),
            "bias_2": np.zeros(f // 2, dtype=np.float32),
            "output": draws.glorot("start", role, "output", shape=(f + f // 2, 1))[:, 0],
            "bias": np.zeros(1, dtype=np.float32),
        }

    def losses(self, parameters: Tensors, draws: Draws, epoch: int) -> Iterator[Tensor]:
        """Cross entropy of batches of interactions and untouched items."""
        generator = noise(draws, "dropout", self.name, epoch)
        for pairs in self.sampler.batches(draws, epoch, size=self.batch_size, n_negatives=self.n_negatives):
            users, items, others = (to_tensor(each) for each in (pairs.users, pairs.items, pairs.negatives))
            every = logits(
                parameters, users[:, None], _beside(items, others), dropout=self.dropout, generator=generator
            )
            yield pointwise(every[:, 0], every[:, 1:])

    def scorer(self, parameters: Arrays) -> PairScorer:
        """Score pairs."""
        f = self.factors
        first, output = parameters["layer_1"], parameters["output"]
        return PairScorer(
            users=parameters["users"] * output[:f],
            items=parameters["items"],
            user_inputs=parameters["user_inputs"] @ first[:f] + parameters["bias_1"],
            item_inputs=parameters["item_inputs"] @ first[f:],
            layers=((parameters["layer_2"], parameters["bias_2"]),),
            output=output[f:],
            known=known_users(self.domain, self.also_known),
        )


def _beside(items: Tensor, others: Tensor) -> Tensor:
    """Put items (b,) and their negatives (b, c) into one tensor (b, 1 + c)."""
    import torch

    return torch.cat((items[:, None], others), dim=1)


def logits(
    parameters: Tensors, users: Tensor, items: Tensor, *, dropout: float = 0.0, generator: Generator | None = None
) -> Tensor:
    """Return the logits of pairs; `users` (b, 1) and `items` (b, c) give (b, c).

    The first layer is linear in what it is given side by side, so the users' half is computed once per row.
    """
    import torch

    f = parameters["users"].shape[1]
    product = parameters["users"][users] * parameters["items"][items]
    left = dropped(parameters["user_inputs"][users], dropout, generator)
    right = dropped(parameters["item_inputs"][items], dropout, generator)
    first = parameters["layer_1"]
    hidden = torch.relu(left @ first[:f] + right @ first[f:] + parameters["bias_1"])
    hidden = torch.relu(dropped(hidden, dropout, generator) @ parameters["layer_2"] + parameters["bias_2"])
    output = parameters["output"]
    return product @ output[:f] + hidden @ output[f:] + parameters["bias"]


@method(
    "neumf",
    family="baseline",
    deterministic=False,
    extra="torch",
    on_request=True,
    reference="He et al. 2017, doi:10.1145/3038912.3052569",
    space=SPACE,
)
@dataclass(frozen=True, kw_only=True)
class NeuMf(DeepMethod):
    """A perceptron over users' and items' vectors and the product of others, joined in one score.

    Parameters
    ----------
    factors
        Length f of each of the four kinds of vectors; the perceptron has layers 2f -> f -> f/2.
    n_negatives
        Untouched items beside each interaction.
    dropout
        Share of the perceptron's inputs that are zeroed in training.
    """

    factors: int = 32
    n_negatives: int = 4
    dropout: float = 0.1

    def run(self, data: Training, draws: Draws, progress: Progress) -> Run:
        """Train on the target."""
        return Run(self.model(data.target, "target"), draws, self.descent, "neumf")

    def model(self, domain: Domain, name: str) -> NeuMfModel:
        """Return the model of one domain."""
        return NeuMfModel(domain, name, self.factors, self.n_negatives, self.dropout, self.batch_size)
