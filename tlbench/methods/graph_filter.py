"""Signals on the graph of items: what smooth filters of closed form make of what a user touched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from tlbench.arrays import F32, I64


def normalised(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    """Return ``D_u^-1/2 A D_i^-1/2`` of a pattern A, csr float32; rows and columns without entries stay without."""
    row_degrees = np.diff(matrix.indptr)
    column_degrees = np.bincount(matrix.indices, minlength=matrix.shape[1])
    weights: F32 = (
        1.0 / np.sqrt(np.repeat(row_degrees, row_degrees).astype(np.float64) * column_degrees[matrix.indices])
    ).astype(np.float32)
    return sparse.csr_matrix((weights, matrix.indices, matrix.indptr), shape=matrix.shape)


@dataclass(frozen=True, eq=False)
class GraphFilterScorer:
    """Score = signal, filtered by the target's item graph and, with a weight, by the source's first.

    Every factor is sparse and is multiplied with a block of signals in turn, so no matrix of items by items is made.

    Attributes
    ----------
    signals
        csr float32, shape (n_users, n_items): what a user did, normalised; zero where the target knows nothing.
    graph
        csr float32, shape (n_users, n_items): the target's normalised interactions R; ``R'R`` is its filter.
    bridge
        How signals cross, None without a source.
    """

    signals: sparse.csr_matrix
    graph: sparse.csr_matrix
    bridge: Bridging | None = None

    def __call__(self, users: I64) -> F32:
        """Score all items for some users; see `tlbench.methods.base.Scorer`."""
        signals: F32 = self.signals[users].toarray()
        if self.bridge is not None:
            signals = self.bridge(users, signals)
        return through(signals, self.graph.T, self.graph)


@dataclass(frozen=True, eq=False)
class Bridging:
    """How a signal crosses to the source and back, over the users who have history in both domains.

    Attributes
    ----------
    own, there
        csr float32, shapes (n_bridge_users, n_items) and (n_bridge_users, n_source_items): their normalised rows.
    foreign
        csr float32, shape (n_users, n_source_items): normalised source rows of users without target history.
    weight
        Of what crossed, against the signal itself.
    """

    own: sparse.csr_matrix
    there: sparse.csr_matrix
    foreign: sparse.csr_matrix
    weight: float

    def __call__(self, users: I64, signals: F32) -> F32:
        """Give users without a signal one, and mix all of them with what comes back from the source."""
        signals = np.add(signals, through(self.foreign[users].toarray(), self.there.T, self.own))
        if self.weight == 0:
            return signals
        crossed = through(signals, self.own.T, self.there, self.there.T, self.own)
        return np.float32(1 - self.weight) * signals + np.float32(self.weight) * crossed


def through(rows: F32, *matrices: sparse.csr_matrix | sparse.csc_matrix) -> F32:
    """Multiply rows by sparse matrices, one after the other, float32."""
    for matrix in matrices:
        rows = (matrix.T @ rows.T).T
    product: F32 = np.ascontiguousarray(rows, dtype=np.float32)
    return product
