"""What a metric gets: the users' rankings beside what was held out of them, counted once for all metrics."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from tlbench.errors import TlbenchError
from tlbench.io.threads import in_threads
from tlbench.metrics._kernels_walk import walk_lists

if TYPE_CHECKING:
    from tlbench.arrays import F64, I64
    from tlbench.metrics.background import Background
    from tlbench.metrics.holdout import Holdout
    from tlbench.metrics.ranking import Ranking

_WALKERS = 8192
"""Users whose lists one thread walks at a time."""


@dataclass(frozen=True, eq=False)
class Counts:
    """What the first k items of every list hold; each field has shape (b,).

    Attributes
    ----------
    hits
        int64, held-out items among them.
    first
        int64, position (from 1) of the first hit, 0 where there is none.
    dcg
        float64, sum of 1 / log2(1 + position) over the hits.
    precisions
        float64, sum over the hits of the precision at their positions.
    """

    hits: I64
    first: I64
    dcg: F64
    precisions: F64


@dataclass(frozen=True, eq=False)
class Judged:
    """Some users' rankings beside what was held out of them: the one argument of every metric.

    Attributes
    ----------
    ranking
        Lists of the b users.
    relevant
        csr, shape (b, n_items), sorted indices: the held-out items of each user; values are ratings, 1 where implicit.
    background
        Training part and what is known of the items.
    depths
        Cuts at which `at` is asked, ascending.
    holdout
        What is known of the held-out items among all that could have been listed; None where no metric needs it.
    """

    ranking: Ranking
    relevant: sparse.csr_matrix
    background: Background
    depths: tuple[int, ...]
    holdout: Holdout | None = None

    @cached_property
    def n_relevant(self) -> I64:
        """Number of held-out items of each user, int64, shape (b,)."""
        return np.diff(self.relevant.indptr).astype(np.int64)

    def at(self, k: int) -> Counts:
        """Return the counts of the first k items; all depths come from one walk down the lists."""
        return self._walk[self.depths.index(k)]

    def first(self, k: int) -> sparse.csr_matrix:
        """Return the first k items of every list as ones in a csr, float64, shape (b, n_items)."""
        items = self.ranking.items[:, :k]
        listed = items >= 0
        indptr = np.concatenate([[0], np.cumsum(listed.sum(axis=1))])
        ones = np.ones(indptr[-1])
        return sparse.csr_matrix((ones, items[listed], indptr), shape=(len(items), self.relevant.shape[1]))

    def sum_holdout(self, values: F64) -> F64:
        """Add up values of the held-out items, aligned with ``relevant.indices``, user by user: float64, shape (b,)."""
        whose = np.repeat(np.arange(len(self.n_relevant)), self.n_relevant)
        return np.bincount(whose, weights=values, minlength=len(self.n_relevant)).astype(np.float64)

    @cached_property
    def _walk(self) -> tuple[Counts, ...]:
        items = self.ranking.items
        shape = (len(self.depths), len(items))
        hits, first = np.empty(shape, dtype=np.int64), np.empty(shape, dtype=np.int64)
        dcg, precisions = np.empty(shape), np.empty(shape)
        indptr = self.relevant.indptr.astype(np.int64, copy=False)
        indices = self.relevant.indices.astype(np.int32, copy=False)
        fixed = (items, indptr, indices, discounts(items.shape[1]), np.array(self.depths, dtype=np.int64))
        in_threads(
            lambda start: walk_lists(start, min(start + _WALKERS, len(items)), *fixed, hits, first, dcg, precisions),
            range(0, len(items), _WALKERS),
        )
        return tuple(Counts(*parts) for parts in zip(hits, first, dcg, precisions, strict=True))


def discounts(n: int) -> F64:
    """Weights 1 / log2(1 + position) of the positions 1..n, float64, shape (n,).

    Parameters
    ----------
    n
        Length of the list.

    Returns
    -------
    numpy.ndarray
        float64, shape (n,).

    Examples
    --------
    >>> from tlbench.metrics.judged import discounts
    >>> discounts(3).round(3).tolist()
    [1.0, 0.631, 0.5]
    """
    return np.asarray(1.0 / np.log2(np.arange(2, n + 2)), dtype=np.float64)


def ratio(part: F64 | I64, whole: F64 | I64) -> F64:
    """Divide, giving 0 where the whole is 0.

    Parameters
    ----------
    part, whole
        Numbers of the same shape.

    Returns
    -------
    numpy.ndarray
        float64, the same shape; 0 where `whole` is 0.

    Examples
    --------
    >>> import numpy as np
    >>> from tlbench.metrics.judged import ratio
    >>> ratio(np.array([1.0, 0.0]), np.array([2.0, 0.0])).tolist()
    [0.5, 0.0]
    """
    return np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0)


def holdout_of(judged: Judged) -> Holdout:
    """Return what is known of the held-out items; a metric that asks declares ``needs="held-scores"``."""
    if judged.holdout is None:
        raise TlbenchError(
            "a metric looks at the scores of held-out items without saying so",
            hint='register it with `needs="held-scores"`',
        )
    return judged.holdout
