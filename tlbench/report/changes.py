"""Changes between two sets of results -> terminal, markdown or JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from tlbench.report import words
from tlbench.report.as_json import plain
from tlbench.report.markdown import table
from tlbench.verdict import Outcome

if TYPE_CHECKING:
    from tlbench.contrast import Change

CHANGE_WORDS: dict[Outcome, str] = {
    Outcome.HELPS: "+ improved",
    Outcome.HURTS: "- regressed",
    Outcome.EQUIVALENT: "= equivalent",
    Outcome.INCONCLUSIVE: "? inconclusive",
    Outcome.NOT_COMPARABLE: "x not comparable",
}
HEADINGS = ("scenario", "method", "control", "candidate", "change", "outcome")


def change_rows(changes: Sequence[Change]) -> list[tuple[str, ...]]:
    """One row a change: scenario, method, both means, the difference with its interval, the outcome."""
    return [(change.scenario, change.method, *_means(change), _outcome(change)) for change in changes]


def _means(change: Change) -> tuple[str, str, str]:
    comparison = change.verdict.comparison
    if comparison is None:
        return "-", "-", "-"
    return f"{comparison.control_mean:.4f}", f"{comparison.candidate_mean:.4f}", words.effect(change.verdict)


def _outcome(change: Change) -> str:
    return CHANGE_WORDS[change.verdict.outcome]


def changes_as_markdown(changes: Sequence[Change]) -> str:
    """Return a table and, below it, the reason of what could not be compared."""
    reasons = [f"- {c.scenario} {c.method}: {c.verdict.reason}" for c in changes if c.verdict.comparison is None]
    return "\n\n".join([table(HEADINGS, change_rows(changes), left=2), *reasons]) + "\n"


def changes_as_json(changes: Sequence[Change]) -> str:
    """Return every number of every comparison."""
    content = {"schema": 1, "changes": [asdict(change) for change in changes]}
    return json.dumps(plain(content), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
