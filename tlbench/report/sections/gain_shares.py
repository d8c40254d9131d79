"""Where gains come from: which shares fall to tail items and to users of short history."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tlbench.report import words
from tlbench.report.blocks import Facts
from tlbench.report.document import scenario_section

if TYPE_CHECKING:
    from tlbench.report.document import InScenario


def _data(place: InScenario) -> dict[str, Any]:
    shares = place.found.gain_shares.items()
    return {"gain_shares": {method: [asdict(share) for share in parts] for method, parts in shares}}


@scenario_section("gain_shares", "Where gains come from", order=40, data=_data)
def gain_shares(place: InScenario) -> Iterator[Facts]:
    """One line per method whose gain can be told from 0."""
    lines = words.gain_lines(place.found)
    if lines:
        yield Facts(lines)
