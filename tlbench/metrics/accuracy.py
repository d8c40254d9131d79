"""Did the list hold what the user went on to take? Measures of the first k items, one value a user.

In every formula R is the number of the user's held-out items, and a user without any scores 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tlbench.metrics.base import discounts
from tlbench.registry import metric

if TYPE_CHECKING:
    from tlbench.arrays import F64, I64
    from tlbench.metrics.base import Judged


@metric("ndcg", reference="Järvelin and Kekäläinen 2002, doi:10.1145/582415.582418")
def ndcg(judged: Judged, k: int) -> F64:
    """Discounted hits among the first k, as a share of the best list's.

    DCG / IDCG with DCG = sum over hits of 1 / log2(1 + position) and IDCG the same sum over the positions
    1..min(k, R): a list of k items cannot hold more than k hits, and a user with R < k can still reach 1.
    """
    ideal = np.concatenate([[0.0], np.cumsum(discounts(k))])
    return _ratio(judged.at(k).dcg, ideal[np.minimum(judged.n_relevant, k)])


@metric("recall", reference="Herlocker et al. 2004, doi:10.1145/963770.963772")
def recall(judged: Judged, k: int) -> F64:
    """Share of the held-out items that are among the first k: hits / R, which cannot reach 1 where R > k."""
    return _ratio(judged.at(k).hits, judged.n_relevant)


@metric("precision", reference="Herlocker et al. 2004, doi:10.1145/963770.963772")
def precision(judged: Judged, k: int) -> F64:
    """Share of the first k that were held out: hits / k, also where fewer than k items were left to list."""
    return judged.at(k).hits / k


@metric("hit", reference="Deshpande and Karypis 2004, doi:10.1145/963770.963776")
def hit(judged: Judged, k: int) -> F64:
    """1 where a held-out item is among the first k, else 0."""
    return (judged.at(k).hits > 0).astype(np.float64)


@metric("mrr", reference="Voorhees 1999, TREC-8 Question Answering Track Report")
def mrr(judged: Judged, k: int) -> F64:
    """1 / position of the first hit among the first k, 0 where there is none."""
    return _ratio(np.ones(len(judged.n_relevant)), judged.at(k).first)


@metric("map", reference="Buckley and Voorhees 2005, Retrieval System Evaluation, in TREC, MIT Press")
def average_precision(judged: Judged, k: int) -> F64:
    """Average precision: precision at the position of every hit among the first k, summed, / min(k, R).

    The divisor is cut at k, as nDCG's ideal is, so that the best list scores 1; trec_eval's `map_cut` divides by R.
    """
    return _ratio(judged.at(k).precisions, np.minimum(judged.n_relevant, k))


def _ratio(part: F64 | I64, whole: F64 | I64) -> F64:
    """Divide, giving 0 where the whole is 0."""
    return np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0)
