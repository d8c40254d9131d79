"""Sources and their weights -> one matrix with the target's columns first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tlbench.errors import TlbenchError
from tlbench.methods import csr

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scipy import sparse

    from tlbench.arrays import F32
    from tlbench.split.training import Training

Weight = float | tuple[float, ...]


def source_weights(weight: Weight | Sequence[float], n_sources: int) -> tuple[float, ...]:
    """Return one weight a source, not negative; a single number serves for all sources."""
    weights = (float(weight),) * n_sources if isinstance(weight, int | float) else tuple(map(float, weight))
    if len(weights) != n_sources:
        raise TlbenchError(
            f"`weight` has {len(weights)} values for {n_sources} sources",
            hint="give one number for all sources, or one for each in the order of the scenario",
        )
    if min(weights, default=0.0) < 0:
        raise TlbenchError(f"`weight` {min(weights)} is negative", hint="0 ignores a source, 1 treats it as the target")
    return weights


def pooled(data: Training, weights: tuple[float, ...]) -> sparse.csr_matrix:
    """Put all domains side by side: ones for the target, the source's weight for its interactions.

    csr float32, shape (n_users, n_items + all source items), sorted indices; entries of sources with weight 0 are gone.
    """
    blocks = [data.target.binary]
    for source, weight in zip(data.sources, weights, strict=True):
        blocks.append(source.binary * np.float32(weight) if weight else csr.empty(source.matrix.shape))
    return csr.side_by_side(*blocks)


def column_weights(data: Training, weights: tuple[float, ...]) -> F32:
    """Weight of each pooled column, float32, shape (n_items + all source items,): 1 for the target's."""
    sizes = [data.n_items, *(source.n_items for source in data.sources)]
    return np.repeat(np.array((1.0, *weights), dtype=np.float32), sizes)
