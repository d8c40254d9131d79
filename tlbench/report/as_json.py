"""Findings -> JSON: every number of the report, unrounded."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tlbench.findings import Findings, ScenarioFindings

SCHEMA = 1


def as_json(findings: Findings) -> str:
    """Return the report as JSON text; numbers that JSON cannot hold (infinite degrees of freedom) are null."""
    table = {
        "schema": SCHEMA,
        "suite": findings.suite.as_table(),
        "scenarios": [_scenario(found) for found in findings.scenarios],
    }
    return json.dumps(plain(table), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _scenario(found: ScenarioFindings) -> dict[str, Any]:
    return {
        "card": asdict(found.card),
        "best_baseline": found.best_baseline,
        "methods": [asdict(summary) for summary in found.methods],
        "judgements": [asdict(judgement) for judgement in found.judgements],
        "not_applicable": dict(found.not_applicable),
        "failed": dict(found.failed),
        "missing": list(found.missing),
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
