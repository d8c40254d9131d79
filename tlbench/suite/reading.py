"""Suite file and command line -> Request: what is run, how it is judged, by what means."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tlbench.errors import TlbenchError
from tlbench.suite.checks import OPTIONS, checked
from tlbench.suite.lines import lines_of_keys, nearest_line
from tlbench.suite.names import find_tuner
from tlbench.suite.problems import Problem, attempt
from tlbench.suite.settings import Settings
from tlbench.suite.suite import SCHEMA, Suite


@dataclass(frozen=True)
class Request:
    """What is run and how it is judged, and by what means."""

    suite: Suite
    settings: Settings


def suite_from_file(path: Path) -> Suite:
    """Read a suite from a TOML file; its name is the file's where it gives none.

    Raises
    ------
    TlbenchError
        If the file is missing, is not TOML, or has keys or values that a suite does not take.
    """
    text = _text(path)
    lines = lines_of_keys(text)
    table = {"name": path.stem, **_table(text, path)}
    return checked(table, origin=str(path), line_of=partial(nearest_line, lines))[0]


def read_table(path: Path) -> dict[str, Any]:
    """Read a suite file as it is; relative paths in it start at the file's folder."""
    table = {"name": path.stem, **_table(_text(path), path)}
    for key in OPTIONS.keys() & table.keys():
        table[key] = OPTIONS[key].kind.placed(path.parent, table[key])
    return table


def read_request(path: Path | None, chosen: Mapping[str, Any], *, below: Mapping[str, Any] | None = None) -> Request:
    """Read a suite file, let the command line win over it, and check the whole before any work.

    Plug-ins must have been imported: what they register is known by then.

    Parameters
    ----------
    path
        The suite file; None where the command line says all.
    chosen
        What the command line says, by the keys of a suite file.
    below
        What holds where neither says anything, by the same keys.

    Raises
    ------
    SuiteError
        With everything that is wrong, each with its line and key; data sets that nobody knows are among it.
    """
    table = {"schema": SCHEMA} if path is None else read_table(path)
    lines = {} if path is None else lines_of_keys(_text(path))

    def line_of(key: tuple[str | int, ...]) -> int | None:
        return None if key[0] in chosen else nearest_line(lines, key) or (1 if lines else None)

    origin = "the command line" if path is None else str(path)
    return Request(*checked({**(below or {}), **table, **chosen}, origin=origin, line_of=line_of, more=_wrong_data))


def _wrong_data(suite: Suite, settings: Settings) -> Sequence[Problem]:
    from tlbench.data import describe
    from tlbench.scenario.alignment import files_of_links
    from tlbench.scenario.link_table import read_link_table

    problems: list[Problem] = []
    for place, scenario in enumerate(suite.scenarios):
        for name in (*scenario.sources, scenario.target):
            attempt(problems, ("scenarios", place), partial(describe, name, catalogue=settings.catalogue))
    for file in files_of_links(suite.links):
        attempt(problems, ("links",), partial(read_link_table, file))
    attempt(problems, ("tune",), partial(find_tuner, suite.tune))
    return problems


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TlbenchError(f"suite `{path}` cannot be read: {error}", hint="check the path") from error


def _table(text: str, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise TlbenchError(f"suite `{path}` is not TOML: {error}", hint="correct that line") from error
