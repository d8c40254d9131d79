"""A text file, plain or gzipped, as blocks of whole lines, the next one read while the last one is worked on."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal, cast

from tlbench.data.raw import READ_ERRORS, damaged, open_plain
from tlbench.errors import TlbenchError

SIZE = 1 << 23
SHOWN = 5
# Line ends before the last that are tried to keep a quoted field of several lines whole.
TRIES = 1000

Encoding = Literal["utf-8", "utf-16", "cp1252"]


@dataclass(frozen=True)
class Block:
    """Whole lines of a file; `first` is the number of the first one, from 1."""

    content: bytes
    first: int


def blocks(
    path: Path,
    *,
    label: str,
    skip: int = 0,
    size: int = SIZE,
    encoding: Encoding = "utf-8",
    quote: str | None = None,
) -> Iterator[Block]:
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
    encoding
        Of the file; blocks are UTF-8.
    quote
        Character round fields that may hold line ends, at which no block ends; None where there are none.

    Raises
    ------
    TlbenchError
        If the file is truncated or damaged.
    """
    try:
        with open_recoded(path, encoding) as file, ThreadPoolExecutor(1) as ahead:
            for _ in range(skip):
                file.readline()
            yield from _whole_lines(_ahead(file, ahead, size), skip + 1, None if quote is None else quote.encode())
    except (*READ_ERRORS, OSError) as error:
        raise damaged(label, error) from None


def open_recoded(path: Path, encoding: Encoding) -> BinaryIO:
    """Open a text file, plain or gzipped, as bytes of UTF-8."""
    file = open_plain(path)
    return file if encoding == "utf-8" else cast("BinaryIO", codecs.EncodedFile(file, "utf-8", encoding, "replace"))


def _ahead(file: BinaryIO, ahead: ThreadPoolExecutor, size: int) -> Iterator[bytes]:
    coming = ahead.submit(_read, file, size)
    while piece := coming.result():
        coming = ahead.submit(_read, file, size)
        yield piece


def _read(file: BinaryIO, size: int) -> bytes:
    """Read so many bytes in steps of a size at which unpacking is fastest."""
    return b"".join(file.read(1 << 20) for _ in range(max(1, size >> 20)))


def _whole_lines(pieces: Iterator[bytes], first: int, quote: bytes | None) -> Iterator[Block]:
    rest: list[bytes] = []  # pieces of one line that is longer than a block are joined once
    for piece in pieces:
        end = _last_end(piece, b"".join(rest).count(quote) if quote else 0, quote)
        if end:
            content = b"".join([*rest, piece[:end]])
            yield Block(content, first)
            first += content.count(b"\n")
            rest = []
        rest.append(piece[end:])
    if last := b"".join(rest):
        yield Block(last, first)


def _last_end(piece: bytes, open_quotes: int, quote: bytes | None) -> int:
    """Position after the last line end that is in no quoted field; 0 where there is none."""
    end = last = piece.rfind(b"\n") + 1
    if quote is None or quote not in piece:
        return end
    quotes = open_quotes + piece.count(quote, 0, end)
    for _ in range(TRIES):
        if not end or quotes % 2 == 0:
            return end
        before = piece.rfind(b"\n", 0, end - 1) + 1
        quotes -= piece.count(quote, before, end)
        end = before
    return last  # a quote without its other: the line that has it is found when it is read


def first_line(path: Path, *, label: str, skip: int = 0, encoding: Encoding = "utf-8") -> str:
    """Return the first line of a file after `skip` others, without byte order mark and line end."""
    try:
        with open_recoded(path, encoding) as file:
            for _ in range(skip):
                file.readline()
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
