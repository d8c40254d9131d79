"""Kinds of options: texts, names, numbers, shares, switches, paths; how each is typed, checked and made a value."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tlbench.errors import TlbenchError
from tlbench.suite.option import Kind
from tlbench.values import Margin, Metric, share


def names(text: str | None) -> tuple[str, ...]:
    """Split a list of names that commas separate; None and empty text are no names."""
    return tuple(name.strip() for name in (text or "").split(",") if name.strip())


def fractions(text: str) -> float | tuple[float, ...]:
    """Read one share; or several that commas separate, ascending, each once."""
    shares = tuple(sorted({share(part) for part in names(text)}))
    return shares[0] if len(shares) == 1 else shares


def _strings(value: Any) -> bool:
    return all(isinstance(element, str) for element in value)


def _beside(folder: Path, value: Any) -> Any:
    return str(folder / value) if isinstance(value, str) else value


def _all_beside(folder: Path, value: Any) -> Any:
    return [_beside(folder, element) for element in value] if isinstance(value, list) else value


def _file_beside(folder: Path, value: Any) -> Any:
    """Let a table of links start at the folder, not the words that may stand there instead."""
    from tlbench.scenario.alignment import files_of_links

    return str(folder / value) if isinstance(value, str) and files_of_links(value) else value


def _tables(value: Any) -> bool:
    return all(isinstance(content, dict) for content in value.values())


def _parameters(texts: list[str]) -> dict[str, dict[str, Any]]:
    """Read ``METHOD.NAME=VALUE``, the value as TOML has it."""
    found: dict[str, dict[str, Any]] = {}
    for text in texts:
        target, equals, value = text.partition("=")
        method, dot, name = target.partition(".")
        try:
            if not (equals and dot and method and name):
                raise ValueError("it is not METHOD.NAME=VALUE")
            found.setdefault(method, {})[name] = tomllib.loads(f"value = {value}")["value"]
        except ValueError as error:
            raise TlbenchError(f"`--set {text}` cannot be read: {error}", hint="write `--set ease.l2=100`") from error
    return found


TEXT = Kind((str,), "a text")
PATH = Kind((str,), "a text", typed=Path, read=str, made=Path, placed=_beside)
PATHS = Kind(
    (list, tuple),
    "a list of texts",
    _strings,
    typed=list[Path],
    read=lambda paths: [str(path) for path in paths],
    made=lambda paths: tuple(map(Path, paths)),
    placed=_all_beside,
)
NAMES = Kind((list, tuple), "a list of texts", _strings, read=names, made=tuple)
COUNT = Kind((int,), "a whole number from 1", lambda value: value >= 1, typed=int, least=1)
FRACTION = Kind((int, float), "a share above 0 and at most 1, as 0.25", lambda value: 0 < value <= 1, read=fractions)
SWITCH = Kind((bool,), "true or false", typed=bool)
METRIC_NAMES = Kind(
    (list, tuple), "a list of texts", _strings, read=names, made=lambda texts: tuple(map(Metric, texts))
)
MARGIN = Kind(
    (int, float), "a share between 0 and 1, as 0.01 or 1%", lambda value: 0 < value < 1, read=share, made=Margin
)
LINKS = Kind((str,), "a text", placed=_file_beside)
PARAMETERS = Kind((dict,), "a table of tables, as `[parameters.ease]`", _tables, typed=list[str], read=_parameters)


def whole_number(wanted: str, *, least: int | None = None) -> Kind:
    """Return the kind of whole numbers, from `least` on where it is given."""
    return Kind((int,), wanted, lambda value: least is None or value >= least, typed=int, least=least)


def number(wanted: str, fine: Callable[[float], bool] = lambda value: True, *, least: float | None = None) -> Kind:  # noqa: ARG005
    """Return the kind of numbers for which `fine` is true."""
    return Kind((int, float), wanted, fine, typed=float, least=least)


def choice(*values: str) -> Kind:
    """Return the kind of one of several words."""
    return Kind((str,), f"one of {', '.join(values)}", lambda value: value in values)
