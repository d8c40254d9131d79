"""Time in words and numbers means what the standard library says."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest

from tlbench.data.moments import TIME_UNITS, TimeUnit, is_ambiguous, to_seconds, unit_of

AT = datetime(1997, 12, 24, 15, 55, 49, tzinfo=UTC)


def seconds(texts: list[str], unit: TimeUnit) -> list[int | None]:
    return pl.DataFrame({"at": texts}).select(to_seconds("at", unit, pl.String()))["at"].to_list()


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("1997-12-24 15:55:49", "ymd"),
        ("1997-12-24T15:55:49Z", "ymd"),
        ("1997/12/24 15:55:49.999", "ymd"),
        ("1997-12-24T10:55:49-05:00", "ymd"),
        ("1997-12-24 21:25:49 +0530", "ymd"),
        ("1997-12-24 16:55:49+01", "ymd"),
        ("1997-12-24 15:55:49 UTC", "ymd"),
        ("24.12.1997 15:55:49", "dmy"),
        ("24/12/1997, 15:55:49", "dmy"),
        ("12/24/1997 3:55:49 PM", "mdy"),
        ("12/24/1997 3:55:49 p.m.", "mdy"),
        ("882978949", "s"),
        ("882978949.25", "s"),
        ("882978949123", "ms"),
        ("882978949123456", "us"),
        ("882978949123456789", "ns"),
    ],
)
def test_one_moment_in_many_words(text: str, unit: TimeUnit) -> None:
    assert unit_of(pl.Series([text])) == unit
    assert seconds([text], unit) == [int(AT.timestamp())]


@pytest.mark.parametrize("order", ["%Y-%m-%d %H:%M:%S", "%d.%m.%Y %H:%M", "%m/%d/%Y %I:%M %p", "%Y%m%d", "%d/%m/%y"])
def test_every_day_of_many_years_agrees_with_strptime(order: str) -> None:
    units: dict[str, TimeUnit] = {"%Y-%m": "ymd", "%d.%m": "dmy", "%m/%d": "mdy", "%Y%m%": "yyyymmdd", "%d/%m": "dmy"}
    days = pl.datetime_range(datetime(2001, 1, 1, 0, 30), datetime(2012, 12, 31), "37h", eager=True).to_list()
    texts = [day.strftime(order) for day in days]
    wanted = [int(datetime.strptime(text, order).replace(tzinfo=UTC).timestamp()) for text in texts]
    unit = unit_of(pl.Series(texts))
    assert unit == units[order[:5]]
    assert seconds(texts, unit) == wanted


@pytest.mark.parametrize(
    "text", ["30.02.2001", "2001-13-01", "2001-01-01 25:00", "2001-01-01 10:61", "soon", "1.5", ""]
)
def test_what_no_calendar_has_is_no_time(text: str) -> None:
    assert unit_of(pl.Series([text])) is None
    assert all(seconds([text], unit) == [None] for unit in TIME_UNITS if unit in ("ymd", "dmy", "mdy", "yyyymmdd"))


def test_day_and_month_are_told_apart_by_one_date_and_else_called_ambiguous() -> None:
    assert unit_of(pl.Series(["01/02/2024", "13/02/2024"])) == "dmy"
    assert unit_of(pl.Series(["01/02/2024", "02/13/2024"])) == "mdy"
    both = pl.Series(["01/02/2024", "03/04/2024"])
    assert unit_of(both) == "dmy"
    assert is_ambiguous(both, "dmy")
    assert not is_ambiguous(pl.Series(["13/02/2024"]), "dmy")


def test_numbers_of_two_units_are_no_time() -> None:
    assert unit_of(pl.Series([1_300_000_000, 1_300_000_000_000])) is None
