"""What several fits compute alike is computed once: a memo that no result shows, addressed by content.

A method and its placebos factorise the same target from the same start; in folds of interactions the sources are the
same in every fold. A fit says so by `shared`. Whether a memo is there moves no bit: what is kept is what was computed.
"""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from uuid import uuid4
from zipfile import BadZipFile

import numpy as np
from scipy import sparse

from tlbench.io.memory import available_memory
from tlbench.methods import csr

if TYPE_CHECKING:
    from tlbench.arrays import Array

Arrays = tuple["Array", ...]

MOST_BYTES = 2**29
_LEAST_SECONDS = 0.01
_SHARE_OF_MEMORY = 8


@dataclass(frozen=True, eq=False)
class Kept:
    """Arrays, read-only, and the seconds that it took to compute them."""

    arrays: Arrays
    seconds: float

    @property
    def size(self) -> int:
        """Bytes of the arrays."""
        return sum(array.nbytes for array in self.arrays)


class Shelf(Protocol):
    """Where a memo keeps what was computed; it may forget anything at any time."""

    def get(self, key: str) -> Kept | None:
        """Return what was kept under a key, None where nothing is."""
        ...

    def put(self, key: str, kept: Kept) -> None:
        """Keep something, as far as there is room."""
        ...


@dataclass
class Memory:
    """The memory of this process; what was used least recently goes first."""

    room: int = field(default_factory=lambda: min(MOST_BYTES, available_memory() // _SHARE_OF_MEMORY))
    _kept: OrderedDict[str, Kept] = field(default_factory=OrderedDict)

    def get(self, key: str) -> Kept | None:
        """See `Shelf`."""
        if key in self._kept:
            self._kept.move_to_end(key)
        return self._kept.get(key)

    def put(self, key: str, kept: Kept) -> None:
        """See `Shelf`."""
        self._kept[key] = kept
        while self.size > self.room:
            self._kept.popitem(last=False)

    @property
    def size(self) -> int:
        """Bytes held."""
        return sum(kept.size for kept in self._kept.values())


@dataclass(frozen=True)
class Folder:
    """A folder that several processes share; what was written first goes first."""

    path: Path
    room: int = MOST_BYTES

    def get(self, key: str) -> Kept | None:
        """Read a file that another process, or this one, has written."""
        try:
            with np.load(BytesIO(self._file(key).read_bytes()), allow_pickle=False) as found:
                arrays = tuple(found[name] for name in found.files)
        except (OSError, ValueError, EOFError, BadZipFile):  # it is not there, or another process has just made room
            return None
        return Kept(tuple(map(_readonly, arrays[1:])), float(arrays[0]))

    def put(self, key: str, kept: Kept) -> None:
        """Write beside and rename; a folder that is full or gone keeps nothing, and no fit fails for that."""
        if kept.size > self.room:
            return
        content = BytesIO()
        np.savez(content, np.float64(kept.seconds), *kept.arrays)
        with suppress(OSError):
            part = self.path / f"{uuid4().hex}.part"
            part.write_bytes(content.getbuffer())
            part.replace(self._file(key))
            self._make_room()

    def _file(self, key: str) -> Path:
        return self.path / f"{key}.npz"

    def _make_room(self) -> None:
        files = sorted((file.stat().st_mtime, file.stat().st_size, file) for file in self.path.glob("*.npz"))
        excess = sum(size for _, size, _ in files) - self.room
        for _, size, file in files:
            if excess <= 0:
                return
            file.unlink(missing_ok=True)
            excess -= size


@dataclass
class Memo:
    """A shelf, and how many seconds of work it saved since it was opened."""

    shelf: Shelf
    saved: float = 0.0

    def recall(self, key: str, compute: Callable[[], Arrays]) -> Arrays:
        """Return what is kept, or compute it and keep it where that took long enough to be worth it."""
        kept = self.shelf.get(key)
        if kept is not None:
            self.saved += kept.seconds
            return kept.arrays
        start = time.perf_counter()
        arrays = tuple(map(_readonly, compute()))
        seconds = time.perf_counter() - start
        if seconds >= _LEAST_SECONDS:
            self.shelf.put(key, Kept(arrays, seconds))
        return arrays


_OPEN: ContextVar[Memo | None] = ContextVar("memo", default=None)


@contextmanager
def sharing(shelf: Shelf) -> Iterator[Memo]:
    """Let fits inside the body share what they compute alike."""
    memo = Memo(shelf)
    token = _OPEN.set(memo)
    try:
        yield memo
    finally:
        _OPEN.reset(token)


def seconds_saved() -> float:
    """Seconds of work that the open memo has saved so far; 0 without one."""
    memo = _OPEN.get()
    return 0.0 if memo is None else memo.saved


def shared(what: str, *parts: object, compute: Callable[[], Arrays]) -> Arrays:
    """Return what `compute` gives, from the memo where one is open and holds it.

    Parameters
    ----------
    what
        Names the computation.
    parts
        All that its result depends on: csr matrices, arrays, generators that nothing was drawn from, and plain values.
    compute
        Called without a memo, or where it holds nothing; a function of `parts` alone.

    Returns
    -------
    tuple of numpy.ndarray
        Read-only, with a memo or without.
    """
    memo = _OPEN.get()
    if memo is None:
        return tuple(map(_readonly, compute()))
    return memo.recall(_key(what, parts), compute)


def _key(what: str, parts: tuple[object, ...]) -> str:
    """Sum up a computation by its content, hexadecimal."""
    total = hashlib.blake2b(what.encode(), digest_size=20)
    for part in parts:
        for piece in _pieces(part):
            total.update(len(piece).to_bytes(8, "little") + piece)
    return total.hexdigest()


def _pieces(part: object) -> Iterator[bytes]:
    if isinstance(part, sparse.csr_matrix):
        yield repr(part.shape).encode()
        yield from (array.tobytes() for array in csr.arrays(part))
    elif isinstance(part, np.ndarray):
        yield f"{part.shape} {part.dtype}".encode()
        yield np.ascontiguousarray(part).tobytes()
    elif isinstance(part, np.random.Generator):
        yield repr((part.bit_generator.seed_seq, part.bit_generator.state)).encode()
    else:
        yield repr(part).encode()


def _readonly(array: Array) -> Array:
    view = array.view()
    view.flags.writeable = False
    return view
