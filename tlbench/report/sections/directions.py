"""Both directions of a pair: where the exchange is symmetrical."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tlbench.analysis.directions import BothWays, Flow, exchanges
from tlbench.analysis.wording import per_cent
from tlbench.report import words
from tlbench.report.blocks import Note, Table
from tlbench.report.document import suite_section

if TYPE_CHECKING:
    from tlbench.analysis.directions import MethodExchange
    from tlbench.report.document import Report

HEADINGS = ("method", "there", "back", "there less back", "exchange")


def _data(report: Report) -> dict[str, Any]:
    return {
        "directions": [
            {
                "there": found.there,
                "back": found.back,
                "symmetrical": list(found.symmetrical),
                "methods": [_numbers(method) for method in found.methods],
            }
            for found in exchanges(report.findings)
        ]
    }


def _numbers(method: MethodExchange) -> dict[str, Any]:
    return {
        "method": method.method,
        "there": method.there.relative,
        "back": method.back.relative,
        "difference": method.difference,
        "low": method.low,
        "high": method.high,
        "exchange": method.flow.value,
    }


@suite_section("directions", "Both directions", order=15, data=_data)
def directions(report: Report) -> Iterator[Note | Table]:
    """One sentence and one table per pair; nothing where no scenario has its reverse in the suite."""
    for found in exchanges(report.findings):
        yield Note(f"{exchange_sentence(found)}.")
        helped = [method for method in found.methods if method.flow is not Flow.NEITHER]
        if helped:
            yield Table(HEADINGS, [_row(method) for method in helped], left=(0, 4), narrow=(0, 1, 2, 4))


def exchange_sentence(found: BothWays) -> str:
    """Say in which directions transfer is shown to help, and for which methods the exchange is symmetrical."""
    both = [method.method for method in found.methods if method.flow is Flow.BOTH]
    pair = f"{found.there} and back"
    if not any(method.flow is not Flow.NEITHER for method in found.methods):
        return f"{pair}: no method is shown to help in either direction"
    if both:
        same = ", ".join(found.symmetrical)
        told = f"; the exchange is symmetrical for {same}" if same else "; the gains differ by direction"
        return f"{pair}: {', '.join(both)} {'helps' if len(both) == 1 else 'help'} both ways{told}"
    one = [method.method for method in found.methods if method.flow is Flow.THERE]
    other = [method.method for method in found.methods if method.flow is Flow.BACK]
    ways = [
        *([f"{', '.join(one)} only {found.there}"] if one else []),
        *([f"{', '.join(other)} only {found.back}"] if other else []),
    ]
    return f"{pair}: no method is shown to help both ways; what helps: {'; '.join(ways)}"


def _row(method: MethodExchange) -> tuple[str, ...]:
    gap = "-"
    if method.difference is not None:
        gap = f"{per_cent(method.difference, 0, signed=True)}%"
        if method.low is not None and method.high is not None:
            gap += f" [{per_cent(method.low, 0)}, {per_cent(method.high, 0)}]"
    word = f"{method.flow}, alike" if method.symmetrical else str(method.flow)
    return (method.method, words.effect(method.there), words.effect(method.back), gap, word)
