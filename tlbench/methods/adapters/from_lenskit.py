"""Models of the library `lenskit` (extra ``tlbench[lenskit]``)."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tlbench.progress import SILENT, Progress
from tlbench.registry import Choice, IntRange, LogRange, method

if TYPE_CHECKING:
    from scipy import sparse

    from tlbench.arrays import F32, I64
    from tlbench.split.training import Training

REFERENCE = "LensKit, Ekstrand 2020, doi:10.1145/3340531.3412778"


@dataclass(frozen=True, eq=False)
class LensKitScorer:
    """A trained scorer of LensKit, asked user by user.

    Attributes
    ----------
    component
        The trained LensKit component; its users and items are rows and columns.
    history
        csr, shape (n_users, n_items): what users did.
    """

    component: Any
    history: sparse.csr_matrix

    def __call__(self, users: I64) -> F32:
        """Score all items for some users; what LensKit gives no score comes after all that it does."""
        from lenskit.data import ItemList

        items = ItemList(item_ids=np.arange(self.history.shape[1]))
        out = np.zeros((len(users), self.history.shape[1]), dtype=np.float32)
        for row, user in zip(out, users, strict=True):
            known = self.history.indices[self.history.indptr[user] : self.history.indptr[user + 1]]
            if len(known):
                row[:] = self._one(int(user), known, items)
        return out

    def _one(self, user: int, known: np.ndarray[Any, Any], items: Any) -> F32:
        from lenskit.data import ItemList, RecQuery

        query = RecQuery(user_id=user, history_items=ItemList(item_ids=known))
        scores = np.array(self.component(query, items).scores(), dtype=np.float32)
        found = np.isfinite(scores)
        if not found.any():
            return np.zeros_like(scores)
        scores[~found] = scores[found].min() - 1
        return scores


@dataclass(frozen=True)
class LensKitAls:
    """`ImplicitMFScorer` of LensKit: weighted factorisation by alternating least squares.

    Parameters
    ----------
    factors, epochs
        Length of the vectors and number of epochs.
    regularization
        Ridge penalty.
    weight
        Weight of an interaction over a pair without one.
    """

    factors: int = 64
    epochs: int = 10
    regularization: float = 0.1
    weight: float = 40.0

    def fit(self, data: Training, rng: np.random.Generator, *, progress: Progress = SILENT) -> LensKitScorer:  # noqa: ARG002
        """Train on the target."""
        from lenskit.als import ImplicitMFScorer

        component = ImplicitMFScorer(
            embedding_size=self.factors,
            epochs=self.epochs,
            regularization=self.regularization,
            weight=self.weight,
            user_embeddings="prefer",
        )
        return _trained(component, data, rng)


@dataclass(frozen=True)
class LensKitKnn:
    """`ItemKNNScorer` of LensKit for implicit data: items like those of the user.

    Parameters
    ----------
    neighbours
        Most similar items that count for a score.
    """

    neighbours: int = 20

    def fit(self, data: Training, rng: np.random.Generator, *, progress: Progress = SILENT) -> LensKitScorer:  # noqa: ARG002
        """Train on the target."""
        from lenskit.knn import ItemKNNScorer

        return _trained(ItemKNNScorer(max_nbrs=self.neighbours, feedback="implicit"), data, rng)


def _trained(component: Any, data: Training, rng: np.random.Generator) -> LensKitScorer:
    """Train a component on the target's pattern, with rows and columns as ids."""
    import pandas as pd
    from lenskit.data import from_interactions_df
    from lenskit.training import TrainingOptions

    matrix = data.target.matrix
    pairs = pd.DataFrame(
        {"user_id": np.repeat(np.arange(data.n_users), np.diff(matrix.indptr)), "item_id": matrix.indices}
    )
    table = from_interactions_df(pairs, users=np.arange(data.n_users), items=np.arange(data.n_items))
    component.train(table, TrainingOptions(rng=int(rng.integers(2**31))))
    return LensKitScorer(component, matrix)


if importlib.util.find_spec("lenskit") is not None:
    method(
        "lenskit-als",
        family="baseline",
        deterministic=False,
        on_request=True,
        reference=f"{REFERENCE}; Hu, Koren, Volinsky 2008, doi:10.1109/ICDM.2008.22",
        space={
            "factors": Choice((16, 32, 64, 128)),
            "epochs": IntRange(5, 30),
            "regularization": LogRange(1e-3, 1e2),
            "weight": LogRange(1, 100),
        },
    )(LensKitAls)
    method(
        "lenskit-knn",
        family="baseline",
        deterministic=True,
        on_request=True,
        reference=f"{REFERENCE}; Deshpande and Karypis 2004, doi:10.1145/963770.963776",
        space={"neighbours": IntRange(5, 200, log=True)},
    )(LensKitKnn)
