"""History -> a terminal of 80 columns, Markdown, JSON and charts."""

from __future__ import annotations

import json
from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING, Any

from tlbench.analysis.regression import ChangeOutcome
from tlbench.report import words
from tlbench.report.as_json import plain
from tlbench.report.bars import sparkline
from tlbench.report.markdown import table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tlbench.analysis.history import HistoryPoint, Series

SCHEMA = 1
HEADINGS = ("method", "first", "last", "course", "real changes")
_MARKS = {ChangeOutcome.IMPROVED: "+", ChangeOutcome.REGRESSED: "-"}


def history_row(series: Series) -> tuple[str, ...]:
    """Method, first and last mean, the course as a line of bars, how many real changes there are."""
    means = [point.mean for point in series.points]
    marks = [_MARKS[point.change.outcome] for point in series.points if point.real and point.change is not None]
    return series.method, f"{means[0]:.4f}", f"{means[-1]:.4f}", sparkline(means), " ".join(marks) or "none"


def real_changes(found: Sequence[Series]) -> list[str]:
    """One sentence a real change, without a full stop."""
    return [
        f"{_MARKS[point.change.outcome]} {series.method} on {series.scenario}, {point.run} after {before.run}: "
        f"{words.effect(point.change.comparison)} {series.metric}, p {words.p_value(point.change.comparison.adjusted)}"
        for series in found
        for before, point in zip(series.points, series.points[1:], strict=False)
        if point.real and point.change is not None and point.change.comparison is not None
    ]


def broken(found: Sequence[Series]) -> list[str]:
    """One sentence per step that cannot be compared, without a full stop."""
    return [
        f"x {series.method} on {series.scenario}, {point.run}: {point.change.reason}"
        for series in found
        for point in series.points
        if point.change is not None and point.change.outcome is ChangeOutcome.NOT_COMPARABLE
    ]


def rule(found: Sequence[Series]) -> str:
    """What counts as real."""
    moves = [point.change for series in found for point in series.points if point.change is not None]
    real = [change for change in moves if change.comparison is not None]
    return f"{len(real)} moves from run to run, corrected together; the others may be chance"


def history_as_markdown(found: Sequence[Series]) -> str:
    """Return a table per scenario, then the real changes."""
    parts = []
    for scenario, group in groupby(found, key=lambda series: series.scenario):
        rows = list(group)
        parts += [f"### {scenario}, {rows[0].metric}", table(HEADINGS, [history_row(row) for row in rows], left=(0,))]
    lines = [*real_changes(found), *broken(found)] or ["no real change"]
    parts.append("\n".join(f"- `{line[0]}`{line[1:]}" if line[1] == " " else f"- {line}" for line in lines))
    return "\n\n".join([*parts, f"{rule(found)}."]) + "\n"


def history_as_json(found: Sequence[Series]) -> str:
    """Return every number."""
    content = {"schema": SCHEMA, "series": [asdict(series) for series in found]}
    return json.dumps(plain(content), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def history_rows(found: Sequence[Series]) -> list[dict[str, Any]]:
    """One row per method and run, as the chart shows it."""
    return [{"method": series.method, **_row(point)} for series in found for point in series.points]


def _row(point: HistoryPoint) -> dict[str, Any]:
    outcome = point.change.outcome if point.real and point.change is not None else None
    return {
        "run": point.run,
        "mean": point.mean,
        "low": point.low,
        "high": point.high,
        "mark": _MARKS[outcome] if outcome is not None else "",
        "change": words.effect(point.change.comparison) if point.change is not None else "",
    }
