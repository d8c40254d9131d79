"""How much memory can be used, and how much this process held at most."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

_UNKNOWN_MEMORY = 2**30
_PROCESS = Path("/proc/self")


def available_memory() -> int:
    """Bytes that can be used without swapping: of the machine or of the container, whichever is less."""
    found = [room for room in (_machine_memory(), _container_memory()) if room is not None]
    return min(found, default=_UNKNOWN_MEMORY)


def give_back() -> None:
    """Give memory that Python has freed back to the system, where its C library (GNU) holds on to it."""
    import ctypes
    import gc

    gc.collect()
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def reset_peak() -> None:
    """Let the peak start anew from what is held now; where the system cannot, the peak is that of the whole process."""
    try:
        (_PROCESS / "clear_refs").write_text("5")
    except OSError:
        return


def peak_bytes() -> int | None:
    """Return the peak of the resident memory in bytes; None where the system does not say."""
    try:
        status = (_PROCESS / "status").read_text()
    except OSError:
        return None
    for line in status.splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return None


def _machine_memory() -> int | None:
    info = Path("/proc/meminfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 4
    except (AttributeError, ValueError, OSError):
        return None


def _container_memory() -> int | None:
    """Room below the limit of a Linux control group, version 2; None without one."""
    folder = Path("/sys/fs/cgroup")
    try:
        limit, used = (folder / "memory.max").read_text().strip(), (folder / "memory.current").read_text()
    except OSError:
        return None
    return None if limit == "max" else max(0, int(limit) - int(used))
