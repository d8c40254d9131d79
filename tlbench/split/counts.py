"""Split -> ScenarioCounts: the counts that users check first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from tlbench.data.interactions import CleaningStep
from tlbench.split.exposure import exposed_test
from tlbench.values import DROP, TwinPolicy

if TYPE_CHECKING:
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
class ScenarioCounts:
    """Counts of a scenario.

    Attributes
    ----------
    scenario, protocol, digest
        Name, name of the protocol, digest of the split.
    domains
        Sources in the order given, then the target.
    judged_users, cold_users
        Users judged on test; those among them who have no history in the target's training part.
    test_interactions, new_item_interactions
        Held out for test, of judged users; those among them on items that the training part does not know.
    validation_users
        Users judged on validation.
    cut
        Last moment of training and of validation, seconds UTC, for `temporal`.
    source_may_leak
        True where a source could not be cut because it has no time.
    policy
        What was done with twins: ``drop``, ``keep`` or ``report``.
    twins
        One entry a source, in the order given.
    exposed_interactions
        Test interactions whose event a source has under another id before its cut; where twins were dropped, those
        that it would have.
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
    cut: tuple[int, int] | None
    source_may_leak: bool
    policy: TwinPolicy = DROP
    twins: tuple[TwinCounts, ...] = ()
    exposed_interactions: int = 0

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


def make_counts(split: Split) -> ScenarioCounts:
    """Count what a split holds."""
    scenario, training = split.scenario, split.training
    history = np.diff(training.target.matrix.indptr)[split.users]
    test = split.test[split.users]
    known_item = np.bincount(training.target.matrix.indices, minlength=training.n_items) > 0
    sources = [_source_counts(split, i) for i in range(len(scenario.sources))]
    target = _domain_counts(scenario.target, training.target, "target", len(scenario.bridge.overlap), None)
    return ScenarioCounts(
        scenario=scenario.name,
        protocol=split.protocol,
        digest=split.digest,
        domains=(*sources, target),
        judged_users=len(split.users),
        cold_users=int((history == 0).sum()),
        test_interactions=int(test.nnz),
        new_item_interactions=int((~known_item[test.indices]).sum()),
        validation_users=len(split.validation_users),
        cut=split.cut,
        source_may_leak=split.source_may_leak,
        policy=scenario.policy,
        twins=tuple(_twin_counts(found) for found in scenario.twins),
        exposed_interactions=int(exposed_test(split).sum()),
    )


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
