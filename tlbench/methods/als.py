"""Weighted matrix factorisation of implicit data by alternating least squares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from tlbench.methods import csr
from tlbench.methods._kernels_als import als_rows
from tlbench.methods.products import inner, matmul, one_blas_thread, over_rows
from tlbench.progress import SILENT, Progress
from tlbench.rng import branch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tlbench.arrays import F32, I32, I64, Array

STEPS = 2
_NO_PRIOR = np.zeros((0, 0), dtype=np.float32)


@dataclass(frozen=True, eq=False)
class Factors:
    """Vectors of users and items, float32, shapes (n_users, f) and (n_items, f); a score is their product."""

    users: F32
    items: F32


@dataclass(frozen=True, eq=False)
class Observed:
    """The entries of one side's rows: for each, the column, the weight of its error, and the value to reach.

    `weight` and `target` are aligned with `indices`, or have one element for all.
    """

    indptr: I64
    indices: I32
    weight: F32
    target: F32

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.indptr) - 1

    @property
    def counts(self) -> I64:
        """Number of entries of each row."""
        return np.diff(self.indptr)


@dataclass(frozen=True, eq=False)
class BothSides:
    """The same entries by user and by item."""

    by_user: Observed
    by_item: Observed

    @classmethod
    def of(cls, matrix: sparse.csr_matrix, weight: F32 | float = 1.0, target: F32 | float = 1.0) -> BothSides:
        """Take the entries of a matrix; `weight` and `target` are numbers or arrays aligned with ``matrix.data``."""
        weights, targets = (np.atleast_1d(np.asarray(each, dtype=np.float32)) for each in (weight, target))
        by_user = Observed(*csr.arrays(matrix)[:2], _frozen(weights), _frozen(targets))
        if len(weights) == len(targets) == 1:
            turned = csr.transpose(matrix)
            return cls(by_user, Observed(*csr.arrays(turned)[:2], by_user.weight, by_user.target))
        places = np.arange(matrix.nnz, dtype=np.int64)
        turned = csr.transpose(sparse.csr_matrix((places, matrix.indices, matrix.indptr), shape=matrix.shape))
        order = turned.data
        by_item = Observed(
            csr.readonly(turned.indptr, np.int64),
            csr.readonly(turned.indices, np.int32),
            _frozen(weights if len(weights) == 1 else weights[order]),
            _frozen(targets if len(targets) == 1 else targets[order]),
        )
        return cls(by_user, by_item)


def _frozen(values: Array) -> F32:
    return csr.readonly(values, np.float32)


def solve_rows(
    observed: Observed,
    fixed: F32,
    *,
    ridge: F32,
    unobserved: F32 | float,
    start: F32,
    prior: F32 | None = None,
    steps: int = STEPS,
    preconditioned: bool = True,
) -> F32:
    """Do half an epoch: improve the vectors of one side while those of the other stand still.

    Row u moves towards the minimum of ``sum_i w_ui (t_ui - x.y_i)^2 + sum_j c_j (x.y_j)^2 + ridge_u |x - prior_u|^2``
    (i over its entries, j over all) by conjugate gradients from `start`: a few steps in training, about as many as
    factors to solve exactly, as in folding in new users. A row without entries becomes zero where no prior is given.

    Parameters
    ----------
    observed
        Entries of the side that is solved.
    fixed
        float32, shape (n_fixed, f).
    ridge
        float32, shape (n_rows,), positive.
    unobserved
        Weight c of every pair for its distance from zero; one number, or float32 of shape (n_fixed,).
    start
        float32, shape (n_rows, f); not written to.
    prior
        float32, shape (n_rows, f), where rows are pulled to; None is zero.
    steps
        Conjugate-gradient steps.
    preconditioned
        Whether a step goes straight at the part of all pairs, and so forgets most of where the row started.

    Returns
    -------
    numpy.ndarray
        float32, shape (n_rows, f).
    """
    solved = start.copy()
    pull = None if prior is None else prior.copy()
    basis = _improve(
        observed,
        fixed.copy(),
        solved,
        ridge=ridge,
        unobserved=unobserved,
        prior=pull,
        steps=steps,
        preconditioned=preconditioned,
    )
    return solved if basis is None else matmul(solved, basis.T, out=solved)


def _improve(
    observed: Observed,
    fixed: F32,
    solved: F32,
    *,
    ridge: F32,
    unobserved: F32 | float,
    prior: F32 | None = None,
    steps: int = STEPS,
    preconditioned: bool = True,
) -> F32 | None:
    """Do what `solve_rows` does in place, and leave `fixed`, `solved` and `prior` in another basis, which is returned.

    It is the eigenbasis of ``sum_j c_j y_j y_j'``, where the part of all pairs is diagonal. There it costs f and not
    f^2 operations a step, and with the ridge it makes a preconditioner: two steps come nearer than three plain ones.
    Products of rows, and so scores, are the same in every basis. None says that nothing was turned.
    """
    spectrum, basis = _eigenbasis(fixed, unobserved)
    if basis is not None:
        for vectors in (fixed, solved) if prior is None else (fixed, solved, prior):
            matmul(vectors, basis, out=vectors)
    over_rows(
        als_rows,
        observed.n_rows,
        # One kind of array, and so one compiled kernel, whoever made them.
        csr.readonly(observed.indptr, np.int64),
        csr.readonly(observed.indices, np.int32),
        _frozen(observed.weight),
        _frozen(observed.target),
        _frozen(fixed),
        _frozen(spectrum),
        _frozen(ridge),
        _frozen(_NO_PRIOR if prior is None else prior),
        steps,
        preconditioned,
        solved,
    )
    return basis


def _eigenbasis(fixed: F32, unobserved: F32 | float) -> tuple[F32, F32 | None]:
    """Return eigenvalues and eigenvectors, (f,) and (f, f), of the part of all pairs; None where there is none."""
    if isinstance(unobserved, np.ndarray):
        gram = inner(fixed, unobserved)
    elif unobserved == 0:
        return np.zeros(fixed.shape[1], dtype=np.float32), None
    else:
        gram = inner(fixed) * np.float32(unobserved)
    with one_blas_thread():
        values, vectors = np.linalg.eigh(gram.astype(np.float64))
    return np.maximum(values, 0.0).astype(np.float32), vectors.astype(np.float32)


def frequency_ridge(counts: I64, others: int, *, l2: float, unobserved: float, exponent: float) -> F32:
    """Scale a penalty with how often each row occurs: ``l2 * (count + unobserved * others)^exponent``.

    Rendle et al. 2021, doi:10.1145/3523227.3548486; exponent 0 is the plain penalty of Hu et al. 2008.

    Examples
    --------
    >>> import numpy as np
    >>> from tlbench.methods.als import frequency_ridge
    >>> frequency_ridge(np.array([0, 10]), 100, l2=0.5, unobserved=0.1, exponent=1.0).round(2).tolist()
    [5.0, 10.0]
    """
    scaled: F32 = (l2 * (counts + unobserved * others) ** exponent).astype(np.float32)
    return scaled


def factorise(
    entries: BothSides,
    *,
    factors: int,
    iterations: int,
    user_ridge: F32,
    item_ridge: F32,
    user_unobserved: F32 | float,
    item_unobserved: F32 | float,
    rng: np.random.Generator,
    deviation: float = 0.1,
    steps: int = STEPS,
    progress: Progress = SILENT,
) -> Iterator[Factors]:
    """Alternate between users and items, and yield the model after each epoch; the last one is the result.

    All epochs share the arrays of the model: what is to outlive the next epoch must be copied.

    Parameters
    ----------
    entries
        What was observed. For several domains put their columns side by side first.
    factors, iterations, steps
        Length of the vectors, number of epochs, conjugate-gradient steps in each half-epoch.
    user_ridge, item_ridge
        Penalty of each row, float32, shapes (n_users,) and (n_items,).
    user_unobserved
        Weight of all pairs when users are solved: one number, or one for each item.
    item_unobserved
        The same when items are solved: one number, or one for each user.
    rng, deviation
        Vectors start from a normal distribution with standard deviation ``deviation / sqrt(factors)``.
    progress
        Told of every epoch.
    """
    scale = np.float32(deviation / np.sqrt(factors))
    users = branch(rng, "users").standard_normal((entries.by_user.n_rows, factors), dtype=np.float32) * scale
    items = branch(rng, "items").standard_normal((entries.by_item.n_rows, factors), dtype=np.float32) * scale
    for _ in progress.track(range(iterations), "alternating least squares", total=iterations):
        _improve(entries.by_user, items, users, ridge=user_ridge, unobserved=user_unobserved, steps=steps)
        _improve(entries.by_item, users, items, ridge=item_ridge, unobserved=item_unobserved, steps=steps)
        yield Factors(users, items)
