"""Data sets -> lines for `tlbench list datasets`: a line for what is here and for each family, or all of some."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from tlbench.registry import unknown

if TYPE_CHECKING:
    from tlbench.data.overview import DatasetInfo

_NAME = 35
_WIDTH = 80


def overview(infos: Sequence[DatasetInfo]) -> Iterable[str]:
    """One line for each set that is here, then one for each family that can be fetched, with its editions."""
    here = [info for info in infos if info.present]
    away = [info for info in infos if not info.present]
    yield f"{'here':<{_NAME}} {'users':>9} {'items':>9} {'interactions':>13} {'size':>9}"
    for info in here:
        yield f"{info.name:<{_NAME}} {_columns(info)} {size(info.bytes) if info.bytes else '':>9}".rstrip()
    if away:
        yield ""
        yield "can be fetched: * is what the name alone means; ? nobody verified address or sum"
        known = {alias: info.name for info in infos for alias in info.aliases}
        for family, editions in groupby(away, key=_family):
            marked = " ".join(_edition(info, known.get(family)) for info in editions)
            yield from textwrap.wrap(f"{family:<{_NAME}} {marked}", _WIDTH, subsequent_indent=" " * (_NAME + 1))
    yield ""
    yield "counts, terms and citation: `tlbench list datasets NAME...`, or `--all`"


def chosen(infos: Sequence[DatasetInfo], names: Sequence[str]) -> list[DatasetInfo]:
    """Return the sets of these names, aliases or families, each once.

    Raises
    ------
    TlbenchError
        For a name that nothing has, with the nearest one.
    """
    found = []
    for name in (text.lower().partition("/")[0] for text in names):
        mine = [info for info in infos if name in (info.name, *info.aliases)]
        mine += [info for info in infos if name == _family(info)]
        if not mine:
            every = [known for info in infos for known in (info.name, *info.aliases)]
            raise unknown("data set", name, every, "tlbench list datasets")
        found += mine
    return list({info.name: info for info in found}.values())


def about(info: DatasetInfo) -> Iterable[str]:
    """Tell all that is known of one data set."""
    state = "here" if info.present else "not here"
    sizes = [size(info.bytes)] if info.bytes else []
    marks = [info.origin, state, *sizes, *([] if info.verified else ["address and sum not verified"])]
    yield ", ".join(marks)
    if info.aliases:
        yield f"also {', '.join(info.aliases)}"
    yield from (
        line for line in (_counts(info), info.summary, info.terms and f"terms: {info.terms}", info.reference) if line
    )


def size(n_bytes: int) -> str:
    """Write a file's size as people do: ``42 kB``, ``4.9 MB``, ``1.2 GB``."""
    if n_bytes < 1e6:
        return f"{n_bytes / 1e3:.0f} kB"
    return f"{n_bytes / 1e9:.1f} GB" if n_bytes >= 1e9 else f"{n_bytes / 1e6:.1f} MB"


def _columns(info: DatasetInfo) -> str:
    if info.expects is None:
        return f"{'made by code' if info.origin == 'code' else 'not counted':>33}"
    return f"{info.expects.users:>9,} {info.expects.items:>9,} {info.expects.interactions:>13,}"


def _counts(info: DatasetInfo) -> str:
    if info.expects is None:
        return ""
    expects = info.expects
    return f"{expects.users:,} users, {expects.items:,} items, {expects.interactions:,} interactions"


def _family(info: DatasetInfo) -> str:
    return info.name.partition("@")[0]


def _edition(info: DatasetInfo, default: str | None) -> str:
    edition = info.name.partition("@")[2]
    return f"{edition}{'*' if info.name == default else ''}{'' if info.verified else '?'}"
