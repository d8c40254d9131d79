"""Comparisons of one family -> the level at which each is decided, so that all claims and intervals hold at once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.special import stdtr, stdtrit

from tlbench.arrays import F64
from tlbench.errors import TlbenchError
from tlbench.stats.comparison import Comparison, check_alpha
from tlbench.stats.maxt import by_user, flipped_t
from tlbench.stats.paired import Paired
from tlbench.stats.power import detectable
from tlbench.stats.relative import ratio_of_means
from tlbench.stats.signflip import DRAWS, check_draws


@dataclass(frozen=True, eq=False)
class Family:
    """What it takes for the claims of several comparisons to hold together.

    Attributes
    ----------
    size
        Number of comparisons.
    alpha
        Chance that any claim of the family is false, at most.
    level
        Two-sided level of each comparison: it is decided where its own p-value is below, which is where its interval
        at 1 - `level` excludes 0.
    largest
        float64, ascending, shape (draws,): largest |t| of the family under each shared flip of signs; empty for a
        family of one.
    df
        Degrees of freedom by which |t| and p-values are turned into each other.
    """

    size: int
    alpha: float
    level: float
    largest: F64 = field(default_factory=lambda: np.empty(0), repr=False)
    df: float = math.inf

    def adjusted(self, pvalue: float) -> float:
        """Chance under the flips that the largest |t| of the family reaches the one with this p-value.

        Below `alpha` exactly where `pvalue` is below `level`; never below `pvalue`, and never 0.
        """
        if self.size < 2:
            return pvalue
        t = _absolute_t(pvalue, self.df)
        hits = len(self.largest) - int(np.searchsorted(self.largest, t, side="left"))
        return max(pvalue, (1 + hits) / (1 + len(self.largest)))


def alone(alpha: float) -> Family:
    """Make the family of one comparison, which needs no correction."""
    check_alpha(alpha)
    return Family(1, alpha, alpha)


def form_family(pairs: Sequence[Paired], *, alpha: float, rng: np.random.Generator, draws: int = DRAWS) -> Family:
    r"""Find the level at which each comparison of a family must be decided.

    Each user's sign is flipped for all comparisons at once, as if the two sides could be exchanged within the user
    whatever the candidate; the level belongs to the :math:`1 - \alpha` quantile of the largest |t| over the family
    (single-step max-T, Westfall and Young 1993, algorithm 2.5). Candidates that go up and down together make that
    quantile smaller than Bonferroni's; candidates that have nothing to do with each other do not make it larger.

    One step, on purpose: then every decision can be read from an interval, and the intervals hold simultaneously
    (Hothorn, Bretz and Westfall 2008, doi:10.1002/bimj.200810425). Of a step-down procedure only the signs of what it
    rejects are certain, and no lower bound (Strassburger and Bretz 2008, doi:10.1002/sim.3338).

    Parameters
    ----------
    pairs
        The two sides of each comparison. With several seeds, users' averages are flipped.
    alpha
        Chance of any false claim.
    rng, draws
        Source and number of the flips.

    Raises
    ------
    TlbenchError
        If there is no comparison, or so few draws that nothing could be decided at `alpha`.
    """
    check_alpha(alpha)
    check_draws(draws)
    if not pairs:
        raise TlbenchError("a family without comparisons", hint="leave out families in which nothing was compared")
    if len(pairs) == 1:
        return alone(alpha)
    hits = math.ceil(alpha * (1 + draws) - 1) - 1
    if hits < 0:
        raise TlbenchError(f"{draws} draws cannot show anything at a level of {alpha:g}", hint="draw more often")
    columns, sizes = by_user(pairs)
    df = float(sizes.min()) - 1
    largest = np.sort(flipped_t(columns, sizes, rng=rng, draws=draws).max(axis=1))
    critical = float(largest[draws - 1 - hits])
    level = min(alpha, float(2 * stdtr(df, -critical)) if math.isfinite(critical) else 0.0)
    return Family(len(pairs), alpha, level, largest, df)


def decide(comparison: Comparison, paired: Paired, family: Family, *, base: F64 | None = None) -> Comparison:
    """Give a comparison its family's p-value and intervals; both then say the same.

    `low`, `high` and their relative counterparts become simultaneous: with a chance of 1 - alpha those of all
    comparisons of the family cover the truth at once. They exclude 0 exactly where `adjusted` is below alpha. `base` is
    what `tlbench.stats.comparison.compare` was given.
    """
    named = replace(
        comparison,
        adjusted=family.adjusted(comparison.pvalue),
        correction="none" if family.size < 2 else "max-t",
        family=family.size,
    )
    return at_level(named, paired, family.level, base=base)


def at_level(comparison: Comparison, paired: Paired, level: float, *, base: F64 | None = None) -> Comparison:
    """Give a comparison the intervals, and the smallest detectable effect, of a two-sided test at a level."""
    low, high = comparison.mean.interval(1 - level)
    bottom = paired.control if base is None else base
    share = ratio_of_means(paired.difference, bottom, level=1 - level, resolution=paired.resolution)
    return replace(
        comparison,
        low=low,
        high=high,
        relative_low=share.low,
        relative_high=share.high,
        mde=detectable(comparison.standard_error, comparison.df, alpha=level),
        level=1 - level,
    )


def _absolute_t(pvalue: float, df: float) -> float:
    """The |t| that has a two-sided p-value."""
    if pvalue >= 1:
        return 0.0
    return math.inf if pvalue <= 0 else -float(stdtrit(df, pvalue / 2))
