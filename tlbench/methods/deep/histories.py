"""A domain's matrix and moments -> histories in the order of time, as rows of equal length."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlbench.methods.deep._kernels_samples import last_items

if TYPE_CHECKING:
    from tlbench.arrays import I32, I64
    from tlbench.methods.deep.draws import Draws
    from tlbench.split.training import Domain

PADDING = -1


@dataclass(frozen=True, eq=False)
class Histories:
    """What each user touched, oldest first.

    Attributes
    ----------
    indptr
        int64, shape (n_users + 1,): where each history begins.
    items
        int32, shape (nnz,): the items of all histories, one after another.
    n_items
        Number of items that there are.
    """

    indptr: I64
    items: I32
    n_items: int

    @classmethod
    def of(cls, domain: Domain, draws: Draws, name: str) -> Histories:
        """Order a domain's interactions by time; those of one moment come in random order, never by popularity."""
        matrix = domain.matrix
        if domain.timestamps is None:
            raise ValueError(f"{domain.name} has no time")  # `needs` keeps methods from here
        counts = np.diff(matrix.indptr)
        users = np.repeat(np.arange(len(counts)), counts)
        chance = draws.stream("moments", name).random(matrix.nnz)
        order = np.lexsort((chance, domain.timestamps, users))
        return cls(matrix.indptr.astype(np.int64), matrix.indices[order].astype(np.int32), int(matrix.shape[1]))

    @property
    def lengths(self) -> I64:
        """Number of interactions of each user."""
        return np.diff(self.indptr)

    def last(self, users: I64, length: int) -> I32:
        """Return the last items of some users, int32, shape (b, l), `PADDING` in front of shorter histories.

        l is the longest history among them, at most `length`: no step works on padding that nobody needs.
        """
        longest = min(length, max(1, int(self.lengths[users].max(initial=1))))
        out = np.empty((len(users), longest), dtype=np.int32)
        last_items(users.astype(np.int64), self.indptr, self.items, longest, PADDING, out)
        return out
