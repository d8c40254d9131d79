"""Raw files -> Interactions and item tables."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tlbench.data.catalogue import Catalogue, open_catalogue
    from tlbench.data.cleaning import k_core, min_rating
    from tlbench.data.interactions import CleaningStep, Interactions, Provenance
    from tlbench.data.loading import load
    from tlbench.data.overview import DatasetInfo, FileCheck, describe, list_datasets, verify
    from tlbench.data.own.adopted import adopt_files, adopt_object, is_path
    from tlbench.data.own.imported import NameTaken, import_file, read_file
    from tlbench.data.own.sniffing import Guess, sniff
    from tlbench.data.slices import categories
    from tlbench.data.storage import Stored, fetch_dataset, remove_dataset, stored
    from tlbench.data.synthetic import make_domains

__all__ = [
    "Catalogue",
    "CleaningStep",
    "DatasetInfo",
    "FileCheck",
    "Guess",
    "Interactions",
    "NameTaken",
    "Provenance",
    "Stored",
    "adopt_files",
    "adopt_object",
    "categories",
    "describe",
    "fetch_dataset",
    "import_file",
    "is_path",
    "k_core",
    "list_datasets",
    "load",
    "make_domains",
    "min_rating",
    "open_catalogue",
    "read_file",
    "remove_dataset",
    "sniff",
    "stored",
    "verify",
]

_HOMES = {
    "Catalogue": "catalogue",
    "CleaningStep": "interactions",
    "DatasetInfo": "overview",
    "FileCheck": "overview",
    "Guess": "own.sniffing",
    "Interactions": "interactions",
    "NameTaken": "own.imported",
    "Provenance": "interactions",
    "Stored": "storage",
    "adopt_files": "own.adopted",
    "adopt_object": "own.adopted",
    "categories": "slices",
    "describe": "overview",
    "fetch_dataset": "storage",
    "import_file": "own.imported",
    "is_path": "own.adopted",
    "k_core": "cleaning",
    "list_datasets": "overview",
    "load": "loading",
    "make_domains": "synthetic",
    "min_rating": "cleaning",
    "open_catalogue": "catalogue",
    "read_file": "own.imported",
    "remove_dataset": "storage",
    "sniff": "own.sniffing",
    "stored": "storage",
    "verify": "overview",
}


def __getattr__(name: str) -> Any:
    """Import a public name where it is first used, so that naming this package costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module `tlbench.data` has no attribute `{name}`")
    return getattr(import_module(f"tlbench.data.{_HOMES[name]}"), name)
