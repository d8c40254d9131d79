"""Findings -> a terminal of 80 columns: counts, one table a scenario, the verdict in a sentence or two."""

from __future__ import annotations

import sys
import textwrap
from itertools import groupby
from typing import TYPE_CHECKING, Literal

from tlbench.report import history_text, words
from tlbench.report.changes import HEADINGS, change_row, explained, headline, label, rule_line
from tlbench.report.details import detail_lines
from tlbench.report.tuning import tuning_details, tuning_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console
    from rich.table import Table

    from tlbench.analysis.evidence import ScenarioEvidence, SuiteEvidence
    from tlbench.analysis.history import Series
    from tlbench.analysis.regression import Gate
    from tlbench.analysis.summary import Findings, ScenarioFindings
    from tlbench.suite import Suite

WIDTH = 80
_COLOURS = {"+": "green", "-": "red", "~": "yellow", "=": "cyan", "?": "magenta"}


def print_findings(findings: Findings, evidence: SuiteEvidence | None = None) -> None:
    """Print the report to stdout, with colour only on a terminal; with evidence, all that is known of each method."""
    console = _console()
    for i, found in enumerate(findings.scenarios):
        _print_scenario(console, found, findings.suite, None if evidence is None else evidence.scenarios[i])
    _print_lines(console, words.headline_lines(findings))
    console.print(textwrap.fill(words.LEGEND, WIDTH), style="dim")


def print_gate(gate: Gate, *, verbose: bool = False) -> None:
    """Print what changed to stdout, scenario by scenario, then whether the gate passed and why not."""
    from rich.text import Text

    console = _console()
    for heading, found in groupby(gate.changes, key=lambda change: label(change, gate)):
        console.print(heading, style="bold")
        table = _table()
        for column in HEADINGS:
            table.add_column(column, justify="left" if column in ("method", "outcome") else "right", overflow="fold")
        for change in found:
            *cells, word = change_row(change)
            table.add_row(*cells, Text(word, style=_COLOURS.get(word[0], "")))
        console.print(table)
        console.print()
    told = gate.changes if verbose else gate.failing or explained(gate)
    _print_lines(console, [f"{change.method} ({label(change, gate)}): {change.reason}" for change in told])
    console.print(headline(gate), style="bold")
    _print_lines(console, [rule_line(gate)])


def print_history(found: Sequence[Series]) -> None:
    """Print the course of every method to stdout, scenario by scenario, then the real changes."""
    console = _console()
    for scenario, group in groupby(found, key=lambda series: series.scenario):
        rows = list(group)
        console.print(f"{scenario}, {rows[0].metric}", style="bold")
        table = _table()
        for heading in history_text.HEADINGS:
            table.add_column(heading, justify="right" if heading in ("first", "last") else "left", overflow="fold")
        for series in rows:
            table.add_row(*history_text.history_row(series))
        console.print(table)
        console.print()
    changes = history_text.real_changes(found)
    _print_lines(console, [*(changes or ["no real change"]), *history_text.broken(found), history_text.rule(found)])


def _console() -> Console:
    from rich.console import Console

    return Console(file=sys.stdout, width=WIDTH, highlight=False, markup=False, emoji=False)


def print_lines(lines: Sequence[str]) -> None:
    """Print lines to stdout, folded at 80 columns."""
    _print_lines(_console(), lines)


def _print_scenario(console: Console, found: ScenarioFindings, suite: Suite, seen: ScenarioEvidence | None) -> None:
    console.print(found.counts.scenario, style="bold")
    _print_lines(console, [*words.headlines(found.counts), words.protocol_line(found.counts, suite)])
    console.print(_counts(found))
    facts = (*words.cleaning_lines(found.counts), *words.link_lines(found.counts), words.judged_line(found.counts))
    _print_lines(console, facts)
    _print_lines(console, tuning_lines(found, suite))
    _print_lines(console, words.left_out_lines(found))
    console.print(_methods(found, suite))
    _print_aggregates(console, found, suite)
    for line in textwrap.wrap(words.story(found, suite.primary), WIDTH, break_on_hyphens=False):
        console.print(line, style="bold")
    _print_lines(console, [*words.sight_line(found), *words.next_step_lines(found, suite.primary)])
    if seen is not None:
        _print_lines(console, [*detail_lines(found, seen), *tuning_details(found)])
    console.print()


def _print_lines(console: Console, lines: Sequence[str]) -> None:
    for line in lines:
        indent = " " * (len(line) - len(line.lstrip()) + 2)
        folded = textwrap.fill(line, WIDTH, subsequent_indent=indent, break_on_hyphens=False)
        console.print(folded if len(line) > WIDTH else line)


def _counts(found: ScenarioFindings) -> Table:
    table = _table()
    for heading in words.DOMAIN_HEADINGS:
        side: Literal["left", "right"] = "left" if heading in ("role", "domain") else "right"
        table.add_column(heading.replace(" ", "\n"), justify=side, overflow="fold")
    for row in words.domain_rows(found.counts):
        table.add_row(*row)
    return table


def _methods(found: ScenarioFindings, suite: Suite) -> Table:
    from rich.text import Text

    table = _table()
    table.add_column("method", overflow="fold")
    table.add_column(suite.primary, justify="right")
    table.add_column("over counterpart", justify="right")
    table.add_column("over placebo", justify="right")
    table.add_column("verdict")
    for summary in words.ordered(found, suite.primary):
        judgement = found.judgement(summary.method)
        word = words.verdict_word(summary, found)
        table.add_row(
            summary.method,
            f"{summary.test[suite.primary]:.4f}",
            words.effect(judgement.counterpart) if judgement else "",
            words.effect(judgement.placebo) if judgement else "",
            Text(word, style=_COLOURS.get(word[0], "")),
        )
    return table


def _print_aggregates(console: Console, found: ScenarioFindings, suite: Suite) -> None:
    """Print a table for each metric of the whole run; nothing where nothing of it was asked for."""
    tables = words.overall_tables(found, suite.primary)
    for name, rows in tables.items():
        table = _table()
        for heading in ("method", words.overall_heading(name), "over counterpart"):
            table.add_column(heading, justify="left" if heading == "method" else "right", overflow="fold")
        for row in rows:
            table.add_row(*row)
        console.print(table)
    if tables:
        _print_lines(console, [words.OVERALL_NOTE])


def _table() -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    return Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
