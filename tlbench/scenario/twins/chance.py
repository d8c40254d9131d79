"""Numbers of common users -> p-values, and the share of false ones among the pairs at or below each (q-values)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlbench.scenario.twins._kernels import expected_by_chance, log_tails

if TYPE_CHECKING:
    from tlbench.arrays import F64, I32, I64
    from tlbench.scenario.twins.listings import Listings


@dataclass(frozen=True, eq=False)
class Significance:
    """What chance says of some pairs.

    Attributes
    ----------
    log_pvalue
        float64, shape (n_pairs,): natural logarithm of P(K >= k), K hypergeometric given both items' numbers of users.
    qvalue
        float64, shape (n_pairs,): expected share of chance pairs among all that are at least as significant.
    tested
        Number of pairs of items that were tested, those without a common user included.
    """

    log_pvalue: F64
    qvalue: F64
    tested: int


def significance(pairs: I32, left: Listings, right: Listings, *, least_jaccard: float, within: bool) -> Significance:
    """Test every pair of items with two users and more for independence, given their numbers of users.

    A pair below `least_jaccard`, or with fewer than two common users, counts as a test with the p-value 1, which keeps
    the tests valid: the p-value of the others is the tail of the hypergeometric distribution, and both conditions are
    a least number of common users. The numbers of common users are small whole numbers, so that most pairs cannot
    reach a given p-value at all; the false discovery rate therefore takes the sum of what each pair can reach (Heyse
    2011, doi:10.1007/978-1-4419-9771-5_5) where Benjamini and Hochberg (1995) take the number of tests times the
    level, which is its upper bound.

    Parameters
    ----------
    pairs
        int32, shape (n_pairs, 3), as `tlbench.scenario.twins.common.common_pairs` returns them: **all** pairs that
        meet both conditions.
    left, right, least_jaccard, within
        As given there.
    """
    here, there = left.degree, right.degree
    log_pvalue = np.empty(len(pairs))
    log_tails(pairs[:, 2].astype(np.int64), left.n_users, here[pairs[:, 0]], there[pairs[:, 1]], log_pvalue)
    n_left, n_right = int((here > 1).sum()), int((there > 1).sum())
    tested = n_left * (n_left - 1) // 2 if within else n_left * n_right
    expected = _expected(log_pvalue, left, right, least_jaccard, within)
    return Significance(log_pvalue, _qvalues(log_pvalue, expected), tested)


def _expected(log_pvalue: F64, left: Listings, right: Listings, least_jaccard: float, within: bool) -> F64:
    """Expected number of chance pairs at or below each p-value, float64, shape (n_pairs,), in the order given."""
    levels, place = np.unique(log_pvalue, return_inverse=True)
    out = np.zeros(len(levels) + 1)
    here, there = _classes(left.degree), _classes(right.degree)
    expected_by_chance(levels, left.n_users, *here, *there, least_jaccard, within, out)
    return out[:-1][place]


def _classes(degree: I64) -> tuple[I64, I64]:
    """Return the degrees from 2 that occur, ascending, and how many items have each."""
    values, counts = np.unique(degree[degree > 1], return_counts=True)
    return values.astype(np.int64), counts.astype(np.int64)


def _qvalues(log_pvalue: F64, expected: F64) -> F64:
    """Divide by the number of pairs at or below each p-value, and make the result grow with the p-value."""
    order = np.argsort(log_pvalue, kind="stable")
    rank = np.searchsorted(log_pvalue[order], log_pvalue[order], side="right")
    share = np.minimum.accumulate((expected[order] / rank)[::-1])[::-1]
    out = np.empty(len(order))
    out[order] = np.minimum(share, 1.0)
    return out
