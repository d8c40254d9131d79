"""Item texts of all domains -> vectors in one space."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from tlbench.errors import TlbenchError
from tlbench.methods.neighbours import nearest
from tlbench.methods.text import target_texts, tfidf

if TYPE_CHECKING:
    from tlbench.arrays import F32, I64
    from tlbench.split.training import Training

MOST_WORDS = 4000
TINY = 1e-12


@dataclass(frozen=True, eq=False)
class Texts:
    """Tf-idf rows of length 1 of target and source items (all sources side by side) over common words, csr float32."""

    target: sparse.csr_matrix
    source: sparse.csr_matrix


def texts_of(data: Training, method: str) -> Texts:
    """Turn the texts of all domains into vectors; words that only one domain uses link nothing and are dropped."""
    own = target_texts(data, method)
    if data.source.item_text is None:
        raise TlbenchError(
            f"`{method}` needs item text, `{data.source.name}` has none",
            hint="choose methods that need none; `tlbench list methods` shows what each needs",
        )
    both = tfidf(np.concatenate([own, data.source.item_text]))
    target, source = both[: data.n_items], both[data.n_items :]
    shared = np.intersect1d(target.indices, source.indices).astype(np.int64)
    return Texts(_columns(target, shared), _columns(source, shared))


def _columns(matrix: sparse.csr_matrix, kept: I64) -> sparse.csr_matrix:
    columns: sparse.csr_matrix = matrix[:, kept].tocsr()
    return columns


def ridge_on_text(texts: Texts, values: F32, *, weight: F32, l2: float) -> F32:
    """Predict values of target items from their text by ridge regression on the source's items.

    Solves ``min_W,b sum_i weight_i |v_i - b - x_i W|^2 + l2 |W|^2`` over source items with b their weighted mean, on
    the `MOST_WORDS` words that most source items have.

    Parameters
    ----------
    texts
        Vectors of both domains.
    values
        float32, shape (n_source_items, g).
    weight
        float32, shape (n_source_items,), not negative, how far each source item is to be believed.
    l2
        Ridge penalty, positive.

    Returns
    -------
    numpy.ndarray
        float32, shape (n_items, g); an item without a known word gets b.
    """
    frequent = np.argsort(-np.bincount(texts.source.indices, minlength=texts.source.shape[1]), kind="stable")
    words = np.sort(frequent[:MOST_WORDS])
    source, target = _columns(texts.source, words), _columns(texts.target, words)
    mean = (weight @ values) / max(float(weight.sum()), TINY)
    weighted = sparse.csr_matrix(source.multiply(weight[:, None]))
    gram = (source.T @ weighted).toarray().astype(np.float64) + l2 * np.eye(len(words))
    right = weighted.T @ (values - mean)
    predicted: F32 = (mean + target @ np.linalg.solve(gram, right)).astype(np.float32)
    return predicted


def nearest_by_text(texts: Texts, k: int) -> sparse.csr_matrix:
    """Find the k source items whose texts are most like a target item's, rows scaled to sum 1.

    csr float32, shape (n_items, n_source_items); a target item without a common word has an empty row.
    """
    near = nearest(texts.target, texts.source, k=k, similarity="cosine", own=None)
    sizes = np.diff(near.indptr)
    sums = np.bincount(np.repeat(np.arange(len(sizes)), sizes), weights=near.data, minlength=len(sizes))
    data = (near.data / np.repeat(sums, sizes)).astype(np.float32)
    return sparse.csr_matrix((data, near.indices, near.indptr), shape=near.shape)
