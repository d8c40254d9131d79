"""How many users are scored at once: blocks that fit the memory, in steps that never move a bit of the scores."""

from __future__ import annotations

from collections.abc import Iterator

from tlbench.errors import TlbenchError
from tlbench.memory import available_memory

STEP = 64
"""Users whom a scorer is asked for in one call.

The sum of a matrix product is taken in an order that may depend on the product's shape. So scorers are always asked for
the same users together, whatever the block size: users 0..63 of those judged, 64..127, and so on.
"""

_BLOCK_BYTES = 64 * 2**20
_SHARE_OF_MEMORY = 0.125


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
