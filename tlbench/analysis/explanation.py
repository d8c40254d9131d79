"""A results folder and a question -> everything known about one comparison, from the users' values to the verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tlbench.analysis.evidence import attributed
from tlbench.analysis.next_run import NextStep
from tlbench.analysis.summary import (
    Against,
    Findings,
    ScenarioFindings,
    across_scenarios,
    make_findings,
    verdict_against,
)
from tlbench.analysis.verdict import Judgement, Verdict
from tlbench.errors import NotComparable, TlbenchError
from tlbench.registry import METHODS, unknown
from tlbench.rng import stream
from tlbench.stats.attribution import Attribution
from tlbench.stats.comparison import Comparison
from tlbench.stats.effects import Effect, effects
from tlbench.stats.histories import POPULARITY
from tlbench.stats.meta import Pooled
from tlbench.stats.paired import Paired, pair
from tlbench.stats.panel import Panel, sensitivity
from tlbench.stats.segments import Segmentation, harmed, segment
from tlbench.stats.trend import Trend, trend
from tlbench.store.contents import ScenarioResults
from tlbench.store.results import ResultsFolder
from tlbench.values import Metric

if TYPE_CHECKING:
    import pandas as pd

    from tlbench.evaluation import RunResult
    from tlbench.stats.other_parts import OtherParts
    from tlbench.stats.placebo_draws import PlaceboDraws
    from tlbench.suite import Suite


@dataclass(frozen=True, eq=False)
class Explanation:
    """Everything known about one comparison.

    Attributes
    ----------
    scenario, method, against
        Which comparison.
    verdict
        Judged in its family; `comparison` is its numbers.
    judgement
        The three questions together.
    paired
        Users' values.
    effects
        Sizes with intervals.
    harmed
        Share of users who lose more than the margin.
    panel
        What other tests say.
    attribution
        How much of the gain needs the source; None without a placebo.
    next_steps
        What would settle an inconclusive comparison with the counterpart, the cheapest first.
    other_parts
        What the folds say of the gain over the counterpart for other training parts; None with one fold.
    draws
        The gain among those of shuffled sources; None where each placebo ran on one shuffle.
    segments, trend
        For whom; empty and None where the folder says nothing of the users.
    pooled
        Average over the scenarios of the suite; None with one scenario, and for a metric that is not the primary one.
    """

    scenario: str
    method: str
    against: Against
    verdict: Verdict
    comparison: Comparison
    judgement: Judgement
    paired: Paired
    effects: tuple[Effect, ...]
    harmed: Effect
    panel: Panel
    attribution: Attribution | None
    segments: tuple[Segmentation, ...]
    trend: Trend | None
    pooled: Pooled | None
    next_steps: tuple[NextStep, ...] = ()
    other_parts: OtherParts | None = None
    draws: PlaceboDraws | None = None


def explain_comparison(
    out: Path,
    method: str,
    *,
    scenario: str | None = None,
    against: Against = Against.COUNTERPART,
    metric: str | None = None,
) -> Explanation:
    """Look one comparison up in a results folder, with all that lies between the users and the verdict.

    Parameters
    ----------
    out
        Folder that `tlbench run` wrote.
    method
        A transfer method.
    scenario
        Name of the scenario; by default the only one.
    against
        Counterpart, best baseline or placebo.
    metric
        A metric of the suite; by default the primary one. Another is corrected in a family of its own.

    Raises
    ------
    TlbenchError
        For names that the folder does not hold.
    NotComparable
        If the two sides could not be compared.
    """
    suite, results = _read(out, metric)
    findings = make_findings(suite, results)
    found = _scenario(findings, scenario)
    judgement = _judgement(found, method)
    verdict = _verdict(judgement, against)
    if verdict.comparison is None:
        raise NotComparable(verdict.reason, hint="`tlbench report` shows what ran")
    result = next(one for one in results if one.counts.scenario == found.counts.scenario)
    control = _control(result, found, method, against)
    paired = pair(result.of(method), control, suite.primary)
    size = suite.margin.of(verdict.comparison.control_mean)
    segments, slopes = _for_whom(paired, result.features, size, suite)
    return Explanation(
        scenario=found.counts.scenario,
        method=method,
        against=against,
        verdict=verdict,
        comparison=verdict.comparison,
        judgement=judgement,
        paired=paired,
        effects=effects(paired, verdict.comparison),
        harmed=harmed(paired, size, level=1 - suite.alpha),
        panel=sensitivity(paired, verdict.comparison, margin=suite.margin, rng=stream(0, "panel", method)),
        attribution=attributed(result, method, suite),
        segments=segments,
        trend=slopes,
        pooled=across_scenarios(findings, method, against) if metric is None else None,
        next_steps=found.next_steps.get(method, ()) if against is Against.COUNTERPART else (),
        other_parts=found.other_parts.get(method) if against is Against.COUNTERPART else None,
        draws=found.draws.get(method),
    )


def _read(out: Path, metric: str | None) -> tuple[Suite, list[ScenarioResults]]:
    folder = ResultsFolder(out)
    suite = folder.read_suite()
    if metric is not None:
        if metric not in suite.metrics:
            raise unknown("metric of this suite", metric, list(suite.metrics), f"tlbench report {out}")
        suite = replace(suite, metrics=(Metric(metric), *(name for name in suite.metrics if name != metric)))
    return suite, folder.read_scenarios(suite)


def _scenario(findings: Findings, name: str | None) -> ScenarioFindings:
    names = [found.counts.scenario for found in findings.scenarios]
    if name is None and len(names) > 1:
        raise TlbenchError(f"there are {len(names)} scenarios", hint=f"choose one: --scenario '{names[0]}'")
    for found in findings.scenarios:
        if name is None or found.counts.scenario == name:
            return found
    raise unknown("scenario of this suite", str(name), names, "tlbench report")


def _judgement(found: ScenarioFindings, method: str) -> Judgement:
    judgement = found.judgement(method)
    if judgement is None:
        names = [one.method for one in found.judgements]
        if method in METHODS and METHODS.get(method).family == "baseline":
            raise TlbenchError(f"`{method}` is a baseline", hint=f"ask about a transfer method: {', '.join(names)}")
        raise unknown("transfer method of this scenario", method, names, "tlbench report")
    return judgement


def _verdict(judgement: Judgement, against: Against) -> Verdict:
    verdict = verdict_against(judgement, against)
    if verdict is None:
        raise TlbenchError("no placebo was run", hint="run the suite again with `--placebo`; finished cells are kept")
    return verdict


def _control(result: ScenarioResults, found: ScenarioFindings, method: str, against: Against) -> Sequence[RunResult]:
    entry = METHODS.get(method)
    match against:
        case Against.COUNTERPART:
            return result.of(str(entry.counterpart))
        case Against.BEST_BASELINE:
            return result.of(str(found.best_baseline))
        case Against.PLACEBO:
            return result.of(method, entry.placebo)


def _for_whom(
    paired: Paired, features: pd.DataFrame | None, size: float, suite: Suite
) -> tuple[tuple[Segmentation, ...], Trend | None]:
    if features is None:
        return (), None
    histories = features[[name for name in features.columns if name != POPULARITY]]
    varying = [name for name in histories.columns if float(np.ptp(histories[name].to_numpy())) > 0]
    segments = segment(paired, features, margin=size, alpha=suite.alpha)
    slopes = trend(paired, histories[varying], alpha=suite.alpha) if varying and paired.n_users >= 12 else None
    return tuple(segments), slopes
