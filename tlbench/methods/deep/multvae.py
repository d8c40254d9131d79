"""Mult-VAE: a variational autoencoder of users' rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from tlbench.methods.deep.method import SPACE as DEEP_SPACE
from tlbench.methods.deep.method import DeepMethod
from tlbench.methods.deep.samples import row_batches
from tlbench.methods.deep.training import Arrays, Run, Tensors, dropped, noise, one_torch_thread, to_tensor
from tlbench.methods.scorers import FactorScorer
from tlbench.registry import Choice, Dimension, Range, method

if TYPE_CHECKING:
    from torch import Generator, Tensor

    from tlbench.arrays import F32, I64
    from tlbench.methods.deep.draws import Draws
    from tlbench.progress import Progress
    from tlbench.split.training import Domain, Training

WARM_EPOCHS = 20
SPACE: dict[str, Dimension] = {
    **DEEP_SPACE,
    "factors": Choice((32, 64, 128)),
    "hidden": Choice((100, 200, 400)),
    "dropout": Range(0.2, 0.7),
    "beta": Range(0.0, 1.0),
}


@dataclass(frozen=True, eq=False)
class MultVaeModel:
    """One domain's Mult-VAE: items -> hidden -> 2 x factors (mean, log variance), factors -> hidden -> items.

    Attributes
    ----------
    domain, name
        What is learned from, and its role, which names the draws.
    factors, hidden, dropout, beta, batch_size
        As in `MultVae`.
    """

    domain: Domain
    name: str
    factors: int
    hidden: int
    dropout: float
    beta: float
    batch_size: int

    def start(self, draws: Draws) -> Arrays:
        """Draw the layers (Glorot); biases are 0."""
        sizes = {
            "encoder_1": (self.domain.n_items, self.hidden),
            "encoder_2": (self.hidden, 2 * self.factors),
            "decoder_1": (self.factors, self.hidden),
            "decoder_2": (self.hidden, self.domain.n_items),
        }
        found: Arrays = {}
        for layer, shape in sizes.items():
            found[layer] = draws.glorot("start", self.name, layer, shape=shape)
            found[f"{layer}_bias"] = np.zeros(shape[1], dtype=np.float32)
        return found

    @cached_property
    def learners(self) -> I64:
        """Users with interactions."""
        return np.flatnonzero(np.diff(self.domain.matrix.indptr)).astype(np.int64)

    def losses(self, parameters: Tensors, draws: Draws, epoch: int) -> Iterator[Tensor]:
        """Negative likelihood of users' rows and their distance from the prior, whose weight grows over 20 epochs."""
        generator = noise(draws, "dropout", self.name, epoch)
        weight = self.beta * min(1.0, epoch / WARM_EPOCHS)
        for users in row_batches(self.learners, draws, self.name, epoch, size=self.batch_size):
            rows = to_tensor(self._rows(users))
            yield loss(parameters, rows, beta=weight, dropout=self.dropout, generator=generator)

    def _rows(self, users: I64) -> F32:
        rows: F32 = self.domain.binary[users].toarray()
        return rows

    def scorer(self, parameters: Arrays) -> FactorScorer:
        """Encode every row once: the last layer's product is the score."""
        import torch

        users = np.zeros((self.domain.matrix.shape[0], self.hidden), dtype=np.float32)
        with torch.no_grad(), one_torch_thread():
            tensors = {name: to_tensor(value) for name, value in parameters.items()}
            for start in range(0, len(self.learners), self.batch_size):
                block = self.learners[start : start + self.batch_size]
                mean, _ = encode(tensors, to_tensor(self._rows(block)))
                users[block] = decoded_hidden(tensors, mean).cpu().numpy()
        items = np.ascontiguousarray(parameters["decoder_2"].T)
        return FactorScorer(users, items, parameters["decoder_2_bias"])


def encode(
    parameters: Tensors, rows: Tensor, *, dropout: float = 0.0, generator: Generator | None = None
) -> tuple[Tensor, Tensor]:
    """Return mean and log variance of rows (b, n_items), each (b, factors); a row is scaled to length 1."""
    import torch

    inputs = dropped(torch.nn.functional.normalize(rows), dropout, generator)
    hidden = torch.tanh(inputs @ parameters["encoder_1"] + parameters["encoder_1_bias"])
    both = hidden @ parameters["encoder_2"] + parameters["encoder_2_bias"]
    factors = both.shape[1] // 2
    return both[:, :factors], both[:, factors:]


def decoded_hidden(parameters: Tensors, codes: Tensor) -> Tensor:
    """Return the layer before the last, (b, hidden)."""
    import torch

    return torch.tanh(codes @ parameters["decoder_1"] + parameters["decoder_1_bias"])


def loss(
    parameters: Tensors, rows: Tensor, *, beta: float, dropout: float = 0.0, generator: Generator | None = None
) -> Tensor:
    """Return the mean over rows of ``-sum_i x_i log softmax_i + beta KL(code || standard normal)``.

    Without a generator the mean code is decoded and nothing is dropped.
    """
    import torch

    mean, log_variance = encode(parameters, rows, dropout=dropout, generator=generator)
    codes = mean
    if generator is not None:
        shocks = torch.randn(mean.shape, generator=generator, device=mean.device)
        codes = mean + shocks * torch.exp(log_variance / 2)
    logits = decoded_hidden(parameters, codes) @ parameters["decoder_2"] + parameters["decoder_2_bias"]
    likelihood = (logits.log_softmax(-1) * rows).sum(-1).mean()
    divergence = -0.5 * (1 + log_variance - mean.square() - log_variance.exp()).sum(-1).mean()
    return beta * divergence - likelihood


@method(
    "multvae",
    family="baseline",
    deterministic=False,
    extra="torch",
    on_request=True,
    reference="Liang et al. 2018, doi:10.1145/3178876.3186150",
    space=SPACE,
)
@dataclass(frozen=True, kw_only=True)
class MultVae(DeepMethod):
    """A variational autoencoder of users' rows with a multinomial likelihood.

    Parameters
    ----------
    factors, hidden
        Length of a user's code; width of the layer before and after it (the paper: 200 and 600).
    dropout
        Share of a user's interactions that are hidden from the encoder in training.
    beta
        Weight of the distance from the prior, reached after 20 epochs.
    batch_size
        Users in a step.
    """

    factors: int = 64
    hidden: int = 200
    dropout: float = 0.5
    beta: float = 0.2
    batch_size: int = 256

    def run(self, data: Training, draws: Draws, progress: Progress) -> Run:
        """Train on the target."""
        shape = (self.factors, self.hidden, self.dropout, self.beta, self.batch_size)
        return Run(MultVaeModel(data.target, "target", *shape), draws, self.descent, "multvae")
