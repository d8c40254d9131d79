"""Background: what is known of users and items apart from the held-out part."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tlbench.arrays import I64, Array, Bool
    from tlbench.split.training import Split

HEAD_SHARE = 0.2
"""Share of the items that are the head, the most popular ones; the rest are the tail."""

COLD = 5
"""Users with at most so many training interactions in the target are cold."""


@dataclass(frozen=True, eq=False)
class Background:
    """What is known of users and items apart from the held-out part.

    Attributes
    ----------
    training
        csr, shape (n_users, n_items), the target's training part.
    item_categories
        One collection of category names per item, or None where no item has any.
    item_text
        One string per item, or None where no item has text.
    """

    training: sparse.csr_matrix
    item_categories: tuple[tuple[str, ...], ...] | None = None
    item_text: Array | None = None

    @cached_property
    def popularity(self) -> I64:
        """Number of training users of each item, int64, shape (n_items,)."""
        return np.bincount(self.training.indices, minlength=self.training.shape[1]).astype(np.int64)

    @cached_property
    def mean_rating(self) -> float:
        """Mean of the training ratings."""
        return float(self.training.data.mean(dtype=np.float64)) if self.training.nnz else 0.0

    @cached_property
    def n_active(self) -> int:
        """Number of users with training interactions."""
        return int(np.count_nonzero(np.diff(self.training.indptr)))

    @cached_property
    def by_popularity(self) -> I64:
        """Items from the most to the least popular, int64, shape (n_items,); of equal ones the lower code first."""
        return np.argsort(-self.popularity, kind="stable")

    @cached_property
    def tail(self) -> Bool:
        """Items that are not among the `HEAD_SHARE` most popular, bool, shape (n_items,)."""
        tail = np.ones(len(self.popularity), dtype=bool)
        tail[self.by_popularity[: round(HEAD_SHARE * len(tail))]] = False
        return tail

    @cached_property
    def cold(self) -> Bool:
        """Users with at most `COLD` training interactions in the target, bool, shape (n_users,)."""
        return np.diff(self.training.indptr) <= COLD

    @cached_property
    def categories(self) -> sparse.csr_matrix | None:
        """Share of each category in an item, csr float64, (n_items, n_categories); a row sums to 1 or is empty."""
        if self.item_categories is None:
            return None
        return _rows_over(_bags(self.item_categories), power=1)

    @cached_property
    def content(self) -> sparse.csr_matrix | None:
        """Unit vectors of categories, or of words (tf-idf) where there are none; csr float64, (n_items, n_terms)."""
        if self.item_categories is not None:
            return _rows_over(_bags(self.item_categories), power=2)
        if self.item_text is None:
            return None
        counts = _bags(re.findall(r"\w+", text.lower()) for text in self.item_text)
        holders = np.bincount(counts.indices, minlength=counts.shape[1])
        counts.data *= np.log(counts.shape[0] / holders)[counts.indices]
        return _rows_over(counts, power=2)


def background_of(split: Split) -> Background:
    """Take from a split what metrics may know besides the held-out part."""
    table = split.scenario.target.item_table
    categories = None
    if table is not None and "categories" in table.columns:
        found = tuple(tuple(names or ()) for names in table["categories"].to_list())
        categories = found if any(found) else None
    return Background(split.training.target.matrix, categories, split.training.target.item_text)


def _bags(bags: Iterable[Iterable[str]]) -> sparse.csr_matrix:
    """Count words of each bag: csr float64, shape (n_bags, n_words)."""
    code: dict[str, int] = {}
    data: list[float] = []
    indices: list[int] = []
    indptr = [0]
    for bag in bags:
        for word, count in Counter(bag).items():
            indices.append(code.setdefault(word, len(code)))
            data.append(float(count))
        indptr.append(len(indices))
    return sparse.csr_matrix((data, indices, indptr), shape=(len(indptr) - 1, len(code)))


def _rows_over(matrix: sparse.csr_matrix, *, power: int) -> sparse.csr_matrix:
    """Divide rows by their sum (`power` 1) or length (2); empty rows stay empty."""
    whose = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    total = np.bincount(whose, weights=matrix.data**power, minlength=matrix.shape[0])
    size = np.power(total, 1 / power)
    data = np.divide(matrix.data, size[whose], out=np.zeros(len(matrix.data)), where=size[whose] > 0)
    return sparse.csr_matrix((data, matrix.indices, matrix.indptr), shape=matrix.shape)
