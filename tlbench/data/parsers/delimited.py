"""Delimited text -> frame of user, item, rating, timestamp; what cannot be read is named with its line."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tlbench.data.entry import TimeUnit
from tlbench.data.raw import READ_ERRORS, Raw, damaged, open_plain
from tlbench.errors import TlbenchError

if TYPE_CHECKING:
    import polars as pl

BLOCK = 1 << 26
SHOWN = 5


@dataclass(frozen=True)
class Layout:
    """How the lines of a file are built.

    Attributes
    ----------
    fields
        One name a field in the order of the file: user, item, rating, timestamp, or anything else for what is skipped.
    separator
        One character between fields.
    header
        Number of lines before the first row.
    quote
        Character round fields that contain the separator; None where the publisher never quotes.
    time_unit
        Unit of the timestamps.
    """

    fields: tuple[str, ...]
    separator: str = ","
    header: int = 0
    quote: str | None = None
    time_unit: TimeUnit = "s"

    @property
    def first_line(self) -> int:
        """Number of the line of the first row."""
        return self.header + 1


def read_delimited(path: Path, layout: Layout, *, label: str, lenient: bool = False) -> Raw:
    """Read a delimited file, plain or gzipped, only the wanted fields.

    Parameters
    ----------
    path
        The file.
    layout
        How its lines are built.
    label
        Its name, for messages.
    lenient
        Drop lines that cannot be read, and count them, instead of refusing the file.

    Raises
    ------
    TlbenchError
        Where the file is damaged, or a line has other fields than the layout says.
    """
    import polars as pl

    try:
        raw = _fast(path, layout, label)
    except pl.exceptions.PolarsError:
        raw = None
    except (OSError, *READ_ERRORS) as error:
        raise damaged(label, error) from None
    # Fast reading cannot say which line is wrong, and takes a line with too few fields for one with empty fields.
    if raw is None or _has_holes(raw.frame):
        raw = _careful(path, layout, label, lenient=lenient)
    return _seconds(raw, layout.time_unit)


def _types(layout: Layout) -> dict[str, pl.DataType]:
    import polars as pl

    known = {"user": pl.String(), "item": pl.String(), "rating": pl.Float32(), "timestamp": pl.Int64()}
    return {name: known.get(name, pl.String()) for name in layout.fields}


def _fast(path: Path, layout: Layout, label: str) -> Raw:
    import polars as pl

    types = _types(layout)
    frame = (
        pl.scan_csv(
            path,
            has_header=False,
            separator=layout.separator,
            quote_char=layout.quote,
            skip_lines=layout.header,
            schema=types,
            raise_if_empty=False,
        )
        .select(*(name for name in ("user", "item", "rating", "timestamp") if name in types))
        .collect()
    )
    return Raw(_whole(frame), None, layout.first_line, label)


def _whole(frame: pl.DataFrame) -> pl.DataFrame:
    """Add the columns that the file does not have, all null."""
    import polars as pl

    if "rating" not in frame.columns:
        frame = frame.with_columns(pl.lit(None, dtype=pl.Float32).alias("rating"))
    if "timestamp" not in frame.columns:
        frame = frame.with_columns(pl.lit(None, dtype=pl.Int64).alias("timestamp"))
    return frame


def _has_holes(frame: pl.DataFrame) -> bool:
    """Tell whether some, but not all, rows lack a value."""
    nulls = frame.null_count().row(0, named=True)
    return any(
        nulls[name] > 0 and (name in ("user", "item") or nulls[name] < len(frame))
        for name in ("user", "item", "rating", "timestamp")
    )


def _careful(path: Path, layout: Layout, label: str, *, lenient: bool) -> Raw:
    """Read block by block of lines, find every line that does not fit, and refuse or drop those."""
    import polars as pl

    frames: list[pl.DataFrame] = []
    wrong: list[tuple[int, str]] = []
    total = 0
    try:
        for first, lines in _blocks(path, layout.header):
            frame, bad = _fields(lines, first, layout)
            frames.append(frame)
            wrong += bad[: max(0, SHOWN - len(wrong))]
            total += len(bad)
    except READ_ERRORS as error:
        raise damaged(label, error) from None
    frame = pl.concat(frames) if frames else pl.DataFrame(schema={**_types(layout), "line": pl.Int64})
    if total and not lenient:
        shown = ", ".join(f"line {line} ({reason})" for line, reason in wrong)
        more = f" and {total - len(wrong):,} more" if total > len(wrong) else ""
        raise TlbenchError(
            f"`{label}` has {total:,} {'line' if total == 1 else 'lines'} that cannot be read: {shown}{more}",
            hint="correct the file or the catalogue's `format`, or drop and count these lines with `--lenient`",
        )
    return Raw(_whole(frame.drop([name for name in frame.columns if name.startswith("_")])), None, 0, label, total)


def _blocks(path: Path, header: int) -> Iterator[tuple[int, pl.Series]]:
    """Yield the number of the first line and the lines of one block after another."""
    import polars as pl

    with open_plain(path) as file:
        for _ in range(header):
            file.readline()
        line, rest = header + 1, b""
        while block := file.read(BLOCK):
            whole, newline, rest = (rest + block).rpartition(b"\n")
            if newline:
                lines = pl.Series("line", whole.decode("utf-8", "replace").split("\n"), dtype=pl.String)
                yield line, lines
                line += len(lines)
        if rest:
            yield line, pl.Series("line", [rest.decode("utf-8", "replace")], dtype=pl.String)


def _fields(lines: pl.Series, first: int, layout: Layout) -> tuple[pl.DataFrame, list[tuple[int, str]]]:
    """Split lines into typed fields; return the good rows with their line numbers, and the bad lines with reasons."""
    import polars as pl

    text = lines.str.strip_chars_end("\r").str.strip_prefix("\ufeff")
    parts = _split(text, layout)
    frame = pl.DataFrame({"text": text, "parts": parts}).with_columns(
        line=pl.int_range(first, first + len(text), dtype=pl.Int64)
    )
    frame = frame.filter(pl.col("text") != "").with_columns(
        pl.col("parts").list.get(k, null_on_oob=True).replace("", None).alias(f"{name}")
        for k, name in enumerate(layout.fields)
    )
    return _typed(frame, layout)


def _split(text: pl.Series, layout: Layout) -> pl.Series:
    """Split at the separator; lines with a quote go through the standard library's reader."""
    import polars as pl

    parts = text.str.split(layout.separator)
    if layout.quote is None:
        return parts
    quoted = text.str.contains(layout.quote, literal=True).fill_null(False)
    if not quoted.any():
        return parts
    rows = csv.reader(text.filter(quoted), delimiter=layout.separator, quotechar=layout.quote)
    return parts.scatter(quoted.arg_true(), pl.Series(list(rows), dtype=pl.List(pl.String)))


def _typed(frame: pl.DataFrame, layout: Layout) -> tuple[pl.DataFrame, list[tuple[int, str]]]:
    import polars as pl

    reasons = [
        pl.when(pl.col("parts").list.len() != len(layout.fields)).then(
            pl.format("{} fields instead of " + str(len(layout.fields)), pl.col("parts").list.len())
        ),
        pl.when(pl.col("text").str.contains("\ufffd", literal=True)).then(pl.lit("not UTF-8")),
    ]
    columns = []
    for name, kind in _types(layout).items():
        if name in ("user", "item"):
            reasons.append(pl.when(pl.col(name).is_null()).then(pl.lit(f"no {name}")))
        elif name in ("rating", "timestamp"):
            number = pl.col(name).cast(kind, strict=False)
            strange = number.is_null() & pl.col(name).is_not_null()
            reasons.append(pl.when(strange).then(pl.format(f"`{{}}` is no {name}", pl.col(name).str.slice(0, 20))))
            columns.append(number)
    checked = frame.with_columns(reason=pl.coalesce(reasons)).with_columns(columns)
    bad = checked.filter(pl.col("reason").is_not_null()).select("line", "reason")
    wanted = [name for name in ("user", "item", "rating", "timestamp") if name in layout.fields]
    return checked.filter(pl.col("reason").is_null()).select(*wanted, "line"), bad.rows()


def _seconds(raw: Raw, unit: TimeUnit) -> Raw:
    import polars as pl

    if unit == "s":
        return raw
    frame = raw.frame.with_columns(pl.col("timestamp") // 1000)
    return Raw(frame, raw.items, raw.first_line, raw.label, raw.dropped)


def first_line(path: Path, *, label: str) -> str:
    """Return the first line of a file, plain or gzipped, without byte order mark and line end."""
    try:
        with open_plain(path) as file:
            return file.readline(BLOCK).decode("utf-8-sig", "replace").rstrip("\r\n")
    except READ_ERRORS as error:
        raise damaged(label, error) from None
