"""Methods of a scenario -> rows for people: what is worth using first, methods that rank alike in one line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tlbench.analysis.verdict import Advice, Finding
from tlbench.report import words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tlbench.analysis.summary import MethodSummary, ScenarioFindings

TRANSFER_ROWS = 12
BASELINE_ROWS = 5
_WORTH = (Advice.USE, Advice.EITHER, Advice.CANNOT_TELL)


@dataclass(frozen=True)
class MethodRow:
    """One line of the table: a method, and the others that give every user the same list."""

    summary: MethodSummary
    alike: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The method, with the number of those that rank alike."""
        return f"{self.summary.method} (+{len(self.alike)})" if self.alike else self.summary.method


@dataclass(frozen=True)
class MethodRows:
    """The lines of a table.

    Attributes
    ----------
    rows
        Transfer methods that help and are worth using, then those that help a model that is worse than the best
        baseline, then all others, then baselines; each group from the best on test to the worst.
    nothing
        Transfer methods that cannot differ from their counterparts here: a footnote.
    """

    rows: tuple[MethodRow, ...]
    nothing: tuple[str, ...]

    @property
    def brief(self) -> list[int]:
        """The rows for which a screen has room: all that help, the best of the others, the best baselines."""
        transfer = [i for i, row in enumerate(self.rows) if row.summary.family != "baseline"]
        baselines = [i for i, row in enumerate(self.rows) if row.summary.family == "baseline"]
        return [*transfer[:TRANSFER_ROWS], *baselines[:BASELINE_ROWS]]

    @property
    def footnotes(self) -> list[str]:
        """What ranks alike, and what has nothing to transfer."""
        lines = [f"rank alike: {', '.join((row.summary.method, *row.alike))}" for row in self.rows if row.alike]
        if self.nothing:
            lines.append(f"nothing to transfer, so the same as their counterparts: {', '.join(self.nothing)}")
        return lines


def method_rows(found: ScenarioFindings, metric: str) -> MethodRows:
    """Put the methods of a scenario in order for people."""
    shown = words.ordered(found, metric)
    nothing = tuple(summary.method for summary in shown if _place(summary, found) == _NOTHING)
    kept = [summary for summary in shown if summary.method not in nothing]
    return MethodRows(tuple(_joined(sorted(kept, key=lambda summary: _place(summary, found)), found)), nothing)


_NOTHING = 9


def _place(summary: MethodSummary, found: ScenarioFindings) -> int:
    """Which group of rows a method belongs to."""
    judgement = found.judgement(summary.method)
    if judgement is None:
        return 4 if summary.method == found.best_baseline else 5
    if judgement.outcome is Finding.NOTHING:
        return _NOTHING
    if judgement.outcome is not Finding.HELPS:
        return 3
    if judgement.advice is Advice.USE:
        return 0
    return 1 if judgement.advice in _WORTH else 2


def _joined(summaries: Sequence[MethodSummary], found: ScenarioFindings) -> list[MethodRow]:
    """Join methods of one kind and verdict that give every user the same list."""
    groups: dict[tuple[str, str], list[MethodSummary]] = {}
    for summary in summaries:
        word = "baseline" if summary.family == "baseline" else words.verdict_word(summary, found)
        groups.setdefault((word, summary.ranking or summary.method), []).append(summary)
    return [MethodRow(first, tuple(other.method for other in rest)) for first, *rest in groups.values()]
