"""Tunings in words: the budget used, the best parameters, how flat the optimum is, and where a space was too narrow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tlbench.registry import METHODS
from tlbench.report.bars import sparkline
from tlbench.tune import at_edges

if TYPE_CHECKING:
    from tlbench.analysis.summary import ScenarioFindings
    from tlbench.suite import Suite
    from tlbench.tune import Trial, Tuning

UNTUNED = "default parameters; verdicts compare defaults"
HEADINGS = ("tuned", "best", "defaults", "in trial", "trials", "within 1 %", "best parameters")
ON_EDGE = "*"


def tuning_lines(found: ScenarioFindings, suite: Suite) -> list[str]:
    """What was tuned, how, and what to beware of; one line where nothing was tuned."""
    if not suite.tune:
        return [UNTUNED]
    limit = "" if suite.tune_seconds is None else f" within {suite.tune_seconds:g} s"
    head = (
        f"tuned on validation {suite.primary}: {suite.tune} trials{limit} for every baseline, transfer method "
        "and placebo alike, the first with the defaults"
    )
    return [head, *([_used(found)] if found.tunings else []), *_warnings(found)]


def _used(found: ScenarioFindings) -> str:
    trials = [trial for tuning in found.tunings for trial in tuning.trials]
    return f"tuning used {_counted(trials)} in {len(found.tunings)} searches"


def _counted(trials: list[Trial]) -> str:
    """The number of trials, and of those that were pruned or failed: ``12 trials (3 pruned)``."""
    states = Counter(trial.state for trial in trials)
    others = ", ".join(f"{states[state]} {state}" for state in ("pruned", "failed") if states[state])
    return f"{len(trials)} trials{f' ({others})' if others else ''}"


def _warnings(found: ScenarioFindings) -> Iterator[str]:
    for tuning in found.tunings:
        if tuning.best is None:
            yield f"warning: no trial of {tuning.label} succeeded ({tuning.trials[-1].reason})"
    edges = [(tuning.label, _edges(tuning)) for tuning in found.tunings]
    narrow = [f"{label} ({', '.join(names)})" for label, names in edges if names]
    if narrow:
        yield (
            f"warning: best values on the edge of their space, where a wider one may hold a better: {', '.join(narrow)}"
        )
    late = [f"{tuning.label} ({len(tuning.trials)})" for tuning in found.tunings if _late(tuning)]
    if late:
        yield (
            f"warning: time ended searches before {found.tunings[0].budget.trials} trials: {', '.join(late)}; "
            "`--tune-seconds` gives them more"
        )


def _edges(tuning: Tuning) -> tuple[str, ...]:
    return at_edges(tuning, METHODS.get(tuning.method))


def _late(tuning: Tuning) -> bool:
    return tuning.budget.seconds is not None and len(tuning.trials) < tuning.budget.trials


def tuning_rows(found: ScenarioFindings) -> list[tuple[str, ...]]:
    """One row a tuned method or placebo, under `HEADINGS`; parameters on the edge of their space end in a star."""
    return [_row(tuning) for tuning in found.tunings]


def _row(tuning: Tuning) -> tuple[str, ...]:
    best, first = tuning.best, tuning.trials[0] if tuning.trials else None
    if best is None or best.value is None:
        return tuning.label, "-", "-", "-", str(len(tuning.trials)), "-", "no trial succeeded"
    return (
        tuning.label,
        f"{best.value:.4f}",
        "-" if first is None or first.value is None else f"{first.value:.4f}",
        str(best.number + 1),
        _counted(list(tuning.trials)).replace(" trials", ""),
        str(tuning.near_best),
        parameters_text(tuning),
    )


def parameters_text(tuning: Tuning) -> str:
    """The best parameters, those on the edge of their space with a star: ``factors=16*, l2=0.04``."""
    edges = _edges(tuning)
    found = {} if tuning.best is None else tuning.best.parameters
    return ", ".join(f"{name}={_short(value)}{ON_EDGE if name in edges else ''}" for name, value in found.items())


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def best_so_far(tuning: Tuning) -> list[float | None]:
    """The best value of the complete trials up to each trial; None before the first of them."""
    values: list[float | None] = []
    for trial in tuning.trials:
        known = [values[-1]] if values and values[-1] is not None else []
        if trial.state == "complete" and trial.value is not None:
            known.append(trial.value)
        values.append(max(known, default=None))
    return values


def tuning_details(found: ScenarioFindings) -> list[str]:
    """Three lines a tuned method or placebo: its best trial, the course of the search, and the best parameters."""
    head = f"Tuning: best value on validation so far, by trial; {ON_EDGE} lies on the edge of its space"
    lines = ["", head] if found.tunings else []
    for tuning in found.tunings:
        lines.extend(_details(tuning))
    return lines


def _details(tuning: Tuning) -> Iterator[str]:
    best = tuning.best
    if best is None or best.value is None:
        yield f"  {tuning.label}: no trial succeeded ({tuning.trials[-1].reason})"
        return
    course = [value for value in best_so_far(tuning) if value is not None]
    yield (
        f"  {tuning.label}: best in trial {best.number + 1} of {_counted(list(tuning.trials))}, "
        f"{tuning.near_best} within 1 % of it, {tuning.seconds:.2g} s"
    )
    yield f"    {course[0]:.4f} {sparkline(course)} {course[-1]:.4f}"
    yield f"    {parameters_text(tuning)}"
