"""One process at a time: a lock on a file, which the system lets go when its holder ends, however it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


class Busy(Exception):
    """Another process holds the lock."""


@contextmanager
def exclusive(lock: Path, *, on_wait: Callable[[], None] | None = None) -> Iterator[None]:
    """Hold the lock of a file of this machine, which is made where missing and stays.

    Parameters
    ----------
    lock
        The lock file. It is never removed: a process that waited for a removed file would lock a file that no longer
        has a name.
    on_wait
        Called once where another process holds the lock, before waiting for it; None does not wait.

    Raises
    ------
    Busy
        If another process holds the lock and `on_wait` is None.
    OSError
        If the lock file cannot be made.
    """
    from filelock import FileLock, Timeout

    lock.parent.mkdir(parents=True, exist_ok=True)
    holder = FileLock(lock, thread_local=False)
    try:
        holder.acquire(blocking=False)
    except Timeout:
        if on_wait is None:
            raise Busy from None
        on_wait()
        holder.acquire()
    try:
        yield
    finally:
        holder.release()
