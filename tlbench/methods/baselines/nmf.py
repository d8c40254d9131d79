"""Matrix factorisation with vectors that are not negative."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlbench.methods import csr
from tlbench.methods._kernels_nmf import nmf_rows
from tlbench.methods.products import inner, over_rows
from tlbench.methods.scorers import FactorScorer
from tlbench.methods.svd import product
from tlbench.progress import SILENT, Progress
from tlbench.registry import Choice, IntRange, LogRange, method
from tlbench.rng import branch

if TYPE_CHECKING:
    from scipy import sparse

    from tlbench.arrays import F32
    from tlbench.split.training import Training


@method(
    "nmf",
    family="baseline",
    deterministic=False,
    reference="Lee, Seung 1999, doi:10.1038/44565; updates: Cichocki, Phan 2009, doi:10.1587/transfun.E92.A.708; "
    "space: Ferrari Dacrema et al. 2021, doi:10.1145/3434185",
    space={"factors": IntRange(1, 350), "iterations": Choice((50, 100, 200)), "l2": LogRange(1e-3, 100)},
)
@dataclass(frozen=True)
class Nmf:
    """Users' and items' vectors without negative parts, by hierarchical least squares; missing interactions are zero.

    Minimises ``1/2 |X - U V'|^2 + l1 (|U|_1 + |V|_1) + l2/2 (|U|^2 + |V|^2)``.

    Parameters
    ----------
    factors, iterations
        Length of the vectors and number of epochs.
    l1, l2
        Penalties.
    """

    factors: int = 32
    iterations: int = 100
    l1: float = 0.0
    l2: float = 1.0

    def fit(self, data: Training, rng: np.random.Generator, *, progress: Progress = SILENT) -> FactorScorer:
        """Alternate; see `tlbench.methods.base.Recommender`."""
        rows = data.target.binary
        columns = csr.transpose(rows)
        scale = np.float32(np.sqrt(rows.nnz / max(1, data.target.n_active_users * data.n_items) / self.factors))
        users, items = (
            np.abs(branch(rng, side).standard_normal((n, self.factors), dtype=np.float32)) * scale
            for side, n in (("users", data.n_users), ("items", data.n_items))
        )
        for _ in progress.track(range(self.iterations), "non-negative factorisation", total=self.iterations):
            self._update(users, rows, items)
            self._update(items, columns, users)
        return FactorScorer(users, items)

    def _update(self, solved: F32, matrix: sparse.csr_matrix, fixed: F32) -> None:
        """Improve one side in place."""
        over_rows(
            nmf_rows,
            len(solved),
            csr.readonly(product(matrix, fixed), np.float32),
            csr.readonly(inner(fixed), np.float32),
            np.float32(self.l1),
            np.float32(self.l2),
            solved,
        )
