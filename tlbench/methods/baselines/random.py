"""Items in random order: the floor that everything must beat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlbench.progress import SILENT, Progress
from tlbench.registry import method
from tlbench.rng import stream

if TYPE_CHECKING:
    from tlbench.arrays import F32, I64
    from tlbench.split.training import Training


@dataclass(frozen=True)
class RandomScorer:
    """Uniform scores that depend on the user and a key alone, so a user's row is the same in every block."""

    key: int
    n_items: int

    def __call__(self, users: I64) -> F32:
        """Draw each user's row from the user's own stream."""
        rows = [stream(self.key, "random", int(user)).random(self.n_items, dtype=np.float32) for user in users]
        return np.stack(rows) if rows else np.empty((0, self.n_items), dtype=np.float32)


@method(
    "random",
    family="baseline",
    deterministic=False,
    reference="the expectation of any ranking that knows nothing",
)
@dataclass(frozen=True)
class Random:
    """Items in random order, another for each user."""

    def fit(self, data: Training, rng: np.random.Generator, *, progress: Progress = SILENT) -> RandomScorer:  # noqa: ARG002
        """Draw the key; see `tlbench.methods.base.Recommender`."""
        return RandomScorer(int(rng.integers(2**63)), data.n_items)
