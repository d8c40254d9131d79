"""User differences -> p-value of the sign-flip randomisation test, exact or by many random flips."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tlbench.arrays import F64, I32, I64, Array
from tlbench.errors import TlbenchError

DRAWS = 10_000
EXACT_UP_TO = 20
"""With so many users whose values differ, all 2^20 = 1,048,576 flips are gone through."""

_PEAK = 2**24
"""Largest whole number a difference becomes; 64 of them add up within 32 bits."""


@dataclass(frozen=True)
class SignFlip:
    """Result of a sign-flip test.

    Attributes
    ----------
    mean
        Mean of the values.
    pvalue
        Two-sided; (1 + hits) / (1 + draws) for random flips, so never 0.
    draws
        Number of flips looked at.
    exact
        True where these were all there are.
    n_flipped
        Users whose value is not 0; the others cannot move the sum.
    """

    mean: float
    pvalue: float
    draws: int
    exact: bool
    n_flipped: int


def sign_flip(values: F64, *, rng: np.random.Generator, draws: int = DRAWS) -> SignFlip:
    """Test that the values are symmetric around 0: that candidate and control could be exchanged within a user.

    The p-value is the share of sign patterns whose sum is at least as far from 0 as the observed one (Fisher 1935;
    Smucker, Allan and Carterette 2007, doi:10.1145/1321440.1321528). The sum of squares is the same under every
    pattern, so it is the test by the t statistic too.

    Parameters
    ----------
    values
        float64 differences, a value per user, shape (U,).
    rng
        Source of the flips.
    draws
        Number of random flips where there are too many to go through them all.

    Returns
    -------
    SignFlip
        The mean, the p-value, and how many sign patterns it was made from.

    Raises
    ------
    TlbenchError
        For no values, values that are not finite, and fewer than one draw.

    Examples
    --------
    >>> import numpy as np
    >>> from tlbench.rng import stream
    >>> from tlbench.stats.signflip import sign_flip
    >>> found = sign_flip(np.array([0.2, 0.1, 0.4, 0.3]), rng=stream(0, "flips"))
    >>> found.pvalue, found.exact
    (0.125, True)
    """
    check_values(values)
    check_draws(draws)
    moved = values[values != 0]
    mean = float(np.mean(values))
    if len(moved) <= EXACT_UP_TO:
        return SignFlip(mean, _exact(moved), 2 ** len(moved), True, len(moved))
    whole = whole_numbers(moved, _PEAK)
    hits = int((np.abs(_random_sums(whole, draws, rng)) >= _reach(whole)).sum())
    return SignFlip(mean, (1 + hits) / (1 + draws), draws, False, len(moved))


def check_values(values: F64) -> None:
    """Refuse an empty or two-dimensional array and values that are not finite."""
    if values.ndim != 1 or not len(values):
        raise TlbenchError(f"values of shape {values.shape}", hint="give one number per user, at least one user")
    if not np.isfinite(values).all():
        place = int(np.argmin(np.isfinite(values)))
        raise TlbenchError(f"value {place} is {values[place]}", hint="every user needs a finite number")


def check_draws(draws: int) -> None:
    """Refuse a number of draws from which no p-value or interval can be made."""
    if not 1 <= draws <= 10_000_000:
        raise TlbenchError(f"{draws} draws", hint="give a number between 1 and 10,000,000, such as 10,000")


def whole_numbers(values: F64, peak: float) -> I32:
    """Scale values so that the largest becomes `peak`, and round to whole numbers (int32)."""
    return np.asarray(np.rint(values / np.abs(values).max() * peak), dtype=np.int32)


def key_of(rng: np.random.Generator) -> np.uint64:
    """Draw the 64 bits at which a kernel's counter starts."""
    return np.uint64(rng.integers(0, 2**64, dtype=np.uint64))


def _random_sums(whole: I32, draws: int, rng: np.random.Generator) -> I64:
    from tlbench.stats._kernels_flips import WORD, flip_sums

    padded = np.zeros(math.ceil(len(whole) / WORD) * WORD, dtype=np.int32)
    padded[: len(whole)] = whole
    return np.asarray(flip_sums(padded, draws, key_of(rng)), dtype=np.int64)


def _reach(whole: Array) -> int:
    """Least |sum| that counts as reaching the observed one.

    Sums that are equal may differ by half a step per value once rounded; they must count, or p would be too small. What
    else that lets in cannot be seen: a step is 2^-24 of the largest difference.
    """
    return abs(int(whole.sum(dtype=np.int64))) - len(whole)


def _exact(moved: F64) -> float:
    """Share of all sign patterns that reach the observed sum; by symmetry the first sign can stay."""
    if not len(moved):
        return 1.0
    whole = np.asarray(np.rint(moved / np.abs(moved).max() * 2**40), dtype=np.int64)
    sums = whole[:1]
    for value in whole[1:]:
        sums = np.concatenate([sums + value, sums - value])
    return float((np.abs(sums) >= _reach(whole)).mean())
