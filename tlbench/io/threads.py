"""Work over threads whose result does not depend on how many there are."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

WORTHWHILE = 1e-3
"""Seconds of work that must be left before a second thread is woken; ``benchmarks/speed/dispatch.py`` measures it."""

_MOST_STEPS = 64


def thread_count() -> int:
    """Return the number of threads that `numba.set_num_threads` or ``NUMBA_NUM_THREADS`` allows."""
    import numba

    return int(numba.get_num_threads())


def over_rows(kernel: Callable[..., None], n_rows: int, *arguments: Any) -> None:
    """Call ``kernel(first, step, *arguments)``, which does rows ``first, first + step, ...``, until all are done.

    A row's result must depend on that row alone; then the result is the same for every number of threads. Rows are
    dealt out like cards because heavy rows (popular items) often lie together. The calling thread does a 64th of them,
    then as much again and again, and shares what is left as soon as its own time says that this pays.
    """
    if n_rows < 2 or _stays_here():
        kernel(0, 1, *arguments)
        return
    step = min(_MOST_STEPS, 1 << (n_rows.bit_length() - 1))
    start = time.thread_time()
    kernel(0, step, *arguments)
    done, stride = 1, step
    while stride > 1:
        if (time.thread_time() - start) * (step - done) / done > WORTHWHILE:
            rest = (first for first in range(step) if first % stride)
            in_threads(lambda first: kernel(first, step, *arguments), rest, heavy=True)
            return
        kernel(stride // 2, stride, *arguments)
        done, stride = 2 * done, stride // 2


def in_threads(job: Callable[[int], None], parts: Iterable[int], *, heavy: bool = False) -> None:
    """Do a job for each part, as many at once as there are threads.

    The calling thread begins; others join it where the time of the first parts says that this pays. Inside a job that
    runs over threads everything stays on its own thread.

    Parameters
    ----------
    job
        Called with each part once. Parts must not depend on each other. Where one raises, those that nobody has begun
        are left out, and the error is raised here when the others have ended.
    parts
        What to call it with.
    heavy
        Whether each part is known to be long, so that the others need not wait for the first.
    """
    waiting = deque(parts)
    alone, worthwhile = _stays_here(), heavy
    start, done = time.thread_time(), 0
    while waiting and (alone or not worthwhile or len(waiting) == 1):
        job(waiting.popleft())
        done += 1
        worthwhile = (time.thread_time() - start) * len(waiting) / done > WORTHWHILE
    if waiting:
        _share(job, waiting)


def _stays_here() -> bool:
    """Whether work is not to be shared: there is one thread, or this one does a part of something already."""
    return _here.in_part or thread_count() == 1


def _share(job: Callable[[int], None], waiting: deque[int]) -> None:
    """Let this thread and the kept ones take parts from one queue until it is empty.

    A helper that has not begun when this thread finds the queue empty is called off, so a pool that is busy elsewhere
    delays nobody.
    """
    others = [_pool().submit(_drain, job, waiting) for _ in range(min(thread_count(), len(waiting)) - 1)]
    try:
        _drain(job, waiting)
    finally:
        # The queue is empty now, or this thread was interrupted: nobody begins another part.
        waiting.clear()
        begun = [other for other in others if not other.cancel()]
        errors = [error for other in begun if (error := other.exception())]
    for error in errors:
        raise error


def _drain(job: Callable[[int], None], waiting: deque[int]) -> None:
    """Take parts until none is left; an error takes them all."""
    _here.in_part = True
    try:
        while True:
            try:
                part = waiting.popleft()
            except IndexError:
                return
            job(part)
    except BaseException:
        waiting.clear()
        raise
    finally:
        _here.in_part = False


class _Here(threading.local):
    """What is known of the current thread: whether it does a part of something that runs over threads."""

    in_part = False


_here = _Here()


@lru_cache(maxsize=1)
def _pool() -> ThreadPoolExecutor:
    """Return the threads that help the calling one; they are kept, because to start one costs more than small work."""
    return ThreadPoolExecutor(max(1, _most_threads() - 1), thread_name_prefix="tlbench")


def _most_threads() -> int:
    return max(thread_count(), os.cpu_count() or 1)


class _OneBlasThread:
    """Whether linear algebra is bound to one thread: since the first who asked, until the last one has ended."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asking = 0
        self._limit: Any = None

    def begin(self) -> None:
        with self._lock:
            if self._asking == 0:
                self._limit = _blas().limit(limits=1, user_api="blas")
            self._asking += 1

    def end(self) -> None:
        with self._lock:
            self._asking -= 1
            if self._asking == 0:
                self._limit.restore_original_limits()


_one_blas_thread = _OneBlasThread()


@contextmanager
def limited_threads(threads: int | None) -> Iterator[None]:
    """Let BLAS and numba use at most so many threads inside the block; None changes nothing."""
    if threads is None:
        yield
        return
    import numba
    from threadpoolctl import threadpool_limits

    before = numba.get_num_threads()
    numba.set_num_threads(min(threads, before))
    try:
        with threadpool_limits(limits=threads):
            yield
    finally:
        numba.set_num_threads(before)


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Keep the linear algebra library on the calling thread.

    Its results differ in the last bits with its number of threads, and its threads wait for each other by spinning,
    which costs far more than it gains when the machine is shared. Work is divided above it instead.
    """
    bound = _one_blas_thread
    bound.begin()
    try:
        yield
    finally:
        bound.end()


@lru_cache(maxsize=1)
def _blas() -> ThreadpoolController:
    import numpy as np  # noqa: F401
    import scipy.linalg  # noqa: F401  (the controller sees only libraries that are loaded)
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def _forget_after_fork() -> None:
    """Begin anew in a forked process: its parent's threads are not in it, and one of them may have held a lock."""
    global _one_blas_thread
    _pool.cache_clear()
    _here.in_part = False
    _one_blas_thread = _OneBlasThread()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_after_fork)
