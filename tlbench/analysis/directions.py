"""Findings of ``a->b`` and of ``b->a`` -> BothWays: whether knowledge goes both ways."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from scipy.special import ndtri

from tlbench.analysis.verdict import Finding
from tlbench.scenario.grammar import ScenarioName, parse_scenario

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tlbench.analysis.summary import Findings, ScenarioFindings
    from tlbench.analysis.verdict import Judgement
    from tlbench.stats.comparison import Comparison


class Flow(StrEnum):
    """What two directions say together of a method."""

    BOTH = "helps both ways"
    THERE = "helps one way"
    BACK = "helps the other way"
    NEITHER = "not shown either way"


@dataclass(frozen=True)
class MethodExchange:
    """One method in both directions.

    Attributes
    ----------
    method
        Its name.
    there, back
        Gains over the counterpart as shares of its mean, each with the interval of its own scenario.
    difference, low, high
        How much larger the gain there is than the gain back, with its interval; the two are of different targets, so
        they are as good as independent. None where a relative gain has no standard error.
    flow
        In which directions transfer is shown to help.
    """

    method: str
    there: Comparison
    back: Comparison
    difference: float | None
    low: float | None
    high: float | None
    flow: Flow

    @property
    def symmetrical(self) -> bool:
        """Whether transfer helps both ways and the gains cannot be told apart."""
        return self.flow is Flow.BOTH and self.low is not None and self.high is not None and self.low <= 0 <= self.high


@dataclass(frozen=True)
class BothWays:
    """Two scenarios that are each other's reverse, and the methods that ran in both, the largest gain there first."""

    there: str
    back: str
    methods: tuple[MethodExchange, ...]

    @property
    def symmetrical(self) -> tuple[str, ...]:
        """Methods whose exchange is symmetrical."""
        return tuple(method.method for method in self.methods if method.symmetrical)


def exchanges(findings: Findings) -> list[BothWays]:
    """Pair the scenarios of a suite that are each other's reverse, in the order in which the first of each stands."""
    by_name = {parse_scenario(found.counts.scenario): found for found in findings.scenarios}
    made, seen = [], set[ScenarioName]()
    for name, found in by_name.items():
        reverse = _reversed(name)
        if reverse in by_name and name not in seen:
            seen.add(reverse)
            made.append(_exchange(found, by_name[reverse], alpha=findings.suite.alpha))
    return made


def _reversed(name: ScenarioName) -> ScenarioName | None:
    """The scenario with the roles exchanged; None where several sources teach one target."""
    return replace(name, sources=(name.target,), target=name.sources[0]) if len(name.sources) == 1 else None


def _exchange(there: ScenarioFindings, back: ScenarioFindings, *, alpha: float) -> BothWays:
    methods = sorted(_methods(there, back, alpha), key=lambda method: -(method.there.relative or 0.0))
    return BothWays(there.counts.scenario, back.counts.scenario, tuple(methods))


def _methods(there: ScenarioFindings, back: ScenarioFindings, alpha: float) -> Iterator[MethodExchange]:
    for judgement in there.judgements:
        other = back.judgement(judgement.method)
        if other is None:
            continue
        gain, gain_back = judgement.counterpart.comparison, other.counterpart.comparison
        if gain is not None and gain_back is not None:
            difference, reach = _difference(gain, gain_back, alpha)
            yield MethodExchange(
                method=judgement.method,
                there=gain,
                back=gain_back,
                difference=difference,
                low=None if difference is None or reach is None else difference - reach,
                high=None if difference is None or reach is None else difference + reach,
                flow=_flow(judgement, other),
            )


def _difference(there: Comparison, back: Comparison, alpha: float) -> tuple[float | None, float | None]:
    """How much larger one relative gain is than the other, and half the width of the interval."""
    if there.relative is None or back.relative is None:
        return None, None
    if there.relative_error is None or back.relative_error is None:
        return there.relative - back.relative, None
    error = math.hypot(there.relative_error, back.relative_error)
    return there.relative - back.relative, float(ndtri(1 - alpha / 2)) * error


def _flow(there: Judgement, back: Judgement) -> Flow:
    helps = (there.outcome is Finding.HELPS, back.outcome is Finding.HELPS)
    return {
        (True, True): Flow.BOTH,
        (True, False): Flow.THERE,
        (False, True): Flow.BACK,
        (False, False): Flow.NEITHER,
    }[helps]
