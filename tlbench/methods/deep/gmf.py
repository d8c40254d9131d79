"""GMF: users' and items' vectors, multiplied entry by entry and weighted; over one domain or several in turn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

import numpy as np

from tlbench.methods.deep.losses import pointwise
from tlbench.methods.deep.method import SPACE as DEEP_SPACE
from tlbench.methods.deep.method import DeepMethod
from tlbench.methods.deep.samples import Pairs, PairSampler
from tlbench.methods.deep.training import Arrays, Run, Tensors, to_tensor
from tlbench.methods.scorers import FactorScorer
from tlbench.registry import Choice, Dimension, IntRange, LogRange, method

if TYPE_CHECKING:
    from scipy import sparse
    from torch import Tensor

    from tlbench.arrays import I64
    from tlbench.methods.deep.draws import Draws
    from tlbench.progress import Progress
    from tlbench.split.training import Training

SPACE: dict[str, Dimension] = {
    **DEEP_SPACE,
    "factors": Choice((8, 16, 32, 64)),
    "n_negatives": IntRange(1, 8),
    "l2": LogRange(1e-9, 1e-4),
}
"""Searched here and by the methods that reuse this model."""


@dataclass(frozen=True, eq=False)
class Part:
    """One domain of a model.

    Attributes
    ----------
    name
        Its role, which names the draws: ``target``, or a source's own name.
    matrix
        csr, shape (n_users, n_own_items): its interactions; negatives are drawn from its own items.
    columns
        int64, shape (n_own_items,): the model's item that each of its items is.
    weight
        Of its loss.
    """

    name: str
    matrix: sparse.csr_matrix
    columns: I64
    weight: float


@dataclass(frozen=True, eq=False)
class GmfModel:
    """GMF over the items of one domain or more, the one that is scored first; `n_items` counts its items.

    The other fields are those of `Gmf`.
    """

    parts: tuple[Part, ...]
    n_items: int
    factors: int
    n_negatives: int
    l2: float
    scale: float
    batch_size: int
    fresh: bool

    def start(self, draws: Draws) -> Arrays:
        """Draw vectors of ``users`` and ``items``, and what weighs their product, ``output`` (with ``bias`` 0).

        Items that only a further domain has are drawn under its name, so that the first one's start as without it.
        """
        n_users, f, name = self.parts[0].matrix.shape[0], self.factors, self.parts[0].name
        items = [draws.normal("start", name, "items", shape=(self.n_items, f), scale=self.scale)]
        for part in self.parts[1:]:
            own = int((part.columns >= self.n_items).sum())
            items.append(draws.normal("start", part.name, "items", shape=(own, f), scale=self.scale))
        output = (2 * draws.stream("start", name, "output").random(f, dtype=np.float32) - 1) / np.sqrt(f)
        return {
            "users": draws.normal("start", name, "users", shape=(n_users, f), scale=self.scale),
            "items": np.concatenate(items),
            "output": output.astype(np.float32),
            "bias": np.zeros(1, dtype=np.float32),
        }

    def losses(self, parameters: Tensors, draws: Draws, epoch: int) -> Iterator[Tensor]:
        """Yield a batch of every domain in turn, as often as the one with most interactions has batches.

        A domain with fewer begins anew, so that all are seen equally often.
        """
        samplers = [PairSampler.of(part.matrix, part.name) for part in self.parts]
        turns = [self._endless(sampler, draws, epoch) for sampler in samplers]
        n_batches = max(-(-len(sampler.usable) // self.batch_size) for sampler in samplers)
        for _ in range(n_batches):
            for part, turn in zip(self.parts, turns, strict=True):
                yield part.weight * self.loss(parameters, part, next(turn))

    def _endless(self, sampler: PairSampler, draws: Draws, epoch: int) -> Iterator[Pairs]:
        for times in count():
            moment = epoch if times == 0 else f"{epoch} again {times}"
            yield from sampler.batches(
                draws, moment, size=self.batch_size, n_negatives=self.n_negatives, fresh=self.fresh
            )

    def batches(self, draws: Draws, epoch: int) -> Iterator[Pairs]:
        """Yield the first domain's interactions once, with negatives."""
        sampler = PairSampler.of(self.parts[0].matrix, self.parts[0].name)
        return sampler.batches(draws, epoch, size=self.batch_size, n_negatives=self.n_negatives, fresh=self.fresh)

    def loss(self, parameters: Tensors, part: Part, pairs: Pairs) -> Tensor:
        """Return the cross entropy of a batch of one domain, and the penalty."""
        import torch

        users = to_tensor(pairs.users)
        items = to_tensor(part.columns[np.column_stack([pairs.items, pairs.negatives])])
        every = logits(parameters, users[:, None], items)
        decay = torch.stack([value.square().sum() for value in parameters.values()]).sum()
        return pointwise(every[:, 0], every[:, 1:]) + self.l2 / 2 * decay

    def scorer(self, parameters: Arrays) -> FactorScorer:
        """Score the first domain's items; a user without interactions in any domain is unknown."""
        known = np.any([np.diff(part.matrix.indptr) > 0 for part in self.parts], axis=0)
        users = np.where(known[:, None], parameters["users"] * parameters["output"], np.float32(0))
        return FactorScorer(users.astype(np.float32), np.ascontiguousarray(parameters["items"][: self.n_items]))


def logits(parameters: Tensors, users: Tensor, items: Tensor) -> Tensor:
    """Return the logits of pairs; `users` (b, 1) and `items` (b, c) give (b, c)."""
    return logits_of(parameters, parameters["users"][users], parameters["items"][items])


def logits_of(parameters: Tensors, users: Tensor, items: Tensor) -> Tensor:
    """Return the logits of vectors; `users` (b, 1, f) and `items` (b, c, f) give (b, c)."""
    return (users * items) @ parameters["output"] + parameters["bias"]


@method(
    "gmf",
    family="baseline",
    deterministic=False,
    extra="torch",
    on_request=True,
    reference="He et al. 2017, doi:10.1145/3038912.3052569",
    space=SPACE,
)
@dataclass(frozen=True, kw_only=True)
class Gmf(DeepMethod):
    """A product of users' and items' vectors, each entry with a learned weight, trained by cross entropy.

    Parameters
    ----------
    factors
        Length of the vectors.
    n_negatives
        Untouched items beside each interaction.
    l2
        Penalty on all parameters, at every step.
    scale
        Standard deviation of the vectors at the start.
    fresh
        Whether negatives are drawn anew in every epoch; else once, as the public code of GMF++ draws them.
    """

    factors: int = 32
    n_negatives: int = 4
    l2: float = 1e-7
    scale: float = 0.1
    fresh: bool = True

    def run(self, data: Training, draws: Draws, progress: Progress) -> Run:
        """Train on the target."""
        return Run(self.model(data, ()), draws, self.descent, "gmf")

    def model(self, data: Training, more: tuple[Part, ...]) -> GmfModel:
        """Return the model of the target and more domains."""
        return self.model_of(Part("target", data.target.matrix, np.arange(data.n_items), 1.0), *more)

    def model_of(self, first: Part, *more: Part) -> GmfModel:
        """Return the model of a domain and more domains."""
        n_items = int(first.matrix.shape[1])
        return GmfModel(
            parts=(first, *more),
            n_items=n_items,
            factors=self.factors,
            n_negatives=self.n_negatives,
            l2=self.l2,
            scale=self.scale,
            batch_size=self.batch_size,
            fresh=self.fresh,
        )
