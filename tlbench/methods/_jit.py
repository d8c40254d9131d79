"""One decorator for all kernels of the methods, typed, so that strict checking sees through it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

Kernel = TypeVar("Kernel", bound=Callable[..., Any])

# Sums may be taken in another order, so that loops become vector instructions; NaN and infinity stay honest.
_FLOATS = {"reassoc", "contract", "nsz"}


def kernel(function: Kernel) -> Kernel:
    """Compile a function at its first call, keep the machine code on disk, and run it without the interpreter lock."""
    return cast(Kernel, njit(cache=True, nogil=True, fastmath=_FLOATS, error_model="numpy")(function))
