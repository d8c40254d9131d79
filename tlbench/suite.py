"""Command line or TOML -> Suite: what is to be run and how it is to be judged, validated once."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from tlbench.errors import TlbenchError
from tlbench.registry import METHODS, MethodEntry, unknown
from tlbench.scenario.grammar import ScenarioName, parse_scenario
from tlbench.scenario.scenario import Filters
from tlbench.split.candidates import parse_candidates
from tlbench.split.split import find_protocol
from tlbench.stats.corrections import CORRECTIONS, Correction

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
        Name of the protocol, or None for `temporal` where the target has time and `ratio` where not.
    candidates
        ``uniform:N`` or ``popularity:N`` where held-out items are ranked among N sampled others; None for the
        catalogue.
    k_core, min_rating
        See `tlbench.scenario.Filters`.
    split_seed
        Seed of the split.
    margin
        Share of the control's mean that counts as a real difference.
    alpha
        Level of the tests.
    correction
        How p-values are corrected for the number of candidates.
    parameters
        Hyper-parameters by method where they are not the defaults.
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
    k_core: int = 5
    min_rating: float | None = None
    split_seed: int = 0
    margin: float = 0.01
    alpha: float = 0.05
    correction: Correction = "holm"
    parameters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def filters(self) -> Filters:
        """What is removed from each domain."""
        return Filters(self.k_core, self.min_rating)

    @property
    def primary(self) -> str:
        """The metric on which verdicts rest."""
        return self.metrics[0]

    def entries(self) -> tuple[MethodEntry, ...]:
        """Return baselines, then transfer methods, each with the counterparts that they are judged against."""
        transfer = [entry for entry in METHODS if entry.family != "baseline"]
        if self.methods:
            transfer = [METHODS.get(name) for name in self.methods]
        baselines = [entry for entry in METHODS if entry.family == "baseline"]
        if self.baselines:
            baselines = [METHODS.get(name) for name in self.baselines]
        counterparts = [METHODS.get(entry.counterpart) for entry in transfer if entry.counterpart]
        return tuple({entry.name: entry for entry in (*baselines, *counterparts, *transfer)}.values())

    def as_table(self) -> dict[str, Any]:
        """Return the suite as TOML and JSON hold it; `suite_from_table` reads it back."""
        table = {key: value for key, value in asdict(self).items() if value is not None and value != ()}
        return {"schema": SCHEMA, **table, "scenarios": [str(scenario) for scenario in self.scenarios]}


def suite_from_file(path: Path) -> Suite:
    """Read a suite from a TOML file; its name is the file's where it gives none.

    Raises
    ------
    TlbenchError
        Where the file is missing, is not TOML, or has keys or values that a suite does not take.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise TlbenchError(f"suite `{path}` cannot be read: {error}", hint="check the path") from error
    except tomllib.TOMLDecodeError as error:
        raise TlbenchError(f"suite `{path}` is not TOML: {error}", hint="mend the line that is named") from error
    return suite_from_table({"name": path.stem, **table}, origin=str(path))


def suite_from_table(table: Mapping[str, Any], *, origin: str) -> Suite:
    """Make a suite of a table as TOML and JSON hold it; `origin` names it in errors."""
    if table.get("schema") != SCHEMA:
        raise TlbenchError(
            f"`{origin}` has schema {table.get('schema')!r}, this tlbench reads {SCHEMA}",
            hint=f"write `schema = {SCHEMA}` in a new suite; run an old one with the tlbench that wrote it",
        )
    known = {entry.name for entry in fields(Suite)}
    for key in table:
        if key not in known | {"schema"}:
            raise unknown(f"key in `{origin}`", key, sorted(known), "tlbench run --help")
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in table.items() if key in known
    }
    _check_types(values, origin)
    if not values.get("scenarios"):
        raise TlbenchError(f"`{origin}` names no scenario", hint='add `scenarios = ["a->b"]`')
    values["scenarios"] = tuple(parse_scenario(text) for text in values["scenarios"])
    return validated(Suite(**values))


_TYPES: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("name", "protocol", "candidates", "correction"), (str,)),
    **dict.fromkeys(("scenarios", "methods", "baselines", "metrics"), (tuple,)),
    **dict.fromkeys(("seeds", "k_core", "split_seed"), (int,)),
    **dict.fromkeys(("min_rating", "margin", "alpha"), (int, float)),
    "placebo": (bool,),
    "parameters": (dict,),
}


def _check_types(values: Mapping[str, Any], origin: str) -> None:
    for key, value in values.items():
        types = _TYPES[key]
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            wanted = "list" if types == (tuple,) else types[-1].__name__
            raise TlbenchError(f"`{key}` in `{origin}` is {value!r}", hint=f"it must be a {wanted}")


def validated(suite: Suite) -> Suite:
    """Return the suite unchanged where all that it names exists and every number is in range; else raise."""
    from tlbench.metrics.base import parse_metrics

    parse_metrics(suite.metrics)
    _check_names("transfer method", suite.methods, {e.name for e in METHODS if e.family != "baseline"})
    _check_names("baseline", suite.baselines, {e.name for e in METHODS if e.family == "baseline"})
    for name, values in suite.parameters.items():
        _check_parameters(METHODS.get(name), values)
    if suite.protocol is not None:
        find_protocol(suite.protocol)
    if suite.candidates is not None:
        parse_candidates(suite.candidates)
    _check_numbers(suite)
    return suite


def _check_names(noun: str, names: Sequence[str], known: set[str]) -> None:
    for name in names:
        if name not in known:
            raise unknown(noun, name, sorted(known), "tlbench list methods")


def _check_parameters(entry: MethodEntry, values: Mapping[str, Any]) -> None:
    known = [f.name for f in fields(entry.build)]  # type: ignore[arg-type]
    for key in values:
        if key not in known:
            raise unknown(f"parameter of `{entry.name}`", key, known, "tlbench list methods")


def _check_numbers(suite: Suite) -> None:
    checks = {
        "seeds": (suite.seeds >= 1, "a whole number from 1"),
        "k_core": (suite.k_core >= 1, "a whole number from 1"),
        "margin": (0 < suite.margin < 1, "a share between 0 and 1, as 0.01 or 1%"),
        "alpha": (0 < suite.alpha < 0.5, "a share between 0 and 0.5, as 0.05"),
        "correction": (suite.correction in CORRECTIONS, f"one of {', '.join(CORRECTIONS)}"),
    }
    for key, (fine, wanted) in checks.items():
        if not fine:
            raise TlbenchError(f"`{key}` is {getattr(suite, key)!r}", hint=f"it must be {wanted}")
