"""Merged last out: of each user's history over all domains, the last interaction tests, the one before it validates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlbench.errors import TlbenchError
from tlbench.registry import protocol
from tlbench.split.parts import TEST, TRAINING, VALIDATION, Assignment, Fractions, Parts
from tlbench.split.protocol import Rule

if TYPE_CHECKING:
    from tlbench.arrays import F64, I64
    from tlbench.scenario.scenario import Scenario

_LEAST_EVENTS = 3


@protocol("merged-last-out")
@dataclass(frozen=True)
class MergedLastOut(Rule):
    """Of each user's history over all domains, the last interaction tests, the one before it validates.

    A user is judged where that last interaction is the target's. Where it is a source's, nobody is told of it. Equal
    timestamps are ordered at random, and sources lose what is not before the user's first held-out interaction in the
    target. Users with fewer than three interactions in all keep them for training. The split of cross-domain
    sequential recommenders, as of ABXI (Bian et al. 2025, doi:10.1145/3696410.3714819).
    """

    @property
    def holds_out_of_sources(self) -> bool:
        """A history that ends in a source keeps its end to itself."""
        return True

    def assign(self, scenario: Scenario, fractions: Fractions, fold: int, rng: np.random.Generator) -> Assignment:  # noqa: ARG002
        """Hold out the ends of the merged histories; a domain without timestamps is an error."""
        domains = (scenario.target, *scenario.sources)
        for domain in domains:
            if domain.timestamp is None:
                raise TlbenchError(
                    f"`{domain.name}` has no timestamps, which protocol `merged-last-out` needs in every domain",
                    hint="use `--protocol leave-n-out`",
                )
        if not len(scenario.bridge.overlap):
            raise TlbenchError(
                f"the domains of `{scenario.name}` share no users, so that there is no history to merge",
                hint="use `--protocol leave-last-out`",
            )
        sources = zip(scenario.bridge.rows, scenario.sources, strict=True)
        rows = [scenario.target.user.astype(np.int64), *(row[source.user] for row, source in sources)]
        times = [domain.timestamp for domain in domains if domain.timestamp is not None]
        merged = np.concatenate(rows)
        part = ends_of_histories(merged, np.concatenate(times), rng.random(len(merged)))
        target, *others = np.split(part, np.cumsum([len(domain) for domain in domains])[:-1])
        return Assignment(target, by_user=True, sources=tuple(others))


def ends_of_histories(user: I64, time: I64, shuffle: F64) -> Parts:
    """Test each user's last event, validate on the one before it.

    Parameters
    ----------
    user, time
        int64, shape (n,): whose the events are, and when they were.
    shuffle
        float64, shape (n,): orders events of one user at the same moment.

    Returns
    -------
    numpy.ndarray
        int8 part of each event, shape (n,).
    """
    order = np.lexsort((shuffle, time, user))
    count = np.bincount(user)
    left = np.empty(len(user), dtype=np.int64)
    left[order] = np.repeat(np.cumsum(count), count) - 1 - np.arange(len(user))
    part = np.full(len(user), TRAINING, dtype=np.int8)
    able = count[user] >= _LEAST_EVENTS
    part[able & (left == 1)] = VALIDATION
    part[able & (left == 0)] = TEST
    return part
