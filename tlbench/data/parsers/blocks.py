"""A text file, plain or gzipped, as blocks of whole lines, the next one read while the last one is worked on."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from tlbench.data.raw import READ_ERRORS, damaged, open_plain
from tlbench.errors import TlbenchError

SIZE = 1 << 23
SHOWN = 5


@dataclass(frozen=True)
class Block:
    """Whole lines of a file; `first` is the number of the first one, from 1."""

    content: bytes
    first: int


def blocks(path: Path, *, label: str, skip: int = 0, size: int = SIZE) -> Iterator[Block]:
    """Read a file block by block.

    Parameters
    ----------
    path
        The file; gzip is recognised by its first bytes.
    label
        Its name, for messages.
    skip
        Number of lines at the beginning that are left out.
    size
        Bytes read at a time; a block ends with the last line end in them.

    Raises
    ------
    TlbenchError
        Where the file is truncated or damaged.
    """
    try:
        with open_plain(path) as file, ThreadPoolExecutor(1) as ahead:
            for _ in range(skip):
                file.readline()
            yield from _whole_lines(_ahead(file, ahead, size), skip + 1)
    except (*READ_ERRORS, OSError) as error:
        raise damaged(label, error) from None


def _ahead(file: BinaryIO, ahead: ThreadPoolExecutor, size: int) -> Iterator[bytes]:
    coming = ahead.submit(_read, file, size)
    while piece := coming.result():
        coming = ahead.submit(_read, file, size)
        yield piece


def _read(file: BinaryIO, size: int) -> bytes:
    """Read so many bytes in steps of a size at which unpacking is fastest."""
    return b"".join(file.read(1 << 20) for _ in range(max(1, size >> 20)))


def _whole_lines(pieces: Iterator[bytes], first: int) -> Iterator[Block]:
    rest: list[bytes] = []  # pieces of one line that is longer than a block are joined once
    for piece in pieces:
        end = piece.rfind(b"\n") + 1
        if end:
            content = b"".join([*rest, piece[:end]])
            yield Block(content, first)
            first += content.count(b"\n")
            rest = []
        rest.append(piece[end:])
    if last := b"".join(rest):
        yield Block(last, first)


def first_line(path: Path, *, label: str) -> str:
    """Return the first line of a file without byte order mark and line end."""
    try:
        with open_plain(path) as file:
            return file.readline(SIZE).decode("utf-8-sig", "replace").rstrip("\r\n")
    except (*READ_ERRORS, OSError) as error:
        raise damaged(label, error) from None


@dataclass
class BadLines:
    """What could not be read so far: how many lines, and the first few with reasons."""

    total: int = 0

    def __post_init__(self) -> None:
        self.shown: list[tuple[int, str]] = []

    def add(self, found: list[tuple[int, str]]) -> None:
        """Note more lines with reasons."""
        self.shown += found[: SHOWN - len(self.shown)]
        self.total += len(found)

    def refusal(self, label: str) -> TlbenchError:
        """Make the error that names the first of them."""
        listed = ", ".join(f"line {line} ({reason})" for line, reason in self.shown)
        more = f" and {self.total - len(self.shown):,} more" if self.total > len(self.shown) else ""
        noun = "line" if self.total == 1 else "lines"
        return TlbenchError(
            f"`{label}` has {self.total:,} {noun} that cannot be read: {listed}{more}",
            hint="correct the file or the catalogue's `format`, or drop and count these lines with `--lenient`",
        )
