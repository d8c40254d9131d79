"""How often one may look: levels for each look so that the chance of any false claim stays alpha."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
from scipy.special import ndtr, ndtri

from tlbench.arrays import F64
from tlbench.errors import TlbenchError
from tlbench.stats.comparison import check_alpha
from tlbench.stats.crossed import Components

Spending = Literal["obrien-fleming", "pocock"]


def spent(fraction: float, *, alpha: float, spending: Spending = "obrien-fleming") -> float:
    """Two-sided error that may be used up when `fraction` of the information is in (Lan and DeMets 1983).

    Twice the one-sided functions 2 - 2 Phi(z_{alpha/4} / sqrt(f)), which saves nearly all for the end as O'Brien and
    Fleming (1979, doi:10.2307/2530245) do, and (alpha / 2) log(1 + (e - 1) f), which is like Pocock's (1977).

    Lan and DeMets (1983), "Discrete sequential boundaries for clinical trials", doi:10.1093/biomet/70.3.659.

    Examples
    --------
    >>> from tlbench.stats.sequential import spent
    >>> round(spent(0.5, alpha=0.05), 4)
    0.0031
    """
    if fraction <= 0:
        return 0.0
    fraction = min(fraction, 1.0)
    if spending == "obrien-fleming":
        return float(4 * ndtr(ndtri(alpha / 4) / math.sqrt(fraction)))
    return alpha * math.log(1 + (math.e - 1) * fraction)


def look_levels(
    fractions: Sequence[float], *, alpha: float = 0.05, spending: Spending = "obrien-fleming", joint: bool = False
) -> tuple[float, ...]:
    """Two-sided level of each look, for p-values at the looks.

    Parameters
    ----------
    fractions
        Share of the final information at each look, increasing, the last one 1.
    alpha
        Chance of a false claim at any look.
    spending
        How alpha is spread.
    joint
        False: a look gets what spending adds since the look before; by Boole's inequality valid however the looks
        depend on each other. True: the larger levels that follow from the joint normal distribution of estimates whose
        increments are independent (Armitage, McPherson and Rowe 1969, doi:10.2307/2343787), which adding users or
        seeds gives for large samples.

    Returns
    -------
    tuple of float
        Level of each look.

    Examples
    --------
    >>> from tlbench.stats.sequential import look_levels
    >>> [round(level, 4) for level in look_levels([0.5, 1.0])]
    [0.0031, 0.0469]
    """
    check_alpha(alpha)
    _check_fractions(fractions)
    targets = np.diff([0.0, *(spent(fraction, alpha=alpha, spending=spending) for fraction in fractions)])
    if not joint:
        return tuple(float(target) for target in targets)
    return tuple(float(2 * ndtr(-bound)) for bound in _boundaries(fractions, targets))


def seeds_at_looks(most: int) -> tuple[int, ...]:
    """Numbers of seeds at which to look: 3, then half as many again and again, up to `most`.

    Two seeds say too little of how much seeds vary to be worth a look.

    Parameters
    ----------
    most
        Seeds that may be used in all, from 1.

    Returns
    -------
    tuple of int
        Increasing; the last one is `most`.

    Examples
    --------
    >>> from tlbench.stats.sequential import seeds_at_looks
    >>> seeds_at_looks(10)
    (3, 5, 8, 10)
    """
    if most < 1:
        raise TlbenchError(f"{most} seeds", hint="give a whole number from 1")
    looks, seeds = [], 3
    while seeds < most:
        looks.append(seeds)
        seeds = math.ceil(1.5 * seeds)
    return (*looks, most)


def information(components: Components, sizes: Sequence[tuple[int, int]]) -> tuple[float, ...]:
    """Share of the final information at each (users, seeds), from a pilot's or the first look's components.

    Information is 1 / variance of the mean. The estimate after more seeds (or users) covers the earlier one, so their
    covariance is the later variance, which is what independent increments mean.
    """
    last = components.variance(*sizes[-1])
    if last == 0:
        return tuple(users * seeds / (sizes[-1][0] * sizes[-1][1]) for users, seeds in sizes)
    return tuple(last / components.variance(users, seeds) for users, seeds in sizes)


def _check_fractions(fractions: Sequence[float]) -> None:
    rising = all(one < two for one, two in zip((0.0, *fractions), fractions, strict=False))
    if not fractions or not rising or not math.isclose(fractions[-1], 1.0):
        raise TlbenchError(
            f"information fractions {', '.join(f'{fraction:g}' for fraction in fractions) or 'of no look'}",
            hint="give an increasing list of shares above 0 that ends in 1",
        )


def _boundaries(fractions: Sequence[float], targets: F64) -> list[float]:
    """Bounds of |Z| that use up just the target at each look, by integrating the paths that have not stopped."""
    bounds: list[float] = []
    grid, density, before = np.zeros(1), np.ones(1), 0.0
    for fraction, target in zip(fractions, targets, strict=True):
        step = math.sqrt(fraction - before)
        bound = _solve(grid, density, step, math.sqrt(fraction), float(target))
        edge = bound * math.sqrt(fraction)
        new = np.linspace(-edge, edge, 2001)
        spread = (new[:, None] - grid[None, :]) / step
        passed = np.exp(-0.5 * spread**2) / (step * math.sqrt(2 * math.pi)) @ density
        weights = np.full(len(new), 2.0)
        weights[1::2] = 4.0
        weights[0] = weights[-1] = 1.0
        grid, density, before = new, passed * weights * (new[1] - new[0]) / 3, fraction
        bounds.append(bound)
    return bounds


def _solve(grid: F64, density: F64, step: float, root: float, target: float) -> float:
    """Bound whose chance of being crossed now, not earlier, is the target."""
    low, high = 0.0, 12.0
    for _ in range(60):
        middle = (low + high) / 2
        crossed = float(density @ (ndtr((grid - middle * root) / step) + ndtr((-grid - middle * root) / step)))
        low, high = (middle, high) if crossed > target else (low, middle)
    return (low + high) / 2
