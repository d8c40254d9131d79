"""What was judged: protocol, counts of the domains, what was removed, linked, tuned and left out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from tlbench.report import setting_words, words
from tlbench.report.blocks import Facts, Table
from tlbench.report.document import scenario_section
from tlbench.report.tuning import tuning_lines
from tlbench.scenario.grammar import parse_scenario

if TYPE_CHECKING:
    from tlbench.report.document import InScenario


def _data(place: InScenario) -> dict[str, Any]:
    found = place.found
    return {
        "headlines": setting_words.headlines(found.counts),
        "card": asdict(found.counts),
        "not_applicable": dict(found.not_applicable),
        "failed": dict(found.failed),
        "missing": list(found.missing),
    }


@scenario_section("setting", "What was judged", order=50, data=_data)
def setting(place: InScenario) -> Iterator[Facts | Table]:
    """What to know first, protocol, table of the domains, then everything that happened to them."""
    counts = place.found.counts
    yield Facts([*setting_words.headlines(counts), setting_words.protocol_line(counts, place.suite)])
    known = _stands_above(place)
    if not known:
        yield Table(setting_words.DOMAIN_HEADINGS, setting_words.domain_rows(counts), left=(0, 1))
    yield Facts(
        [
            *([] if known else [*setting_words.cleaning_lines(counts), *setting_words.link_lines(counts)]),
            setting_words.judged_line(counts),
            *([] if counts.unasked is None else [counts.unasked]),
            *tuning_lines(place.found, place.suite),
            *words.left_out_lines(place.found),
        ]
    )


def _stands_above(place: InScenario) -> bool:
    """Whether the domains have been described already, with the users whom the target knows."""
    before = place.report.findings.scenarios[place.place - 1 : place.place]
    name = replace(parse_scenario(place.name), cold=False)
    return [found.counts.scenario for found in before] == [str(name)]
