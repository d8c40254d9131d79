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
    from tlbench.data.slices import categories
    from tlbench.data.synthetic import make_domains

__all__ = [
    "Catalogue",
    "CleaningStep",
    "DatasetInfo",
    "FileCheck",
    "Interactions",
    "Provenance",
    "categories",
    "describe",
    "k_core",
    "list_datasets",
    "load",
    "make_domains",
    "min_rating",
    "open_catalogue",
    "verify",
]

_HOMES = {
    "Catalogue": "catalogue",
    "CleaningStep": "interactions",
    "DatasetInfo": "overview",
    "FileCheck": "overview",
    "Interactions": "interactions",
    "Provenance": "interactions",
    "categories": "slices",
    "describe": "overview",
    "k_core": "cleaning",
    "list_datasets": "overview",
    "load": "loading",
    "make_domains": "synthetic",
    "min_rating": "cleaning",
    "open_catalogue": "catalogue",
    "verify": "overview",
}


def __getattr__(name: str) -> Any:
    """Import a public name where it is first used, so that naming this package costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module `tlbench.data` has no attribute `{name}`")
    return getattr(import_module(f"tlbench.data.{_HOMES[name]}"), name)
