"""Results at several levels of target history -> Profile: for whom transfer pays, and up to which history."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tlbench.errors import NotComparable, TlbenchError
from tlbench.registry import METHODS
from tlbench.rng import stream
from tlbench.split.protocol import Protocol
from tlbench.split.protocols.profile import Level, ProfileRule
from tlbench.stats.comparison import Comparison, compare
from tlbench.stats.crossover import Crossover, crossover
from tlbench.stats.family import Family, decide, form_family
from tlbench.stats.paired import Paired, pair
from tlbench.stats.power import detectable
from tlbench.store.folds import pool
from tlbench.values import Variant

if TYPE_CHECKING:
    from tlbench.arrays import F64
    from tlbench.evaluation import RunResult
    from tlbench.split.counts import ScenarioCounts
    from tlbench.store.contents import ScenarioResults
    from tlbench.suite import Suite


@dataclass(frozen=True)
class ProfilePoint:
    """What a transfer method gains at one level.

    Attributes
    ----------
    level
        How many of their target interactions the judged users show.
    counterpart, best_baseline, placebo
        The comparisons with intervals that hold at all levels and for all methods at once; None where a side is
        missing or was not run.
    """

    level: Level
    counterpart: Comparison | None
    best_baseline: Comparison | None
    placebo: Comparison | None = None

    @property
    def pays(self) -> bool:
        """Whether the method is shown to beat its counterpart, the best baseline and, where it was run, its placebo."""
        return self._shown(self.counterpart) and self._shown(self.best_baseline) and self._attributed

    @property
    def helps(self) -> bool:
        """Whether the source is shown to help the method, whatever the best baseline can do."""
        return self._shown(self.counterpart) and self._attributed

    @property
    def _attributed(self) -> bool:
        return self.placebo is None or self._shown(self.placebo)

    @staticmethod
    def _shown(comparison: Comparison | None) -> bool:
        return comparison is not None and comparison.low > 0


@dataclass(frozen=True)
class MethodProfile:
    """How one method's gains change with the history of the users.

    Attributes
    ----------
    method, counterpart
        Names.
    points
        One for each level, in the order of the profile's levels.
    crossover
        Where the gain over the best baseline is positive, fitted over the levels with a number; None where the method
        pays at none of them, or they are fewer than two.
    """

    method: str
    counterpart: str
    points: tuple[ProfilePoint, ...]
    crossover: Crossover | None = None

    @property
    def paying(self) -> tuple[Level, ...]:
        """The levels at which the method is shown to pay."""
        return tuple(point.level for point in self.points if point.pays)

    @property
    def helped(self) -> tuple[Level, ...]:
        """The levels at which the source is shown to help the method."""
        return tuple(point.level for point in self.points if point.helps)


@dataclass(frozen=True)
class ProfileLevel:
    """Who is judged at one level, and what transfer competes with.

    Attributes
    ----------
    level
        How many of their target interactions the judged users show.
    shown
        Interactions that they show, on average.
    n_users
        Number of judged users.
    best_baseline, value
        The target-only baseline that is best on validation at this level, and its mean on test; None where none ran.
    visible
        Smallest gain over the best baseline that this profile finds with a chance of 80 %, as a share of `value`: that
        of the method of which it can tell most; None where nothing was compared.
    """

    level: Level
    shown: float
    n_users: int
    best_baseline: str | None
    value: float | None
    visible: float | None


@dataclass(frozen=True)
class Profile:
    """Gains of transfer by the number of target interactions that users show.

    Attributes
    ----------
    scenario, metric, alpha
        What was judged, in which metric, at which level.
    target
        Name of the target.
    n_users
        Number of users judged at any level.
    levels
        The levels, ascending.
    methods
        What was profiled, the methods that pay at most levels first.
    placebo
        Whether placebos were run.
    not_applicable, failed, missing
        What did not run, and why.
    """

    scenario: str
    target: str
    metric: str
    alpha: float
    n_users: int
    levels: tuple[ProfileLevel, ...]
    methods: tuple[MethodProfile, ...]
    placebo: bool
    not_applicable: Mapping[str, str]
    failed: Mapping[str, str]
    missing: tuple[str, ...]

    @property
    def paying(self) -> tuple[MethodProfile, ...]:
        """The methods that are shown to pay at some level."""
        return tuple(method for method in self.methods if method.paying)


def is_profile(suite: Suite) -> bool:
    """Say whether a suite's results are those of a profile."""
    return suite.protocol is not None and isinstance(suite.protocol.rule, ProfileRule)


def gains_at_some_level(suite: Suite, result: ScenarioResults) -> tuple[str, ...]:
    """Return the transfer methods that are shown to beat their counterparts at some level, whatever placebos ran."""
    rule = _rule_of(result)
    asked = [_Asked.of(result, rule, level, suite) for level in rule.levels]
    families = _families(asked, suite)
    shown = [
        method
        for level in asked
        for method, point in level.decided(families).items()
        if point.counterpart is not None and point.counterpart.low > 0
    ]
    return tuple(dict.fromkeys(shown))


def _rule_of(result: ScenarioResults) -> ProfileRule:
    rule = Protocol.parse(result.counts.protocol).rule
    if not isinstance(rule, ProfileRule):
        raise TlbenchError(
            f"`{result.counts.scenario}` was not run as a profile", hint="`tlbench profile SCENARIO` makes one"
        )
    return rule


def make_profile(suite: Suite, result: ScenarioResults) -> Profile:
    """Judge what is there of a scenario that was run level by level.

    The comparisons of one question (with the counterpart, the best baseline, the placebo) at all levels and of all
    methods are one family, corrected by max-T: the users are the same at all levels, so gains go up and down together.

    Raises
    ------
    TlbenchError
        Where the results are not those of a profile.
    """
    rule = _rule_of(result)
    asked = [_Asked.of(result, rule, level, suite) for level in rule.levels]
    decided = [level.decided(families) for families in [_families(asked, suite)] for level in asked]
    names = list(dict.fromkeys(name for level in asked for name in level.pairs))
    methods = [_method(name, asked, decided, suite) for name in names]
    return Profile(
        scenario=result.counts.scenario,
        target=result.counts.target.name,
        metric=suite.primary,
        alpha=suite.alpha,
        n_users=max(level.n_users for level in asked),
        levels=tuple(_level(level, points) for level, points in zip(asked, decided, strict=True)),
        methods=tuple(sorted(methods, key=_rank)),
        placebo=suite.asks_placebos,
        not_applicable=result.not_applicable,
        failed=result.failed,
        missing=result.missing,
    )


# --- one level ---------------------------------------------------------------------------------------------------

_QUESTIONS = ("counterpart", "best_baseline", "placebo")
Sides = Mapping[str, tuple[Comparison, Paired, "F64 | None"]]
"""By question: the comparison, the values that it was made from, and the values of whose mean gains are shares."""


@dataclass(frozen=True, eq=False)
class _Asked:
    """The questions of all methods at one level, not yet corrected."""

    level: Level
    shown: float
    n_users: int
    best_baseline: str | None
    value: float | None
    pairs: Mapping[str, Sides]

    @classmethod
    def of(cls, result: ScenarioResults, rule: ProfileRule, level: Level, suite: Suite) -> _Asked:
        """Pool the groups of a level, and compare each transfer method with its three controls."""
        folds = [fold for fold in rule.folds if rule.level_of(fold) == level]
        counts = _counts_of(result.counts, folds)
        runs = _by_label(pool([run for run in result.by_fold if run.cell.fold in folds], counts))
        best = _best_baseline(runs, suite.primary)
        return cls(
            level=level,
            shown=sum(fold.shown for fold in counts.folds) / max(counts.judged_users, 1),
            n_users=counts.judged_users,
            best_baseline=best,
            value=None if best is None else float(runs[best][0].values[suite.primary].mean()),
            pairs={
                label: _sides(runs, label, best, suite)
                for label in runs
                if METHODS.get(Variant.parse(label).method).family != "baseline"
                and Variant.parse(label).placebo is None
            },
        )

    def decided(self, families: Mapping[str, Family]) -> dict[str, ProfilePoint]:
        """Give all comparisons the intervals of their families, by method."""
        return {
            method: ProfilePoint(
                self.level,
                **{
                    question: _decide(*sides[question], families.get(question)) if question in sides else None
                    for question in _QUESTIONS
                },
            )
            for method, sides in self.pairs.items()
        }


def _counts_of(counts: ScenarioCounts, folds: Sequence[int]) -> ScenarioCounts:
    """Restrict counts to the folds of a level, no two of which judge the same user."""
    found = tuple(fold for fold in counts.folds if fold.fold in folds)
    return replace(counts, folds=found, judged_users=sum(fold.judged_users for fold in found))


def _by_label(runs: Sequence[RunResult]) -> dict[str, list[RunResult]]:
    found: dict[str, list[RunResult]] = {}
    for run in sorted(runs, key=lambda run: run.cell.seed):
        found.setdefault(run.cell.label, []).append(run)
    return found


def _best_baseline(runs: Mapping[str, Sequence[RunResult]], metric: str) -> str | None:
    """Name the baseline that is best on validation; where several rank alike, and one is popularity, that."""
    marks = {
        label: found[0].validation[metric]
        for label, found in runs.items()
        if METHODS.get(Variant.parse(label).method).family == "baseline" and metric in found[0].validation
    }
    return max(marks, key=lambda label: (marks[label], label == "popularity")) if marks else None


def _sides(runs: Mapping[str, Sequence[RunResult]], method: str, best: str | None, suite: Suite) -> Sides:
    """Compare a method with whatever of its three controls is there."""
    entry = METHODS.get(method)
    controls = {
        "counterpart": entry.counterpart,
        "best_baseline": best,
        "placebo": str(Variant(method, entry.placebo)) if entry.placebo else None,
    }
    found = {}
    for question, control in controls.items():
        if control is None or control not in runs:
            continue
        base = _values(runs.get(str(entry.counterpart)), suite) if question == "placebo" else None
        try:
            paired = pair(runs[method], runs[control], suite.primary)
            base = base if base is not None and len(base) == paired.n_users else None
            compared = compare(
                paired, candidate=method, control=control, metric=suite.primary, alpha=suite.alpha, base=base
            )
        except (NotComparable, TlbenchError):
            continue
        found[question] = (compared, paired, base)
    return found


def _values(runs: Sequence[RunResult] | None, suite: Suite) -> F64 | None:
    """Values of the counterpart, of whose mean the gain over the placebo is a share, shape (U, 1)."""
    if not runs:
        return None
    values: F64 = np.column_stack([run.values[suite.primary].to_numpy() for run in runs]).mean(axis=1, keepdims=True)
    return values


# --- all levels --------------------------------------------------------------------------------------------------


def _families(asked: Sequence[_Asked], suite: Suite) -> dict[str, Family]:
    """Form one family for each question, over all levels and methods of which anybody differs.

    The placebo is decided as the counterpart is: a family of the placebos that happen to be there would be smaller,
    since they may have been run only of the methods that beat their counterparts, and judge the luckiest too mildly.
    """
    found = {}
    for question in _QUESTIONS[:2]:
        sides = [sides[question] for level in asked for sides in level.pairs.values() if question in sides]
        pairs = [paired for _, paired, _ in sides if paired.user_difference.any()]
        if pairs:
            found[question] = form_family(pairs, alpha=suite.alpha, rng=stream(0, "profile", question))
    if "counterpart" in found:
        found["placebo"] = found["counterpart"]
    return found


def _decide(comparison: Comparison, paired: Paired, base: F64 | None, family: Family | None) -> Comparison:
    if family is None or not paired.user_difference.any():
        return comparison
    decided = decide(comparison, paired, family, base=base)
    return replace(decided, mde=detectable(decided.standard_error, decided.df, alpha=family.level))


def _level(asked: _Asked, points: Mapping[str, ProfilePoint]) -> ProfileLevel:
    against = [point.best_baseline for point in points.values() if point.best_baseline is not None]
    sizes = [found.mde for found in against if found.mde > 0]
    return ProfileLevel(
        level=asked.level,
        shown=asked.shown,
        n_users=asked.n_users,
        best_baseline=asked.best_baseline,
        value=asked.value,
        visible=min(sizes) / asked.value if sizes and asked.value else None,
    )


def _method(
    name: str, asked: Sequence[_Asked], decided: Sequence[Mapping[str, ProfilePoint]], suite: Suite
) -> MethodProfile:
    points = tuple(
        found.get(name) or ProfilePoint(level.level, None, None) for level, found in zip(asked, decided, strict=True)
    )
    made = MethodProfile(name, str(METHODS.get(name).counterpart), points)
    return replace(made, crossover=_crossover(name, asked, points, suite)) if made.paying else made


def _crossover(name: str, asked: Sequence[_Asked], points: Sequence[ProfilePoint], suite: Suite) -> Crossover | None:
    """Fit the gain over the best baseline, over the levels that have a number."""
    sides = {
        level.level.shown: (level.pairs[name]["best_baseline"][1], point.best_baseline)
        for level, point in zip(asked, points, strict=True)
        if level.level.shown is not None and "best_baseline" in level.pairs.get(name, {})
    }
    if len(sides) < 2:
        return None
    reach = [comparison.difference - comparison.low for _, comparison in sides.values() if comparison is not None]
    return crossover(
        _side_by_side([paired for paired, _ in sides.values()]),
        np.array(list(sides), dtype=np.float64),
        np.array(reach),
        rng=stream(0, "crossover"),
        level=1 - suite.alpha,
    )


def _side_by_side(pairs: Sequence[Paired]) -> F64:
    """Lay user differences side by side, a row per user, NaN where a user is not judged; shape (U, K)."""
    ids, codes = np.unique(np.concatenate([paired.users.astype(str) for paired in pairs]), return_inverse=True)
    found = np.full((len(ids), len(pairs)), np.nan)
    place = 0
    for column, paired in enumerate(pairs):
        found[codes[place : place + paired.n_users], column] = paired.user_difference
        place += paired.n_users
    return found


def _rank(method: MethodProfile) -> tuple[int, int, float]:
    """Order methods: those that pay at most levels first, then those that are helped, then by their mean gain."""
    gains = [
        point.best_baseline.relative for point in method.points if point.best_baseline and point.best_baseline.relative
    ]
    return -len(method.paying), -len(method.helped), -(sum(gains) / len(gains) if gains else -math.inf)
