"""Rows of text -> CSV that a spreadsheet reads as text and numbers, never as formulas."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any

_STARTS = ("=", "+", "-", "@")


def as_csv(rows: Iterable[Iterable[Any]]) -> str:
    r"""Return rows as CSV.

    A text that a spreadsheet would compute gets an apostrophe in front, as OWASP advises; numbers stay as they are.

    Examples
    --------
    >>> as_csv([("user", "gain"), ("=1+1", -0.5)])
    "user,gain\n'=1+1,-0.5\n"
    """
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([_safe(value) for value in row] for row in rows)
    return text.getvalue()


def _safe(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    text = value.replace("\r", " ")  # which would end the row where line feeds do
    return f"'{text}" if text.lstrip().startswith(_STARTS) else text
