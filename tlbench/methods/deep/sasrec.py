"""SASRec: what comes next, from what a user touched so far."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np

from tlbench.methods.csr import arrays
from tlbench.methods.deep._kernels_samples import sample_negatives
from tlbench.methods.deep.histories import Histories
from tlbench.methods.deep.method import SPACE as DEEP_SPACE
from tlbench.methods.deep.method import DeepMethod
from tlbench.methods.deep.samples import row_batches
from tlbench.methods.deep.training import Arrays, Descent, Run, Tensors, noise, one_torch_thread, to_tensor
from tlbench.methods.deep.transformer import LENGTH, START, Encoder
from tlbench.methods.scorers import FactorScorer
from tlbench.registry import Choice, Dimension, IntRange, Range, method

if TYPE_CHECKING:
    from torch import Generator, Tensor

    from tlbench.arrays import I64
    from tlbench.methods.csr import Csr
    from tlbench.methods.deep.draws import Draws
    from tlbench.progress import Progress
    from tlbench.split.training import Domain, Training

CLIP = 5.0
SPACE: dict[str, Dimension] = {
    **DEEP_SPACE,
    "factors": Choice((32, 64, 128)),
    "blocks": IntRange(1, 3),
    "dropout": Range(0.1, 0.6),
    "n_negatives": Choice((64, 256, 1024)),
}
"""Searched here and by the methods that reuse this model."""


class ItemVectors(Protocol):
    """Where the vectors of items come from: a table of their own, or their texts."""

    def start(self, draws: Draws, name: str) -> Arrays:
        """Draw its parameters; `name` is the role of the domain."""
        ...

    def __call__(self, parameters: Tensors, generator: Generator | None = None) -> Tensor:
        """Return the vectors of all items, shape (n_items, width); a generator draws what training drops."""
        ...


@dataclass(frozen=True)
class OwnVectors:
    """A vector for each item, learned from nothing but its interactions.

    Attributes
    ----------
    n_items, width
        Shape of the table.
    """

    n_items: int
    width: int

    def start(self, draws: Draws, name: str) -> Arrays:
        """Draw the table ``items``, normal with deviation 0.02."""
        return {"items": draws.normal("start", name, "items", shape=(self.n_items, self.width), scale=START)}

    def __call__(self, parameters: Tensors, generator: Generator | None = None) -> Tensor:
        """Return the table."""
        return parameters["items"]


@dataclass(frozen=True, eq=False)
class SasRecModel:
    """One domain's SASRec.

    Attributes
    ----------
    histories, touched
        What users touched in order of time, and as the rows of a matrix with sorted indices.
    name
        Role of the domain, which names the draws.
    vectors, encoder
        Vectors of items; what makes one vector of a history.
    n_negatives
        Items beside the right one in the softmax.
    batch_size
        Users in a step.
    temperature
        A history and an item are compared by their cosine, divided by this; None takes their product.
    """

    histories: Histories
    touched: Csr
    name: str
    vectors: ItemVectors
    encoder: Encoder
    n_negatives: int
    batch_size: int
    temperature: float | None = None

    def start(self, draws: Draws) -> Arrays:
        """Draw the item vectors' parameters and the encoder's."""
        return {**self.vectors.start(draws, self.name), **self.encoder.start(draws)}

    @cached_property
    def learners(self) -> I64:
        """Users with two interactions or more, but for those who touched every item."""
        lengths = self.histories.lengths
        return np.flatnonzero((lengths > 1) & (np.diff(self.touched.indptr) < self.histories.n_items)).astype(np.int64)

    def losses(self, parameters: Tensors, draws: Draws, epoch: int) -> Iterator[Tensor]:
        """Cross entropy of the next item against the same negatives at every place of a history."""
        seed = draws.seed("negatives", self.name, epoch)
        generator = noise(draws, "dropout", self.name, epoch)
        for users in row_batches(self.learners, draws, self.name, epoch, size=self.batch_size):
            rows = self.histories.last(users, LENGTH + 1)
            negatives = np.empty((len(users), self.n_negatives), dtype=np.int32)
            indptr, indices, _ = self.touched
            sample_negatives(users.astype(np.int32), users, indptr, indices, self.histories.n_items, seed, negatives)
            items, others = to_tensor(rows), to_tensor(negatives)
            every = self.vectors(parameters, generator)
            hidden = encoded(parameters, self.encoder, every, items[:, :-1], generator=generator)
            yield next_item_loss(*compared(hidden, every, self.temperature), items, others)

    def scorer(self, parameters: Arrays) -> FactorScorer:
        """Encode every history once; a user without one has a zero vector."""
        import torch

        with torch.no_grad(), one_torch_thread():
            tensors = {name: to_tensor(value) for name, value in parameters.items()}
            every = self.vectors(tensors)
            users = encode_users(lambda rows: encoded(tensors, self.encoder, every, rows), self.histories, every)
            users, items = compared(users, every, self.temperature)
        return FactorScorer(users.cpu().numpy(), items.cpu().numpy())


def compared(hidden: Tensor, every: Tensor, temperature: float | None) -> tuple[Tensor, Tensor]:
    """Return vectors of histories (..., width) and of items (n, width) whose products are the logits."""
    import torch

    if temperature is None:
        return hidden, every
    normalize = torch.nn.functional.normalize
    return normalize(hidden, dim=-1) / temperature, normalize(every, dim=-1)


def encoded(parameters: Tensors, encoder: Encoder, every: Tensor, items: Tensor, *, generator: object = None) -> Tensor:
    """Encode rows of items (b, l), padding -1, whose vectors stand in `every` (n_items, width)."""
    known = items >= 0
    inputs = every[items.clamp(min=0)] * known[..., None]
    return encoder(parameters, inputs, known, generator=generator)  # type: ignore[arg-type]


def next_item_loss(
    hidden: Tensor, every: Tensor, items: Tensor, others: Tensor, *, n_items: int | None = None
) -> Tensor:
    """Return the mean of ``-log softmax`` of the right item among itself and the negatives of its row.

    Where no place counts, it is 0.

    Parameters
    ----------
    hidden
        float32, shape (b, l, width): place t knows items 0 to t of its row.
    every
        float32, shape (n_items, width).
    items
        int64, shape (b, l + 1): the rows, padding -1; what comes next at place t is item t + 1.
    others
        int64, shape (b, c): items that the row's user never touched.
    n_items
        Only places before an item below this number count; None counts all.
    """
    import torch

    known = (items[:, :-1] >= 0) & (items[:, 1:] >= 0)
    if n_items is not None:
        known = known & (items[:, 1:] < n_items)
    right = (hidden * every[items[:, 1:].clamp(min=0)]).sum(-1, keepdim=True)
    wrong = hidden @ every[others].transpose(1, 2)
    logits = torch.cat((right, wrong), dim=-1)
    return ((logits.logsumexp(-1) - right[..., 0]) * known).sum() / known.sum().clamp(min=1)


def encode_users(encode: Callable[[Tensor], Tensor], histories: Histories, every: Tensor) -> Tensor:
    """Return what the encoder makes of each user's last items, shape (n_users, width), zero without history."""
    import torch

    found = torch.zeros((len(histories.lengths), every.shape[1]), device=every.device)
    known = np.flatnonzero(histories.lengths > 0).astype(np.int64)
    for start in range(0, len(known), 256):
        users = known[start : start + 256]
        found[to_tensor(users)] = encode(to_tensor(histories.last(users, LENGTH)))[:, -1]
    return found


@method(
    "sasrec",
    family="baseline",
    needs="time",
    deterministic=False,
    extra="torch",
    on_request=True,
    reference="Kang and McAuley 2018, doi:10.1109/ICDM.2018.00035; softmax over sampled items: Klenitskiy and Vasilev "
    "2023, doi:10.1145/3604915.3610644",
    space=SPACE,
)
@dataclass(frozen=True, kw_only=True)
class SasRec(DeepMethod):
    """Self-attention over the last 50 items of a history, trained to find the next one at every place.

    Parameters
    ----------
    factors, blocks, heads
        Length of vectors; attention blocks; heads of each.
    dropout
        Share of inputs, attention weights and outputs of layers that are zeroed in training.
    n_negatives
        Untouched items against which the next one must win; the paper has 1 and a pairwise loss.
    """

    factors: int = 64
    blocks: int = 2
    heads: int = 2
    dropout: float = 0.5
    n_negatives: int = 256
    batch_size: int = 128

    @property
    def encoder(self) -> Encoder:
        """What makes one vector of a history."""
        return Encoder(self.factors, self.blocks, self.heads, self.dropout)

    @property
    def descent(self) -> Descent:
        """How steps are taken."""
        return Descent(self.rate, CLIP)

    def run(self, data: Training, draws: Draws, progress: Progress) -> Run:
        """Train on the target."""
        return Run(self.model(data.target, draws, "target"), draws, self.descent, "sasrec")

    def model(self, domain: Domain, draws: Draws, name: str) -> SasRecModel:
        """Return the model of one domain."""
        return self.model_of(domain, draws, name, OwnVectors(domain.n_items, self.factors))

    def model_of(
        self, domain: Domain, draws: Draws, name: str, vectors: ItemVectors, *, temperature: float | None = None
    ) -> SasRecModel:
        """Return the model of one domain with item vectors of any kind."""
        histories, touched = Histories.of(domain, draws, name), arrays(domain.matrix)
        options = (self.encoder, self.n_negatives, self.batch_size, temperature)
        return SasRecModel(histories, touched, name, vectors, *options)
