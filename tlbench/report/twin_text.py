"""Twins -> lines for the terminal, and the table that JSON and CSV hold of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

if TYPE_CHECKING:
    from tlbench.scenario.twins import Twins

EXAMPLES = 5
_ID = 22


def twin_lines(found: Sequence[Twins]) -> Iterator[str]:
    """Say of each pair of domains how many pairs of items have each grade, with examples; 80 columns."""
    for twins in found:
        where = twins.left if twins.left == twins.right else f"{twins.left} -> {twins.right}"
        yield f"{where}: {twins.users:,} users, {twins.tested:,} pairs of items tested"
        yield f"  skipped, with fewer than two shared users: {' and '.join(f'{n:,}' for n in twins.skipped)} items"
        for grade, pairs in twins.table.group_by("grade", maintain_order=True):
            yield f"  {grade[0]}: {len(pairs):,} pairs"
            yield from (f"    {line}" for line in _examples(pairs))


def _examples(pairs: pl.DataFrame) -> Iterator[str]:
    for row in pairs.head(EXAMPLES).iter_rows(named=True):
        yield (
            f"{str(row['left_item'])[:_ID]:<{_ID}} {str(row['right_item'])[:_ID]:<{_ID}} "
            f"{row['common']:,} of {row['left_users']:,} and {row['right_users']:,}"
        )


def twins_as_json(found: Sequence[Twins]) -> str:
    """Return all pairs as JSON text."""
    tables = [
        {
            "left": twins.left,
            "right": twins.right,
            "users": twins.users,
            "tested": twins.tested,
            "skipped": list(twins.skipped),
            "pairs": _plain(twins.table),
        }
        for twins in found
    ]
    return json.dumps({"schema": 1, "twins": tables}, indent=1, ensure_ascii=False) + "\n"


def twins_as_csv(found: Sequence[Twins]) -> str:
    """Return all pairs as one CSV table, with the names of the domains before each pair."""
    named = [
        twins.table.drop("left", "right").select(
            pl.lit(twins.left).alias("left_domain"), pl.lit(twins.right).alias("right_domain"), pl.all()
        )
        for twins in found
    ]
    return pl.concat(named).write_csv()


def _plain(table: pl.DataFrame) -> list[dict[str, Any]]:
    return table.drop("left", "right").to_dicts()
