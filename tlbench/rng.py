"""Random streams with names: the same seed and names give the same numbers, whatever else was drawn before.

Whoever is compared must draw the same: a method, its counterpart and its placebos get one stream for each thing that is
drawn, so that a difference between them is no difference of starting points.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np


def stream(seed: int, *names: str | int, fold: str | None = None) -> np.random.Generator:
    """Make the generator that belongs to a seed and a path of names.

    Parameters
    ----------
    seed
        The user's seed, any integer.
    names
        What the numbers are for, outermost first: ``stream(0, "split", "ratio")``.
    fold
        Names the fold that draws, each of which draws anew; see `across_folds`.

    Returns
    -------
    numpy.random.Generator
        PCG64 seeded with the SHA-256 of seed and names, and of the fold, so streams of different names are independent.

    Examples
    --------
    >>> from tlbench.rng import stream
    >>> stream(0, "split").random() == stream(0, "split").random()
    True
    >>> stream(0, "split").random() == stream(0, "ties").random()
    False
    """
    spawned = () if fold is None else tuple(_words([fold]))
    return _generator([str(seed), *map(_typed, names)], spawned)


def across_folds(rng: np.random.Generator) -> np.random.Generator:
    """Make the generator of what all folds draw alike: what no fold changes, such as a model of a whole source.

    Parameters
    ----------
    rng
        A stream, of a fold or of none; its state is neither used nor moved.

    Examples
    --------
    >>> first, second = (stream(0, "fit", fold=fold) for fold in ("1", "2"))
    >>> first.random() == second.random(), across_folds(first).random() == across_folds(second).random()
    (False, True)
    """
    import numpy as np

    origin = _origin(rng)
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(origin.entropy)))


def branch(rng: np.random.Generator, *names: str | int) -> np.random.Generator:
    """Make the generator for one of the things that the owner of a stream draws.

    It depends on what `rng` was seeded with and on the names, not on what was drawn before. Two methods that get
    equal generators and both draw ``branch(rng, "users")`` therefore start from the same user vectors, whatever else
    either of them draws.

    Parameters
    ----------
    rng
        The generator that a method got; its state is neither used nor moved.
    names
        What the numbers are for, outermost first: ``branch(rng, "items")``.

    Returns
    -------
    numpy.random.Generator
        PCG64, independent of `rng` and of branches with other names.

    Examples
    --------
    >>> rng = stream(0, "fit")
    >>> first = branch(rng, "users").random()
    >>> _ = rng.random(1000)
    >>> branch(rng, "users").random() == first
    True
    """
    origin = _origin(rng)
    return _generator([repr(origin.entropy), repr(origin.spawn_key), *map(_typed, names)])


def _origin(rng: np.random.Generator) -> np.random.SeedSequence:
    import numpy as np

    origin = rng.bit_generator.seed_seq
    if not isinstance(origin, np.random.SeedSequence):
        raise TypeError(f"a generator without a seed sequence has no branches, and this one has {type(origin)}")
    return origin


def _typed(name: str | int) -> str:
    return f"{type(name).__name__}:{name}"


def _words(parts: Iterable[str]) -> list[int]:
    """Sum up names as eight words of 32 bits."""
    import numpy as np

    words: list[int] = np.frombuffer(hashlib.sha256("\x1f".join(parts).encode()).digest(), dtype="<u4").tolist()
    return words


def _generator(parts: Iterable[str], spawned: tuple[int, ...] = ()) -> np.random.Generator:
    import numpy as np

    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(_words(parts), spawn_key=spawned)))
