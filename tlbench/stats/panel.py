"""Paired -> the sensitivity panel: what other tests say beside the one that decides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tlbench.stats.bayes import Posterior, posterior_of_mean, signed_rank
from tlbench.stats.bootstrap import Bootstrap, bca, percentile, studentised, two_way
from tlbench.stats.comparison import Comparison
from tlbench.stats.paired import Paired
from tlbench.stats.ranks import RankTest, sign, wilcoxon
from tlbench.stats.signflip import DRAWS, SignFlip, sign_flip
from tlbench.values import DEFAULT_MARGIN, Margin


@dataclass(frozen=True)
class Panel:
    """What other tests say of a comparison; none of them decides.

    Attributes
    ----------
    randomisation
        Sign-flip test of users' averages.
    bootstraps
        Intervals by drawing users: BCa, percentile, studentised; with several seeds also drawing users and seeds.
    ranks
        Wilcoxon's and the sign test, with a warning where there are many users.
    bayes_ranks
        Bayesian signed-rank test with the margin as region of practical equivalence.
    bayes_mean
        Posterior of the mean with the same region.
    disagree
        Names of the tests of the mean (randomisation, bootstraps) that fall on the other side of alpha than the test
        that decides; ranks and signs ask another question and are left out.
    """

    randomisation: SignFlip
    bootstraps: tuple[Bootstrap, ...]
    ranks: tuple[RankTest, ...]
    bayes_ranks: Posterior
    bayes_mean: Posterior
    disagree: tuple[str, ...]


def sensitivity(
    paired: Paired,
    comparison: Comparison,
    *,
    margin: float = DEFAULT_MARGIN,
    rng: np.random.Generator,
    draws: int = DRAWS,
    posterior_draws: int = 1000,
) -> Panel:
    """Ask the other tests.

    Parameters
    ----------
    paired, comparison
        The values and what was decided from them.
    margin
        As a share of the control's mean.
    rng
        Source of flips, resamples and weights.
    draws, posterior_draws
        Numbers of flips and resamples, and of posterior draws.
    """
    values, level = paired.user_difference, comparison.level
    size = Margin(margin).of(comparison.control_mean)
    randomisation = sign_flip(values, rng=rng, draws=draws)
    bootstraps = [make(values, rng=rng, draws=draws, level=level) for make in (bca, percentile, studentised)]
    if paired.n_seeds > 1 and comparison.mean.ms_rest > 0:
        bootstraps.append(two_way(paired.difference, rng=rng, draws=draws, level=level))
    return Panel(
        randomisation=randomisation,
        bootstraps=tuple(bootstraps),
        ranks=(wilcoxon(values), sign(values)),
        bayes_ranks=signed_rank(values, size, rng=rng, draws=posterior_draws),
        bayes_mean=posterior_of_mean(comparison.mean, size),
        disagree=_disagree(comparison, randomisation, bootstraps),
    )


def _disagree(comparison: Comparison, randomisation: SignFlip, bootstraps: list[Bootstrap]) -> tuple[str, ...]:
    alpha = 1 - comparison.level
    decided = comparison.pvalue < alpha
    others = {"sign flip": randomisation.pvalue, **{f"{found.kind} bootstrap": found.pvalue for found in bootstraps}}
    return tuple(name for name, pvalue in others.items() if (pvalue < alpha) != decided)
