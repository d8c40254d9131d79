"""Scenario x protocol -> Split: assign the target's interactions, cut the sources, build the matrices."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from tlbench.registry import unknown
from tlbench.rng import stream
from tlbench.split.leave_last_out import leave_last_out
from tlbench.split.matrices import matrix_of, source_domain, target_domain
from tlbench.split.parts import TEST, TRAINING, VALIDATION, Assignment, Fractions
from tlbench.split.ratio import ratio
from tlbench.split.temporal import temporal
from tlbench.split.training import Split, Training

if TYPE_CHECKING:
    from scipy import sparse

    from tlbench.arrays import I64, Bool
    from tlbench.data.interactions import Interactions
    from tlbench.scenario.scenario import Scenario

Assign = Callable[["Interactions", Fractions, np.random.Generator], Assignment]
PROTOCOLS: dict[str, Assign] = {"temporal": temporal, "leave-last-out": leave_last_out, "ratio": ratio}


def default_protocol(target: Interactions) -> str:
    """Name the protocol of a target for which the user chose none."""
    return "ratio" if target.timestamp is None else "temporal"


def find_protocol(name: str) -> Assign:
    """Return the protocol of that name, or raise with the nearest one."""
    if name not in PROTOCOLS:
        raise unknown("protocol", name, PROTOCOLS, "tlbench list protocols")
    return PROTOCOLS[name]


def make_split(scenario: Scenario, protocol: str, *, fractions: Fractions | None = None, seed: int = 0) -> Split:
    """Split a scenario.

    Parameters
    ----------
    scenario
        What to split.
    protocol
        One of `PROTOCOLS`.
    fractions
        Shares of training and validation; 0.8 and 0.1 by default. Leave-last-out does not use them.
    seed
        Seed of the split, apart from the methods' seeds: all cells of a scenario share one split.
    """
    fractions = fractions or Fractions()
    target = scenario.target
    assignment = find_protocol(protocol)(target, fractions, stream(seed, "split", protocol))
    allowed = [_allowed(scenario, i, assignment) for i in range(len(scenario.sources))]
    training = Training(
        target=target_domain(scenario, assignment.part == TRAINING),
        sources=tuple(source_domain(scenario, i, mask) for i, mask in enumerate(allowed)),
        overlap=scenario.bridge.overlap,
        item_links=scenario.bridge.item_links,
        validation=matrix_of(scenario, assignment.part == VALIDATION),
    )
    test = matrix_of(scenario, assignment.part == TEST)
    return Split(
        scenario=scenario,
        protocol=protocol,
        training=training,
        test=test,
        users=_judged(test, training),
        validation_users=_judged(training.validation, training),
        cut=assignment.cut,
        source_may_leak=_may_leak(scenario, assignment),
    )


def _allowed(scenario: Scenario, index: int, assignment: Assignment) -> Bool:
    """Return which interactions of a source may be known, bool, shape (n,)."""
    source = scenario.sources[index]
    allowed = np.ones(len(source), dtype=bool)
    if source.timestamp is None:
        return allowed
    if assignment.cut is not None:
        allowed = source.timestamp <= assignment.cut[0]
    if assignment.user_limit is not None:
        limit = np.full(scenario.bridge.n_users, np.iinfo(np.int64).max)
        limit[: len(assignment.user_limit)] = assignment.user_limit
        allowed &= source.timestamp < limit[scenario.bridge.rows[index]][source.user]
    return allowed


def _may_leak(scenario: Scenario, assignment: Assignment) -> bool:
    by_time = assignment.cut is not None or assignment.user_limit is not None
    return by_time and any(source.timestamp is None for source in scenario.sources)


def _judged(held_out: sparse.csr_matrix, training: Training) -> I64:
    """Return the rows with something held out and some history in any domain, ascending."""
    history = np.diff(training.target.matrix.indptr) > 0
    for source in training.sources:
        history |= np.diff(source.matrix.indptr) > 0
    return np.flatnonzero((np.diff(held_out.indptr) > 0) & history)
