"""What a section of a report is made of: notes, facts, tables, charts, and text that is laid out already."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True)
class Note:
    """A sentence or two; `strong` where it is what the report is about."""

    text: str
    strong: bool = False


@dataclass(frozen=True)
class Facts:
    """Lines that each say one thing; with a title where they can be folded away."""

    lines: Sequence[str]
    title: str = ""


@dataclass(frozen=True)
class Table:
    """A table of texts.

    Attributes
    ----------
    headings, rows
        One text per column.
    left
        Columns of words, from 0; the others hold numbers and stand at the right.
    narrow
        Columns for which 80 characters have room; None where all fit.
    title
        What it is called where it can be folded away.
    brief
        Rows, from 0, for which a screen has room; None where all fit.
    """

    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    left: Sequence[int] = (0,)
    narrow: Sequence[int] | None = None
    title: str = ""
    brief: Sequence[int] | None = None

    def only(self, columns: Sequence[int]) -> Table:
        """Return the table with some of its columns."""
        return Table(
            [self.headings[i] for i in columns],
            [[row[i] for i in columns] for row in self.rows],
            [place for place, i in enumerate(columns) if i in self.left],
            title=self.title,
            brief=self.brief,
        )

    def in_brief(self) -> Table:
        """Return the table with the rows for which a screen has room."""
        return self if self.brief is None else replace(self, rows=[self.rows[i] for i in self.brief], brief=None)


@dataclass(frozen=True)
class Chart:
    """A picture, drawn when a writer wants it; `draw` returns an Altair chart, or None where there is nothing to see.

    `name` is the file's without ending, and the id on the page.
    """

    name: str
    title: str
    summary: str
    draw: Callable[[], Any]


@dataclass(frozen=True)
class Text:
    """Lines of 80 characters, made when wanted, that stand for the other blocks of their section in a terminal."""

    make: Callable[[], Sequence[str]]


Block = Note | Facts | Table | Chart | Text
