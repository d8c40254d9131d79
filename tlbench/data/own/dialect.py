"""The first lines of a text table -> its dialect: encoding, lines before the table, separator, header."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import polars as pl

from tlbench.data.moments import unit_of
from tlbench.data.own.roles import known_names
from tlbench.data.parsers.blocks import Encoding, blocks
from tlbench.data.parsers.table import NOTHING
from tlbench.data.raw import READ_ERRORS, damaged, open_plain
from tlbench.errors import TlbenchError

Rows = Sequence[Sequence[str]]
LINES = 2000
SEPARATORS = "\t,;|"


@dataclass(frozen=True)
class Dialect:
    """How a text table is written.

    Attributes
    ----------
    encoding
        Of its bytes; a byte order mark is no part of the text.
    skip
        Number of lines before the table: comments, ``sep=;``, blank lines.
    separator
        One character between fields.
    header
        Whether the first line of the table names the columns.
    rows
        Fields of the first lines, the header's included.
    """

    encoding: Encoding
    skip: int
    separator: str
    header: bool
    rows: Rows

    @property
    def names(self) -> Sequence[str] | None:
        """Names of the columns; None without header."""
        return self.rows[0] if self.header else None

    @property
    def body(self) -> Rows:
        """The rows below the header."""
        return self.rows[1:] if self.header else self.rows


def find_encoding(path: Path) -> Encoding:
    """Tell how a text file is encoded: by its byte order mark, else UTF-8 where all of it is, else Windows-1252."""
    try:
        with open_plain(path) as file:
            decoder = codecs.getincrementaldecoder("utf-8")()
            first = file.read(1 << 20)
            if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                return "utf-16"
            piece = first
            while piece:
                decoder.decode(piece)
                piece = file.read(1 << 20)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    except (*READ_ERRORS, OSError) as error:
        raise damaged(path.name, error) from None
    return "utf-8"


def find_dialect(path: Path, *, separator: str | None = None, header: bool | None = None) -> Dialect:
    """Make out how a text table is written from its first 2,000 lines; what is given is not guessed.

    Raises
    ------
    TlbenchError
        If the file is empty, damaged, or no separator gives all lines the same number of fields.
    """
    encoding = find_encoding(path)
    lines = first_lines(path, encoding)
    skip, declared = _preamble(lines)
    separators = separator or declared or SEPARATORS
    taken, rows = _separated([line for line in lines[skip:] if line.strip()], path, separators)
    named = _has_header(rows) if header is None else header
    return Dialect(encoding, skip, taken, named, rows)


def first_lines(path: Path, encoding: Encoding) -> list[str]:
    """Return up to 2,000 lines from the beginning, each with its end."""
    lines: list[str] = []
    for block in islice(blocks(path, label=path.name, size=1 << 20, encoding=encoding), 2):
        lines += block.content.decode("utf-8-sig", "replace").splitlines(keepends=True)
        if any(line.strip() for line in lines):
            return lines[:LINES]
    raise TlbenchError(f"file `{path}` is empty", hint="name a file with one line per interaction")


def nothing_to_none(field: str) -> str | None:
    """Return None for what exporters write where there is no value."""
    return None if not field.strip() or field.strip() in NOTHING else field


def _preamble(lines: Sequence[str]) -> tuple[int, str | None]:
    """Count the lines before the table, and read the separator that a spreadsheet declares as ``sep=;``."""
    declared = None
    for number, line in enumerate(lines):
        if match := re.fullmatch(r"sep=(.)\s*", line, re.IGNORECASE):
            declared = match[1]
        elif line.strip() and not line.startswith("#"):
            return number, declared
    return 0, declared


def _separated(lines: list[str], path: Path, separators: str) -> tuple[str, Rows]:
    """Take the separator that gives every line the same number of fields, the most fields first."""
    best: tuple[int, str, Rows] | None = None
    for separator in separators:
        try:
            rows = list(csv.reader(lines, delimiter=separator))
        except csv.Error:  # a field without end, so this is not the separator
            continue
        if len(lines) == LINES and len(rows) > 1:
            rows.pop()  # the last line read may be half a quoted field
        width = len(rows[0])
        if width > 1 and all(len(row) == width for row in rows) and (best is None or width > best[0]):
            best = (width, separator, rows)
    if best is None:
        raise TlbenchError(
            f"no separator of {separators!r} gives all lines of `{path.name}` the same number of fields",
            hint="name another one with `--separator`, and columns with `--columns`",
        )
    return best[1], best[2]


def _has_header(rows: Rows) -> bool:
    """Tell whether the first line names the columns: it has known names, or text above numbers or times."""
    if known_names(rows[0]) >= 2:
        return True
    return any(not _value(field) and _all_values(rows[1:], k) for k, field in enumerate(rows[0]))


def _all_values(rows: Rows, position: int) -> bool:
    fields = [row[position] for row in rows if nothing_to_none(row[position])]
    return bool(fields) and all(map(_value, fields))


def _value(field: str) -> bool:
    """Whether a field is a number or a time."""
    try:
        float(field.replace(",", "."))
    except ValueError:
        return unit_of(pl.Series([field])) is not None
    return True
