"""Work over threads whose result does not depend on how many there are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

_CHUNKS = 64


def thread_count() -> int:
    """Return the number of threads that `numba.set_num_threads` or ``NUMBA_NUM_THREADS`` allows."""
    import numba

    return int(numba.get_num_threads())


def over_rows(kernel: Callable[..., None], n_rows: int, *arguments: Any) -> None:
    """Call ``kernel(first, step, *arguments)``, which does rows ``first, first + step, ...``, until all are done.

    A row's result must depend on that row alone; then the result is the same for every number of threads. Rows are
    dealt out like cards because heavy rows (popular items) often lie together.
    """
    threads = thread_count()
    step = 1 if threads == 1 else max(1, min(_CHUNKS, n_rows))
    in_threads(lambda first: kernel(first, step, *arguments), range(step))


def in_threads(job: Callable[[int], None], parts: Iterable[int]) -> None:
    """Do a job for each part, as many at once as there are threads."""
    threads = thread_count()
    if threads == 1:
        for part in parts:
            job(part)
        return
    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(job, parts):
            pass


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Keep the linear algebra library on the calling thread.

    Its results differ in the last bits with its number of threads, and its threads wait for each other by spinning,
    which costs far more than it gains when the machine is shared. Work is divided above it instead.
    """
    with _blas().limit(limits=1, user_api="blas"):
        yield


@lru_cache(maxsize=1)
def _blas() -> ThreadpoolController:
    import numpy as np  # noqa: F401
    import scipy.linalg  # noqa: F401  (the controller sees only libraries that are loaded)
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
