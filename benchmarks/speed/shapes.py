"""Interactions of known shapes for timing: MovieLens 1M, and power laws of the size of larger sets."""

from __future__ import annotations

import os
import tempfile
import zipfile
from pathlib import Path

import numpy as np
from scipy import sparse

# users, items, interactions, and how steep activity and popularity fall: weight of rank r is (r + offset)^-slope.
POWER_LAWS = {
    "ml-20m-like": (138_493, 27_278, 20_000_263, (1.2, 800.0), (2.0, 300.0)),
    "books-like": (603_668, 367_982, 8_898_041, (0.85, 30.0), (0.9, 30.0)),
}


def load(name: str) -> sparse.csr_matrix:
    """Return a csr float32 matrix of ones, sorted indices; made once and kept in the temporary folder."""
    if name == "ml-1m":
        return _movielens()
    path = Path(tempfile.gettempdir()) / f"tlbench-shape-{name}.npz"
    if not path.exists():
        beside = path.with_suffix(f".{os.getpid()}.npz")
        sparse.save_npz(beside, _power_law(*POWER_LAWS[name]), compressed=False)
        beside.rename(path)
    return sparse.load_npz(path)


def _power_law(
    n_users: int, n_items: int, n: int, activity: tuple[float, float], popularity: tuple[float, float]
) -> sparse.csr_matrix:
    """Draw users and items independently and keep n distinct pairs; codes are in random order."""
    rng = np.random.default_rng(20)
    pairs = np.empty(0, dtype=np.int64)
    while len(pairs) < n:
        missing = int((n - len(pairs)) * 1.3) + 1000
        user, item = (_draw(rng, size, missing, *law) for size, law in ((n_users, activity), (n_items, popularity)))
        pairs = np.unique(np.concatenate([pairs, user * n_items + item]))
    pairs = np.sort(rng.permutation(pairs)[:n])
    user, item = np.divmod(pairs, n_items)
    return _ones(user, item, (n_users, n_items))


def _draw(rng: np.random.Generator, size: int, n: int, slope: float, offset: float) -> np.ndarray:
    weights = (np.arange(size) + offset) ** -slope
    cumulated = np.cumsum(rng.permutation(weights))
    return np.searchsorted(cumulated, rng.random(n) * cumulated[-1])


def _movielens() -> sparse.csr_matrix:
    beside = Path(__file__).parents[3] / "shared" / "data" / "datasets.toml"
    folder = Path(os.environ.get("TLBENCH_CATALOGUE", beside)).parent
    with zipfile.ZipFile(folder / "ml-1m.zip") as archive:
        name = next(name for name in archive.namelist() if name.endswith("ratings.dat"))
        table = np.array(archive.read(name).decode("latin-1").replace("::", " ").split(), dtype=np.int64).reshape(-1, 4)
    _, user = np.unique(table[:, 0], return_inverse=True)
    _, item = np.unique(table[:, 1], return_inverse=True)
    return _ones(user, item, (user.max() + 1, item.max() + 1))


def _ones(user: np.ndarray, item: np.ndarray, shape: tuple[int, int]) -> sparse.csr_matrix:
    matrix = sparse.csr_matrix((np.ones(len(user), dtype=np.float32), (user, item)), shape=shape)
    matrix.sort_indices()
    return matrix
