"""All real sets load with the counts that the catalogue, made by other means, gives."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pytest

from tlbench.data import load, verify

REAL = (
    "movielens@100k",
    "movielens@1m",
    "movielens@latest-small",
    "amazon-books-dense",
    "amazon-movies-dense",
    "amazon-arts-overlap",
    "amazon-office-overlap",
    "amazon-giftcards",
    "amazon-fashion",
    "amazon-beauty-overlap",
    "amazon-electronics-overlap",
    "amazon-grocery-overlap",
    "amazon-home-overlap",
    "amazon-books-kgat",
)


@pytest.mark.parametrize("name", REAL)
def test_real_set_has_exactly_the_counts_of_the_catalogue(name: str, real_catalogue: Path) -> None:
    expects = tomllib.loads(real_catalogue.read_text())["datasets"][name]["expects"]
    for data in (load(name, catalogue=real_catalogue), load(name, catalogue=real_catalogue)):  # raw, then cached
        assert (data.n_users, data.n_items, len(data)) == (expects["users"], expects["items"], expects["interactions"])
        assert len(np.unique(data.user)) == data.n_users
        assert len(np.unique(data.item)) == data.n_items
        assert len(np.unique(data.user.astype(np.int64) * data.n_items + data.item)) == len(data)


def test_all_sets_of_the_real_catalogue_are_tested(real_catalogue: Path) -> None:
    assert set(tomllib.loads(real_catalogue.read_text())["datasets"]) == set(REAL)


def test_movielens_1m_has_whole_stars_and_half_star_editions_have_half(real_catalogue: Path) -> None:
    assert load("movielens@1m", catalogue=real_catalogue).rating_scale == (1.0, 5.0)
    assert load("movielens@latest-small", catalogue=real_catalogue).rating_scale == (0.5, 5.0)


def test_first_line_of_movielens_1m_is_read_as_it_stands(real_catalogue: Path) -> None:
    data = load("movielens@1m", catalogue=real_catalogue)
    assert (data.users[0], data.items[0]) == ("1", "1193")
    assert data.rating is not None
    assert data.timestamp is not None
    assert (data.rating[0], data.timestamp[0]) == (5.0, 978300760)
    assert data.item_table is not None
    assert data.item_table["title"][0] == "One Flew Over the Cuckoo's Nest (1975)"
    assert data.item_table["categories"][0].to_list() == ["Drama"]


def test_genres_of_movielens_100k_are_those_of_its_item_file(real_catalogue: Path) -> None:
    data = load("movielens@100k", catalogue=real_catalogue)
    assert data.item_table is not None
    row = data.item_table.row(int(np.flatnonzero(data.items == "1")[0]), named=True)
    assert row["title"] == "Toy Story (1995)"
    assert row["categories"] == ["Animation", "Children's", "Comedy"]


def test_amazon_2018_puts_reviewers_in_users(real_catalogue: Path) -> None:
    books, movies = (load(f"amazon-{kind}-dense", catalogue=real_catalogue) for kind in ("books", "movies"))
    assert len(set(books.users) & set(movies.users)) == 1329
    assert books.timestamp is None
    assert books.rating_scale == (1.0, 5.0)


def test_empty_rating_column_is_implicit(real_catalogue: Path) -> None:
    data = load("amazon-grocery-overlap", catalogue=real_catalogue)
    assert data.rating is None
    assert data.rating_scale is None
    assert data.timestamp is not None
    assert data.timestamp.min() > 800_000_000


def test_slice_holds_only_items_of_its_genre_and_keeps_the_family_of_ids(real_catalogue: Path) -> None:
    whole = load("movielens", catalogue=real_catalogue)
    drama = load("movielens@1m/DRAMA", catalogue=real_catalogue)
    assert drama.name == "movielens@1m/drama"
    assert drama.item_ids == whole.item_ids == "movielens@1m"
    assert drama.item_table is not None
    assert all("Drama" in genres for genres in drama.item_table["categories"].to_list())
    assert whole.item_table is not None
    is_drama = np.array(["Drama" in genres for genres in whole.item_table["categories"].to_list()])
    assert len(drama) == is_drama[whole.item].sum()


def test_verify_finds_all_files_fine(real_catalogue: Path) -> None:
    checks = verify("amazon-books", catalogue=real_catalogue)
    assert [check.state for check in checks] == ["fine", "fine"]
