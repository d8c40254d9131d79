"""Files that nobody described are guessed, shown in one line, and kept under a name."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from tlbench.data import Guess, describe, fetch_dataset, import_file, list_datasets, load, remove_dataset, sniff, stored
from tlbench.errors import TlbenchError


def table(separator: str, header: str | None, order: str, *, milliseconds: bool = False) -> bytes:
    rows = [] if header is None else [header]
    for k in range(200):
        fields = {"u": f"{k % 17 + 1}", "i": f"B{k // 17:03d}", "r": f"{k % 5 + 1}", "t": f"{1_300_000_000 + k}"}
        if milliseconds:
            fields["t"] += "000"
        rows.append(separator.join(fields[letter] for letter in order))
    return ("\n".join(rows) + "\n").encode()


@pytest.mark.parametrize("milliseconds", [False, True])
@pytest.mark.parametrize("separator", ["\t", ",", ";", "|"])
@pytest.mark.parametrize(
    ("header", "order"),
    [
        (None, "uirt"),
        (None, "uir"),
        (None, "ui"),
        (None, "uit"),
        (None, "tuir"),
        ("userId,movieId,rating,timestamp", "uirt"),
        ("timestamp,Item ID,User ID,stars", "tiur"),
        ("a,b,c,d", "uirt"),
    ],
)
def test_layout_is_guessed(tmp_path: Path, separator: str, header: str | None, order: str, milliseconds: bool) -> None:
    path = tmp_path / "x.txt"
    named = None if header is None else header.replace(",", separator)
    path.write_bytes(table(separator, named, order, milliseconds=milliseconds))
    guess = sniff(path)
    assert guess.separator == separator
    assert guess.header == (header is not None)
    names = {"u": "user", "i": "item", "r": "rating", "t": "timestamp"}
    columns = {names[letter]: header.split(",")[k] if header else k for k, letter in enumerate(order)}
    assert guess.columns == columns
    if "t" in order:
        assert guess.time_unit == ("ms" if milliseconds else "s")


def test_amazon_ids_tell_users_from_items(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("".join(f"B0000000{k:02d},A1B2C3D4E5F6{k:02d},5.0,1400000000\n" for k in range(50)))
    assert sniff(path).columns == {"user": 1, "item": 0, "rating": 2, "timestamp": 3}


def test_guess_of_a_real_set_is_that_of_its_catalogue(catalogue: Path) -> None:
    guess = sniff(catalogue.parent / "amazon-2018" / "Gift_Cards.csv.gz")
    assert guess == Guess("csv", {"user": 1, "item": 0, "rating": 2, "timestamp": 3}, ",", header=False)


def test_guess_is_one_line() -> None:
    guess = Guess("csv", {"user": "uid", "item": "iid", "timestamp": "ts"}, "\t", time_unit="ms")
    assert str(guess) == (
        "csv; tab-separated; with header; user = uid, item = iid, timestamp = ts; time in milliseconds"
    )


def test_parquet_is_guessed_by_names(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    pl.DataFrame({"user_id": ["a"], "item_id": ["b"], "timestamp": [1_300_000_000_000]}).write_parquet(path)
    assert sniff(path) == Guess(
        "parquet", {"user": "user_id", "item": "item_id", "timestamp": "timestamp"}, time_unit="ms"
    )


def test_imported_file_is_one_name_away_until_it_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_bytes(table(";", "user;item;rating;time", "uirt"))
    data = import_file(path, "mine", user_ids="family")
    assert (len(data), data.user_ids, data.rating_scale) == (200, "family", (1.0, 5.0))
    assert len(load("mine")) == 200
    info = describe("mine")
    assert (info.origin, info.files) == ("imported", (path,))
    assert info.expects is not None
    assert info.expects.interactions == 200
    assert "mine" in [one.name for one in stored()]
    assert remove_dataset("mine") > 0
    assert path.is_file()
    assert "mine" not in [one.name for one in list_datasets()]
    assert "mine" not in [one.name for one in stored()]


def test_wrong_guess_can_be_overridden(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(table(",", None, "iu"))
    data = import_file(path, "turned", guess=sniff(path, columns={"user": 1, "item": 0}))
    assert data.items[0] == "B000"


def test_what_is_given_is_not_guessed(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("one x:1\ntwo x:2\n")
    with pytest.raises(TlbenchError, match="no separator"):
        sniff(path)
    assert sniff(path, separator=":", columns={"user": 1, "item": 0}, header=False, time_unit="ms") == Guess(
        "csv", {"user": 1, "item": 0}, ":", header=False, time_unit="ms"
    )


def test_taken_name_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(table(",", None, "ui"))
    with pytest.raises(TlbenchError, match="the name `movielens` is taken"):
        import_file(path, "movielens")


def test_file_that_cannot_be_read_is_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(table(",", None, "uirt") + b"u,i,text,1\n")
    with pytest.raises(TlbenchError):
        import_file(path, "bad", guess=Guess("csv", {"user": 0, "item": 1, "rating": 2}, header=False))
    assert "bad" not in [one.name for one in list_datasets()]


@pytest.mark.parametrize("content", [b"", b"one\ntwo\n", b"a,b\nc\n"])
def test_what_is_no_table_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    with pytest.raises(TlbenchError):
        sniff(path)


def test_nothing_stored_is_said() -> None:
    with pytest.raises(TlbenchError, match="nothing is stored of `movielens@25m`"):
        remove_dataset("movielens@25m")


def test_fetching_what_is_here_returns_where_it_is(catalogue: Path) -> None:
    paths = fetch_dataset("amazon-books", catalogue=catalogue)
    assert [path.name for path in paths] == ["Books.csv.gz", "meta_Books.json.gz"]
