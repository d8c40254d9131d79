"""Names of what can be chosen: methods, data sets, metrics, placebos, protocols; each registered once."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, Protocol, TypeVar

from tlbench.errors import TlbenchError
from tlbench.values import Metric, check_name

Family = Literal["baseline", "data", "knowledge", "model"]
Need = Literal[
    "user-overlap",
    "item-links",
    "target-ratings",
    "source-ratings",
    "target-text",
    "source-text",
    "time",
    "source-time",
]

Scope = Literal["user", "run"]
Better = Literal["higher", "lower"]
MetricNeed = Literal["held-scores", "ratings", "categories", "content", "training"]


# --- search spaces -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Range:
    """A real number from low to high, both possible, every value alike."""

    low: float
    high: float


@dataclass(frozen=True)
class LogRange:
    """A real number from low > 0 to high, both possible, every order of magnitude alike."""

    low: float
    high: float


@dataclass(frozen=True)
class IntRange:
    """A whole number from low to high, both possible; `log` makes every order of magnitude alike."""

    low: int
    high: int
    log: bool = False


@dataclass(frozen=True)
class Choice:
    """One of some values."""

    values: tuple[str | int | float | bool, ...]


Dimension = Range | LogRange | IntRange | Choice


# --- entries -----------------------------------------------------------------------------------------------------


class Named(Protocol):
    """Anything that a registry can hold."""

    @property
    def name(self) -> str:
        """The name that the user types."""
        ...


@dataclass(frozen=True)
class MethodEntry:
    """A way to recommend.

    Attributes
    ----------
    name
        What the user types.
    build
        The frozen dataclass of hyper-parameters, a `tlbench.methods.base.Recommender`.
    family
        ``baseline`` (sees the target only), or what a transfer method carries over: data, knowledge or model.
    needs
        What the scenario must offer; where one is missing the method is listed as not applicable.
    counterpart
        The target-only baseline that is the same model without the source; None for baselines.
    placebo
        The placebo that destroys exactly what the method uses; None for baselines.
    deterministic
        True where ``fit`` draws nothing, so that one seed serves for all.
    reference
        Paper with DOI or address.
    space
        Search space of the tunable fields, with ranges from the literature.
    on_request
        True where the method runs only when it is named, as those of other libraries do.
    extra
        Extra of this package that brings the library which the method needs, ``torch``; the library has the same name.
        None where the package alone is enough.
    """

    name: str
    build: Callable[..., Any]
    family: Family
    needs: tuple[Need, ...]
    counterpart: str | None
    placebo: str | None
    deterministic: bool
    reference: str
    space: Mapping[str, Dimension] = field(default_factory=dict)
    on_request: bool = False
    extra: str | None = None

    @property
    def summary(self) -> str:
        """First line of the class's docstring."""
        return (self.build.__doc__ or "").strip().split("\n")[0]


@dataclass(frozen=True)
class DatasetEntry:
    """A data set that code makes (the synthetic ones, plug-ins); files come from catalogues instead."""

    name: str
    load: Callable[[], Any]
    user_ids: str
    reference: str
    summary: str


@dataclass(frozen=True)
class MetricEntry:
    """A measure of rankings.

    Attributes
    ----------
    name
        What the user types before the ``@``.
    compute
        Of one user: function ``(judged, k)``, or ``(judged)`` without a cut, that returns float64 values, shape (b,),
        of the b users of a `tlbench.metrics.judged.Judged`; higher is better, so that verdicts can rest on it. Of a
        whole run: ``(gathered, weights, k)`` or ``(gathered, weights)`` that returns one number for a
        `tlbench.metrics.aggregate.Gathered` whose users count as often as their weights say.
    reference
        Paper with DOI or address.
    summary
        First line of the function's docstring.
    cut
        Whether the metric looks at the first k items and is written ``name@k``.
    bounds
        Lowest and highest value possible; anything else stops the run.
    scope
        ``user`` for one value per user, ``run`` for one value per run (coverage, for instance) with a bootstrap
        interval.
    better
        Which way is better; metrics of one user are ``higher``.
    needs
        What the metric looks at besides the lists: ``held-scores`` (scores of held-out items among all others),
        ``ratings`` (a method that predicts ratings), ``categories`` of the items, ``content`` (categories or text), or
        the ``training`` part.
    """

    name: str
    compute: Callable[..., Any]
    reference: str
    summary: str
    cut: bool = True
    bounds: tuple[float, float] = (0.0, 1.0)
    scope: Scope = "user"
    better: Better = "higher"
    needs: tuple[MetricNeed, ...] = ()


@dataclass(frozen=True)
class PlaceboEntry:
    """A way to destroy the usable knowledge of a source: ``apply(training, rng)`` returns another training."""

    name: str
    apply: Callable[..., Any]
    destroys: str
    reference: str


@dataclass(frozen=True)
class ProtocolEntry:
    """A way to split a target.

    Attributes
    ----------
    name
        What the user types, before a colon and the argument.
    build
        The frozen dataclass of its argument, a `tlbench.split.protocol.Rule`.
    argument
        How the argument looks, with its default; empty for none.
    """

    name: str
    build: Any
    argument: str

    @property
    def summary(self) -> str:
        """First line of the class's docstring."""
        return (self.build.__doc__ or "").strip().split("\n")[0]

    @property
    def usage(self) -> str:
        """The name with the form of its argument."""
        return f"{self.name}:{self.argument}" if self.argument else self.name


Entry = TypeVar("Entry", bound=Named)


class Registry(Generic[Entry]):
    """Entries by name; a name is taken once, a miss answers with the nearest one.

    A name is a word that any file could be called, or several of them where `joints` are the characters between.
    """

    def __init__(self, noun: str, listing: str, *, joints: str = "") -> None:
        self.noun = noun
        self.joints = joints
        self.listing = listing
        self._entries: dict[str, Entry] = {}

    def add(self, entry: Entry) -> None:
        """Take an entry in; a second one of the same name is an error, and so is a name that no file could have."""
        for word in re.split(f"[{self.joints}]", entry.name) if self.joints else [entry.name]:
            check_name(self.noun, word)
        if entry.name in self._entries:
            raise TlbenchError(
                f"{self.noun} `{entry.name}` is registered twice",
                hint=f"give one of the two another name, or remove one plug-in; `{self.listing}` lists what is there",
            )
        self._entries[entry.name] = entry

    def replace(self, entry: Entry) -> None:
        """Take an entry in, in place of one of the same name where there is one."""
        self._entries[entry.name] = entry

    def get(self, name: str) -> Entry:
        """Return the entry of that name, or raise with the nearest name and the command that lists all."""
        if name in self._entries:
            return self._entries[name]
        raise unknown(self.noun, name, self._entries, self.listing)

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[Entry]:
        """Entries in the order of their names."""
        return iter(self._entries[name] for name in sorted(self._entries))

    def __len__(self) -> int:
        return len(self._entries)


def unknown(noun: str, name: str, known: Mapping[str, Any] | list[str], listing: str) -> TlbenchError:
    """Make the error for a name that nobody registered."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.4)
    guess = f"did you mean `{near[0]}`? " if near else ""
    return TlbenchError(f"unknown {noun} `{name}`", hint=f"{guess}`{listing}` lists all")


METHODS: Registry[MethodEntry] = Registry("method", "tlbench list methods")
DATASETS: Registry[DatasetEntry] = Registry("data set", "tlbench list datasets", joints="@.")
METRICS: Registry[MetricEntry] = Registry("metric", "tlbench list metrics")
PLACEBOS: Registry[PlaceboEntry] = Registry("placebo", "tlbench list placebos")
PROTOCOLS: Registry[ProtocolEntry] = Registry("protocol", "tlbench list protocols")


# --- decorators --------------------------------------------------------------------------------------------------

Built = TypeVar("Built", bound=Callable[..., Any])


def method(
    name: str,
    *,
    family: Family,
    reference: str,
    deterministic: bool,
    needs: Need | tuple[Need, ...] = (),
    counterpart: str | None = None,
    placebo: str | None = None,
    space: Mapping[str, Dimension] | None = None,
    on_request: bool = False,
    extra: str | None = None,
) -> Callable[[Built], Built]:
    """Register a class of hyper-parameters as a method; the arguments are the fields of `MethodEntry`."""
    if family != "baseline" and (counterpart is None or placebo is None):
        raise TlbenchError(
            f"transfer method `{name}` names no {'counterpart' if counterpart is None else 'placebo'}",
            hint='every transfer method is judged against both: @method(..., counterpart="ease", placebo="...")',
        )

    def register(build: Built) -> Built:
        wanted = (needs,) if isinstance(needs, str) else tuple(needs)
        known = (counterpart, placebo, deterministic, reference, dict(space or {}), on_request, extra)
        METHODS.add(MethodEntry(name, build, family, wanted, *known))
        return build

    return register


def dataset(name: str, *, reference: str, user_ids: str, summary: str) -> Callable[[Built], Built]:
    """Register a function without arguments that returns `tlbench.data.Interactions` as a data set."""

    def register(load: Built) -> Built:
        DATASETS.add(DatasetEntry(name, load, user_ids, reference, summary))
        return load

    return register


def metric(
    name: str,
    *,
    reference: str,
    cut: bool = True,
    bounds: tuple[float, float] = (0.0, 1.0),
    scope: Scope = "user",
    better: Better = "higher",
    needs: MetricNeed | tuple[MetricNeed, ...] = (),
) -> Callable[[Built], Built]:
    """Register a function that measures rankings; the arguments are the fields of `MetricEntry`."""

    def register(compute: Built) -> Built:
        summary = (compute.__doc__ or "").strip().split("\n")[0]
        wanted = (needs,) if isinstance(needs, str) else tuple(needs)
        METRICS.add(MetricEntry(name, compute, reference, summary, cut, bounds, scope, better, wanted))
        return compute

    return register


def placebo(name: str, *, destroys: str, reference: str) -> Callable[[Built], Built]:
    """Register a function ``(training, rng) -> training`` that destroys what a source knows."""

    def register(apply: Built) -> Built:
        PLACEBOS.add(PlaceboEntry(name, apply, destroys, reference))
        return apply

    return register


def protocol(name: str, *, argument: str = "") -> Callable[[Built], Built]:
    """Register a `tlbench.split.protocol.Rule` as a way to split; `argument` says how its argument looks."""

    def register(build: Built) -> Built:
        PROTOCOLS.add(ProtocolEntry(name, build, argument))
        return build

    return register


def metric_entry(metric: str) -> MetricEntry:
    """Return the registered metric of a name with its cut, ``ndcg@10``."""
    return METRICS.get(Metric(metric).name)
