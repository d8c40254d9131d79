"""What a caller gives (names, files, objects, options) -> a checked Request: the one door of API and command line."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypedDict

from tlbench.errors import TlbenchError
from tlbench.progress import SILENT, Progress
from tlbench.suite.reading import Request


class RunOptions(TypedDict, total=False):
    """Options of a run, by the keys of a suite file; `docs/options.md` says what each does."""

    name: str
    methods: str | Sequence[Any]
    baselines: str | Sequence[Any]
    metrics: str | Sequence[str]
    seeds: int
    placebo: bool  # of all methods, of none; by default of those that beat their counterparts
    placebo_draws: int
    protocol: str
    users: str
    candidates: str
    target_fraction: float
    source_fraction: float
    judge: int
    k_core: int
    filter_users: str
    min_rating: float
    links: str | Path
    twins: str
    split_seed: int
    margin: float | str
    alpha: float
    correction: str
    primary_method: str
    parameters: Mapping[str, Mapping[str, Any]]
    tune: int
    tune_seconds: float
    lenient: bool
    out: str | Path
    catalogue: str | Path
    offline: bool
    plugins: Sequence[str | Path]
    jobs: int | None
    threads: int
    device: str
    block_size: int
    cluster: str


def make_request(
    scenarios: Any,
    options: Mapping[str, Any],
    *,
    data: Mapping[str, Any] | None = None,
    preset: str | None = None,
    progress: Progress = SILENT,
) -> Request:
    """Check everything that a caller gave, before any work.

    Parameters
    ----------
    scenarios
        See `tlbench.run`.
    options
        By the keys of a suite file; they win over a suite file, which wins over a preset.
    data
        Tables in memory by the names that scenarios use.
    preset
        ``quick`` or ``paper``.
    progress
        Hears how files are read.

    Raises
    ------
    TlbenchError
        With everything that is wrong.
    """
    from tlbench.data import adopt_files, adopt_object
    from tlbench.plugins import register_all
    from tlbench.scenario.grammar import directions
    from tlbench.suite import read_request
    from tlbench.suite.reading import read_table
    from tlbench.suite.shipped import preset_table

    for name, table in (data or {}).items():
        adopt_object(name, table, progress=progress)
    texts = [one for text in _texts(scenarios, progress) for one in directions(text)]
    file = _suite_file(texts)
    in_file = read_table(file).get("plugins", []) if file is not None else []
    plugins = [*(in_file if isinstance(in_file, list) else []), *options.get("plugins", ())]
    register_all([Path(plugin) for plugin in plugins if isinstance(plugin, str | Path)])
    chosen = {key: _in_a_file(key, value) for key, value in options.items() if value is not None}
    below = {} if preset is None else preset_table(preset)
    if file is not None:
        return read_request(file, chosen, below=below)
    return read_request(
        None, {**below, **chosen, "scenarios": [adopt_files(text, progress=progress) for text in texts]}
    )


def _texts(scenarios: Any, progress: Progress) -> list[str]:
    """Scenarios as text; a pair of objects is `source->target`."""
    from tlbench.data import adopt_object

    if isinstance(scenarios, str | Path):
        return [str(scenarios)]
    if isinstance(scenarios, tuple) and len(scenarios) == 2 and not all(_is_scenario(side) for side in scenarios):
        sides = [
            str(side) if isinstance(side, str | Path) else adopt_object(name, side, progress=progress)
            for name, side in zip(("source", "target"), scenarios, strict=True)
        ]
        return ["->".join(sides)]
    if isinstance(scenarios, Sequence) and all(isinstance(text, str | Path) for text in scenarios):
        return [str(text) for text in scenarios]
    raise TlbenchError(
        f"an object of type `{type(scenarios).__name__}` is not a scenario",
        hint='write `"source->target"`, or give a pair of tables: `(source, target)`',
    )


def _is_scenario(side: Any) -> bool:
    return isinstance(side, str) and re.search(r"->|→|:", side) is not None


def _suite_file(texts: Sequence[str]) -> Path | None:
    """The suite file, or shipped suite, among the arguments."""
    from tlbench.suite.shipped import shipped_suites, suite_path

    file = next((text for text in texts if text.endswith(".toml") or text in shipped_suites()), None)
    if file is not None and len(texts) > 1:
        raise TlbenchError("a suite stands alone", hint="run it without further scenarios")
    return None if file is None else suite_path(file)


def _in_a_file(key: str, value: Any) -> Any:
    """Bring a value of Python into the form that a suite file has."""
    from tlbench.api.objects import name_of_method
    from tlbench.suite.option import options_of
    from tlbench.suite.settings import Settings
    from tlbench.suite.suite import Suite
    from tlbench.values import share

    if isinstance(value, Path):
        return str(value)
    if key in ("methods", "baselines") and not isinstance(value, str):
        return [name_of_method(one) for one in value]
    if key == "margin" and isinstance(value, str):
        return share(value)
    if key == "plugins":
        return [str(path) for path in value]
    known = {option.name: option for option in options_of(Suite, Settings)}
    if isinstance(value, str) and key in known and str not in known[key].kind.types:
        return known[key].kind.read(value)
    return value
