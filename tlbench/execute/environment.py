"""What the numbers were made with: versions, platform, threads."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import tlbench

_PACKAGES = ("numpy", "scipy", "numba", "pandas", "polars", "statsmodels", "threadpoolctl")


def environment(threads: int | None) -> dict[str, Any]:
    """Return versions of what can move a number, the platform, and the threads allowed."""
    return {
        "tlbench": tlbench.__version__,
        "python": platform.python_version(),
        "platform": platform.platform(terse=True),
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "threads": threads,
        "packages": {name: _version(name) for name in _PACKAGES},
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
