"""A file that nobody described -> a guess of how it is built, which the user can confirm or override."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import polars as pl

from tlbench.data.entry import ROLES
from tlbench.data.moments import WORDS, TimeUnit, unit_of
from tlbench.data.own.dialect import LINES, Dialect, find_dialect, find_encoding, first_lines, nothing_to_none
from tlbench.data.own.roles import Roles, find_roles, has_decimal_comma
from tlbench.data.parsers.blocks import Encoding
from tlbench.data.raw import damaged
from tlbench.errors import TlbenchError

Columns = Mapping[str, str | int]
# Reviews of these names are read in a stream, with their texts skipped.
REVIEWS = ({"reviewerID", "asin"}, {"user_id", "parent_asin"})


@dataclass(frozen=True)
class Guess:
    """How a file seems to be built.

    Attributes
    ----------
    format
        ``csv``, ``parquet``, ``json`` (one object per line, or a list of objects) or ``amazon-reviews``.
    columns
        Role (user, item, rating, timestamp) to column, by name, or by position from 0 where there is no header; a
        field inside others by its path, ``items.item_id``.
    separator, header, skip, encoding, decimal, time_unit
        As in a catalogue.
    notices
        What the user should know of the guess, one sentence each.
    """

    format: Literal["csv", "parquet", "json", "amazon-reviews"]
    columns: Columns
    separator: str = ","
    header: bool = True
    time_unit: TimeUnit = "s"
    skip: int = 0
    encoding: Encoding = "utf-8"
    decimal: Literal[".", ","] = "."
    notices: tuple[str, ...] = ()

    def __str__(self) -> str:
        """One line for the user to confirm."""
        if self.format == "amazon-reviews":
            return "reviews as JSON lines"
        roles = ", ".join(f"{role} = {column}" for role, column in self.columns.items())
        time = WORDS[self.time_unit] if "timestamp" in self.columns else "no time"
        if self.format != "csv":
            return f"{self.format}; {roles}; {time}"
        named = {"\t": "tab", ",": "comma", ";": "semicolon", "|": "bar"}.get(self.separator, repr(self.separator))
        more = "" if self.encoding == "utf-8" else f"{self.encoding}; "
        comma = "; decimal comma" if self.decimal == "," else ""
        return f"csv; {more}{named}-separated; {'with' if self.header else 'no'} header; {roles}; {time}{comma}"


def sniff(
    path: Path,
    *,
    columns: Columns | None = None,
    separator: str | None = None,
    header: bool | None = None,
    time_unit: TimeUnit | None = None,
) -> Guess:
    """Guess how a file is built from its first 2,000 rows; what is given is not guessed.

    Parameters
    ----------
    path
        CSV of any separator, Parquet or JSON; text may be gzipped.
    columns, separator, header, time_unit
        As in `Guess`, where the user knows better.

    Raises
    ------
    TlbenchError
        If the file is missing or no user and item column can be made out.
    """
    _check_file(path)
    if path.suffix == ".parquet":
        return _of_frame("parquet", _parquet_sample(path), path, columns, time_unit)
    start = "".join(first_lines(path, find_encoding(path))[:20]).lstrip()
    if start.startswith(("{", "[")):
        return _of_json(path, columns, time_unit)
    dialect = find_dialect(path, separator=separator, header=header)
    return _of_text(dialect, path, columns, time_unit)


def _check_file(path: Path) -> None:
    if path.is_file():
        return
    if path.is_symlink() and not path.exists():
        raise TlbenchError(f"`{path}` is a link to `{path.readlink()}`, which does not exist", hint="repair the link")
    if path.is_dir():
        raise TlbenchError(f"`{path}` is a folder", hint="name a file in it")
    if path.exists():
        raise TlbenchError(f"`{path}` is not a regular file", hint="write what it gives to a file first")
    raise TlbenchError(f"file `{path}` does not exist", hint="check its name")


def _of_text(dialect: Dialect, path: Path, columns: Columns | None, time_unit: TimeUnit | None) -> Guess:
    body = dialect.body
    fields = [[nothing_to_none(row[k]) for row in body] for k in range(len(dialect.rows[0]))]
    sample = pl.DataFrame([pl.Series(str(k), column, dtype=pl.String) for k, column in enumerate(fields)])
    roles = _given(columns, dialect.names, sample) if columns else find_roles(sample, dialect.names)
    names = dialect.names or [str(k) for k in range(sample.width)]
    _check(roles, path, names)
    if not columns:
        keys: Sequence[str | int] = names if dialect.header else range(sample.width)
        columns = {role: keys[roles.positions[role]] for role in ROLES if role in roles.positions}
    rating = roles.positions.get("rating")
    return Guess(
        "csv",
        columns,
        dialect.separator,
        dialect.header,
        time_unit or roles.time_unit or "s",
        skip=dialect.skip,
        encoding=dialect.encoding,
        decimal="," if rating is not None and has_decimal_comma(sample.to_series(rating)) else ".",
        notices=_notices(roles, names, time_unit),
    )


def _of_json(path: Path, columns: Columns | None, time_unit: TimeUnit | None) -> Guess:
    from tlbench.data.parsers.json import flat, read_objects

    sample = flat(read_objects(path, n_rows=LINES))
    if columns is None and any(names <= set(sample.columns) for names in REVIEWS):
        return Guess("amazon-reviews", {"user": "reviewerID", "item": "asin"})
    return _of_frame("json", sample, path, columns, time_unit)


def _of_frame(
    form: Literal["parquet", "json"],
    sample: pl.DataFrame,
    path: Path,
    columns: Columns | None,
    time_unit: TimeUnit | None,
) -> Guess:
    names = sample.columns
    roles = _given(columns, names, sample) if columns else find_roles(sample, names)
    _check(roles, path, names)
    chosen = columns or {role: names[roles.positions[role]] for role in ROLES if role in roles.positions}
    return Guess(form, chosen, time_unit=time_unit or roles.time_unit or "s", notices=_notices(roles, names, time_unit))


def _parquet_sample(path: Path) -> pl.DataFrame:
    try:
        return pl.read_parquet(path, n_rows=LINES)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise damaged(path.name, error) from None


def _given(columns: Columns, names: Sequence[str] | None, sample: pl.DataFrame) -> Roles:
    """Make roles of columns that the user named; names that the file lacks are found out by its parser."""
    known = {name: k for k, name in enumerate(names or ())}
    places = {role: known.get(column, -1) if isinstance(column, str) else column for role, column in columns.items()}
    found = {role: k for role, k in places.items() if 0 <= k < sample.width}
    time = found.get("timestamp")
    return Roles({**places}, None if time is None else unit_of(sample.to_series(time)) or "s")


def _check(roles: Roles, path: Path, names: Sequence[str]) -> None:
    if not {"user", "item"} <= set(roles.positions):
        raise TlbenchError(
            f"no user and item column can be made out in `{path.name}`: its columns are {', '.join(names)[:160]}",
            hint="name them: `--columns user=NAME,item=NAME,rating=NAME,timestamp=NAME` (positions from 0 without "
            "header)",
        )


def _notices(roles: Roles, names: Sequence[str], given: TimeUnit | None) -> tuple[str, ...]:
    notices = []
    if roles.unused_times:
        listed = ", ".join(f"`{names[k]}`" for k in roles.unused_times)
        verb = "look like times and stay" if len(roles.unused_times) > 1 else "looks like a time and stays"
        notices.append(f"{listed} {verb} unused; `--columns timestamp=NAME` takes another column")
    if roles.day_or_month and given is None and roles.time_unit is not None:
        other = "mdy" if roles.time_unit == "dmy" else "dmy"
        notices.append(f"{WORDS[roles.time_unit]}, though all could be the other way: then `--time-unit {other}`")
    return tuple(notices)
