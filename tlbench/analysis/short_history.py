"""The segment that every report has: users of whom the target knows little, for whom transfer is made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tlbench.errors import NotComparable
from tlbench.registry import METHODS
from tlbench.stats.comparison import Comparison, compare
from tlbench.stats.histories import TARGET
from tlbench.stats.paired import Paired, pair
from tlbench.values import FEW

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from tlbench.evaluation import RunResult
    from tlbench.suite import Suite

Sides = tuple[str, "Sequence[RunResult]", "Sequence[RunResult]"]


@dataclass(frozen=True)
class ShortHistory:
    """Gains over the counterpart among judged users with fewer than `FEW` target interactions to learn from.

    The segment was chosen before the run, so it is one family of its own: intervals hold for all its methods at once,
    and p-values are corrected for their number (Bonferroni).

    Attributes
    ----------
    users, judged
        Users of the segment, and all judged users.
    gains
        By transfer method, in the plan's order.
    """

    users: int
    judged: int
    gains: Mapping[str, Comparison]


def short_history(sides: Iterable[Sides], features: pd.DataFrame | None, suite: Suite) -> ShortHistory | None:
    """Compare each transfer method with its counterpart within the segment.

    Parameters
    ----------
    sides
        A method's name, its runs and its counterpart's.
    features
        What is known of each judged user, `tlbench.stats.histories.user_features`, averaged over folds.
    suite
        Names the primary metric and the level.

    Returns
    -------
    ShortHistory or None
        None where histories were not recorded, or fewer than two users have one so short.
    """
    if features is None or TARGET not in features:
        return None
    few = features.index[features[TARGET] < FEW]
    if len(few) < 2:
        return None
    within = {method: part for method, runs, control in sides if (part := _within(few, runs, control, suite))}
    alpha = suite.alpha / max(len(within), 1)
    gains = {
        method: compare(part, candidate=method, control=_control(method), metric=suite.primary, alpha=alpha)
        for method, part in within.items()
    }
    corrected = {method: replace(gain, adjusted=min(1.0, len(gains) * gain.pvalue)) for method, gain in gains.items()}
    return ShortHistory(len(few), len(features), corrected)


def _control(method: str) -> str:
    return str(METHODS.get(method).counterpart)


def _within(
    users: pd.Index[str], runs: Sequence[RunResult], control: Sequence[RunResult], suite: Suite
) -> Paired | None:
    """Pair two sides on some users only; None where they are not comparable."""
    import numpy as np

    try:
        whole = pair(runs, control, suite.primary)
    except NotComparable:
        return None
    kept = np.isin(whole.users, users)
    return Paired(whole.users[kept], whole.candidate[kept], whole.control[kept])
