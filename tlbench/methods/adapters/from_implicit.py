"""Models of the library `implicit` (extra ``tlbench[implicit]``)."""

from __future__ import annotations

import importlib.util
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from tlbench.io.threads import one_blas_thread
from tlbench.methods.scorers import FactorScorer, ItemItemScorer
from tlbench.progress import SILENT, Progress
from tlbench.registry import Choice, IntRange, LogRange, Range, method

if TYPE_CHECKING:
    from tlbench.arrays import F32
    from tlbench.split.training import Training

REFERENCE = "implicit, https://github.com/benfred/implicit"


@dataclass(frozen=True)
class ImplicitAls:
    """`AlternatingLeastSquares` of implicit: weighted factorisation by conjugate gradients.

    Parameters
    ----------
    factors, iterations
        Length of the vectors and number of epochs.
    regularization
        Ridge penalty.
    alpha
        Weight of an interaction over a pair without one.
    """

    factors: int = 64
    regularization: float = 0.01
    alpha: float = 1.0
    iterations: int = 15

    def fit(self, data: Training, rng: np.random.Generator, *, progress: Progress = SILENT) -> FactorScorer:  # noqa: ARG002
        """Fit on the target; one thread, so that sums are always taken in the same order."""
        from implicit.cpu.als import AlternatingLeastSquares

        seed = int(rng.integers(2**31))
        with one_blas_thread(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it asks for one BLAS thread, which it has
            model = AlternatingLeastSquares(
                factors=self.factors,
                regularization=self.regularization,
                alpha=self.alpha,
                iterations=self.iterations,
                num_threads=1,
                random_state=seed,
            )
            model.fit(_own(data), show_progress=False)
        return FactorScorer(*_known(data, model.user_factors, model.item_factors))


@dataclass(frozen=True)
class ImplicitBpr:
    """`BayesianPersonalizedRanking` of implicit: factors by stochastic steps on pairs.

    Parameters
    ----------
    factors, iterations
        Length of the vectors and number of epochs.
    learning_rate
        Length of a step.
    regularization
        Ridge penalty.
    """

    factors: int = 64
    learning_rate: float = 0.01
    regularization: float = 0.01
    iterations: int = 100

    def fit(self, data: Training, rng: np.random.Generator, *, progress: Progress = SILENT) -> FactorScorer:  # noqa: ARG002
        """Fit on the target; one thread, because threads of this model race with each other."""
        from implicit.cpu.bpr import BayesianPersonalizedRanking

        model = BayesianPersonalizedRanking(
            factors=self.factors,
            learning_rate=self.learning_rate,
            regularization=self.regularization,
            iterations=self.iterations,
            num_threads=1,
            random_state=int(rng.integers(2**31)),
        )
        model.fit(_own(data), show_progress=False)
        return FactorScorer(*_known(data, model.user_factors, model.item_factors))


@dataclass(frozen=True)
class ImplicitKnn:
    """`CosineRecommender` of implicit: items like those of the user.

    Parameters
    ----------
    neighbours
        Similar items kept of each item.
    """

    neighbours: int = 100

    def fit(self, data: Training, rng: np.random.Generator, *, progress: Progress = SILENT) -> ItemItemScorer:  # noqa: ARG002
        """Count on the target."""
        from implicit.nearest_neighbours import CosineRecommender

        model = CosineRecommender(K=self.neighbours, num_threads=1)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns of a matrix that it made itself
            model.fit(_own(data), show_progress=False)
        weights = sparse.csr_matrix(model.similarity, dtype=np.float32)
        weights.sort_indices()
        return ItemItemScorer(data.target.binary, weights)


def _own(data: Training) -> sparse.csr_matrix:
    """Return a copy of the target's pattern: the library wants memory that it could write to."""
    return data.target.binary.copy()


def _known(data: Training, users: object, items: object) -> tuple[F32, F32]:
    """Return both factors as float32; users without history keep no vector that was drawn for them."""
    factors = np.array(users, dtype=np.float32)
    factors[np.diff(data.target.matrix.indptr) == 0] = 0
    return factors, np.ascontiguousarray(items, dtype=np.float32)


if importlib.util.find_spec("implicit") is not None:
    method(
        "implicit-als",
        family="baseline",
        deterministic=False,
        on_request=True,
        reference=f"{REFERENCE}; Takács, Pilászy, Tikk 2011, doi:10.1145/2043932.2043987",
        space={
            "factors": Choice((16, 32, 64, 128, 256)),
            "regularization": LogRange(1e-3, 1e2),
            "alpha": LogRange(0.1, 100),
            "iterations": IntRange(5, 30),
        },
    )(ImplicitAls)
    method(
        "implicit-bpr",
        family="baseline",
        deterministic=False,
        on_request=True,
        reference=f"{REFERENCE}; Rendle et al. 2009, arXiv:1205.2618",
        space={
            "factors": Choice((16, 32, 64, 128)),
            "learning_rate": LogRange(1e-3, 0.2),
            "regularization": Range(0, 0.1),
            "iterations": IntRange(20, 300),
        },
    )(ImplicitBpr)
    method(
        "implicit-knn",
        family="baseline",
        deterministic=True,
        on_request=True,
        reference=f"{REFERENCE}; Sarwar et al. 2001, doi:10.1145/371920.372071",
        space={"neighbours": IntRange(5, 1000, log=True)},
    )(ImplicitKnn)
