"""Comparisons of one family -> the same comparisons with p-values corrected for their number."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from tlbench.errors import TlbenchError
from tlbench.stats.comparison import Comparison
from tlbench.values import CORRECTIONS as CORRECTIONS
from tlbench.values import Correction as Correction

TITLES: dict[str, str] = {
    "holm": "Holm",
    "hochberg": "Hochberg",
    "bonferroni": "Bonferroni",
    "bh": "Benjamini-Hochberg",
    "by": "Benjamini-Yekutieli",
    "max-t": "Westfall-Young max-T",
    "none": "uncorrected",
}
_STATSMODELS = {
    "holm": "holm",
    "hochberg": "simes-hochberg",
    "bonferroni": "bonferroni",
    "bh": "fdr_bh",
    "by": "fdr_by",
}


def adjust_pvalues(pvalues: Sequence[float], method: Correction = "holm") -> list[float]:
    """Correct p-values for their number, by statsmodels.

    `holm` (1979), `hochberg` (1988) and `bonferroni` bound the chance of any false claim; `bh` (Benjamini and Hochberg
    1995) and `by` (Benjamini and Yekutieli 2001) the expected share of false ones among the claims. Holm holds whatever
    the dependence, which is why it is the default: candidates share users and control.

    Raises
    ------
    TlbenchError
        For an unknown method, naming the known ones, and for `max-t`, which needs the users' values:
        `tlbench.stats.maxt.adjust_max_t`.
    """
    check_correction(method)
    if method == "max-t":
        raise TlbenchError("`max-t` corrects from users' values, not from p-values", hint="correct these with `holm`")
    if method == "none" or len(pvalues) < 2:
        return [float(p) for p in pvalues]
    from statsmodels.stats.multitest import multipletests

    with _no_garbage_to_collect():
        return [float(p) for p in multipletests(np.asarray(pvalues), method=_STATSMODELS[method])[1]]


@contextmanager
def _no_garbage_to_collect() -> Iterator[None]:
    """Put living objects out of the garbage collector's sight.

    `multipletests` runs a full collection at every call, which takes a hundred times longer than the correction.
    """
    if gc.get_freeze_count():
        yield
        return
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


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
