"""Random streams with names: the same seed and names give the same numbers, whatever else was drawn before."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def stream(seed: int, *names: str | int) -> np.random.Generator:
    """Make the generator that belongs to a seed and a path of names.

    Parameters
    ----------
    seed
        The user's seed, any integer.
    names
        What the numbers are for, outermost first: ``stream(0, "split", "ratio")``.

    Returns
    -------
    numpy.random.Generator
        PCG64 seeded with the SHA-256 of seed and names, so streams of different names are independent.
    """
    import numpy as np

    text = "\x1f".join([str(seed), *(f"{type(name).__name__}:{name}" for name in names)])
    words = np.frombuffer(hashlib.sha256(text.encode()).digest(), dtype="<u4")
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(words.tolist())))
