"""Work over threads whose result does not depend on how many there are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

    from tlbench.arrays import F32

_CHUNKS = 64
_BLOCK = 256


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


def matmul(left: F32, right: F32) -> F32:
    """Multiply two matrices, a fixed number of rows at a time over the threads.

    Parameters
    ----------
    left, right
        float32, shapes (n, k) and (k, m).

    Returns
    -------
    numpy.ndarray
        float32, shape (n, m), C order.
    """
    import numpy as np

    out = np.empty((left.shape[0], right.shape[1]), dtype=np.float32)

    def block(start: int) -> None:
        np.matmul(left[start : start + _BLOCK], right, out=out[start : start + _BLOCK])

    with one_blas_thread():
        in_threads(block, range(0, left.shape[0], _BLOCK))
    return out


def inner(matrix: F32, weight: F32 | None = None) -> F32:
    """Sum the outer products of a matrix's rows, ``matrix.T @ diag(weight) @ matrix``.

    Parameters
    ----------
    matrix
        float32, shape (n, k), k small.
    weight
        float32, shape (n,), a weight for each row; None is 1 for all.

    Returns
    -------
    numpy.ndarray
        float32, shape (k, k). Blocks of fixed size are added in order and in float64, so the sum is always the same.
    """
    import numpy as np

    size = 8192
    starts = range(0, matrix.shape[0], size)
    parts = np.zeros((len(starts), matrix.shape[1], matrix.shape[1]), dtype=np.float32)

    def block(number: int) -> None:
        rows = matrix[number * size : (number + 1) * size]
        left = rows if weight is None else rows * weight[number * size : (number + 1) * size, None]
        parts[number] = left.T @ rows

    with one_blas_thread():
        in_threads(block, range(len(starts)))
    total: F32 = parts.sum(axis=0, dtype=np.float64).astype(np.float32)
    return total
