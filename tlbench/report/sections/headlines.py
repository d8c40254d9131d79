"""In how many scenarios of the suite transfer helps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tlbench.report import words
from tlbench.report.blocks import Facts
from tlbench.report.document import suite_section

if TYPE_CHECKING:
    from tlbench.report.document import Report


def _data(report: Report) -> dict[str, Any]:
    found, pooled = report.findings.headlines, report.findings.pooled
    return {
        "headlines": None if found is None else asdict(found),
        "pooled_headline": None if pooled is None else asdict(pooled),
    }


@suite_section("headlines", "Over the suite", order=5, data=_data)
def headlines(report: Report) -> Iterator[Facts]:
    """Nothing with one scenario."""
    lines = words.headline_lines(report.findings)
    if lines:
        yield Facts(lines)
