"""Delimited text -> frame of user, item, rating, timestamp; what cannot be read is named with its line."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tlbench.data.entry import TimeUnit
from tlbench.data.parsers.blocks import BadLines, Block, blocks
from tlbench.data.raw import Raw, raw_of_blocks

if TYPE_CHECKING:
    import polars as pl

ROLES = ("user", "item", "rating", "timestamp")


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
        Character round fields that contain the separator; None where the publisher never quotes. A quoted field may
        not hold a line end.
    time_unit
        Unit of the timestamps.
    """

    fields: tuple[str, ...]
    separator: str = ","
    header: int = 0
    quote: str | None = None
    time_unit: TimeUnit = "s"

    @property
    def wanted(self) -> list[str]:
        """Those of the fields that are read."""
        return [name for name in ROLES if name in self.fields]

    def types(self) -> dict[str, pl.DataType]:
        """Type of each field."""
        import polars as pl

        known = {"user": pl.String(), "item": pl.String(), "rating": pl.Float32(), "timestamp": pl.Int64()}
        return {name: known.get(name, pl.String()) for name in self.fields}


def read_delimited(path: Path, layout: Layout, *, label: str, lenient: bool = False) -> Raw:
    """Read a delimited file, plain or gzipped, only the wanted fields, in blocks: ids are coded as they come.

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
    bad = BadLines()
    raw = raw_of_blocks(_frames(path, layout, label, bad), label=label)
    if bad.total and not lenient:
        raise bad.refusal(label)
    return replace(raw, dropped=bad.total)


def _frames(path: Path, layout: Layout, label: str, bad: BadLines) -> Iterator[pl.DataFrame]:
    for block in blocks(path, label=label, skip=layout.header):
        frame = _fast(block, layout)
        if frame is None:
            frame, wrong = _careful(block, layout)
            bad.add(wrong)
        yield _whole(frame, layout)


def _fast(block: Block, layout: Layout) -> pl.DataFrame | None:
    """Read a block in which every line is as the layout says; None where one is not."""
    import polars as pl

    types = layout.types()
    try:
        frame = pl.read_csv(
            block.content,
            has_header=False,
            separator=layout.separator,
            quote_char=layout.quote,
            schema=types,
            columns=[k for k, name in enumerate(layout.fields) if name in ROLES],
        )
    except pl.exceptions.PolarsError:
        return None
    nulls = frame.null_count().row(0, named=True)
    if nulls["user"] or nulls["item"]:
        return None
    # A line with too few fields reads like one with empty fields, so the separators are counted.
    short = layout.quote is None and block.content.count(layout.separator.encode()) != len(frame) * (len(types) - 1)
    short = short or (layout.quote is not None and any(nulls.values()))
    return None if short else frame.with_columns(line=_numbers(block.first, len(frame)))


def _numbers(first: int, n: int) -> pl.Series:
    import polars as pl

    return pl.int_range(first, first + n, dtype=pl.UInt32, eager=True)


def _whole(frame: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    """Bring a block's columns into one form: absent ones all null, time in seconds."""
    import polars as pl

    types = {"rating": pl.Float32, "timestamp": pl.Int64}
    absent = [pl.lit(None, dtype=kind).alias(name) for name, kind in types.items() if name not in layout.fields]
    seconds = [pl.col("timestamp") // 1000] if layout.time_unit == "ms" else []
    return frame.with_columns(absent).with_columns(seconds).select(*ROLES, "line")


def _careful(block: Block, layout: Layout) -> tuple[pl.DataFrame, list[tuple[int, str]]]:
    """Split a block's lines into typed fields; return the good rows, and the bad lines with reasons."""
    import polars as pl

    lines = block.content.decode("utf-8", "replace").removesuffix("\n").split("\n")
    text = pl.Series("text", lines, dtype=pl.String).str.strip_chars_end("\r")
    if block.first == 1:
        text = text.str.strip_prefix("\ufeff")
    frame = pl.DataFrame({"text": text, "parts": _split(text, layout), "line": _numbers(block.first, len(text))})
    fields = [
        pl.col("parts").list.get(k, null_on_oob=True).replace("", None).alias(name)
        for k, name in enumerate(layout.fields)
        if name in ROLES
    ]
    return _typed(frame.filter(pl.col("text") != "").with_columns(fields), layout)


def _split(text: pl.Series, layout: Layout) -> pl.Series:
    """Split at the separator; lines with a quote go through the standard library's reader."""
    import polars as pl

    parts = text.str.split(layout.separator)
    if layout.quote is None:
        return parts
    quoted = text.str.contains(layout.quote, literal=True)
    if not quoted.any():
        return parts
    rows = parts.to_list()
    for row in quoted.arg_true():
        rows[row] = _reread(text[row], layout)
    return pl.Series(rows, dtype=pl.List(pl.String))


def _reread(line: str, layout: Layout) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=layout.separator, quotechar=layout.quote, strict=True))
    except csv.Error:  # a quote without its other: no number of fields fits, so the line is refused
        return []


def _typed(frame: pl.DataFrame, layout: Layout) -> tuple[pl.DataFrame, list[tuple[int, str]]]:
    import polars as pl

    found = pl.col("parts").list.len()
    reasons = [
        pl.when(found != len(layout.fields)).then(pl.format("{} fields instead of " + str(len(layout.fields)), found)),
        pl.when(pl.col("text").str.contains("\ufffd", literal=True)).then(pl.lit("not UTF-8")),
        pl.when(pl.col("user").is_null()).then(pl.lit("no user")),
        pl.when(pl.col("item").is_null()).then(pl.lit("no item")),
    ]
    numbers = []
    for name in ("rating", "timestamp"):
        if name in layout.fields:
            number = pl.col(name).cast(layout.types()[name], strict=False)
            strange = number.is_null() & pl.col(name).is_not_null()
            reasons.append(pl.when(strange).then(pl.format(f"`{{}}` is no {name}", pl.col(name).str.slice(0, 20))))
            numbers.append(number)
    checked = frame.with_columns(reason=pl.coalesce(reasons)).with_columns(numbers)
    bad = checked.filter(pl.col("reason").is_not_null()).select("line", "reason")
    return checked.filter(pl.col("reason").is_null()).select(*layout.wanted, "line"), bad.rows()
