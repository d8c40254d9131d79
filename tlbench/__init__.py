"""tlbench: does knowledge from a source domain make recommendations in a target domain better?"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from tlbench.version import __version__

if TYPE_CHECKING:
    from tlbench.api import Card, Profiles, Results, compare, evaluate, inspect, load, power, profile, run

__all__ = [
    "Card",
    "Profiles",
    "Results",
    "__version__",
    "compare",
    "evaluate",
    "inspect",
    "load",
    "power",
    "profile",
    "run",
]


class _Front(ModuleType):
    """The package as callers see it: public names are imported where they are first used.

    `evaluate` is a function for callers and a stage of the pipeline for the house, which imports it by its full name.
    Python would bind the stage here when it is imported; the property keeps the function.
    """

    def __getattr__(self, name: str) -> Any:
        if name not in __all__:
            raise AttributeError(f"module `tlbench` has no attribute `{name}`")
        from importlib import import_module

        return getattr(import_module("tlbench.api"), name)

    def __dir__(self) -> list[str]:
        return list(__all__)

    def _evaluate(self) -> Any:
        return self.__getattr__("evaluate")

    def _keep(self, stage: ModuleType) -> None:
        pass

    evaluate = property(_evaluate, _keep)


sys.modules[__name__].__class__ = _Front
