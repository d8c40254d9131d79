"""Gain with the real source and gains with many shuffled ones -> is the real source one of them?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tlbench.errors import TlbenchError


@dataclass(frozen=True)
class PlaceboDraws:
    """Where the real source lies among its shuffles.

    Attributes
    ----------
    real
        Mean gain with the real source, in units of the metric.
    shuffled
        Mean gain with each shuffled source, ascending.
    pvalue
        One-sided: (1 + shuffles that gain at least as much) / (1 + shuffles); never 0.
    mean, spread
        Mean and standard deviation of `shuffled`; `spread` is 0 with one shuffle.
    """

    real: float
    shuffled: tuple[float, ...]
    pvalue: float
    mean: float
    spread: float

    @property
    def rank(self) -> int:
        """Place of the real source among all, 1 where it gains most; shuffles that tie stand before it."""
        return 1 + sum(gain >= self.real for gain in self.shuffled)

    @property
    def z(self) -> float | None:
        """Distance of the real source from the shuffles' mean in their standard deviations; None without a spread."""
        return (self.real - self.mean) / self.spread if self.spread > 0 else None


def among_shuffles(real: float, shuffled: Sequence[float]) -> PlaceboDraws:
    """Test whether the real source gains more than shuffled ones, by randomisation.

    If it made no difference who is linked to whom, the real link would be one of N + 1 equally likely ones, whatever
    the users (Fisher 1935; (1 + hits) / (1 + N) by Phipson and Smyth 2010, doi:10.2202/1544-6115.1585). With N = 19 the
    smallest p-value is .05. The statement is about these users and this split under other shuffles; the paired test
    against one placebo is about other users under this one shuffle.

    Parameters
    ----------
    real, shuffled
        Mean gains over the counterpart, in the same unit.

    Raises
    ------
    TlbenchError
        Without a shuffle, and for a gain that is not finite.
    """
    gains = np.sort(np.asarray(shuffled, dtype=np.float64))
    if not len(gains):
        raise TlbenchError("no shuffle to compare with", hint="run with `--placebo-draws 19`")
    if not (np.isfinite(gains).all() and np.isfinite(real)):
        raise TlbenchError("a gain is not finite")
    pvalue = (1 + int((gains >= real).sum())) / (1 + len(gains))
    spread = float(gains.std(ddof=1)) if len(gains) > 1 else 0.0
    return PlaceboDraws(float(real), tuple(map(float, gains)), pvalue, float(gains.mean()), spread)
