"""Reports, gates and histories -> a terminal of 80 columns."""

from __future__ import annotations

import sys
import textwrap
from itertools import groupby
from typing import TYPE_CHECKING, Literal

from tlbench.report import history_text, words
from tlbench.report.blocks import Chart, Facts, Note, Table, Text
from tlbench.report.changes import HEADINGS, change_row, explained, headline, label, rule_line
from tlbench.report.document import sections_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console
    from rich.table import Table as RichTable

    from tlbench.analysis.history import Series
    from tlbench.analysis.regression import Gate
    from tlbench.report.document import InScenario, Report, Section

WIDTH = 80
_ROOMY = 5  # columns whose headings fit beside each other
_COLOURS = {"+": "green", "-": "red", "~": "yellow", "=": "cyan", "?": "magenta"}


LEFT_OUT = {
    "gap": "`tlbench inspect` prints it in 80 columns",
    "users": "a terminal draws no pictures: `--charts` writes them, and `--user` prints what single users got",
    "gains": "a terminal draws no pictures: `--charts` writes them",
}
"""Sections that a terminal does not show, and why."""


def print_report(report: Report, *, verbose: bool = False, every: bool = False) -> None:
    """Print a report to stdout, with colour only on a terminal; the verdict of a scenario ends it, beside the prompt.

    What only `verbose` shows comes after that. Tables have all their rows where `every` one is asked for, else those
    for which a screen has room.
    """
    console = _console()
    for place in report.scenarios:
        console.print(place.name, style="bold")
        _print_sections(console, place, verbose=verbose, every=every)
        console.print()
    for section in sections_of(report, without=LEFT_OUT, verbose=None if verbose else False):
        console.print(section.heading, style="bold")
        _print_section(console, section, every=every)
        console.print()
    console.print(textwrap.fill(words.LEGEND, WIDTH), style="dim")


def _print_sections(console: Console, place: InScenario, *, verbose: bool, every: bool) -> None:
    brief = list(sections_of(place, without=LEFT_OUT, verbose=False))
    for section in reversed(brief):
        _print_section(console, section, every=every)
    for section in sections_of(place, without=LEFT_OUT, verbose=True) if verbose else ():
        _print_section(console, section, every=every)


def _print_section(console: Console, section: Section, *, every: bool) -> None:
    for block in [block for block in section.blocks if isinstance(block, Text)] or section.blocks:
        match block:
            case Note(text, strong):
                for line in textwrap.wrap(text, WIDTH, break_on_hyphens=False):
                    console.print(line, style="bold" if strong else "")
            case Facts(lines):
                _print_lines(console, lines)
            case Text(make):
                _print_lines(console, make())
            case Table():
                narrow = block if block.narrow is None else block.only(block.narrow)
                shown = narrow if every else narrow.in_brief()
                console.print(_laid_out(shown))
                if len(shown.rows) < len(block.rows):
                    _print_lines(console, [f"and {len(block.rows) - len(shown.rows)} more; `--all` shows them"])
            case Chart():
                pass  # `--charts` writes them


def _laid_out(block: Table) -> RichTable:
    from rich.text import Text as Styled

    table = _table()
    crowded = len(block.headings) > _ROOMY
    for i, heading in enumerate(block.headings):
        side: Literal["left", "right"] = "left" if i in block.left else "right"
        table.add_column(heading.replace(" ", "\n") if crowded else heading, justify=side, overflow="fold")
    for row in block.rows:
        table.add_row(*(Styled(text, style=_COLOURS.get(text[:2].rstrip(), "")) for text in row))
    return table


def print_gate(gate: Gate, *, verbose: bool = False) -> None:
    """Print what changed to stdout, scenario by scenario, then whether the gate passed and why not."""
    from rich.text import Text as Styled

    console = _console()
    for heading, found in groupby(gate.changes, key=lambda change: label(change, gate)):
        console.print(heading, style="bold")
        table = _table()
        for column in HEADINGS:
            table.add_column(column, justify="left" if column in ("method", "outcome") else "right", overflow="fold")
        for change in found:
            *cells, word = change_row(change)
            table.add_row(*cells, Styled(word, style=_COLOURS.get(word[0], "")))
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


def _print_lines(console: Console, lines: Sequence[str]) -> None:
    for line in lines:
        indent = " " * (len(line) - len(line.lstrip()) + 2)
        folded = textwrap.fill(line, WIDTH, subsequent_indent=indent, break_on_hyphens=False)
        console.print(folded if len(line) > WIDTH else line)


def _table() -> RichTable:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table as RichTable

    return RichTable(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
