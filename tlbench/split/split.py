"""Scenario x protocol -> Split: assign the target's interactions, cut the sources, build the matrices."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

import tlbench.split.protocols  # noqa: F401  (they register themselves)
from tlbench.rng import stream
from tlbench.split.candidates import draw_candidates, given_candidates
from tlbench.split.matrices import Builder, matrix_of
from tlbench.split.nested import subsample
from tlbench.split.parts import TEST, TRAINING, VALIDATION, Assignment, Fractions, first_held_out
from tlbench.split.populations import PopulationProtocol, PopulationProtocols
from tlbench.split.protocol import Protocol
from tlbench.split.protocols.given import Given
from tlbench.split.sample import Sample, draw_sample
from tlbench.split.training import Candidates, SourcesCut, Split
from tlbench.values import WARM

if TYPE_CHECKING:
    from tlbench.arrays import I64, Bool
    from tlbench.scenario.scenario import Scenario
    from tlbench.values import Population


@dataclass(frozen=True)
class Splits:
    """The folds of a scenario, made one at a time when they are asked for.

    Attributes
    ----------
    folds
        Their numbers.
    make
        Makes the split of a fold.
    latest
        The fold that describes the scenario: the last one of the first question.
    unasked
        What cannot be asked of the scenario, and why; None where nothing is left out.
    """

    folds: tuple[int, ...]
    make: Callable[[int], Split]
    latest: int
    unasked: str | None = None

    def __iter__(self) -> Iterator[Split]:
        return map(self.make, self.folds)


def make_splits(
    scenario: Scenario,
    questions: PopulationProtocols | Protocol,
    *,
    fractions: Fractions | None = None,
    seed: int = 0,
    candidates: str | None = None,
    target_fraction: float | None = None,
    source_fraction: float | None = None,
    judge: int | None = None,
) -> Splits:
    """Split a scenario fold by fold, for one question or several; the other parameters are those of `make_split`.

    `judge` is how many users are judged of each question: they are drawn once from all of whom some of its folds holds
    out something, and the sample is the same in every fold. None judges everybody.
    """
    if isinstance(questions, Protocol):
        questions = PopulationProtocols((PopulationProtocol(None, questions),))
    samples = {
        question: None if judge is None else _sample(scenario, question, fractions or Fractions(), judge, seed)
        for question in questions.asked
    }

    def make(fold: int) -> Split:
        question, own = questions.of(fold)
        split = make_split(
            scenario,
            question.protocol,
            population=question.population,
            fold=own,
            fractions=fractions,
            seed=seed,
            candidates=candidates,
            target_fraction=target_fraction,
            source_fraction=source_fraction,
            sample=samples[question],
        )
        return replace(split, fold=fold)

    return Splits(questions.folds, make, questions.latest, questions.unasked)


def make_split(
    scenario: Scenario,
    protocol: Protocol | str,
    *,
    fold: int | None = None,
    fractions: Fractions | None = None,
    seed: int = 0,
    candidates: str | None = None,
    target_fraction: float | None = None,
    source_fraction: float | None = None,
    sample: Sample | None = None,
    population: Population | None = None,
) -> Split:
    """Split a scenario.

    Parameters
    ----------
    scenario
        What to split.
    protocol
        How; a name with its argument behind a colon is read.
    fold
        Which of the protocol's folds, one of ``protocol.rule.folds``; None is the first.
    fractions
        Shares of training and validation; 0.8 and 0.1 by default, for protocols that use them.
    seed
        Seed of the split, apart from the methods' seeds: all cells of a fold share one split.
    candidates
        ``uniform:N`` or ``popularity:N`` ranks what is held out for test among N sampled others only (see
        `tlbench.split.candidates`); by default among all.
    target_fraction, source_fraction
        Shares of what methods see of the target and of every source, nested subsamples; None is all. Who is judged,
        and on what, is the same for every share.
    sample
        The users who may be judged; None is everybody. What methods see is the same for every sample.
    population
        Judge users with (``warm``) or without (``cold``) target history alone; None judges both.

    Returns
    -------
    Split
        What is judged on test, fitted on training and validation parts; its ``selection`` is what is chosen on:
        fitted on the training part, judged on the validation part.

    Examples
    --------
    >>> from tlbench.data import load
    >>> from tlbench.scenario.build import build_scenario
    >>> from tlbench.scenario.grammar import parse_scenario
    >>> from tlbench.scenario.scenario import Filters
    >>> from tlbench.split.split import make_split
    >>> scenario = build_scenario(parse_scenario("demo-movies->demo-books"), Filters(), load)
    >>> split = make_split(scenario, "leave-last-out")
    >>> split.test.nnz == len(split.users)
    True
    """
    if isinstance(protocol, str):
        protocol = Protocol.parse(protocol)
    fold = protocol.rule.folds[0] if fold is None else fold
    rng = _stream_of(protocol, seed)
    assignment = protocol.rule.assign(scenario, fractions or Fractions(), fold, rng)
    shares = (target_fraction, source_fraction)
    build = Builder(scenario)
    chosen_on = _split(build, protocol, fold, assignment.without_aside(), VALIDATION, shares, seed, population)
    judging = _judging(_split(build, protocol, fold, assignment, TEST, shares, seed, population), sample)
    drawn = _candidates(protocol, candidates, judging, seed)
    return replace(judging, selection=_judging(chosen_on, sample), candidates=drawn)


def _stream_of(protocol: Protocol, seed: int) -> np.random.Generator:
    return stream(seed, "split", protocol.name)


def _sample(scenario: Scenario, question: PopulationProtocol, fractions: Fractions, judge: int, seed: int) -> Sample:
    """Draw from the users whom some fold judges."""
    able, protocol = np.zeros(scenario.bridge.n_users, dtype=bool), question.protocol
    for fold in protocol.rule.folds:
        assignment = protocol.rule.assign(scenario, fractions, fold, _stream_of(protocol, seed))
        known = _known(scenario, assignment, TEST)
        able |= _judged(scenario, assignment, TEST, known, question.population)
    history = np.bincount(scenario.target.user, minlength=len(able))
    return draw_sample(judge, able, history, stream(seed, "judge"))


def _judging(split: Split, sample: Sample | None) -> Split:
    """Judge the users of a sample alone."""
    if sample is None:
        return split
    return replace(split, users=split.users[sample.drawn[split.users]], sampled_from=sample.of)


def _split(
    build: Builder,
    protocol: Protocol,
    fold: int,
    assignment: Assignment,
    held: np.int8,
    shares: tuple[float | None, float | None],
    seed: int,
    population: Population | None,
) -> Split:
    """Hold out one part and learn from those before it."""
    scenario = build.scenario
    known = _known(scenario, assignment, held)
    seen = known if shares == (None, None) else _subsampled(known, *shares, seed)
    return Split(
        scenario=scenario,
        protocol=str(protocol),
        fold=fold,
        training=build.training(seen),
        test=matrix_of(scenario, assignment.part == held),
        users=np.flatnonzero(_judged(scenario, assignment, held, known, population)),
        cut=None if assignment.cut is None else assignment.cut[held - 1],
        source_may_leak=_may_leak(scenario, assignment),
        sources_cut=_sources_cut(scenario, assignment),
        group=protocol.rule.group_of(fold),
        chooses=protocol.rule.chooses(fold),
        population=population,
    )


def _known(scenario: Scenario, assignment: Assignment, held: np.int8) -> list[Bool]:
    """Mark what may be known of the target, then of each source, where a part is held out."""
    learnt = (assignment.part >= TRAINING) & (assignment.part < held)
    limits = _limits(scenario, assignment, held)
    return [learnt, *(_allowed(scenario, i, limits, assignment, held) for i in range(len(scenario.sources)))]


def _subsampled(known: list[Bool], target: float | None, source: float | None, seed: int) -> list[Bool]:
    """Keep nested shares of the target's and of each source's interactions."""
    shares = [target, *[source] * (len(known) - 1)]
    return [
        subsample(mask, share, stream(seed, "fraction", i))
        for i, (mask, share) in enumerate(zip(known, shares, strict=True))
    ]


def _sources_cut(scenario: Scenario, assignment: Assignment) -> SourcesCut:
    if assignment.cut is not None:
        return "moment"
    return "user" if assignment.by_user and scenario.target.timestamp is not None else "none"


def _candidates(protocol: Protocol, asked: str | None, split: Split, seed: int) -> Candidates | None:
    """Return what held-out items are ranked among, where that is not the whole catalogue."""
    if asked is not None:
        return draw_candidates(asked, split, stream(seed, "candidates", asked, split.fold))
    return given_candidates(split, protocol.rule.folder) if isinstance(protocol.rule, Given) else None


def _limits(scenario: Scenario, assignment: Assignment, held: np.int8) -> I64 | None:
    """Return from when on sources may tell nothing of each user, int64 seconds UTC, shape (n_users,)."""
    if not assignment.by_user:
        return None
    first = first_held_out(scenario.target, assignment.part >= held)
    if first is None:
        return None
    limits = np.full(scenario.bridge.n_users, np.iinfo(np.int64).max)
    limits[: len(first)] = first
    return limits


def _allowed(scenario: Scenario, index: int, limits: I64 | None, assignment: Assignment, held: np.int8) -> Bool:
    """Return which interactions of a source may be known, bool, shape (n,)."""
    source = scenario.sources[index]
    allowed = np.ones(len(source), dtype=bool) if assignment.sources is None else assignment.sources[index] < held
    if source.timestamp is None:
        return allowed
    if assignment.cut is not None:
        allowed = source.timestamp <= assignment.cut[held - 1]
    if limits is not None:
        allowed &= source.timestamp < limits[scenario.bridge.rows[index]][source.user]
    return allowed


def _may_leak(scenario: Scenario, assignment: Assignment) -> bool:
    by_time = _sources_cut(scenario, assignment) != "none"
    return by_time and any(source.timestamp is None for source in scenario.sources)


def _judged(
    scenario: Scenario, assignment: Assignment, held: np.int8, known: Sequence[Bool], population: Population | None
) -> Bool:
    """Mark the rows of a population with something held out, some history and the rule's leave, bool (n_users,)."""
    tested = np.zeros(scenario.bridge.n_users, dtype=bool)
    tested[scenario.target.user[assignment.part == held]] = True
    if assignment.judged is not None:
        tested[: len(assignment.judged)] &= assignment.judged
    history = np.zeros_like(tested)
    history[scenario.target.user[known[0]]] = True
    if population is not None:
        tested &= history if population == WARM else ~history
    for rows, source, mask in zip(scenario.bridge.rows, scenario.sources, known[1:], strict=True):
        history[rows[source.user[mask]]] = True
    return tested & history
