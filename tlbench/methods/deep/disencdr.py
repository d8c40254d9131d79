"""DisenCDR: what a user is in every domain, told from what it is in one, by variational encoders of both graphs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from tlbench.methods.deep.losses import pointwise
from tlbench.methods.deep.method import SPACE as DEEP_SPACE
from tlbench.methods.deep.method import DeepMethod
from tlbench.methods.deep.samples import known_users
from tlbench.methods.deep.training import Arrays, Run, Tensors, noise, one_torch_thread, to_tensor
from tlbench.methods.deep.two_domains import LabelledItems, TwoDomains, shared_users
from tlbench.methods.deep.vbge import Chance, Gaussian, GraphEncoder, encode_together
from tlbench.methods.scorers import FactorScorer
from tlbench.registry import Choice, Dimension, LogRange, Range, method

if TYPE_CHECKING:
    from torch import Tensor

    from tlbench.arrays import I64
    from tlbench.methods.deep._graph import Product
    from tlbench.methods.deep.draws import Draws
    from tlbench.progress import Progress
    from tlbench.split.training import Training

START = 0.1
SPACE: dict[str, Dimension] = {
    **DEEP_SPACE,
    "factors": Choice((32, 64, 128)),
    "dropout": Range(0.0, 0.5),
    "divergence": LogRange(1e-3, 1.0),
}


@dataclass(frozen=True)
class DisenCdrShape:
    """Hyper-parameters that the model needs, as in `OwnDisenCdr` and `DisenCdr`."""

    factors: int
    layers: int
    dropout: float
    n_negatives: int
    batch_size: int
    divergence: float
    beta: float = 0.9


@dataclass(frozen=True, eq=False)
class DisenCdrModel(TwoDomains):
    """Encoders of each domain, and those of what its shared users are in both.

    Attributes
    ----------
    target, source, shared
        As in `TwoDomains`.
    shape
        Hyper-parameters.
    """

    shape: DisenCdrShape

    @cached_property
    def encoders(self) -> dict[str, GraphEncoder]:
        """Encoders by name: a domain's own users and items, its users as it alone knows them, and as both do."""
        kinds = ("users", "items") if self.source is None else ("users", "items", "share", "cross")
        names = [f"{role}.{kind}" for role in self.domains for kind in kinds]
        return {name: GraphEncoder(name, self.shape.factors, self.shape.layers, self.shape.dropout) for name in names}

    @cached_property
    def ways(self) -> dict[str, tuple[Product, Product]]:
        """By role, means over each item's users and over each user's items: the way from users and back."""
        from tlbench.methods.deep._graph import Graph

        graphs = {role: Graph.of_means(domain.matrix) for role, domain in self.domains.items()}
        return {role: (graph.to_items, graph.to_users) for role, graph in graphs.items()}

    @cached_property
    def rows(self) -> dict[str, I64]:
        """By name of an encoder, the rows that have interactions in its domain."""
        found = {}
        for name in self.encoders:
            role, _, kind = name.partition(".")
            matrix = self.domains[role].matrix
            users = np.flatnonzero(known_users(self.domains[role]))
            found[name] = np.arange(matrix.shape[1]) if kind == "items" else users
        return found

    @cached_property
    def meeting(self) -> I64:
        """Rows of users whom both domains know."""
        both = self.shared & np.all([known_users(domain) for domain in self.domains.values()], axis=0)
        return np.flatnonzero(both)

    @property
    def crosses(self) -> bool:
        """Whether anything can be shared."""
        return self.source is not None and len(self.meeting) > 0

    @cached_property
    def weights(self) -> dict[str, float]:
        """By role, the share of its interactions among those of both domains."""
        total = sum(domain.matrix.nnz for domain in self.domains.values())
        return {role: domain.matrix.nnz / max(1, total) for role, domain in self.domains.items()}

    def start(self, draws: Draws) -> Arrays:
        """Draw vectors of users and items (normal; zeros where there is no interaction) and the encoders."""
        found: Arrays = {}
        for role, domain in self.domains.items():
            for kind, n in zip(
                ("users", "cross", "items"), (*domain.matrix.shape[:1] * 2, domain.n_items), strict=True
            ):
                if f"{role}.{kind}" not in self.encoders:
                    continue
                vectors = draws.normal("start", role, kind, shape=(n, self.shape.factors), scale=START)
                if kind != "items":
                    vectors[~known_users(domain)] = 0.0
                found[f"{role}.{kind}"] = vectors
        for encoder in self.encoders.values():
            found |= encoder.start(draws)
        return found

    def losses(self, parameters: Tensors, draws: Draws, epoch: int) -> Iterator[Tensor]:
        """Cross entropy of each domain and the divergences, batch after batch."""
        chances = {
            name: Chance(noise(draws, "noise", name, epoch), to_tensor(self.rows[name])) for name in self.encoders
        }
        sizes = {"size": self.shape.batch_size, "n_negatives": self.shape.n_negatives}
        for target, source in self.batches(draws, epoch, **sizes):
            codes = Codes.of(self, parameters, chances)
            total = codes.loss(self, "target", target)
            if source is not None:
                total = total + codes.loss(self, "source", source)
            yield total + codes.shared_divergence(self) if self.crosses else total

    def scorer(self, parameters: Arrays) -> FactorScorer:
        """Encode once more, with means and nothing dropped; who has no vector stays without."""
        import torch

        with torch.no_grad(), one_torch_thread():
            tensors = {name: to_tensor(value) for name, value in parameters.items()}
            codes = Codes.of(self, tensors, {})
            users, items = codes.users("target").cpu().numpy(), codes.items["target"].mean.cpu().numpy()
        return FactorScorer(users * self.known[:, None].astype(np.float32), items)

    def per_user(self, role: str) -> float:
        """Interactions per user of a domain: what a divergence per user is divided by in a loss per interaction."""
        domain = self.domains[role]
        return max(1.0, domain.matrix.nnz / max(1, domain.n_active_users))


@dataclass(frozen=True, eq=False)
class Codes:
    """What the encoders make of the parameters, by role.

    Attributes
    ----------
    own, items
        A domain's own users and its items.
    alone, both
        Users as a domain alone knows them, and as both do; None where nothing crosses.
    crossing
        float32 tensor, shape (n_users, f): a draw of both, 0 for users who are not shared; one for both domains.
    chances
        What training draws, by name of the encoder.
    """

    own: dict[str, Gaussian]
    items: dict[str, Gaussian]
    alone: dict[str, Gaussian]
    both: Gaussian | None
    crossing: Tensor | None
    chances: dict[str, Chance]

    @classmethod
    def of(cls, model: DisenCdrModel, parameters: Tensors, chances: dict[str, Chance]) -> Codes:
        """Encode; without chances nothing is dropped."""

        def coded(role: str, kind: str, vectors: str) -> Gaussian:
            forth, back = model.ways[role]
            ways, name = (back, forth) if kind == "items" else (forth, back), f"{role}.{kind}"
            return model.encoders[name](parameters, ways, parameters[f"{role}.{vectors}"], chances.get(name))

        roles = list(model.domains)
        both = None
        if model.crosses:
            names = {role: f"{role}.cross" for role in roles}
            both = encode_together(
                {role: model.encoders[name] for role, name in names.items()},
                parameters,
                model.ways,
                {role: parameters[name] for role, name in names.items()},
                {role: chances.get(name) for role, name in names.items()},
                model.weights,
            )
        return cls(
            {role: coded(role, "users", "users") for role in roles},
            {role: coded(role, "items", "items") for role in roles},
            {role: coded(role, "share", "users") for role in roles} if model.crosses else {},
            both,
            None if both is None else both.sample(chances.get("target.cross")) * to_tensor(model.shared)[:, None],
            chances,
        )

    def users(self, role: str) -> Tensor:
        """Vectors of a domain's users: its own, and for shared ones what they are in both added."""
        own = self.own[role].sample(self.chances.get(f"{role}.users"))
        return own if self.crossing is None else own + self.crossing

    def loss(self, model: DisenCdrModel, role: str, batch: LabelledItems) -> Tensor:
        """Return a domain's cross entropy per pair, and its divergences per interaction."""
        users, items = self.users(role), self.items[role].sample(self.chances.get(f"{role}.items"))
        logits = (users[batch.users][:, None] * items[batch.items]).sum(-1)
        rows = {kind: to_tensor(model.rows[f"{role}.{kind}"]) for kind in ("users", "items")}
        per_item = max(1.0, model.domains[role].matrix.nnz / len(rows["items"]))
        divergence = self.own[role].divergence(rows["users"]) / model.per_user(role)
        divergence = divergence + self.items[role].divergence(rows["items"]) / per_item
        return pointwise(logits[:, 0], logits[:, 1:]) + model.shape.divergence * divergence

    def shared_divergence(self, model: DisenCdrModel) -> Tensor:
        """Return how far what users are in both is from the prior, and from what each domain alone knows."""
        if self.both is None:
            raise ValueError("nothing crosses")
        rows, beta = to_tensor(model.meeting), model.shape.beta
        total = (1 - beta) * self.both.divergence(rows)
        for code in self.alone.values():
            total = total + beta * self.both.divergence(rows, code)
        return model.shape.divergence * total / sum(model.per_user(role) for role in model.domains)


@method(
    "own-disencdr",
    family="baseline",
    deterministic=False,
    extra="torch",
    on_request=True,
    reference="Cao et al. 2022, doi:10.1145/3477495.3531967, without a source",
    space=SPACE,
)
@dataclass(frozen=True, kw_only=True)
class OwnDisenCdr(DeepMethod):
    """The target's own encoders of `disencdr`, which its authors train alone at the start.

    Parameters
    ----------
    factors, layers
        Length of the vectors; layers of an encoder.
    dropout
        Share of a layer's inputs that are zeroed in training.
    n_negatives
        Untouched items beside each interaction.
    divergence
        Weight of the codes' divergence from their prior; 1 is the variational bound.
    """

    factors: int = 64
    layers: int = 2
    dropout: float = 0.3
    n_negatives: int = 1
    divergence: float = 0.1
    rate: float = 5e-3

    @property
    def shape(self) -> DisenCdrShape:
        """What the model needs of these."""
        own = (self.factors, self.layers, self.dropout, self.n_negatives, self.batch_size)
        return DisenCdrShape(*own, self.divergence)

    def run(self, data: Training, draws: Draws, progress: Progress) -> Run:
        """Train on the target."""
        model = DisenCdrModel(data.target, None, np.zeros(data.n_users, dtype=np.bool_), self.shape)
        return Run(model, draws, self.descent, "own-disencdr")


@method(
    "disencdr",
    family="knowledge",
    needs="user-overlap",
    counterpart="own-disencdr",
    placebo="shuffled-bridge",
    deterministic=False,
    extra="torch",
    on_request=True,
    reference="Cao et al. 2022, doi:10.1145/3477495.3531967",
    space={**SPACE, "beta": Range(0.0, 1.0)},
)
@dataclass(frozen=True, kw_only=True)
class DisenCdr(OwnDisenCdr):
    """A shared user's vector is what it is in both domains plus what it is in one, each a code of a graph encoder.

    Where public code differs: the authors' development set is the test set, their negatives may be positives, and the
    positive comes first among ties. Their deviations are ``exp(exp(...))`` and their prior's deviation 3.6; here a
    softplus and 1. They add divergences per user to a loss per pair; here both are per interaction, as in the bound.
    Their ten epochs without the shared part are left out, since validation looks at every epoch.

    Parameters
    ----------
    factors, layers, dropout, n_negatives, divergence
        As in `own-disencdr`, for both domains.
    beta
        How much a shared code must be what each domain alone knows, against the prior.
    """

    beta: float = 0.9

    @property
    def shape(self) -> DisenCdrShape:
        """What the model needs of these."""
        own = (self.factors, self.layers, self.dropout, self.n_negatives, self.batch_size)
        return DisenCdrShape(*own, self.divergence, self.beta)

    def run(self, data: Training, draws: Draws, progress: Progress) -> Run:
        """Train on both domains; all sources are one."""
        model = DisenCdrModel(data.target, data.source, shared_users(data), self.shape)
        return Run(model, draws, self.descent, "disencdr")
