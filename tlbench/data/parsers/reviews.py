"""Amazon reviews as JSON lines of any edition, with their texts skipped -> Raw."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from tlbench.data.parsers.blocks import BadLines, Block, blocks
from tlbench.data.raw import READ_ERRORS, Raw, damaged, raw_of_blocks

BATCH = 1 << 17
# Names of 2014 and 2018 first, those of 2023 (time in milliseconds) second.
NAMES = {
    "user": ("reviewerID", "user_id"),
    "item": ("asin", "parent_asin"),
    "rating": ("overall", "rating"),
    "timestamp": ("unixReviewTime", "timestamp"),
}


class NotAReview(Exception):
    """A line is no review; the text says why."""


def read_reviews(path: Path, *, lenient: bool = False) -> Raw:
    """Read who reviewed what, how they rated it and when, plain or gzipped, in a stream.

    Parameters
    ----------
    path
        One review a line, as JSON; 2014 (5-core), 2018 and 2023 differ in names and in the unit of time.
    lenient
        Drop and count lines that cannot be read instead of refusing the file.

    Raises
    ------
    TlbenchError
        If the file is damaged, or a line is no review; with its number.
    """
    try:
        return raw_of_blocks(_streamed(path), label=path.name)
    except (pl.exceptions.PolarsError, NotAReview):
        return _line_by_line(path, lenient=lenient)
    except (OSError, *READ_ERRORS) as error:
        raise damaged(path.name, error) from None


def _streamed(path: Path) -> Iterator[pl.DataFrame]:
    """Read batch by batch, a row per line; raise where a line is no whole review, without saying which."""
    kinds = {"user": pl.String(), "item": pl.String(), "rating": pl.Float32(), "timestamp": pl.Int64()}
    schema = {name: kinds[role] for role, names in NAMES.items() for name in names}
    old, new = (dict(zip(NAMES, names, strict=True)) for names in zip(*NAMES.values(), strict=True))
    reviews = pl.scan_ndjson(path, schema=schema).select(
        user=pl.coalesce(old["user"], new["user"]),
        item=pl.coalesce(new["item"], old["item"]),  # in 2023 `asin` is a variant of the product `parent_asin`
        rating=pl.coalesce(old["rating"], new["rating"]),
        timestamp=pl.coalesce(old["timestamp"], pl.col(new["timestamp"]) // 1000),
    )
    first = 1
    for batch in reviews.collect_batches(chunk_size=BATCH, engine="streaming"):
        if any(batch.null_count().row(0)) or (batch["user"] == "").any() or (batch["item"] == "").any():
            raise NotAReview("something is missing")
        yield batch.with_columns(line=pl.int_range(first, first + len(batch), dtype=pl.UInt32, eager=True))
        first += len(batch)


def _line_by_line(path: Path, *, lenient: bool) -> Raw:
    bad = BadLines()
    raw = raw_of_blocks(_frames(path, bad), label=path.name)
    if bad.total and not lenient:
        raise bad.refusal(path.name)
    return replace(raw, dropped=bad.total)


def _frames(path: Path, bad: BadLines) -> Iterator[pl.DataFrame]:
    for block in blocks(path, label=path.name):
        frame, wrong = _careful(block)
        bad.add(wrong)
        yield frame


def _careful(block: Block) -> tuple[pl.DataFrame, list[tuple[int, str]]]:
    """Read line by line; return the good rows, and the bad lines with reasons."""
    rows: list[tuple[Any, ...]] = []
    wrong: list[tuple[int, str]] = []
    for number, line in enumerate(block.content.split(b"\n"), block.first):
        if line.strip():
            _sort_out(line, number, rows, wrong)
    schema = {"user": pl.String, "item": pl.String, "rating": pl.Float32, "timestamp": pl.Int64, "line": pl.UInt32}
    return pl.DataFrame(rows, schema=schema, orient="row"), wrong


def _sort_out(line: bytes, number: int, rows: list[tuple[Any, ...]], wrong: list[tuple[int, str]]) -> None:
    try:
        rows.append((*_review(json.loads(line.decode("utf-8-sig"))), number))
    except UnicodeDecodeError:
        wrong.append((number, "not UTF-8"))
    except (ValueError, RecursionError):
        wrong.append((number, "not JSON"))
    except NotAReview as error:
        wrong.append((number, str(error)))


def _review(found: object) -> tuple[str, str, float, int]:
    """Pick the four fields out of one review, or say what is wrong with it."""
    if not isinstance(found, dict):
        raise NotAReview("not a JSON object")
    item = found.get("parent_asin") or found.get("asin")
    user = found.get("reviewerID") or found.get("user_id")
    for role, value in (("user", user), ("item", item)):
        if not isinstance(value, str) or not value:
            raise NotAReview(f"no {role}")
    rating = found.get("overall", found.get("rating"))
    seconds, milliseconds = found.get("unixReviewTime"), found.get("timestamp")
    time = milliseconds // 1000 if seconds is None and isinstance(milliseconds, int) else seconds
    if isinstance(rating, bool) or not isinstance(rating, int | float) or abs(rating) > 1e30:
        raise NotAReview("no rating")
    if isinstance(time, bool) or not isinstance(time, int) or not -(2**63) <= time < 2**63:
        raise NotAReview("no timestamp")
    return str(user), str(item), float(rating), time
