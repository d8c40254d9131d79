"""Item x item Gram matrices of sparse data, and the weights of EASE from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tlbench.errors import TlbenchError
from tlbench.io.memory import available_memory
from tlbench.methods import csr
from tlbench.methods._kernels_gram import ease_rows, gram_rows, mirror_rows
from tlbench.methods.inverse import invert
from tlbench.methods.products import over_rows

if TYPE_CHECKING:
    from scipy import sparse

    from tlbench.arrays import F32


_GIB = 2.0**30


def require_room(n_items: int, *, method: str, instead: str) -> None:
    """Refuse a method whose n x n float32 matrix does not fit the available memory, before any work.

    Parameters
    ----------
    n_items
        Number of columns, those of all domains for a pooled method.
    method, instead
        Which method asks, and one that does without such a matrix.
    """
    needed = 4.0 * n_items**2
    room = available_memory()
    if needed > room:
        raise TlbenchError(
            f"`{method}` needs {needed / _GIB:,.1f} GiB for {n_items:,} items, {room / _GIB:,.1f} GiB are available",
            hint=f"use `{instead}`, which keeps a few weights per item, or fewer items with a higher `--k-core`",
        )


def gram(matrix: sparse.csr_matrix) -> F32:
    """Compute ``X.T @ X`` of a sparse matrix.

    Parameters
    ----------
    matrix
        csr, shape (n_users, n_items), sorted indices.

    Returns
    -------
    numpy.ndarray
        float32, shape (n_items, n_items), symmetric, writable.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy import sparse
    >>> from tlbench.methods.gram import gram
    >>> items = sparse.csr_matrix(np.array([[1, 1, 0], [1, 1, 1], [0, 0, 1]], dtype=np.float32))
    >>> gram(items).tolist()
    [[2.0, 2.0, 1.0], [2.0, 2.0, 1.0], [1.0, 1.0, 2.0]]
    """
    n_items = matrix.shape[1]
    out = np.zeros((n_items, n_items), dtype=np.float32)
    by_item = csr.arrays(csr.transpose(matrix))
    over_rows(gram_rows, n_items, *by_item, *csr.arrays(matrix), out)
    over_rows(mirror_rows, (n_items + 63) // 64, out)
    return out


def ease_weights(gram_matrix: F32, ridge: F32 | float) -> F32:
    """Compute the item weights of EASE, in place of the Gram matrix.

    ``B = I - P diag(1 / diag(P))`` with ``P = (G + diag(ridge))^-1``: each item regressed on all others with a ridge
    penalty, in closed form (Steck 2019, doi:10.1145/3308558.3313710).

    Parameters
    ----------
    gram_matrix
        float32, shape (n, n), symmetric; **overwritten**, so that no second n x n matrix is needed.
    ridge
        The penalty, positive; one number, or float32 of shape (n,), one for each column.

    Returns
    -------
    numpy.ndarray
        float32, shape (n, n): weight of item i (row) for recommending item j (column); zero diagonal.

    Examples
    --------
    >>> import numpy as np
    >>> from tlbench.methods.gram import ease_weights
    >>> weights = ease_weights(np.array([[2.0, 1.0], [1.0, 2.0]], dtype=np.float32), 1.0)
    >>> weights.round(3).tolist()
    [[0.0, 0.3330000042915344], [0.3330000042915344, 0.0]]
    """
    n = gram_matrix.shape[0]
    gram_matrix[np.diag_indices(n)] += np.asarray(ridge, dtype=np.float32)
    invert(gram_matrix)
    over_rows(ease_rows, n, gram_matrix, np.diagonal(gram_matrix).copy())
    return gram_matrix
