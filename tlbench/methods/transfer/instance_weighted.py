"""Source interactions weighted by how well they agree with the target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from tlbench.methods.als import BothSides, Factors, solve_rows
from tlbench.methods.baselines.ials import Ials
from tlbench.methods.scorers import FactorScorer
from tlbench.methods.transfer.collective import AlsOptions, Relation, factorise_collectively, random_start
from tlbench.methods.transfer.embedding import entry_products, ridge_of
from tlbench.methods.transfer.mapping import history
from tlbench.methods.transfer.pooling import Weight, padded, source_weights
from tlbench.progress import SILENT, Progress
from tlbench.registry import Choice, IntRange, LogRange, Range, method

if TYPE_CHECKING:
    from tlbench.arrays import F32, Bool
    from tlbench.split.training import Training


@method(
    "instance-weighted",
    family="data",
    needs="user-overlap",
    counterpart="ials",
    placebo="shuffled-bridge",
    deterministic=False,
    reference='Dai et al. 2007, "Boosting for transfer learning" (TrAdaBoost), doi:10.1145/1273496.1273521, with the '
    "target weights held as in stage two of Pardoe and Stone 2010, ICML",
    space={
        "factors": Choice((16, 32, 64, 128, 256)),
        "rounds": IntRange(2, 10),
        "iterations": IntRange(1, 10),
        "l2": LogRange(1e-4, 1e-1),
        "unobserved": LogRange(1e-2, 1.0),
        "exponent": Choice((0.0, 0.5, 1.0)),
        "weight": Range(0, 1),
    },
)
@dataclass(frozen=True)
class InstanceWeighted:
    """Collective factorisation in which source interactions that the target contradicts lose weight round by round.

    TrAdaBoost adapted to implicit data. A round factorises target and weighted sources together (`cmf`), then solves
    every user from its target history alone, and measures how well that vector predicts the user's source interactions:
    ``e = min(1, |1 - x_u.y_i|)``. A source interaction's weight is multiplied by ``beta^e``, ``beta = 1 / (1 +
    sqrt(2 ln n / rounds))`` for n source interactions, and the weights are scaled to their old total, as in the paper.
    Target weights stay 1: raising those of
    mispredicted target interactions, as the paper does for labels without noise, chases chance purchases. The last
    round's model recommends; interactions of users without target history keep their weight.

    Parameters
    ----------
    factors, l2, unobserved, exponent
        As in `ials`.
    rounds, iterations
        Rounds of weighting, and epochs in each.
    weight
        Weight of a source interaction in the first round; one number, or one for each source. With 0 the method is
        `ials` of as many epochs.
    """

    factors: int = 64
    rounds: int = 5
    iterations: int = 3
    l2: float = 0.003
    unobserved: float = 0.1
    exponent: float = 1.0
    weight: Weight = 0.1

    def fit(self, data: Training, rng: np.random.Generator, *, progress: Progress = SILENT) -> FactorScorer:
        """Factorise, weigh, repeat."""
        weights = source_weights(self.weight, len(data.sources))
        if not any(weights):
            epochs = self.rounds * self.iterations
            return Ials(self.factors, epochs, self.l2, self.unobserved, self.exponent).fit(data, rng, progress=progress)
        domains = (data.target, *data.sources)
        target = Relation(padded(domains, 0), 1.0)
        sources = [Relation(padded(domains, n + 1), weight) for n, weight in enumerate(weights) if weight > 0]
        options = AlsOptions(self.factors, self.iterations, self.l2, self.unobserved, self.exponent)
        model = random_start(target.matrix.shape, self.factors, rng)
        n_entries = sum(source.matrix.nnz for source in sources)
        beta = 1.0 / (1.0 + np.sqrt(2.0 * np.log(max(n_entries, 2)) / self.rounds))
        for number in range(self.rounds):
            model = factorise_collectively((target, *sources), options, model, progress=progress)
            if number + 1 < self.rounds:
                users = self._from_target(data, model)
                known = history(data.target) > 0
                sources = [
                    Relation(reweighted(each.matrix, users, model.items, known, beta), each.weight) for each in sources
                ]
        return FactorScorer(model.users, np.ascontiguousarray(model.items[: data.n_items]))

    def _from_target(self, data: Training, model: Factors) -> F32:
        """Solve users from their target history alone, float32, shape (n_users, f)."""
        plain = Ials(self.factors, self.iterations, self.l2, self.unobserved, self.exponent)
        entries = BothSides.of(data.target.binary).by_user
        return solve_rows(
            entries,
            np.ascontiguousarray(model.items[: data.n_items]),
            ridge=ridge_of(plain, entries.counts, data.n_items),
            unobserved=self.unobserved,
            start=model.users,
            steps=10,
        )


def reweighted(matrix: sparse.csr_matrix, users: F32, items: F32, known: Bool, beta: float) -> sparse.csr_matrix:
    """Multiply the weight of each entry of known users by ``beta^min(1, |1 - x_u.y_i|)``, total weight kept.

    csr float32; only entries of known users change, and their weights sum to what they did before.
    """
    error = np.minimum(1.0, np.abs(1.0 - entry_products(matrix, users, items)))
    judged = known[np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))]
    weight = matrix.data * np.where(judged, np.float32(beta) ** error, np.float32(1.0))
    before, after = (float(each[judged].sum(dtype=np.float64)) for each in (matrix.data, weight))
    if after > 0:
        weight[judged] *= before / after
    return sparse.csr_matrix((weight.astype(np.float32), matrix.indices, matrix.indptr), shape=matrix.shape)
