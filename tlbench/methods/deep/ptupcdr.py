"""PTUPCDR: a bridge of each user's own from the source's vectors to the target's, for users new to the target."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from tlbench.methods.deep.gmf import SPACE, Gmf, GmfModel, Part, logits_of
from tlbench.methods.deep.losses import pointwise
from tlbench.methods.deep.pretraining import PRETRAINING, pretrained
from tlbench.methods.deep.samples import Pairs, known_users
from tlbench.methods.deep.training import Arrays, Run, Tensors, one_torch_thread, to_tensor
from tlbench.methods.deep.two_domains import shared_users
from tlbench.methods.scorers import FactorScorer
from tlbench.registry import method

if TYPE_CHECKING:
    from torch import Tensor

    from tlbench.arrays import F32, I64, Bool
    from tlbench.methods.deep._graph import Product
    from tlbench.methods.deep.draws import Draws
    from tlbench.progress import Progress
    from tlbench.split.training import Domain, Training

_BLOCK = 1024


@dataclass(frozen=True, eq=False)
class PtupcdrModel:
    """The target's model, and beside it what makes a bridge of a user's source history.

    Attributes
    ----------
    own
        The target's model; its draws and its losses are those of the counterpart.
    source
        Histories.
    users, items
        float32, shapes (n_users, f) and (n_source_items, f): the source's vectors, which stay as they are.
    learners, cold
        bool, shape (n_users,): shared users, of whom the bridge is learned; users whom only the source knows.
    hidden
        Width of the layer between a user's preferences and its bridge.
    """

    own: GmfModel
    source: Domain
    users: F32
    items: F32
    learners: Bool
    cold: Bool
    hidden: int

    @cached_property
    def histories(self) -> Product:
        """What sums over each user's source items."""
        from tlbench.methods.deep._graph import Product

        return Product.of(self.source.binary)

    def start(self, draws: Draws) -> Arrays:
        """Draw the counterpart's parameters, and layers of the attention and of the bridge (Glorot, biases 0)."""
        f = self.own.factors
        shapes = {"event": (f, f), "hidden": (f, self.hidden), "matrix": (self.hidden, f * f)}
        found = self.own.start(draws)
        found["bridge.attention"] = draws.glorot("start", "bridge", "attention", shape=(f, 1))
        for name, shape in shapes.items():
            found[f"bridge.{name}"] = draws.glorot("start", "bridge", name, shape=shape)
            found[f"bridge.{name}_bias"] = np.zeros(shape[1], dtype=np.float32)
        return found

    def losses(self, parameters: Tensors, draws: Draws, epoch: int) -> Iterator[Tensor]:
        """The counterpart's loss of each batch, and the bridge's of its shared users."""
        own = {name: value for name, value in parameters.items() if not name.startswith("bridge.")}
        for pairs in self.own.batches(draws, epoch):
            loss = self.own.loss(own, self.own.parts[0], pairs)
            rows = self.learners[pairs.users]
            yield loss + self.bridge_loss(parameters, pairs, rows) if rows.any() else loss

    def bridge_loss(self, parameters: Tensors, pairs: Pairs, rows: Bool) -> Tensor:
        """Cross entropy of pairs with bridged vectors; the target's items and output do not move by it."""
        who, place = np.unique(pairs.users[rows].astype(np.int64), return_inverse=True)
        items = to_tensor(np.column_stack([pairs.items, pairs.negatives])[rows])
        vectors = self.bridged(parameters, who)[to_tensor(place)][:, None]
        fixed = {name: parameters[name].detach() for name in ("items", "output", "bias")}
        every = logits_of(fixed, vectors, fixed["items"][items])
        return pointwise(every[:, 0], every[:, 1:])

    def bridged(self, parameters: Tensors, users: I64) -> Tensor:
        """Map source vectors of some users, each by its own bridge, shape (b, f)."""
        import torch

        f, items, rows = self.own.factors, to_tensor(self.items), to_tensor(users)
        event = torch.relu(items @ parameters["bridge.event"] + parameters["bridge.event_bias"])
        score = event @ parameters["bridge.attention"]
        weight = (score - score.max().detach()).exp()
        sums = self.histories(torch.cat((weight * items, weight), dim=1))[rows]
        preferences = sums[:, :f] / sums[:, f:].clamp(min=1e-30)
        hidden = torch.relu(preferences @ parameters["bridge.hidden"] + parameters["bridge.hidden_bias"])
        matrix = (hidden @ parameters["bridge.matrix"] + parameters["bridge.matrix_bias"]).view(-1, f, f)
        return (to_tensor(self.users)[rows][:, None] @ matrix)[:, 0]

    def scorer(self, parameters: Arrays) -> FactorScorer:
        """Who has target history keeps the counterpart's vector; who has source history alone gets the bridged one."""
        import torch

        own = self.own.scorer(parameters)
        users, cold = own.users.copy(), np.flatnonzero(self.cold)
        with torch.no_grad(), one_torch_thread():
            tensors = {name: to_tensor(value) for name, value in parameters.items()}
            for block in (cold[start : start + _BLOCK] for start in range(0, len(cold), _BLOCK)):
                users[block] = self.bridged(tensors, block).cpu().numpy() * parameters["output"]
        return FactorScorer(users, own.items)


@method(
    "ptupcdr",
    family="model",
    needs="user-overlap",
    counterpart="gmf",
    placebo="shuffled-bridge",
    deterministic=False,
    extra="torch",
    on_request=True,
    reference="Zhu et al. 2022, doi:10.1145/3488560.3498392",
    space={**SPACE, "pretraining": PRETRAINING},
)
@dataclass(frozen=True, kw_only=True)
class Ptupcdr(Gmf):
    """For users without target history: the source's vector, mapped by a matrix that is made of the user's own history.

    An attention over the user's source items gives its preferences, and a network turns them into the matrix; it is
    learned on the target interactions of shared users. GMF is one of the paper's three base models. Users with target
    history keep the scores of `gmf`.

    Where public code differs: its item 0 is a real item and the padding of histories; the epoch is chosen on the test
    part, one for each measure; its row for the target alone scores users who were never trained. Here a history is
    whole and needs no padding, validation chooses the epoch, and the bridge is learned beside the target's model, which
    it does not move, rather than after it.

    Parameters
    ----------
    factors, n_negatives, l2, scale
        As in `gmf`, in both domains.
    hidden
        Width of the network's hidden layer.
    pretraining
        Epochs of the source's model.
    """

    hidden: int = 50
    pretraining: int = 20

    def run(self, data: Training, draws: Draws, progress: Progress) -> Run:
        """Fit the sources side by side, then train on the target."""
        source = self.model_of(Part("source", data.source.matrix, np.arange(data.source.n_items), 1.0))
        there = pretrained(self, source, draws, self.pretraining, progress)
        known, known_there = known_users(data.target), known_users(data.source)
        learners = shared_users(data) & known & known_there
        cold = ~known & known_there & learners.any()
        own = self.model(data, ())
        vectors = there["users"], there["items"]
        return Run(
            PtupcdrModel(own, data.source, *vectors, learners, cold, self.hidden), draws, self.descent, "ptupcdr"
        )
