"""Findings at several fractions of the data -> Curves: how the gain of transfer changes with what methods know."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from tlbench.analysis.summary import Findings, ScenarioFindings

Axis = Literal["target", "source"]


@dataclass(frozen=True)
class CurvePoint:
    """The gain over the counterpart at one fraction.

    Attributes
    ----------
    fraction
        Share of the data that methods saw, in (0, 1].
    per_user
        Interactions a user of the domains that vary, on average over their users.
    candidate, control
        Means of the transfer method and of its counterpart.
    difference, low, high
        Candidate - control with its 95 % interval, not corrected for the number of points.
    """

    fraction: float
    per_user: float
    candidate: float
    control: float
    difference: float
    low: float
    high: float


class Course(StrEnum):
    """What a curve says."""

    STOPS = "stops paying"
    STARTS = "starts paying"
    ALWAYS = "pays throughout"
    NEVER = "never pays"
    UNCLEAR = "unclear"


@dataclass(frozen=True)
class Crossing:
    """Where the gain falls to zero (or rises above it).

    Attributes
    ----------
    course
        What the curve says.
    at
        Interactions a user where the line between the points crosses zero, on a logarithmic scale; None without one.
    low, high
        From the last point before it that is clearly on one side to the first one after it that is clearly on the
        other; None where no point is.
    """

    course: Course
    at: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Curve:
    """How one method's gain over its counterpart changes with a fraction.

    `points` are ascending in fraction; fractions at which the two could not be compared are left out.
    """

    scenario: str
    method: str
    control: str
    metric: str
    axis: Axis
    points: tuple[CurvePoint, ...]

    @property
    def crossing(self) -> Crossing:
        """Where the gain changes its sign; with several changes, the last one."""
        if len(self.points) < 2:
            return Crossing(Course.UNCLEAR)
        for i in range(len(self.points) - 1, 0, -1):
            before, after = self.points[i - 1], self.points[i]
            if (before.difference > 0) != (after.difference > 0):
                return self._crossing(i)
        if all(point.difference > 0 for point in self.points):
            return Crossing(Course.ALWAYS if any(point.low > 0 for point in self.points) else Course.UNCLEAR)
        return Crossing(Course.NEVER if any(point.high <= 0 for point in self.points) else Course.UNCLEAR)

    def _crossing(self, i: int) -> Crossing:
        before, after = self.points[i - 1], self.points[i]
        stops = before.difference > 0
        at = _zero_between(before, after)
        clearly = _is_positive, _is_negative
        first = [point for point in self.points[:i] if clearly[not stops](point)]
        second = [point for point in self.points[i:] if clearly[stops](point)]
        low = first[-1].per_user if first else None
        high = second[0].per_user if second else None
        if low is None and high is None:
            return Crossing(Course.UNCLEAR, at)
        return Crossing(Course.STOPS if stops else Course.STARTS, at, low, high)


@dataclass(frozen=True)
class Sweep:
    """Findings at each fraction of one run, ascending in fraction."""

    axis: Axis
    findings: Mapping[float, Findings]

    @property
    def curves(self) -> list[Curve]:
        """One curve a scenario and transfer method."""
        return make_curves(self.findings, self.axis)


def _is_positive(point: CurvePoint) -> bool:
    return point.low > 0


def _is_negative(point: CurvePoint) -> bool:
    return point.high < 0


def _zero_between(before: CurvePoint, after: CurvePoint) -> float:
    """Interactions a user where a line over their logarithm is zero."""
    share = before.difference / (before.difference - after.difference)
    left, right = math.log(before.per_user), math.log(after.per_user)
    return math.exp(left + share * (right - left))


def make_curves(findings: Mapping[float, Findings], axis: Axis) -> list[Curve]:
    """Make one curve a scenario and transfer method of the findings at each fraction."""
    fractions = sorted(findings)
    curves: list[Curve] = []
    for at in range(len(findings[fractions[0]].scenarios)):
        scenarios = [findings[fraction].scenarios[at] for fraction in fractions]
        methods = dict.fromkeys(judgement.method for found in scenarios for judgement in found.judgements)
        curves.extend(_curve(dict(zip(fractions, scenarios, strict=True)), method, axis) for method in methods)
    return [curve for curve in curves if curve.points]


def _curve(scenarios: Mapping[float, ScenarioFindings], method: str, axis: Axis) -> Curve:
    points, control, metric = [], "", ""
    for fraction, found in scenarios.items():
        judgement = found.judgement(method)
        comparison = None if judgement is None else judgement.counterpart.comparison
        if comparison is not None:
            control, metric = comparison.control, comparison.metric
            points.append(
                CurvePoint(
                    fraction,
                    _per_user(found, axis),
                    comparison.candidate_mean,
                    comparison.control_mean,
                    comparison.difference,
                    comparison.low,
                    comparison.high,
                )
            )
    name = next(iter(scenarios.values())).counts.scenario
    return Curve(name, method, control, metric, axis, tuple(points))


def _per_user(found: ScenarioFindings, axis: Axis) -> float:
    domains = [domain for domain in found.counts.domains if domain.role == axis]
    return sum(domain.training for domain in domains) / max(1, sum(domain.users for domain in domains))
