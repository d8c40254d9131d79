"""User differences x histories -> slope of the difference per doubling of history, by robust regression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlbench.arrays import F64
from tlbench.errors import TlbenchError
from tlbench.stats.corrections import Correction, adjust_pvalues
from tlbench.stats.paired import Paired

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Slope:
    """How the difference changes when one history doubles, the others held.

    `slope`, `low` and `high` are in units of the metric per doubling of (1 + history).
    """

    column: str
    slope: float
    low: float
    high: float
    pvalue: float
    adjusted: float


@dataclass(frozen=True)
class Trend:
    """A regression of the difference on history sizes.

    Attributes
    ----------
    slopes
        One a column.
    intercept
        Fitted difference of a user without any history.
    n_users
        Users with all columns known.
    r_squared
        Share of the users' variance that histories explain; small is usual.
    """

    slopes: tuple[Slope, ...]
    intercept: float
    n_users: int
    r_squared: float


def trend(paired: Paired, histories: pd.DataFrame, *, alpha: float = 0.05, correction: Correction = "holm") -> Trend:
    """Regress each user's difference on log2(1 + history), with errors robust to unequal spread.

    Ordinary least squares with HC3 standard errors (MacKinnon and White 1985, doi:10.1016/0304-4076(85)90158-7; Long
    and Ervin 2000) from statsmodels, since users with short histories scatter more.

    Parameters
    ----------
    paired
        The two sides; with several seeds users' averages are regressed.
    histories
        Counts from 0, a row per user (index: the ids of `paired.users`), a column per kind of history.

    Raises
    ------
    TlbenchError
        For negative counts, columns that do not vary or repeat each other, and fewer users than the columns need.
    """
    rows = histories.reindex(paired.users)
    known = np.isfinite(rows.to_numpy(dtype=np.float64)).all(axis=1)
    counts = rows.to_numpy(dtype=np.float64)[known]
    design = np.column_stack([np.ones(len(counts)), np.log2(1 + np.maximum(counts, 0))])
    _check(counts, design, list(histories.columns))
    import statsmodels.api as sm

    fitted = sm.OLS(paired.user_difference[known], design).fit(cov_type="HC3", use_t=True)
    intervals = fitted.conf_int(alpha)
    adjusted = adjust_pvalues([float(p) for p in fitted.pvalues[1:]], correction)
    spread = float(np.ptp(paired.user_difference[known]))
    return Trend(
        slopes=tuple(
            Slope(
                column=str(column),
                slope=float(fitted.params[place]),
                low=float(intervals[place, 0]),
                high=float(intervals[place, 1]),
                pvalue=float(fitted.pvalues[place]),
                adjusted=adjusted[place - 1],
            )
            for place, column in enumerate(histories.columns, start=1)
        ),
        intercept=float(fitted.params[0]),
        n_users=len(counts),
        r_squared=float(fitted.rsquared) if spread > 0 else 0.0,
    )


def _check(counts: F64, design: F64, columns: list[str]) -> None:
    if (counts < 0).any():
        raise TlbenchError("a history is negative", hint="give counts of interactions, from 0")
    if len(counts) < 3 * design.shape[1]:
        raise TlbenchError(f"{len(counts)} users for {len(columns)} histories", hint="judge more users")
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise TlbenchError(
            f"{', '.join(f'`{column}`' for column in columns)} do not vary or repeat each other",
            hint="leave out the column that is the same for all users or a copy of another",
        )
