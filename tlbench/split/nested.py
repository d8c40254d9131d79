"""Nested subsamples of what methods learn from, for learning curves: a smaller one is part of every larger one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tlbench.errors import TlbenchError

if TYPE_CHECKING:
    from tlbench.arrays import Bool


def subsample(mask: Bool, fraction: float | None, rng: np.random.Generator) -> Bool:
    """Keep a share of the interactions under a mask, without replacement.

    Parameters
    ----------
    mask
        bool, shape (n,).
    fraction
        Share in (0, 1]; None keeps all.
    rng
        The same stream for every fraction, so that the subsamples are nested.

    Returns
    -------
    numpy.ndarray
        bool, shape (n,): ``round(fraction x number under the mask)`` of them, at least one.

    Raises
    ------
    TlbenchError
        For a fraction outside (0, 1].

    Examples
    --------
    >>> import numpy as np
    >>> from tlbench.rng import stream
    >>> from tlbench.split.nested import subsample
    >>> mask = np.ones(100, dtype=bool)
    >>> small, large = (subsample(mask, share, stream(0, "fraction")) for share in (0.1, 0.5))
    >>> small.sum().item(), large.sum().item(), bool((large | ~small).all())
    (10, 50, True)
    """
    if fraction is None or fraction == 1:
        return mask
    if not 0 < fraction < 1:
        raise TlbenchError(f"fraction {fraction:g} is not above 0 and at most 1", hint="write a share, as 0.25")
    under = np.flatnonzero(mask)
    kept = np.zeros(len(mask), dtype=bool)
    kept[rng.permutation(under)[: max(1, round(fraction * len(under)))]] = True
    return kept
