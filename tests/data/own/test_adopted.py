"""Files in a scenario and tables in memory become data sets with names."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp

from tlbench.data import NameTaken, adopt_files, adopt_object, import_file, load, sniff
from tlbench.data.own.adopted import is_path
from tlbench.errors import TlbenchError


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TLBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("TLBENCH_CATALOGUE", raising=False)


def write(path: Path, rows: list[str], header: str = "customer_id,sku,event_ts") -> Path:
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def shop(path: Path, n: int = 30) -> Path:
    return write(path, [f"u{k % 6},i{k // 6},2024-03-{k % 28 + 1:02d}" for k in range(n)])


@pytest.mark.parametrize(
    ("text", "yes"),
    [("a.csv", True), ("x/y.PARQUET", True), ("a.csv.gz", True), ("movielens@1m/drama", False), ("csv", False)],
)
def test_a_file_is_told_from_a_name_by_its_ending(text: str, yes: bool) -> None:
    assert is_path(text) is yes


@pytest.mark.parametrize("arrow", ["->", " → ", ":"])
def test_files_in_a_scenario_become_names(tmp_path: Path, arrow: str) -> None:
    shop(tmp_path / "Clicks.csv")
    shop(tmp_path / "orders 2024.csv")
    given = f"{tmp_path / 'Clicks.csv'}+demo-noise{arrow}{tmp_path / 'orders 2024.csv'}"
    assert adopt_files(given) == f"clicks+demo-noise{arrow}orders-2024"
    assert load("clicks").user_ids == load("orders-2024").user_ids


def test_relative_files_start_at_the_folder_that_is_named(tmp_path: Path) -> None:
    shop(tmp_path / "clicks.csv")
    assert adopt_files("clicks.csv->demo-books", folder=tmp_path) == "clicks->demo-books"


def test_a_scenario_of_names_stays_as_it_is() -> None:
    assert adopt_files("movielens@1m/drama->amazon-books") == "movielens@1m/drama->amazon-books"


def test_a_file_that_changed_is_read_anew_as_the_user_said_before(tmp_path: Path) -> None:
    path = write(tmp_path / "turned.csv", [f"i{k},u{k % 3},5" for k in range(30)], header="a,b,c")
    import_file(path, guess=sniff(path, columns={"user": "b", "item": "a"}))
    path.write_text(path.read_text() + "i99,u9,5\n")
    assert adopt_files(f"{path}->demo-books") == "turned->demo-books"
    assert "u9" in load("turned").users


def test_a_file_imported_before_shares_ids_unless_its_family_was_declared(tmp_path: Path) -> None:
    clicks, orders, apart = (shop(tmp_path / f"{name}.csv") for name in ("clicks", "orders", "apart"))
    import_file(clicks, "mine")
    import_file(apart, user_ids="elsewhere")
    assert adopt_files(f"{clicks}+{apart}->{orders}") == "mine+apart->orders"
    assert load("mine").user_ids == load("orders").user_ids
    assert load("apart").user_ids == "elsewhere"


def test_another_file_of_the_same_name_is_named_with_its_folder(tmp_path: Path) -> None:
    for shop_name in ("north", "south"):
        (tmp_path / shop_name).mkdir()
        shop(tmp_path / shop_name / "orders.csv")
    for _ in range(2):
        assert adopt_files(f"{tmp_path / 'north' / 'orders.csv'}->demo-books") == "orders->demo-books"
        assert adopt_files(f"{tmp_path / 'south' / 'orders.csv'}->demo-books") == "south-orders->demo-books"


def test_where_both_names_are_taken_the_user_is_asked_for_one(tmp_path: Path) -> None:
    for place in ("a", "a/south", "b/south"):
        (tmp_path / place).mkdir(parents=True)
    for place in ("a", "a/south"):
        adopt_files(f"{shop(tmp_path / place / 'orders.csv')}->demo-books")
    with pytest.raises(TlbenchError, match="`orders` and `south-orders` belong to other data sets") as caught:
        adopt_files(f"{shop(tmp_path / 'b' / 'south' / 'orders.csv')}->demo-books")
    assert "--as NAME" in str(caught.value.hint)


def test_the_name_of_a_file_that_is_gone_is_free(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    old = shop(tmp_path / "old" / "orders.csv")
    adopt_files(f"{old}->demo-books")
    old.unlink()
    assert adopt_files(f"{shop(tmp_path / 'orders.csv', 24)}->demo-books") == "orders->demo-books"
    assert len(load("orders")) == 24


def test_a_name_of_the_catalogue_is_never_replaced(tmp_path: Path) -> None:
    with pytest.raises(TlbenchError, match="`movielens` is taken"):
        import_file(shop(tmp_path / "movielens.csv"), force=True)


def test_re_import_replaces_only_when_it_is_said(tmp_path: Path) -> None:
    path = shop(tmp_path / "orders.csv")
    assert len(import_file(path)) == 30
    assert len(import_file(path)) == 30  # the same file in the same way changes nothing
    shop(path, 24)
    with pytest.raises(NameTaken):
        import_file(path)
    assert len(import_file(path, force=True)) == 24
    assert len(load("orders")) == 24


ROWS = {"user_id": [7, 7, 8], "item_id": ["a", "b", "a"], "rating": [1.0, 2.0, 5.0]}
MOMENTS = ["2024-01-02T03:04:05", "2024-01-02T03:04:06", "2024-01-02T03:04:07"]
SECONDS = [1704164645, 1704164646, 1704164647]


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({**ROWS, "at": pd.to_datetime(MOMENTS)}),
        pd.DataFrame({**ROWS, "at": pd.to_datetime(MOMENTS).tz_localize("UTC").tz_convert("Asia/Tokyo")}),
        pd.DataFrame({**ROWS, "at": MOMENTS}),
        pl.DataFrame({**ROWS, "at": MOMENTS}).with_columns(pl.col("at").str.to_datetime()),
        pl.LazyFrame({**ROWS, "at": MOMENTS}),
    ],
    ids=["pandas", "pandas with zone", "pandas text", "polars", "lazy"],
)
def test_frames_are_data_sets(frame: object) -> None:
    data = load(adopt_object("mine", frame))
    assert data.users.to_list() == ["7", "8"]
    assert data.timestamp is not None
    assert data.timestamp.tolist() == SECONDS
    assert data.rating is not None
    assert data.rating.tolist() == [1.0, 2.0, 5.0]


def test_ids_that_became_floats_are_whole_again() -> None:
    frame = pd.DataFrame({"user_id": [7.0, 8.0, 8.0], "item_id": [1.0, 1.0, 2.0]})
    assert load(adopt_object("mine", frame)).users.to_list() == ["7", "8"]


def test_a_matrix_of_ones_has_no_ratings() -> None:
    ones = load(adopt_object("ones", sp.csr_array(np.array([[1.0, 0.0], [1.0, 1.0]]))))
    assert (ones.rating, len(ones)) == (None, 3)
    stars = load(adopt_object("stars", sp.csr_array(np.array([[2.0, 0.0], [1.0, 5.0]]))))
    assert stars.rating is not None
    assert stars.rating.tolist() == [2.0, 1.0, 5.0]


def test_interactions_come_back_as_they_were() -> None:
    made = load("demo-books")
    again = load(adopt_object("again", made))
    assert (again.n_users, again.n_items, len(again)) == (made.n_users, made.n_items, len(made))
    assert again.timestamp is not None
    assert made.timestamp is not None
    assert again.timestamp.tolist() == made.timestamp.tolist()


def test_an_object_replaces_the_one_before_but_no_file(tmp_path: Path) -> None:
    adopt_object("mine", pl.DataFrame(ROWS))
    assert len(load(adopt_object("mine", pl.DataFrame(ROWS).head(2)))) == 2
    import_file(shop(tmp_path / "orders.csv"))
    with pytest.raises(TlbenchError, match="is the name of"):
        adopt_object("orders", pl.DataFrame(ROWS))


def test_what_holds_no_interactions_is_refused() -> None:
    with pytest.raises(TlbenchError, match="type `int` holds no interactions"):
        adopt_object("mine", 3)
