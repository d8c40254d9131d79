"""Suites that come with the package: a name -> its file, in a clone and in a wheel alike."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from tlbench.errors import TlbenchError
from tlbench.registry import unknown

_SHIPPED = Path(__file__).parents[1] / "shipped"


def shipped_suites() -> dict[str, Path]:
    """Files of the suites that come with the package, by name."""
    return {path.stem: path for path in sorted((_SHIPPED / "suites").glob("*.toml"))}


def suite_path(text: str | Path) -> Path:
    """Return the file that a path or the name of a shipped suite means.

    Raises
    ------
    TlbenchError
        If there is neither such a file nor such a suite.

    Examples
    --------
    >>> suite_path("smoke").name
    'smoke.toml'
    """
    path = Path(text)
    if path.is_file():
        return path
    if path.suffix == ".toml" or len(path.parts) > 1:
        raise TlbenchError(f"suite `{path}` does not exist", hint="check the path; `tlbench list suites` lists names")
    shipped = shipped_suites()
    if str(text) not in shipped:
        raise unknown("suite", str(text), list(shipped), "tlbench list suites")
    return shipped[str(text)]


def preset_table(name: str) -> dict[str, Any]:
    """Return the options that a preset sets, as a suite file has them.

    Raises
    ------
    TlbenchError
        If there is no such preset.
    """
    files = {path.stem: path for path in (_SHIPPED / "presets").glob("*.toml")}
    if name not in files:
        raise TlbenchError(f"unknown preset `{name}`", hint=f"it must be one of {', '.join(sorted(files))}")
    return tomllib.loads(files[name].read_text(encoding="utf-8"))
