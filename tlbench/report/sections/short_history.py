"""What transfer does for users of whom the target knows little."""

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
    found = place.found.short_history
    return {"short_history": None if found is None else asdict(found)}


@scenario_section("short_history", "Users with a short history", order=35, data=_data)
def short_history(place: InScenario) -> Iterator[Facts]:
    """How many they are, and which methods gain or lose among them; nothing where there are none."""
    lines = words.short_history_lines(place.found, place.suite)
    if lines:
        yield Facts(lines)
