"""A table that nobody described -> a guess of how it is built, which the user can confirm or override."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tlbench.data.entry import ROLES, TimeUnit
from tlbench.data.parsers.amazon import REVIEWER
from tlbench.data.parsers.blocks import blocks
from tlbench.data.raw import damaged
from tlbench.errors import TlbenchError

LINES = 2000
SEPARATORS = "\t,;|"
NAMES = {
    "user": "user userid uid reviewerid reviewer customer customerid member visitor visitorid account person",
    "item": "item itemid iid asin parentasin product productid movieid movie book isbn song track article businessid",
    "rating": "rating ratings stars score overall value grade",
    "timestamp": "timestamp time ts unixreviewtime date datetime unixtime when created",
}
Rows = Sequence[Sequence[str]]


@dataclass(frozen=True)
class Guess:
    """How a table seems to be built.

    Attributes
    ----------
    format
        ``csv``, ``parquet`` or ``amazon-reviews``.
    columns
        Role (user, item, rating, timestamp) to column, by name, or by position from 0 where there is no header.
    separator, header, time_unit
        As in a catalogue.
    """

    format: Literal["csv", "parquet", "amazon-reviews"]
    columns: Mapping[str, str | int]
    separator: str = ","
    header: bool = True
    time_unit: TimeUnit = "s"

    def __str__(self) -> str:
        """One line for the user to confirm."""
        if self.format == "amazon-reviews":
            return "reviews as JSON lines"
        roles = ", ".join(f"{role} = {column}" for role, column in self.columns.items())
        unit = {"s": "seconds", "ms": "milliseconds"}[self.time_unit]
        time = f"; time in {unit}" if "timestamp" in self.columns else "; no time"
        if self.format == "parquet":
            return f"parquet; {roles}{time}"
        named = {"\t": "tab", ",": "comma", ";": "semicolon", "|": "bar"}.get(self.separator, repr(self.separator))
        return f"csv; {named}-separated; {'with' if self.header else 'no'} header; {roles}{time}"


def sniff(
    path: Path,
    *,
    columns: Mapping[str, str | int] | None = None,
    separator: str | None = None,
    header: bool | None = None,
    time_unit: TimeUnit | None = None,
) -> Guess:
    """Guess how a table is built from its first 2,000 lines; what is given is not guessed.

    Parameters
    ----------
    path
        CSV of any separator, Parquet, or reviews as JSON lines; text may be gzipped.
    columns, separator, header, time_unit
        As in `Guess`, where the user knows better.

    Raises
    ------
    TlbenchError
        Where the file is missing or no user and item column can be made out.
    """
    if not path.is_file():
        raise TlbenchError(f"file `{path}` does not exist", hint="check its name")
    if path.suffix == ".parquet":
        return _parquet(path, columns, time_unit)
    lines = _first_lines(path)
    if lines[0].lstrip().startswith("{"):
        return Guess("amazon-reviews", {"user": "reviewerID", "item": "asin"})
    found, rows = _separated(lines, path, SEPARATORS if separator is None else separator)
    named = _has_header(rows) if header is None else header
    body = rows[1:] if named and len(rows) > 1 else rows
    chosen = columns or _columns(rows[0], body, path, header=named)
    time = chosen.get("timestamp")
    position = rows[0].index(time) if isinstance(time, str) and time in rows[0] else time
    unit = time_unit or _unit(body, position if isinstance(position, int) and position < len(rows[0]) else None)
    return Guess("csv", chosen, found, named, unit)


def _columns(names: Sequence[str], body: Rows, path: Path, *, header: bool) -> dict[str, str | int]:
    """Find the columns by their names and, where those say too little, by what they hold."""
    positions = _by_name(names) if header else {}
    if not {"user", "item"} <= set(positions):
        positions = {**_by_content(body, taken=positions), **positions}
    if not {"user", "item"} <= set(positions):
        raise _unclear(path, names)
    return {role: (names[positions[role]] if header else positions[role]) for role in ROLES if role in positions}


def _first_lines(path: Path) -> list[str]:
    for block in blocks(path, label=path.name, size=1 << 20):
        lines = block.content.decode("utf-8-sig", "replace").splitlines()
        if found := [line for line in lines if line.strip()][:LINES]:
            return found
    raise TlbenchError(f"file `{path}` is empty", hint="name a file with a line an interaction")


def _separated(lines: list[str], path: Path, separators: str) -> tuple[str, Rows]:
    """Take the separator that gives every line the same number of fields, the most fields first."""
    best: tuple[int, str, Rows] | None = None
    for separator in separators:
        try:
            rows = list(csv.reader(lines, delimiter=separator))
        except csv.Error:  # a field without end, so this is not the separator
            continue
        width = len(rows[0])
        if width > 1 and all(len(row) == width for row in rows) and (best is None or width > best[0]):
            best = (width, separator, rows)
    if best is None:
        raise TlbenchError(
            f"no separator of {separators!r} gives all lines of `{path.name}` the same number of fields",
            hint="name another one with `--separator`, and columns with `--columns`",
        )
    return best[1], best[2]


def _key(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower())


def _by_name(names: Sequence[str]) -> dict[str, int]:
    """Find columns by their names; where several fit a role, the first in our list of names is taken."""
    keys = [_key(name) for name in names]
    found = {}
    for role, known in NAMES.items():
        positions = [keys.index(key) for key in known.split() if key in keys]
        if positions:
            found[role] = positions[0]
    return found


def _has_header(rows: Rows) -> bool:
    """Tell whether the first line names the columns: it has known names, or text above numbers."""
    if len(_by_name(rows[0])) >= 2:
        return True
    below = rows[1:]
    return any(_number(field) is None and _all_numbers(below, k) for k, field in enumerate(rows[0])) if below else False


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _all_numbers(rows: Rows, position: int) -> bool:
    values = [row[position] for row in rows if row[position]]
    return bool(values) and all(_number(value) is not None for value in values)


def _by_content(rows: Rows, *, taken: Mapping[str, int]) -> dict[str, int]:
    """Find columns by what they hold: moments, then ratings, then two columns of ids, the user first unless swapped."""
    free = [k for k in range(len(rows[0])) if k not in taken.values()]
    found: dict[str, int] = {}
    for role, fits in (("timestamp", _like_time), ("rating", _like_rating)):
        fitting = [k for k in free if role not in taken and _all_numbers(rows, k) and fits(_values(rows, k))]
        if fitting and len(free) > 2:
            found[role] = fitting[-1]
            free.remove(fitting[-1])
    ids = [k for k in free if any(row[k] for row in rows)]
    for role in ("user", "item"):
        if role not in taken and ids:
            found[role] = ids.pop(0)
    if {"user", "item"} <= set(found) and _reviewers(rows, found["item"]) > 0.5 > _reviewers(rows, found["user"]):
        found["user"], found["item"] = found["item"], found["user"]
    return found


def _values(rows: Rows, position: int) -> list[float]:
    return [float(row[position]) for row in rows if row[position]]


def _like_time(values: list[float]) -> bool:
    """Seconds or milliseconds of 1986 to 2128."""
    return all(5e8 <= value < 5e9 or 5e11 <= value < 5e12 for value in values)


def _like_rating(values: list[float]) -> bool:
    """Few different values, none large."""
    return all(0 <= value <= 100 for value in values) and len(set(values)) <= 21


def _reviewers(rows: Rows, position: int) -> float:
    return sum(bool(re.match(REVIEWER, row[position])) for row in rows) / len(rows)


def _unit(rows: Rows, position: int | None) -> TimeUnit:
    values = [] if position is None or not _all_numbers(rows, position) else _values(rows, position)
    return "ms" if values and sorted(values)[len(values) // 2] >= 1e11 else "s"


def _parquet(path: Path, columns: Mapping[str, str | int] | None, time_unit: TimeUnit | None) -> Guess:
    import polars as pl

    try:
        schema = pl.read_parquet_schema(path)
        names = list(schema)
        chosen = columns or _columns(names, [[""] * len(names)], path, header=True)
        head = pl.read_parquet(path, n_rows=LINES)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise damaged(path.name, error) from None
    time = chosen.get("timestamp")
    large = time in names and schema[str(time)].is_numeric() and head.select(pl.col(str(time)).median() >= 1e11).item()
    return Guess("parquet", chosen, time_unit=time_unit or ("ms" if large else "s"))


def _unclear(path: Path, names: Sequence[str]) -> TlbenchError:
    return TlbenchError(
        f"no user and item column can be made out in `{path.name}`: its first line is {', '.join(names)[:80]}",
        hint="name them: `--columns user=NAME,item=NAME,rating=NAME,timestamp=NAME` (positions from 0 without header)",
    )
