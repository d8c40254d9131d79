"""Findings -> JSON: every number of the report, unrounded."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tlbench.registry import METHODS
from tlbench.report.across import pooled
from tlbench.report.words import headlines
from tlbench.tune import at_edges

if TYPE_CHECKING:
    from tlbench.analysis.summary import Findings, MethodSummary, ScenarioFindings
    from tlbench.tune import Tuning

SCHEMA = 1


def as_json(findings: Findings) -> str:
    """Return the report as JSON text; numbers that JSON cannot hold (infinite degrees of freedom) are null."""
    table = {
        "schema": SCHEMA,
        "suite": findings.suite.as_table(),
        "scenarios": [_scenario(found) for found in findings.scenarios],
        "headlines": None if findings.headlines is None else asdict(findings.headlines),
        "across": {name: asdict(average) for name, average in pooled(findings).items()},
    }
    return json.dumps(plain(table), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _scenario(found: ScenarioFindings) -> dict[str, Any]:
    return {
        "headlines": headlines(found.counts),
        "card": asdict(found.counts),
        "best_baseline": found.best_baseline,
        "methods": [_summary(summary) for summary in found.methods],
        "judgements": [asdict(judgement) for judgement in found.judgements],
        "not_applicable": dict(found.not_applicable),
        "failed": dict(found.failed),
        "missing": list(found.missing),
        "sight": None if found.sight is None else asdict(found.sight),
        "next_steps": {method: [asdict(step) for step in steps] for method, steps in found.next_steps.items()},
        "tuning": [_tuning(tuning) for tuning in found.tunings],
        "overall": {method: [asdict(one) for one in compared] for method, compared in found.aggregates.items()},
        "gain_shares": {method: [asdict(share) for share in shares] for method, shares in found.gain_shares.items()},
    }


def _tuning(tuning: Tuning) -> dict[str, Any]:
    return {
        "method": tuning.method,
        "placebo": tuning.placebo,
        "budget": asdict(tuning.budget),
        "trials": len(tuning.trials),
        "seconds": tuning.seconds,
        "best": None if tuning.best is None else asdict(tuning.best),
        "near_best": tuning.near_best,
        "at_edges": list(at_edges(tuning, METHODS.get(tuning.method))),
    }


def plain(value: Any) -> Any:
    """Return a value as JSON holds it: tables, lists, texts, numbers; null for what is not finite."""
    if isinstance(value, dict):
        return {str(key): plain(content) for key, content in value.items()}
    if isinstance(value, list | tuple):
        return [plain(content) for content in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _summary(summary: MethodSummary) -> dict[str, Any]:
    """Return a summary; without measures of the whole run where none was asked for."""
    table = asdict(summary)
    aggregates = table.pop("aggregates")
    return {**table, "overall": aggregates} if aggregates else table
