"""Time as files write it (numbers since 1970, dates in one of three orders) -> whole seconds UTC."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    import polars as pl

TimeUnit = Literal["s", "ms", "us", "ns", "ymd", "dmy", "mdy", "yyyymmdd"]
TIME_UNITS: tuple[TimeUnit, ...] = get_args(TimeUnit)
WORDS: dict[TimeUnit, str] = {
    "s": "time in seconds",
    "ms": "time in milliseconds",
    "us": "time in microseconds",
    "ns": "time in nanoseconds",
    "ymd": "dates as year-month-day",
    "dmy": "dates as day/month/year",
    "mdy": "dates as month/day/year",
    "yyyymmdd": "dates as yyyymmdd",
}
_PER_SECOND: dict[TimeUnit, int] = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
# Numbers of 1986 to 2128 in each unit of time; the ranges do not meet.
EPOCHS: dict[TimeUnit, tuple[float, float]] = {unit: (5e8 * n, 5e9 * n) for unit, n in _PER_SECOND.items()}

_DATES: dict[TimeUnit, str] = {
    "ymd": r"(?<y>\d{4})[-/.](?<m>\d{1,2})[-/.](?<d>\d{1,2})",
    "dmy": r"(?<d>\d{1,2})[-/.](?<m>\d{1,2})[-/.](?<y>\d{4}|\d{2})",
    "mdy": r"(?<m>\d{1,2})[-/.](?<d>\d{1,2})[-/.](?<y>\d{4}|\d{2})",
    "yyyymmdd": r"(?<y>(?:19|20)\d{2})(?<m>\d{2})(?<d>\d{2})",
}
_OF_DAY = r"(?:(?:T|,?\s+)(?<H>\d{1,2}):(?<M>\d{2})(?::(?<S>\d{2})(?:[.,]\d+)?)?\s*(?<p>[AaPp])?\.?(?:[Mm]\.?)?)?"
_ZONE = r"\s*(?:Z|UTC|GMT|(?<sign>[+-])(?<zh>\d{2}):?(?<zm>\d{2})?(?: UTC)?)?"


def to_seconds(column: str, unit: TimeUnit, kind: pl.DataType) -> pl.Expr:
    """Return the expression that makes int64 seconds UTC of a column; null where a value is no time of that form.

    Parameters
    ----------
    column
        Its name.
    unit
        How it writes time; a temporal column needs none. A date without a zone is read as UTC, one without a time of
        day as midnight; fractions of a second are cut off.
    kind
        The column's type: text, a number, or temporal.

    Examples
    --------
    >>> import polars as pl
    >>> frame = pl.DataFrame({"when": ["1997-12-04 15:55:49", "1997-12-04T16:55:49+01:00", "soon"]})
    >>> frame.select(to_seconds("when", "ymd", pl.String()))["when"].to_list()
    [881250949, 881250949, None]
    """
    import polars as pl

    if kind.is_temporal():
        return pl.col(column).dt.epoch("s")
    if unit in _DATES:
        return _of_text(pl.col(column).cast(pl.String), unit).alias(column)
    whole = pl.col(column).cast(pl.Int64, strict=False)
    if kind.is_integer():
        return whole // _PER_SECOND[unit]
    # "1700000000.25" is a time with a fraction; large whole numbers would lose digits on that way, so they come first.
    real = pl.col(column).cast(pl.Float64, strict=False)
    exact = pl.when(real == real.floor()).then(whole) if kind.is_float() else whole
    parted = (real / _PER_SECOND[unit]).floor().cast(pl.Int64, strict=False)
    return pl.coalesce(exact // _PER_SECOND[unit], parted)


def _of_text(text: pl.Expr, unit: TimeUnit) -> pl.Expr:
    import polars as pl

    parts = text.str.extract_groups(rf"^\s*{_DATES[unit]}{_OF_DAY}{_ZONE}\s*$").struct

    def number(name: str) -> pl.Expr:
        return parts.field(name).cast(pl.Int64)

    year = pl.when(parts.field("y").str.len_bytes() == 2).then(2000 + number("y")).otherwise(number("y"))
    # strptime refuses what no calendar has, such as a 30th of February, which arithmetic would let pass.
    written = pl.format("{}-{}-{}", year.cast(pl.String), parts.field("m"), parts.field("d"))
    day = written.str.to_date("%Y-%m-%d", strict=False).dt.epoch("s")
    hour = number("H").fill_null(0)
    afternoon = parts.field("p").str.to_lowercase()
    hour = pl.when(afternoon == "p").then(hour % 12 + 12).when(afternoon == "a").then(hour % 12).otherwise(hour)
    minute, second = number("M").fill_null(0), number("S").fill_null(0)
    known = (hour < 24) & (minute < 60) & (second <= 60)
    offset = number("zh").fill_null(0) * 3600 + number("zm").fill_null(0) * 60
    east = pl.when(parts.field("sign") == "-").then(-offset).otherwise(offset)
    return pl.when(known).then(day + hour * 3600 + minute * 60 + second - east)


def unit_of(values: pl.Series) -> TimeUnit | None:
    """Tell how a column writes time; None where it is none.

    Parameters
    ----------
    values
        Text or numbers, any length; nulls say nothing. Where every date could be read in both orders, day/month/year
        is taken unless a time of day says AM or PM.

    Returns
    -------
    TimeUnit or None
        Unit of numbers (``s``, ``ms``, ...), or the order of day, month and year in texts.

    Examples
    --------
    >>> import polars as pl
    >>> from tlbench.data.moments import unit_of
    >>> unit_of(pl.Series([1_600_000_000_000])), unit_of(pl.Series(["2024-05-31"])), unit_of(pl.Series(["a"]))
    ('ms', 'ymd', None)
    """
    import polars as pl

    known = values.drop_nulls()
    if not len(known) or known.dtype in (pl.Boolean,) or known.dtype.is_nested():
        return None
    if known.dtype.is_temporal():
        return "s"
    numbers = known.cast(pl.Float64, strict=False)
    if not numbers.null_count():
        return _unit_of_numbers(known, numbers)
    if known.dtype != pl.String:
        return None
    order: tuple[TimeUnit, ...] = ("ymd", "mdy", "dmy") if _has_half_days(known) else ("ymd", "dmy", "mdy")
    return next((unit for unit in order if _all_read(known, unit)), None)


def is_ambiguous(values: pl.Series, unit: TimeUnit) -> bool:
    """Tell whether every date of a column could have day and month the other way round."""
    other: dict[TimeUnit, TimeUnit] = {"dmy": "mdy", "mdy": "dmy"}
    return unit in other and _all_read(values.drop_nulls(), other[unit])


def _unit_of_numbers(known: pl.Series, numbers: pl.Series) -> TimeUnit | None:
    import polars as pl

    for unit, (low, high) in EPOCHS.items():
        if numbers.is_between(low, high, closed="left").all():
            return unit
    return "yyyymmdd" if known.dtype in (pl.String, pl.Int64) and _all_read(known, "yyyymmdd") else None


def _has_half_days(known: pl.Series) -> bool:
    return bool(known.str.contains(r"(?i)\d\s*[ap]\.?m\.?").any())


def _all_read(known: pl.Series, unit: TimeUnit) -> bool:
    frame = known.rename("at").to_frame()
    return not frame.select(to_seconds("at", unit, known.dtype))["at"].null_count()
