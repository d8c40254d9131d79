"""A gain and its parts on the same users -> which shares of it fall to tail items and to users of short history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from tlbench.metrics.background import COLD
from tlbench.stats.crossed import mean_of
from tlbench.stats.histories import TARGET
from tlbench.stats.paired import Paired, pair
from tlbench.stats.relative import ratio_of_means

if TYPE_CHECKING:
    import pandas as pd

    from tlbench.arrays import F64, Bool
    from tlbench.evaluation import RunResult

Part = Literal["tail items", "users of short history"]


@dataclass(frozen=True)
class GainShare:
    """The share of a gain, or of a loss, that falls to some items or users.

    Attributes
    ----------
    part
        To whom it falls.
    value, low, high
        Mean of the part over the mean of the whole with Fieller's interval (0.4 is 40 %). Below 0 where the part went
        the other way, above 1 where the rest did.
    users
        Share of the judged users whose history is short; None for items.
    """

    part: Part
    value: float
    low: float
    high: float
    users: float | None = None


def gain_shares(
    candidate: Sequence[RunResult],
    control: Sequence[RunResult],
    metric: str,
    *,
    features: pd.DataFrame | None,
    alpha: float = 0.05,
) -> tuple[GainShare, ...]:
    """Take a gain apart by items and by users.

    Parameters
    ----------
    candidate, control
        Runs of one method each, a run per seed.
    metric
        Whose gain it is. The share of tail items needs the metric ``tail-`` of the same name, its additive part.
    features
        What is known of each judged user (`tlbench.stats.histories.user_features`); without it nobody's history is
        known to be short.
    alpha
        Intervals have the level 1 - alpha.

    Returns
    -------
    tuple
        Nothing where the gain cannot be told from 0, since a share of nothing has no meaning.

    Raises
    ------
    NotComparable, TlbenchError
        As `tlbench.stats.paired.pair`.
    """
    gain = pair(candidate, control, metric)
    parts: list[GainShare | None] = []
    if all(f"tail-{metric}" in run.values.columns for run in (*candidate, *control)):
        tail = pair(candidate, control, f"tail-{metric}")
        parts.append(_share("tail items", tail.difference, gain, alpha=alpha))
    if features is not None:
        cold = features[TARGET].reindex(gain.users).to_numpy() <= COLD
        if cold.any() and not cold.all():
            parts.append(_of_users(gain, cold, alpha=alpha))
    return tuple(part for part in parts if part is not None)


def _of_users(gain: Paired, cold: Bool, *, alpha: float) -> GainShare | None:
    difference = np.where(cold[:, None], gain.difference, 0.0)
    return _share("users of short history", difference, gain, alpha=alpha, users=float(cold.mean()))


def _share(part: Part, difference: F64, gain: Paired, *, alpha: float, users: float | None = None) -> GainShare | None:
    """Divide by the gain, or by the loss turned round; None where the whole cannot be told from 0."""
    sign = 1.0 if mean_of(gain.difference, resolution=gain.resolution).value >= 0 else -1.0
    ratio = ratio_of_means(sign * difference, sign * gain.difference, level=1 - alpha, resolution=gain.resolution)
    if ratio.value is None or ratio.low is None or ratio.high is None:
        return None
    return GainShare(part, ratio.value, ratio.low, ratio.high, users)
