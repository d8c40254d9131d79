"""Reports -> JSON: every number, unrounded."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from tlbench.report.document import entries_of_scenario, entries_of_suite

if TYPE_CHECKING:
    from tlbench.report.document import InScenario, Report

SCHEMA = 1
LEFT_OUT = {
    "gap": "`gap.json` lies beside the results of each scenario",
    "users": "values of users are in the results, one file per cell",
    "words": "the sentences are fields of `judgements`",
    "gains": "the specifications of the charts are on the page",
    "provenance": "`environment.json` lies beside `report.json`",
}
"""Sections of which JSON has nothing of its own, and why."""


def as_json(report: Report) -> str:
    """Return the report as JSON text; numbers that JSON cannot hold (infinite degrees of freedom) are null."""
    table = {
        "schema": SCHEMA,
        "suite": report.suite.as_table(),
        "scenarios": [_scenario(place) for place in report.scenarios],
        **_joined(entry.data(report) for entry in entries_of_suite() if entry.data is not None),
    }
    return json.dumps(plain(table), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _scenario(place: InScenario) -> dict[str, Any]:
    return _joined(entry.data(place) for entry in entries_of_scenario() if entry.data is not None)


def _joined(parts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    return {key: value for part in parts for key, value in part.items()}


def plain(value: Any) -> Any:
    """Return a value as JSON holds it: tables, lists, texts, numbers; null for what is not finite."""
    if isinstance(value, dict):
        return {str(key): plain(content) for key, content in value.items()}
    if isinstance(value, list | tuple):
        return [plain(content) for content in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
