"""Scenario: domains in the roles of source and target, filtered, with what they share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tlbench.values import DROP

if TYPE_CHECKING:
    from tlbench.arrays import F32, I32, I64
    from tlbench.data.interactions import Interactions
    from tlbench.scenario.twins import SourceTwins
    from tlbench.values import FilteredUsers, TwinPolicy


@dataclass(frozen=True)
class Filters:
    """What is removed before anything is split; filters never look at which part an interaction falls in.

    Attributes
    ----------
    k_core
        Fewest interactions per item and per filtered user in each domain, enforced until nothing changes; 1 is
        off.
    min_rating
        Interactions rated lower are removed (in domains with ratings); None keeps all.
    filter_users
        Whose users the k-core removes. With ``sources`` the target's users stay, whatever their history: those who
        have little are the ones whom transfer can help.
    """

    k_core: int = 5
    min_rating: float | None = None
    filter_users: FilteredUsers = "sources"


@dataclass(frozen=True, eq=False)
class ItemAlignment:
    """Items of one source known to be items of the target.

    `source_item` and `target_item` are int32 codes, shape (n_links,), each code at most once; `score` is float32 in
    (0, 1], the confidence that the two are the same; `how` says how they were found (``id``, ``title``, or ``table``
    where a file names them).
    """

    source_item: I32
    target_item: I32
    score: F32
    how: str


@dataclass(frozen=True, eq=False)
class Bridge:
    """Who and what the domains share.

    Attributes
    ----------
    n_users
        Number of users in the union of all domains: the rows of every matrix. The target's users come first, in the
        order of their codes.
    rows
        One array per source: int64 row of each of its users, shape (n_source_users,).
    overlap
        int64 rows of the users known in the target and in at least one source, ascending.
    item_alignments
        One entry per source, None where it shares no item with the target.
    unlinked
        One entry per source: why it shares no item with the target, in a few words; None where it does.
    """

    n_users: int
    rows: tuple[I64, ...]
    overlap: I64
    item_alignments: tuple[ItemAlignment | None, ...]
    unlinked: tuple[str | None, ...] = ()


@dataclass(frozen=True, eq=False)
class Scenario:
    """Sources and a target, filtered, with their bridge.

    Attributes
    ----------
    name
        What the user typed, arrows made alike.
    sources, target, filters, bridge
        The domains after the filters, and what they share.
    policy
        What was done with twins: ``drop``, ``keep`` or ``report``.
    twins
        One entry per source: its twins in the target, whether they were dropped or kept.
    """

    name: str
    sources: tuple[Interactions, ...]
    target: Interactions
    filters: Filters
    bridge: Bridge
    policy: TwinPolicy = DROP
    twins: tuple[SourceTwins, ...] = ()
