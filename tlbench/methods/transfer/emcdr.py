"""EMCDR: factorise each domain, then map users' source vectors to target vectors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tlbench.methods.baselines.ials import SPACE, Ials
from tlbench.methods.scorers import FactorScorer
from tlbench.methods.transfer.embedding import embed, source_users
from tlbench.methods.transfer.mapping import MapKind, MapOptions, blend, history, map_vectors
from tlbench.progress import SILENT, Progress
from tlbench.registry import Choice, LogRange, method

if TYPE_CHECKING:
    import numpy as np

    from tlbench.split.training import Training


@method(
    "emcdr",
    family="model",
    needs="user-overlap",
    counterpart="ials",
    placebo="shuffled-bridge",
    deterministic=False,
    reference='Man et al. 2017, "Cross-domain recommendation: an embedding and mapping approach", IJCAI, '
    "doi:10.24963/ijcai.2017/343",
    space={
        **SPACE,
        "map_kind": Choice(("linear", "mlp")),
        "strength": LogRange(1e-1, 1e2),
    },
)
@dataclass(frozen=True)
class Emcdr:
    """Implicit ALS in each domain and a map of user vectors, learned on users with history in both.

    The paper recommends to users without target history, from the mapped vector, and so does this. A user with n target
    interactions gets ``(n own + strength deviation) / (n + strength)``, where the deviation is the mapped vector less
    the mean user: pulling users to the mean would help without any source. The counterpart is `ials` because the target
    model is exactly that: only the map carries anything over.

    Parameters
    ----------
    factors, iterations, l2, unobserved, exponent
        As in `ials`, for every domain.
    map_kind
        ``linear``, or ``mlp`` with one hidden layer of tanh units.
    map_l2
        Ridge penalty on the map; None lets the linear map choose it by leave-one-out, and is 1 for the perceptron.
    strength
        How many target interactions the mapped vector counts for.
    """

    factors: int = 64
    iterations: int = 15
    l2: float = 0.003
    unobserved: float = 0.1
    exponent: float = 1.0
    map_kind: MapKind = "linear"
    map_l2: float | None = None
    strength: float = 5.0

    def fit(self, data: Training, rng: np.random.Generator, *, progress: Progress = SILENT) -> FactorScorer:
        """Factorise the domains, learn the map, move every user with source history."""
        model = Ials(self.factors, self.iterations, self.l2, self.unobserved, self.exponent)
        target = embed(data, data.target, model, rng, progress)
        sources = source_users(data, model, rng, progress)
        counts = history(data.target)
        mapped = map_vectors(sources, target.users, counts, MapOptions(self.map_kind, self.map_l2), rng)
        return FactorScorer(blend(target.users, mapped, counts, self.strength), target.items)
