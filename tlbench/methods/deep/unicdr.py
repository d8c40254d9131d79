"""UniCDR: what a user is in each domain beside what it is in all of them, over any number of sources."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from tlbench.methods.deep._kernels_samples import kept_items
from tlbench.methods.deep.losses import pointwise
from tlbench.methods.deep.method import SPACE as DEEP_SPACE
from tlbench.methods.deep.method import DeepMethod
from tlbench.methods.deep.samples import Pairs, PairSampler, known_users
from tlbench.methods.deep.training import Arrays, Run, Tensors, dropped, noise, one_torch_thread, to_tensor
from tlbench.methods.deep.two_domains import LabelledItems, shared_users
from tlbench.methods.scorers import FactorScorer
from tlbench.registry import Choice, Dimension, IntRange, Range, method

if TYPE_CHECKING:
    from torch import Generator, Tensor

    from tlbench.arrays import I64, Bool
    from tlbench.methods.deep.draws import Draws
    from tlbench.progress import Progress
    from tlbench.split.training import Domain, Training

START = 0.1
_BLOCK = 4096
SPACE: dict[str, Dimension] = {
    **DEEP_SPACE,
    "factors": Choice((32, 64, 128)),
    "n_negatives": IntRange(1, 8),
    "dropout": Range(0.0, 0.5),
}


@dataclass(frozen=True)
class UniCdrShape:
    """Hyper-parameters that the model needs, as in `OwnUniCdr` and `UniCdr`."""

    factors: int
    n_negatives: int
    dropout: float
    own: float
    masked: float
    batch_size: int
    contrast: float = 0.0


@dataclass(frozen=True)
class Mask:
    """What is left out of histories at random.

    Attributes
    ----------
    rate
        Share of the items.
    seed
        Of the draws.
    """

    rate: float
    seed: np.uint64


WHOLE = Mask(0.0, np.uint64(0))


@dataclass(frozen=True, eq=False)
class Bags:
    """What some users touched in one domain, one after another.

    Attributes
    ----------
    items
        int64 tensor: all of them.
    starts
        int64 tensor, shape (b,): where each user's begin.
    counts
        float32 tensor, shape (b, 1).
    """

    items: Tensor
    starts: Tensor
    counts: Tensor

    @classmethod
    def of(cls, sampler: PairSampler, users: I64, mask: Mask, *, without: I64 | None = None) -> Bags:
        """Take the items of some users but for what is masked, and for one of each where it is named."""
        entries, without = sampler.entries, np.full(len(users), -1) if without is None else without
        lengths = np.diff(entries.indptr)[users]
        items, counts = np.empty(int(lengths.sum()), dtype=np.int64), np.empty(len(users), dtype=np.int64)
        n = kept_items(users, without, entries.indptr, entries.indices, mask.rate, mask.seed, items, counts)
        starts = np.concatenate([[0], np.cumsum(counts)[:-1]]) if len(counts) else counts
        return cls(to_tensor(items[:n]), to_tensor(starts), to_tensor(counts.astype(np.float32))[:, None])

    def sums(self, table: Tensor) -> Tensor:
        """Sum each user's vectors, shape (b, f)."""
        import torch

        if len(self.items) == 0:
            return table.new_zeros((len(self.starts), table.shape[1]))
        return torch.nn.functional.embedding_bag(self.items, table, self.starts, mode="sum")


@dataclass(frozen=True, eq=False)
class UniCdrModel:
    """Domains by name, the target first.

    Attributes
    ----------
    domains
        What is learned from.
    shared
        bool, shape (n_users,): users known in the target and in a source, whom something crosses to.
    shape
        Hyper-parameters.
    """

    domains: dict[str, Domain]
    shared: Bool
    shape: UniCdrShape

    @cached_property
    def samplers(self) -> dict[str, PairSampler]:
        """Their interactions."""
        return {name: PairSampler.of(domain.matrix, name) for name, domain in self.domains.items()}

    @property
    def crosses(self) -> bool:
        """Whether there is anything that domains share."""
        return len(self.domains) > 1 and bool(self.shared.any())

    def start(self, draws: Draws) -> Arrays:
        """Draw vectors (normal; zeros for users without history) and maps (Glorot)."""
        found: Arrays = {}
        f = self.shape.factors
        for name, domain in self.domains.items():
            users = draws.normal("start", name, "users", shape=(domain.matrix.shape[0], f), scale=START)
            users[~known_users(domain)] = 0.0
            found[f"{name}.users"] = users
            found[f"{name}.items"] = draws.normal("start", name, "items", shape=(domain.n_items, f), scale=START)
            found[f"{name}.map"] = draws.glorot("start", name, "map", shape=(f, f))
        if self.crosses:
            users = draws.normal("start", "shared", "users", shape=(len(self.shared), f), scale=START)
            found["shared.users"] = users * self.shared[:, None]
            found["shared.map"] = draws.glorot("start", "shared", "map", shape=(f, f))
            for name in self.domains:
                found[f"{name}.critic"] = draws.glorot("start", name, "critic", shape=(f, f))
        return found

    def losses(self, parameters: Tensors, draws: Draws, epoch: int) -> Iterator[Tensor]:
        """Sum over the domains of cross entropy and contrast; each domain is gone through once in an epoch."""
        turns = self._turns(draws, epoch)
        chances = {name: noise(draws, "dropout", name, epoch) for name in ("shared", *self.domains)}
        seeds = {name: draws.seed("masked", name, epoch) for name in self.domains}
        for number, pairs in enumerate(turns.pop("target")):
            batches = {"target": pairs} | {name: batch for name, turn in turns.items() if (batch := next(turn, None))}
            losses = [
                self.loss(parameters, name, batch, chances, Mask(self.shape.masked, seeds[name] + np.uint64(number)))
                for name, batch in batches.items()
            ]
            yield sum(losses[1:], losses[0])

    def _turns(self, draws: Draws, epoch: int) -> dict[str, Iterator[Pairs]]:
        """Batches of each domain; all have as many as the target."""
        n_batches = max(1, -(-len(self.samplers["target"].usable) // self.shape.batch_size))
        sizes = {name: max(1, -(-len(sampler.usable) // n_batches)) for name, sampler in self.samplers.items()}
        sizes["target"] = self.shape.batch_size
        n = self.shape.n_negatives
        return {
            name: sampler.batches(draws, epoch, size=sizes[name], n_negatives=n)
            for name, sampler in self.samplers.items()
        }

    def loss(self, parameters: Tensors, name: str, pairs: Pairs, chances: dict[str, Generator], mask: Mask) -> Tensor:
        """Return a domain's cross entropy, and the contrast of its users with what they are in the other domains."""
        users, batch = pairs.users.astype(np.int64), LabelledItems.of(pairs)
        left = Bags.of(self.samplers[name], users, mask, without=pairs.items.astype(np.int64))
        whole = own = dropped(self.own(parameters, name, users, left), self.shape.dropout, chances[name])
        rows, contrast = np.flatnonzero(self.shared[users]), None
        if self.crosses and len(rows):
            others = {each: sampler for each, sampler in self.samplers.items() if each != name}
            there = {each: Bags.of(sampler, users[rows], mask) for each, sampler in others.items()}
            common = dropped(self.common(parameters, users[rows], there), self.shape.dropout, chances["shared"])
            whole = own.index_add(0, to_tensor(rows), common)
            contrast = contrasted(own[to_tensor(rows)], common, parameters[f"{name}.critic"])
        logits = (whole[:, None] * parameters[f"{name}.items"][batch.items]).sum(-1)
        entropy = pointwise(logits[:, 0], logits[:, 1:])
        return entropy if contrast is None else entropy + self.shape.contrast * contrast

    def own(self, parameters: Tensors, name: str, users: I64, bags: Bags) -> Tensor:
        """Return what users are in one domain: their vector there and the map of their items' mean, (b, f)."""
        mean = bags.sums(parameters[f"{name}.items"]) / bags.counts.clamp(min=1)
        vectors = parameters[f"{name}.users"][to_tensor(users)]
        return self.shape.own * vectors + (1 - self.shape.own) * (mean @ parameters[f"{name}.map"])

    def common(self, parameters: Tensors, users: I64, bags: dict[str, Bags]) -> Tensor:
        """Return what users are in all domains: their shared vector and the map of the mean of all items, (b, f)."""
        sums = [bag.sums(parameters[f"{name}.items"]) for name, bag in bags.items()]
        counts = [bag.counts for bag in bags.values()]
        mean = sum(sums[1:], sums[0]) / sum(counts[1:], counts[0]).clamp(min=1)
        vectors = parameters["shared.users"][to_tensor(users)]
        return self.shape.own * vectors + (1 - self.shape.own) * (mean @ parameters["shared.map"])

    def scorer(self, parameters: Arrays) -> FactorScorer:
        """Look at whole histories of all domains; who has none that is known stays without."""
        import torch

        users = np.zeros_like(parameters["target.users"])
        elsewhere = np.any([known_users(domain) for domain in self.domains.values()], axis=0)
        known = np.flatnonzero(known_users(self.domains["target"]) | (self.shared & elsewhere))
        with torch.no_grad(), one_torch_thread():
            tensors = {name: to_tensor(value) for name, value in parameters.items()}
            for block in (known[start : start + _BLOCK] for start in range(0, len(known), _BLOCK)):
                users[block] = self._whole(tensors, block).cpu().numpy()
        return FactorScorer(users, parameters["target.items"])

    def _whole(self, parameters: Tensors, users: I64) -> Tensor:
        bags = {name: Bags.of(sampler, users, WHOLE) for name, sampler in self.samplers.items()}
        own = self.own(parameters, "target", users, bags["target"])
        if not self.crosses:
            return own
        shared = to_tensor(self.shared[users].astype(np.float32))
        return own + self.common(parameters, users, bags) * shared[:, None]


def contrasted(own: Tensor, common: Tensor, critic: Tensor) -> Tensor:
    """Return the cross entropy of telling a user's two vectors, which belong together, from those of two users.

    Parameters
    ----------
    own, common
        float32, shapes (b, f); row i of one is told from row i + 1 of the other.
    critic
        float32, shape (f, f): the form ``own critic common``.
    """
    mapped = own @ critic
    return pointwise((mapped * common).sum(-1), (mapped.roll(1, 0) * common).sum(-1)[:, None])


@method(
    "own-unicdr",
    family="baseline",
    deterministic=False,
    extra="torch",
    on_request=True,
    reference="Cao et al. 2023, doi:10.1145/3539597.3570388, without a source",
    space=SPACE,
)
@dataclass(frozen=True, kw_only=True)
class OwnUniCdr(DeepMethod):
    """The target's part of `unicdr`: a user's vector and the mapped mean of its items.

    Parameters
    ----------
    factors
        Length of the vectors.
    n_negatives
        Untouched items beside each interaction.
    dropout
        Share of the entries of a user's vector that are zeroed in training.
    own
        Weight of the user's own vector against the mean of its items.
    masked
        Share of a history that is left out in training.
    """

    factors: int = 64
    n_negatives: int = 4
    dropout: float = 0.3
    own: float = 0.5
    masked: float = 0.1

    def shape(self, contrast: float = 0.0) -> UniCdrShape:
        """Return what the model needs of these."""
        own = (self.factors, self.n_negatives, self.dropout, self.own, self.masked, self.batch_size)
        return UniCdrShape(*own, contrast)

    def run(self, data: Training, draws: Draws, progress: Progress) -> Run:
        """Train on the target."""
        nobody = np.zeros(data.n_users, dtype=np.bool_)
        return Run(UniCdrModel({"target": data.target}, nobody, self.shape()), draws, self.descent, "own-unicdr")


@method(
    "unicdr",
    family="knowledge",
    needs="user-overlap",
    counterpart="own-unicdr",
    placebo="shuffled-bridge",
    deterministic=False,
    extra="torch",
    on_request=True,
    reference="Cao et al. 2023, doi:10.1145/3539597.3570388",
    space={**SPACE, "contrast": Range(0.0, 3.0)},
)
@dataclass(frozen=True, kw_only=True)
class UniCdr(OwnUniCdr):
    """A user's vector in a domain plus one that all domains share, made in training of the other domains' items alone.

    Each source is a domain of its own. In training the item that is asked for and a share of the history are left out;
    a critic tells which pairs of vectors belong to one user. Where the authors' code differs: it looks at ten random
    items of a history, and here at all; mean pooling is the one of its three aggregators that is built here.

    Parameters
    ----------
    factors, n_negatives, dropout, own, masked
        As in `own-unicdr`, for all domains.
    contrast
        Weight of the critic's loss; the paper weighs .4 to .6.
    """

    contrast: float = 1.5

    def run(self, data: Training, draws: Draws, progress: Progress) -> Run:
        """Train on all domains."""
        domains = {"target": data.target} | {f"source {n}": each for n, each in enumerate(data.sources, 1)}
        model = UniCdrModel(domains, shared_users(data), self.shape(self.contrast))
        return Run(model, draws, self.descent, "unicdr")
