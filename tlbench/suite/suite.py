"""Suite: what is to be run and how it is to be judged; each field is an option, defined here and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass
from typing import TYPE_CHECKING, Any, get_args

from tlbench.registry import METHODS, METRICS, MethodEntry
from tlbench.suite.kinds import (
    COUNT,
    FRACTION,
    LINKS,
    MARGIN,
    METRIC_NAMES,
    NAMES,
    PARAMETERS,
    SWITCH,
    TEXT,
    choice,
    number,
    whole_number,
)
from tlbench.suite.names import (
    each,
    find_baseline,
    find_candidates,
    find_links,
    find_method,
    find_name,
    find_protocol,
    find_scenario,
    whole,
    wrong_metrics,
    wrong_parameters,
)
from tlbench.suite.option import option
from tlbench.values import (
    CORRECTIONS,
    DEFAULT_MARGIN,
    DROP,
    Correction,
    FilteredUsers,
    Margin,
    Metric,
    TwinPolicy,
    Users,
)

if TYPE_CHECKING:
    from tlbench.scenario.grammar import ScenarioName
    from tlbench.scenario.scenario import Filters
    from tlbench.split.protocol import Protocol

SCHEMA = 1


@dataclass(frozen=True)
class Suite:
    """What is to be run and how it is to be judged.

    Empty `methods` and `baselines` mean all that are registered. The seeds are 0, 1, ...; methods that draw nothing run
    once. Without a word on `placebo`, the placebos of those methods are run that beat their counterparts. Without a
    `protocol` users known in the target are judged by ``rolling:3`` where it has time, else by ``k-fold:5``, and shared
    users while they are new to it by ``cold-start:4``. Without
    `candidates` held-out items are ranked among the whole catalogue.
    """

    name: str = option(MISSING, TEXT, "Name of the suite", "the file's or the scenario's", check=whole(find_name))
    scenarios: tuple[ScenarioName, ...] = option(MISSING, NAMES, "What to run", "none", check=each(find_scenario))
    methods: tuple[str, ...] = option(
        (), NAMES, "Transfer methods, separated by commas", "all that can run", check=each(find_method)
    )
    baselines: tuple[str, ...] = option(
        (), NAMES, "Target-only baselines, separated by commas", "all", check=each(find_baseline)
    )
    metrics: tuple[Metric, ...] = option(
        (Metric("ndcg@10"), Metric("recall@20"), Metric("mrr@10")),
        METRIC_NAMES,
        "Metrics, the primary one first",
        "ndcg@10,recall@20,mrr@10",
        check=wrong_metrics,
    )
    seeds: int = option(1, COUNT, "Number of seeds")
    placebo: bool | None = option(
        None,
        SWITCH,
        "Run all transfer methods, or none, also on sources whose knowledge is destroyed",
        "those that beat their counterparts",
        flags=["--placebo/--no-placebo"],
    )
    placebo_draws: int = option(
        1,
        COUNT,
        "Shuffles of the sources for each placebo; from 19 on, a randomisation test says where the real source lies",
    )
    protocol: Protocol | None = option(
        None,
        TEXT,
        "How the target is split, as NAME or NAME:ARGUMENT",
        "rolling:3, or k-fold:5 without timestamps",
        check=whole(find_protocol),
    )
    users: Users = option(
        "both",
        choice(*get_args(Users)),
        "Without a protocol, of whom it is asked: users known in the target (warm), shared users new to it (cold), or "
        "of both, each by themselves",
    )
    candidates: str | None = option(
        None,
        TEXT,
        "Rank held-out items among N sampled others, `uniform:100` or `popularity:100`, to reproduce published figures",
        "among the whole catalogue",
        metavar="KIND:N",
        check=whole(find_candidates),
    )
    target_fraction: float | None = option(
        None,
        FRACTION,
        "Shares of the target's training part; several make a learning curve",
        "1",
        metavar="SHARE,...",
    )
    source_fraction: float | None = option(
        None, FRACTION, "Shares of the sources; several make a learning curve", "1", metavar="SHARE,..."
    )
    k_core: int = option(5, COUNT, "Fewest interactions per item and per filtered user; 1 turns it off")
    filter_users: FilteredUsers = option(
        "sources",
        choice(*get_args(FilteredUsers)),
        "Whose users `--k-core` removes: those of the sources only, or the target's too; target users with few "
        "interactions are the ones whom transfer can help",
    )
    judge: int | None = option(
        None,
        COUNT,
        "Judge a sample of so many users, drawn once in proportion to their histories; for huge targets",
        "everybody",
        metavar="USERS",
    )
    min_rating: float | None = option(None, number("a rating"), "Interactions rated lower are removed", "all are kept")
    links: str = option(
        "titles",
        LINKS,
        "How items without common ids are linked; `tlbench link` writes such a file",
        metavar="titles|none|FILE.csv",
        check=whole(find_links),
    )
    twins: TwinPolicy = option(
        DROP,
        choice(*get_args(TwinPolicy)),
        "What is done with source items that are the target's under another id, and with double listings in a domain; "
        "with `keep` no verdict reads helps",
    )
    split_seed: int = option(0, whole_number("a whole number"), "Seed of the split")
    margin: Margin = option(DEFAULT_MARGIN, MARGIN, "Share of the control's mean that counts as a difference", "1%")
    alpha: float = option(
        0.05, number("a share between 0 and 0.5, as 0.05", lambda value: 0 < value < 0.5), "Level of the tests"
    )
    correction: Correction = option(
        "bonferroni",
        choice(*CORRECTIONS),
        f"Correction for many candidates: {', '.join(CORRECTIONS[:-1])} or {CORRECTIONS[-1]}",
    )
    primary_method: str | None = option(
        None,
        TEXT,
        "The one transfer method that the run is about, declared beforehand; it is judged alone, at the full level",
        "none, all share the level",
        flags=["--primary"],
        metavar="METHOD",
        check=whole(find_method),
    )
    parameters: Mapping[str, Mapping[str, Any]] = option(
        dict,
        PARAMETERS,
        "A hyper-parameter, which tuning leaves as it is; may be repeated",
        "none",
        flags=["parameter", "--set"],
        metavar="METHOD.NAME=VALUE",
        check=wrong_parameters,
    )
    tune: int = option(
        0,
        whole_number("a whole number of trials, 0 for none", least=0),
        "Trials of tuning for every method, baseline and placebo alike",
    )
    tune_seconds: float | None = option(
        None,
        number("a number of seconds above 0", lambda value: value > 0, least=0),
        "Time limit for the trials of each, in seconds",
        "no limit",
    )
    lenient: bool = option(
        False,
        SWITCH,
        "Drop and count malformed ratings instead of stopping",
        "off",
        flags=["--lenient/--no-lenient"],
    )

    def __post_init__(self) -> None:
        """Make values of what a program writes as text and number."""
        object.__setattr__(self, "metrics", tuple(map(Metric, self.metrics)))
        object.__setattr__(self, "margin", Margin(self.margin))
        object.__setattr__(self, "protocol", _protocol(self.protocol))

    @property
    def filters(self) -> Filters:
        """What is removed from each domain."""
        from tlbench.scenario.scenario import Filters

        return Filters(self.k_core, self.min_rating, self.filter_users)

    @property
    def asks_placebos(self) -> bool:
        """Whether a gain must be shown over a placebo too."""
        return self.placebo is not False

    @property
    def primary(self) -> Metric:
        """The metric on which verdicts rest."""
        return self.metrics[0]

    @property
    def user_metrics(self) -> tuple[Metric, ...]:
        """The metrics that have one value per user; the others have one per run."""
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
        plain = {"margin": float(self.margin), "metrics": [str(metric) for metric in self.metrics]}
        if self.protocol is not None:
            plain["protocol"] = str(self.protocol)
        return {"schema": SCHEMA, **table, **plain, "scenarios": [str(scenario) for scenario in self.scenarios]}


def _protocol(given: Protocol | str | None) -> Protocol | None:
    """Read what a program wrote as text; rules are imported only where there is one."""
    if given is None:
        return None
    from tlbench.split.protocol import Protocol

    return Protocol.parse(given) if isinstance(given, str) else given


def _is_of_a_run(metric: Metric) -> bool:
    return metric.name in METRICS and METRICS.get(metric.name).scope == "run"
