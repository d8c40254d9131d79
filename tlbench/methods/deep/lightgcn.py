"""LightGCN: vectors that are averaged over the neighbourhoods of the interaction graph."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from tlbench.methods.deep.losses import pairwise, squares
from tlbench.methods.deep.method import SPACE as DEEP_SPACE
from tlbench.methods.deep.method import DeepMethod
from tlbench.methods.deep.samples import PairSampler, known_users
from tlbench.methods.deep.training import Arrays, Run, Tensors, one_torch_thread, to_tensor
from tlbench.methods.scorers import FactorScorer
from tlbench.registry import Choice, Dimension, LogRange, method

if TYPE_CHECKING:
    from torch import Tensor

    from tlbench.arrays import Bool
    from tlbench.methods.deep._graph import Graph
    from tlbench.methods.deep.draws import Draws
    from tlbench.progress import Progress
    from tlbench.split.training import Domain, Training

START = 0.1
SPACE: dict[str, Dimension] = {
    **DEEP_SPACE,
    "factors": Choice((32, 64, 128)),
    "layers": Choice((1, 2, 3, 4)),
    "l2": LogRange(1e-6, 1e-2),
}
"""Searched here and by the methods that reuse this model."""


@dataclass(frozen=True, eq=False)
class LightGcnModel:
    """One domain's LightGCN.

    Attributes
    ----------
    domain, name
        What is learned from, and its role, which names the draws.
    factors, layers, l2, batch_size
        As in `LightGcn`.
    also_known
        bool, shape (n_users,): users without interactions here whom pre-training knows; None is nobody.
    """

    domain: Domain
    name: str
    factors: int
    layers: int
    l2: float
    batch_size: int
    also_known: Bool | None = None

    @cached_property
    def graph(self) -> Graph:
        """The domain's graph, on the device of this fit."""
        from tlbench.methods.deep._graph import Graph

        return Graph.of(self.domain.matrix)

    @cached_property
    def sampler(self) -> PairSampler:
        """The domain's interactions."""
        return PairSampler.of(self.domain.matrix, self.name)

    def start(self, draws: Draws) -> Arrays:
        """Draw ``users`` (n_users, f) and ``items`` (n_items, f), normal with deviation 0.1 (He et al.)."""
        n_users, n_items = self.domain.matrix.shape
        return {
            "users": draws.normal("start", self.name, "users", shape=(n_users, self.factors), scale=START),
            "items": draws.normal("start", self.name, "items", shape=(n_items, self.factors), scale=START),
        }

    def losses(self, parameters: Tensors, draws: Draws, epoch: int) -> Iterator[Tensor]:
        """Pairwise loss and penalty of batches of interactions."""
        for pairs in self.sampler.batches(draws, epoch, size=self.batch_size):
            batch = to_tensor(pairs.users), to_tensor(pairs.items), to_tensor(pairs.negatives[:, 0])
            yield loss(parameters, self.graph, batch, layers=self.layers, l2=self.l2)

    def scorer(self, parameters: Arrays) -> FactorScorer:
        """Propagate once more; a user whom nothing is known of has a zero vector."""
        import torch

        with torch.no_grad(), one_torch_thread():
            tensors = {name: to_tensor(value) for name, value in parameters.items()}
            found = propagated(tensors, self.graph, layers=self.layers)
        users, items = (each.cpu().numpy() for each in found)
        known = known_users(self.domain, self.also_known)
        return FactorScorer(users * known[:, None].astype("float32"), items)


def propagated(parameters: Tensors, graph: Graph, *, layers: int) -> tuple[Tensor, Tensor]:
    """Return the mean of the vectors after 0, 1, ... `layers` steps over the graph, for users and for items."""
    users, items = parameters["users"], parameters["items"]
    all_users, all_items = users, items
    for _ in range(layers):
        users, items = graph.to_users(items), graph.to_items(users)
        all_users, all_items = all_users + users, all_items + items
    return all_users / (layers + 1), all_items / (layers + 1)


def loss(parameters: Tensors, graph: Graph, batch: tuple[Tensor, Tensor, Tensor], *, layers: int, l2: float) -> Tensor:
    """Return the pairwise loss of users, items and negatives, plus ``l2`` times the squares of their own vectors."""
    users, items = propagated(parameters, graph, layers=layers)
    user, item, other = batch
    positive = (users[user] * items[item]).sum(-1)
    negative = (users[user] * items[other]).sum(-1)
    own = parameters["users"][user], parameters["items"][item], parameters["items"][other]
    return pairwise(positive, negative[:, None]) + l2 * squares(*own)


@method(
    "lightgcn",
    family="baseline",
    deterministic=False,
    extra="torch",
    on_request=True,
    reference="He et al. 2020, doi:10.1145/3397271.3401063",
    space=SPACE,
)
@dataclass(frozen=True, kw_only=True)
class LightGcn(DeepMethod):
    """Users' and items' vectors, averaged over neighbourhoods of the interaction graph, ranked pair by pair.

    Parameters
    ----------
    factors, layers
        Length of the vectors; steps over the graph.
    l2
        Penalty on the vectors of a batch, before propagation.
    rate
        Learning rate; the paper's 0.001 needs hundreds of epochs more.
    """

    factors: int = 64
    layers: int = 3
    l2: float = 1e-4
    rate: float = 5e-3

    def run(self, data: Training, draws: Draws, progress: Progress) -> Run:
        """Train on the target."""
        return Run(self.model(data.target, "target"), draws, self.descent, "lightgcn")

    def model(self, domain: Domain, name: str) -> LightGcnModel:
        """Return the model of one domain."""
        return LightGcnModel(domain, name, self.factors, self.layers, self.l2, self.batch_size)
