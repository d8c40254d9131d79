"""TALMUD: codebooks of several sources, mixed by how related each is to the target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from tlbench.methods.codebooks import (
    CodebookScorer,
    CodebookSize,
    Memberships,
    learn_codebook,
    nearest_pattern,
    rescale,
)
from tlbench.methods.transfer.embedding import source_stream
from tlbench.progress import SILENT, Progress
from tlbench.registry import IntRange, method
from tlbench.rng import branch

if TYPE_CHECKING:
    from tlbench.arrays import F64, I64
    from tlbench.split.training import Domain, Training


@method(
    "talmud",
    family="knowledge",
    needs=("target-ratings", "source-ratings"),
    counterpart="own-codebook",
    placebo="permuted-ratings",
    deterministic=False,
    reference='Moreno et al. 2012, "TALMUD: transfer learning for multiple domains", CIKM, doi:10.1145/2396761.2396817',
    space={"user_clusters": IntRange(5, 100, log=True), "item_clusters": IntRange(5, 100, log=True)},
)
@dataclass(frozen=True)
class Talmud:
    """Weighted sum of one codebook a source: X ~ sum over n of alpha_n U_n B_n V_n'; the score is the predicted rating.

    As in the paper every source has its own codebook, target memberships and relatedness alpha_n (least squares). The
    paper searches all combinations of clusters of all sources at once; here one source's cluster moves at a time, the
    others held, which is the same for one source and does not grow exponentially with their number.
    """

    user_clusters: int = 50
    item_clusters: int = 50
    users: int = 500
    items: int = 500
    iterations: int = 100
    rounds: int = 30

    def fit(self, data: Training, rng: np.random.Generator, *, progress: Progress = SILENT) -> CodebookScorer:
        """Learn a codebook a source, then memberships and relatedness in turn."""
        size = CodebookSize(self.user_clusters, self.item_clusters, self.users, self.items, self.iterations)
        codebooks = tuple(
            _codebook(source, data.target, size, source_stream(data, source, rng))
            for source in progress.track(data.sources, "talmud: codebooks", total=len(data.sources))
        )
        matrix = data.target.matrix
        users = [np.zeros(matrix.shape[0], dtype=np.int64) for _ in codebooks]
        items = [branch(rng, "clusters").integers(book.shape[1], size=matrix.shape[1]) for book in codebooks]
        alpha = np.full(len(codebooks), 1.0 / len(codebooks))
        for _ in progress.track(range(self.rounds), "talmud: rounds"):
            users = _move(matrix, codebooks, users, items, alpha)
            items = _move(matrix.T.tocsr(), tuple(book.T for book in codebooks), items, users, alpha)
            alpha = _relatedness(matrix, codebooks, users, items)
        known = (np.diff(matrix.indptr) > 0).astype(np.float32)
        members = tuple(Memberships(u, i) for u, i in zip(users, items, strict=True))
        return CodebookScorer(codebooks, members, tuple(alpha.tolist()), known)


def _codebook(source: Domain, target: Domain, size: CodebookSize, rng: np.random.Generator) -> F64:
    """Learn one source's codebook on the target's scale."""
    book = learn_codebook(source.matrix, size, rng)
    if source.rating_scale is None or target.rating_scale is None:
        return book
    return rescale(book, source.rating_scale, target.rating_scale)


def _parts(ratings: sparse.csr_matrix, codebooks: tuple[F64, ...], rows: list[I64], columns: list[I64]) -> F64:
    """Prediction of each codebook for each known entry, float64, shape (n_sources, nnz)."""
    row = np.repeat(np.arange(ratings.shape[0]), np.diff(ratings.indptr))
    return np.stack([book[r[row], c[ratings.indices]] for book, r, c in zip(codebooks, rows, columns, strict=True)])


def _move(
    ratings: sparse.csr_matrix, codebooks: tuple[F64, ...], rows: list[I64], columns: list[I64], alpha: F64
) -> list[I64]:
    """Give every row the best cluster of each source in turn, for what the other sources leave unexplained."""
    moved = list(rows)
    for n, book in enumerate(codebooks):
        parts = _parts(ratings, codebooks, moved, columns)
        left = ratings.data - (alpha @ parts - alpha[n] * parts[n])
        residual = sparse.csr_matrix((left, ratings.indices, ratings.indptr), shape=ratings.shape)
        moved[n] = nearest_pattern(residual, alpha[n] * book[:, columns[n]])
    return moved


def _relatedness(ratings: sparse.csr_matrix, codebooks: tuple[F64, ...], users: list[I64], items: list[I64]) -> F64:
    """Least-squares alpha for the current memberships, float64, shape (n_sources,)."""
    parts = _parts(ratings, codebooks, users, items)
    solution = np.linalg.lstsq(parts @ parts.T, parts @ ratings.data.astype(np.float64), rcond=None)
    return np.asarray(solution[0])
