"""Every transfer method in words: its sentence; in a terminal also its comparisons, users and segments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tlbench.report.blocks import Facts, Text
from tlbench.report.details import detail_lines
from tlbench.report.document import scenario_section

if TYPE_CHECKING:
    from tlbench.report.document import InScenario


@scenario_section("words", "Every method in words", order=80, verbose=True)
def methods_in_words(place: InScenario) -> Iterator[Facts | Text]:
    """One sentence per judgement."""
    sentences = [f"{judgement.sentence}." for judgement in place.found.judgements]
    if sentences:
        yield Facts(sentences, title="Every method in words")
        yield Text(lambda: detail_lines(place.found, place.seen))
