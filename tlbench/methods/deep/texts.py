"""Item texts of all domains -> dense vectors in one space, without any model that must be downloaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tlbench.errors import TlbenchError
from tlbench.methods.text import target_texts, tfidf

if TYPE_CHECKING:
    from tlbench.arrays import F32, Array
    from tlbench.split.training import Training

DIMENSIONS = 128
_SEED = 0


def own_text_vectors(data: Training, method: str) -> F32:
    """Return a vector of the text of each target item, float32, shape (n_items, d)."""
    return text_vectors(target_texts(data, method))


def common_text_vectors(data: Training, method: str) -> tuple[F32, F32]:
    """Return vectors of the target's and of the sources' items (side by side), in one space."""
    own, there = target_texts(data, method), data.source.item_text
    if there is None:
        raise TlbenchError(
            f"`{method}` needs item text, `{data.source.name}` has none",
            hint="choose methods that need none; `tlbench list methods` shows what each needs",
        )
    both = text_vectors(np.concatenate([own, there]))
    return both[: len(own)], both[len(own) :]


def text_vectors(texts: Array, dimensions: int = DIMENSIONS) -> F32:
    """Return the leading directions of tf-idf rows (Deerwester et al. 1990), each scaled to mean square 1.

    Parameters
    ----------
    texts
        Strings, shape (n,); an empty one has a zero vector.
    dimensions
        Number of directions, fewer where there are fewer words or texts.

    Returns
    -------
    numpy.ndarray
        float32, shape (n, d). The sign of a direction is that of its largest entry, so that equal texts give equal
        bits.
    """
    from scipy.sparse.linalg import svds

    rows = tfidf(texts).astype(np.float64)
    most = min(dimensions, min(rows.shape) - 1)
    if most < 1:
        return np.zeros((len(texts), 1), dtype=np.float32)
    start = np.random.Generator(np.random.PCG64(_SEED)).standard_normal(min(rows.shape))
    left, values, _ = svds(rows, k=most, v0=start)
    order = np.argsort(-values)
    vectors = left[:, order] * values[order]
    signs = np.sign(vectors[np.abs(vectors).argmax(axis=0), np.arange(most)])
    size = np.sqrt((vectors**2).mean(axis=0))
    kept = size > 1e-9 * size.max()
    scaled: F32 = (vectors * signs / np.where(kept, size, 1.0))[:, kept].astype(np.float32)
    return np.ascontiguousarray(scaled)
