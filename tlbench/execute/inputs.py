"""A sum over all that a scenario's plan depends on, so that a finished scenario is known without loading its data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlbench.data.catalogue import Catalogue, open_catalogue
from tlbench.data.entry import CatalogueEntry
from tlbench.data.files import Files, find_files
from tlbench.data.loading import cache_key
from tlbench.data.names import parse_name
from tlbench.data.sums import sha256
from tlbench.io.sums import sha256_of_table
from tlbench.progress import SILENT, Progress
from tlbench.registry import DATASETS, MethodEntry
from tlbench.scenario.alignment import files_of_links
from tlbench.split.protocol import Protocol
from tlbench.store.address import code_version, version_of

if TYPE_CHECKING:
    from tlbench.scenario.grammar import ScenarioName
    from tlbench.suite import Suite

_CODE = (
    "tlbench.data.loading",
    "tlbench.scenario.build",
    "tlbench.split.split",
    "tlbench.execute.plan",
)
_LIBRARIES = ("numpy", "scipy", "polars", "rapidfuzz")
_JUDGING = ("name", "margin", "alpha", "correction", "primary_method", "scenarios")


def inputs_of(
    suite: Suite,
    name: ScenarioName,
    catalogue: Path | None,
    *,
    offline: bool = False,
    progress: Progress = SILENT,
) -> str:
    """Return the SHA-256 (hexadecimal) of data, filters, protocol, methods, code and libraries.

    Files are summed, or found unchanged since they were; nothing of them is read. Those that are not here are fetched.

    Raises
    ------
    TlbenchError
        If a data set is unknown, or its file is missing or another one.
    """
    book = open_catalogue(catalogue)
    find = partial(find_files, offline=offline, progress=progress)
    protocol = suite.protocol
    parts = {
        "scenario": str(name),
        "suite": {key: value for key, value in suite.as_table().items() if key not in _JUDGING},
        "data": [_identity(text, book, find, lenient=suite.lenient) for text in (*name.sources, name.target)],
        "files": {
            path.name: sha256(path)
            for path in (*(protocol.rule.files if protocol else ()), *files_of_links(suite.links))
        },
        "methods": [_method(entry) for entry in suite.entries()],
        "code": code_version((*_CODE, *_modules_of(protocol))),
        "libraries": {library: version_of(library) for library in _LIBRARIES},
    }
    return sha256_of_table(parts)


def judging_of(suite: Suite) -> dict[str, Any]:
    """Return the part of a suite that says how results are judged, and moves none of them."""
    return {key: value for key, value in suite.as_table().items() if key in _JUDGING and key != "scenarios"}


def _modules_of(protocol: Protocol | None) -> tuple[str, ...]:
    """Name the module of the rule, which a plug-in may hold."""
    return () if protocol is None else (type(protocol.rule).__module__,)


def _identity(text: str, book: Catalogue, find: Callable[[CatalogueEntry], Files], *, lenient: bool) -> str:
    """Name exactly the interactions that a name loads."""
    full = book.follow(parse_name(text).base)
    if full in book.entries:
        entry = book.entries[full]
        return cache_key(entry, find(entry), lenient=lenient)
    return code_version((DATASETS.get(full).load.__module__,))


def _method(entry: MethodEntry) -> dict[str, Any]:
    defaults = {field.name: field.default for field in fields(entry.build)}  # type: ignore[arg-type]
    return {
        "name": entry.name,
        "needs": entry.needs,
        "placebo": entry.placebo,
        "deterministic": entry.deterministic,
        "space": repr(dict(entry.space)),
        "defaults": repr(defaults),
    }
