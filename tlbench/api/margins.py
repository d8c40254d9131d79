"""Margins as callers write them -> one for all metrics, and those of single ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tlbench.errors import TlbenchError
from tlbench.values import DEFAULT_MARGIN, Margin

MarginLike = float | str | Sequence[str] | Mapping[str, float | str]
"""``0.02``, ``"2%"``, ``["1%", "ndcg@10=2%"]`` or ``{"ndcg@10": "2%"}``."""


@dataclass(frozen=True)
class MarginChoice:
    """The margin of all metrics, and those of single ones, as shares."""

    common: Margin
    by_metric: Mapping[str, Margin]


def read_margins(given: MarginLike | None) -> MarginChoice:
    """Read margins; what is not given is the default.

    Raises
    ------
    TlbenchError
        For one that is no share between 0 and 1.

    Examples
    --------
    >>> read_margins(["2%", "ndcg@10=5%"]).by_metric
    {'ndcg@10': 0.05}
    """
    common, by_metric = DEFAULT_MARGIN, {}
    for name, value in _pairs(given):
        size = value if isinstance(value, Margin) else Margin.parse(value) if isinstance(value, str) else Margin(value)
        if not 0 < size < 1:
            raise TlbenchError(f"margin `{value}` is not between 0 and 100 %", hint="write `--margin 1%`")
        if name:
            by_metric[name] = size
        else:
            common = size
    return MarginChoice(common, by_metric)


def _pairs(given: MarginLike | None) -> list[tuple[str, float | str]]:
    """Metric (empty for all) and margin, one after the other."""
    if given is None:
        return []
    if isinstance(given, Mapping):
        return list(given.items())
    if isinstance(given, Sequence) and not isinstance(given, str):
        return [(text.rpartition("=")[0], text.rpartition("=")[2]) for text in given]
    return [("", given)]
