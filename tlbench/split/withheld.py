"""A split whose held-out part stays out of the process in which methods are fitted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from tlbench.errors import TlbenchError
from tlbench.split.training import Split

if TYPE_CHECKING:
    from scipy import sparse

    from tlbench.split.training import Candidates, Training


@dataclass(frozen=True, eq=False)
class HeldOut:
    """What methods must not see: the interactions that they are judged on, and what these are ranked among."""

    test: sparse.csr_matrix
    candidates: Candidates | None


class Withheld(Split):
    """A split whose held-out part lies in a file, and is read whenever something is measured on it.

    It is never kept, so that whoever looks through the memory of the process while a method is fitted finds nothing.
    While one is fitted it cannot be read through this object, either. This keeps out mistakes and curious code; code
    that reads the file by itself is not kept out, for a plug-in may do whatever its user may.
    """

    held_out: Path

    @property
    def test(self) -> sparse.csr_matrix:
        """The held-out interactions, see `Split`."""
        return self._read().test

    @property
    def candidates(self) -> Candidates | None:
        """What they are ranked among, see `Split`."""
        return self._read().candidates

    def with_training(self, training: Training) -> Withheld:
        """Return the split with what a placebo made of its training."""
        return withheld({**vars(self), "training": training}, self.held_out)

    def _read(self) -> HeldOut:
        import joblib

        if _Fits.under_way:
            raise TlbenchError(
                "a method asked for what is held out while it was fitted",
                hint="a method is fitted to its `Training` alone; remove the code that looks beyond it",
            )
        return cast("HeldOut", joblib.load(self.held_out))


def withheld(known: Mapping[str, Any], held_out: Path) -> Withheld:
    """Make a split of all its attributes but the held-out part, which lies in a file."""
    split = object.__new__(Withheld)
    vars(split).update({name: value for name, value in known.items() if name not in ("test", "candidates")})
    vars(split)["held_out"] = held_out
    return split


class _Fits:
    """How many methods are being fitted in this process."""

    under_way = 0


@contextmanager
def fitting() -> Iterator[None]:
    """Keep what is held out from being read while a method is fitted."""
    _Fits.under_way += 1
    try:
        yield
    finally:
        _Fits.under_way -= 1
