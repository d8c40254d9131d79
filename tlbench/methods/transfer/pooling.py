"""Sources and their weights -> one matrix with the target's columns first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from tlbench.errors import TlbenchError
from tlbench.methods import csr

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tlbench.arrays import Bool
    from tlbench.split.training import Domain, Training

Weight = float | tuple[float, ...]


def source_weights(weight: Weight | Sequence[float], n_sources: int) -> tuple[float, ...]:
    """Return one weight per source, not negative; a single number serves for all sources."""
    weights = (float(weight),) * n_sources if isinstance(weight, int | float) else tuple(map(float, weight))
    if len(weights) != n_sources:
        raise TlbenchError(
            f"`weight` has {len(weights)} values for {n_sources} sources",
            hint="give one number for all sources, or one for each in the order of the scenario",
        )
    if min(weights, default=0.0) < 0:
        raise TlbenchError(f"`weight` {min(weights)} is negative", hint="0 ignores a source, 1 treats it as the target")
    return weights


def pooled(
    data: Training,
    weights: tuple[float, ...],
    values: Callable[[sparse.csr_matrix], sparse.csr_matrix] = lambda matrix: matrix,
) -> sparse.csr_matrix:
    """Put all domains side by side: ones for the target, the source's weight for its interactions.

    Parameters
    ----------
    data
        The domains.
    weights
        One for each source; a source of weight 0 has no columns, so that what is left is the target alone to the bit.
    values
        What to make of a domain's pattern of ones before it is weighted.

    Returns
    -------
    scipy.sparse.csr_matrix
        float32, shape (n_users, n_items + all items of sources that count), sorted indices.
    """
    blocks = [values(data.target.binary)]
    blocks += [
        values(source.binary) * np.float32(weight)
        for source, weight in zip(data.sources, weights, strict=True)
        if weight
    ]
    return csr.side_by_side(*blocks)


def only(matrix: sparse.csr_matrix, rows: Bool) -> sparse.csr_matrix:
    """Return the matrix with all other rows empty."""
    counts = np.where(rows, np.diff(matrix.indptr), 0)
    kept = np.repeat(rows, np.diff(matrix.indptr))
    indptr = np.concatenate([[0], np.cumsum(counts)])
    return sparse.csr_matrix((matrix.data[kept], matrix.indices[kept], indptr), shape=matrix.shape)


def padded(domains: tuple[Domain, ...], place: int) -> sparse.csr_matrix:
    """Return one domain's pattern in the columns of all domains side by side, the others' empty."""
    return csr.side_by_side(
        *(each.binary if n == place else csr.empty(each.matrix.shape) for n, each in enumerate(domains))
    )
