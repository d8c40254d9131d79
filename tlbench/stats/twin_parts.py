"""Runs with twins, without them, and without as many other items -> how much of a gain comes through twins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tlbench.errors import NotComparable
from tlbench.stats.comparison import Comparison, compare
from tlbench.stats.paired import FLOOR, align, pair_values

if TYPE_CHECKING:
    from tlbench.arrays import F64
    from tlbench.evaluation import RunResult


@dataclass(frozen=True)
class TwinParts:
    """A gain taken apart on the same users: gain = without + through_twins + removal, exactly.

    All four are shares of the counterpart's mean where they are relative. Each side is averaged over its seeds and
    draws, user by user, so that the intervals are about other users, with these draws.

    Attributes
    ----------
    gain
        The method on the source as it is, against its counterpart.
    without
        The method on the source without twins, against its counterpart: what is left.
    through_twins
        The method without as many other items, against the method without twins: what needs the twins, and not merely
        as many interactions.
    removal
        The method on the source as it is, against the method without as many other items: what these were worth.
    draws
        Gain over the counterpart with each draw of the other items, in units of the metric.
    """

    gain: Comparison
    without: Comparison
    through_twins: Comparison
    removal: Comparison
    draws: tuple[float, ...]

    @property
    def nothing_else(self) -> bool:
        """Whether no gain is shown without twins."""
        return self.without.low <= 0


def part_twins(
    candidate: Sequence[RunResult],
    counterpart: Sequence[RunResult],
    without_twins: Sequence[RunResult],
    matched: Sequence[RunResult],
    metric: str,
    *,
    alpha: float = 0.05,
) -> TwinParts:
    """Take the gain of a transfer method apart.

    Parameters
    ----------
    candidate, counterpart
        Runs of the method and of its counterpart, one per seed.
    without_twins, matched
        Runs of the method on the source without twins, and without as many other items, one per draw.
    metric
        Name of the metric, such as ``ndcg@10``.
    alpha
        The intervals have the level 1 - alpha; they are not corrected for the number of methods.

    Raises
    ------
    NotComparable, TlbenchError
        As `tlbench.stats.paired.pair`.
    """
    sides = {"candidate": candidate, "counterpart": counterpart, "without twins": without_twins, "matched": matched}
    (whole, base, left, others), users, _ = align(
        {side: [_averaged(runs, metric)] for side, runs in sides.items()}, metric
    )
    names = [runs[0].cell.label for runs in sides.values()]

    def against(values: F64, control: F64, label: str, other: str) -> Comparison:
        paired = pair_values(values, control, users=users)
        return compare(paired, candidate=label, control=other, metric=metric, alpha=alpha, base=base)

    return TwinParts(
        gain=against(whole, base, names[0], names[1]),
        without=against(left, base, names[2], names[1]),
        through_twins=against(others, left, names[3], names[2]),
        removal=against(whole, others, names[0], names[3]),
        draws=tuple(float(run.values[metric].mean() - base.mean()) for run in matched),
    )


def _averaged(runs: Sequence[RunResult], metric: str) -> RunResult:
    """One run whose values are the means over some runs, user by user; a user whom one does not list has 0 there."""
    import pandas as pd

    if not runs:
        raise NotComparable("it did not run")
    columns = [run.values[metric] for run in runs]
    values = pd.concat(columns, axis=1).fillna(FLOOR).mean(axis=1).to_frame(metric)
    return replace(runs[0], values=values)
