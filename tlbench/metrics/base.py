"""Names -> MetricSpec, checked before any work starts; Judged -> one value per user, checked for what cannot be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlbench.errors import TlbenchError
from tlbench.registry import METRICS, MetricEntry, MetricNeed
from tlbench.values import Metric

if TYPE_CHECKING:
    from tlbench.arrays import F64, Bool
    from tlbench.metrics.background import Background
    from tlbench.metrics.judged import Judged


@dataclass(frozen=True)
class MetricSpec:
    """A metric as the user asked for it.

    Attributes
    ----------
    name
        As typed and as printed, ``ndcg@10``.
    k
        Length at which lists are cut, at least 1; None for a metric that has no cut.
    entry
        The registered metric.
    """

    name: str
    k: int | None
    entry: MetricEntry


def parse_metrics(names: Sequence[str]) -> tuple[MetricSpec, ...]:
    """Turn names like ``ndcg@10`` into metrics, in the order given, before any work starts.

    Raises
    ------
    TlbenchError
        For a name that nobody registered (with the nearest one), a cut that is missing, wrong or not wanted, a name
        given twice, no name at all, or a first one (on which verdicts rest) that has no value per user.
    """
    if not names:
        raise TlbenchError("no metric was named", hint="for instance `--metrics ndcg@10,recall@20`")
    twice = [name for at, name in enumerate(names) if name in names[:at]]
    if twice:
        raise TlbenchError(f"metric `{twice[0]}` is named twice", hint="name it once")
    specs = tuple(parse_metric(name) for name in names)
    if specs[0].entry.scope != "user":
        raise TlbenchError(
            f"`{names[0]}` has one value per run and cannot be the first metric, on which verdicts rest",
            hint=f"put a metric of one user first: `--metrics ndcg@10,{names[0]}`",
        )
    return specs


def parse_metric(name: str) -> MetricSpec:
    """Turn one name into a metric; see `parse_metrics`.

    Parameters
    ----------
    name
        A registered name, with its cut where it takes one.

    Returns
    -------
    MetricSpec
        What is measured, and at which cut.

    Raises
    ------
    TlbenchError
        If the name is unknown, or its cut is missing, superfluous or not a whole number from 1.

    Examples
    --------
    >>> from tlbench.metrics.base import parse_metric
    >>> from tlbench.plugins import register_all
    >>> register_all()
    >>> parse_metric("ndcg@10").k
    10
    """
    metric = Metric(name)
    base, cut = metric.name, metric.cut
    entry = METRICS.get(base)
    if not entry.cut:
        if cut is not None:
            raise TlbenchError(f"metric `{name}` has a cut, but `{base}` looks at all items", hint=f"write `{base}`")
        return MetricSpec(name, None, entry)
    if cut is None:
        raise TlbenchError(f"metric `{name}` lacks its cut", hint=f"write `{base}@10` for the first 10 items")
    if metric.k is None:
        raise TlbenchError(
            f"metric `{name}` has the cut `{cut}`, which is not a whole number from 1", hint=f"write `{base}@10`"
        )
    return MetricSpec(name, metric.k, entry)


def list_depth(specs: Sequence[MetricSpec], n_items: int) -> int:
    """Length of the lists that these metrics need, at least 1 and at most the whole catalogue."""
    return min(max((spec.k or 1 for spec in specs), default=1), n_items)


def depths_of(specs: Sequence[MetricSpec]) -> tuple[int, ...]:
    """Cuts of these metrics, ascending."""
    return tuple(sorted({spec.k for spec in specs if spec.k is not None}))


def need(specs: Sequence[MetricSpec], what: MetricNeed) -> bool:
    """Whether one of the metrics looks at that besides the lists."""
    return any(what in spec.entry.needs for spec in specs)


def check_content(specs: Sequence[MetricSpec], background: Background, target: str) -> None:
    """Refuse metrics that look at what is not known of the items, before any work starts."""
    known = {"categories": background.categories is not None, "content": background.content is not None}
    for spec in specs:
        for what in spec.entry.needs:
            if not known.get(what, True):
                raise TlbenchError(
                    f"metric `{spec.name}` needs {_CONTENT[what]}, which `{target}` does not have",
                    hint="leave the metric out, or use a data set with an item table",
                )


_CONTENT = {"categories": "categories of the items", "content": "categories or text of the items"}


def measure(specs: Sequence[MetricSpec], judged: Judged) -> F64:
    """Measure every user's list: float64, shape (b, n_metrics), columns in the order of `specs`.

    Raises
    ------
    TlbenchError
        If a metric returned a value outside its bounds, which no list can earn.
    """
    return np.stack([_checked(spec, judged) for spec in specs], axis=1)


def _checked(spec: MetricSpec, judged: Judged) -> F64:
    arguments = (judged,) if spec.k is None else (judged, spec.k)
    values = np.asarray(spec.entry.compute(*arguments), dtype=np.float64)
    wrong = ~within_bounds(spec, values)
    if wrong.any():
        raise impossible(spec, float(values[wrong][0]), f"for user row {judged.ranking.users[wrong][0]}")
    return values


def within_bounds(spec: MetricSpec, values: F64) -> Bool:
    """Whether values are possible; NaN is not."""
    low, high = spec.entry.bounds
    return (values >= low) & (values <= high)


def impossible(spec: MetricSpec, value: float, where: str) -> TlbenchError:
    """Make the error for a value that no ranking can have."""
    low, high = spec.entry.bounds
    return TlbenchError(
        f"metric `{spec.name}` gave {value} {where}, outside {low:g} to {high:g}",
        hint="this is an error of the metric, not of the method; correct its function or its `bounds`",
    )
