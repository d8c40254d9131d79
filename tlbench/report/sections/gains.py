"""All gains in pictures: atlas, intervals, gain against placebo, ranks of methods."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from tlbench.report.blocks import Chart
from tlbench.report.document import suite_section

if TYPE_CHECKING:
    from tlbench.report.document import Report


@suite_section("gains", "Gains", order=10)
def gains(report: Report) -> Iterator[Chart]:
    """Those that the results allow."""
    yield Chart(
        "atlas",
        "Atlas",
        "Gain of transfer over its counterpart for each source (rows) and target (columns), with the verdict's mark: "
        "+ helps, - hurts, = equivalent, ? inconclusive, ~ not shown to be the source's.",
        partial(_atlas, report),
    )
    yield Chart(
        "forest",
        "Gains with intervals",
        "Each method's gain over its counterpart, in per cent of its mean; shape and colour say the verdict. "
        "What leaves the picture is cut at its edge.",
        partial(_forest, report),
    )
    yield Chart(
        "placebo",
        "Gain against placebo",
        "A gain is the source's where it is left over the placebo too: to the right and above zero. What leaves the "
        "picture is cut at its edge.",
        partial(_placebo, report),
    )
    yield Chart(
        "ranks",
        "Critical differences",
        "Mean ranks of the methods that ran in all scenarios; a bar joins methods that these scenarios cannot tell "
        "apart (Friedman's test with Nemenyi's critical difference).",
        partial(_ranks, report),
    )


def _atlas(report: Report) -> Any:
    from tlbench.report.charts.atlas import atlas, atlas_rows

    metric = report.suite.primary
    return atlas(atlas_rows(report.findings.scenarios), metric=metric)


def _forest(report: Report) -> Any:
    from tlbench.report.charts.gains import forest, gain_rows

    scenarios = report.findings.scenarios
    return forest(gain_rows(scenarios), metric=report.suite.primary, facet=len(scenarios) > 1)


def _placebo(report: Report) -> Any:
    from tlbench.report.charts.gains import against_placebo, gain_rows

    return against_placebo(gain_rows(report.findings.scenarios), metric=report.suite.primary)


def _ranks(report: Report) -> Any:
    from tlbench.report.charts.ranks import critical_differences

    ranks = report.evidence.ranks
    return None if ranks is None else critical_differences(ranks, metric=report.suite.primary)
