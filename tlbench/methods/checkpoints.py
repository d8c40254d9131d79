"""Where a long fit leaves what it has, so that a killed one goes on from there instead of from nothing."""

from __future__ import annotations

import io
import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from tlbench.arrays import Array

SECONDS = 60.0
"""Least time between two checkpoints; a fit that takes less writes none."""

_MARKS = "marks.json"


@dataclass
class Checkpoints:
    """The folder of one cell's unfinished fit; the fit's stages claim their files in the order in which they run.

    Attributes
    ----------
    folder
        Named by the cell's address, so that what lies in it belongs to this data, code and setting.
    seconds
        Least time between two writes of a stage.
    claimed
        Number of stages so far.
    resumed
        Epochs that the latest stage did not have to repeat.
    """

    folder: Path
    seconds: float = SECONDS
    claimed: int = 0
    resumed: int = 0

    def claim(self) -> Slot:
        """Return the file of the next stage."""
        slot = Slot(self.folder / f"stage-{self.claimed}.npz", self.seconds)
        self.claimed += 1
        return slot

    def read_marks(self) -> list[float]:
        """Return the marks that epochs got before the fit was stopped."""
        path = self.folder / _MARKS
        return [float(mark) for mark in json.loads(path.read_text(encoding="utf-8"))] if path.exists() else []

    def write_marks(self, marks: Sequence[float]) -> None:
        """Keep the marks of all epochs so far."""
        _write(self.folder / _MARKS, json.dumps(list(marks)).encode())

    def clear(self) -> None:
        """Remove all: the fit is finished."""
        shutil.rmtree(self.folder, ignore_errors=True)
        with suppress(OSError):  # others are under way, or there was none
            self.folder.parent.rmdir()


@dataclass
class Slot:
    """The file of one stage of a fit; see `Checkpoints`."""

    path: Path
    seconds: float
    _last: float = field(default_factory=time.perf_counter)

    def read(self) -> dict[str, Array]:
        """Return what was kept, empty where nothing was."""
        if not self.path.exists():
            return {}
        with np.load(self.path, allow_pickle=False) as kept:
            return {name: kept[name] for name in kept.files}

    @property
    def due(self) -> bool:
        """Whether it is time to keep something."""
        return time.perf_counter() - self._last >= self.seconds

    def write(self, state: Mapping[str, Array]) -> None:
        """Keep arrays instead of what was kept before; a kill at any moment leaves the old or the new file whole."""
        content = io.BytesIO()
        np.savez(content, **{name: np.asarray(values) for name, values in state.items()})  # type: ignore[arg-type]
        _write(self.path, content.getvalue())
        self._last = time.perf_counter()


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.{os.getpid()}.part")
    beside.write_bytes(content)
    beside.replace(path)


_checkpoints: ContextVar[Checkpoints | None] = ContextVar("tlbench_checkpoints", default=None)


@contextmanager
def checkpoints_in(folder: Path, *, seconds: float = SECONDS) -> Iterator[Checkpoints]:
    """Let a fit inside the body keep checkpoints in a folder, which goes once the body is done without an error."""
    place = Checkpoints(folder, seconds)
    token = _checkpoints.set(place)
    try:
        yield place
        place.clear()
    finally:
        _checkpoints.reset(token)


@contextmanager
def checkpoints_of(part: str) -> Iterator[None]:
    """Keep the checkpoints of one part of a cell's work apart: its stages learn from other data than others do."""
    place = _checkpoints.get()
    if place is None:
        yield
        return
    token = _checkpoints.set(Checkpoints(place.folder / part, place.seconds))
    try:
        yield
    finally:
        _checkpoints.reset(token)


def current_checkpoints() -> Checkpoints | None:
    """Return where this fit may keep checkpoints, None where it may not."""
    return _checkpoints.get()
