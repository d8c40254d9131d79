"""The verdict in a sentence or two."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tlbench.report import words
from tlbench.report.blocks import Note
from tlbench.report.document import scenario_section

if TYPE_CHECKING:
    from tlbench.report.document import InScenario


def _data(place: InScenario) -> dict[str, Any]:
    return {"judgements": [asdict(judgement) for judgement in place.found.judgements]}


@scenario_section("verdict", "Verdict", order=10, data=_data)
def verdict(place: InScenario) -> Iterator[Note]:
    """Say it."""
    yield Note(words.headline(place.found), strong=True)
