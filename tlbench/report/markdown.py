"""Reports -> Markdown, for pull requests and papers' notes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tlbench.report import words
from tlbench.report.blocks import Chart, Facts, Note, Table, Text
from tlbench.report.document import sections_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tlbench.report.blocks import Block
    from tlbench.report.document import InScenario, Report, Section

_TAG = re.compile(r"<(?=[A-Za-z/!?])")
LEFT_OUT = {
    "gap": "`tlbench inspect --format markdown` prints it",
    "users": "single users belong to a page that is opened on purpose; `--charts` writes the pictures",
    "gains": "pictures are files: `--charts` writes them",
    "provenance": "`environment.json` lies beside `report.md`",
}
"""Sections that Markdown does not show, and why."""


def as_markdown(report: Report) -> str:
    """Return the report as GitHub-flavoured Markdown."""
    parts = [f"# {report.suite.name}"]
    for place in report.scenarios:
        parts.extend((f"## {place.name}", *_sections(place, level=3)))
    parts.extend((*_sections(report, level=2), f"{words.LEGEND}."))
    return "\n\n".join(parts) + "\n"


def _sections(place: Report | InScenario, *, level: int) -> Iterator[str]:
    for section in sections_of(place, without=LEFT_OUT):
        yield from _section(section, level)


def _section(section: Section, level: int) -> Iterator[str]:
    parts = [text for block in section.blocks if (text := _block(block))]
    if any(isinstance(block, Note) and block.strong for block in section.blocks):
        yield from parts
    elif section.verbose:
        yield "\n\n".join((f"<details><summary>{section.heading}</summary>", *parts, "</details>"))
    else:
        yield from (f"{'#' * level} {section.heading}", *parts)


def _block(block: Block) -> str:
    match block:
        case Note(text, strong):
            return f"**{plain(text)}**" if strong else plain(text)
        case Facts(lines):
            return "\n".join(f"- {plain(line)}" for line in lines)
        case Table():
            return table(block.headings, block.rows, left=block.left)
        case Chart() | Text():  # files, and what tables and facts say
            return ""


def table(headings: Sequence[str], rows: Iterable[Sequence[str]], *, left: Sequence[int]) -> str:
    """Lay out a table; the columns `left`, from 0, are text, the others numbers.

    Parameters
    ----------
    headings, rows
        One text per column.
    left
        Columns of words, from 0; the others hold numbers and stand at the right.

    Returns
    -------
    str
        Lines without a last line break.

    Examples
    --------
    >>> from tlbench.report.markdown import table
    >>> print(table(("method", "ndcg@10"), [("ease", "0.15")], left=(0,)))
    | method | ndcg@10 |
    | :-- | --: |
    | ease | 0.15 |
    """
    rule = [":--" if i in left else "--:" for i in range(len(headings))]
    return "\n".join(f"| {' | '.join(_cell(text) for text in row)} |" for row in (headings, rule, *rows))


def plain(text: str) -> str:
    """Return a text in which what looks like a tag of HTML is read as it stands; names may be anybody's.

    Examples
    --------
    >>> plain("p < .001 of <img src=x>")
    'p < .001 of &lt;img src=x>'
    """
    return _TAG.sub("&lt;", text)


def _cell(text: str) -> str:
    """Keep a text inside its cell: no bar and no line break of its own."""
    return plain(" ".join(text.split("\n"))).replace("|", r"\|")
