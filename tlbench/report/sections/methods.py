"""All methods: means, gains over counterpart, best baseline and placebo, verdicts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tlbench.report import words
from tlbench.report.blocks import Table
from tlbench.report.document import scenario_section

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
    aggregates = table.pop("aggregates")
    return {**table, "overall": aggregates} if aggregates else table


@scenario_section("methods", "Methods", order=20, data=_data)
def methods(place: InScenario) -> Iterator[Table]:
    """Transfer methods first, then baselines, each from the best to the worst."""
    metrics = place.suite.user_metrics
    rows = [_row(summary, place) for summary in words.ordered(place.found, place.suite.primary)]
    gains = len(metrics) + 1  # column of the gain over the counterpart
    if rows:
        yield Table(
            ("method", *metrics, "over counterpart", "over best baseline", "over placebo", "verdict"),
            rows,
            left=(0, gains + 3),
            narrow=(0, 1, gains, gains + 2, gains + 3),
        )


def _row(summary: MethodSummary, place: InScenario) -> tuple[str, ...]:
    judgement = place.found.judgement(summary.method)
    verdicts = (judgement.counterpart, judgement.best_baseline, judgement.placebo) if judgement else ()
    effects = [words.effect(verdict) for verdict in verdicts] or [""] * 3
    means = [f"{summary.test[name]:.4f}" for name in place.suite.user_metrics]
    return (summary.method, *means, *effects, words.verdict_word(summary, place.found))
