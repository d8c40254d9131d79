"""Comparisons of one family -> p-values corrected by Westfall and Young's step-down max-T, with shared sign flips."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tlbench.arrays import F64, I32, Array
from tlbench.errors import TlbenchError
from tlbench.stats.comparison import Comparison
from tlbench.stats.crossed import t_quantile
from tlbench.stats.paired import Paired
from tlbench.stats.signflip import DRAWS, check_draws, key_of

_TIE = 1e-6
"""Statistics that differ by less than this share tie; rounding to whole numbers moves them by less."""


def adjust_max_t(
    comparisons: Sequence[Comparison], pairs: Sequence[Paired], *, rng: np.random.Generator, draws: int = DRAWS
) -> list[Comparison]:
    """Correct a family of comparisons by step-down max-T; returns them in the same order.

    Candidates share users and control, so their statistics go up and down together, which Holm must ignore and max-T
    uses. A user is flipped the same way for all candidates, metrics and scenarios in which the user occurs; the
    adjusted p-value of the k-th largest |t| is the share of flips in which any of the candidates not larger than it
    reaches it, (1 + hits) / (1 + draws) (Westfall and Young 1993, algorithm 4.1; step-down maxima as in Ge, Dudoit and
    Speed 2003, doi:10.1007/BF02595811).

    With several seeds the flips are of users' averages, and the observed |t| is the one that has the crossed test's
    p-value at U - 1 degrees of freedom, so that the variance among seeds counts.

    Parameters
    ----------
    comparisons, pairs
        The family and the values each of them came from, in the same order.
    rng
        Source of the flips.
    draws
        Number of flips.
    """
    check_draws(draws)
    if len(comparisons) != len(pairs):
        raise TlbenchError(f"{len(comparisons)} comparisons and {len(pairs)} pairs of values")
    if not comparisons:
        return []
    columns, sizes = by_user(pairs)
    observed = np.array([_observed_t(comparison) for comparison in comparisons])
    adjusted = step_down(observed, flipped_t(columns, sizes, rng=rng, draws=draws))
    return [
        replace(comparison, adjusted=float(value), correction="max-t", family=len(comparisons))
        for comparison, value in zip(comparisons, adjusted, strict=True)
    ]


def flipped_t(columns: F64, sizes: Array, *, rng: np.random.Generator, draws: int) -> F64:
    """Absolute t statistics under shared random signs.

    Parameters
    ----------
    columns
        float64 user differences, shape (U, K), 0 where a user does not occur in a column.
    sizes
        Number of users of each column, shape (K,).

    Returns
    -------
    float64, shape (draws, K); 0 for a column without differences, infinite where all users differ alike and get
    one sign.
    """
    from tlbench.stats._kernels_flips import LANES, WORD, flip_sums_lanes

    used = columns[(columns != 0).any(axis=1)]
    padded = np.zeros((math.ceil(max(len(used), 1) / WORD) * WORD, math.ceil(columns.shape[1] / LANES) * LANES))
    padded[: len(used), : columns.shape[1]] = used
    whole = _whole_columns(padded)
    key = key_of(rng)
    blocks = [
        flip_sums_lanes(np.ascontiguousarray(whole[:, start : start + LANES]), draws, key)
        for start in range(0, whole.shape[1], LANES)
    ]
    sums = np.concatenate(blocks, axis=1)[:, : columns.shape[1]].astype(np.float64)
    squares = (whole[:, : columns.shape[1]].astype(np.float64) ** 2).sum(axis=0)
    return _absolute_t(sums, squares, np.asarray(sizes, dtype=np.float64))


def step_down(observed: F64, flipped: F64) -> F64:
    """Adjusted p-values from |t|, shape (K,), and |t| under flips, shape (draws, K)."""
    order = np.argsort(-observed, kind="stable")
    running = np.maximum.accumulate(flipped[:, order[::-1]], axis=1)[:, ::-1]
    reached = running >= observed[order] * (1 - _TIE)
    ranked = np.maximum.accumulate((1 + reached.sum(axis=0)) / (1 + len(flipped)))
    adjusted = np.empty(len(observed))
    adjusted[order] = ranked
    adjusted[observed == 0] = 1.0
    return adjusted


def _absolute_t(sums: F64, squares: F64, sizes: F64) -> F64:
    """|t| of columns with these sums; the sum of squares does not change with the signs."""
    with np.errstate(divide="ignore", invalid="ignore"):
        share = sums**2 / (sizes * squares)
        t = np.sqrt((sizes - 1) * share / np.maximum(1 - share, 0.0))
    return np.where(squares > 0, np.where(share >= 1 - 1e-12, np.inf, t), 0.0)


def _whole_columns(columns: F64) -> I32:
    """Scale each column to whole numbers whose absolute values add up within 32 bits."""
    totals = np.abs(columns).sum(axis=0)
    scale = np.divide(2.0**31 - 1 - len(columns), totals, out=np.zeros_like(totals), where=totals > 0)
    return np.asarray(np.rint(columns * scale), dtype=np.int32)


def _observed_t(comparison: Comparison) -> float:
    mean = comparison.mean
    if mean.value == 0:
        return 0.0
    if mean.variance == 0 or comparison.pvalue == 0:
        return math.inf
    if mean.n_seeds == 1:
        return abs(mean.value) / mean.standard_error
    return t_quantile(1 - comparison.pvalue / 2, mean.n_users - 1)


def by_user(pairs: Sequence[Paired]) -> tuple[F64, Array]:
    """Lay user differences side by side, a row per user id; users who do not occur in a pair are 0 there."""
    first = pairs[0].users
    sizes = np.array([paired.n_users for paired in pairs])
    if all(np.array_equal(paired.users, first) for paired in pairs[1:]):
        return np.column_stack([paired.user_difference for paired in pairs]), sizes
    ids, codes = np.unique(np.concatenate([paired.users.astype(str) for paired in pairs]), return_inverse=True)
    columns = np.zeros((len(ids), len(pairs)))
    place = 0
    for column, paired in enumerate(pairs):
        columns[codes[place : place + paired.n_users], column] = paired.user_difference
        place += paired.n_users
    return columns, sizes
