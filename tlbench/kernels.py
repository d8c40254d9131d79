"""One decorator for all compiled functions: nothing is compiled, nor numba imported, before the first call."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator
from types import CodeType
from typing import Any, TypeVar, cast

Function = TypeVar("Function", bound=Callable[..., Any])

# Sums may be taken in another order, so that loops become vector instructions; NaN and infinity stay honest.
REORDERED = frozenset({"reassoc", "contract", "nsz"})

_lock = threading.RLock()


class Kernel:
    """A function that is compiled at its first call and keeps its machine code on disk.

    It runs without the interpreter lock. Other kernels that it names are made ready with it.
    """

    def __init__(self, function: Callable[..., Any], options: dict[str, Any]) -> None:
        functools.update_wrapper(self, function)
        self._function = function
        self._options = options

    def __call__(self, *arguments: Any) -> Any:
        """Call the compiled function."""
        return self.compiled(*arguments)

    @functools.cached_property
    def compiled(self) -> Callable[..., Any]:
        """What numba makes of the function."""
        from numba import njit

        with _lock:
            _clock()
            made: Callable[..., Any] = njit(cache=True, nogil=True, **self._options)(self._function)
            vars(self)["compiled"] = made
            space = self._function.__globals__
            for name in _names(self._function.__code__):
                if isinstance(space.get(name), Kernel):
                    space[name] = space[name].compiled
        return made


def _names(code: CodeType) -> Iterator[str]:
    """Names that a function looks up outside itself, with those of functions inside it."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def compiled_at_first_call(
    *, fastmath: frozenset[str] = frozenset(), divides_by_zero: bool = False
) -> Callable[[Function], Function]:
    """Make a function a `Kernel`.

    Parameters
    ----------
    fastmath
        What the compiler may assume of floating-point numbers, in LLVM's words.
    divides_by_zero
        Whether a division by zero gives infinity or NaN, as numpy's does, in place of an error.
    """
    options: dict[str, Any] = {"fastmath": set(fastmath)} if fastmath else {}
    if divides_by_zero:
        options["error_model"] = "numpy"

    def made(function: Function) -> Function:
        return cast(Function, Kernel(function, options))

    return made


@functools.cache
def _clock() -> Any:
    """Start to listen to the compiler, once in a process; what a kernel calls is compiled with it and counts once."""
    from numba.core import event

    clock = event.TimingListener()  # type: ignore[no-untyped-call]
    event.register("numba:compile", clock)  # type: ignore[no-untyped-call]
    return clock


def compile_seconds() -> float:
    """Return for how many seconds this process has compiled kernels; what the disk had is not in them."""
    return float(getattr(_clock(), "duration", 0.0))
