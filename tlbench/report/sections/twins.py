"""What of each gain comes through twins, where these were kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tlbench.report.blocks import Facts, Table
from tlbench.report.document import scenario_section
from tlbench.report.twin_text import PART_HEADINGS, part_row, part_sentence

if TYPE_CHECKING:
    from tlbench.report.document import InScenario


def _data(place: InScenario) -> dict[str, Any]:
    parts = place.found.twin_parts
    told = {method: {**asdict(found), "nothing_else": found.nothing_else} for method, found in parts.items()}
    return {"twin_parts": told} if told else {}


@scenario_section("twins", "What comes through twins", order=12, data=_data)
def twins(place: InScenario) -> Iterator[Facts | Table]:
    """A sentence per gain, then the numbers of all methods."""
    parts = place.found.twin_parts
    if parts:
        draws = len(next(iter(parts.values())).draws)
        yield Facts(
            [
                *(line for found in parts.values() for line in part_sentence(found)),
                f"others: as many equally popular items that are no twins, mean of {draws} draws; each interval has "
                f"{100 * (1 - place.suite.alpha):g} %, not corrected for the number of methods",
            ]
        )
        yield Table(PART_HEADINGS, [part_row(found) for found in parts.values()], left=(0, 1), narrow=(0, 2, 3, 4))
