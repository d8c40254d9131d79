"""A domain's CSR matrix -> the mini-batches of an epoch, without a loop over rows in Python."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlbench.methods import csr
from tlbench.methods.deep._kernels_samples import sample_negatives

if TYPE_CHECKING:
    from scipy import sparse

    from tlbench.arrays import I32, I64, Bool
    from tlbench.methods.deep.draws import Draws
    from tlbench.split.training import Domain


@dataclass(frozen=True, eq=False)
class Pairs:
    """Some interactions, each with items that its user did not touch.

    Attributes
    ----------
    users, items
        int32, shape (b,): the interactions.
    negatives
        int32, shape (b, n_negatives): items that the user of that row did not touch in training.
    """

    users: I32
    items: I32
    negatives: I32


@dataclass(frozen=True, eq=False)
class PairSampler:
    """Interactions of a domain in random order, with negatives.

    Attributes
    ----------
    entries
        The domain's matrix.
    n_items
        Number of its columns.
    users
        int32, shape (nnz,): the row of each entry.
    usable
        int64: the entries that have a negative; those of users who touched every item have none.
    name
        What tells its draws from those of other domains, ``target`` or ``source``.
    """

    entries: csr.Csr
    n_items: int
    users: I32
    usable: I64
    name: str

    @classmethod
    def of(cls, matrix: sparse.csr_matrix, name: str) -> PairSampler:
        """Look at a matrix of shape (n_users, n_items), sorted indices; its values are not used."""
        entries, n_items = csr.arrays(matrix), int(matrix.shape[1])
        counts = np.diff(entries.indptr)
        users = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
        return cls(entries, n_items, users, np.flatnonzero(counts[users] < n_items).astype(np.int64), name)

    def batches(
        self, draws: Draws, epoch: int | str, *, size: int, n_negatives: int = 1, fresh: bool = True
    ) -> Iterator[Pairs]:
        """Yield every usable interaction once, in batches of `size` (the last may be smaller).

        Negatives are drawn anew in every epoch, or, if not `fresh`, once and for all.
        """
        order = draws.stream("order", self.name, epoch).permutation(self.usable)
        seed = draws.seed("negatives", self.name, epoch if fresh else "once")
        for start in range(0, len(order), size):
            yield self._pairs(order[start : start + size], seed, n_negatives)

    def _pairs(self, chosen: I64, seed: np.uint64, n_negatives: int) -> Pairs:
        users, items = self.users[chosen], self.entries.indices[chosen]
        negatives = np.empty((len(chosen), n_negatives), dtype=np.int32)
        sample_negatives(users, chosen, self.entries.indptr, self.entries.indices, self.n_items, seed, negatives)
        return Pairs(users, items, negatives)


def row_batches(rows: I64, draws: Draws, name: str, epoch: int, *, size: int) -> Iterator[I64]:
    """Yield rows in random order, in batches of `size` (the last may be smaller)."""
    order = draws.stream("order", name, epoch).permutation(rows)
    for start in range(0, len(order), size):
        yield order[start : start + size]


def known_users(domain: Domain, also: Bool | None = None) -> Bool:
    """Return who has interactions in a domain, or is known otherwise, bool, shape (n_users,)."""
    known: Bool = np.diff(domain.matrix.indptr) > 0
    return known if also is None else known | also
