"""tlbench: does knowledge from a source domain make recommendations in a target domain better?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tlbench.version import __version__

if TYPE_CHECKING:
    from tlbench.api import (
        Card,
        Changes,
        Measurements,
        Plans,
        Profiles,
        Results,
        compare,
        evaluate,
        inspect,
        load,
        power,
        profile,
        run,
    )

__all__ = [
    "Card",
    "Changes",
    "Measurements",
    "Plans",
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


def __getattr__(name: str) -> Any:
    """Import a public name where it is first used."""
    if name not in __all__:
        raise AttributeError(f"module `tlbench` has no attribute `{name}`")
    from importlib import import_module

    return getattr(import_module("tlbench.api"), name)


def __dir__() -> list[str]:
    return list(__all__)
