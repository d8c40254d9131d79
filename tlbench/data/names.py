"""Names of data sets: ``family@edition/slice``, taken apart and checked."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tlbench.errors import TlbenchError

PATTERN = re.compile(r"[a-z0-9][a-z0-9._-]*(@[a-z0-9][a-z0-9._-]*)?")


@dataclass(frozen=True)
class DatasetName:
    """What the user typed: `base` is the family with or without edition, `part` the slice or None."""

    base: str
    part: str | None = None

    def __str__(self) -> str:
        return self.base if self.part is None else f"{self.base}/{self.part}"


def parse_name(text: str) -> DatasetName:
    """Take ``family@edition/slice`` apart; letters of either case are the same.

    Parameters
    ----------
    text
        What the user wrote.

    Returns
    -------
    DatasetName
        Its base and, where one is named, its slice.

    Raises
    ------
    TlbenchError
        If the text is no name at all.

    Examples
    --------
    >>> from tlbench.data.names import parse_name
    >>> parse_name("MovieLens@1m/drama")
    DatasetName(base='movielens@1m', part='drama')
    """
    base, slash, part = text.strip().lower().partition("/")
    part = part.strip()
    if not is_base(base) or (slash and not part):
        raise TlbenchError(
            f"`{text}` is not the name of a data set",
            hint="a name reads family@edition/slice, for instance `movielens@1m/drama`; "
            "`tlbench list datasets` lists all",
        )
    return DatasetName(base, part or None)


def is_base(text: str) -> bool:
    """Tell whether a text can be a data set's name (without a slice)."""
    return PATTERN.fullmatch(text) is not None
