"""Moments that cannot be true are refused with their lines, whatever unit, mixture or clock made them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlbench.data import load
from tlbench.data.clock import TimeRange, default_range, moments_outside, reading_of
from tlbench.errors import TlbenchError

Write = Callable[..., Path]
COLUMNS = "columns = { user = 0, item = 1, rating = 2, timestamp = 3 }\nheader = false\n"
SECONDS = [1_400_000_000 + 86_400 * k for k in range(40)]


def table(moments: list[int]) -> bytes:
    return b"".join(b"U%d,B%d,5,%d\n" % (k % 7, k, moment) for k, moment in enumerate(moments))


def refusal(catalogue: Path) -> TlbenchError:
    with pytest.raises(TlbenchError) as caught:
        load("toy", catalogue=catalogue)
    return caught.value


@pytest.mark.parametrize("factor", [10**3, 10**6, 10**9])
def test_finer_unit_read_as_seconds_is_refused_with_the_factor(write_set: Write, factor: int) -> None:
    error = refusal(write_set(table([moment * factor for moment in SECONDS]), "csv", extra=COLUMNS))
    assert "40 moments outside 1990-01-01 to " in error.message
    assert "line 1 (" in error.message
    assert error.hint is not None
    assert f"a unit {factor:,} times smaller" in error.hint


@pytest.mark.parametrize("factor", [10**3, 10**6])
def test_finer_unit_read_as_milliseconds_is_refused(write_set: Write, factor: int) -> None:
    moments = [moment * 1000 * factor for moment in SECONDS]
    error = refusal(write_set(table(moments), "csv", extra=f'{COLUMNS}time_unit = "ms"'))
    assert error.hint is not None
    assert f"a unit {factor:,} times smaller" in error.hint


def test_seconds_read_as_milliseconds_are_refused(write_set: Write) -> None:
    error = refusal(write_set(table(SECONDS), "csv", extra=f'{COLUMNS}time_unit = "ms"'))
    assert error.hint is not None
    assert "a unit 1,000 times larger" in error.hint


@pytest.mark.parametrize("unit", ["s", "ms"])
def test_mixture_of_seconds_and_milliseconds_is_refused(write_set: Write, unit: str) -> None:
    moments = [moment * (1000 if k % 2 else 1) for k, moment in enumerate(SECONDS)]
    error = refusal(write_set(table(moments), "csv", extra=f'{COLUMNS}time_unit = "{unit}"'))
    assert "20 moments" in error.message
    assert error.hint is not None
    assert "mixes units" in error.hint


@pytest.mark.parametrize("moment", [-1, 0, 2**63 - 1, -(2**63), 631_151_999])
def test_one_impossible_moment_is_refused_or_dropped_and_counted(write_set: Write, moment: int) -> None:
    catalogue = write_set(table([*SECONDS, moment]), "csv", extra=COLUMNS)
    assert "1 moments outside 1990-01-01 to " in refusal(catalogue).message
    assert "line 41 (" in refusal(catalogue).message
    data = load("toy", catalogue=catalogue, lenient=True)
    assert len(data) == 40
    assert data.provenance.steps[1].name == "without lines that cannot be used"


def test_future_passes_up_to_a_year_from_now(write_set: Write) -> None:
    now = datetime.now(UTC)
    soon, late = (int((now + timedelta(days=days)).timestamp()) for days in (364, 366))
    assert len(load("toy", catalogue=write_set(table([soon]), "csv", extra=COLUMNS))) == 1
    assert "line 1 (" in refusal(write_set(table([late]), "csv", extra=COLUMNS)).message


@pytest.mark.parametrize("days", ['["1960-01-01", "1969-12-31"]', "[1960-01-01, 1969-12-31]"])
def test_catalogue_may_declare_another_range(write_set: Write, days: str) -> None:
    good, bad = [-300_000_000], [-300_000_000, 0]
    extra = f"{COLUMNS}time_range = {days}"
    assert len(load("toy", catalogue=write_set(table(good), "csv", extra=extra))) == 1
    assert (
        "outside 1960-01-01 to 1969-12-31: line 2 (0 s)" in refusal(write_set(table(bad), "csv", extra=extra)).message
    )


@pytest.mark.parametrize(
    "days",
    ['"1960"', "[1960]", '["1970-01-01", "1960-01-01"]', '["soon", "late"]', "[1960-01-01T00:00:00Z, 1970-01-01]"],
)
def test_range_that_is_none_is_a_problem_of_the_catalogue(write_set: Write, days: str) -> None:
    error = refusal(write_set(table(SECONDS), "csv", extra=f"{COLUMNS}time_range = {days}"))
    assert 'datasets."toy".time_range: must be' in error.message


def test_range_holds_its_first_and_its_last_second() -> None:
    day = TimeRange.of_days(date(2020, 1, 1), date(2020, 1, 1))
    edges = np.array([day.first - 1, day.first, day.last, day.last + 1])
    assert moments_outside(edges, day).tolist() == [True, False, False, True]
    assert day.last - day.first == 86_399


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=20))
def test_any_moment_is_explained_without_overflow(moments: list[int]) -> None:
    allowed = default_range()
    seconds = np.array(moments, dtype=np.int64)
    wrong = moments_outside(seconds, allowed)
    assert wrong.tolist() == [not allowed.first <= moment <= allowed.last for moment in moments]
    if wrong.any():
        with np.errstate(all="raise"):
            assert reading_of(seconds, wrong, allowed)


def test_few_negative_ratings_are_no_scale(write_set: Write) -> None:
    rows = b"".join(b"U%d,B%d,%d\n" % (k % 17, k, k % 5 + 1) for k in range(200))
    columns = "columns = { user = 0, item = 1, rating = 2 }\nheader = false\n"
    error = refusal(write_set(rows + b"U1,B999,-3\n", "csv", extra=columns))
    assert "1 ratings below 0 where nearly all others are above: line 201 (-3)" in error.message
    declared = write_set(rows + b"U1,B999,-3\n", "csv", extra=f"{columns}rating_scale = [-5, 5]")
    assert load("toy", catalogue=declared).rating_scale == (-5, 5)


def test_scale_with_many_negative_ratings_stands(write_set: Write) -> None:
    rows = b"".join(b"U%d,B%d,%d\n" % (k % 17, k, k % 21 - 10) for k in range(200))
    columns = "columns = { user = 0, item = 1, rating = 2 }\nheader = false\n"
    assert load("toy", catalogue=write_set(rows, "csv", extra=columns)).rating_scale == (-10, 10)
