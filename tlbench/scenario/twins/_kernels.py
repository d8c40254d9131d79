"""Loops over pairs of items: how many users they share, what their common events agree in, what chance would give."""

from __future__ import annotations

import math

import numpy as np

from tlbench.arrays import F64, I32, I64
from tlbench.kernels import compiled_at_first_call

kernel = compiled_at_first_call()


@kernel
def common_users(
    first: int,
    last: int,
    indptr: I64,
    user: I32,
    user_indptr: I64,
    user_item: I32,
    degree: I64,
    least_jaccard: float,
    within: bool,
    count: I32,
    touched: I32,
    out: I32,
) -> tuple[int, int]:
    """Find the items of the other domain with which items ``first`` to ``last - 1`` share enough users.

    Parameters
    ----------
    first, last
        Codes of the left items to go through.
    indptr, user
        int64, shape (n_left + 1,), and int32: the users of each left item.
    user_indptr, user_item
        int64, shape (n_users + 1,), and int32: the right items of each user, ascending.
    degree
        int64, shape (n_right,): number of users of each right item.
    least_jaccard
        Pairs with a smaller Jaccard index of their users are passed over, and so are those with one common user.
    within
        True where both domains are one: then only pairs with a larger right code count.
    count, touched
        int32, shape (n_right,): working space; `count` is all 0 before and after.
    out
        int32, shape (capacity, 3), capacity at least n_right: filled with left code, right code, common users.

    Returns
    -------
    tuple of int
        The left item to go on with (`last` when done; else `out` is full) and the number of rows filled.
    """
    filled = 0
    for left in range(first, last):
        own = indptr[left + 1] - indptr[left]
        if own < 2:
            continue
        n_touched = 0
        for place in range(indptr[left], indptr[left + 1]):
            one = user[place]
            for at in range(user_indptr[one + 1] - 1, user_indptr[one] - 1, -1):
                right = user_item[at]
                if within and right <= left:
                    break
                if count[right] == 0:
                    touched[n_touched] = right
                    n_touched += 1
                count[right] += 1
        full = filled + n_touched > len(out)
        for place in range(n_touched):
            right = touched[place]
            common = count[right]
            count[right] = 0
            if not full and common >= 2 and common >= least_jaccard * (own + degree[right] - common):
                out[filled, 0], out[filled, 1], out[filled, 2] = left, right, common
                filled += 1
        if full:
            return left, filled
    return last, filled


@kernel
def agreements(
    pairs: I32,
    indptr: I64,
    user: I32,
    value: I64,
    other_indptr: I64,
    other_user: I32,
    other_value: I64,
    out: I32,
) -> None:
    """Count the common users of each pair whose two events have the same value.

    Parameters
    ----------
    pairs
        int32, shape (n_pairs, 2): left code, right code.
    indptr, user, value
        int64, int32 and int64: the users of each left item, ascending, and the value of each event.
    other_indptr, other_user, other_value
        The same of the right items.
    out
        int32, shape (n_pairs,): filled.
    """
    for pair in range(len(pairs)):
        here, there = indptr[pairs[pair, 0]], other_indptr[pairs[pair, 1]]
        end, other_end = indptr[pairs[pair, 0] + 1], other_indptr[pairs[pair, 1] + 1]
        agreed = 0
        while here < end and there < other_end:
            if user[here] < other_user[there]:
                here += 1
            elif user[here] > other_user[there]:
                there += 1
            else:
                agreed += value[here] == other_value[there]
                here += 1
                there += 1
        out[pair] = agreed


@kernel
def log_tail(common: int, users: int, left: int, right: int) -> float:
    """Return log P(K >= common), K hypergeometric: common elements of random sets of `left` and `right` of `users`."""
    least, most = max(0, left + right - users), min(left, right)
    if common <= least:
        return 0.0
    if common > most:
        return -math.inf
    log_first = _log_choose(left, common) + _log_choose(users - left, right - common) - _log_choose(users, right)
    total, term = 1.0, 1.0
    for k in range(common, most):
        term *= (left - k) / (k + 1.0) * (right - k) / (users - left - right + k + 1.0)
        total += term
        if term < 1e-17 * total:
            break
    return min(0.0, log_first + math.log(total))


@kernel
def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1.0) - math.lgamma(k + 1.0) - math.lgamma(n - k + 1.0)


@kernel
def log_tails(common: I64, users: int, left: I64, right: I64, out: F64) -> None:
    """Fill `out`, float64, shape (n,), with `log_tail` of each pair."""
    for pair in range(len(common)):
        out[pair] = log_tail(common[pair], users, left[pair], right[pair])


@kernel
def expected_by_chance(
    log_level: F64,
    users: int,
    left: I64,
    n_left: I64,
    right: I64,
    n_right: I64,
    least_jaccard: float,
    within: bool,
    out: F64,
) -> None:
    """Say how many pairs chance puts at or below each p-value, over all pairs of items, those that share no user too.

    All pairs of the same two degrees have the same null distribution, so that classes of degrees are gone through
    instead of pairs.

    Parameters
    ----------
    log_level
        float64, shape (n,), ascending: logarithms of the p-values asked about.
    users
        Number of users.
    left, n_left
        int64, shape (n_classes,), ascending: degrees of the left items, and how many items have each.
    right, n_right
        The same of the right items.
    least_jaccard
        A pair below it, or with one common user, has the p-value 1.
    within
        True where both domains are one and a pair has no order.
    out
        float64, shape (n + 1,), all 0: filled with the expected numbers; the last entry is of no use.
    """
    for a in range(len(left)):
        for b in range(a if within else 0, len(right)):
            if min(left[a], right[b]) < least_jaccard * max(left[a], right[b]):
                if right[b] > left[a]:
                    break
                continue
            pairs = float(n_left[a]) * n_right[b]
            if within and a == b:
                pairs = n_left[a] * (n_left[a] - 1.0) / 2.0
            least = math.ceil(least_jaccard * (left[a] + right[b]) / (1.0 + least_jaccard) - 1e-9)
            before = len(log_level)
            for common in range(max(2, least), min(left[a], right[b]) + 1):
                tail = log_tail(common, users, left[a], right[b])
                mass = pairs * math.exp(tail)
                at = int(np.searchsorted(log_level, tail))
                out[at] += mass
                out[before] -= mass
                before = at
                if mass < 1e-12 or at == 0:
                    break
    total = 0.0
    for place in range(len(out)):
        total += out[place]
        out[place] = total
