"""A process that ends with the main one, from its first moment on and however the main one ended."""

from __future__ import annotations

import ctypes
import os
import select
import signal
import sys
import threading
import time
from contextlib import suppress

MAIN = "TLBENCH_MAIN_PROCESS"
"""Variable that names the main process by its number."""

_SECONDS_BETWEEN_LOOKS = 0.2
_PR_SET_PDEATHSIG = 1


def end_with_main() -> None:
    """Watch the main process from now on, here and in everything that is forked from here.

    The process that forks workers calls it before it imports anything large. A thread waits for the end of the main
    process and ends this one at once; a worker is also killed by the system, where it can (Linux), as soon as the
    process that forked it ends, so that a kernel which holds the interpreter delays nothing.
    """
    main = int(os.environ.get(MAIN, os.getppid()))
    _watch(main)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=lambda: _as_worker(main))


def _as_worker(main: int) -> None:
    parent = os.getppid()
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended while we asked
        os._exit(1)
    _watch(main)


def _watch(main: int) -> None:
    if not is_running(main):
        os._exit(1)
    threading.Thread(target=_end_after, args=(main,), daemon=True).start()


def _end_after(main: int) -> None:
    """Wait for a process to end, then end this one without ado."""
    try:
        handle = os.pidfd_open(main) if sys.platform == "linux" else None
    except OSError:  # it has ended, or the system is too old
        handle = None
    if handle is not None:
        select.select([handle], [], [])
    else:
        while is_running(main):
            time.sleep(_SECONDS_BETWEEN_LOOKS)
    os._exit(1)


def is_running(pid: int) -> bool:
    """Whether a process has that number and is more than a remnant that nobody has asked after."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:  # noqa: PTH123  (before pathlib)
            return file.read().rpartition(")")[2].split()[0] not in ("Z", "X")
    except (OSError, IndexError):
        return True
