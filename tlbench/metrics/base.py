"""Names -> MetricSpec, and what a metric gets: the users' rankings beside what was held out of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from tlbench.errors import TlbenchError
from tlbench.registry import METRICS, MetricEntry
from tlbench.threads import in_threads

if TYPE_CHECKING:
    from scipy import sparse

    from tlbench.arrays import F64, I64
    from tlbench.metrics.ranking import Ranking

_WALKERS = 8192
"""Users whose lists one thread walks at a time."""


@dataclass(frozen=True)
class MetricSpec:
    """A metric as the user asked for it.

    Attributes
    ----------
    name
        As typed and as printed, ``ndcg@10``.
    k
        Length at which lists are cut, at least 1; None for a metric that has no cut.
    entry
        The registered metric.
    """

    name: str
    k: int | None
    entry: MetricEntry


def parse_metrics(names: Sequence[str]) -> tuple[MetricSpec, ...]:
    """Turn names like ``ndcg@10`` into metrics, in the order given, before any work starts.

    Raises
    ------
    TlbenchError
        For a name that nobody registered (with the nearest one), a cut that is missing, wrong or not wanted, a name
        given twice, or no name at all.
    """
    if not names:
        raise TlbenchError("no metric was named", hint="for instance `--metrics ndcg@10,recall@20`")
    twice = [name for at, name in enumerate(names) if name in names[:at]]
    if twice:
        raise TlbenchError(f"metric `{twice[0]}` is named twice", hint="name it once")
    return tuple(_parse(name) for name in names)


def _parse(name: str) -> MetricSpec:
    base, at, cut = name.partition("@")
    entry = METRICS.get(base)
    if not entry.cut:
        if at:
            raise TlbenchError(f"metric `{name}` has a cut, but `{base}` looks at all items", hint=f"write `{base}`")
        return MetricSpec(name, None, entry)
    if not at:
        raise TlbenchError(f"metric `{name}` lacks its cut", hint=f"write `{base}@10` for the first 10 items")
    if not (cut.isascii() and cut.isdigit()) or int(cut) < 1 or cut.startswith("0"):
        raise TlbenchError(
            f"metric `{name}` has the cut `{cut}`, which is not a whole number from 1", hint=f"write `{base}@10`"
        )
    return MetricSpec(name, int(cut), entry)


def list_depth(specs: Sequence[MetricSpec], n_items: int) -> int:
    """Length of the lists that these metrics need, at least 1 and at most the whole catalogue."""
    return min(max((spec.k or 1 for spec in specs), default=1), n_items)


@dataclass(frozen=True, eq=False)
class Counts:
    """What the first k items of every list hold; each field has shape (b,).

    Attributes
    ----------
    hits
        int64, held-out items among them.
    first
        int64, position (from 1) of the first hit, 0 where there is none.
    dcg
        float64, sum of 1 / log2(1 + position) over the hits.
    precisions
        float64, sum over the hits of the precision at their positions.
    """

    hits: I64
    first: I64
    dcg: F64
    precisions: F64


@dataclass(frozen=True, eq=False)
class Background:
    """What is known of users and items apart from the held-out part.

    Attributes
    ----------
    training
        csr, shape (n_users, n_items), the target's training part.
    """

    training: sparse.csr_matrix

    @cached_property
    def popularity(self) -> I64:
        """Number of training users of each item, int64, shape (n_items,)."""
        return np.bincount(self.training.indices, minlength=self.training.shape[1]).astype(np.int64)


@dataclass(frozen=True, eq=False)
class Judged:
    """Some users' rankings beside what was held out of them: the one argument of every metric.

    Attributes
    ----------
    ranking
        Lists of the b users.
    relevant
        csr, shape (b, n_items), sorted indices: the held-out items of each user; values are ratings, 1 where implicit.
    background
        Training part and what is known of the items.
    depths
        Cuts at which `at` is asked, ascending.
    """

    ranking: Ranking
    relevant: sparse.csr_matrix
    background: Background
    depths: tuple[int, ...]

    @cached_property
    def n_relevant(self) -> I64:
        """Number of held-out items of each user, int64, shape (b,)."""
        return np.diff(self.relevant.indptr).astype(np.int64)

    def at(self, k: int) -> Counts:
        """Return the counts of the first k items; all depths come from one walk down the lists."""
        return self._walk[self.depths.index(k)]

    @cached_property
    def _walk(self) -> tuple[Counts, ...]:
        from tlbench.metrics._kernels_walk import walk_lists

        items = self.ranking.items
        shape = (len(self.depths), len(items))
        hits, first = np.empty(shape, dtype=np.int64), np.empty(shape, dtype=np.int64)
        dcg, precisions = np.empty(shape), np.empty(shape)
        indptr = self.relevant.indptr.astype(np.int64, copy=False)
        indices = self.relevant.indices.astype(np.int32, copy=False)
        fixed = (items, indptr, indices, discounts(items.shape[1]), np.array(self.depths, dtype=np.int64))
        in_threads(
            lambda start: walk_lists(start, min(start + _WALKERS, len(items)), *fixed, hits, first, dcg, precisions),
            range(0, len(items), _WALKERS),
        )
        return tuple(Counts(*parts) for parts in zip(hits, first, dcg, precisions, strict=True))


def discounts(n: int) -> F64:
    """Weights 1 / log2(1 + position) of the positions 1..n, float64, shape (n,)."""
    return np.asarray(1.0 / np.log2(np.arange(2, n + 2)), dtype=np.float64)


def measure(specs: Sequence[MetricSpec], ranking: Ranking, relevant: sparse.csr_matrix, background: Background) -> F64:
    """Measure every user's list: float64, shape (b, n_metrics), columns in the order of `specs`.

    Raises
    ------
    TlbenchError
        Where a metric returned a value outside its bounds, which no list can earn.
    """
    depths = tuple(sorted({spec.k for spec in specs if spec.k is not None}))
    judged = Judged(ranking, relevant, background, depths)
    columns = [_checked(spec, judged) for spec in specs]
    return np.stack(columns, axis=1)


def _checked(spec: MetricSpec, judged: Judged) -> F64:
    values = np.asarray(
        spec.entry.compute(judged) if spec.k is None else spec.entry.compute(judged, spec.k), dtype=float
    )
    low, high = spec.entry.bounds
    wrong = ~((values >= low) & (values <= high))
    if wrong.any():
        raise TlbenchError(
            f"metric `{spec.name}` gave {values[wrong][0]} for user row {judged.ranking.users[wrong][0]}, outside"
            f" {low:g} to {high:g}",
            hint="this is an error of the metric, not of the method; correct its function or its `bounds`",
        )
    return values
