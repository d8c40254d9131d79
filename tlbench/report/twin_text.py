"""Twins -> lines for the terminal, and the table that JSON and CSV hold of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from tlbench.analysis.wording import effect_text

if TYPE_CHECKING:
    from tlbench.analysis.external_twins import Exposure
    from tlbench.scenario.twins import Twins
    from tlbench.stats.twin_parts import TwinParts

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


def exposure_line(found: Exposure) -> str:
    """Say how many of a source's items are twins, and how much of the judged events they expose."""
    twins = found.twins
    return (
        f"{twins.items:,} of {twins.of_items:,} source items are twins "
        f"({100 * twins.events / twins.of_events:.1f} % of source events); "
        f"{100 * found.share:.1f} % of test events are exposed"
    )


PART_HEADINGS = ("method", "counterpart", "all items", "as many others removed", "twins removed", "through twins")


def part_row(found: TwinParts) -> tuple[str, ...]:
    """Gains over the counterpart with each source, and what needs twins, under `PART_HEADINGS`."""
    others = found.gain.difference - found.removal.difference
    base = found.gain.base_mean
    return (
        found.gain.candidate,
        found.gain.control,
        effect_text(found.gain),
        f"{100 * others / base:+.1f} %" if base else f"{others:+.4f}",
        effect_text(found.without),
        effect_text(found.through_twins),
    )


def part_sentence(found: TwinParts) -> list[str]:
    """``784 of 791 points come through twins``, with what is left; nothing where no gain is shown.

    A point is a per cent of the counterpart's mean.
    """
    gain, twins = found.gain.relative, found.through_twins.relative
    if found.gain.low <= 0 or gain is None or twins is None:
        return []
    left = f"without twins {found.gain.candidate} is {effect_text(found.without)} over {found.gain.control}"
    verdict = ": nothing to transfer but twins" if found.nothing_else else ""
    points = f"{100 * gain:,.0f} points"
    part = f"{100 * twins:,.0f} of {points}" if twins < gain else f"all {points}"
    return [f"{found.gain.candidate}: {part} come through twins; {left}{verdict}"]


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
