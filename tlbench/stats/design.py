"""A pilot's variance components -> how many users and seeds a new experiment needs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tlbench.errors import TlbenchError
from tlbench.stats.comparison import Comparison, check_alpha
from tlbench.stats.crossed import Components
from tlbench.stats.power import detectable, power_of_t, users_to_detect, users_to_show_equivalence
from tlbench.values import DEFAULT_MARGIN, Margin


@dataclass(frozen=True)
class SeedPlan:
    """What one number of seeds asks for.

    Attributes
    ----------
    n_seeds, power
        Seeds, and the wished chance of success.
    to_detect
        Users with whom a difference of the margin is found; None where no number would do with so few seeds.
    to_show_equivalence
        Users with whom two equal methods are shown equal within ±margin, or None.
    detectable
        Smallest difference that the pilot's number of users would find, in units of the metric.
    fewest, most
        `to_detect` at the ends of the 95 % interval of the pilot's variance: planned from the estimate alone, an
        experiment misses its power half the time (Webber, Moffat and Zobel 2008, doi:10.1145/1458082.1458158). None
        where no number would do.
    """

    n_seeds: int
    power: float
    to_detect: int | None
    to_show_equivalence: int | None
    detectable: float
    fewest: int | None = None
    most: int | None = None


@dataclass(frozen=True)
class Design:
    """Plans of a new experiment for one comparison.

    Attributes
    ----------
    comparison
        The pilot.
    components
        Its variance components; with a pilot of one seed those of seeds and users cannot be told apart.
    margin
        Difference that matters, as a share of the control's mean; `size` in units of the metric.
    alpha
        Level of one test: that at which the pilot's family was decided, or alpha over its size (Bonferroni).
    plans
        One a number of seeds and power.
    seeds_with_these_users
        Seeds with which the pilot's users would find the margin with a chance of 80 %; None where no number would do.
    """

    comparison: Comparison
    components: Components
    margin: float
    size: float
    alpha: float
    plans: tuple[SeedPlan, ...]
    seeds_with_these_users: int | None


def design(
    comparison: Comparison,
    *,
    margin: float = DEFAULT_MARGIN,
    seeds: Sequence[int] = (1, 3, 5, 10),
    powers: Sequence[float] = (0.8, 0.9),
    alpha: float = 0.05,
) -> Design:
    """Plan an experiment that can see a difference of the margin.

    Parameters
    ----------
    comparison
        The pilot, best one with several seeds.
    margin
        As a share of the control's mean.
    seeds, powers
        What to plan for.
    alpha
        Level of the family.

    Raises
    ------
    TlbenchError
        If no margin follows (control's mean of 0), for fewer than one seed and a power outside (0, 1).
    """
    check_alpha(alpha)
    size = Margin(margin).of(comparison.control_mean)
    if not size > 0:
        raise TlbenchError(
            f"{margin:g} of the control's mean {comparison.control_mean:g} is no difference",
            hint="give a margin above 0, and a pilot whose control finds something",
        )
    for n_seeds in seeds:
        if n_seeds < 1:
            raise TlbenchError(f"{n_seeds} seeds", hint="give whole numbers from 1")
    for power in powers:
        if not 0 < power < 1:
            raise TlbenchError(f"a power of {power}", hint="give chances between 0 and 1, such as 0.8")
    components = comparison.mean.components
    level = 1 - comparison.level if comparison.correction == "max-t" else alpha / max(comparison.family, 1)
    plans = tuple(_plan(components, size, n_seeds, power, level, comparison) for n_seeds in seeds for power in powers)
    return Design(
        comparison, components, margin, size, level, plans, _seeds_needed(components, size, level, comparison.n_users)
    )


def _plan(components: Components, size: float, n_seeds: int, power: float, alpha: float, pilot: Comparison) -> SeedPlan:
    n_users = pilot.n_users
    error = math.sqrt(components.variance(n_users, n_seeds))

    def users(times: float) -> int | None:
        if not math.isfinite(times):
            return None
        users_vary = replace(components, user=components.user * times, rest=components.rest * times)
        return users_to_detect(users_vary, size, n_seeds=n_seeds, alpha=alpha, power=power)

    return SeedPlan(
        n_seeds=n_seeds,
        power=power,
        to_detect=users_to_detect(components, size, n_seeds=n_seeds, alpha=alpha, power=power),
        to_show_equivalence=users_to_show_equivalence(components, size, n_seeds=n_seeds, alpha=alpha, power=power),
        detectable=detectable(error, components.degrees(n_users, n_seeds), alpha=alpha, power=power),
        fewest=users(pilot.variance_low),
        most=users(pilot.variance_high),
    )


def _seeds_needed(components: Components, size: float, alpha: float, n_users: int, most: int = 1000) -> int | None:
    """Fewest seeds with which these users find `size` with a chance of 80 %."""
    for n_seeds in range(1, most + 1):
        error = math.sqrt(components.variance(n_users, n_seeds))
        if power_of_t(size, error, components.degrees(n_users, n_seeds), alpha=alpha) >= 0.8:
            return n_seeds
        if components.seed == 0 and components.rest == 0:
            return None
    return None
