"""Files of every layout become the interactions that stand in them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tlbench.data import Interactions, cache, describe, list_datasets, load
from tlbench.errors import TlbenchError

Write = Callable[..., Path]


def rows(data: Interactions) -> list[tuple[object, ...]]:
    rating = [None] * len(data) if data.rating is None else data.rating.tolist()
    time = [None] * len(data) if data.timestamp is None else data.timestamp.tolist()
    users, items = data.users.gather(data.user), data.items.gather(data.item)
    return list(zip(users, items, rating, time, strict=True))


WANTED = [("U1", "B1", 5.0, 1400001000), ("U2", "B2", 3.0, 1400002000)]


@pytest.mark.parametrize(
    ("format_", "content", "file", "extra"),
    [
        ("amazon-csv-2014", b"U1,B1,5.0,1400001000\nU2,B2,3.0,1400002000\n", "toy.csv", ""),
        ("amazon-csv-2014", b"U1,B1,5.0,1400001000\r\nU2,B2,3.0,1400002000\r\n", "toy.csv", ""),
        ("amazon-csv-2014", b"\xef\xbb\xbfU1,B1,5.0,1400001000\nU2,B2,3.0,1400002000", "toy.csv.gz", ""),
        ("amazon-csv-2018", b"B1,U1,5.0,1400001000\nB2,U2,3.0,1400002000\n", "toy.csv.gz", ""),
        (
            "amazon-csv-2023",
            b"user_id,parent_asin,rating,timestamp\nU1,B1,5.0,1400001000999\nU2,B2,3.0,1400002000000\n",
            "toy.csv",
            "",
        ),
        (
            "movielens-dat",
            {"m/ratings.dat": b"U1::B1::5::1400001000\nU2::B2::3::1400002000\n", "m/movies.dat": b""},
            "t.zip",
            "",
        ),
        (
            "movielens-udata",
            {"m/u.data": b"U1\tB1\t5\t1400001000\nU2\tB2\t3\t1400002000\n", "m/u.item": b"", "m/u.genre": b""},
            "t.zip",
            "",
        ),
        (
            "movielens-csv",
            {
                "ratings.csv": b"userId,movieId,rating,timestamp\r\nU1,B1,5.0,1400001000\r\nU2,B2,3.0,1400002000\r\n",
                "movies.csv": b"movieId,title,genres\r\n",
            },
            "t.zip",
            "",
        ),
        (
            "csv",
            b'x;when;who;"what";stars\n1;1400001000000;"U1";B1;5\n2;1400002000000;U2;B2;3\n',
            "toy.csv",
            'columns = { user = "who", item = "what", rating = "stars", timestamp = "when" }\n'
            'separator = ";"\ntime_unit = "ms"',
        ),
        (
            "csv",
            b"U1\tB1\t5\t1400001000\nU2\tB2\t3\t1400002000\n",
            "toy.tsv",
            'columns = { user = 0, item = 1, rating = 2, timestamp = 3 }\nseparator = "\\t"\nheader = false',
        ),
    ],
)
def test_layout_is_read(write_set: Write, format_: str, content: bytes, file: str, extra: str) -> None:
    catalogue = write_set(content, format_, file=file, extra=extra)
    assert rows(load("toy", catalogue=catalogue)) == WANTED
    assert rows(load("toy", catalogue=catalogue)) == WANTED  # from the columnar cache


REVIEWS = {
    "2018": [
        {
            "reviewerID": "U1",
            "asin": "B1",
            "overall": 5.0,
            "unixReviewTime": 1400001000,
            "reviewText": "good",
            "vote": "3",
        },
        {"reviewerID": "U2", "asin": "B2", "overall": 3.0, "unixReviewTime": 1400002000, "image": ["x"]},
    ],
    "2023": [
        {"user_id": "U1", "asin": "V9", "parent_asin": "B1", "rating": 5.0, "timestamp": 1400001000999, "text": "good"},
        {"user_id": "U2", "asin": "B2", "parent_asin": "B2", "rating": 3, "timestamp": 1400002000000},
    ],
}


@pytest.mark.parametrize("edition", REVIEWS)
@pytest.mark.parametrize("file", ["toy.json", "toy.json.gz"])
def test_reviews_of_every_edition_are_read(write_set: Write, edition: str, file: str) -> None:
    content = "".join(json.dumps(row) + "\n" for row in REVIEWS[edition]).encode()
    assert rows(load("toy", catalogue=write_set(content, "amazon-reviews", file=file))) == WANTED


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"reviewerID": "U9", "asin": "B1"', "not JSON"),
        (b'{"asin": "B1", "overall": 5.0, "unixReviewTime": 1400000001}', "no user"),
        (b'{"reviewerID": "U9", "asin": "", "overall": 5.0, "unixReviewTime": 1400000001}', "no item"),
        (b'{"reviewerID": "U9", "asin": "B1", "unixReviewTime": 1400000001}', "no rating"),
        (b'{"reviewerID": "U9", "asin": "B1", "overall": "good", "unixReviewTime": 1400000001}', "no rating"),
        (b'{"reviewerID": "U9", "asin": "B1", "overall": 5.0}', "no timestamp"),
        (b'["U9"]', "not a JSON object"),
    ],
)
def test_line_that_is_no_review_is_named(write_set: Write, line: bytes, reason: str) -> None:
    good = "".join(json.dumps(row) + "\n" for row in REVIEWS["2018"]).encode()
    catalogue = write_set(good + line + b"\n" + good, "amazon-reviews")
    with pytest.raises(TlbenchError) as caught:
        load("toy", catalogue=catalogue)
    assert f"1 line that cannot be read: line 3 ({reason})" in caught.value.message
    assert rows(load("toy", catalogue=catalogue, lenient=True)) == WANTED


@pytest.mark.parametrize("kind", ["numbers", "dates"])
def test_parquet_is_read(write_set: Write, tmp_path: Path, kind: str) -> None:
    time = (
        pl.Series([1400001000, 1400002000]) if kind == "numbers" else pl.from_epoch(pl.Series([1400001000, 1400002000]))
    )
    catalogue = write_set(
        b"", "parquet", extra='columns = { user = "who", item = "what", rating = "stars", timestamp = "t" }'
    )
    pl.DataFrame({"who": ["U1", "U2"], "what": ["B1", "B2"], "stars": [5, 3], "t": time}).write_parquet(
        tmp_path / "toy.csv"
    )
    assert rows(load("toy", catalogue=catalogue)) == WANTED


def test_columns_that_the_catalogue_does_not_name_are_absent(write_set: Write) -> None:
    catalogue = write_set(b"a,b\nU1,B1\nU2,B2\n", "csv", extra='columns = { user = "a", item = "b" }')
    data = load("toy", catalogue=catalogue)
    assert data.rating is None
    assert data.timestamp is None
    assert data.rating_scale is None


def test_titles_of_dat_files_are_latin_1_and_may_hold_colons(write_set: Write) -> None:
    movies = "B1::Amélie: a::b (2001)::Comedy|Romance\nB9::Unused::Drama\n".encode("latin-1")
    catalogue = write_set(
        {"m/ratings.dat": b"U1::B1::5::1400000001\nU1::B2::5::1400000001\n", "m/movies.dat": movies},
        "movielens-dat",
        file="t.zip",
    )
    table = load("toy", catalogue=catalogue).item_table
    assert table is not None
    assert table.rows() == [("Amélie: a::b (2001)", ["Comedy", "Romance"], None), (None, None, None)]


def test_quoted_titles_of_csv_archives_are_read(write_set: Write) -> None:
    movies = b'movieId,title,genres\r\nB1,"Good, the ""Bad""",Western|Comedy\r\nB2,Plain,(no genres listed)\r\n'
    ratings = b"userId,movieId,rating,timestamp\r\nU1,B1,0.5,1400000001\r\nU1,B2,5.0,1400000001\r\n"
    catalogue = write_set({"m/ratings.csv": ratings, "m/movies.csv": movies}, "movielens-csv", file="t.zip")
    table = load("toy", catalogue=catalogue).item_table
    assert table is not None
    assert table.rows() == [('Good, the "Bad"', ["Western", "Comedy"], None), ("Plain", [], None)]


METADATA = [
    {"asin": "B1", "title": "One", "category": ["Books", 'The "best"', "Books"], "brand": "Ann", "also_buy": ["x"]},
    {"asin": "B1", "title": "One again"},
    {"asin": "B2", "title": "", "category": [], "description": ["first", "second"]},
    {"parent_asin": "B3", "title": "Three", "categories": ["A", "B"], "main_category": "All", "store": "Shop"},
    {"parent_asin": "B4", "title": "Four", "categories": [], "main_category": "All", "price": 3.5},
    {"asin": "B5", "title": None, "categories": [["X", "Y"], ["X", "Z"]]},
]


def test_metadata_of_all_editions_gives_titles_categories_and_text(write_set: Write, tmp_path: Path) -> None:
    (tmp_path / "meta.json").write_text("".join(json.dumps(row) + "\n" for row in METADATA))
    ratings = b"".join(b"U1,B%d,5.0,1400000001\n" % k for k in range(1, 7))
    catalogue = write_set(ratings, "amazon-csv-2014", extra='items_file = "meta.json"')
    table = load("toy", catalogue=catalogue).item_table
    assert table is not None
    assert table.rows() == [
        ("One", ["Books", 'The "best"'], "Ann"),
        (None, [], "first second"),
        ("Three", ["A", "B"], "Shop"),
        ("Four", ["All"], None),
        (None, ["X", "Y", "Z"], None),
        (None, None, None),
    ]


LITERALS = [
    {"asin": "B1", "title": 'It\'s "One"', "categories": [["Books", "Mom's"], ["Books", "More"]], "brand": "Ann"},
    {"asin": "B2", "description": 'a "good"\nbook', "salesRank": {"Books": 3}, "categories": [["Books"]]},
]


def test_metadata_of_2014_as_python_literals_is_read(write_set: Write, tmp_path: Path) -> None:
    (tmp_path / "meta.json").write_text("".join(f"{row}\n" for row in LITERALS))
    catalogue = write_set(
        b"U1,B1,5.0,1400000001\nU1,B2,5.0,1400000001\n", "amazon-csv-2014", extra='items_file = "meta.json"'
    )
    table = load("toy", catalogue=catalogue).item_table
    assert table is not None
    assert table.rows() == [
        ('It\'s "One"', ["Books", "Mom's", "More"], "Ann"),
        (None, ["Books"], 'a "good" book'),
    ]


def test_second_load_is_mapped_from_the_cache(write_set: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    from tlbench.data import loading

    catalogue = write_set(b"U1,B1,5.0,1400001000\nU2,B2,3.0,1400002000\n", "amazon-csv-2014")
    first = load("toy", catalogue=catalogue)
    monkeypatch.setattr(loading, "_read", lambda *_, **__: pytest.fail("read again"))
    second = load("toy", catalogue=catalogue)
    assert rows(first) == rows(second)
    assert first.provenance == second.provenance
    assert not second.user.flags.owndata
    assert second.user.dtype == second.item.dtype == np.int32


def test_damaged_cache_is_made_again(write_set: Write, own_cache: Path) -> None:
    catalogue = write_set(b"U1,B1,5.0,1400001000\nU2,B2,3.0,1400002000\n", "amazon-csv-2014")
    load("toy", catalogue=catalogue)
    (folder,) = (own_cache / "columns").iterdir()
    for name in ("record.json", "interactions.arrow", "users.arrow", "items.arrow"):
        (folder / name).write_bytes((folder / name).read_bytes()[:20])
        assert rows(load("toy", catalogue=catalogue)) == WANTED
        (folder / name).unlink()
        assert rows(load("toy", catalogue=catalogue)) == WANTED
    assert [path.name for path in (own_cache / "columns").iterdir()] == [folder.name]


def test_unwritable_cache_is_a_notice_and_not_a_failure(
    write_set: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TLBENCH_CACHE", str(tmp_path / "file" / "cache"))
    heard: list[str] = []

    class Ear:
        def say(self, message: str) -> None:
            heard.append(message)

    catalogue = write_set(b"U1,B1,5.0,1400001000\nU2,B2,3.0,1400002000\n", "amazon-csv-2014")
    assert rows(load("toy", catalogue=catalogue, progress=Ear())) == WANTED  # type: ignore[arg-type]
    assert len(heard) == 1
    assert "the cache cannot be written" in heard[0]


def test_cache_of_an_unknown_schema_is_not_read(write_set: Write, own_cache: Path) -> None:
    catalogue = write_set(b"U1,B1,5.0,1400001000\n", "amazon-csv-2014")
    load("toy", catalogue=catalogue)
    (folder,) = (own_cache / "columns").iterdir()
    record = json.loads((folder / "record.json").read_text())
    (folder / "record.json").write_text(json.dumps({**record, "schema": 99}))
    assert cache.read(folder.name) is None


def test_listing_has_files_demo_sets_and_aliases(write_set: Write) -> None:
    catalogue = write_set(b"U1,B1,5.0,1400001000\n", "amazon-csv-2014")
    catalogue.write_text(catalogue.read_text() + '[aliases]\n"t" = "toy"\n')
    infos = {info.name: info for info in list_datasets(catalogue=catalogue)}
    assert {"toy", "demo-books", "demo-movies", "demo-noise"} <= set(infos)
    assert infos["toy"].present
    assert infos["toy"].bytes == 21
    assert describe("t", catalogue=catalogue) == infos["toy"]
    assert infos["toy"].aliases == ("t",)
    assert infos["demo-books"].origin == "code"
