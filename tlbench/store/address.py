"""The address of a cell: a hash of all that can move its numbers, so that only what is still true is reused."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import packages_distributions, version
from pathlib import Path
from typing import TYPE_CHECKING

from tlbench.evaluation import Cell
from tlbench.io.sums import sha256_of_table
from tlbench.methods.deep.device import current_device, kind
from tlbench.registry import METHODS, PLACEBOS, MethodEntry, metric_entry

if TYPE_CHECKING:
    from tlbench.tune import Search

_ALWAYS = ("tlbench.evaluation", "tlbench.split.training", "tlbench.rng")
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
        **_device(METHODS.get(cell.method)),
    }
    return sha256_of_table(parts)


def _device(entry: MethodEntry) -> dict[str, str]:
    """Name the kind of device of a method that can use one: a GPU's last bits are others than the processor's."""
    return {} if entry.extra is None else {"device": kind(current_device())}


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
        **_device(search.entry),
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
    """Return a hash of the code of modules and of all that they import.

    Of this package, and of files that belong to no installed package, the content counts. Of an installed package that
    foreign code or an adapter imports, the version counts. The standard library, and what a module imports by a name
    that it computes, do not count.
    """
    total = hashlib.sha256()
    closure = sorted(_closure(modules))
    for name in closure:
        total.update(name.encode() + b"\0" + _source(name) + b"\0")
    for package in sorted({package for name in closure if not _is_ours(name) for package in _packages(name)}):
        total.update(f"{package} {version_of(package)}".encode() + b"\0")
    return total.hexdigest()


def _is_ours(module: str) -> bool:
    """Whether a module is of this package and leans on nothing but the libraries that every address names."""
    return module.startswith("tlbench.") and not module.startswith("tlbench.methods.adapters.")


def _packages(module: str) -> set[str]:
    """Names of the installed packages that a module imports."""
    tops = {name.partition(".")[0] for name in _named(module) if not _has_content(name)}
    return {package for top in tops for package in _distributions().get(top, ())} - {"tlbench"}


@cache
def _distributions() -> Mapping[str, list[str]]:
    return packages_distributions()


def _has_content(module: str) -> bool:
    """Whether the content of a module counts: it is ours, or a file that no installed package brought."""
    if module == "tlbench" or module.startswith("tlbench."):
        return _path(module) is not None
    top = module.partition(".")[0]
    if top in sys.stdlib_module_names or _is_installed(top):  # to look for a module inside would import its package
        return False
    return _path(module) is not None and not _is_installed(module)


def _is_installed(module: str) -> bool:
    """Whether a module lies where packages are installed."""
    path = _path(module)
    return path is not None and not {"site-packages", "dist-packages"}.isdisjoint(path.parts)


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
    """Names of the modules with content that a module imports when it runs, at its top or inside a function."""
    return tuple(module for module in _named(name) if _has_content(module))


@cache
def _named(name: str) -> tuple[str, ...]:
    """All names after ``import`` in a module, relative ones made absolute; some name a function and no module."""
    path = _path(name)
    if path is None or path.suffix != ".py":
        return ()
    found: list[str] = []
    for node in _run_nodes(ast.parse(_source(name))):
        if isinstance(node, ast.Import):
            found.extend(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(node, name, is_package=path.name == "__init__.py")
            found.extend([base, *(f"{base}.{alias.name}" for alias in node.names)])
    return tuple(part for module in found for part in _with_parents(module))


def _with_parents(module: str) -> list[str]:
    """A module, and the packages whose ``__init__`` runs before it; those of this package compute nothing."""
    if module.startswith("tlbench."):
        return [module]
    parts = module.split(".")
    return [".".join(parts[:end]) for end in range(1, len(parts) + 1)]


def _absolute(node: ast.ImportFrom, module: str, *, is_package: bool) -> str:
    if not node.level:
        return node.module or ""
    parts = module.split(".")
    parent = parts[: len(parts) - node.level + is_package]
    return ".".join([*parent, *([node.module] if node.module else [])])


def _run_nodes(tree: ast.AST) -> list[ast.AST]:
    """All nodes but those under ``if TYPE_CHECKING``, which never run."""
    nodes: list[ast.AST] = []
    for child in ast.iter_child_nodes(tree):
        if not (isinstance(child, ast.If) and isinstance(child.test, ast.Name) and child.test.id == "TYPE_CHECKING"):
            nodes.extend((child, *_run_nodes(child)))
    return nodes


@cache
def _path(name: str) -> Path | None:
    loaded = getattr(sys.modules.get(name), "__file__", None)
    if loaded:
        return Path(loaded)
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError, AttributeError):
        return None
    return Path(spec.origin) if spec and spec.origin else None


@cache
def _source(name: str) -> bytes:
    path = _path(name)
    return path.read_bytes() if path and path.is_file() else b""
