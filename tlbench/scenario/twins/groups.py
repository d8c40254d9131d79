"""Pairs within one domain -> groups of listings, in which every two are a pair: weak links make no chains."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from tlbench.arrays import F64, I32, I64


def complete_groups(pairs: I32, strength: F64) -> list[I64]:
    """Join items to groups by complete linkage, the strongest pairs first.

    Two groups become one only where every item of one is in a pair with every item of the other (complete linkage:
    Sorensen 1948), so that a chain of nearly equal neighbours never joins its two ends.

    Parameters
    ----------
    pairs
        int32, shape (n_pairs, 2): codes of the items of each pair.
    strength
        float64, shape (n_pairs,): which pairs to join first; equal ones in the order of their codes.

    Returns
    -------
    list of numpy.ndarray
        int64 codes, ascending, of each group of two and more, in the order of their first items.

    Examples
    --------
    >>> import numpy as np
    >>> from tlbench.scenario.twins.groups import complete_groups
    >>> pairs = np.array([[0, 1], [1, 2], [3, 4]], dtype=np.int32)
    >>> [group.tolist() for group in complete_groups(pairs, np.array([0.9, 0.8, 0.7]))]
    [[0, 1], [3, 4]]
    """
    order = np.lexsort((pairs[:, 1], pairs[:, 0], -strength))
    partners: dict[int, set[int]] = {}
    for one, other in pairs.tolist():
        partners.setdefault(one, set()).add(other)
        partners.setdefault(other, set()).add(one)
    group_of = {item: [item] for item in partners}
    for one, other in pairs[order].tolist():
        left, right = group_of[one], group_of[other]
        if left is right or not all(partners[item].issuperset(right) for item in left):
            continue
        joined = left + right
        group_of.update(dict.fromkeys(joined, joined))
    groups = {id(group): np.sort(np.array(group, dtype=np.int64)) for group in group_of.values() if len(group) > 1}
    return sorted(groups.values(), key=lambda group: int(group[0]))
