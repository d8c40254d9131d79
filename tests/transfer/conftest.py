"""Small trainings made directly, without the stages before `split`."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy import sparse

from tlbench.scenario.scenario import ItemAlignment
from tlbench.split.training import Domain, Training

THEMES = ("war", "love", "space", "crime")


def tastes(rng: np.random.Generator, n_users: int) -> np.ndarray:
    return rng.integers(len(THEMES), size=n_users)


def domain(
    rng: np.random.Generator, taste: np.ndarray, *, name: str, n_items: int, rows: np.ndarray, rated: bool, text: bool
) -> Domain:
    theme = np.arange(n_items) % len(THEMES)
    popularity = 1.0 / (1.0 + rng.permutation(n_items))
    chance = np.zeros((len(taste), n_items))
    likes = theme[None, :] == taste[rows, None]
    chance[rows] = np.clip(popularity * 3 * np.where(likes, 2.0, 0.4), 0.02, 0.9)
    dense = (rng.random(chance.shape) < chance).astype(np.float32)
    scale = None
    if rated:
        stars = np.clip(np.where(theme[None, :] == taste[:, None], 4, 2) + rng.integers(-1, 2, chance.shape), 1, 5)
        dense = dense * stars.astype(np.float32)
        scale = (1.0, 5.0)
    matrix = sparse.csr_matrix(dense)
    words = np.array([f"{name} {THEMES[t]} {THEMES[t]}ish number{i}" for i, t in enumerate(theme)], dtype=object)
    times = np.arange(matrix.nnz, dtype=np.int64) if rated else None
    return Domain(name, matrix, times, words if text else None, scale)


def make_training(
    seed: int = 0,
    *,
    n_sources: int = 1,
    n_users: int = 120,
    n_items: int = 30,
    n_source_items: int = 40,
    shared: bool = True,
    rated: bool = True,
    text: bool = True,
    links: bool = True,
) -> Training:
    """Users have one of four tastes in every domain; a third of the users is known in the source only."""
    rng = np.random.default_rng(seed)
    taste = tastes(rng, n_users)
    target_rows = np.arange(n_users * 2 // 3)
    source_rows = np.arange(n_users // 6, n_users) if shared else np.arange(n_users * 2 // 3, n_users)
    target = domain(rng, taste, name="target", n_items=n_items, rows=target_rows, rated=rated, text=text)
    sources = tuple(
        domain(rng, taste, name=f"source{s}", n_items=n_source_items, rows=source_rows, rated=rated, text=text)
        for s in range(n_sources)
    )
    linked = np.arange(0, min(n_items, n_source_items), 2, dtype=np.int32)
    table = ItemAlignment(linked, linked, np.ones(len(linked), dtype=np.float32), "id") if links else None
    overlap = np.intersect1d(target_rows, source_rows).astype(np.int64)
    return Training(target, sources, overlap, (table,) * n_sources)


@pytest.fixture
def training() -> Callable[..., Training]:
    return make_training
