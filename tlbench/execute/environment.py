"""What the numbers were made with: versions, libraries of linear algebra, threads, the state of the code."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlbench.methods.deep.device import describe
from tlbench.version import __version__

if TYPE_CHECKING:
    from tlbench.suite import Settings

_PACKAGES = (
    "numpy",
    "scipy",
    "numba",
    "llvmlite",
    "pandas",
    "polars",
    "statsmodels",
    "scikit-learn",
    "rapidfuzz",
    "optuna",
    "joblib",
    "threadpoolctl",
    "torch",
)
_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "NUMBA_THREADING_LAYER",
    "NUMBA_CPU_NAME",
    "OPENBLAS_CORETYPE",
    "POLARS_MAX_THREADS",
)


def environment(settings: Settings, device: str = "cpu") -> dict[str, Any]:
    """Return versions of what can move a number, the machine, threads, and the state of this program's code."""
    from tlbench.suite.settings import cores

    return {
        "tlbench": __version__,
        "code": _code(),
        "python": platform.python_version(),
        "platform": platform.platform(terse=True),
        "machine": platform.machine(),
        "processor": _processor(),
        "cores": cores(),
        "jobs": settings.n_jobs,
        "threads": settings.threads_of_a_job,
        "cluster": settings.cluster,
        "device": describe(device),
        "packages": {name: _version(name) for name in _PACKAGES},
        "linear_algebra": _linear_algebra(),
        "variables": {name: os.environ[name] for name in _VARIABLES if name in os.environ},
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _processor() -> str:
    """Name the processor: linear algebra chooses its kernels by it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")


def _linear_algebra() -> list[dict[str, Any]]:
    import numpy as np  # noqa: F401  (what is not loaded is not seen)
    import scipy.linalg  # noqa: F401
    from threadpoolctl import threadpool_info

    keys = ("internal_api", "version", "architecture", "threading_layer")
    libraries = [library for library in threadpool_info() if library["user_api"] == "blas"]
    return sorted(({key: library.get(key) for key in keys} for library in libraries), key=str)


def _code() -> dict[str, Any]:
    """Return a sum of this package's sources and, where they lie in a git tree, its commit and whether it is dirty."""
    folder = Path(__file__).parents[1]
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        total.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    tracked = _git(folder, "ls-files", "--error-unmatch", "__init__.py") is not None
    changes = _git(folder, "status", "--porcelain", "--", ".") if tracked else None
    return {
        "sha256": total.hexdigest(),
        "commit": _git(folder, "rev-parse", "HEAD") if tracked else None,
        "dirty": None if changes is None else bool(changes),
    }


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
