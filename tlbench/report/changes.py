"""Gate -> rows and words, Markdown for a pull request, JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from tlbench.analysis.regression import FEW, ChangeOutcome, Gate, differing
from tlbench.analysis.wording import per_cent
from tlbench.registry import metric_entry
from tlbench.report import words
from tlbench.report.as_json import plain
from tlbench.report.markdown import table
from tlbench.values import Margin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tlbench.analysis.regression import Change

SCHEMA = 1
CHANGE_WORDS: dict[ChangeOutcome, str] = {
    ChangeOutcome.IMPROVED: "+ improved",
    ChangeOutcome.REGRESSED: "- regressed",
    ChangeOutcome.EQUIVALENT: "= equivalent",
    ChangeOutcome.INCONCLUSIVE: "? inconclusive",
    ChangeOutcome.NOT_COMPARABLE: "x not comparable",
}
NOT_WORSE = "~ not worse"
HEADINGS = ("method", "control", "candidate", "change", "outcome")


def outcome_word(change: Change) -> str:
    """The outcome with its mark; an inconclusive change of which a loss is excluded is `not worse`."""
    if change.outcome is ChangeOutcome.INCONCLUSIVE and change.not_worse:
        return NOT_WORSE
    return CHANGE_WORDS[change.outcome]


def change_row(change: Change) -> tuple[str, ...]:
    """Method, both means, the difference with its interval, the outcome."""
    comparison = change.comparison
    if comparison is None:
        return change.method, "-", "-", "-", outcome_word(change)
    means = f"{comparison.control_mean:.4f}", f"{comparison.candidate_mean:.4f}"
    return change.method, *means, words.effect(comparison), outcome_word(change)


def headline(gate: Gate) -> str:
    """Whether the gate passed, and how many of each outcome there are."""
    counts = [f"{gate.count(outcome)} {outcome.value}" for outcome in ChangeOutcome if gate.count(outcome)]
    return "; ".join([f"{'PASSED' if gate.passed else 'FAILED'}: {', '.join(counts)}", *leak_lines(gate)])


def leak_lines(gate: Gate) -> list[str]:
    """One line per scenario whose source leaks the test."""
    return [leak_line(scenario, share) for scenario, share in gate.leaks.items()]


def leak_line(scenario: str, share: float) -> str:
    """Say that a source tells a share of the test."""
    text = f"{per_cent(share, 1)} % of its interactions stand in the source under another id"
    return f"SOURCE LEAKS THE TEST of {scenario}: {text}"


def rule_line(gate: Gate) -> str:
    """The margin, the level, the correction and what the gate would have seen."""
    if not gate.changes:
        return "nothing was compared"
    margins = sorted({(change.metric, change.margin) for change in gate.changes})
    parts = [f"margin {', '.join(f'{Margin(margin)} of {metric}' for metric, margin in margins)}"]
    real = [change for change in gate.changes if change.comparison is not None]
    parts.append(
        f"alpha {gate.changes[0].alpha:g}, {len(real)} comparison{'' if len(real) == 1 else 's'}{_corrected(real)}"
    )
    seen = [f"{100 * change.detectable:.2g}" for change in real if change.detectable is not None]
    if seen:
        parts.append(f"a loss of {_span(seen)} % is caught with a chance of 80 %")
    few = sum(0 < differing(change.comparison) < FEW for change in real if change.comparison is not None)
    if few:
        parts.append(f"in {few} of them fewer than {FEW} users differ, too few to promise a chance")
    return "; ".join(parts)


def _span(texts: Sequence[str]) -> str:
    least, most = min(texts, key=float), max(texts, key=float)
    return least if least == most else f"{least} to {most}"


def _corrected(changes: Sequence[Change]) -> str:
    from tlbench.stats.corrections import TITLES

    first = next((change.comparison for change in changes if change.comparison is not None), None)
    return "" if first is None or first.family < 2 else f" ({TITLES[first.correction]})"


def explained(gate: Gate) -> list[Change]:
    """Changes whose reason is worth a line: all but the equivalent."""
    return [change for change in gate.changes if change.outcome is not ChangeOutcome.EQUIVALENT]


def label(change: Change, gate: Gate) -> str:
    """Scenario, and the metric where the gate has several or less of it is better."""
    several = len({other.metric for other in gate.changes}) > 1
    lower = metric_entry(change.metric).better == "lower"
    metric = f"{change.metric} (less is better)" if lower else change.metric
    return f"{change.scenario}, {metric}" if several or lower else change.scenario


def gate_as_markdown(gate: Gate, *, title: str = "tlbench") -> str:
    """Return a report for a pull request: what fails first, all else folded away."""
    sign = "✅" if gate.passed else "❌"
    lines = [f"### {sign} {title}: {headline(gate)}", f"{_sentence(rule_line(gate))}"]
    failing = gate.failing
    if failing:
        lines += ["**What fails**", _table(failing, gate), _reasons(failing)]
    rest = [change for change in gate.changes if not gate.fails(change)]
    if rest:
        reasons = _reasons([change for change in explained(gate) if change in rest])
        body = [_table(rest, gate), *([reasons] if reasons else [])]
        summary = f"<summary>{len(rest)} comparisons that pass</summary>"
        lines += [f"<details{'' if failing else ' open'}>{summary}", *body, "</details>"]
    return "\n\n".join(lines) + "\n"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _table(changes: Sequence[Change], gate: Gate) -> str:
    rows = [(label(change, gate), *change_row(change)) for change in changes]
    return table(("scenario", *HEADINGS), rows, left=(0, 1))


def _reasons(changes: Sequence[Change]) -> str:
    return "\n".join(
        f"- `{change.method}` on {change.scenario}, {change.metric}: {change.reason}" for change in changes
    )


def gate_as_json(gate: Gate) -> str:
    """Return every number, as `tlbench/report/schemas/gate.schema.json` describes it."""
    content = {
        "schema": SCHEMA,
        "passed": gate.passed,
        "fail_on": gate.fail_on.value,
        "strict": gate.strict,
        "leaks": gate.leaks,
        "counts": {outcome.value: gate.count(outcome) for outcome in ChangeOutcome},
        "changes": [{**asdict(change), "fails": gate.fails(change)} for change in gate.changes],
    }
    return json.dumps(plain(content), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
