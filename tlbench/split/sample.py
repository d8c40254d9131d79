"""Who is judged of a huge target: a sample of its users, drawn once for all folds, in proportion to their histories."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from tlbench.arrays import I64, Bool


@dataclass(frozen=True, eq=False)
class Sample:
    """Users who may be judged.

    Attributes
    ----------
    drawn
        bool, shape (n_users,): the users drawn.
    of
        Number of users from whom they were drawn: all whom some fold judges.
    """

    drawn: Bool
    of: int


def draw_sample(count: int, able: Bool, history: I64, rng: np.random.Generator) -> Sample:
    """Draw users, as many from each length of history as its share of all.

    The mean over such a sample estimates the mean over everybody without weights, with a variance that is at most about
    that of a simple random sample (Cochran 1977, Sampling Techniques, section 5.6).

    Parameters
    ----------
    count
        How many to draw; everybody where there are not more.
    able
        bool, shape (n_users,): who can be judged.
    history
        int64, shape (n_users,): target interactions of each user. Strata are powers of two.
    rng
        The same stream for every count, so that a smaller sample is nearly part of a larger one.
    """
    users = np.flatnonzero(able)
    place = rng.permutation(len(users))
    if count >= len(users):
        return Sample(able, len(users))
    stratum = np.log2(np.maximum(history[users], 1)).astype(np.int64)
    sizes = np.bincount(stratum)
    shares = allocate(count, sizes)
    order = np.lexsort((place, stratum))
    starts = np.cumsum(sizes) - sizes
    rank = np.arange(len(users)) - starts[stratum[order]]
    drawn = np.zeros(len(able), dtype=bool)
    drawn[users[order[rank < shares[stratum[order]]]]] = True
    return Sample(drawn, len(users))


def allocate(count: int, sizes: I64) -> I64:
    """Give each stratum its share of a number, int64, by largest remainders; they add up to it."""
    exact = count * sizes / sizes.sum()
    given: I64 = np.floor(exact).astype(np.int64)
    largest = np.argsort(given - exact, kind="stable")
    given[largest[: count - given.sum()]] += 1
    return given
