"""Evidence -> grades in plain words: same product, same events, companions, or nothing."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from tlbench.arrays import F64, I32, Array, Bool
    from tlbench.scenario.twins.evidence import Agreement, Evidence


class Grade(StrEnum):
    """What a pair of items with the same users is taken for, the surest first.

    ``SAME_PRODUCT``: ids or titles say that it is one thing, or users, times and ratings all say so.
    ``SAME_EVENTS``: the users coincide, and so do times or ratings where they are known.
    ``COMPANIONS``: far more common users than chance gives, and nothing else agrees; that may be real taste.
    """

    SAME_PRODUCT = "same product"
    SAME_EVENTS = "same events"
    COMPANIONS = "companions"


SAME = (Grade.SAME_PRODUCT, Grade.SAME_EVENTS)

# Thresholds; docs/leaks.md has the figures that they rest on.
FALSE = 0.01  # expected share of chance pairs among all pairs that are called anything
FLOOR = 0.3  # Jaccard index below which no pair is looked at
NEARLY_ALL = 0.8  # Jaccard index of items whose users are the same but for lost events
ALONE_ACROSS = 0.65  # Jaccard index that suffices across domains where neither times nor ratings are known
AGREE = 0.8  # share of common events that must agree
SURELY = {"time": 0.5, "rating": 0.7}  # lower bound of that share where fewer users coincide
ONE_SIDED_95 = 1.6448536269514722  # 95 % quantile of the normal distribution


def grade_pairs(common: I32, jaccard: F64, qvalue: F64, evidence: Evidence, *, within: bool) -> Array:
    """Grade pairs of items.

    Parameters
    ----------
    common, jaccard, qvalue
        int32, float64, float64, shape (n_pairs,): common users, their Jaccard index, and the false discovery rate.
    evidence
        What else is known of each pair.
    within
        True for pairs within one domain. Volumes of a series have nearly the same readers there, so that users alone
        must coincide more closely.

    Returns
    -------
    numpy.ndarray
        object, shape (n_pairs,): a `Grade` each, or None where chance may have made the pair.
    """
    real = qvalue <= FALSE
    events = real & _same_events(common, jaccard, evidence, within)
    product = real & (evidence.same_id | evidence.same_title | (events & _all_evidence(common, jaccard, evidence)))
    out = np.full(len(common), None, dtype=object)
    for grade, mask in ((Grade.COMPANIONS, real), (Grade.SAME_EVENTS, events), (Grade.SAME_PRODUCT, product)):
        out[mask] = grade
    return out


def _same_events(common: I32, jaccard: F64, evidence: Evidence, within: bool) -> Bool:
    known = {"time": evidence.time, "rating": evidence.rating}
    there = {name: agreement for name, agreement in known.items() if agreement is not None}
    if not there:
        alone: Bool = jaccard >= (NEARLY_ALL if within else ALONE_ACROSS)
        return alone
    agree = np.ones(len(common), dtype=np.bool_)
    surely = np.zeros(len(common), dtype=np.bool_)
    for name, agreement in there.items():
        agree &= agreement.count >= AGREE * common
        surely |= lower_bound(agreement.count, common) >= max(SURELY[name], agreement.chance)
    same: Bool = agree & (surely | (jaccard >= NEARLY_ALL))
    return same


def _all_evidence(common: I32, jaccard: F64, evidence: Evidence) -> Bool:
    """Tell where users, times and ratings all coincide; `AGREE` has been asked of each that is known."""
    if evidence.time is None or evidence.rating is None:
        return np.zeros(len(common), dtype=np.bool_)
    surely = lower_bound(evidence.time.count, common) >= max(SURELY["time"], evidence.time.chance)
    everything: Bool = surely & (jaccard >= NEARLY_ALL)
    return everything


def lower_bound(count: I32, total: I32) -> F64:
    """Return the one-sided 95 % lower bound of a share (Wilson 1927, doi:10.1080/01621459.1927.10502953).

    Parameters
    ----------
    count, total
        int32, shape (n,): so many of so many.

    Returns
    -------
    numpy.ndarray
        float64, shape (n,), below ``count / total``.

    Examples
    --------
    >>> import numpy as np
    >>> from tlbench.scenario.twins.grades import lower_bound
    >>> lower_bound(np.array([9, 90]), np.array([10, 100])).round(3).tolist()
    [0.652, 0.84]
    """
    share, z = count / total, ONE_SIDED_95
    spread = z * np.sqrt(share * (1 - share) / total + z**2 / (4 * total.astype(np.float64) ** 2))
    bound: F64 = (share + z**2 / (2 * total) - spread) / (1 + z**2 / total)
    return bound


def agreed_share(agreement: Agreement | None, common: I32) -> F64:
    """Return the share of common events that agree, NaN where nothing is known."""
    if agreement is None:
        return np.full(len(common), np.nan)
    share: F64 = agreement.count / common
    return share
