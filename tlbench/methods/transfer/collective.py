"""Several interaction matrices over shared users and items -> one vector for each user and item.

Collective matrix factorisation (Singh and Gordon 2008, doi:10.1145/1401890.1401969) with the loss of implicit ALS:
``sum_d w_d [sum_{(u,i) in d} (1 - x_u.y_i)^2 + alpha sum_{u in d, i in d} (x_u.y_i)^2] + ridge``. A pair whose user or
item a domain does not know is missing there, not zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlbench.methods import csr
from tlbench.methods.als import Factors, Observed, solve_rows
from tlbench.progress import SILENT, Progress
from tlbench.rng import branch

if TYPE_CHECKING:
    from scipy import sparse

    from tlbench.arrays import F32, I64, Bool


@dataclass(frozen=True)
class AlsOptions:
    """Hyper-parameters that collective factorisation shares with `ials`; see there."""

    factors: int
    iterations: int
    l2: float
    unobserved: float
    exponent: float


@dataclass(frozen=True, eq=False)
class Relation:
    """One domain: csr, shape (n_users, n_items) over the shared users and items, and its weight > 0.

    The values are the entries' own weights, 1 where all count alike. Its users and items are those with an entry.
    """

    matrix: sparse.csr_matrix
    weight: float


@dataclass(frozen=True, eq=False)
class Group:
    """Rows of one side that are known in the same domains, so that the same pairs count as unobserved for them."""

    rows: I64
    observed: Observed
    unobserved: F32
    ridge: F32


def factorise_collectively(
    relations: tuple[Relation, ...],
    options: AlsOptions,
    start: Factors,
    *,
    progress: Progress = SILENT,
) -> Factors:
    """Alternate between the users and the items of all domains, from `start`.

    Users and items without an entry anywhere get zero vectors. With one relation this is `ials`.
    """
    by_user = _groups(relations, options)
    by_item = _groups(tuple(Relation(csr.transpose(each.matrix), each.weight) for each in relations), options)
    users, items = start.users, start.items
    for _ in progress.track(range(options.iterations), "collective factorisation", total=options.iterations):
        users = _solve(by_user, items, users)
        items = _solve(by_item, users, items)
    return Factors(users, items)


def random_start(shape: tuple[int, int], factors: int, rng: np.random.Generator) -> Factors:
    """Draw the vectors that `ials` starts from, for `shape` (n_users, n_items); the target's items come first."""
    scale = np.float32(0.1 / np.sqrt(factors))
    users = branch(rng, "users").standard_normal((shape[0], factors), dtype=np.float32) * scale
    return Factors(users, branch(rng, "items").standard_normal((shape[1], factors), dtype=np.float32) * scale)


def _solve(groups: tuple[Group, ...], fixed: F32, start: F32) -> F32:
    """Do half an epoch, group by group."""
    out = np.zeros_like(start)
    for group in groups:
        out[group.rows] = solve_rows(
            group.observed, fixed, ridge=group.ridge, unobserved=group.unobserved, start=start[group.rows]
        )
    return out


def _groups(relations: tuple[Relation, ...], options: AlsOptions) -> tuple[Group, ...]:
    """Sort rows by the domains that know them."""
    rows_in = np.stack([np.diff(each.matrix.indptr) > 0 for each in relations])
    columns_in = np.stack([np.bincount(each.matrix.indices, minlength=each.matrix.shape[1]) > 0 for each in relations])
    weights = np.array([each.weight for each in relations], dtype=np.float32)
    total = csr.empty(relations[0].matrix.shape)
    for each in relations:
        total = total + each.matrix * np.float32(each.weight)
    total.sort_indices()
    patterns, member = np.unique(rows_in.T, axis=0, return_inverse=True)
    return tuple(
        _group(np.flatnonzero(member.ravel() == number), total, pattern * weights, columns_in, options)
        for number, pattern in enumerate(patterns)
        if pattern.any()
    )


def _group(rows: I64, total: sparse.csr_matrix, weights: F32, columns_in: Bool, options: AlsOptions) -> Group:
    """Collect what the rows' normal equations need; `weights` is 0 for domains that do not know them."""
    part = total[rows]
    columns = (weights @ columns_in).astype(np.float32)
    observed = Observed(*csr.arrays(part), csr.readonly(np.ones(1), np.float32))
    counts = np.asarray(part.sum(axis=1), dtype=np.float64).ravel()
    frequency = counts + options.unobserved * columns.sum(dtype=np.float64)
    ridge = (options.l2 * frequency**options.exponent).astype(np.float32)
    return Group(rows, observed, np.float32(options.unobserved) * columns, ridge)
