"""Table -> Suite and Settings, or all that is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tlbench.registry import unknown
from tlbench.suite.option import Option, options_of
from tlbench.suite.problems import LineOf, Problem, collected
from tlbench.suite.settings import Settings
from tlbench.suite.suite import SCHEMA, Suite

if TYPE_CHECKING:
    from tlbench.scenario.grammar import ScenarioName

OPTIONS: dict[str, Option] = {option.name: option for option in options_of(Suite, Settings)}


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
    values = {key: table[key] for key in OPTIONS if key in table}
    fine = {key: value for key, value in values.items() if OPTIONS[key].kind.takes(value)}
    problems += [
        Problem((key,), f"`{key}` is {value!r}", f"it must be {OPTIONS[key].kind.wanted}")
        for key, value in values.items()
        if key not in fine
    ]
    problems += [problem for key, value in fine.items() for problem in OPTIONS[key].check(key, value)]
    readable = _readable(fine, problems)
    if readable is not None:
        problems += more(*readable)
    if problems or readable is None:
        raise collected(problems, origin, line_of)
    return readable


def _wrong_keys(table: Mapping[str, Any], origin: str) -> list[Problem]:
    problems = []
    if table.get("schema") != SCHEMA:
        hint = f"write `schema = {SCHEMA}` in a new suite; run an old one with the tlbench that wrote it"
        message = f"`{origin}` has schema {table.get('schema')!r}, this tlbench reads {SCHEMA}"
        problems.append(Problem(("schema",), message, hint))
    known = list(OPTIONS)
    for key in table:
        if key not in known and key != "schema":
            error = unknown(f"key in `{origin}`", key, known, "tlbench run --help")
            problems.append(Problem((key,), error.message, error.hint))
    if not table.get("scenarios"):
        problems.append(Problem(("scenarios",), f"`{origin}` names no scenario", 'add `scenarios = ["a->b"]`'))
    return problems


def _readable(values: Mapping[str, Any], problems: list[Problem]) -> tuple[Suite, Settings] | None:
    """Make suite and settings of what has the right types; None where no scenario can be read."""
    from tlbench.scenario.grammar import directions, parse_scenario

    bad = {problem.key for problem in problems}
    texts = [text for place, text in enumerate(values.get("scenarios", ())) if ("scenarios", place) not in bad]
    if not texts:
        return None
    scenarios = tuple(dict.fromkeys(parse_scenario(one) for text in texts for one in directions(text)))
    made = {key: OPTIONS[key].kind.made(value) for key, value in values.items()}
    made = {"name": _name(scenarios), **made, "scenarios": scenarios}
    of_settings = {option.name for option in options_of(Settings)}
    return (
        Suite(**{key: value for key, value in made.items() if key not in of_settings}),
        Settings(**{key: value for key, value in made.items() if key in of_settings}),
    )


def _name(scenarios: Sequence[ScenarioName]) -> str:
    """Name a suite that has no name."""
    more = f"-and-{len(scenarios) - 1}-more" if len(scenarios) > 1 else ""
    return f"{scenarios[0].slug}{more}"
