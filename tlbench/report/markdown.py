"""Findings -> Markdown, for pull requests and papers' notes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlbench.report import words
from tlbench.report.across import HEADINGS, across_rows, pooled
from tlbench.report.tuning import HEADINGS as TUNING_HEADINGS
from tlbench.report.tuning import ON_EDGE, tuning_lines, tuning_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tlbench.analysis.summary import Findings, ScenarioFindings
    from tlbench.suite import Suite

ACROSS = (
    "Random-effects averages of the gains in per cent (DerSimonian-Laird, Hartung-Knapp interval); "
    "p-values are not corrected for the number of methods."
)


def as_markdown(findings: Findings) -> str:
    """Return the report as GitHub-flavoured Markdown."""
    sections = [f"# {findings.suite.name}"]
    for found in findings.scenarios:
        sections.extend(_scenario(found, findings.suite))
    sections.extend(f"{line[0].upper()}{line[1:]}." for line in words.headline_lines(findings))
    averages = pooled(findings)
    if averages:
        sections.extend(("## Across scenarios", table(HEADINGS, across_rows(averages), left=1), ACROSS))
    sections.append(f"{words.LEGEND}.")
    return "\n\n".join(sections) + "\n"


def _scenario(found: ScenarioFindings, suite: Suite) -> list[str]:
    lines = [
        *words.headlines(found.counts),
        words.protocol_line(found.counts, suite),
        *words.cleaning_lines(found.counts),
        *words.link_lines(found.counts),
        words.judged_line(found.counts),
        *words.sight_line(found),
        *words.next_step_lines(found, suite.primary),
        *tuning_lines(found, suite),
        *words.left_out_lines(found),
        *words.gain_lines(found),
    ]
    return [
        f"## {found.counts.scenario}",
        f"**{words.story(found, suite.primary)}**",
        _methods(found, suite),
        *_aggregates(found, suite),
        table(words.DOMAIN_HEADINGS, words.domain_rows(found.counts), left=2),
        "\n".join(f"- {line}" for line in lines),
        *_tuning(found),
    ]


def _tuning(found: ScenarioFindings) -> list[str]:
    """Lay out what was tuned; nothing where nothing was."""
    if not found.tunings:
        return []
    head = f"Best settings on validation; `{ON_EDGE}` lies on the edge of its space:"
    return [head, table(TUNING_HEADINGS, tuning_rows(found), left=1)]


def _methods(found: ScenarioFindings, suite: Suite) -> str:
    headings = ("method", *suite.user_metrics, "over counterpart", "over best baseline", "over placebo", "verdict")
    rows = []
    for summary in words.ordered(found, suite.primary):
        judgement = found.judgement(summary.method)
        verdicts = (judgement.counterpart, judgement.best_baseline, judgement.placebo) if judgement else (None,) * 3
        means = [f"{summary.test[name]:.4f}" for name in suite.user_metrics]
        effects = [words.effect(verdict) if judgement else "" for verdict in verdicts]
        rows.append((summary.method, *means, *effects, words.verdict_word(summary, found)))
    return table(headings, rows, left=1)


def _aggregates(found: ScenarioFindings, suite: Suite) -> list[str]:
    """Lay out what has one value a run; nothing where nothing of it was asked for."""
    tables = words.overall_tables(found, suite.primary)
    if not tables:
        return []
    return [
        f"Of the whole run, with {words.OVERALL_NOTE}:",
        *(
            table(("method", words.overall_heading(name), "over counterpart"), rows, left=1)
            for name, rows in tables.items()
        ),
    ]


def table(headings: Sequence[str], rows: Iterable[Sequence[str]], *, left: int) -> str:
    """Lay out a table; the first `left` columns are text, the others numbers."""
    rule = [":--" if i < left else "--:" for i in range(len(headings))]
    return "\n".join(f"| {' | '.join(row)} |" for row in (headings, rule, *rows))
