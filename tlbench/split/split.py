"""Scenario x protocol -> Split: assign the target's interactions, cut the sources, build the matrices."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tlbench.rng import stream
from tlbench.split.candidates import draw_candidates, given_candidates
from tlbench.split.matrices import matrix_of, source_domain, target_domain
from tlbench.split.nested import subsample
from tlbench.split.parts import TEST, TRAINING, VALIDATION, Assignment, Fractions
from tlbench.split.protocols import PROTOCOLS, find_protocol
from tlbench.split.training import Candidates, SourcesCut, Split, Training

if TYPE_CHECKING:
    from scipy import sparse

    from tlbench.arrays import I64, Bool
    from tlbench.data.interactions import Interactions
    from tlbench.scenario.scenario import Scenario

__all__ = ["PROTOCOLS", "default_protocol", "find_protocol", "make_split"]


def default_protocol(target: Interactions) -> str:
    """Name the protocol of a target for which the user chose none."""
    return "ratio" if target.timestamp is None else "temporal"


def make_split(
    scenario: Scenario,
    protocol: str,
    *,
    fractions: Fractions | None = None,
    seed: int = 0,
    candidates: str | None = None,
    target_fraction: float | None = None,
    source_fraction: float | None = None,
) -> Split:
    """Split a scenario.

    Parameters
    ----------
    scenario
        What to split.
    protocol
        One of `PROTOCOLS`, with its argument behind a colon where it takes one.
    fractions
        Shares of training and validation; 0.8 and 0.1 by default. Leave-last-out does not use them.
    seed
        Seed of the split, apart from the methods' seeds: all cells of a scenario share one split.
    candidates
        ``uniform:N`` or ``popularity:N`` ranks held-out items among N sampled others only (see
        `tlbench.split.candidates`); by default among all.
    target_fraction, source_fraction
        Shares of the target's training part and of every source that methods see, nested subsamples; None is all.
        Who is judged, and on what, is the same for every share.
    """
    fractions = fractions or Fractions()
    name = protocol.partition(":")[0]
    assignment = find_protocol(protocol)(scenario, fractions, stream(seed, "split", name))
    known = [assignment.part == TRAINING, *(_allowed(scenario, i, assignment) for i in range(len(scenario.sources)))]
    whole = _training(scenario, assignment, known)
    test = matrix_of(scenario, assignment.part == TEST)
    return Split(
        scenario=scenario,
        protocol=protocol,
        training=whole
        if target_fraction is None and source_fraction is None
        else _training(scenario, assignment, _subsampled(known, target_fraction, source_fraction, seed)),
        test=test,
        users=_judged(test, whole),
        validation_users=_judged(whole.validation, whole),
        cut=assignment.cut,
        source_may_leak=_may_leak(scenario, assignment),
        sources_cut=_sources_cut(assignment),
        candidates=_candidates(scenario, protocol, candidates, whole, test, seed),
    )


def _training(scenario: Scenario, assignment: Assignment, known: list[Bool]) -> Training:
    """Build what methods see of the interactions under the masks, the target's first."""
    return Training(
        target=target_domain(scenario, known[0]),
        sources=tuple(source_domain(scenario, i, mask) for i, mask in enumerate(known[1:])),
        overlap=scenario.bridge.overlap,
        item_alignments=scenario.bridge.item_alignments,
        validation=matrix_of(scenario, assignment.part == VALIDATION),
    )


def _subsampled(known: list[Bool], target: float | None, source: float | None, seed: int) -> list[Bool]:
    """Keep nested shares of the target's and of each source's interactions."""
    shares = [target, *[source] * (len(known) - 1)]
    return [
        subsample(mask, share, stream(seed, "fraction", i))
        for i, (mask, share) in enumerate(zip(known, shares, strict=True))
    ]


def _sources_cut(assignment: Assignment) -> SourcesCut:
    if assignment.cut is not None:
        return "moment"
    return "none" if assignment.user_limit is None else "user"


def _candidates(
    scenario: Scenario, protocol: str, asked: str | None, training: Training, test: sparse.csr_matrix, seed: int
) -> Candidates | None:
    """Return what held-out items are ranked among, where that is not the whole catalogue."""
    if asked is not None:
        return draw_candidates(asked, training, test, stream(seed, "candidates", asked))
    name, _, folder = protocol.partition(":")
    return given_candidates(scenario.target, Path(folder), training, test) if name == "given" else None


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
