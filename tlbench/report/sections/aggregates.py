"""Metrics of the whole run: values with intervals, and differences over the counterpart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tlbench.report import words
from tlbench.report.blocks import Note, Table
from tlbench.report.document import scenario_section

if TYPE_CHECKING:
    from tlbench.report.document import InScenario


def _data(place: InScenario) -> dict[str, Any]:
    compared = place.found.aggregates.items()
    return {"overall": {method: [asdict(one) for one in comparisons] for method, comparisons in compared}}


@scenario_section("aggregates", "Metrics of the whole run", order=30, data=_data)
def aggregates(place: InScenario) -> Iterator[Table | Note]:
    """One table per metric; nothing where none was asked for."""
    tables = words.overall_tables(place.found, place.suite.primary)
    if tables:
        yield Note(f"Of the whole run, with {words.OVERALL_NOTE}:")
    for name, rows in tables.items():
        yield Table(("method", words.overall_heading(name), "over counterpart"), rows)
