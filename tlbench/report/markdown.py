"""Findings -> Markdown, for pull requests and papers' notes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlbench.report import words
from tlbench.report.tuning import tuning_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tlbench.findings import Findings, ScenarioFindings
    from tlbench.suite import Suite


def as_markdown(findings: Findings) -> str:
    """Return the report as GitHub-flavoured Markdown."""
    sections = [f"# {findings.suite.name}"]
    for found in findings.scenarios:
        sections.extend(_scenario(found, findings.suite))
    sections.append(f"{words.LEGEND}.")
    return "\n\n".join(sections) + "\n"


def _scenario(found: ScenarioFindings, suite: Suite) -> list[str]:
    lines = [
        words.protocol_line(found.card, suite),
        *words.cleaning_lines(found.card),
        words.judged_line(found.card),
        *tuning_lines(found, suite),
        *words.left_out_lines(found),
    ]
    return [
        f"## {found.card.scenario}",
        f"**{words.story(found, suite.primary)}**",
        _methods(found, suite),
        table(words.DOMAIN_HEADINGS, words.domain_rows(found.card), left=2),
        "\n".join(f"- {line}" for line in lines),
    ]


def _methods(found: ScenarioFindings, suite: Suite) -> str:
    headings = ("method", *suite.metrics, "over counterpart", "over best baseline", "over placebo", "verdict")
    rows = []
    for summary in words.ordered(found, suite.primary):
        judgement = found.judgement(summary.method)
        verdicts = (judgement.counterpart, judgement.best_baseline, judgement.placebo) if judgement else (None,) * 3
        means = [f"{summary.test[name]:.4f}" for name in suite.metrics]
        effects = [words.effect(verdict) if judgement else "" for verdict in verdicts]
        rows.append((summary.method, *means, *effects, words.verdict_word(summary, found)))
    return table(headings, rows, left=1)


def table(headings: Sequence[str], rows: Iterable[Sequence[str]], *, left: int) -> str:
    """Lay out a table; the first `left` columns are text, the others numbers."""
    rule = [":--" if i < left else "--:" for i in range(len(headings))]
    return "\n".join(f"| {' | '.join(row)} |" for row in (headings, rule, *rows))
