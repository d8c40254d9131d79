"""How far a list goes beyond what everybody takes. Measures of the first k items, one value per user.

The head are the fifth of the items with most training users, the tail all others. A user without a list scores 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tlbench.metrics._kernels_walk import first_unseen, shared_items
from tlbench.metrics.judged import discounts, ratio
from tlbench.registry import metric

if TYPE_CHECKING:
    from tlbench.arrays import F64, Bool
    from tlbench.metrics.judged import Judged


@metric("popularity", reference="Yin et al. 2012, doi:10.14778/2311906.2311916", bounds=(0.0, np.inf), needs="training")
def average_popularity(judged: Judged, k: int) -> F64:
    """Average number of training users of the listed items; more means more mainstream, not better."""
    return _mean_over_list(judged, k, judged.background.popularity.astype(np.float64))


@metric("tail-share", reference="Abdollahpouri et al. 2019, arXiv:1901.07555", needs="training")
def tail_share(judged: Judged, k: int) -> F64:
    """Share of the listed items that are in the tail."""
    return _mean_over_list(judged, k, judged.background.tail.astype(np.float64))


@metric(
    "novelty",
    reference="Castells et al. 2015, doi:10.1007/978-1-4899-7637-6_26",
    bounds=(0.0, np.inf),
    needs="training",
)
def novelty(judged: Judged, k: int) -> F64:
    """Average self-information of the listed items in bits: -log2(training users of the item / training users).

    An item without training users counts as one that has one.
    """
    background = judged.background
    share = np.maximum(background.popularity, 1) / max(background.n_active, 1)
    return _mean_over_list(judged, k, np.maximum(-np.log2(share), 0.0))


@metric("serendipity", reference="Ge et al. 2010, doi:10.1145/1864708.1864761", needs="training")
def serendipity(judged: Judged, k: int) -> F64:
    """Hits that popularity would not have listed, as a share of k.

    Popularity's list are the k most popular items that the user was not seen with in training.
    """
    users, training = judged.ranking.users, judged.background.training
    expected = np.full((len(users), k), -1, dtype=np.int32)
    order = judged.background.by_popularity.astype(np.int32)
    first_unseen(order, users, training.indptr.astype(np.int64), training.indices.astype(np.int32), expected)
    items = judged.ranking.items[:, :k]
    expected_hits = np.zeros(items.shape, dtype=np.bool_)
    shared_items(items, expected, expected_hits)
    return np.asarray((_hits(judged, k) & ~expected_hits).sum(axis=1) / k, dtype=np.float64)


@metric("tail-ndcg", reference="Järvelin and Kekäläinen 2002, doi:10.1145/582415.582418", needs="training")
def tail_ndcg(judged: Judged, k: int) -> F64:
    """The part of ndcg that hits on tail items earn; its gain over ndcg's is the share of gain on tail items."""
    on_tail = _hits(judged, k) & judged.background.tail[judged.ranking.items[:, :k]]
    return _ndcg(judged, k, on_tail)


@metric("cold-ndcg", reference="Järvelin and Kekäläinen 2002, doi:10.1145/582415.582418", needs="training")
def cold_ndcg(judged: Judged, k: int) -> F64:
    """Ndcg of users with at most 5 training interactions, 0 of others; its gain over ndcg's is their share of it."""
    return np.where(judged.background.cold[judged.ranking.users], _ndcg(judged, k, _hits(judged, k)), 0.0)


def _mean_over_list(judged: Judged, k: int, of_item: F64) -> F64:
    """Average a property of the items over each list's first k."""
    items = judged.ranking.items[:, :k]
    listed = items >= 0
    return ratio(np.where(listed, of_item[items], 0.0).sum(axis=1), listed.sum(axis=1))


def _hits(judged: Judged, k: int) -> Bool:
    """Whether the first k items were held out, bool, shape (b, k) or narrower where lists are shorter."""
    items = judged.ranking.items[:, :k]
    n_items = judged.relevant.shape[1]
    rows = np.arange(len(items))[:, None]
    held = np.repeat(rows[:, 0], judged.n_relevant) * n_items + judged.relevant.indices
    at = np.searchsorted(held, rows * n_items + items)
    found = np.append(held, -1)[at] == rows * n_items + items
    return np.asarray(found & (items >= 0), dtype=np.bool_)


def _ndcg(judged: Judged, k: int, hits: Bool) -> F64:
    weights = discounts(k)
    ideal = np.concatenate([[0.0], np.cumsum(weights)])[np.minimum(judged.n_relevant, k)]
    return np.minimum(ratio(hits @ weights[: hits.shape[1]], ideal), 1.0)
