"""Who gains and who loses: distributions, segments, and the users who gain and lose most."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from tlbench.report.blocks import Chart, Table
from tlbench.report.document import scenario_section
from tlbench.scenario.grammar import parse_scenario

if TYPE_CHECKING:
    from tlbench.report.document import InScenario

HEADINGS = ("method", "user", "counterpart", "method's value", "difference")


@scenario_section("users", "Who gains and who loses", order=65, verbose=True)
def users(place: InScenario) -> Iterator[Chart | Table]:
    """Charts, then a table of single users."""
    slug = parse_scenario(place.name).slug
    yield Chart(
        f"users-{slug}",
        "Users who gain and who lose",
        "Users by how much their metric differs between a method and its counterpart, averaged over seeds.",
        partial(_spread, place),
    )
    yield Chart(
        f"segments-{slug}",
        "For whom",
        "Difference by segment of users; + and - mark segments that differ from zero, corrected for their number.",
        partial(_segments, place),
    )
    cases = [
        (one.method, case.user, f"{case.control:.4f}", f"{case.candidate:.4f}", f"{case.difference:+.4f}")
        for one in place.seen.methods
        for case in (*one.gaining, *one.losing)
    ]
    if cases:
        yield Table(HEADINGS, cases, left=(0, 1), title="Users who gain and lose most")


def _spread(place: InScenario) -> Any:
    from tlbench.report.charts.users import spread

    return spread(place.seen, metric=place.suite.primary)


def _segments(place: InScenario) -> Any:
    from tlbench.report.charts.users import segments

    return segments(place.seen, metric=place.suite.primary)
