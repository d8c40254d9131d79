"""Propagation over the graph of users and items, as torch differentiates it."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from tlbench.methods.csr import transpose
from tlbench.methods.deep.device import current_device

if TYPE_CHECKING:
    from scipy import sparse
    from torch import Tensor

    from tlbench.arrays import F32


class _Product(torch.autograd.Function):
    """Sparse times dense, where the gradient goes through the transpose that stands ready."""

    @staticmethod
    def forward(context: Any, matrix: Tensor, transposed: Tensor, dense: Tensor) -> Tensor:
        context.transposed = transposed
        return matrix @ dense

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[None, None, Tensor]:
        return None, None, context.transposed @ gradient


@dataclass(frozen=True, eq=False)
class Graph:
    """Users and items with edges where there are interactions, each weighted ``1 / sqrt(degree x degree)``.

    Attributes
    ----------
    forth, back
        Sparse csr tensors, shapes (n_users, n_items) and (n_items, n_users): the same weights both ways.
    """

    forth: Tensor
    back: Tensor

    @classmethod
    def of(cls, matrix: sparse.csr_matrix) -> Graph:
        """Weigh the edges of a pattern and move them to the device of this fit."""
        weighted = normalised(matrix)
        return cls(as_tensor(weighted), as_tensor(transpose(weighted)))

    def to_users(self, items: Tensor) -> Tensor:
        """Sum the vectors of each user's items, shape (n_users, f)."""
        product: Tensor = _Product.apply(self.forth, self.back, items)  # type: ignore[no-untyped-call]
        return product

    def to_items(self, users: Tensor) -> Tensor:
        """Sum the vectors of each item's users, shape (n_items, f)."""
        product: Tensor = _Product.apply(self.back, self.forth, users)  # type: ignore[no-untyped-call]
        return product


def normalised(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    """Return ``D_u^-1/2 A D_i^-1/2`` of a pattern A, csr float32; nodes without edges stay without."""
    from scipy import sparse

    row_degrees = np.diff(matrix.indptr)
    column_degrees = np.bincount(matrix.indices, minlength=matrix.shape[1])
    weights: F32 = (
        1.0 / np.sqrt(np.repeat(row_degrees, row_degrees).astype(np.float64) * column_degrees[matrix.indices])
    ).astype(np.float32)
    return sparse.csr_matrix((weights, matrix.indices, matrix.indptr), shape=matrix.shape)


def as_tensor(matrix: sparse.csr_matrix) -> Tensor:
    """Move a matrix to the device of this fit."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # torch calls its csr tensors beta
        tensor = torch.sparse_csr_tensor(
            torch.from_numpy(matrix.indptr.astype(np.int64)),
            torch.from_numpy(matrix.indices.astype(np.int64)),
            torch.from_numpy(matrix.data.astype(np.float32)),
            size=matrix.shape,
            check_invariants=False,
        )
        return tensor.to(torch.device(current_device()))
