"""An interaction matrix -> a random one with the same degrees."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from tlbench.methods._kernels_rewire import fill, switch

if TYPE_CHECKING:
    from tlbench.split.training import Domain

ROUNDS = 10
BATCH = 1_000_000


def rewired(domain: Domain, rng: np.random.Generator) -> Domain:
    """Switch the items of random pairs of interactions, `ROUNDS` attempts an interaction.

    User u's item i and user v's item j become (u, j) and (v, i) unless one of these is there already. Every user keeps
    its number of interactions, its ratings and their times; every item keeps its number of interactions.
    """
    matrix = domain.matrix
    users = np.repeat(np.arange(matrix.shape[0], dtype=np.int64), np.diff(matrix.indptr))
    items = matrix.indices.astype(np.int64)
    table = np.full(1 << max(4, int(2 * len(items)).bit_length()), -1, dtype=np.int64)
    fill(table, users, items, domain.n_items)
    left = ROUNDS * len(items) if len(items) > 1 else 0
    while left > 0:
        size = min(BATCH, left)
        first, second = rng.integers(len(items), size=(2, size))
        switch(table, users, items, domain.n_items, first, second)
        left -= size
    order = np.lexsort((items, users))
    shuffled = sparse.csr_matrix((matrix.data[order], items[order].astype(np.int32), matrix.indptr), shape=matrix.shape)
    return replace(domain, matrix=shuffled, timestamps=None if domain.timestamps is None else domain.timestamps[order])
