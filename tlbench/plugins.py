"""Import what registers: the package's own folders, installed entry points, files named by the user."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import sys
from collections.abc import Sequence
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from tlbench.errors import TlbenchError, foreign_failure
from tlbench.values import check_name

_FOLDERS = (
    "tlbench.methods.baselines",
    "tlbench.methods.transfer",
    "tlbench.methods.deep",
    "tlbench.methods.adapters",
    "tlbench.metrics",
)
_MODULES = (
    "tlbench.methods.placebo",
    "tlbench.methods.twin_controls",
    "tlbench.data.synthetic",
    "tlbench.split.protocols",
)
_GROUPS = ("tlbench.methods", "tlbench.placebos", "tlbench.datasets", "tlbench.metrics", "tlbench.protocols")


@cache
def register_installed() -> None:
    """Fill the registries from this package and from installed entry points, once."""
    for folder in _FOLDERS:
        package = importlib.import_module(folder)
        for module in pkgutil.iter_modules(package.__path__):
            if not module.name.startswith("_"):
                importlib.import_module(f"{folder}.{module.name}")
    for module_name in _MODULES:
        importlib.import_module(module_name)
    for group in _GROUPS:
        load_group(group)


def load_group(group: str) -> None:
    """Import what installed packages register under the entry points of a group."""
    for point in entry_points(group=group):
        _load(point)


def _load(point: EntryPoint) -> None:
    """Import what an installed package registers; what it raises, `SystemExit` included, is its failure."""
    try:
        point.load()
    except BaseException as error:
        package = point.dist.name if point.dist else point.value
        hint = f"upgrade or remove it: `pip uninstall {package}`"
        raise foreign_failure(f"plug-in `{point.name}` of package `{package}`", error, hint=hint) from error


def register_file(path: Path) -> None:
    """Run a Python file that registers methods, data sets or metrics; a second time it changes nothing.

    Raises
    ------
    TlbenchError
        If the file is missing or fails; the failure is named.
    """
    if not path.is_file():
        raise TlbenchError(f"plug-in `{path}` is not a file", hint="check the path after `--plugin`")
    name = f"tlbench_plugin_{check_name('plug-in', path.stem, title=True)}"
    if name in sys.modules:
        _refuse_namesake(path, sys.modules[name].__file__)
        return
    spec = importlib.util.spec_from_file_location(name, path.resolve())
    if spec is None or spec.loader is None:
        raise TlbenchError(f"plug-in `{path}` is not a Python file", hint="its name must end in .py")
    module = importlib.util.module_from_spec(spec)
    # Named like any module: worker processes unpickle its classes, and a cell's address hashes its source.
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException as error:
        del sys.modules[name]
        raise foreign_failure(f"plug-in `{path}`", error, hint="correct the file") from error


def _refuse_namesake(path: Path, loaded: str | None) -> None:
    """Let a file be named twice, but no second file of the same name: its code would stand for the first one's."""
    if loaded != str(path.resolve()):
        raise TlbenchError(f"`{path}` has the same name as the plug-in `{loaded}`", hint="rename one of the two files")


def register_all(files: Sequence[Path] = ()) -> None:
    """Fill the registries from the package, from entry points and from the user's files."""
    register_installed()
    for path in files:
        register_file(path)
