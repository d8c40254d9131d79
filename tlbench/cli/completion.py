"""What a shell offers while a name is typed: methods, metrics, protocols, data sets, from registry and catalogues."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from contextlib import suppress

Complete = Callable[[str], list[str]]


def _methods() -> Iterable[str]:
    from tlbench.registry import METHODS

    return (entry.name for entry in METHODS if entry.family != "baseline")


def _baselines() -> Iterable[str]:
    from tlbench.registry import METHODS

    return (entry.name for entry in METHODS if entry.family == "baseline")


def _metrics() -> Iterable[str]:
    import tlbench.evaluation  # noqa: F401  (it registers them)
    from tlbench.registry import METRICS

    return (f"{entry.name}@10" if entry.cut else entry.name for entry in METRICS)


def _protocols() -> Iterable[str]:
    import tlbench.split.split  # noqa: F401  (it registers them)
    from tlbench.registry import PROTOCOLS

    return (entry.name for entry in PROTOCOLS)


def _datasets() -> Iterable[str]:
    from tlbench.data import list_datasets

    return (name for info in list_datasets() for name in (info.name, *info.aliases))


def _devices() -> Iterable[str]:
    return ("auto", "cpu", "cuda", "mps")


def _of(names: Callable[[], Iterable[str]], *, behind: str = "") -> Complete:
    """Complete the last of several names that any of the characters `behind` separates."""

    def complete(incomplete: str) -> list[str]:
        from tlbench.plugins import register_all

        cut = max((found.end() for found in re.finditer(behind, incomplete)), default=0) if behind else 0
        typed, begun = incomplete[:cut], incomplete[cut:].lower()
        with suppress(Exception):  # a shell that waits has no use for an error; the command itself will tell
            register_all()
            return sorted({f"{typed}{name}" for name in names() if name.startswith(begun)})
        return []

    return complete


LISTED = {"methods": _methods, "baselines": _baselines, "metrics": _metrics}
COMPLETIONS: dict[str, Complete] = {
    **{option: _of(names, behind=",") for option, names in LISTED.items()},
    "primary_method": _of(_methods),
    "protocol": _of(_protocols),
    "device": _of(_devices),
}
"""By the option's key of a suite file."""
complete_scenario = _of(_datasets, behind=r"->|→|\+|:")
complete_dataset = _of(_datasets)
