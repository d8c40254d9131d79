"""What each method gains on average over the scenarios."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tlbench.report.across import HEADINGS, across_rows, pooled
from tlbench.report.blocks import Note, Table
from tlbench.report.document import suite_section

if TYPE_CHECKING:
    from tlbench.report.document import Report

NOTE = (
    "Random-effects averages of the gains in per cent (DerSimonian-Laird, Hartung-Knapp interval); "
    "p-values are not corrected for the number of methods."
)


def _data(report: Report) -> dict[str, Any]:
    return {"across": {name: asdict(average) for name, average in pooled(report.findings).items()}}


@suite_section("across", "Across scenarios", order=20, data=_data)
def across(report: Report) -> Iterator[Table | Note]:
    """Nothing where no method ran in two scenarios."""
    averages = pooled(report.findings)
    if averages:
        yield Table(HEADINGS, across_rows(averages), narrow=(0, 1, 2, 3))
        yield Note(NOTE)
