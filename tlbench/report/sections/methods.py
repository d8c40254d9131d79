"""All methods: means, gains over counterpart, best baseline and placebo, verdicts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tlbench.report import words
from tlbench.report.blocks import Facts, Table
from tlbench.report.document import scenario_section
from tlbench.report.method_rows import MethodRow, method_rows

if TYPE_CHECKING:
    from tlbench.analysis.summary import MethodSummary
    from tlbench.report.document import InScenario


def _data(place: InScenario) -> dict[str, Any]:
    return {
        "best_baseline": place.found.best_baseline,
        "methods": [_summary(summary) for summary in place.found.methods],
    }


def _summary(summary: MethodSummary) -> dict[str, Any]:
    """Return a summary; without measures of the whole run where none was asked for."""
    table = asdict(summary)
    del table["ranking"]
    aggregates = table.pop("aggregates")
    return {**table, "overall": aggregates} if aggregates else table


@scenario_section("methods", "Methods", order=20, data=_data)
def methods(place: InScenario) -> Iterator[Table | Facts]:
    """Transfer methods first, what is worth using on top, then baselines; methods that rank alike share a line."""
    metrics = place.suite.user_metrics
    found = method_rows(place.found, place.suite.primary)
    gains = len(metrics) + 1  # column of the gain over the counterpart
    if found.rows:
        yield Table(
            ("method", *metrics, "over counterpart", "over best baseline", "over placebo", "verdict"),
            [_row(row, place) for row in found.rows],
            left=(0, gains + 3),
            narrow=(0, 1, gains, gains + 1, gains + 3),
            brief=found.brief,
        )
    if found.footnotes:
        yield Facts(found.footnotes)


def _row(row: MethodRow, place: InScenario) -> tuple[str, ...]:
    summary = row.summary
    judgement = place.found.judgement(summary.method)
    verdicts = (judgement.counterpart, judgement.best_baseline, judgement.placebo) if judgement else ()
    effects = [words.effect(verdict) for verdict in verdicts] or [""] * 3
    means = [f"{summary.test[name]:.4f}" for name in place.suite.user_metrics]
    return (row.name, *means, *effects, words.verdict_word(summary, place.found))
