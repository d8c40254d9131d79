"""Results of a suite -> Findings: every method's means, and the judgement of every transfer method."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from tlbench.analysis.beside import (
    beside_counterparts,
    compare_aggregates,
    look_at_other_parts,
    place_among_shuffles,
    take_gains_apart,
    trace_twins,
    transfer_methods,
)
from tlbench.analysis.epochs import EpochsToQuality, epochs_to_quality
from tlbench.analysis.families import judge_suite
from tlbench.analysis.next_run import NextStep, ScenarioSight, next_steps, sight_of_scenario
from tlbench.analysis.questions import ask
from tlbench.analysis.short_history import ShortHistory, short_history
from tlbench.analysis.verdict import Finding, Judgement, Verdict
from tlbench.metrics.aggregate import Interval
from tlbench.registry import METHODS
from tlbench.stats.aggregates import aggregate_values
from tlbench.stats.comparison import Comparison
from tlbench.stats.gain_shares import GainShare
from tlbench.stats.headlines import Headlines, headlines
from tlbench.stats.meta import Pooled, ScenarioEffect, pool
from tlbench.stats.twin_parts import TwinParts
from tlbench.values import COLD, Variant

if TYPE_CHECKING:
    from tlbench.evaluation import RunResult
    from tlbench.split.counts import ScenarioCounts
    from tlbench.stats.other_parts import OtherParts
    from tlbench.stats.placebo_draws import PlaceboDraws
    from tlbench.store.contents import ScenarioResults
    from tlbench.suite import Suite
    from tlbench.tune import Tuning


class Against(StrEnum):
    """Which of the three questions."""

    COUNTERPART = "counterpart"
    BEST_BASELINE = "best-baseline"
    PLACEBO = "placebo"


@dataclass(frozen=True)
class MethodSummary:
    """One method's runs in one scenario.

    Attributes
    ----------
    method, placebo
        Name, and the placebo where its sources were destroyed.
    family
        ``baseline``, ``data``, ``knowledge`` or ``model``.
    seeds
        Number of runs.
    test, validation
        Mean of each metric over users, and over seeds; on validation of the first seed, and empty for placebos.
    cold_users
        Judged users of whom the method knew nothing, on average over seeds.
    seconds
        Wall clock of one run, on average over seeds; None where it was not recorded.
    aggregates
        Metrics that have one value per run, with bootstrap intervals over users, averaged over seeds.
    ranking
        SHA-256 (hexadecimal) of all users' values of the first seed: methods with the same one rank alike.
    """

    method: str
    placebo: str | None
    family: str
    seeds: int
    test: Mapping[str, float]
    validation: Mapping[str, float]
    cold_users: float
    seconds: float | None
    aggregates: Mapping[str, Interval] = field(default_factory=dict)
    ranking: str = ""

    @property
    def label(self) -> str:
        """Method, with the placebo's name where there is one."""
        return str(Variant(self.method, self.placebo))


@dataclass(frozen=True)
class ScenarioFindings:
    """What came out of one scenario.

    Attributes
    ----------
    counts
        The counts.
    methods
        Baselines, transfer methods and placebos that ran.
    best_baseline
        The target-only baseline with the best primary metric on validation; None where none ran.
    judgements
        One a transfer method that ran.
    not_applicable, failed, missing
        What did not run, and why.
    tunings
        All trials, one entry per tuned method or placebo; empty where defaults were compared.
    gain_shares
        By transfer method, which shares of its gain over its counterpart fall to tail items and to users of short
        history; methods whose gain cannot be told from 0 are left out.
    aggregates
        By transfer method, its metrics of the whole run against its counterpart's, not corrected for their number.
    sight
        What the run could have seen; None where nothing was compared.
    next_steps
        By transfer method that is inconclusive, what would settle it, the cheapest first.
    twin_parts
        By transfer method, what of its gain comes through twins, where twins that tell the test were kept.
    short_history
        Gains among users of whom the target knows little; None where there are none.
    epochs
        How many epochs deep methods needed to be as good as their counterparts; empty where validation chose none.
    draws
        By transfer method, its gain among those of several shuffled sources, as shares of the counterpart's mean.
    other_parts
        By transfer method, what the folds say of its gain for other training parts, as a share of the counterpart's
        mean.
    """

    counts: ScenarioCounts
    methods: tuple[MethodSummary, ...]
    best_baseline: str | None
    judgements: tuple[Judgement, ...]
    not_applicable: Mapping[str, str]
    failed: Mapping[str, str]
    missing: tuple[str, ...]
    tunings: tuple[Tuning, ...] = ()
    gain_shares: Mapping[str, tuple[GainShare, ...]] = field(default_factory=dict)
    aggregates: Mapping[str, tuple[Comparison, ...]] = field(default_factory=dict)
    sight: ScenarioSight | None = None
    next_steps: Mapping[str, tuple[NextStep, ...]] = field(default_factory=dict)
    twin_parts: Mapping[str, TwinParts] = field(default_factory=dict)
    short_history: ShortHistory | None = None
    epochs: tuple[EpochsToQuality, ...] = ()
    draws: Mapping[str, PlaceboDraws] = field(default_factory=dict)
    other_parts: Mapping[str, OtherParts] = field(default_factory=dict)

    def judgement(self, method: str) -> Judgement | None:
        """Return the judgement of a method, None for baselines."""
        return next((judgement for judgement in self.judgements if judgement.method == method), None)


@dataclass(frozen=True)
class PooledHeadline:
    """Average gain of a method over its counterpart in all scenarios, chosen among `of` methods."""

    method: str
    pooled: Pooled
    of: int


@dataclass(frozen=True)
class Findings:
    """What came out of a suite."""

    suite: Suite
    scenarios: tuple[ScenarioFindings, ...]

    @property
    def undecided(self) -> tuple[str, ...]:
        """Methods of which the users and seeds there are cannot yet tell whether transfer helps."""
        open_ones = (
            (Finding.INCONCLUSIVE, Finding.UNATTRIBUTED) if self.suite.asks_placebos else (Finding.INCONCLUSIVE,)
        )
        return tuple(
            judgement.method
            for scenario in self.scenarios
            for judgement in scenario.judgements
            if judgement.outcome in open_ones
        )

    @property
    def headlines(self) -> Headlines | None:
        """In how many scenarios transfer helps, by false discovery rate; None with fewer than two.

        What is found of users new to the target counts by itself.
        """
        pvalues = {found.counts.scenario: _headline(found, self.suite) for found in self.scenarios if found.judgements}
        return headlines(pvalues, rate=self.suite.alpha) if len(self.suite.scenarios) > 1 and pvalues else None

    @property
    def pooled(self) -> PooledHeadline | None:
        """Average gain over the scenarios: of the primary method, or of the one whose lower bound is highest.

        Intervals are simultaneous over the methods, so that the choice costs nothing. None with fewer than two
        scenarios.
        """
        primary = self.suite.primary_method
        ran = dict.fromkeys(judgement.method for found in self.scenarios for judgement in found.judgements)
        names = [primary] if primary in ran else list(ran)
        level = 1 - self.suite.alpha / max(len(names), 1)
        found = {name: across_scenarios(self, name, level=level) for name in names}
        pooled = {name: one for name, one in found.items() if one is not None}
        best = max(pooled, key=lambda name: pooled[name].low, default=None)
        return None if best is None else PooledHeadline(best, pooled[best], len(names))

    @property
    def failed(self) -> bool:
        """True where a cell gave an error."""
        return any(scenario.failed for scenario in self.scenarios)


def make_findings(suite: Suite, results: Sequence[ScenarioResults]) -> Findings:
    """Judge what is there of a suite; the candidates of each scenario are a family of their own."""
    summaries = [_summaries(result.runs) for result in results]
    best = [_best_baseline(found, suite.primary) for found in summaries]
    questions = [
        ask(result, name, control, suite)
        for result, control in zip(results, best, strict=True)
        for name in transfer_methods(result)
    ]
    judged = iter(
        judge_suite(
            questions,
            method=suite.correction,
            margin=suite.margin,
            alpha=suite.alpha,
            primary=suite.primary_method,
        )
    )
    return Findings(
        suite,
        tuple(
            _scenario(suite, result, found, control, tuple(next(judged) for _ in transfer_methods(result)))
            for result, found, control in zip(results, summaries, best, strict=True)
        ),
    )


def _scenario(
    suite: Suite,
    result: ScenarioResults,
    methods: tuple[MethodSummary, ...],
    best_baseline: str | None,
    judgements: tuple[Judgement, ...],
) -> ScenarioFindings:
    """Put together what came out of one scenario."""
    windows = len(result.counts.cuts)
    steps = {judgement.method: next_steps(judgement, suite, windows=windows) for judgement in judgements}
    return ScenarioFindings(
        counts=result.counts,
        methods=methods,
        best_baseline=best_baseline,
        judgements=judgements,
        not_applicable=result.not_applicable,
        failed=result.failed,
        missing=result.missing,
        tunings=result.tunings,
        gain_shares=take_gains_apart(result, suite),
        aggregates=compare_aggregates(result, suite),
        sight=sight_of_scenario(judgements),
        next_steps={method: found for method, found in steps.items() if found},
        epochs=epochs_to_quality(result),
        short_history=None
        if result.counts.population == COLD  # all of them have a short one
        else short_history(beside_counterparts(result), result.features, suite),
        draws=place_among_shuffles(result, suite),
        twin_parts=trace_twins(result, suite),
        other_parts=look_at_other_parts(result, suite),
    )


def across_scenarios(
    findings: Findings,
    method: str,
    against: Against = Against.COUNTERPART,
    *,
    level: float = 0.95,
    cold: bool = False,
) -> Pooled | None:
    """Average a method's relative difference over the scenarios of a suite; None with fewer than two.

    Users new to the target have an average of their own (`cold`).
    """
    effects = []
    for scenario in findings.scenarios:
        if (scenario.counts.population == COLD) is not cold:
            continue
        judgement = scenario.judgement(method)
        verdict = None if judgement is None else verdict_against(judgement, against)
        comparison = verdict.comparison if verdict else None
        if comparison and comparison.relative is not None and comparison.relative_error:
            effects.append(ScenarioEffect(scenario.counts.scenario, comparison.relative, comparison.relative_error))
    return pool(effects, level=level) if len(effects) > 1 else None


def verdict_against(judgement: Judgement, against: Against) -> Verdict | None:
    """Return the answer to one of the three questions; None where no placebo was run."""
    match against:
        case Against.COUNTERPART:
            return judgement.counterpart
        case Against.BEST_BASELINE:
            return judgement.best_baseline
        case Against.PLACEBO:
            return judgement.placebo


def _headline(found: ScenarioFindings, suite: Suite) -> float:
    """p-value of "no method helps in this scenario"; with a primary method, of "it does not help"."""
    primary = found.judgement(suite.primary_method or "")
    return min(_claim(judgement) for judgement in ((primary,) if primary else found.judgements))


def _claim(judgement: Judgement) -> float:
    """Corrected p-value of "transfer helps" by one method, which needs both questions where a placebo was run.

    It is 1 where the source leaks the test.
    """
    if judgement.outcome is Finding.LEAKS:
        return 1.0
    asked = [judgement.counterpart, *([] if judgement.placebo is None else [judgement.placebo])]
    compared = [verdict.comparison for verdict in asked]
    gains = [1.0 if one is None or one.difference <= 0 else one.adjusted for one in compared]
    return max(gains)


def _summaries(runs: Sequence[RunResult]) -> tuple[MethodSummary, ...]:
    groups = groupby(runs, key=lambda run: (run.cell.method, run.cell.placebo))
    return tuple(_summary(method, placebo, list(found)) for (method, placebo), found in groups)


def _summary(method: str, placebo: str | None, runs: list[RunResult]) -> MethodSummary:
    timed = [run.seconds for run in runs if run.timing]
    names = list(runs[0].values.columns)
    return MethodSummary(
        method=method,
        placebo=placebo,
        family=METHODS.get(method).family,
        seeds=len(runs),
        test={name: _mean(float(run.values[name].mean()) for run in runs) for name in names},
        validation=dict(next((run.validation for run in runs if run.validation), {})),
        cold_users=_mean(float(run.cold_users) for run in runs),
        seconds=_mean(timed) if timed else None,
        aggregates=aggregate_values(runs),
        ranking=_ranking(runs[0]),
    )


def _ranking(run: RunResult) -> str:
    """Sum the users' values, so that methods that rank alike are known by it."""
    return hashlib.sha256(run.values.sort_index().to_numpy(dtype=np.float64).tobytes()).hexdigest()


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return sum(found) / len(found)


def _best_baseline(summaries: Sequence[MethodSummary], metric: str) -> str | None:
    """The baseline with the best mean on validation; the simplest of those that tie, which may all be one ranking."""
    chosen = [summary for summary in summaries if summary.family == "baseline" and metric in summary.validation]
    if not chosen:
        return None
    best = max(summary.validation[metric] for summary in chosen)
    tied = [summary for summary in chosen if math.isclose(summary.validation[metric], best, rel_tol=1e-12)]
    return min(tied, key=lambda summary: (_complexity(summary.method), summary.method)).method


def _complexity(method: str) -> tuple[bool, int]:
    """Whether it is the target's half of a transfer method, and its number of hyper-parameters."""
    return method.startswith("own-"), len(fields(METHODS.get(method).build()))
