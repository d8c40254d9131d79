"""How many users are scored at once: blocks that fit the memory, in steps that never change a bit of the scores."""

from __future__ import annotations

from collections.abc import Iterator

from tlbench.errors import TlbenchError
from tlbench.io.memory import available_memory

STEP = 64
"""Users whom a scorer is asked for in one call.

The sums of a matrix product are taken in an order that may depend on the product's shape. So scorers are always asked
for the same users together, whatever the block size: users 0..63 of those judged, 64..127, and so on.
"""

_ALIGNED = 128
_BLOCK_BYTES = 64 * 2**20
_SHARE_OF_MEMORY = 0.125
_USERS_WITHOUT_SCORES = 16384


def resolve_block_size(asked: int | None, n_items: int, *, dense: bool) -> int:
    """Return the number of users to rank at once, a multiple of 128.

    Parameters
    ----------
    asked
        The user's choice, rounded up; None takes as many as fit an eighth of the available memory, at most 64 MiB of
        scores (more does not make it faster).
    n_items
        Length of a row of scores.
    dense
        Whether the scores of a block are held at once; where they are not, memory does not bound the block.
    """
    if asked is not None and asked < 1:
        raise TlbenchError(f"block size {asked} is not a number of users", hint="give `--block-size` 1 or more")
    if asked is not None:
        return -(-asked // _ALIGNED) * _ALIGNED
    if not dense:
        return _USERS_WITHOUT_SCORES
    room = min(_BLOCK_BYTES, int(available_memory() * _SHARE_OF_MEMORY))
    return max(1, room // (4 * max(1, n_items)) // _ALIGNED) * _ALIGNED


def blocks(n: int, size: int) -> Iterator[slice]:
    """Cut 0..n into slices of a size, the last one shorter.

    Parameters
    ----------
    n
        Number of users.
    size
        Users per block.

    Examples
    --------
    >>> from tlbench.metrics.blocks import blocks
    >>> list(blocks(5, 2))
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    return (slice(start, min(start + size, n)) for start in range(0, n, size))
