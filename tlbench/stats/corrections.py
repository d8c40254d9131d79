"""Comparisons of one family -> the same comparisons with p-values corrected for their number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from tlbench.errors import TlbenchError
from tlbench.stats.comparison import Comparison
from tlbench.values import CORRECTIONS as CORRECTIONS
from tlbench.values import Correction as Correction

if TYPE_CHECKING:
    from tlbench.arrays import F64, I64

TITLES: dict[str, str] = {
    "holm": "Holm",
    "hochberg": "Hochberg",
    "bonferroni": "Bonferroni",
    "bh": "Benjamini-Hochberg",
    "by": "Benjamini-Yekutieli",
    "max-t": "Westfall-Young max-T",
    "none": "uncorrected",
}


def adjust_pvalues(pvalues: Sequence[float], method: Correction = "holm") -> list[float]:
    """Correct p-values for their number.

    `holm` (1979), `hochberg` (1988) and `bonferroni` bound the chance of any false claim; `bh` (Benjamini and Hochberg
    1995) and `by` (Benjamini and Yekutieli 2001) the expected share of false ones among the claims. Holm holds whatever
    the dependence, which is why it is the default: candidates share users and control.

    Parameters
    ----------
    pvalues
        Of one family.
    method
        ``holm``, ``hochberg``, ``bonferroni``, ``bh``, ``by`` or ``none``; ``max-t`` needs users' values.

    Returns
    -------
    list of float
        In the order given, at most 1.

    Raises
    ------
    TlbenchError
        For an unknown method, naming the known ones, and for `max-t`, which needs the users' values:
        `tlbench.stats.maxt.adjust_max_t`.

    Examples
    --------
    >>> from tlbench.stats.corrections import adjust_pvalues
    >>> [round(p, 3) for p in adjust_pvalues([0.01, 0.04, 0.03], "holm")]
    [0.03, 0.06, 0.06]
    """
    check_correction(method)
    if method == "max-t":
        raise TlbenchError("`max-t` corrects from users' values, not from p-values", hint="correct these with `holm`")
    if method == "none" or len(pvalues) < 2:
        return [float(p) for p in pvalues]
    return [float(p) for p in _ADJUST[method](np.asarray(pvalues, dtype=np.float64))]


def _bonferroni(pvalues: F64) -> F64:
    return np.minimum(1.0, len(pvalues) * pvalues)


def _holm(pvalues: F64) -> F64:
    """Multiply the smallest by n, the next by n - 1 and so on; none may be below one before it."""
    order = np.argsort(pvalues, kind="stable")
    stepped = np.maximum.accumulate(pvalues[order] * np.arange(len(order), 0, -1))
    return _back(np.minimum(1.0, stepped), order)


def _stepped_up(pvalues: F64, factors: F64) -> F64:
    """Multiply the i-th smallest by factor i; none may be above one behind it."""
    order = np.argsort(pvalues, kind="stable")
    stepped = np.minimum.accumulate((pvalues[order] * factors)[::-1])[::-1]
    return _back(np.minimum(1.0, stepped), order)


def _hochberg(pvalues: F64) -> F64:
    return _stepped_up(pvalues, np.arange(len(pvalues), 0, -1.0))


def _benjamini_hochberg(pvalues: F64) -> F64:
    return _stepped_up(pvalues, len(pvalues) / np.arange(1.0, len(pvalues) + 1))


def _benjamini_yekutieli(pvalues: F64) -> F64:
    ranks = np.arange(1.0, len(pvalues) + 1)
    return _stepped_up(pvalues, (1 / ranks).sum() * len(pvalues) / ranks)


def _back(values: F64, order: I64) -> F64:
    """Put sorted values where they came from."""
    found = np.empty_like(values)
    found[order] = values
    return found


_ADJUST = {
    "holm": _holm,
    "hochberg": _hochberg,
    "bonferroni": _bonferroni,
    "bh": _benjamini_hochberg,
    "by": _benjamini_yekutieli,
}


def adjust(comparisons: Sequence[Comparison], method: Correction = "holm") -> list[Comparison]:
    """Correct a family of comparisons together; returns them in the same order."""
    adjusted = adjust_pvalues([comparison.pvalue for comparison in comparisons], method)
    return [
        replace(comparison, adjusted=value, correction=method, family=len(comparisons))
        for comparison, value in zip(comparisons, adjusted, strict=True)
    ]


def check_correction(method: str) -> None:
    """Refuse a correction that does not exist."""
    if method not in CORRECTIONS:
        raise TlbenchError(
            f"unknown correction `{method}`", hint=f"it is one of {', '.join(f'`{name}`' for name in CORRECTIONS)}"
        )
