"""Tunings in words: the budget used, the best parameters, how flat the optimum is, and where a space was too narrow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tlbench.registry import METHODS
from tlbench.tune import at_edges

if TYPE_CHECKING:
    from tlbench.findings import ScenarioFindings
    from tlbench.suite import Suite
    from tlbench.tune import Tuning

UNTUNED = "default parameters; verdicts compare defaults"


def tuning_lines(found: ScenarioFindings, suite: Suite) -> list[str]:
    """What was tuned and how, a line a method; one line where nothing was."""
    if not suite.tune:
        return [UNTUNED]
    limit = "" if suite.tune_seconds is None else f" within {suite.tune_seconds:g} s"
    head = (
        f"tuned on validation {suite.primary}: {suite.tune} trials{limit} for every baseline, transfer method "
        "and placebo alike, the first with the defaults"
    )
    return [head, *(_line(tuning) for tuning in found.tunings), *_warnings(found)]


def _line(tuning: Tuning) -> str:
    best = tuning.best
    if best is None or best.value is None:
        return f"{tuning.label}: none of {len(tuning.trials)} trials succeeded ({tuning.trials[-1].reason})"
    others = {state: sum(trial.state == state for trial in tuning.trials) for state in ("pruned", "failed")}
    counts = ", ".join(f"{number} {state}" for state, number in others.items() if number)
    return (
        f"{tuning.label}: {best.value:.4f} in trial {best.number + 1} of {len(tuning.trials)}"
        f"{f' ({counts})' if counts else ''}, {tuning.near_best} within 1 % of it; {_parameters(best.parameters)}"
    )


def _parameters(parameters: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{name}={value:.4g}" if isinstance(value, float) else f"{name}={value}" for name, value in parameters.items()
    )


def _warnings(found: ScenarioFindings) -> list[str]:
    return [warning for tuning in found.tunings for warning in (*_edges(tuning), *_late(tuning))]


def _edges(tuning: Tuning) -> list[str]:
    entry = METHODS.get(tuning.method)
    return [
        f"warning: the best `{name}` of {tuning.label} lies on the edge of its space ({entry.space[name]}); "
        "a wider space may hold a better one"
        for name in at_edges(tuning, entry)
    ]


def _late(tuning: Tuning) -> list[str]:
    if tuning.budget.seconds is None or len(tuning.trials) >= tuning.budget.trials:
        return []
    return [
        f"warning: time ended the tuning of {tuning.label} after {len(tuning.trials)} of {tuning.budget.trials} "
        "trials; `--tune-seconds` gives it more"
    ]
