"""CatalogueEntry: what a catalogue says of one data set, read from its TOML table and checked key by key."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

from tlbench.data.address import check_url, public
from tlbench.data.clock import TimeRange
from tlbench.data.moments import TIME_UNITS, TimeUnit
from tlbench.registry import unknown

ROLES = ("user", "item", "rating", "timestamp")
FORMATS = (
    "movielens-udata",
    "movielens-dat",
    "movielens-csv",
    "amazon-csv-2014",
    "amazon-csv-2018",
    "amazon-csv-2023",
    "amazon-reviews",
    "csv",
    "parquet",
    "json",
)


@dataclass(frozen=True)
class Expects:
    """Counts that a data set must have after removing duplicate pairs."""

    users: int
    items: int
    interactions: int


@dataclass(frozen=True)
class CatalogueEntry:
    """What a catalogue says of one data set.

    Attributes
    ----------
    name
        Full name without slice, ``family@edition``.
    format
        Layout of the file, one of `FORMATS`.
    file, url
        Where the interactions lie: a path, or the publisher's address, or both.
    sha256
        Sum of the file, hexadecimal; None leaves it unchecked.
    items_file, items_url, items_sha256
        The same for titles and categories, where they lie in a file of their own.
    expects
        Counts after removing duplicate pairs; None leaves them unchecked.
    user_ids, item_ids
        Families of ids: sets that name the same family share users (items).
    terms, reference
        Terms of use and citation.
    rating_scale
        Lowest and highest rating possible; None takes the format's own.
    columns
        For ``csv``, ``parquet`` and ``json``: role (user, item, rating, timestamp) to column name, in JSON the path of
        a field; for ``csv`` without header, to position from 0.
    unpacked
        Most bytes that one file may unpack to; None allows 200 times its packed size and 64 MiB.
    separator, header
        For ``csv``: one character between fields; whether the first line names the columns.
    skip, encoding, decimal
        For ``csv``: number of lines before the table; of its bytes; the character before a rating's fraction.
    time_unit
        Unit of timestamps, ``s``, ``ms``, ``us`` or ``ns``, or how dates are written, see `tlbench.data.moments`.
    time_range
        First and last day on which an interaction can have happened; None takes 1990 to a year from now.
    verified
        False where nobody has checked address and sum.
    origin
        Which catalogue says so.
    address
        Where the interactions come from, as the catalogue has it: the url without secrets, or the path as
        written.
    """

    name: str
    format: str
    user_ids: str
    item_ids: str
    file: Path | None = None
    url: str | None = None
    sha256: str | None = None
    items_file: Path | None = None
    items_url: str | None = None
    items_sha256: str | None = None
    expects: Expects | None = None
    terms: str = ""
    reference: str = ""
    rating_scale: tuple[float, float] | None = None
    unpacked: int | None = None
    columns: Mapping[str, str | int] = field(default_factory=dict)
    separator: str = ","
    header: bool = True
    time_unit: TimeUnit = "s"
    time_range: TimeRange | None = None
    skip: int = 0
    encoding: Literal["utf-8", "utf-16", "cp1252"] = "utf-8"
    decimal: Literal[".", ","] = "."
    verified: bool = True
    origin: str = "local"
    address: str = ""


def read_entry(
    name: str, content: object, *, folder: Path, origin: str, where: str, problems: list[str]
) -> CatalogueEntry | None:
    """Make an entry of its TOML table; what is wrong is appended to `problems` with its key, and None returned.

    Parameters
    ----------
    name
        Full name of the data set.
    content
        The TOML table.
    folder
        What relative paths are relative to.
    origin
        Which catalogue this is.
    where
        Key of the table, for messages.
    problems
        Filled with one line per problem.
    """
    if not isinstance(content, dict):
        problems.append(f"{where}: must be a table")
        return None
    before = len(problems)
    values = {key: _value(key, content[key], where, problems) for key in content}
    problems += [f"{where}.{problem}" for problem in _together(content)]
    if len(problems) > before:
        return None
    for key in ("file", "items_file"):
        if key in values:
            values[key] = folder / values[key]
    values.setdefault("item_ids", name)
    address = public(content["url"]) if "url" in content else content["file"]
    return CatalogueEntry(name=name, origin=origin, address=address, **values)


def _value(key: str, value: object, where: str, problems: list[str]) -> Any:
    if key not in _READERS:
        near = unknown("key", key, list(_READERS), "").hint or ""
        guess = re.match(r"did you mean `(\w+)`", near)
        problems.append(f"{where}.{key}: unknown key" + (f", did you mean `{guess[1]}`?" if guess else ""))
        return None
    try:
        return _READERS[key](value)
    except ValueError as error:
        problems.append(f"{where}.{key}: {error}")
        return None


def _together(content: Mapping[str, object]) -> list[str]:
    """Problems of keys with each other."""
    problems = [f"{key}: missing" for key in ("format", "user_ids") if key not in content]
    if "file" not in content and "url" not in content:
        problems.append("file: missing, and no url either")
    if content.get("format") in ("csv", "parquet", "json"):
        columns = content.get("columns")
        if not isinstance(columns, dict) or not {"user", "item"} <= set(columns):
            problems.append('columns: must name user and item, for instance { user = "uid", item = "iid" }')
        elif content.get("header") is False and any(isinstance(column, str) for column in columns.values()):
            problems.append("columns: must be positions from 0 where header is false")
    return problems


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"must be text, is {value!r}")
    return value


def _flag(value: object) -> bool:
    if value is not True and value is not False:
        raise ValueError(f"must be true or false, is {value!r}")
    return value


def _sum(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9a-f]{64}", value.lower()):
        raise ValueError(f"must be 64 hexadecimal digits, is {value!r}")
    return value.lower()


def _format(value: object) -> str:
    if not isinstance(value, str) or value not in FORMATS:
        raise ValueError(f"must be one of {', '.join(FORMATS)}, is {value!r}")
    return str(value)


def _unit(value: object) -> str:
    return _one_of(TIME_UNITS, value)


def _encoding(value: object) -> str:
    return _one_of(("utf-8", "utf-16", "cp1252"), value)


def _decimal(value: object) -> str:
    return _one_of((".", ","), value)


def _one_of(choices: Sequence[str], value: object) -> str:
    if not isinstance(value, str) or value not in choices:
        raise ValueError(f"must be one of {' '.join(choices)}, is {value!r}")
    return str(value)


def _lines(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"must be a whole number from 0, is {value!r}")
    return value


def _range(value: object) -> TimeRange:
    days = value if isinstance(value, list) else []
    if len(days) != 2:
        raise ValueError(f"must be two days, the first and the last, is {value!r}")
    first, last = (_day(day) for day in days)
    if not first <= last:
        raise ValueError(f"must begin with the first day, is {value!r}")
    return TimeRange.of_days(first, last)


def _day(value: object) -> date:
    """Read a TOML date, or text in the form of ISO 8601."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise ValueError(f"must be days such as 1995-01-31, one is {value!r}") from None


def _path(value: object) -> Path:
    text = _text(value)
    if "\0" in text:
        raise ValueError(f"must be a path without NUL characters, is {value!r}")
    return Path(text)


def _character(value: object) -> str:
    if not isinstance(value, str) or len(value.encode()) != 1:
        raise ValueError(f"must be one character, is {value!r}")
    return value


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"must be a whole number above 0, is {value!r}")
    return value


def _expects(value: object) -> Expects:
    keys = ("users", "items", "interactions")
    if not isinstance(value, dict) or set(value) != set(keys):
        raise ValueError("must be a table of users, items and interactions")
    return Expects(**{key: _count(value[key]) for key in keys})


def _scale(value: object) -> tuple[float, float]:
    numbers = value if isinstance(value, list) else []
    if len(numbers) != 2 or any(isinstance(n, bool) or not isinstance(n, int | float) for n in numbers):
        raise ValueError(f"must be two numbers, lowest and highest, is {value!r}")
    if not all(math.isfinite(n) for n in numbers):
        raise ValueError(f"must be finite, is {value!r}")
    if not numbers[0] < numbers[1]:
        raise ValueError(f"must begin with the lowest, is {value!r}")
    return float(numbers[0]), float(numbers[1])


def _columns(value: object) -> dict[str, str | int]:
    if not isinstance(value, dict) or not value:
        raise ValueError('must be a table, for instance { user = "uid", item = "iid" }')
    strange = [role for role in value if role not in ROLES]
    if strange:
        raise ValueError(f"`{strange[0]}` is not one of {', '.join(ROLES)}")
    wrong = [c for c in value.values() if isinstance(c, bool) or not isinstance(c, str | int) or c == ""]
    if wrong:
        raise ValueError(f"must be names or positions from 0, one is {wrong[0]!r}")
    if len(set(value.values())) < len(value):
        raise ValueError("names one column twice")
    return dict(value)


_READERS: dict[str, Callable[[object], Any]] = {
    "format": _format,
    "file": _path,
    "url": check_url,
    "sha256": _sum,
    "items_file": _path,
    "items_url": check_url,
    "items_sha256": _sum,
    "expects": _expects,
    "user_ids": _text,
    "item_ids": _text,
    "terms": _text,
    "reference": _text,
    "rating_scale": _scale,
    "unpacked": _count,
    "columns": _columns,
    "separator": _character,
    "header": _flag,
    "time_unit": _unit,
    "time_range": _range,
    "skip": _lines,
    "encoding": _encoding,
    "decimal": _decimal,
    "verified": _flag,
}
