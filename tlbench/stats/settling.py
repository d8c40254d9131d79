"""A comparison that is open -> what it could have seen, and what would let the next run see more, cheapest first."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from tlbench.stats.comparison import Comparison
from tlbench.stats.power import detectable, provable_margin, users_to_settle

SEEDS = (3, 5, 10)
"""Numbers of seeds that are worth a try; beyond them users are the better buy."""


@dataclass(frozen=True)
class Sight:
    """What an experiment of some size sees with a chance of 80 %, as shares of the mean that gains refer to.

    Attributes
    ----------
    effect
        Smallest true difference that is found.
    margin
        Smallest margin within which two equal methods are shown equivalent.
    """

    effect: float
    margin: float

    def settles(self, margin: float) -> bool:
        """Whether a difference of the margin would be found, and no difference be shown equivalent."""
        return max(self.effect, self.margin) <= margin


@dataclass(frozen=True)
class Lever:
    """One way to see more: `amount` seeds or users (None for a primary method), and what is then seen."""

    name: Literal["seeds", "primary", "users"]
    amount: int | None
    sight: Sight


def sight_of(comparison: Comparison) -> Sight | None:
    """Say what a comparison could have seen at the level of its family; None where gains refer to a mean of 0."""
    mean = comparison.mean
    return _sight(comparison, mean.n_users, mean.n_seeds, 1 - comparison.level)


def levers(comparison: Comparison, *, margin: float, alpha: float) -> tuple[Lever, ...]:
    """List what would let the next run see more, in the order of what it costs.

    Seeds cost runs, a primary method costs the others their share of its level, users cost data. Numbers come from the
    variance components and the margin, never from the difference that was seen.

    Parameters
    ----------
    comparison
        With the interval of its family.
    margin
        Largest difference that does not matter, as a share of `comparison.base_mean`.
    alpha
        Level of a family; a primary method has it for itself.
    """
    level, mean = 1 - comparison.level, comparison.mean
    found: list[Lever] = []

    def add(name: Literal["seeds", "primary", "users"], amount: int | None, sight: Sight | None) -> None:
        if sight is not None:
            found.append(Lever(name, amount, sight))

    more = [seeds for seeds in SEEDS if seeds > mean.n_seeds] if _seeds_matter(comparison) else []
    sights = {seeds: _sight(comparison, mean.n_users, seeds, level) for seeds in more}
    if sights:
        enough = [seeds for seeds, sight in sights.items() if sight is not None and sight.settles(margin)]
        best = min(enough, default=max(sights))
        add("seeds", best, sights[best])
    if comparison.family > 1:
        add("primary", None, _sight(comparison, mean.n_users, mean.n_seeds, alpha))
    size = margin * abs(comparison.base_mean)
    users = users_to_settle(mean.components, size, n_seeds=mean.n_seeds, alpha=level) if size > 0 else None
    if users is not None:
        add("users", users, _sight(comparison, users, mean.n_seeds, level))
    return tuple(found)


def _seeds_matter(comparison: Comparison) -> bool:
    """Whether more seeds are known to narrow the interval: only a run with several tells how much seeds vary."""
    parts = comparison.mean.components
    return parts.seed > 0 or parts.rest > 0


def _sight(comparison: Comparison, n_users: int, n_seeds: int, level: float) -> Sight | None:
    base, parts = abs(comparison.base_mean), comparison.mean.components
    if base == 0 or level <= 0:
        return None
    same = (n_users, n_seeds) == (comparison.n_users, comparison.n_seeds)
    error = comparison.standard_error if same else math.sqrt(parts.variance(n_users, n_seeds))
    df = comparison.df if same else parts.degrees(n_users, n_seeds)
    return Sight(detectable(error, df, alpha=level) / base, provable_margin(error, df, alpha=level) / base)
