"""What is tuned: a method, its space without what the user fixed, and which values lie on an edge of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from tlbench.registry import Choice, Dimension, IntRange, LogRange, MethodEntry
from tlbench.tune.trials import Tuning
from tlbench.values import Variant

SEED = 1_000_003
"""Seed of fits while tuning: none of the seeds that are judged, so that no parameters suit a judged seed by luck."""

EDGE = 0.01


@dataclass(frozen=True)
class Search:
    """What is tuned, and how.

    Attributes
    ----------
    entry, placebo
        The method, and the placebo where its sources are destroyed.
    metric
        Name of the metric that is maximised.
    fixed
        Hyper-parameters that the user chose; they are not searched.
    """

    entry: MethodEntry
    placebo: str | None
    metric: str
    fixed: Mapping[str, Any] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """Method, with the placebo's name where there is one."""
        return str(Variant(self.entry.name, self.placebo))

    @property
    def epochs_field(self) -> str | None:
        """The field of an iterative method that early stopping chooses; None for other methods."""
        build: Any = self.entry.build
        name = getattr(build, "epochs_field", None) if hasattr(build, "stages") else None
        return name if name in self.entry.space and name not in self.fixed else None

    @property
    def space(self) -> dict[str, Dimension]:
        """What the search draws."""
        skipped = {*self.fixed, self.epochs_field}
        return {name: dimension for name, dimension in self.entry.space.items() if name not in skipped}

    def complete(self, drawn: Mapping[str, Any]) -> dict[str, Any]:
        """Return all hyper-parameters; an iterative method gets as many epochs as its space allows."""
        chosen = {**self.fixed, **drawn}
        name = self.epochs_field
        if name is not None:
            chosen[name] = _most(self.entry.space[name])
        recommender = self.entry.build(**chosen)
        return {f.name: getattr(recommender, f.name) for f in fields(recommender)}


def _most(dimension: Dimension) -> Any:
    return max(dimension.values) if isinstance(dimension, Choice) else dimension.high


def at_edges(tuning: Tuning, entry: MethodEntry) -> tuple[str, ...]:
    """Name the parameters whose best value lies on the edge of its space, where a wider one may hold a better value."""
    best = tuning.best
    if best is None:
        return ()
    return tuple(
        name
        for name, dimension in entry.space.items()
        if (name in best.drawn or name == Search(entry, None, "").epochs_field)
        and _on_edge(best.parameters[name], dimension)
    )


def _on_edge(value: Any, dimension: Dimension) -> bool:
    """Whether a value lies within a hundredth of the width from an end; of a list of numbers, whether it is an end."""
    if isinstance(dimension, Choice):
        numbers = [v for v in dimension.values if isinstance(v, int | float) and not isinstance(v, bool)]
        return len(numbers) == len(dimension.values) > 2 and value in (min(numbers), max(numbers))
    low, high = float(dimension.low), float(dimension.high)
    if isinstance(dimension, IntRange):
        return value in (dimension.low, dimension.high)
    place = float(value)
    if isinstance(dimension, LogRange):
        low, high, place = math.log(low), math.log(high), math.log(place)
    return min(place - low, high - place) <= EDGE * (high - low)
