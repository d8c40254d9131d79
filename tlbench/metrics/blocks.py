"""How many users are scored at once: blocks that fit the memory, in steps that never move a bit of the scores."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from tlbench.errors import TlbenchError

STEP = 64
"""Users whom a scorer is asked for in one call.

The sum of a matrix product is taken in an order that may depend on the product's shape. So scorers are always asked for
the same users together, whatever the block size: users 0..63 of those judged, 64..127, and so on.
"""

_BLOCK_BYTES = 64 * 2**20
_SHARE_OF_MEMORY = 0.125
_UNKNOWN_MEMORY = 2**30


def resolve_block_size(asked: int | None, n_items: int) -> int:
    """Return the number of users to score at once, a multiple of `STEP`.

    Parameters
    ----------
    asked
        The user's choice, rounded up to a multiple of `STEP`; None takes as many as fit an eighth of the available
        memory, at most 64 MiB of scores (more does not make it faster).
    n_items
        Length of a row of scores.
    """
    if asked is not None and asked < 1:
        raise TlbenchError(f"block size {asked} is not a number of users", hint="give `--block-size` 1 or more")
    room = min(_BLOCK_BYTES, int(available_memory() * _SHARE_OF_MEMORY))
    users = asked if asked is not None else max(1, room // (4 * max(1, n_items)))
    return max(1, -(-users // STEP) if asked is not None else users // STEP) * STEP


def blocks(n: int, size: int) -> Iterator[slice]:
    """Cut 0..n into slices of a size, the last one shorter."""
    return (slice(start, min(start + size, n)) for start in range(0, n, size))


def available_memory() -> int:
    """Bytes that can be used without swapping: of the machine or of the container, whichever is less."""
    found = [room for room in (_machine_memory(), _container_memory()) if room is not None]
    return min(found, default=_UNKNOWN_MEMORY)


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
