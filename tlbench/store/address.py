"""The address of a cell: a hash of all that can move its numbers, so that only what is still true is reused."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from tlbench.evaluate import Cell
from tlbench.io.sums import sha256_of_table
from tlbench.registry import METHODS, PLACEBOS, MethodEntry, metric_entry

if TYPE_CHECKING:
    from tlbench.tune import Search

_ALWAYS = ("tlbench.evaluate", "tlbench.split.training", "tlbench.rng")
_NUMERIC = ("numpy", "scipy", "numba")
# They say how a stage is named, typed, shown or refused, never what it computes.
_WITHOUT_NUMBERS = frozenset({"tlbench", "tlbench.errors", "tlbench.progress", "tlbench.arrays", "tlbench.registry"})


def address(cell: Cell, *, split_digest: str, metrics: Sequence[str]) -> str:
    """Return the SHA-256 (hexadecimal) of a cell, its data, its code and the numeric libraries."""
    parts = {
        "scenario": cell.scenario,
        "fold": cell.fold,
        "method": cell.method,
        "parameters": dict(cell.parameters),
        "seed": cell.seed,
        "placebo": cell.placebo,
        "split": split_digest,
        "metrics": list(metrics),
        "code": code_version(modules_of(cell, metrics)),
        "libraries": {name: version_of(name) for name in _libraries(METHODS.get(cell.method))},
    }
    return sha256_of_table(parts)


def _libraries(entry: MethodEntry) -> tuple[str, ...]:
    """Name the libraries that compute; the one that a method of an extra brings is among them."""
    return _NUMERIC if entry.extra is None else (*_NUMERIC, entry.extra)


@cache
def version_of(library: str) -> str:
    """Return the installed version of a library; looking it up takes milliseconds, and there are many cells."""
    return version(library)


def search_address(search: Search, *, split_digest: str) -> str:
    """Return the SHA-256 (hexadecimal) of all that can move a trial's numbers; the budget cannot."""
    modules = [search.entry.build.__module__, metric_entry(search.metric).compute.__module__]
    if search.placebo is not None:
        modules.append(PLACEBOS.get(search.placebo).apply.__module__)
    parts = {
        "label": search.label,
        "metric": search.metric,
        "fixed": dict(search.fixed),
        "space": {name: repr(dimension) for name, dimension in search.entry.space.items()},
        "split": split_digest,
        "code": code_version(tuple(sorted({*modules, *_ALWAYS, "tlbench.tune"}))),
        "libraries": {name: version_of(name) for name in (*_libraries(search.entry), "optuna")},
    }
    return sha256_of_table(parts)


def parameters_hash(cell: Cell) -> str:
    """Return the first 10 hexadecimal digits of the SHA-256 of the parameters, a folder's name."""
    return sha256_of_table(dict(cell.parameters))[:10]


def modules_of(cell: Cell, metrics: Sequence[str]) -> tuple[str, ...]:
    """Names of the modules whose code a cell runs, with those that every cell runs."""
    used = [METHODS.get(cell.method).build.__module__]
    if cell.placebo is not None:
        used.append(PLACEBOS.get(cell.placebo).apply.__module__)
    used.extend(metric_entry(name).compute.__module__ for name in metrics)
    return tuple(sorted({*used, *_ALWAYS}))


@cache
def code_version(modules: tuple[str, ...]) -> str:
    """Return a hash of the sources of modules and of all that they import from this package."""
    total = hashlib.sha256()
    for name in sorted(_closure(modules)):
        total.update(name.encode() + b"\0" + _source(name).encode() + b"\0")
    return total.hexdigest()


def _closure(modules: Sequence[str]) -> set[str]:
    found: set[str] = set()
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        if name not in found and name not in _WITHOUT_NUMBERS:
            found.add(name)
            waiting.extend(_imports(name))
    return found


@cache
def _imports(name: str) -> tuple[str, ...]:
    """Names of this package's modules that a module imports when it runs, at its top or inside a function."""
    found: list[str] = []
    for node in _run_nodes(ast.parse(_source(name))):
        if isinstance(node, ast.Import):
            found.extend(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.append(node.module)
            found.extend(f"{node.module}.{alias.name}" for alias in node.names)
    return tuple(module for module in found if module.startswith("tlbench.") and _path(module))


def _run_nodes(tree: ast.AST) -> list[ast.AST]:
    """All nodes but those under ``if TYPE_CHECKING``, which never run."""
    nodes: list[ast.AST] = []
    for child in ast.iter_child_nodes(tree):
        if not (isinstance(child, ast.If) and isinstance(child.test, ast.Name) and child.test.id == "TYPE_CHECKING"):
            nodes.extend((child, *_run_nodes(child)))
    return nodes


@cache
def _path(name: str) -> Path | None:
    import sys

    loaded = getattr(sys.modules.get(name), "__file__", None)
    if loaded:
        return Path(loaded)
    try:
        spec = importlib.util.find_spec(name)
    except ModuleNotFoundError:
        return None
    return Path(spec.origin) if spec and spec.origin else None


@cache
def _source(name: str) -> str:
    path = _path(name)
    return path.read_text(encoding="utf-8") if path else ""
