"""Random draws by name, so that a method, its counterpart and its placebo share every draw that they have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlbench.rng import branch

if TYPE_CHECKING:
    from tlbench.arrays import F32


@dataclass(frozen=True, eq=False)
class Draws:
    """Branches of the generator that a method got.

    A branch is named by what is drawn (``"negatives", "target", 3``), never by who draws it: draws that two methods
    have in common are then the same numbers, whatever else either of them draws, and in whichever order.

    Attributes
    ----------
    root
        The generator; it is neither used nor moved.
    """

    root: np.random.Generator

    def stream(self, *names: str | int) -> np.random.Generator:
        """Return the generator of that name."""
        return branch(self.root, *names)

    def seed(self, *names: str | int) -> np.uint64:
        """Return 64 bits for a kernel's own counter."""
        return np.uint64(self.stream(*names).integers(2**64, dtype=np.uint64))

    def normal(self, *names: str | int, shape: tuple[int, ...], scale: float) -> F32:
        """Draw a float32 array of a normal distribution with mean 0 and that standard deviation."""
        values: F32 = self.stream(*names).standard_normal(shape, dtype=np.float32) * np.float32(scale)
        return values

    def glorot(self, *names: str | int, shape: tuple[int, int], gain: float = 1.0) -> F32:
        """Draw a float32 matrix, uniform with variance ``2 gain^2 / (rows + columns)`` (Glorot and Bengio 2010)."""
        width = gain * np.sqrt(6.0 / sum(shape))
        values: F32 = ((self.stream(*names).random(shape, dtype=np.float32) * 2 - 1) * width).astype(np.float32)
        return values
