"""Suite: what is to be run and how it is to be judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from tlbench.registry import METHODS, METRICS, MethodEntry
from tlbench.scenario.alignment import TITLES
from tlbench.scenario.grammar import ScenarioName
from tlbench.scenario.scenario import Filters
from tlbench.stats.corrections import Correction

SCHEMA = 1


@dataclass(frozen=True)
class Suite:
    """What is to be run and how it is to be judged.

    Attributes
    ----------
    name
        Name of the results folder.
    scenarios
        What to run.
    methods, baselines
        Transfer methods and target-only baselines; empty means all that are registered.
    metrics
        Names with cut-offs; the first is the primary one, on which verdicts rest.
    seeds
        Number of seeds, which are 0, 1, ...; methods that draw nothing run once.
    placebo
        Whether every transfer method also runs on a source whose knowledge was destroyed.
    protocol
        Name of the protocol, or None for `rolling` where the target has time and `k-fold` where not.
    candidates
        ``uniform:N`` or ``popularity:N`` where held-out items are ranked among N sampled others; None for the
        catalogue.
    target_fraction, source_fraction
        Shares of the target's training part and of the sources that methods see; None is all.
    k_core, min_rating
        See `tlbench.scenario.Filters`.
    links
        How items without common ids are linked: ``titles``, ``none``, or the path of a CSV table of links.
    split_seed
        Seed of the split.
    margin
        Share of the control's mean that counts as a real difference.
    alpha
        Level of the tests.
    correction
        How p-values are corrected for the number of candidates.
    parameters
        Hyper-parameters by method where they are not the defaults; tuning leaves them as they are.
    tune
        Trials of tuning for every baseline, transfer method and placebo alike; 0 compares defaults.
    tune_seconds
        Most time for the trials of one of them, the same for all; None is no limit.
    lenient
        Drop and count malformed ratings instead of stopping.
    """

    name: str
    scenarios: tuple[ScenarioName, ...]
    methods: tuple[str, ...] = ()
    baselines: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ("ndcg@10", "recall@20", "mrr@10")
    seeds: int = 1
    placebo: bool = False
    protocol: str | None = None
    candidates: str | None = None
    target_fraction: float | None = None
    source_fraction: float | None = None
    k_core: int = 5
    min_rating: float | None = None
    links: str = TITLES
    split_seed: int = 0
    margin: float = 0.01
    alpha: float = 0.05
    correction: Correction = "holm"
    parameters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    tune: int = 0
    tune_seconds: float | None = None
    lenient: bool = False

    @property
    def filters(self) -> Filters:
        """What is removed from each domain."""
        return Filters(self.k_core, self.min_rating)

    @property
    def primary(self) -> str:
        """The metric on which verdicts rest."""
        return self.metrics[0]

    @property
    def user_metrics(self) -> tuple[str, ...]:
        """The metrics that have a value a user; the others have one a run."""
        return tuple(name for name in self.metrics if not _is_of_a_run(name))

    def entries(self) -> tuple[MethodEntry, ...]:
        """Return baselines, then transfer methods, each with the counterparts that they are judged against."""
        unasked = [entry for entry in METHODS if not entry.on_request]
        transfer = [entry for entry in unasked if entry.family != "baseline"]
        if self.methods:
            transfer = [METHODS.get(name) for name in self.methods]
        baselines = [entry for entry in unasked if entry.family == "baseline"]
        if self.baselines:
            baselines = [METHODS.get(name) for name in self.baselines]
        counterparts = [METHODS.get(entry.counterpart) for entry in transfer if entry.counterpart]
        return tuple({entry.name: entry for entry in (*baselines, *counterparts, *transfer)}.values())

    def as_table(self) -> dict[str, Any]:
        """Return the suite as TOML and JSON hold it; `suite_from_table` reads it back."""
        table = {key: value for key, value in asdict(self).items() if value is not None and value != ()}
        return {"schema": SCHEMA, **table, "scenarios": [str(scenario) for scenario in self.scenarios]}


def _is_of_a_run(metric: str) -> bool:
    base = metric.partition("@")[0]
    return base in METRICS and METRICS.get(base).scope == "run"
