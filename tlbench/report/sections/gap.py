"""How unlike the domains are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tlbench.report.blocks import Facts, Table
from tlbench.report.document import scenario_section
from tlbench.report.gap import HEADINGS, domain_rows
from tlbench.report.gap_words import figures, sentences

if TYPE_CHECKING:
    from tlbench.report.document import InScenario


@scenario_section("gap", "How unlike the domains are", order=60)
def gap(place: InScenario) -> Iterator[Facts | Table]:
    """Sentences, a table of the domains, figures of each source; nothing where older results have no gap."""
    found = place.seen.gap
    if found is None:
        return
    yield Facts(sentences(found))
    yield Table(HEADINGS, domain_rows(found), left=(0, 1))
    for source in found.sources:
        rows = [(figure.name, figure.text) for figure in figures(source, found)]
        yield Table(("figure", "value"), rows, left=(0, 1), title=source.source)
