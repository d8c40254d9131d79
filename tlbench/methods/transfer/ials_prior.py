"""Mapped source vectors as the prior mean of the target users' ridge problems."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlbench.methods.als import BothSides, solve_rows
from tlbench.methods.baselines.ials import SPACE, Ials
from tlbench.methods.scorers import FactorScorer
from tlbench.methods.transfer.embedding import embed, entry_products, ridge_of, source_users
from tlbench.methods.transfer.mapping import MapKind, MapOptions, history, map_vectors
from tlbench.progress import SILENT, Progress
from tlbench.registry import Choice, method

if TYPE_CHECKING:
    from tlbench.arrays import F32
    from tlbench.split.training import Training


@method(
    "ials-prior",
    family="model",
    needs="user-overlap",
    counterpart="ials",
    placebo="shuffled-bridge",
    deterministic=False,
    reference="Hu, Koren and Volinsky 2008, doi:10.1109/ICDM.2008.22, with the ridge centred on the mapped vector of "
    "Man et al. 2017, doi:10.24963/ijcai.2017/343 (Gaussian prior: Salakhutdinov and Mnih 2008, NIPS)",
    space={
        **SPACE,
        "map_kind": Choice(("linear", "mlp")),
    },
)
@dataclass(frozen=True)
class IalsPrior:
    """Implicit ALS whose users are pulled to what their source vector says instead of to zero.

    With the target's item vectors fixed, user u minimises
    ``sum_observed (1 - x.y_i)^2 + unobserved * sum_all ((x - m_u).y_j)^2 + ridge_u |x - m_u|^2``: the loss of `ials`
    with its pull to zero, of the vector and of the scores of items not touched, centred on m_u. That is the deviation
    of the mapped source vector from the mean user, since a pull to the mean would help without a source. Users without
    source history stay as `ials` has them; users without target history get the mapped vector.

    Parameters
    ----------
    factors, iterations, l2, unobserved, exponent
        As in `ials`, for every domain.
    map_kind, map_l2
        As in `emcdr`.
    """

    factors: int = 64
    iterations: int = 15
    l2: float = 0.003
    unobserved: float = 0.1
    exponent: float = 1.0
    map_kind: MapKind = "linear"
    map_l2: float | None = None

    def fit(self, data: Training, rng: np.random.Generator, *, progress: Progress = SILENT) -> FactorScorer:
        """Factorise the domains, learn the map, solve every user again around the mapped vector."""
        model = Ials(self.factors, self.iterations, self.l2, self.unobserved, self.exponent)
        target = embed(data, data.target, model, rng, progress)
        sources = source_users(data, model, rng, progress)
        counts = history(data.target)
        mapped = map_vectors(sources, target.users, counts, MapOptions(self.map_kind, self.map_l2), rng)
        cold, warm = mapped.in_source & (counts == 0), mapped.in_source & (counts > 0)
        users = target.users.copy()
        users[warm] = self._around(mapped.deviation, data, target, ridge_of(model, counts, data.n_items))[warm]
        users[cold] = mapped.mean + mapped.deviation[cold]
        return FactorScorer(users, target.items)

    def _around(self, prior: F32, data: Training, target: FactorScorer, ridge: F32) -> F32:
        """Solve every user's problem centred on its prior mean: ``x = prior + d``, d solved against what is left."""
        rows = data.target.binary
        left = 1.0 - entry_products(rows, prior, target.items)
        change = solve_rows(
            BothSides.of(rows, target=left).by_user,
            target.items,
            ridge=ridge,
            unobserved=self.unobserved,
            start=np.zeros_like(prior),
            steps=self.factors,
        )
        return prior + change
