"""Propagation over the graph of users and items, as torch differentiates it."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from tlbench.methods.csr import transpose
from tlbench.methods.deep.device import current_device
from tlbench.methods.graph_filter import normalised

if TYPE_CHECKING:
    from scipy import sparse
    from torch import Tensor


class _SparseTimesDense(torch.autograd.Function):
    """Sparse times dense, where the gradient goes through the transpose that stands ready."""

    @staticmethod
    def forward(context: Any, matrix: Tensor, transposed: Tensor, dense: Tensor) -> Tensor:
        context.transposed = transposed
        return matrix @ dense

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[None, None, Tensor]:
        return None, None, context.transposed @ gradient


@dataclass(frozen=True, eq=False)
class Product:
    """Multiplication by a sparse matrix, with its transpose at hand for the gradient.

    Attributes
    ----------
    matrix, transposed
        Sparse csr tensors, shapes (m, n) and (n, m).
    """

    matrix: Tensor
    transposed: Tensor

    @classmethod
    def of(cls, matrix: sparse.csr_matrix) -> Product:
        """Move a matrix to the device of this fit."""
        return cls(as_tensor(matrix), as_tensor(transpose(matrix)))

    def __call__(self, dense: Tensor) -> Tensor:
        """Multiply a dense tensor (n, f): (m, f)."""
        product: Tensor = _SparseTimesDense.apply(self.matrix, self.transposed, dense)  # type: ignore[no-untyped-call]
        return product

    @property
    def back(self) -> Product:
        """Multiplication by the transpose."""
        return Product(self.transposed, self.matrix)


@dataclass(frozen=True, eq=False)
class Graph:
    """Users and items with weighted edges where there are interactions.

    Attributes
    ----------
    to_users, to_items
        Sum the vectors of each user's items, (n_items, f) -> (n_users, f), and of each item's users.
    """

    to_users: Product
    to_items: Product

    @classmethod
    def of(cls, matrix: sparse.csr_matrix) -> Graph:
        """Weigh the edge of a user and an item ``1 / sqrt(degree x degree)``, both ways."""
        product = Product.of(normalised(matrix))
        return cls(product, product.back)

    @classmethod
    def of_means(cls, matrix: sparse.csr_matrix) -> Graph:
        """Weigh edges so that a sum is the mean over a user's items, and over an item's users."""
        return cls(Product.of(row_means(matrix)), Product.of(row_means(transpose(matrix))))


def row_means(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    """Return a pattern whose rows sum to 1, csr float32; empty rows stay empty."""
    from scipy import sparse

    counts = np.diff(matrix.indptr)
    weights = (1.0 / np.repeat(counts, counts)).astype(np.float32)
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
