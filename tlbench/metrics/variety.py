"""How a list is spread over kinds of items. Measures of the first k items, one value per user."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from tlbench.errors import TlbenchError
from tlbench.metrics.judged import ratio
from tlbench.registry import metric

if TYPE_CHECKING:
    from tlbench.arrays import F64
    from tlbench.metrics.judged import Judged

SMOOTHING = 0.01
"""Share of the user's own categories that is mixed into the list's, so that the divergence stays finite."""


@metric(
    "diversity",
    reference="Ziegler et al. 2005, doi:10.1145/1060745.1060754",
    needs="content",
)
def diversity(judged: Judged, k: int) -> F64:
    """Average distance between two listed items, 1 - cosine of their categories (or words, where there are none).

    With unit vectors c_i the sum of the cosines of all pairs is (|sum c_i|^2 - sum |c_i|^2) / 2. An item of which
    nothing is known is unlike every other. Lists of fewer than two items score 0.
    """
    content = _known(judged.background.content)
    listed = judged.first(k)
    size = np.diff(listed.indptr).astype(np.float64)
    twice_all_pairs = _squares(listed @ content) - listed @ _squares(content)
    return np.where(size > 1, np.clip(1 - ratio(twice_all_pairs, size * (size - 1)), 0.0, 1.0), 0.0)


@metric("calibration", reference="Steck 2018, doi:10.1145/3240323.3240372", needs=("categories", "training"))
def calibration(judged: Judged, k: int) -> F64:
    """How well the list's categories match those of the user's training items: 1 - KL(p || q) / ln(1 / 0.01).

    p(c) and q(c) are the averages over training and listed items of the share of category c in the item, and q is
    0.99 q + 0.01 p. Steck's divergence is (1 - value) ln 100; turned round here, so that higher is better. A user of
    whose training items no category is known scores 0, as a list without any category does.
    """
    categories = _known(judged.background.categories)
    wanted = _shares(judged.background.training[judged.ranking.users], categories)
    given = _shares(judged.first(k), categories)
    mixed = (1 - SMOOTHING) * given + SMOOTHING * wanted
    terms = np.where(wanted > 0, wanted, 1.0)
    divergence = (wanted * np.log(terms / np.where(wanted > 0, mixed, 1.0))).sum(axis=1)
    return np.where(wanted.any(axis=1), np.clip(1 - divergence / np.log(1 / SMOOTHING), 0.0, 1.0), 0.0)


def _shares(rows: sparse.csr_matrix, categories: sparse.csr_matrix) -> F64:
    """Average the categories of each row's items: float64, shape (b, n_categories), rows sum to 1 or are 0."""
    ones = sparse.csr_matrix((np.ones(len(rows.indices)), rows.indices, rows.indptr), shape=rows.shape)
    total = np.asarray((ones @ categories).toarray(), dtype=np.float64)
    size = total.sum(axis=1, keepdims=True)
    shares: F64 = np.divide(total, size, out=np.zeros_like(total), where=size > 0)
    return shares


def _squares(matrix: sparse.csr_matrix) -> F64:
    """Squared lengths of the rows."""
    return np.asarray(matrix.multiply(matrix).sum(axis=1), dtype=np.float64).ravel()


def _known(matrix: sparse.csr_matrix | None) -> sparse.csr_matrix:
    if matrix is None:
        raise TlbenchError(
            "a metric looks at the content of items of which none is known",
            hint='register it with `needs="content"` or `needs="categories"`',
        )
    return matrix
