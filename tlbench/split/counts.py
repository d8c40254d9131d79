"""Split -> ScenarioCounts: the counts that users check first."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from tlbench.data.interactions import CleaningStep
from tlbench.scenario.grammar import parse_scenario
from tlbench.split.exposure import exposed_test
from tlbench.split.populations import in_order
from tlbench.values import COLD, DROP, Population, TwinPolicy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tlbench.arrays import I64, Bool
    from tlbench.data.interactions import Interactions
    from tlbench.scenario.scenario import ItemAlignment
    from tlbench.scenario.twins import SourceTwins
    from tlbench.split.training import Domain, Split


@dataclass(frozen=True)
class DomainCounts:
    """Counts of one domain.

    Attributes
    ----------
    name, role
        Data set, and whether it is a source or the target.
    users, items, interactions
        After cleaning and filters.
    training
        Interactions that methods see: the target's training part, or what the cut left of a source.
    shared_users
        Users of a source whom the target knows too; for the target, those whom any source knows.
    linked_items
        Items of a source known to be items of the target; for the target 0.
    linked_by
        How these were found: ``id``, ``title`` or ``table``; None where there are none.
    has_ratings, has_time, has_text
        What is known of its interactions and items.
    steps
        Counts after each cleaning step, in order.
    sha256, terms, reference
        Of the raw file, from the catalogue.
    """

    name: str
    role: Literal["source", "target"]
    users: int
    items: int
    interactions: int
    training: int
    shared_users: int
    linked_items: int
    has_ratings: bool
    has_time: bool
    has_text: bool
    steps: tuple[CleaningStep, ...]
    sha256: str
    terms: str
    reference: str
    linked_by: str | None = None


@dataclass(frozen=True)
class TwinCounts:
    """Items of one source that are items of the target under another id.

    Attributes
    ----------
    source
        Name of the source.
    items, of_items
        Source items that are the same product or the same events as a target item, of how many before any filter.
    events, of_events
        Interactions on them, of how many.
    companions
        Pairs of items with nearly the same users of which nothing else agrees; they stay.
    pairs_tested
        Number of pairs of items that were tested.
    """

    source: str
    items: int
    of_items: int
    events: int
    of_events: int
    companions: int
    pairs_tested: int


@dataclass(frozen=True)
class FoldCounts:
    """Counts of one fold of a scenario.

    Attributes
    ----------
    fold, digest
        Its number, from 1, and the digest of its split.
    training
        Target interactions that methods see.
    judged_users, test_interactions
        Users judged on test, and what is held out of them.
    cut
        Last moments of the training and of the validation part, seconds UTC, where one moment cuts all domains.
    shown
        Target interactions of the judged users that methods see, all users together.
    population
        As in `tlbench.split.training.Split`.
    """

    fold: int
    digest: str
    training: int
    judged_users: int
    test_interactions: int
    cut: tuple[int, int] | None = None
    shown: int = 0
    population: Population | None = None


@dataclass(frozen=True)
class ScenarioCounts:
    """Counts of a scenario.

    Attributes
    ----------
    scenario, protocol, digest
        Name, name of the protocol, digest of the split (of all folds together where there are several).
    domains
        Sources in the order given, then the target.
    judged_users, cold_users
        Users judged on test, each counted once; those among them who have no target history in any fold that judges
        them.
    test_interactions, new_item_interactions
        Held out for test, of judged users; those among them on items that the training part does not know.
    validation_users
        Users judged on validation, on average over the folds.
    source_may_leak
        True where a source could not be cut because it has no time.
    folds
        Counts of each fold.
    policy
        What was done with twins: ``drop``, ``keep`` or ``report``.
    twins
        One entry per source, in the order given.
    exposed_interactions
        Test interactions whose event a source has under another id before its cut; where twins were dropped, those
        that it would have.
    population
        Whether users with (``warm``) or without (``cold``) target history are judged; None where both are, together.
    unasked
        What could not be asked of the scenario, and why, in one line; None where nothing was left out.
    sampled_from
        Number of users from whom those were drawn who may be judged; None where everybody may.
    """

    scenario: str
    protocol: str
    digest: str
    domains: tuple[DomainCounts, ...]
    judged_users: int
    cold_users: int
    test_interactions: int
    new_item_interactions: int
    validation_users: int
    source_may_leak: bool
    folds: tuple[FoldCounts, ...]
    policy: TwinPolicy = DROP
    twins: tuple[TwinCounts, ...] = ()
    exposed_interactions: int = 0
    population: Population | None = None
    unasked: str | None = None
    sampled_from: int | None = None

    def digest_of(self, fold: int) -> str:
        """Return the digest of a fold's split."""
        return next(counts.digest for counts in self.folds if counts.fold == fold)

    @property
    def cuts(self) -> tuple[tuple[int, int], ...]:
        """Moments that cut each fold, the last of training and of validation; empty where none cuts all domains."""
        return tuple(counts.cut for counts in self.folds if counts.cut is not None)

    @property
    def exposed_share(self) -> float:
        """Share of the test interactions that are exposed."""
        return self.exposed_interactions / max(self.test_interactions, 1)

    @property
    def source_leaks(self) -> bool:
        """Whether a source tells what the test asks."""
        return self.policy != DROP and self.exposed_interactions > 0

    @property
    def target(self) -> DomainCounts:
        """The domain that is judged."""
        return self.domains[-1]


@dataclass(frozen=True, eq=False)
class Tally:
    """One fold's counts, with the rows of its judged users and which of them are cold (bool), to add up folds."""

    counts: ScenarioCounts
    users: I64
    cold: Bool


def tally(split: Split) -> Tally:
    """Count what one split holds."""
    scenario, training = split.scenario, split.training
    history = np.diff(training.target.matrix.indptr)[split.users]
    cold = history == 0
    test = split.test[split.users]
    known_item = np.bincount(training.target.matrix.indices, minlength=training.n_items) > 0
    sources = [_source_counts(split, i) for i in range(len(scenario.sources))]
    target = _domain_counts(scenario.target, training.target, "target", len(scenario.bridge.overlap), None)
    chosen_on = split.selection
    cut = None if split.cut is None or chosen_on is None or chosen_on.cut is None else (chosen_on.cut, split.cut)
    fold = FoldCounts(
        split.fold,
        split.digest,
        target.training,
        len(split.users),
        int(test.nnz),
        cut,
        int(history.sum()),
        split.population,
    )
    counts = ScenarioCounts(
        scenario=scenario.name,
        protocol=split.protocol,
        digest=split.digest,
        domains=(*sources, target),
        judged_users=len(split.users),
        cold_users=int(cold.sum()),
        test_interactions=int(test.nnz),
        new_item_interactions=int((~known_item[test.indices]).sum()),
        validation_users=0 if chosen_on is None else len(chosen_on.users),
        source_may_leak=split.source_may_leak,
        policy=scenario.policy,
        twins=tuple(_twin_counts(found) for found in scenario.twins),
        exposed_interactions=int(exposed_test(split).sum()),
        population=split.population,
        folds=(fold,),
        sampled_from=split.sampled_from,
    )
    return Tally(counts, split.users, cold)


def _twin_counts(found: SourceTwins) -> TwinCounts:
    return TwinCounts(
        source=found.twins.left,
        items=found.items,
        of_items=found.of_items,
        events=found.events,
        of_events=found.of_events,
        companions=found.companions,
        pairs_tested=found.twins.tested,
    )


def make_counts(tallies: Sequence[Tally]) -> ScenarioCounts:
    """Add up what is judged in the folds of a scenario; what methods see of a domain is averaged over them."""
    each = [found.counts for found in tallies]
    if len(each) == 1:
        return each[0]
    users = np.concatenate([found.users for found in tallies])
    warm = np.concatenate([found.users[~found.cold] for found in tallies])
    judged = np.unique(users)
    return replace(
        each[0],
        digest=hashlib.sha256("\0".join(counts.digest for counts in each).encode()).hexdigest(),
        domains=tuple(
            replace(domains[0], training=round(sum(domain.training for domain in domains) / len(domains)))
            for domains in zip(*(counts.domains for counts in each), strict=True)
        ),
        judged_users=len(judged),
        cold_users=len(judged) - len(np.unique(warm)),
        test_interactions=sum(counts.test_interactions for counts in each),
        new_item_interactions=sum(counts.new_item_interactions for counts in each),
        validation_users=round(sum(counts.validation_users for counts in each) / len(each)),
        exposed_interactions=sum(counts.exposed_interactions for counts in each),
        folds=tuple(fold for counts in each for fold in counts.folds),
    )


def counts_by_population(tallies: Sequence[Tally], unasked: str | None = None) -> tuple[ScenarioCounts, ...]:
    """Add up the folds of each population, users known in the target first; what could not be asked stands with them.

    Counts of cold users have a name of their own, since all that is said of them is said apart.
    """
    found: list[ScenarioCounts] = []
    for population in in_order([tallied.counts.population for tallied in tallies]):
        counts = make_counts([tallied for tallied in tallies if tallied.counts.population == population])
        name = replace(parse_scenario(counts.scenario), cold=population == COLD)
        found.append(replace(counts, scenario=str(name), unasked=None if found else unasked))
    return tuple(found)


def _source_counts(split: Split, index: int) -> DomainCounts:
    bridge = split.scenario.bridge
    shared = int((bridge.rows[index] < split.scenario.target.n_users).sum())
    domain, source = split.training.sources[index], split.scenario.sources[index]
    return _domain_counts(source, domain, "source", shared, bridge.item_alignments[index])


def _domain_counts(
    interactions: Interactions,
    domain: Domain,
    role: Literal["source", "target"],
    shared_users: int,
    links: ItemAlignment | None,
) -> DomainCounts:
    provenance = interactions.provenance
    return DomainCounts(
        name=interactions.name,
        role=role,
        users=interactions.n_users,
        items=interactions.n_items,
        interactions=len(interactions),
        training=int(domain.matrix.nnz),
        shared_users=shared_users,
        linked_items=0 if links is None else len(links.source_item),
        has_ratings=interactions.rating is not None,
        has_time=interactions.timestamp is not None,
        has_text=domain.item_text is not None,
        steps=provenance.steps,
        sha256=provenance.sha256,
        terms=provenance.terms,
        reference=provenance.reference,
        linked_by=None if links is None else links.how,
    )
