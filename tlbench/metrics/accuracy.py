"""Did the list hold what the user went on to take? Measures of the first k items, one value per user.

In every formula R is the number of the user's held-out items, and a user without any scores 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tlbench.metrics._kernels_holdout import graded_gains
from tlbench.metrics.judged import discounts, holdout_of, ratio
from tlbench.registry import metric

if TYPE_CHECKING:
    from tlbench.arrays import F64
    from tlbench.metrics.judged import Judged


@metric("ndcg", reference="Järvelin and Kekäläinen 2002, doi:10.1145/582415.582418")
def ndcg(judged: Judged, k: int) -> F64:
    """Discounted hits among the first k, as a share of the best list's.

    DCG / IDCG with DCG = sum over hits of 1 / log2(1 + position) and IDCG the same sum over the positions
    1..min(k, R): a list of k items cannot hold more than k hits, and a user with R < k can still reach 1.
    """
    ideal = np.concatenate([[0.0], np.cumsum(discounts(k))])
    return ratio(judged.at(k).dcg, ideal[np.minimum(judged.n_relevant, k)])


@metric("recall", reference="Herlocker et al. 2004, doi:10.1145/963770.963772")
def recall(judged: Judged, k: int) -> F64:
    """Share of the held-out items that are among the first k: hits / R, which cannot reach 1 where R > k."""
    return ratio(judged.at(k).hits, judged.n_relevant)


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
    return ratio(np.ones(len(judged.n_relevant)), judged.at(k).first)


@metric("map", reference="Buckley and Voorhees 2005, Retrieval System Evaluation, in TREC, MIT Press")
def average_precision(judged: Judged, k: int) -> F64:
    """Average precision: precision at the position of every hit among the first k, summed, / min(k, R).

    The divisor is cut at k, as nDCG's ideal is, so that the best list scores 1; trec_eval's `map_cut` divides by R.
    """
    return ratio(judged.at(k).precisions, np.minimum(judged.n_relevant, k))


@metric("dcg", reference="Järvelin and Kekäläinen 2002, doi:10.1145/582415.582418", bounds=(0.0, np.inf))
def dcg(judged: Judged, k: int) -> F64:
    """Discounted hits among the first k: sum over hits of 1 / log2(1 + position), not normalised."""
    return judged.at(k).dcg


@metric("capped-recall", reference="Thakur et al. 2021, BEIR, arXiv:2104.08663")
def capped_recall(judged: Judged, k: int) -> F64:
    """Share of the hits that a list of k items could have: hits / min(k, R)."""
    return ratio(judged.at(k).hits, np.minimum(judged.n_relevant, k))


@metric("f1", reference="van Rijsbergen 1979, Information Retrieval, chapter 7")
def f1(judged: Judged, k: int) -> F64:
    """Harmonic mean of precision and recall: 2 hits / (k + R)."""
    return np.where(judged.n_relevant > 0, 2 * judged.at(k).hits / (judged.n_relevant + k), 0.0)


@metric("graded-ndcg", reference="Järvelin and Kekäläinen 2002, doi:10.1145/582415.582418")
def graded_ndcg(judged: Judged, k: int) -> F64:
    """As ndcg with ratings as gains: sum over hits of rating / log2(1 + position), over the best list's.

    The best list has the user's held-out items in descending order of rating, cut at k. Gains are the ratings
    themselves, as in trec_eval, not 2^rating - 1; ratings below 0 count as 0. Without ratings it is `ndcg`.
    """
    relevant, items = judged.relevant, judged.ranking.items
    gained, best = np.empty(len(items)), np.empty(len(items))
    graded_gains(
        items,
        relevant.indptr.astype(np.int64),
        relevant.indices.astype(np.int32, copy=False),
        relevant.data.astype(np.float64),
        discounts(k),
        gained,
        best,
    )
    return ratio(gained, best)


@metric("r-precision", reference="Buckley and Voorhees 2005, in TREC, MIT Press", cut=False, needs="held-scores")
def r_precision(judged: Judged) -> F64:
    """Share of hits among the first R items of the whole ranking."""
    within = holdout_of(judged).position <= np.repeat(judged.n_relevant, judged.n_relevant)
    return ratio(judged.sum_holdout(within.astype(np.float64)), judged.n_relevant)


@metric("auc", reference="Rendle et al. 2009, arXiv:1205.2618", cut=False, needs="held-scores")
def auc(judged: Judged) -> F64:
    """Probability that a held-out item scores higher than an item that is not; equal scores count half.

    Items seen in training are in neither group. Where every unseen item is held out nothing can be told apart: 0.5.
    """
    holdout = holdout_of(judged)
    others = holdout.n_candidates - judged.n_relevant
    lost = judged.sum_holdout(holdout.above + 0.5 * holdout.tied)
    share = 1 - ratio(lost, judged.n_relevant * others)
    return np.where(judged.n_relevant == 0, 0.0, np.where(others == 0, 0.5, share))
