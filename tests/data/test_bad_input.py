"""Whatever is wrong with a file or a name is said with the value, the line and the next step."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from tlbench.data import load
from tlbench.errors import TlbenchError

GOOD = b"U1,B01,5.0,1400001000\nU2,B02,4.0,1400002000\nU1,B02,3.0,1400001500\n"
Write = Callable[..., Path]


def refused(name: str, catalogue: Path | None) -> TlbenchError:
    with pytest.raises(TlbenchError) as caught:
        load(name, catalogue=catalogue)
    assert caught.value.hint
    return caught.value


def test_unknown_name_is_answered_with_the_nearest() -> None:
    error = refused("demo-moveis", None)
    assert "`demo-moveis`" in error.message
    assert error.hint is not None
    assert "did you mean `demo-movies`?" in error.hint
    assert "tlbench list datasets" in error.hint


@pytest.mark.parametrize("name", ["", "a b", "movielens@", "@1m", "demo-books/", "->", "../x@y@z"])
def test_what_is_no_name_is_refused(name: str) -> None:
    assert "is not the name of a data set" in refused(name, None).message


def test_unknown_slice_is_answered_with_the_nearest_genre() -> None:
    error = refused("demo-books/fantsy", None)
    assert "`fantsy`" in error.message
    assert error.hint is not None
    assert "did you mean `fantasy`?" in error.hint


def test_missing_file_is_named(write_set: Write, tmp_path: Path) -> None:
    catalogue = write_set(GOOD, "amazon-csv-2014")
    (tmp_path / "toy.csv").unlink()
    assert "toy.csv` of data set `toy` does not exist" in refused("toy", catalogue).message


def test_truncated_gzip_is_refused(write_set: Write, tmp_path: Path) -> None:
    catalogue = write_set(GOOD, "amazon-csv-2014", file="toy.csv.gz")
    path = tmp_path / "toy.csv.gz"
    path.write_bytes(path.read_bytes()[:-6])
    assert "`toy.csv.gz` is truncated or damaged" in refused("toy", catalogue).message


def test_truncated_zip_is_refused(write_set: Write, tmp_path: Path) -> None:
    catalogue = write_set({"ml/ratings.dat": b"1::2::3::4\n"}, "movielens-dat", file="toy.zip")
    path = tmp_path / "toy.zip"
    path.write_bytes(path.read_bytes()[:40])
    assert "`toy.zip` is truncated or damaged" in refused("toy", catalogue).message


def test_zip_without_the_ratings_is_refused(write_set: Write) -> None:
    catalogue = write_set({"ml/other.txt": b"x"}, "movielens-dat", file="toy.zip")
    assert "has no file `ratings.dat`" in refused("toy", catalogue).message


def test_other_sum_is_refused(write_set: Write) -> None:
    catalogue = write_set(GOOD, "amazon-csv-2014", extra=f'sha256 = "{"0" * 64}"')
    error = refused("toy", catalogue)
    assert "the catalogue says 000000000000" in error.message


def test_sum_is_checked_again_after_the_file_changed(write_set: Write, tmp_path: Path) -> None:
    import hashlib

    catalogue = write_set(GOOD, "amazon-csv-2014", extra=f'sha256 = "{hashlib.sha256(GOOD).hexdigest()}"')
    assert len(load("toy", catalogue=catalogue)) == 3
    (tmp_path / "toy.csv").write_bytes(GOOD + b"U3,B01,1.0,1400000001\n")
    assert "has sha256" in refused("toy", catalogue).message


def test_swapped_columns_say_that_the_overlap_would_be_empty(write_set: Write) -> None:
    swapped = b"B000000001,A1B2C3D4E5F6G7,5.0,1400001000\nB000000002,A1B2C3D4E5F6G8,4.0,1400002000\n"
    error = refused("toy", write_set(swapped, "amazon-csv-2014"))
    assert "no user would be shared" in error.message
    assert "line 1" in error.message
    assert error.hint is not None
    assert "amazon-csv-2018" in error.hint


def test_wrong_header_of_2023_is_refused(write_set: Write) -> None:
    error = refused("toy", write_set(b"parent_asin,user_id,rating,timestamp\n" + GOOD, "amazon-csv-2023"))
    assert "`parent_asin,user_id,rating,timestamp`" in error.message


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"U9,B01,good,1", "`good` is no rating"),
        (b"U9,B01,5.0,yesterday", "`yesterday` is no timestamp"),
        (b"U9,B01,5.0,1.5e9", "`1.5e9` is no timestamp"),
        (b"U9,B01", "2 fields instead of 4"),
        (b"U9,B01,5.0,1,more", "5 fields instead of 4"),
        (b",B01,5.0,1", "no user"),
        (b"U9,,5.0,1", "no item"),
        (b"U\xff9,B01,5.0,1", "not UTF-8"),
    ],
)
@pytest.mark.parametrize("file", ["toy.csv", "toy.csv.gz"])
def test_line_that_cannot_be_read_is_named(write_set: Write, line: bytes, reason: str, file: str) -> None:
    catalogue = write_set(GOOD + line + b"\n" + GOOD, "amazon-csv-2014", file=file)
    error = refused("toy", catalogue)
    assert f"1 line that cannot be read: line 4 ({reason})" in error.message
    assert len(load("toy", catalogue=catalogue, lenient=True)) == 3


@pytest.mark.parametrize(
    ("value", "shown"), [(b"7", "7"), (b"0", "0"), (b"-3", "-3"), (b"nan", "missing"), (b"inf", "inf")]
)
def test_impossible_rating_is_named_with_its_line(write_set: Write, value: bytes, shown: str) -> None:
    catalogue = write_set(GOOD + b"U9,B01," + value + b",1400000001\n", "amazon-csv-2014")
    error = refused("toy", catalogue)
    assert f"line 4 ({shown})" in error.message
    data = load("toy", catalogue=catalogue, lenient=True)
    assert [(step.name, step.interactions) for step in data.provenance.steps] == [
        ("as read", 4),
        ("without lines that cannot be used", 3),
        ("without duplicate pairs", 3),
    ]


def test_rating_missing_in_one_line_only_is_refused(write_set: Write) -> None:
    catalogue = write_set(GOOD + b"U9,B01,,1400000001\n", "amazon-csv-2014")
    assert "line 4 (missing)" in refused("toy", catalogue).message


def test_time_missing_in_one_line_only_is_refused(write_set: Write) -> None:
    catalogue = write_set(GOOD + b"U9,B01,5.0,\n", "amazon-csv-2014")
    assert "1 lines without the time that others have: line 4" in refused("toy", catalogue).message


@pytest.mark.parametrize("content", [b"", b"\n\n"])
def test_empty_file_is_refused(write_set: Write, content: bytes) -> None:
    assert "has no interactions" in refused("toy", write_set(content, "amazon-csv-2014")).message


def test_damaged_metadata_is_refused(write_set: Write, tmp_path: Path) -> None:
    (tmp_path / "meta.json.gz").write_bytes(gzip.compress(b'{"asin": "B01", "title": "x"}\n' * 99)[:-9])
    catalogue = write_set(GOOD, "amazon-csv-2014", extra='items_file = "meta.json.gz"')
    assert "`meta.json.gz` is truncated or damaged" in refused("toy", catalogue).message


def test_counts_other_than_expected_are_refused(write_set: Write) -> None:
    catalogue = write_set(GOOD, "amazon-csv-2014", extra="expects = { users = 2, items = 2, interactions = 4 }")
    assert "2 users, 2 items and 3 interactions, the catalogue expects 2, 2 and 4" in refused("toy", catalogue).message


def test_csv_without_the_named_column_is_answered_with_the_nearest(write_set: Write) -> None:
    catalogue = write_set(b"uid,item,stars\n1,2,3\n", "csv", extra='columns = { user = "udi", item = "item" }')
    error = refused("toy", catalogue)
    assert "has no column `udi`" in error.message
    assert error.hint is not None
    assert "did you mean `uid`?" in error.hint
