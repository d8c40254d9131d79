"""Synthetic domains carry the truths that were planted."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from tlbench.data import Interactions, load, make_domains
from tlbench.registry import DATASETS

DEMO = ("demo-books", "demo-movies", "demo-noise")


def genre_shares(data: Interactions) -> dict[str, np.ndarray]:
    """Share of each genre in each user's history."""
    assert data.item_table is not None
    genres = sorted(set(data.item_table["categories"].explode().drop_nulls()))
    of_item = np.array([[genre in row for genre in genres] for row in data.item_table["categories"].to_list()], float)
    counts = np.zeros((data.n_users, len(genres)))
    np.add.at(counts, data.user, of_item[data.item])
    shares = counts - counts.mean(axis=0)
    return dict(zip(data.users, shares, strict=True))


def taste_correlation(source: Interactions, target: Interactions) -> float:
    a, b = genre_shares(source), genre_shares(target)
    shared = sorted(set(a) & set(b))
    return float(np.corrcoef(np.ravel([a[u] for u in shared]), np.ravel([b[u] for u in shared]))[0, 1])


def test_shared_users_genres_correlate_as_planted() -> None:
    # Popularity and chance hide most of the taste, so the planted correlation shows on a smaller scale, but in order.
    none, half, full = (taste_correlation(*make_domains(rho=rho, n_users=1000, history=40)) for rho in (0.0, 0.5, 1.0))
    assert abs(none) < 0.05
    assert full > 0.12
    assert 0.3 < half / full < 0.7


@pytest.mark.parametrize(("overlap", "shared"), [(0.0, 0), (0.25, 75), (1.0, 300)])
def test_overlap_is_as_planted(overlap: float, shared: int) -> None:
    source, target = make_domains(rho=0.5, n_users=300, n_items=100, overlap=overlap)
    assert len(set(source.users) & set(target.users)) == shared
    assert source.user_ids == target.user_ids
    assert not set(source.items) & set(target.items)


def test_same_seed_gives_the_same_domains_and_another_seed_others() -> None:
    first, again, other = (make_domains(rho=0.5, n_users=100, n_items=80, seed=seed)[1] for seed in (1, 1, 2))
    assert first.provenance == again.provenance
    assert np.array_equal(first.user, again.user)
    assert first.item_table is not None
    assert again.item_table is not None
    assert first.item_table.equals(again.item_table)
    assert first.provenance.sha256 != other.provenance.sha256


def test_popularity_is_skewed_and_ratings_follow_taste() -> None:
    data = load("demo-movies")
    counts = np.sort(np.bincount(data.item))[::-1]
    assert counts[: len(counts) // 10].sum() > 0.2 * len(data)
    assert data.rating is not None
    assert set(np.unique(data.rating)) == {1.0, 2.0, 3.0, 4.0, 5.0}


def test_text_tells_the_genre() -> None:
    from tlbench.data.synthetic import GENRES

    table = load("demo-books").item_table
    assert table is not None
    own, others = [], []
    for categories, text in table.select("categories", "text").rows():
        for genre, words in GENRES.items():
            found = sum(word in words.split() for word in text.split())
            (own if genre in categories else others).append(found)
    assert np.mean(own) > 10 * np.mean(others)


@pytest.mark.parametrize("name", DEMO)
def test_demo_set_keeps_the_promises_of_the_type(name: str) -> None:
    data = load(name)
    assert data.name == name
    assert DATASETS.get(name).user_ids == data.user_ids
    assert data.user.dtype == data.item.dtype == np.int32
    assert data.timestamp is not None
    assert data.timestamp.dtype == np.int64
    assert (np.diff(data.timestamp) >= 0).all()
    assert len(np.unique(data.user)) == data.n_users
    assert len(np.unique(data.item)) == data.n_items
    assert len(np.unique(data.user.astype(np.int64) * data.n_items + data.item)) == len(data)
    assert isinstance(data.users, pl.Series)
    assert 15_000 < len(data) < 50_000
