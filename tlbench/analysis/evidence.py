"""Results of a suite -> what pictures show beyond the findings: users, segments, ranks of methods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tlbench.errors import NotComparable
from tlbench.registry import METHODS
from tlbench.stats.attribution import Attribution, attribute
from tlbench.stats.paired import Paired, pair
from tlbench.values import COLD

if TYPE_CHECKING:
    from tlbench.arrays import F64
    from tlbench.scenario.gap import Gap
    from tlbench.stats.segments import Segmentation
    from tlbench.store.contents import ScenarioResults
    from tlbench.suite import Suite

BINS = 24
CASES = 5


@dataclass(frozen=True)
class UserCase:
    """One user's values of the primary metric, averaged over seeds."""

    user: str
    control: float
    candidate: float

    @property
    def difference(self) -> float:
        """Candidate - control; positive is better."""
        return self.candidate - self.control


@dataclass(frozen=True)
class Bin:
    """Users whose difference lies from `low` (excluded) to `high`; those of whom nothing differs have a bin of 0."""

    low: float
    high: float
    users: int


@dataclass(frozen=True)
class MethodEvidence:
    """How a transfer method and its counterpart differ, user by user.

    Attributes
    ----------
    method, control
        The two sides.
    bins
        Numbers of users by their difference, averaged over seeds.
    gaining, losing
        The users who gain and lose most, the strongest first.
    segments
        Differences by what is known of the users; empty where nothing was stored.
    attribution
        How much of the gain needs the source; None without a placebo.
    """

    method: str
    control: str
    bins: tuple[Bin, ...]
    gaining: tuple[UserCase, ...]
    losing: tuple[UserCase, ...]
    segments: tuple[Segmentation, ...]
    attribution: Attribution | None


@dataclass(frozen=True)
class ScenarioEvidence:
    """What is there to look at of one scenario; `gap` is None where it was not stored."""

    scenario: str
    methods: tuple[MethodEvidence, ...]
    gap: Gap | None = None


@dataclass(frozen=True)
class RankEvidence:
    """Methods ranked within each scenario, 1 is best; those that ran in all scenarios.

    `difference` is Nemenyi's critical difference at the suite's alpha, `pvalue` Friedman's.
    """

    methods: tuple[str, ...]
    mean_ranks: tuple[float, ...]
    difference: float
    pvalue: float
    scenarios: int


@dataclass(frozen=True)
class SuiteEvidence:
    """What is there to look at of a suite, and what it was made with."""

    scenarios: tuple[ScenarioEvidence, ...]
    ranks: RankEvidence | None
    environment: Mapping[str, Any]


def make_evidence(suite: Suite, results: Sequence[ScenarioResults], environment: Mapping[str, Any]) -> SuiteEvidence:
    """Collect what pictures need from per-user values."""
    return SuiteEvidence(
        scenarios=tuple(ScenarioEvidence(one.counts.scenario, _methods(one, suite), one.gap) for one in results),
        ranks=_ranks(suite, results),
        environment=dict(environment),
    )


def _methods(result: ScenarioResults, suite: Suite) -> tuple[MethodEvidence, ...]:
    names = dict.fromkeys(run.cell.method for run in result.runs if run.cell.placebo is None)
    found = [_method(result, name, suite) for name in names if METHODS.get(name).counterpart]
    return tuple(one for one in found if one is not None)


def _method(result: ScenarioResults, method: str, suite: Suite) -> MethodEvidence | None:
    control = METHODS.get(method).counterpart
    if control is None or not result.of(control):
        return None
    try:
        paired = pair(result.of(method), result.of(control), suite.primary)
    except NotComparable:
        return None
    gaining, losing = _cases(paired)
    return MethodEvidence(
        method=method,
        control=control,
        bins=_bins(paired.user_difference),
        gaining=gaining,
        losing=losing,
        segments=_segments(result, paired, suite),
        attribution=attributed(result, method, suite),
    )


def attributed(result: ScenarioResults, method: str, suite: Suite) -> Attribution | None:
    """Take a method's gain over its counterpart apart; None where counterpart or placebo did not run."""
    entry = METHODS.get(method)
    counterpart, placebo = result.of(str(entry.counterpart)), result.of(method, entry.placebo)
    if not (counterpart and placebo):
        return None
    return attribute(result.of(method), counterpart, placebo, suite.primary, alpha=suite.alpha)


def _bins(differences: F64) -> tuple[Bin, ...]:
    """Count users by difference, in bins that are symmetric around 0; users of whom nothing differs stand alone."""
    size = float(np.abs(differences).max())
    if size == 0:
        return (Bin(0.0, 0.0, len(differences)),)
    edges = np.linspace(-size, size, BINS + 1)
    moved = differences[differences != 0]
    # Upper edges belong to their bin, so that the largest gain is counted; the largest loss is put back in the first.
    place = np.clip(np.searchsorted(edges, moved, side="left") - 1, 0, BINS - 1)
    counts = np.bincount(place, minlength=BINS)
    same = Bin(0.0, 0.0, int((differences == 0).sum()))
    found = [Bin(float(edges[i]), float(edges[i + 1]), int(counts[i])) for i in range(BINS)]
    return (*found[: BINS // 2], same, *found[BINS // 2 :])


def _cases(paired: Paired) -> tuple[tuple[UserCase, ...], tuple[UserCase, ...]]:
    order = np.argsort(paired.user_difference, kind="stable")
    control, candidate = paired.control.mean(axis=1), paired.candidate.mean(axis=1)

    def case(i: int) -> UserCase:
        return UserCase(str(paired.users[i]), float(control[i]), float(candidate[i]))

    best = [case(i) for i in order[::-1][:CASES] if paired.user_difference[i] > 0]
    worst = [case(i) for i in order[:CASES] if paired.user_difference[i] < 0]
    return tuple(best), tuple(worst)


def _segments(result: ScenarioResults, paired: Paired, suite: Suite) -> tuple[Segmentation, ...]:
    from tlbench.stats.segments import segment

    if result.features is None:
        return ()
    margin = suite.margin.of(float(paired.control.mean()))
    # Max-T needs one family of values; segments are other users, so Holm stands in for it.
    correction = "holm" if suite.correction == "max-t" else suite.correction
    return tuple(segment(paired, result.features, margin=margin, alpha=suite.alpha, correction=correction))


def _ranks(suite: Suite, results: Sequence[ScenarioResults]) -> RankEvidence | None:
    from tlbench.stats.scenarios import friedman

    tables = [_means(one, suite.primary) for one in results if one.counts.population != COLD]
    if len(tables) < 2:
        return None
    names = tuple(name for name in tables[0] if all(name in table for table in tables))
    if len(names) < 2:
        return None
    ranks = friedman(np.array([[table[name] for name in names] for table in tables]), alpha=suite.alpha)
    return RankEvidence(
        names, tuple(float(rank) for rank in ranks.mean_ranks), ranks.critical_difference, ranks.pvalue, len(tables)
    )


def _means(result: ScenarioResults, metric: str) -> dict[str, float]:
    found: dict[str, list[float]] = {}
    for run in result.runs:
        if run.cell.placebo is None:
            found.setdefault(run.cell.method, []).append(float(run.values[metric].mean()))
    return {name: sum(means) / len(means) for name, means in found.items()}
