"""Table -> Suite and Settings, or all that is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any

from tlbench.errors import TlbenchError
from tlbench.registry import METHODS, unknown
from tlbench.scenario.alignment import check_links
from tlbench.scenario.grammar import ScenarioName, parse_scenario
from tlbench.split.candidates import parse_candidates
from tlbench.split.protocol import Protocol
from tlbench.stats.corrections import CORRECTIONS
from tlbench.suite.problems import LineOf, Problem, attempt, collected
from tlbench.suite.settings import Settings
from tlbench.suite.suite import SCHEMA, Suite


@dataclass(frozen=True)
class Kind:
    """What a key takes: its types, in words, and a check of the value."""

    types: tuple[type, ...]
    wanted: str
    fine: Callable[[Any], bool] = lambda value: value is not None

    def takes(self, value: object) -> bool:
        """Whether a value is of a type that the key takes and in its range; true is no number."""
        is_number = isinstance(value, bool) and bool not in self.types
        return isinstance(value, self.types) and not is_number and self.fine(value)


def _strings(value: Any) -> bool:
    return all(isinstance(element, str) for element in value)


_TEXT = Kind((str,), "a text")
_NAMES = Kind((list, tuple), "a list of texts", _strings)
_COUNT = Kind((int,), "a whole number from 1", lambda value: value >= 1)
_FRACTION = Kind((int, float), "a share above 0 and at most 1, as 0.25", lambda value: 0 < value <= 1)
_SWITCH = Kind((bool,), "true or false")

SUITE_KEYS: dict[str, Kind] = {
    "name": _TEXT,
    "scenarios": _NAMES,
    "methods": _NAMES,
    "baselines": _NAMES,
    "metrics": _NAMES,
    "seeds": _COUNT,
    "placebo": _SWITCH,
    "protocol": _TEXT,
    "candidates": _TEXT,
    "target_fraction": _FRACTION,
    "source_fraction": _FRACTION,
    "k_core": _COUNT,
    "min_rating": Kind((int, float), "a rating"),
    "links": _TEXT,
    "split_seed": Kind((int,), "a whole number"),
    "margin": Kind((int, float), "a share between 0 and 1, as 0.01 or 1%", lambda value: 0 < value < 1),
    "alpha": Kind((int, float), "a share between 0 and 0.5, as 0.05", lambda value: 0 < value < 0.5),
    "correction": Kind((str,), f"one of {', '.join(CORRECTIONS)}", lambda value: value in CORRECTIONS),
    "parameters": Kind((dict,), "a table of tables, as `[parameters.ease]`", lambda value: _tables(value)),
    "tune": Kind((int,), "a whole number of trials, 0 for none", lambda value: value >= 0),
    "tune_seconds": Kind((int, float), "a number of seconds above 0", lambda value: value > 0),
    "lenient": _SWITCH,
}
SETTING_KEYS: dict[str, Kind] = {
    "out": _TEXT,
    "catalogue": _TEXT,
    "offline": _SWITCH,
    "plugins": _NAMES,
    "jobs": _COUNT,
    "threads": _COUNT,
    "block_size": _COUNT,
    "cluster": _TEXT,
    "quiet": _SWITCH,
    "json_progress": _SWITCH,
}


def _tables(value: Any) -> bool:
    return all(isinstance(content, dict) for content in value.values())


def suite_from_table(table: Mapping[str, Any], *, origin: str) -> Suite:
    """Make a suite of a table as TOML and JSON hold it; `origin` names it in errors."""
    suite, _ = checked(table, origin=origin)
    return suite


def validated(suite: Suite) -> Suite:
    """Return the suite unchanged where all that it names exists and every number is in range; else raise."""
    checked({**suite.as_table(), "schema": SCHEMA}, origin=suite.name)
    return suite


def checked(
    table: Mapping[str, Any],
    *,
    origin: str,
    line_of: LineOf = lambda key: None,  # noqa: ARG005
    more: Callable[[Suite, Settings], Sequence[Problem]] = lambda suite, settings: (),  # noqa: ARG005
) -> tuple[Suite, Settings]:
    """Make suite and settings of a table.

    Parameters
    ----------
    table
        What TOML holds, and what the command line adds to it.
    origin
        Names the table in errors.
    line_of
        Line of a key in the file; None where it came from the command line.
    more
        Further checks of what could be read, with the problems that they find.

    Raises
    ------
    SuiteError
        With everything that is wrong, in the order of lines.
    """
    problems = _wrong_keys(table, origin)
    values = {key: table[key] for key in table if key in SUITE_KEYS or key in SETTING_KEYS}
    bad = [Problem((key,), f"`{key}` is {value!r}", f"it must be {_kind(key).wanted}") for key, value in values.items()]
    bad = [problem for problem in bad if not _kind(str(problem.key[0])).takes(values[str(problem.key[0])])]
    wrong = {problem.key[0] for problem in bad}
    fine = {key: value for key, value in values.items() if key not in wrong}
    problems += [*bad, *_wrong_names(fine)]
    readable = _readable(fine, problems)
    if readable is not None:
        problems += more(*readable)
    if problems or readable is None:
        raise collected(problems, origin, line_of)
    return readable


def _kind(key: str) -> Kind:
    return SUITE_KEYS.get(key) or SETTING_KEYS[key]


def _wrong_keys(table: Mapping[str, Any], origin: str) -> list[Problem]:
    problems = []
    if table.get("schema") != SCHEMA:
        hint = f"write `schema = {SCHEMA}` in a new suite; run an old one with the tlbench that wrote it"
        message = f"`{origin}` has schema {table.get('schema')!r}, this tlbench reads {SCHEMA}"
        problems.append(Problem(("schema",), message, hint))
    known = [*SUITE_KEYS, *SETTING_KEYS]
    for key in table:
        if key not in known and key != "schema":
            error = unknown(f"key in `{origin}`", key, known, "tlbench run --help")
            problems.append(Problem((key,), error.message, error.hint))
    if not table.get("scenarios"):
        problems.append(Problem(("scenarios",), f"`{origin}` names no scenario", 'add `scenarios = ["a->b"]`'))
    return problems


def _wrong_names(values: Mapping[str, Any]) -> list[Problem]:
    """Check every name by itself, so that all misspelt ones are found."""
    from tlbench.metrics.base import parse_metric, parse_metrics

    problems: list[Problem] = []
    for place, text in enumerate(values.get("scenarios", ())):
        attempt(problems, ("scenarios", place), partial(parse_scenario, text))
    for key, noun in (("methods", "transfer method"), ("baselines", "baseline")):
        known = sorted(entry.name for entry in METHODS if (entry.family == "baseline") == (key == "baselines"))
        for place, name in enumerate(values.get(key, ())):
            if name not in known:
                error = unknown(noun, name, known, "tlbench list methods")
                problems.append(Problem((key, place), error.message, error.hint))
    found = len(problems)
    for place, name in enumerate(values.get("metrics", ())):
        attempt(problems, ("metrics", place), partial(parse_metric, name))
    if "metrics" in values and len(problems) == found:
        attempt(problems, ("metrics",), lambda: parse_metrics(values["metrics"]))
    if "protocol" in values:
        attempt(problems, ("protocol",), lambda: Protocol.parse(values["protocol"]))
    if "candidates" in values:
        attempt(problems, ("candidates",), lambda: parse_candidates(values["candidates"]))
    if "links" in values:
        attempt(problems, ("links",), lambda: check_links(values["links"]))
    for name, chosen in values.get("parameters", {}).items():
        problems += _wrong_parameters(name, chosen)
    return problems


def _wrong_parameters(name: str, chosen: Mapping[str, Any]) -> list[Problem]:
    try:
        entry = METHODS.get(name)
    except TlbenchError as error:
        return [Problem(("parameters", name), error.message, error.hint)]
    known = [field.name for field in fields(entry.build)]  # type: ignore[arg-type]
    errors = {key: unknown(f"parameter of `{name}`", key, known, "tlbench list methods") for key in chosen}
    return [
        Problem(("parameters", name, key), error.message, error.hint)
        for key, error in errors.items()
        if key not in known
    ]


def _readable(values: Mapping[str, Any], problems: list[Problem]) -> tuple[Suite, Settings] | None:
    """Make suite and settings of what has the right types; None where no scenario can be read."""
    bad = {problem.key for problem in problems}
    texts = [text for place, text in enumerate(values.get("scenarios", ())) if ("scenarios", place) not in bad]
    if not texts:
        return None
    names: dict[str, Any] = {k: tuple(value) if isinstance(value, list) else value for k, value in values.items()}
    suite: dict[str, Any] = {key: value for key, value in names.items() if key in SUITE_KEYS}
    settings: dict[str, Any] = {key: value for key, value in names.items() if key in SETTING_KEYS}
    if "catalogue" in settings:
        settings["catalogue"] = Path(settings["catalogue"])
    if "plugins" in settings:
        settings["plugins"] = tuple(map(Path, settings["plugins"]))
    scenarios = tuple(dict.fromkeys(map(parse_scenario, texts)))
    suite = {"name": _name(scenarios), **suite, "scenarios": scenarios}
    return Suite(**suite), Settings(**settings)


def _name(scenarios: Sequence[ScenarioName]) -> str:
    """Name a suite that has no name."""
    more = f"-and-{len(scenarios) - 1}-more" if len(scenarios) > 1 else ""
    return f"{scenarios[0].slug}{more}"
