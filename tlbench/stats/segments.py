"""Paired x what is known of users -> for whom a difference is large, and how many users are harmed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from tlbench.arrays import F64, I64, Array
from tlbench.errors import TlbenchError
from tlbench.stats.comparison import check_alpha
from tlbench.stats.corrections import Correction, adjust_pvalues
from tlbench.stats.crossed import Mean, mean_of
from tlbench.stats.effects import Effect, share
from tlbench.stats.paired import Paired

UNKNOWN = "unknown"


@dataclass(frozen=True)
class Segment:
    """Users who are alike in one respect.

    Attributes
    ----------
    label
        ``1 to 7``, a category's name, or ``unknown``.
    n_users
        Their number.
    control_mean
        The control's mean over them.
    difference, low, high
        Mean difference and its interval.
    pvalue, adjusted
        Two-sided, before and after the correction over all segments of all columns.
    harmed
        Share of them who lose more than the margin.
    """

    label: str
    n_users: int
    control_mean: float
    difference: float
    low: float
    high: float
    pvalue: float
    adjusted: float
    harmed: Effect


@dataclass(frozen=True)
class Segmentation:
    """The segments of one column, and whether they differ at all.

    `statistic`, `df` and `pvalue` are Welch's one-way test that all segments have one mean difference (interaction with
    the candidate), on users' averages; None where only one segment is large enough. `adjusted` is corrected over all
    columns.
    """

    column: str
    segments: tuple[Segment, ...]
    statistic: float | None
    df: tuple[float, float] | None
    pvalue: float | None
    adjusted: float | None
    alpha: float = 0.05

    @property
    def sentence(self) -> str:
        """Say who gains most, or that no segment can be told from the others."""
        known = [segment for segment in self.segments if segment.label != UNKNOWN]
        if self.adjusted is None or self.adjusted >= self.alpha or not known:
            return f"by {self.column}, no segment can be told from the others"
        best, worst = max(known, key=lambda s: s.difference), min(known, key=lambda s: s.difference)
        return (
            f"{self._who(best)} gain most ({best.difference:+.4f}, {best.n_users:,} users),"
            f" {self._who(worst)} least ({worst.difference:+.4f}, {worst.n_users:,} users)"
        )

    def _who(self, segment: Segment) -> str:
        if self.column.endswith("interactions"):
            return f"users with {segment.label} {self.column}"
        if segment.label[0].isdigit():
            return f"users with {self.column} {segment.label}"
        return f"users of {self.column} {segment.label}"


def harmed(paired: Paired, margin: float, *, level: float = 0.95) -> Effect:
    """Share of users who lose more than `margin`, with Wilson's interval: negative transfer, user by user.

    `margin` is in units of the metric, for instance one per cent of the control's mean. A single user's value is noisy,
    so some loss by chance even under a method that helps everybody; the share is to be read beside `better`.
    """
    return _harmed(paired.user_difference, margin, level)


def segment(
    paired: Paired,
    features: pd.DataFrame,
    *,
    margin: float,
    bins: int = 4,
    alpha: float = 0.05,
    correction: Correction = "holm",
) -> list[Segmentation]:
    """Look at the difference in each segment of users.

    Parameters
    ----------
    paired
        The two sides.
    features
        A row per user (index: the ids of `paired.users`), a column per characteristic: numbers are cut into `bins` of
        equal size at their quantiles, texts and booleans are taken as they are; users without a row or value are
        ``unknown``.
    margin
        Loss beyond which a user counts as harmed, in units of the metric.
    bins
        Number of bins of a number; fewer where values repeat.
    alpha, correction
        Level of the intervals, and how the segments' p-values are corrected, over all columns together.
    """
    check_alpha(alpha)
    _check_columns(paired, features)
    rows = features.reindex(paired.users)
    found = [
        _segmentation(paired, str(column), *_bins(rows[column], bins), margin=margin, alpha=alpha) for column in rows
    ]
    parts = iter(adjust_pvalues([part.pvalue for one in found for part in one.segments], correction))
    tests = iter(adjust_pvalues([one.pvalue for one in found if one.pvalue is not None], correction))
    return [
        replace(
            one,
            segments=tuple(replace(part, adjusted=next(parts)) for part in one.segments),
            adjusted=None if one.pvalue is None else next(tests),
        )
        for one in found
    ]


def _check_columns(paired: Paired, features: pd.DataFrame) -> None:
    if not len(features.columns):
        raise TlbenchError("there is no column to segment by")
    if not features.index.is_unique:
        twice = features.index[features.index.duplicated()][0]
        raise TlbenchError(f"user `{twice}` has two rows of features")
    if not features.index.isin(paired.users).any():
        raise TlbenchError(
            "no user of the comparison has features",
            hint=f"index them by user id; the comparison's users look like `{paired.users[0]}`",
        )


def _bins(column: pd.Series, bins: int) -> tuple[I64, list[str]]:
    """Give each user the number of a segment; the segments' labels in order, `unknown` last where it occurs."""
    numeric = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    codes, labels = _by_quantile(column.to_numpy(dtype=np.float64), bins) if numeric else _by_value(column)
    if (codes < 0).any():
        codes = np.where(codes < 0, len(labels), codes)
        labels = [*labels, UNKNOWN]
    return codes, labels


def _by_quantile(values: F64, bins: int) -> tuple[I64, list[str]]:
    """Cut numbers where the quantiles change; -1 for those that are not finite."""
    known = np.isfinite(values)
    if not known.any():
        return np.full(len(values), -1), []
    edges = np.unique(np.quantile(values[known], np.linspace(0, 1, bins + 1)[1:-1], method="lower"))
    edges = edges[edges < values[known].max()]
    codes = np.where(known, np.searchsorted(edges, values, side="left"), -1)
    labels = [_range(values[codes == code]) for code in range(len(edges) + 1)]
    return codes, labels


def _by_value(column: pd.Series) -> tuple[I64, list[str]]:
    texts = column.astype("object").where(column.notna(), None)
    labels = sorted({str(value) for value in texts if value is not None})
    place = {label: code for code, label in enumerate(labels)}
    return np.array([-1 if value is None else place[str(value)] for value in texts], dtype=np.int64), labels


def _range(values: F64) -> str:
    low, high = values.min(), values.max()
    return _end(low) if low == high else f"{_end(low)} to {_end(high)}"


def _end(value: float) -> str:
    """A whole number as it is, others with three digits: ``1,204``, ``37.7``."""
    return f"{value:,.0f}" if value == round(value) or abs(value) >= 1000 else f"{value:.3g}"


def _segmentation(
    paired: Paired, column: str, codes: I64, labels: Sequence[str], *, margin: float, alpha: float
) -> Segmentation:
    segments = tuple(
        _segment(paired, codes == code, label, margin=margin, alpha=alpha)
        for code, label in enumerate(labels)
        if (codes == code).any()
    )
    statistic, df, pvalue = _welch(paired.user_difference, codes)
    return Segmentation(column, segments, statistic, df, pvalue, pvalue, alpha)


def _segment(paired: Paired, rows: Array, label: str, *, margin: float, alpha: float) -> Segment:
    difference, n = paired.difference[rows], int(rows.sum())
    mean: Mean | None = mean_of(difference, resolution=paired.resolution) if n > 1 else None
    low, high = mean.interval(1 - alpha) if mean else (-np.inf, np.inf)
    pvalue = mean.pvalue() if mean else 1.0
    return Segment(
        label=label,
        n_users=n,
        control_mean=float(paired.control[rows].mean()),
        difference=float(difference.mean()),
        low=float(low),
        high=float(high),
        pvalue=pvalue,
        adjusted=pvalue,
        harmed=_harmed(paired.user_difference[rows], margin, 1 - alpha),
    )


def _harmed(values: F64, margin: float, level: float) -> Effect:
    if not margin >= 0:
        raise TlbenchError(f"the margin is {margin}", hint="give a margin of 0 or more, in units of the metric")
    return share("harmed", int((values < -margin).sum()), len(values), level=level)


def _welch(values: F64, codes: I64) -> tuple[float | None, tuple[float, float] | None, float | None]:
    """Welch's (1951, doi:10.2307/2332579) one-way test by statsmodels, over segments in which something varies."""
    parts = [values[codes == code] for code in np.unique(codes)]
    parts = [part for part in parts if len(part) > 1 and np.ptp(part) > 0]
    if len(parts) < 2:
        return None, None, None
    from statsmodels.stats.oneway import anova_oneway

    found = anova_oneway(parts, use_var="unequal", welch_correction=True)
    return float(found.statistic), (float(found.df[0]), float(found.df[1])), float(found.pvalue)
