"""Delimited text -> frame of user, item, rating, timestamp; what cannot be read is named with its line."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import polars as pl

from tlbench.data.moments import TimeUnit, to_seconds
from tlbench.data.parsers.blocks import BadLines, Block, Encoding, blocks
from tlbench.data.raw import Raw, raw_of_blocks

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
        Character round fields that contain the separator or a line end; None where the publisher never quotes.
    time_unit
        How timestamps are written.
    decimal
        Character before the fraction of a rating.
    encoding
        Of the file.
    nothing
        What stands, beside the empty field, where there is no value.
    """

    fields: tuple[str, ...]
    separator: str = ","
    header: int = 0
    quote: str | None = None
    time_unit: TimeUnit = "s"
    decimal: Literal[".", ","] = "."
    encoding: Encoding = "utf-8"
    nothing: tuple[str, ...] = ()

    @property
    def wanted(self) -> list[str]:
        """Those of the fields that are read."""
        return [name for name in ROLES if name in self.fields]

    @property
    def is_plain(self) -> bool:
        """Whether ratings and timestamps are numbers as polars reads them; else they are read as text first."""
        return self.decimal == "." and self.time_unit in ("s", "ms") and not self.nothing

    def types(self) -> dict[str, pl.DataType]:
        """Type in which each field is read."""
        known = {"rating": pl.Float32(), "timestamp": pl.Int64()} if self.is_plain else {}
        return {name: known.get(name, pl.String()) for name in self.fields}

    def value(self, name: str, kind: pl.DataType) -> pl.Expr:
        """Make float32 of ratings, int64 seconds UTC of timestamps, and text of ids; null where that cannot be."""
        if name == "timestamp" and self.is_plain:  # publishers write whole numbers: anything else is damage
            return to_seconds(name, self.time_unit, pl.Int64())
        if name == "timestamp":
            return to_seconds(name, self.time_unit, kind)
        if name != "rating":
            return pl.col(name)
        text = pl.col(name).str.replace(",", ".", literal=True) if self.decimal == "," else pl.col(name)
        return text.cast(pl.Float32, strict=False)


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
        If the file is damaged, or a line has other fields than the layout says.
    """
    bad = BadLines()
    raw = raw_of_blocks(_frames(path, layout, label, bad), label=label)
    if bad.total and not lenient:
        raise bad.refusal(label)
    return replace(raw, dropped=bad.total)


def _frames(path: Path, layout: Layout, label: str, bad: BadLines) -> Iterator[pl.DataFrame]:
    for block in blocks(path, label=label, skip=layout.header, encoding=layout.encoding, quote=layout.quote):
        frame = _fast(block, layout)
        if frame is None:
            frame, wrong = _careful(block, layout)
            bad.add(wrong)
        yield _whole(frame, layout)


def _fast(block: Block, layout: Layout) -> pl.DataFrame | None:
    """Read a block in which every line is as the layout says; None where one is not."""
    types = layout.types()
    try:
        frame = pl.read_csv(
            block.content,
            has_header=False,
            separator=layout.separator,
            quote_char=layout.quote,
            schema=types,
            columns=[k for k, name in enumerate(layout.fields) if name in ROLES],
            null_values=list(layout.nothing) or None,
        )
    except pl.exceptions.PolarsError:
        return None
    read = frame.null_count().row(0, named=True)
    typed = frame.with_columns(layout.value(name, frame.schema[name]) for name in layout.wanted)
    nulls = typed.null_count().row(0, named=True)
    if nulls["user"] or nulls["item"] or nulls != read:
        return None
    # A line with too few fields reads like one with empty fields, so the separators are counted.
    short = layout.quote is None and block.content.count(layout.separator.encode()) != len(frame) * (len(types) - 1)
    short = short or (layout.quote is not None and any(nulls.values()))
    return None if short else typed.with_columns(line=_numbers(block.first, len(frame)))


def _numbers(first: int, n: int) -> pl.Series:
    return pl.int_range(first, first + n, dtype=pl.UInt32, eager=True)


def _whole(frame: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    """Bring a block's columns into one form: absent ones all null."""
    types = {"rating": pl.Float32, "timestamp": pl.Int64}
    absent = [pl.lit(None, dtype=kind).alias(name) for name, kind in types.items() if name not in layout.fields]
    return frame.with_columns(absent).select(*ROLES, "line")


def _careful(block: Block, layout: Layout) -> tuple[pl.DataFrame, list[tuple[int, str]]]:
    """Split a block's lines into typed fields; return the good rows, and the bad lines with reasons."""
    frame = _records(block, layout)
    fields = [
        pl.col("parts").list.get(k, null_on_oob=True).replace(["", *layout.nothing], None).alias(name)
        for k, name in enumerate(layout.fields)
        if name in ROLES
    ]
    return _typed(frame.filter(pl.col("text") != "").with_columns(fields), layout)


def _records(block: Block, layout: Layout) -> pl.DataFrame:
    """Split a block into rows of ``text``, ``parts`` (the fields) and ``line`` (number of the first line)."""
    content = block.content.decode("utf-8", "replace").removesuffix("\n")
    lines = content.removeprefix("\ufeff").split("\n") if block.first == 1 else content.split("\n")
    text = pl.Series("text", lines, dtype=pl.String).str.strip_chars_end("\r")
    if layout.quote is not None and bool((text.str.count_matches(layout.quote, literal=True) % 2 == 1).any()):
        return _of_several_lines(lines, layout, block.first)
    return pl.DataFrame({"text": text, "parts": _split(text, layout), "line": _numbers(block.first, len(text))})


def _of_several_lines(lines: list[str], layout: Layout, first: int) -> pl.DataFrame:
    """Split a block in which some quoted field may hold line ends; a quote without its other spoils its line only."""
    rows: list[tuple[str, list[str], int]] = []
    place = 0
    while place < len(lines):
        reader = csv.reader(
            (f"{line}\n" for line in lines[place:]),
            delimiter=layout.separator,
            quotechar=layout.quote or '"',
            strict=True,
        )
        start = place
        try:
            for fields in reader:
                rows.append((lines[start].rstrip("\r"), fields, first + start))
                start = place + reader.line_num
            place = len(lines)
        except csv.Error:
            rows.append((lines[start].rstrip("\r"), [], first + start))
            place = start + 1
    schema = {"text": pl.String(), "parts": pl.List(pl.String), "line": pl.UInt32()}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _split(text: pl.Series, layout: Layout) -> pl.Series:
    """Split at the separator; lines with a quote go through the standard library's reader."""
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
            number = layout.value(name, pl.String())
            strange = number.is_null() & pl.col(name).is_not_null()
            reasons.append(pl.when(strange).then(pl.format(f"`{{}}` is no {name}", pl.col(name).str.slice(0, 20))))
            numbers.append(number)
    checked = frame.with_columns(reason=pl.coalesce(reasons)).with_columns(numbers)
    bad = checked.filter(pl.col("reason").is_not_null()).select("line", "reason")
    return checked.filter(pl.col("reason").is_null()).select(*layout.wanted, "line"), bad.rows()
