"""What is wrong with the names in a suite: each is looked up by itself, so that all misspelt ones are found."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from functools import partial
from importlib.util import find_spec
from typing import Any

from tlbench.errors import TlbenchError
from tlbench.registry import METHODS, unknown
from tlbench.suite.problems import Problem, attempt
from tlbench.values import check_name


def whole(read: Callable[[Any], Any]) -> Callable[[str, Any], list[Problem]]:
    """Return the check of a value that must be readable as a whole."""

    def check(key: str, value: Any) -> list[Problem]:
        problems: list[Problem] = []
        attempt(problems, (key,), partial(read, value))
        return problems

    return check


def each(read: Callable[[str], Any]) -> Callable[[str, Any], list[Problem]]:
    """Return the check of a list of which every element must be readable."""

    def check(key: str, value: Sequence[str]) -> list[Problem]:
        problems: list[Problem] = []
        for place, text in enumerate(value):
            attempt(problems, (key, place), partial(read, text))
        return problems

    return check


def find_name(text: str) -> None:
    """Refuse what cannot be the name of a suite: the folder of its results is called so."""
    check_name("suite", text, title=True)


def find_scenario(text: str) -> None:
    """Refuse what is no scenario."""
    from tlbench.scenario.grammar import directions, parse_scenario

    for direction in directions(text):
        parse_scenario(direction)


def find_method(name: str) -> None:
    """Refuse what is no transfer method."""
    _find("transfer method", name, [entry.name for entry in METHODS if entry.family != "baseline"])


def find_baseline(name: str) -> None:
    """Refuse what is no baseline."""
    _find("baseline", name, [entry.name for entry in METHODS if entry.family == "baseline"])


def _find(noun: str, name: str, known: Sequence[str]) -> None:
    if name not in known:
        raise unknown(noun, name, sorted(known), "tlbench list methods")


def wrong_metrics(key: str, value: Sequence[str]) -> list[Problem]:
    """Check every metric, and all together where each is right."""
    from tlbench.metrics.base import parse_metric, parse_metrics

    return each(parse_metric)(key, value) or whole(parse_metrics)(key, value)


def find_protocol(text: str) -> None:
    """Refuse what is no protocol."""
    from tlbench.split.protocol import Protocol

    Protocol.parse(text)


def find_candidates(text: str) -> None:
    """Refuse what names no candidates."""
    from tlbench.split.candidates import parse_candidates

    parse_candidates(text)


def find_tuner(trials: int) -> None:
    """Refuse to tune where what proposes the trials is not installed."""
    if trials and find_spec("optuna") is None:
        raise TlbenchError("tuning needs Optuna, which is not installed", hint='`pip install "tlbench[tune]"`')


def find_links(text: str) -> None:
    """Refuse what is no way to link items."""
    from tlbench.scenario.alignment import check_links

    check_links(text)


def wrong_parameters(key: str, value: Mapping[str, Mapping[str, Any]]) -> list[Problem]:
    """Check the hyper-parameters of every method."""
    return [problem for name, chosen in value.items() for problem in _wrong_parameters(key, name, chosen)]


def _wrong_parameters(key: str, method: str, chosen: Mapping[str, Any]) -> list[Problem]:
    try:
        entry = METHODS.get(method)
    except TlbenchError as error:
        return [Problem((key, method), error.message, error.hint)]
    known = [field.name for field in fields(entry.build)]  # type: ignore[arg-type]
    errors = {name: unknown(f"parameter of `{method}`", name, known, "tlbench list methods") for name in chosen}
    return [
        Problem((key, method, name), error.message, error.hint) for name, error in errors.items() if name not in known
    ]
