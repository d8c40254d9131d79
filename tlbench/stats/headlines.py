"""Families of several scenarios -> in how many of them transfer helps, with a bound on the share of false ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tlbench.stats.comparison import check_alpha
from tlbench.stats.corrections import adjust_pvalues


@dataclass(frozen=True)
class Headlines:
    """What holds over scenarios.

    Attributes
    ----------
    pvalues
        By scenario, p-value of "no method helps here": the smallest p-value of its family, corrected there.
    adjusted
        The same after Benjamini and Hochberg.
    helped
        Scenarios with an adjusted p-value below `rate`; among them at most this share is false, in expectation.
    rate
        False discovery rate.
    """

    pvalues: Mapping[str, float]
    adjusted: Mapping[str, float]
    helped: tuple[str, ...]
    rate: float


def headlines(pvalues: Mapping[str, float], *, rate: float = 0.05) -> Headlines:
    """Count the scenarios in which transfer helps.

    Families bound the chance of a false claim within a scenario, whatever the number of scenarios. A reader who counts
    scenarios needs another bound: the expected share of false ones among those counted (Benjamini and Hochberg 1995,
    doi:10.1111/j.2517-6161.1995.tb02031.x; it holds for positively dependent scenarios too, Benjamini and Yekutieli
    2001, doi:10.1214/aos/1013699998).

    Parameters
    ----------
    pvalues
        By scenario, a p-value of "no method helps here". Each must be valid by itself, so one that is the smallest of
        several methods must have been corrected for their number.
    rate
        False discovery rate.

    Returns
    -------
    Headlines
        In which scenarios transfer helps, and the corrected p-values.

    Examples
    --------
    >>> from tlbench.stats.headlines import headlines
    >>> headlines({"a->b": 0.001, "c->b": 0.2, "d->b": 0.02}, rate=0.05).helped
    ('a->b', 'd->b')
    """
    check_alpha(rate)
    adjusted = dict(zip(pvalues, adjust_pvalues(list(pvalues.values()), "bh"), strict=True))
    return Headlines(dict(pvalues), adjusted, tuple(name for name, p in adjusted.items() if p < rate), rate)
