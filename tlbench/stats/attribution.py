"""Candidate, counterpart and placebo -> how much of a gain needs the source, and how much comes without it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tlbench.stats.comparison import Comparison, compare
from tlbench.stats.paired import Paired, pair_three
from tlbench.stats.relative import Ratio, ratio_of_means

if TYPE_CHECKING:
    from tlbench.evaluation import RunResult


@dataclass(frozen=True)
class Attribution:
    """A gain taken apart on the same users and seeds: gain = survives + also_placebo, exactly.

    Attributes
    ----------
    gain
        Candidate against counterpart: what adding the source did.
    survives
        Candidate against its placebo: what needs the source's knowledge. It is the difference in differences
        (candidate - counterpart) - (placebo - counterpart).
    also_placebo
        Placebo against counterpart: what the larger model, its regularisation or mere extra data do without knowledge.
    share
        `survives` as a share of `gain` with Fieller's interval; undefined where the gain is not positive, without
        interval where it cannot be told from 0.
    """

    gain: Comparison
    survives: Comparison
    also_placebo: Comparison
    share: Ratio


def attribute(
    candidate: Sequence[RunResult],
    counterpart: Sequence[RunResult],
    placebo: Sequence[RunResult],
    metric: str,
    *,
    alpha: float = 0.05,
) -> Attribution:
    """Take the gain of a transfer method apart.

    Each argument holds the runs of one side, one run per seed. All three are reduced to the same users and seeds, so
    that the parts add up.

    Raises
    ------
    NotComparable, TlbenchError
        As `tlbench.stats.paired.pair`.
    """
    against_counterpart, against_placebo, without_source = pair_three(candidate, counterpart, placebo, metric)
    names = candidate[0].cell.label, counterpart[0].cell.label, placebo[0].cell.label
    return attribution_of(against_counterpart, against_placebo, without_source, names=names, metric=metric, alpha=alpha)


def attribution_of(
    gain: Paired,
    survives: Paired,
    also_placebo: Paired,
    *,
    names: tuple[str, str, str],
    metric: str,
    alpha: float = 0.05,
) -> Attribution:
    """Take apart three pairs on the same users and seeds; `names` are candidate, counterpart and placebo."""
    candidate, counterpart, placebo = names
    share = ratio_of_means(survives.difference, gain.difference, level=1 - alpha, resolution=gain.resolution)
    return Attribution(
        gain=compare(gain, candidate=candidate, control=counterpart, metric=metric, alpha=alpha),
        survives=compare(survives, candidate=candidate, control=placebo, metric=metric, alpha=alpha),
        also_placebo=compare(also_placebo, candidate=placebo, control=counterpart, metric=metric, alpha=alpha),
        share=share,
    )
