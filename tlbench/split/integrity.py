"""Data lent to code come back as they were: every array is summed before and after, and restored where it changed."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, is_dataclass
from typing import Any

import numpy as np
from scipy import sparse

from tlbench.errors import TlbenchError

SKIPPED = ("provenance",)


class Altered(TlbenchError):
    """Code wrote to the data that it was lent; they are restored, and what it computed is worth nothing."""


class OwnDefect(RuntimeError):
    """Code of this package wrote to the data that it was lent: nothing that is computed from now on can be trusted."""


def is_own(modules: Iterable[str]) -> bool:
    """Whether all modules are this package's, and none is an adapter to a library that may do what it likes."""
    return all(name.startswith("tlbench.") and not name.startswith("tlbench.methods.adapters") for name in modules)


@dataclass(frozen=True, eq=False)
class Sums:
    """CRC-32 of every array below an object, by the path of its attributes, with the array itself."""

    arrays: Mapping[str, np.ndarray[Any, Any]]
    sums: Mapping[str, int]

    @classmethod
    def of(cls, lent: object) -> Sums:
        """Sum all arrays: numpy's, those of sparse matrices, and those of what was computed from them and kept.

        Memory that several attributes share is summed once, under the first of them.
        """
        first: dict[tuple[object, ...], tuple[str, np.ndarray[Any, Any]]] = {}
        for path, array in _arrays(lent, type(lent).__name__.lower()):
            first.setdefault((array.ctypes.data, array.shape, array.strides, array.dtype), (path, array))
        arrays = dict(first.values())
        return cls(arrays, {path: _sum(array) for path, array in arrays.items()})

    def changed(self) -> tuple[str, ...]:
        """Paths of the arrays whose content is not what it was."""
        return tuple(path for path, array in self.arrays.items() if _sum(array) != self.sums[path])


@contextmanager
def lent(data: object, *, borrower: str, trusted: bool) -> Iterator[None]:
    """Lend data to code, and see that they are the same afterwards.

    Parameters
    ----------
    data
        Frozen dataclasses of arrays and sparse matrices, as a split is.
    borrower
        Name of the code, for the message.
    trusted
        Whether it is this package's own, which is tested not to write to its input: it is checked too, but no copy is
        kept from which the data could be restored.

    Raises
    ------
    Altered
        If foreign code changed something; all of it is restored.
    OwnDefect
        If code of this package did.
    """
    before = Sums.of(data)
    copies = {} if trusted else {path: array.copy() for path, array in before.arrays.items()}
    kept = _kept(data)
    try:
        yield
    finally:
        changed = before.changed()
        if not trusted:
            _forget_since(kept)
            for path in changed:
                _restore(before.arrays[path], copies[path])
        if changed and trusted:
            raise OwnDefect(f"`{borrower}` wrote to its input: {', '.join(changed)}")
        if changed:
            raise Altered(
                f"`{borrower}` wrote to its input: {', '.join(changed[:3])}{' ...' if changed[3:] else ''}",
                hint="let it work on a copy: `matrix = data.target.matrix.copy()`",
            )


def _sum(array: np.ndarray[Any, Any]) -> int:
    flat = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
    return zlib.crc32(repr((array.shape, array.dtype)).encode(), zlib.crc32(flat.data))


def _restore(array: np.ndarray[Any, Any], copy: np.ndarray[Any, Any]) -> None:
    writeable = array.flags.writeable
    array.flags.writeable = True
    array[...] = copy
    array.flags.writeable = writeable


def _arrays(value: object, path: str) -> Iterator[tuple[str, np.ndarray[Any, Any]]]:
    if isinstance(value, np.ndarray):
        if value.dtype != object and value.size:
            yield path, value
    elif sparse.issparse(value):
        for name in ("data", "indices", "indptr"):
            yield from _arrays(getattr(value, name, None), f"{path}.{name}")
    elif isinstance(value, tuple):
        for place, part in enumerate(value):
            yield from _arrays(part, f"{path}[{place}]")
    elif is_dataclass(value):
        for name, part in list(vars(value).items()):
            if name not in SKIPPED:
                yield from _arrays(part, f"{path}.{name}")


def _kept(value: object) -> list[tuple[dict[str, Any], frozenset[str]]]:
    """Attributes of every dataclass below, so that what code computes and leaves there can be told apart."""
    if isinstance(value, tuple):
        return [found for part in value for found in _kept(part)]
    if not is_dataclass(value):
        return []
    own = vars(value)
    return [(own, frozenset(own)), *(found for part in list(own.values()) for found in _kept(part))]


def _forget_since(kept: list[tuple[dict[str, Any], frozenset[str]]]) -> None:
    """Drop what was computed and left while the data were lent: nobody knows whether it is right."""
    for own, names in kept:
        for name in set(own) - names:
            del own[name]
